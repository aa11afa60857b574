// Addons does for the Debian cluster what a managed one gets from its provider: it names services in DNS, through
// dnsmasq, and offers a local volume again once its claim is gone. Both follow watches, so both act within a moment.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	server := flag.String("server", "", "URL of the API server")
	pki := flag.String("pki", "", "folder with ca.crt, addons.crt and addons.key")
	dns := flag.String("dns", "", "folder of dnsmasq: the names it reads, and its process id")
	domain := flag.String("cluster-domain", "cluster.local", "domain of the cluster's names")
	volumes := flag.String("volumes", "", "folder with the local volumes")
	flag.Parse()
	for _, required := range []string{"server", "pki", "dns", "volumes"} {
		if flag.Lookup(required).Value.String() == "" {
			fmt.Fprintf(os.Stderr, "addons: -%s is required\n", required)
			os.Exit(2)
		}
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	api, err := connect(*server, *pki)
	if err != nil {
		log.Fatalf("addons: %v", err)
	}

	names := newNames(*dns, *domain)
	go watch(ctx, api, "/api/v1/services", names.services)
	go watch(ctx, api, "/api/v1/endpoints", names.endpoints)
	go watch(ctx, api, "/api/v1/persistentvolumes?labelSelector=enterpriseai.io/stock%3Dlocal", &volumeKeeper{api: api, folder: *volumes})
	names.publish(ctx)
}
