package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// write makes a chart of the given files and returns its folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	if _, ok := files["Chart.yaml"]; !ok {
		files["Chart.yaml"] = "apiVersion: v2\nname: sample\nversion: 0.1.0\nappVersion: 1.2.3\n"
	}
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func rendered(t *testing.T, files map[string]string, arguments ...string) string {
	t.Helper()
	var output bytes.Buffer
	if err := run(append([]string{"rel", write(t, files)}, arguments...), &output); err != nil {
		t.Fatal(err)
	}
	return output.String()
}

func failure(files map[string]string, t *testing.T, arguments ...string) string {
	t.Helper()
	err := run(append([]string{"rel", write(t, files)}, arguments...), &bytes.Buffer{})
	if err == nil {
		t.Fatal("it rendered, and should have failed")
	}
	return err.Error()
}

// expression renders one template expression to the value of a ConfigMap's member.
func expression(t *testing.T, values, template string, arguments ...string) string {
	t.Helper()
	text := rendered(t, map[string]string{"values.yaml": values, "templates/c.yaml": "kind: ConfigMap\nv: <" + template + ">\n"}, arguments...)
	_, text, _ = strings.Cut(text, "v: <")
	return strings.TrimSuffix(text, ">\n")
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct{ name, values, template, want string }{
		{"a value", "image: {tag: x}", "{{ .Values.image.tag }}", "x"},
		{"a missing value prints nothing", "", "{{ .Values.none }}", ""},
		{"a default", "", `{{ .Values.none | default "d" | quote }}`, `"d"`},
		{"whole numbers print as such", "port: 8080", "{{ .Values.port }}", "8080"},
		{"the release", "", "{{ .Release.Name }}/{{ .Release.Namespace }}/{{ .Release.Service }}/{{ .Release.IsInstall }}", "rel/default/Helm/true"},
		{"the chart", "", "{{ .Chart.Name }}-{{ .Chart.Version }}-{{ .Chart.AppVersion }}", "sample-0.1.0-1.2.3"},
		{"the template", "", "{{ .Template.Name }} {{ .Template.BasePath }}", "sample/templates/c.yaml sample/templates"},
		{"toYaml with nindent", "r: {b: 1, a: [x]}", "{{ toYaml .Values.r | nindent 2 | replace \"\\n\" \"|\" | replace \":\" \"=\" }}", "|  a=|  - x|  b= 1"},
		{"toJson", "r: {a: 1}", "{{ toJson .Values.r }}", `{"a":1}`},
		{"fromYaml", "", `{{ (fromYaml "a: {b: 7}").a.b }}`, "7"},
		{"tpl", "t: 'n={{ .Release.Name }}'", "{{ tpl .Values.t . }}", "n=rel"},
		{"lookup finds nothing", "", `{{ if lookup "v1" "Secret" "ns" "n" }}yes{{ else }}no{{ end }}`, "no"},
		{"required passes a value on", "a: b", `{{ required "a is needed" .Values.a }}`, "b"},
		{"the version", "", "{{ .Capabilities.KubeVersion.Minor }} {{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion.GitVersion }}", "29 v1.29.0 v1.29.0"},
		{"semver of the version", "", `{{ semverCompare ">=1.25-0" .Capabilities.KubeVersion.Version }}`, "true"},
		{"the APIs", "", `{{ .Capabilities.APIVersions.Has "policy/v1" }} {{ .Capabilities.APIVersions.Has "no/v1" }}`, "true false"},
		{"sprig", "", `{{ "a-b" | trunc 2 | trimSuffix "-" | upper }}`, "A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := expression(t, c.values, c.template); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestIncludeSeesOtherFiles(t *testing.T) {
	got := rendered(t, map[string]string{
		"templates/_names.tpl": `{{ define "sample.name" }}{{ .Release.Name }}-x{{ end }}`,
		"templates/a.yaml":     "kind: ConfigMap\nname: {{ include \"sample.name\" . | upper }}\n",
		"templates/NOTES.txt":  "thanks",
	})
	if got != "---\n# Source: sample/templates/a.yaml\nkind: ConfigMap\nname: REL-X\n" {
		t.Errorf("got %q", got)
	}
}

func TestCapabilitiesCanBeGiven(t *testing.T) {
	got := expression(t, "", `{{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.APIVersions.Has "policy/v1" }} {{ .Capabilities.APIVersions.Has "a/v1/B" }}`,
		"--kube-version", "v1.20.2", "--api-versions", "v1,a/v1/B")
	if got != "v1.20.2 false true" {
		t.Errorf("got %q", got)
	}
}

func TestValuesMergeInOrder(t *testing.T) {
	override := filepath.Join(t.TempDir(), "over.yaml")
	if err := os.WriteFile(override, []byte("a: {x: file, p: file, q: file}\nlist: [9]\ngone: null\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := expression(t, "a: {w: own, x: own, p: own}\nlist: [1, 2]\ngone: {b: 1}\n", "{{ toJson .Values }}",
		"-f", override, "--set", "a.p=set,a.n=5", "--set-string", "a.s=5", "--set", "l2={p,q}", "--set", `host\.name=v`, "--set", "c[1].d=true")
	want := `{"a":{"n":5,"p":"set","q":"file","s":"5","w":"own","x":"file"},"c":[null,{"d":true}],"host.name":"v","l2":["p","q"],"list":[9]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMergeLeavesItsInputsAlone(t *testing.T) {
	base := map[string]interface{}{"a": map[string]interface{}{"b": 1}}
	merge(base, map[string]interface{}{"a": map[string]interface{}{"b": 2}, "c": 3})
	if want := map[string]interface{}{"a": map[string]interface{}{"b": 1}}; !reflect.DeepEqual(base, want) {
		t.Errorf("the base became %v", base)
	}
}

func TestManifestsComeInInstallOrder(t *testing.T) {
	got := rendered(t, map[string]string{
		"templates/a.yaml": "kind: Deployment\n---\n# only a comment\n---\nkind: Service\n",
		"templates/z.yaml": "kind: Widget\n--- # next\nkind: ServiceAccount\n",
		"templates/e.yaml": "{{ if false }}kind: Secret{{ end }}\n",
		"crds/w.yaml":      "kind: CustomResourceDefinition\n",
	}, "--include-crds")
	var kinds []string
	for _, line := range strings.Split(got, "\n") {
		if strings.HasPrefix(line, "kind: ") {
			kinds = append(kinds, strings.TrimPrefix(line, "kind: "))
		}
	}
	if want := "CustomResourceDefinition ServiceAccount Service Deployment Widget"; strings.Join(kinds, " ") != want {
		t.Errorf("got %v", kinds)
	}
}

func TestLinkedFoldersAreFollowed(t *testing.T) {
	folder := write(t, map[string]string{"templates/a.yaml": "kind: A\n"})
	if err := os.Symlink(filepath.Join(folder, "templates"), filepath.Join(folder, "crds")); err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	if err := run([]string{"rel", folder, "--include-crds"}, &output); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(output.String(), "# Source: sample/crds/a.yaml") {
		t.Errorf("got %q", output.String())
	}
}

func TestFiles(t *testing.T) {
	got := rendered(t, map[string]string{
		"files/a.txt":      "one\ntwo\n",
		"templates/c.yaml": "kind: ConfigMap\ndata:\n{{ (.Files.Glob \"files/*\").AsConfig | indent 2 }}\nb: {{ .Files.Get \"files/a.txt\" | b64enc }}\n",
	})
	if !strings.Contains(got, "data:\n  a.txt: |\n    one\n    two\nb: b25lCnR3bwo=\n") {
		t.Errorf("got %q", got)
	}
}

func TestFailuresSayWhere(t *testing.T) {
	for _, c := range []struct {
		name, template string
		arguments      []string
		want           string
	}{
		{"required", `{{ required "set image.tag" .Values.none }}`, nil, "set image.tag"},
		{"fail", `{{ fail "no such mode" }}`, nil, "no such mode"},
		{"syntax", `{{ if }}`, nil, "templates/c.yaml:1"},
		{"unknown function", `{{ env "HOME" }}`, nil, `function "env" not defined`},
		{"not YAML", "a: [", nil, "templates/c.yaml is not valid YAML"},
		{"no kind", "a: b", nil, "templates/c.yaml renders a document without kind"},
		{"endless include", `{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}`, nil, "includes itself"},
		{"bad --set", "kind: A", []string{"--set", "a"}, "write path=value"},
		{"bad index", "kind: A", []string{"--set", "a[x]=1"}, "an index is a number"},
		{"unknown flag", "kind: A", []string{"--frobnicate"}, "frobnicate"},
		{"third name", "kind: A", []string{"extra"}, "got 3 names"},
		{"bad version", "kind: A", []string{"--kube-version", "new"}, "write it as v1.29.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := failure(map[string]string{"templates/c.yaml": c.template}, t, c.arguments...); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want it to contain %q", got, c.want)
			}
		})
	}
	if got := failure(map[string]string{"Chart.yaml": "name: x\ndependencies: [{name: y}]\n"}, t); !strings.Contains(got, "install helm") {
		t.Errorf("got %q", got)
	}
}
