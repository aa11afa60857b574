{{- define "enterpriseai.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "enterpriseai.modelServerImage" -}}
{{ .Values.image.modelServerRepository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "enterpriseai.labels" -}}
app.kubernetes.io/name: enterpriseai
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{/* Called with (dict "root" $ "component" "gateway"). */}}
{{- define "enterpriseai.selector" -}}
app.kubernetes.io/name: enterpriseai
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "enterpriseai.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "enterpriseai.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "enterpriseai.auditTokenSecret" -}}
{{ .Values.audit.existingTokenSecret | default (printf "%s-audit-token" .Release.Name) }}
{{- end -}}

{{- define "enterpriseai.otlp" -}}
{{- with .Values.otlpEndpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- end -}}
