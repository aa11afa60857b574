package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// volumeKeeper empties a local volume whose claim was deleted and offers it again.
type volumeKeeper struct {
	api    *apiClient
	folder string
}

func (v *volumeKeeper) replace(ctx context.Context, objects []object) {
	for _, o := range objects {
		v.changed(ctx, "ADDED", o)
	}
}

func (v *volumeKeeper) changed(ctx context.Context, event string, o object) {
	var volume struct {
		Status struct {
			Phase string `json:"phase"`
		} `json:"status"`
	}
	if event == "DELETED" || json.Unmarshal(o.raw, &volume) != nil || volume.Status.Phase != "Released" {
		return
	}
	// A conflict means that the volume changed meanwhile, and that change is heard next.
	if err := v.recycle(ctx, o.Metadata); err != nil && !strings.Contains(err.Error(), "409 Conflict") {
		log.Printf("volume %s: %v", o.Metadata.Name, err)
	}
}

func (v *volumeKeeper) recycle(ctx context.Context, volume metadata) error {
	folder := filepath.Join(v.folder, filepath.Base(volume.Name))
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	// The version guards against a claim that was bound since.
	patch := fmt.Sprintf(`{"metadata":{"resourceVersion":%q},"spec":{"claimRef":null}}`, volume.ResourceVersion)
	body, err := v.api.do(ctx, http.MethodPatch, "/api/v1/persistentvolumes/"+volume.Name, "application/merge-patch+json", []byte(patch))
	if err != nil {
		return err
	}
	return body.Close()
}
