# Releases and the supply chain: docs/releases.md. Third-party programs are built from the Go module proxy into .cache/supply.
SUPPLY := .cache/supply/bin
AUDIT := .cache/audit/installed
F1_RELEASE = PYTHONPATH=tools/release $(BIN)/python -m f1_release
# The environment passes values ("$$VERSION"), so that no value can inject a command.
release_given = $(if $(filter-out dev,$(value VERSION)),"$$VERSION")
# The version of the work tree, unless VERSION is given.
release_version = $(or $(release_given),$(shell sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml))
release_option = $(if $(value $(1)),--$(2)="$$$(1)")
release_registry = $(or $(call release_option,REGISTRY,registry),$(error REGISTRY is not set: write REGISTRY=registry.example/f1, where the images are pushed))

.PHONY: version licences images-oci images-push sbom scan chart-package release verify-release supply-chain supply-tools

version: $(INSTALLED) ## Set the version in all files that contain it: make version VERSION=0.3.0; without VERSION: check them
	@$(F1_RELEASE) version $(release_given)

licences: $(INSTALLED) ## Write the licences of the images' packages to docs/licences.md
	@$(F1_RELEASE) licences --write

images-oci: $(INSTALLED) $(SUPPLY)/crane ## Assemble the images for amd64 and arm64 in dist/VERSION, without Docker: make images-oci [VERSION= BASE=debian ARCHITECTURES=amd64]
	@$(F1_RELEASE) images $(release_version) $(call release_option,BASE,base) $(call release_option,ARCHITECTURES,architectures) $(call release_option,PROGRAMS,programs)

images-push: $(INSTALLED) $(SUPPLY)/crane ## Push these images, and print their references by digest: make images-push REGISTRY=... [VERSION=]
	@$(F1_RELEASE) push $(release_version) $(release_registry)

sbom: $(INSTALLED) $(SUPPLY)/syft ## Write CycloneDX SBOMs of the assembled images to dist/VERSION/sbom: make sbom [VERSION=]
	@$(F1_RELEASE) bill $(release_version)

scan: $(INSTALLED) $(AUDIT) $(addprefix $(SUPPLY)/,syft grype gitleaks) ## Scan Dockerfiles, secrets and known vulnerabilities, after make sbom: make scan [VERSION= ALLOW_UNSCANNED=1]
	@$(F1_RELEASE) scan $(release_version) $(if $(value ALLOW_UNSCANNED),--allow-unscanned)

chart-package: $(INSTALLED) $(HELM) $(SUPPLY)/crane ## Package the chart with the pushed images by digest, in dist/VERSION/chart: make chart-package [VERSION=]
	@$(F1_RELEASE) chart-package $(release_version)

release: $(INSTALLED) $(HELM) $(addprefix $(SUPPLY)/,crane cosign syft) ## Publish, sign and tag: make release VERSION=0.3.0 REGISTRY=... [KEY=cosign.key BASE=...], or DRY_RUN=1
	@$(F1_RELEASE) release $(release_version) $(call release_option,REGISTRY,registry) $(call release_option,BASE,base) $(call release_option,KEY,key) $(if $(value DRY_RUN),--dry-run)

verify-release: $(INSTALLED) $(HELM) $(addprefix $(SUPPLY)/,crane cosign) ## Verify a release's files, images and chart: make verify-release VERSION=0.3.0 KEY=cosign.pub, or IDENTITY=... ISSUER=...
	@$(F1_RELEASE) verify $(release_version) $(call release_option,KEY,key) $(call release_option,IDENTITY,identity) $(call release_option,ISSUER,issuer)

supply-chain: install $(HELM) $(AUDIT) supply-tools ## Test signatures, SBOMs and scans with the real programs, and a dry run; half an hour for the first build: make supply-chain
	@{ command -v mmdebstrap && command -v qemu-aarch64-static; } >/dev/null || { echo 'supply-chain: install mmdebstrap and qemu-user-static first' >&2; exit 1; }
	F1_REQUIRE_SUPPLY=1 $(BIN)/pytest tools/release/tests --timeout 3600 $(SUPPLY_ARGS)
	$(MAKE) --no-print-directory release DRY_RUN=1 BASE=debian

supply-tools: $(addprefix $(SUPPLY)/,crane cosign gitleaks syft grype) ## Build crane, cosign, gitleaks, syft and grype from source

$(AUDIT): tools/release/audit/requirements.lock | $(INSTALLED)
	@echo 'installing hadolint and pip-audit into .cache/audit'
	@$(PYTHON) -m venv --clear .cache/audit
	@$(BIN)/uv pip install --quiet --python .cache/audit/bin/python --require-hashes --requirements $< \
	  || .cache/audit/bin/pip install --quiet --require-hashes --requirement $<
	@touch $@

# supply_program: name, folder here, package, ldflags
define supply_program
$(SUPPLY)/$(1): tools/release/$(2)/go.mod tools/release/$(2)/go.sum | tools/go-build
	@PYTHON=$(PYTHON) nice tools/go-build tools/release/$(2) $(3) $$@ "$(4)"
	@touch $$@
endef
$(eval $(call supply_program,crane,crane,github.com/google/go-containerregistry/cmd/crane))
$(eval $(call supply_program,cosign,cosign,github.com/sigstore/cosign/v3/cmd/cosign))
$(eval $(call supply_program,gitleaks,gitleaks,github.com/zricethezav/gitleaks/v8))
$(eval $(call supply_program,syft,anchore,github.com/anchore/syft/cmd/syft,-X main.version=$(shell awk '$$1 == "github.com/anchore/syft" {print $$2}' tools/release/anchore/go.mod)))
$(eval $(call supply_program,grype,anchore,github.com/anchore/grype/cmd/grype))
