package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"sigs.k8s.io/yaml"
)

// release is what templates see as .Release.
type release struct {
	Name, Namespace, Service string
	IsInstall, IsUpgrade     bool
	Revision                 int
}

type kubeVersion struct{ Version, Major, Minor string }

// GitVersion is the name that old charts use.
func (k kubeVersion) GitVersion() string { return k.Version }
func (k kubeVersion) String() string     { return k.Version }

type apiVersions []string

// Has tells whether the cluster serves a group and version, or one kind of it.
func (a apiVersions) Has(version string) bool {
	for _, served := range a {
		if served == version {
			return true
		}
	}
	return false
}

// capabilities is what templates see as .Capabilities.
type capabilities struct {
	KubeVersion kubeVersion
	APIVersions apiVersions
}

// Too deep for any chart, and long before the stack ends.
const maxIncludeDepth = 1000

// render executes every template but the partials; the result is by the template's name, e.g. chart/templates/role.yaml.
func render(c *chart, values map[string]interface{}, r release, k capabilities) (map[string]string, error) {
	root := template.New("").Option("missingkey=zero")
	root.Funcs(functions(root, 0))
	for _, name := range sortedKeys(c.templates) {
		if _, err := root.New(c.metadata.Name + "/" + name).Parse(c.templates[name]); err != nil {
			return nil, err
		}
	}

	rendered := map[string]string{}
	for _, name := range sortedKeys(c.templates) {
		if base := path.Base(name); strings.HasPrefix(base, "_") || base == "NOTES.txt" {
			continue
		}
		full := c.metadata.Name + "/" + name
		scope := map[string]interface{}{
			"Values": values, "Release": r, "Chart": c.metadata, "Capabilities": k, "Files": c.files,
			"Template":  map[string]interface{}{"Name": full, "BasePath": c.metadata.Name + "/templates"},
			"Subcharts": map[string]interface{}{},
		}
		var text bytes.Buffer
		if err := root.ExecuteTemplate(&text, full, scope); err != nil {
			return nil, err
		}
		// What a missing value of no type prints; Helm leaves it out as well.
		rendered[full] = strings.ReplaceAll(text.String(), "<no value>", "")
	}
	return rendered, nil
}

// functions are those of Helm: sprig's, without the two that read the environment, and its own.
func functions(t *template.Template, depth int) template.FuncMap {
	all := sprig.TxtFuncMap()
	delete(all, "env")
	delete(all, "expandenv")

	included := 0
	all["include"] = func(name string, data interface{}) (string, error) {
		included++
		defer func() { included-- }()
		if included > maxIncludeDepth {
			return "", fmt.Errorf("template %q includes itself without end", name)
		}
		var text strings.Builder
		err := t.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	all["tpl"] = func(text string, data interface{}) (string, error) {
		if depth > maxIncludeDepth {
			return "", fmt.Errorf("tpl calls itself without end")
		}
		inner, err := t.Clone()
		if err != nil {
			return "", err
		}
		inner.Funcs(functions(inner, depth+1))
		if inner, err = inner.New("tpl").Parse(text); err != nil {
			return "", err
		}
		var result strings.Builder
		if err := inner.Execute(&result, data); err != nil {
			return "", err
		}
		return strings.ReplaceAll(result.String(), "<no value>", ""), nil
	}
	all["required"] = func(message string, value interface{}) (interface{}, error) {
		if text, isText := value.(string); value == nil || isText && text == "" {
			return value, fmt.Errorf("%s", message)
		}
		return value, nil
	}
	all["fail"] = func(message string) (string, error) { return "", fmt.Errorf("%s", message) }
	// Nothing is looked up while rendering to a file.
	all["lookup"] = func(string, string, string, string) map[string]interface{} { return map[string]interface{}{} }
	all["getHostByName"] = func(string) string { return "" }
	all["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	all["toJson"] = func(value interface{}) (string, error) {
		text, err := json.Marshal(value)
		return string(text), err
	}
	all["fromYaml"] = decodeMap
	all["fromJson"] = decodeMap
	all["fromYamlArray"] = decodeList
	all["fromJsonArray"] = decodeList
	return all
}

// JSON is YAML, so one decoder does for both. As in Helm, a failure is a value to look at, not an error.
func decodeMap(text string) map[string]interface{} {
	result := map[string]interface{}{}
	if err := yaml.Unmarshal([]byte(text), &result); err != nil {
		result["Error"] = err.Error()
	}
	return result
}

func decodeList(text string) []interface{} {
	result := []interface{}{}
	if err := yaml.Unmarshal([]byte(text), &result); err != nil {
		return []interface{}{err.Error()}
	}
	return result
}
