package main

import (
	"encoding/base64"
	"path"
	"strings"

	"sigs.k8s.io/yaml"
)

// files is what a chart holds besides templates; templates see it as .Files.
type files map[string][]byte

// Get returns a file's text, or nothing if there is no such file.
func (f files) Get(name string) string { return string(f[name]) }

// GetBytes returns a file's bytes.
func (f files) GetBytes(name string) []byte { return f[name] }

// Glob returns the files whose path matches; as in a shell, * stays within one folder.
func (f files) Glob(pattern string) files {
	matching := files{}
	for name, content := range f {
		if ok, _ := path.Match(pattern, name); ok {
			matching[name] = content
		}
	}
	return matching
}

// Lines returns a file's lines.
func (f files) Lines(name string) []string {
	if len(f[name]) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(f[name]), "\n"), "\n")
}

// AsConfig returns the data of a ConfigMap: text by base name.
func (f files) AsConfig() string {
	return f.asYaml(func(content []byte) string { return string(content) })
}

// AsSecrets returns the data of a Secret: base64 by base name.
func (f files) AsSecrets() string { return f.asYaml(base64.StdEncoding.EncodeToString) }

func (f files) asYaml(text func([]byte) string) string {
	data := map[string]string{}
	for name, content := range f {
		data[path.Base(name)] = text(content)
	}
	if len(data) == 0 {
		return ""
	}
	encoded, err := yaml.Marshal(data)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(encoded), "\n")
}
