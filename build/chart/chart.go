package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"sigs.k8s.io/yaml"
)

// metadata is Chart.yaml; templates see it as .Chart.
type metadata struct {
	APIVersion   string            `json:"apiVersion"`
	Name         string            `json:"name"`
	Version      string            `json:"version"`
	AppVersion   string            `json:"appVersion"`
	Description  string            `json:"description"`
	Type         string            `json:"type"`
	KubeVersion  string            `json:"kubeVersion"`
	Home         string            `json:"home"`
	Icon         string            `json:"icon"`
	Sources      []string          `json:"sources"`
	Keywords     []string          `json:"keywords"`
	Annotations  map[string]string `json:"annotations"`
	Dependencies []interface{}     `json:"dependencies"`
}

// chart is a folder as Helm lays it out, without dependencies.
type chart struct {
	metadata  metadata
	values    map[string]interface{}
	templates map[string]string // by path in the chart, e.g. templates/deployment.yaml
	crds      map[string]string
	files     files
}

func loadChart(folder string) (*chart, error) {
	c := &chart{values: map[string]interface{}{}, templates: map[string]string{}, crds: map[string]string{}, files: files{}}
	err := walk(folder, "", func(name string, content []byte) {
		switch {
		case strings.HasPrefix(name, "templates/"):
			c.templates[name] = string(content)
		case strings.HasPrefix(name, "crds/"):
			c.crds[name] = string(content)
		default:
			c.files[name] = content
		}
	})
	if err != nil {
		return nil, err
	}
	description, ok := c.files["Chart.yaml"]
	if !ok {
		return nil, fmt.Errorf("%s is no chart: it has no Chart.yaml", folder)
	}
	if err := yaml.Unmarshal(description, &c.metadata); err != nil {
		return nil, fmt.Errorf("%s/Chart.yaml: %v", folder, err)
	}
	if c.metadata.Name == "" {
		return nil, fmt.Errorf("%s/Chart.yaml has no name", folder)
	}
	if len(c.metadata.Dependencies) > 0 {
		return nil, fmt.Errorf("%s/Chart.yaml has dependencies; install helm, which can render them", folder)
	}
	if values, ok := c.files["values.yaml"]; ok {
		if err := yaml.Unmarshal(values, &c.values); err != nil {
			return nil, fmt.Errorf("%s/values.yaml: %v", folder, err)
		}
	}
	for _, own := range []string{"Chart.yaml", "Chart.lock", "values.yaml", "values.schema.json"} {
		delete(c.files, own)
	}
	return c, nil
}

// walk reads every file below a folder. It follows links, as Helm does: crds/ may lie elsewhere in the repository.
func walk(folder, prefix string, visit func(name string, content []byte)) error {
	entries, err := os.ReadDir(filepath.Join(folder, prefix))
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := path.Join(prefix, entry.Name())
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if info.IsDir() {
			if err := walk(folder, name, visit); err != nil {
				return err
			}
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		visit(name, content)
	}
	return nil
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
