# `make` lists the targets. Each works on a fresh checkout: it installs or builds what it needs first.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help build test unit-test demo bench mutations crds native images cluster-up cluster-down lint clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: native ## compile everything; leaves the processes in artifacts/bin
	@build/binaries

test: native ## all the set-up and every test: unit tests, then the cluster tests on real pods
	@build/test

unit-test: native ## the tests that need no cluster
	@ENTERPRISEAI_TESTS=unit build/test

demo: native ## all the set-up and the story: a model from data to production, on real pods
	@build/demo

bench: native ## measure, and write artifacts/bench/*.json (ONLY=name for one)
	@build/bench $(ONLY)

mutations: native ## switch every check of the supply chain off in turn; writes docs/supply-chain-mutations.md (ONLY=part for one)
	@build/mutations $(ONLY)

crds: ## generate crds/ from the C# types
	@dotnet run --project operator/EnterpriseAI.Operator -v q -- crds --output $(CURDIR)/crds

native: ## fetch ONNX Runtime, DuckDB and the sample data, pinned by hash
	@build/prerequisites native
	@build/native/fetch

images: native ## build both container images and bring them into the cluster
	@build/images

cluster-up: ## a real Kubernetes cluster: an existing one, k3d, or Debian's own (needs root)
	@build/cluster-up

cluster-down: ## end the cluster and leave nothing behind
	@build/cluster-down

lint: ## formatting and analyzers (dotnet format)
	@dotnet format --verify-no-changes --verbosity minimal

clean: ## remove what was built (caches outside the checkout stay)
	@rm -rf artifacts/dotnet artifacts/bin artifacts/images artifacts/native
