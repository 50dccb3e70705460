# The cluster of the e2e tests, and its third-party programs: built from the Go module proxy, pinned in AIRGAP, cached
# in .cache/kube.
KUBE := .cache/kube
AIRGAP := tests/e2e/airgap
KUBE_VERSION := $(shell awk '$$2 == "k8s.io/kubernetes" {print $$3}' $(AIRGAP)/kubernetes/go.mod)

CONTROL_PLANE := kube-apiserver kube-controller-manager kube-scheduler kube-proxy
NODE_PROGRAMS := $(CONTROL_PLANE) kubeadm kubelet containerd containerd-shim-runc-v2 ctr crictl etcd coredns pause kube-router

# The folders with a Dockerfile, one for each image: f1-ingest, f1-worker, ...
IMAGE_FOLDERS := $(patsubst %/Dockerfile,%,$(wildcard jobs/*/Dockerfile services/*/Dockerfile operator/Dockerfile devkit/Dockerfile))
VERSION ?= dev

.PHONY: kube images cluster-up cluster-down node-image monitoring-programs monitoring-image cloudnative-pg cloudnative-pg-image autoscaling-image autoscaling e2e gameday cluster-demo

images: $(VERSITYGW) ## Build the programs' images: make images [VERSION=dev BASE=python:3.12-slim IMAGE_PREFIX=...]
	@tests/e2e/cluster/docker-engine
	@tools/images/base-image >/dev/null
	@printf '%s\n' $(IMAGE_FOLDERS) \
	  | VERSION=$(VERSION) IMAGE_PREFIX=$(IMAGE_PREFIX) BUILD_ARGS="$(BUILD_ARGS)" xargs --max-procs=2 --max-args=1 tools/images/build

cluster-up: $(addprefix $(KUBE)/bin/,kind kubectl helm) ## Start the kind cluster of the e2e tests, or reuse a running one
	@tests/e2e/cluster/up

cluster-down: ## Delete that cluster; its built programs are kept
	@! [ -x $(KUBE)/bin/kind ] || $(KUBE)/bin/kind delete cluster --name f1-e2e --kubeconfig $(KUBE)/config

# The programs of the monitoring stack that the game day and `make cluster-demo` start, and their image.
MONITORING := $(addprefix $(KUBE)/bin/,prometheus prometheus-operator prometheus-config-reloader toxiproxy)
monitoring-programs: monitoring-tools $(MONITORING) .cache/monitoring/crds

monitoring-image: monitoring-programs ## Build an image for the test cluster with Prometheus, its operator, Alertmanager and toxiproxy
	@tests/e2e/cluster/docker-engine
	@mkdir -p .cache/monitoring/image && cp -Lu .cache/monitoring/bin/alertmanager .cache/monitoring/share/*.tmpl $(MONITORING) .cache/monitoring/image
	@VERSION=$(VERSION) tools/images/build tests/e2e/monitoring

# The CRDs of the Prometheus operator, from its Go module.
.cache/monitoring/crds: $(AIRGAP)/prometheus-operator/go.mod
	@module=$$(tools/go-module $(AIRGAP)/prometheus-operator github.com/prometheus-operator/prometheus-operator); \
	mkdir -p $@ && cp -f "$$module"/example/prometheus-operator-crd/*_{alertmanagerconfigs,alertmanagers,podmonitors,probes,prometheuses,prometheusrules,scrapeconfigs,servicemonitors}.yaml $@
	@touch $@

# `make e2e` skips these tests: building the operator takes minutes.
cloudnative-pg: install $(KUBE)/bin/cnpg-manager ## Test the chart with a Postgres Cluster of CloudNativePG on the test cluster
	$(BIN)/pytest tests/e2e/installation/test_cloudnative_pg.py --timeout 1800 -v

cloudnative-pg-image: $(KUBE)/bin/cnpg-manager .cache/cloudnative-pg/release.yaml
	@tests/e2e/cluster/docker-engine
	@mkdir -p .cache/cloudnative-pg/image && cp -Lu $< .cache/cloudnative-pg/image/manager
	@VERSION=$(VERSION) tools/images/build tests/e2e/cloudnative-pg

# The manifest of CloudNativePG, from its Go module.
.cache/cloudnative-pg/release.yaml: $(AIRGAP)/cloudnative-pg/go.mod
	@module=$$(tools/go-module $(AIRGAP)/cloudnative-pg github.com/cloudnative-pg/cloudnative-pg); \
	mkdir -p $(@D) && cp -f "$$module/releases/cnpg-$${module##*@v}.yaml" $@
	@touch $@

# Not part of `make e2e`: building KEDA takes about 15 minutes of processor time.
AUTOSCALING := $(addprefix $(KUBE)/bin/,metrics-server keda keda-adapter)
autoscaling: install $(AUTOSCALING) ## Test the chart's autoscalers on the test cluster, with metrics-server and KEDA from source: 12 minutes
	$(BIN)/pytest tests/e2e -m autoscaling $(if $(JUNIT),--junitxml=$(JUNIT)/autoscaling.xml) --timeout 1800 -v -s

autoscaling-image: $(AUTOSCALING) .cache/autoscaling/manifests
	@tests/e2e/cluster/docker-engine
	@mkdir -p .cache/autoscaling/image && cp -Lu $(AUTOSCALING) .cache/autoscaling/image
	@VERSION=$(VERSION) tools/images/build tests/e2e/autoscaling

# The manifests of metrics-server and KEDA, from their Go modules.
.cache/autoscaling/manifests: $(AIRGAP)/metrics-server/go.mod $(AIRGAP)/keda/go.mod
	@mkdir -p $@
	@cp -RT --no-preserve=mode "$$(tools/go-module $(AIRGAP)/metrics-server sigs.k8s.io/metrics-server)/manifests/base" $@/metrics-server
	@cp -RT --no-preserve=mode "$$(tools/go-module $(AIRGAP)/keda github.com/kedacore/keda/v2)/config" $@/keda
	@touch $@

# JUNIT is a folder for the results of each run.
e2e_junit = $(if $(JUNIT),--junitxml=$(JUNIT)/e2e-$(1).xml -o junit_suite_name=e2e-$(1))

e2e: install ## Test the chart and the operator on a real cluster, with real faults: make e2e [E2E_ARGS="-k suspend"]
	@tests/e2e/cluster/node-image >/dev/null # before the tests, whose time limit a build from source can exceed
	@beside=0; alone=0; gameday=0; \
	$(BIN)/pytest tests/e2e --timeout 1800 -m 'not alone and not gameday and not autoscaling' --numprocesses 3 --dist loadfile --no-loadscope-reorder $(call e2e_junit,beside) $(E2E_ARGS) || beside=$$?; \
	$(BIN)/pytest tests/e2e --timeout 1800 -m alone $(call e2e_junit,alone) $(E2E_ARGS) || alone=$$?; \
	$(BIN)/pytest tests/e2e --timeout 1800 -m 'gameday and not long' $(call e2e_junit,gameday) $(E2E_ARGS) || gameday=$$?; \
	[[ $$beside = [05] && $$alone = [05] && $$gameday = [05] ]] # 5: E2E_ARGS select none of these tests

# DIVISOR divides all durations of the rules; with 1 they are as installed.
gameday: install ## Inject faults into the test cluster with Prometheus and Alertmanager, and write a report to docs/gamedays: make gameday [DIVISOR=20]
	@mkdir -p docs/gamedays
	F1_GAMEDAY_DIVISOR=$(or $(DIVISOR),1) F1_GAMEDAY_REPORT=docs/gamedays $(BIN)/pytest tests/e2e -m gameday $(if $(JUNIT),--junitxml=$(JUNIT)/gameday.xml) --timeout 14400 -v

cluster-demo: install ## Start the chart, Postgres, S3, monitoring and a Season on the test cluster, and print the URLs
	$(BIN)/python -m f1_devkit.cluster.demo

kube: $(addprefix $(KUBE)/bin/,etcd kube-apiserver kubectl) ## Build etcd and kube-apiserver from source, for the operator's unit tests: 5 minutes the first time

# go_program: name, folder in AIRGAP, package, ldflags
define go_program
$(KUBE)/bin/$(1): $(AIRGAP)/$(2)/go.mod $(wildcard $(AIRGAP)/$(2)/go.sum $(AIRGAP)/$(2)/*.go) | tools/go-build
	@PYTHON=$(PYTHON) tools/go-build $(AIRGAP)/$(2) $(3) $$@ "$(4)"
	@touch $$@
endef
stamp := k8s.io/component-base/version
kube_flags := -X $(stamp).gitVersion=$(KUBE_VERSION) -X $(stamp).gitTreeState=clean \
  -X $(stamp).gitMajor=1 -X $(stamp).gitMinor=$(word 2,$(subst ., ,$(KUBE_VERSION)))
containerd_version = $(shell awk '$$2 == "github.com/containerd/containerd/v2" {print $$3}' $(AIRGAP)/containerd/go.mod)
crictl_version = $(shell awk '$$2 == "sigs.k8s.io/cri-tools" {print $$3}' $(AIRGAP)/crictl/go.mod)

$(foreach name,$(CONTROL_PLANE) kubeadm kubelet,\
  $(eval $(call go_program,$(name),kubernetes,k8s.io/kubernetes/cmd/$(name),$(kube_flags))))
$(foreach name,containerd containerd-shim-runc-v2 ctr,\
  $(eval $(call go_program,$(name),containerd,github.com/containerd/containerd/v2/cmd/$(name),\
    -X github.com/containerd/containerd/v2/version.Version=$(containerd_version))))
$(eval $(call go_program,crictl,crictl,sigs.k8s.io/cri-tools/cmd/crictl,\
  -X sigs.k8s.io/cri-tools/pkg/version.Version=$(crictl_version)))
$(eval $(call go_program,etcd,etcd,go.etcd.io/etcd/server/v3))
$(eval $(call go_program,coredns,coredns,.))
$(eval $(call go_program,kube-router,kube-router,github.com/cloudnativelabs/kube-router/v2/cmd/kube-router))
$(eval $(call go_program,pause,pause,.))
$(eval $(call go_program,kind,kind,sigs.k8s.io/kind))
$(eval $(call go_program,prometheus-operator,prometheus-operator,github.com/prometheus-operator/prometheus-operator/cmd/operator))
$(eval $(call go_program,prometheus-config-reloader,prometheus-operator,\
  github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader))
# Debian's Prometheus is built without service discovery; this one has only that of Kubernetes, and no web pages.
$(eval $(call go_program,prometheus,prometheus,github.com/prometheus/prometheus/cmd/prometheus))
$(KUBE)/bin/prometheus: export GO_TAGS = remove_all_sd,enable_kubernetes_sd
$(eval $(call go_program,cnpg-manager,cloudnative-pg,github.com/cloudnative-pg/cloudnative-pg/cmd/manager))
$(eval $(call go_program,metrics-server,metrics-server,sigs.k8s.io/metrics-server/cmd/metrics-server))
$(eval $(call go_program,keda,keda,github.com/kedacore/keda/v2/cmd/operator))
$(eval $(call go_program,keda-adapter,keda,github.com/kedacore/keda/v2/cmd/adapter))
$(eval $(call go_program,toxiproxy,toxiproxy,github.com/Shopify/toxiproxy/v2/cmd/server))

$(KUBE)/bin/kubectl $(KUBE)/bin/helm: tools/kubectl-helm/pinned.lock
	@$(PYTHON) tools/kubectl-helm/fetch $(KUBE)/bin
	@touch $(KUBE)/bin/kubectl $(KUBE)/bin/helm

# Needed only if no node image can be pulled.
node-image: $(NODE_PROGRAMS:%=$(KUBE)/bin/%) $(KUBE)/bin/kubectl
	@tests/e2e/cluster/node/build $(KUBE)/bin f1-node:$(KUBE_VERSION)
