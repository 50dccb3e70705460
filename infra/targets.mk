# The infrastructure on AWS: infra/README.md. The tests set ENVIRONMENTS to another folder with dev.yaml and prod.yaml,
# and INTO to another folder for rendered files than .cache/infra.
# The environment passes values ("$$IMAGE_TAG"), so that no value can inject a command.
F1_INFRA = PYTHONPATH=infra $(BIN)/python -m f1_infra
infra_environment = $(if $(value ENV),"$$ENV",$(error ENV is not set: write ENV=dev or ENV=prod)) $(if $(value ENVIRONMENTS),--environments="$$ENVIRONMENTS")
infra_tag = $(if $(value IMAGE_TAG),--image-tag="$$IMAGE_TAG")
infra_into = --into="$${INTO:-.cache/infra}/$$ENV"

EKSCTL := .cache/eksctl/eksctl

.PHONY: infra-plan infra-up infra-down infra-render infra-eksctl deploy-check deploy smoke rollback registry-login cost-docs

infra-plan: $(INSTALLED) ## Show what infra-up would change on AWS: make infra-plan ENV=dev|prod [IMAGE_TAG=...]
	@$(F1_INFRA) plan $(infra_environment) $(infra_tag)

infra-up: $(INSTALLED) ## Create or update the stacks by change sets: make infra-up ENV=dev|prod [IMAGE_TAG=... CONFIRM=dev REPLACE=...]
	@$(F1_INFRA) up $(infra_environment) $(infra_tag) $(if $(value CONFIRM),--confirm="$$CONFIRM") $(if $(value REPLACE),--replace="$$REPLACE")

infra-down: $(INSTALLED) ## Delete the stacks, those with data only with DATA=delete: make infra-down ENV=dev|prod [DATA=delete CONFIRM=dev]
	@$(F1_INFRA) down $(infra_environment) $(if $(value DATA),--data="$$DATA") $(if $(value CONFIRM),--confirm="$$CONFIRM")

infra-render: $(INSTALLED) ## Render the files for eksctl, Helm and kubectl into .cache/infra/ENV: make infra-render ENV=dev|prod [IMAGE_TAG=...]
	@$(F1_INFRA) render $(infra_environment) $(infra_tag) $(infra_into)

infra-eksctl: $(INSTALLED) $(EKSCTL) ## Run eksctl with infra/eksctl/cluster.yaml, without an account; eight minutes of processor time for the first build
	F1_REQUIRE_EKSCTL=1 $(BIN)/pytest infra/tests/test_eksctl.py

deploy-check: $(INSTALLED) $(HELM) ## Check whether a tag can be deployed: make deploy-check ENV=dev|prod IMAGE_TAG=...
	@$(F1_INFRA) check $(infra_environment) $(infra_tag) $(infra_into)

deploy: $(INSTALLED) $(HELM) ## Upgrade the release; helm rolls it back if it fails: make deploy ENV=dev|prod IMAGE_TAG=...
	@$(F1_INFRA) deploy $(infra_environment) $(infra_tag) $(infra_into)

smoke: $(INSTALLED) $(HELM) ## Test the release in its cluster and at its URL: make smoke ENV=dev|prod [SMOKE_URL=...]
	@$(F1_INFRA) smoke $(infra_environment) $(infra_into) $(if $(value SMOKE_URL),--url="$$SMOKE_URL")

rollback: $(INSTALLED) $(HELM) ## Roll back to the revision before the last `make deploy` of this checkout: make rollback ENV=dev|prod
	@$(F1_INFRA) rollback $(infra_environment) $(infra_into)

registry-login: $(INSTALLED) ## Authorize crane to push to ECR for twelve hours, with the current AWS credentials: make registry-login ENV=dev|prod
	@$(F1_INFRA) login $(infra_environment) $(infra_into)

cost-docs: $(INSTALLED) ## Generate the tables of docs/cost.md from the templates and infra/costs
	PYTHONPATH=infra $(BIN)/python -m f1_infra.cost_tables docs/cost.md

$(EKSCTL): tools/eksctl/go.mod tools/eksctl/go.sum | tools/go-build
	@PYTHON=$(PYTHON) nice tools/go-build tools/eksctl github.com/weaveworks/eksctl/cmd/eksctl $@
	@touch $@
