package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

type service struct {
	Spec struct {
		ClusterIP                string `json:"clusterIP"`
		PublishNotReadyAddresses bool   `json:"publishNotReadyAddresses"`
	} `json:"spec"`
}

type endpoints struct {
	Subsets []struct {
		Addresses         []endpointAddress `json:"addresses"`
		NotReadyAddresses []endpointAddress `json:"notReadyAddresses"`
	} `json:"subsets"`
}

type endpointAddress struct {
	IP       string `json:"ip"`
	Hostname string `json:"hostname"`
}

type key struct{ namespace, name string }

// store keeps one kind of object by its name.
type store[T any] struct {
	mutex   sync.Mutex
	byKey   map[key]T
	listed  bool
	onEvent func()
}

func (s *store[T]) put(o object) {
	var value T
	if err := json.Unmarshal(o.raw, &value); err != nil {
		log.Printf("%s/%s is not understood: %v", o.Metadata.Namespace, o.Metadata.Name, err)
		return
	}
	s.byKey[key{o.Metadata.Namespace, o.Metadata.Name}] = value
}

func (s *store[T]) replace(_ context.Context, objects []object) {
	s.mutex.Lock()
	s.byKey = make(map[key]T, len(objects))
	s.listed = true
	for _, o := range objects {
		s.put(o)
	}
	s.mutex.Unlock()
	s.onEvent()
}

func (s *store[T]) changed(_ context.Context, event string, o object) {
	s.mutex.Lock()
	if event == "DELETED" {
		delete(s.byKey, key{o.Metadata.Namespace, o.Metadata.Name})
	} else {
		s.put(o)
	}
	s.mutex.Unlock()
	s.onEvent()
}

// names writes the hosts file that dnsmasq answers from.
type names struct {
	folder, domain string
	services       *store[service]
	endpoints      *store[endpoints]
	dirty          chan struct{}
}

func newNames(folder, domain string) *names {
	n := &names{folder: folder, domain: domain, dirty: make(chan struct{}, 1)}
	mark := func() {
		select {
		case n.dirty <- struct{}{}:
		default:
		}
	}
	n.services = &store[service]{onEvent: mark}
	n.endpoints = &store[endpoints]{onEvent: mark}
	return n
}

func (n *names) file() string { return filepath.Join(n.folder, "hosts") }

func (n *names) publish(ctx context.Context) {
	var last []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.dirty:
		}
		// Changes come in bursts: a Service and its Endpoints, or all pods of a job.
		time.Sleep(20 * time.Millisecond)
		text, complete := n.render()
		if !complete || (last != nil && bytes.Equal(text, last)) {
			continue
		}
		temporary := n.file() + ".new"
		err := os.WriteFile(temporary, text, 0o644)
		if err == nil {
			err = os.Rename(temporary, n.file())
		}
		if err != nil {
			log.Printf("names: %v", err)
			continue
		}
		last = text
		n.reload()
	}
}

// reload makes dnsmasq read the file again. Where none runs yet there is nothing to do: it reads the file when it starts.
func (n *names) reload() {
	text, err := os.ReadFile(filepath.Join(n.folder, "dnsmasq.pid"))
	if err != nil {
		return
	}
	id := strings.TrimSpace(string(text))
	// The id may have gone to another program since.
	if name, err := os.ReadFile(filepath.Join("/proc", id, "comm")); err != nil || string(name) != "dnsmasq\n" {
		return
	}
	if number, err := strconv.Atoi(id); err == nil {
		if err := syscall.Kill(number, syscall.SIGHUP); err != nil {
			log.Printf("names: dnsmasq: %v", err)
		}
	}
}

// render tells false until both kinds were listed: half of the names would make the rest look absent.
func (n *names) render() ([]byte, bool) {
	n.services.mutex.Lock()
	defer n.services.mutex.Unlock()
	n.endpoints.mutex.Lock()
	defer n.endpoints.mutex.Unlock()
	if !n.services.listed || !n.endpoints.listed {
		return nil, false
	}
	lines := map[string]bool{}
	for k, s := range n.services.byKey {
		name := fmt.Sprintf("%s.%s.svc.%s", k.name, k.namespace, n.domain)
		if net.ParseIP(s.Spec.ClusterIP) != nil {
			lines[s.Spec.ClusterIP+" "+name] = true
			continue
		}
		if s.Spec.ClusterIP != "None" {
			continue
		}
		for _, subset := range n.endpoints.byKey[k].Subsets {
			addresses := subset.Addresses
			if s.Spec.PublishNotReadyAddresses {
				addresses = append(append([]endpointAddress(nil), addresses...), subset.NotReadyAddresses...)
			}
			for _, address := range addresses {
				lines[address.IP+" "+name] = true
				if address.Hostname != "" {
					lines[address.IP+" "+address.Hostname+"."+name] = true
				}
			}
		}
	}
	sorted := make([]string, 0, len(lines))
	for line := range lines {
		sorted = append(sorted, line)
	}
	sort.Strings(sorted)
	var text bytes.Buffer
	for _, line := range sorted {
		text.WriteString(line + "\n")
	}
	return text.Bytes(), true
}
