// Chart renders a Helm chart to manifests where helm is not installed: the same template engine and functions, the same
// flags as far as they are used here, the same order of the result. Dependencies and hooks' special treatment are left out.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"sigs.k8s.io/yaml"
)

const usage = `usage: chart [flags] RELEASE CHART_FOLDER
Prints the chart's manifests in the order of their installation.
  -f, --values FILE        values laid over the chart's own; may repeat
      --set PATH=VALUE     one value, e.g. image.tag=1.0.0 or hosts[0]=a or list={a,b}; may repeat
      --set-string P=V     the same, always as text
  -n, --namespace NAME     namespace of the release (default "default")
      --include-crds       print the folder crds/ first
      --kube-version V     what .Capabilities.KubeVersion tells (default v1.29.0)
  -a, --api-versions LIST  what .Capabilities.APIVersions has, comma-separated; may repeat
`

type list []string

func (l *list) String() string         { return strings.Join(*l, ",") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

// set keeps the order among --set and --set-string: a later one wins.
type set struct {
	into     map[string]interface{}
	asString bool
}

func (s *set) String() string         { return "" }
func (s *set) Set(value string) error { return setInto(s.into, value, s.asString) }

func main() {
	if err := run(os.Args[1:], os.Stdout); err == flag.ErrHelp {
		fmt.Print(usage)
	} else if err != nil {
		fmt.Fprintf(os.Stderr, "chart: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		os.Exit(1)
	}
}

func run(arguments []string, output io.Writer) error {
	var valueFiles, served list
	overrides := map[string]interface{}{}
	flags := flag.NewFlagSet("chart", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Var(&valueFiles, "f", "")
	flags.Var(&valueFiles, "values", "")
	flags.Var(&set{overrides, false}, "set", "")
	flags.Var(&set{overrides, true}, "set-string", "")
	flags.Var(&served, "a", "")
	flags.Var(&served, "api-versions", "")
	namespace := flags.String("namespace", "default", "")
	flags.StringVar(namespace, "n", "default", "")
	includeCRDs := flags.Bool("include-crds", false, "")
	version := flags.String("kube-version", "v1.29.0", "")

	// Flags may stand after the two names, as with helm.
	var names []string
	for rest := arguments; len(rest) > 0; {
		if err := flags.Parse(rest); err != nil {
			return err
		}
		if rest = flags.Args(); len(rest) > 0 {
			names, rest = append(names, rest[0]), rest[1:]
		}
	}
	if len(names) != 2 {
		return fmt.Errorf("takes a release name and a chart folder, got %d names; see --help", len(names))
	}

	c, err := loadChart(names[1])
	if err != nil {
		return err
	}
	values := c.values
	for _, file := range valueFiles {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		over := map[string]interface{}{}
		if err := yaml.Unmarshal(text, &over); err != nil {
			return fmt.Errorf("%s: %v", file, err)
		}
		values = merge(values, over)
	}
	values = merge(values, overrides)

	kube, err := parseKubeVersion(*version)
	if err != nil {
		return err
	}
	var apis apiVersions
	for _, entry := range served {
		apis = append(apis, strings.Split(entry, ",")...)
	}
	if len(apis) == 0 {
		apis = defaultAPIVersions
	}
	rendered, err := render(c, values,
		release{Name: names[0], Namespace: *namespace, Service: "Helm", IsInstall: true, Revision: 1},
		capabilities{kube, apis})
	if err != nil {
		return err
	}
	manifests, err := manifestsOf(rendered)
	if err != nil {
		return err
	}

	writer := bufio.NewWriter(output)
	if *includeCRDs {
		for _, name := range sortedKeys(c.crds) {
			for _, document := range documents(c.crds[name]) {
				fmt.Fprintf(writer, "---\n# Source: %s/%s\n%s\n", c.metadata.Name, name, document)
			}
		}
	}
	for _, m := range manifests {
		fmt.Fprintf(writer, "---\n# Source: %s\n%s\n", m.source, m.text)
	}
	return writer.Flush()
}

// What a cluster of the default version serves, as far as charts ask.
var defaultAPIVersions = apiVersions(strings.Fields(`v1 admissionregistration.k8s.io/v1 apiextensions.k8s.io/v1 apps/v1
	autoscaling/v1 autoscaling/v2 batch/v1 coordination.k8s.io/v1 discovery.k8s.io/v1 networking.k8s.io/v1 policy/v1
	rbac.authorization.k8s.io/v1 scheduling.k8s.io/v1 storage.k8s.io/v1`))

func parseKubeVersion(text string) (kubeVersion, error) {
	parts := strings.SplitN(strings.TrimPrefix(text, "v"), ".", 3)
	if len(parts) < 2 {
		return kubeVersion{}, fmt.Errorf("--kube-version %s: write it as v1.29.0", text)
	}
	return kubeVersion{"v" + strings.TrimPrefix(text, "v"), parts[0], parts[1]}, nil
}
