# Shortcuts for people and CI. Every target prepares a fresh Debian machine by itself; `make` alone lists them.

# Node 24 comes with the npm packages, whatever the system's own is. Go is often where its archive was unpacked.
node := PATH="$(CURDIR)/node_modules/.bin:$$PATH:/usr/local/go/bin" node --disable-warning=ExperimentalWarning

.DEFAULT_GOAL := help
.PHONY: help demo demo-cluster test test-cluster check path-mtu-table clean

help: ## list the targets
	@echo "vpn-operator: targets (demo and test run as root on Debian with Node 20 or newer)"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

demo: ## a server, an office and a real Linux client in network namespaces: about half a minute
	@scripts/setup.sh lab
	@$(node) scripts/demo.ts

demo-cluster: ## the same on a real Kubernetes of two nodes: a minute, and four more to build it the first time (Go 1.25)
	@scripts/setup.sh cluster
	@$(node) scripts/demo-cluster.ts

test: check ## everything: check, unit tests, the real client, a real Kubernetes that is built once (Go 1.25, or it is skipped)
	@scripts/setup.sh cluster
	@$(node) test/support/kubernetes/prepare.ts
	@$(node) test/support/run.ts all

test-cluster: ## only the tests on the real Kubernetes: API, operator, chart, gateways, and the whole
	@scripts/setup.sh cluster
	@$(node) test/support/kubernetes/prepare.ts
	@$(node) test/support/run.ts cluster

check: ## format, lint, types, generated files
	@scripts/setup.sh node
	@npm run --silent check

path-mtu-table: ## 84 paths, filters and MRUs with the real client, 10 MB each way: half an hour; SERVER=pptpd for Debian's
	@scripts/setup.sh $(if $(filter pptpd,$(SERVER)),pptpd,lab)
	@SERVER=$(SERVER) $(node) scripts/path-mtu-table.ts $(ROWS)

clean: ## remove what was built or installed in this checkout
	rm -rf node_modules dist coverage .cache
