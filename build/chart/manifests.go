package main

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// installOrder is the order in which Helm installs kinds; those not named come last.
var installOrder = strings.Fields(`PriorityClass Namespace NetworkPolicy ResourceQuota LimitRange PodSecurityPolicy
	PodDisruptionBudget ServiceAccount Secret SecretList ConfigMap StorageClass PersistentVolume PersistentVolumeClaim
	CustomResourceDefinition ClusterRole ClusterRoleList ClusterRoleBinding ClusterRoleBindingList Role RoleList
	RoleBinding RoleBindingList Service DaemonSet Pod ReplicationController ReplicaSet Deployment
	HorizontalPodAutoscaler StatefulSet Job CronJob IngressClass Ingress APIService
	MutatingWebhookConfiguration ValidatingWebhookConfiguration`)

var separator = regexp.MustCompile(`(?m)^---[ \t]*(#.*)?$`)

type manifest struct {
	source, text string
	rank         int
}

// manifestsOf splits rendered templates into documents and orders them for installation. It fails on what is no YAML,
// with the template's name, instead of leaving that to the API server.
func manifestsOf(rendered map[string]string) ([]manifest, error) {
	var manifests []manifest
	for _, name := range sortedKeys(rendered) {
		for _, document := range documents(rendered[name]) {
			var head struct {
				Kind     string `json:"kind"`
				Metadata struct {
					Name string `json:"name"`
				} `json:"metadata"`
			}
			if err := yaml.Unmarshal([]byte(document), &head); err != nil {
				return nil, fmt.Errorf("%s is not valid YAML once rendered: %v", name, err)
			}
			if head.Kind == "" {
				return nil, fmt.Errorf("%s renders a document without kind", name)
			}
			manifests = append(manifests, manifest{name, document, rankOf(head.Kind)})
		}
	}
	sort.SliceStable(manifests, func(i, j int) bool { return manifests[i].rank < manifests[j].rank })
	return manifests, nil
}

// documents splits a stream and leaves out those that hold only space and comments.
func documents(stream string) []string {
	var found []string
	for _, document := range separator.Split(stream, -1) {
		for _, line := range strings.Split(document, "\n") {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				found = append(found, strings.Trim(document, "\n"))
				break
			}
		}
	}
	return found
}

func rankOf(kind string) int {
	for rank, known := range installOrder {
		if known == kind {
			return rank
		}
	}
	return len(installOrder)
}
