package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

type apiClient struct {
	server string
	http   *http.Client
}

func connect(server, pki string) (*apiClient, error) {
	authority, err := os.ReadFile(filepath.Join(pki, "ca.crt"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	own, err := tls.LoadX509KeyPair(filepath.Join(pki, "addons.crt"), filepath.Join(pki, "addons.key"))
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{own}}}
	return &apiClient{server: server, http: &http.Client{Transport: transport}}, nil
}

func (a *apiClient) do(ctx context.Context, method, path, contentType string, body []byte) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := a.http.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	return response.Body, nil
}

type metadata struct {
	Name            string `json:"name"`
	Namespace       string `json:"namespace"`
	ResourceVersion string `json:"resourceVersion"`
}

type object struct {
	Metadata metadata `json:"metadata"`
	// What Kubernetes calls the rest is read by the one who follows.
	raw json.RawMessage
}

func (o *object) UnmarshalJSON(data []byte) error {
	type plain object
	o.raw = append(json.RawMessage(nil), data...)
	return json.Unmarshal(data, (*plain)(o))
}

// A follower hears all objects at first, and after an interruption; then each change.
type follower interface {
	replace(ctx context.Context, objects []object)
	changed(ctx context.Context, event string, changed object)
}

// watch tells the follower of a collection's objects until the context ends. An interruption starts with a new list,
// for deletions may have gone unseen.
func watch(ctx context.Context, api *apiClient, path string, to follower) {
	for ctx.Err() == nil {
		if err := watchOnce(ctx, api, path, to); err != nil && ctx.Err() == nil {
			log.Printf("%s: %v; listing again", path, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
}

func watchOnce(ctx context.Context, api *apiClient, path string, to follower) error {
	body, err := api.do(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	var list struct {
		Metadata metadata `json:"metadata"`
		Items    []object `json:"items"`
	}
	err = json.NewDecoder(body).Decode(&list)
	body.Close()
	if err != nil {
		return err
	}
	to.replace(ctx, list.Items)

	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	body, err = api.do(ctx, http.MethodGet, path+separator+"watch=1&timeoutSeconds=3000&resourceVersion="+list.Metadata.ResourceVersion, "", nil)
	if err != nil {
		return err
	}
	defer body.Close()
	stream := json.NewDecoder(body)
	for {
		var event struct {
			Type   string `json:"type"`
			Object object `json:"object"`
		}
		if err := stream.Decode(&event); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if event.Type == "ERROR" {
			return fmt.Errorf("the watch ended: %s", event.Object.raw)
		}
		to.changed(ctx, event.Type, event.Object)
	}
}
