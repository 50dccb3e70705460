# The infrastructure on AWS: infra/README.md. ENVIRONMENTS is another folder with dev.yaml and prod.yaml, as the tests use.
F1_INFRA = PYTHONPATH=infra $(BIN)/python -m f1_infra
infra_environment = $(or $(ENV),$(error ENV is not set: write ENV=dev or ENV=prod)) $(if $(ENVIRONMENTS),--environments $(ENVIRONMENTS))

.PHONY: infra-plan infra-up infra-down infra-render cost-docs

infra-plan: $(INSTALLED) ## What infra-up would change on AWS: make infra-plan ENV=dev|prod [IMAGE_TAG=...]
	@$(F1_INFRA) plan $(infra_environment) $(if $(IMAGE_TAG),--image-tag $(IMAGE_TAG))

infra-up: $(INSTALLED) ## Create or update the stacks by change sets: make infra-up ENV=dev|prod [IMAGE_TAG=... CONFIRM=dev REPLACE=...]
	@$(F1_INFRA) up $(infra_environment) $(if $(IMAGE_TAG),--image-tag $(IMAGE_TAG)) $(if $(CONFIRM),--confirm $(CONFIRM)) $(if $(REPLACE),--replace $(REPLACE))

infra-down: $(INSTALLED) ## Delete the stacks, those with data only on demand: make infra-down ENV=dev|prod [DATA=delete CONFIRM=dev]
	@$(F1_INFRA) down $(infra_environment) $(if $(DATA),--data $(DATA)) $(if $(CONFIRM),--confirm $(CONFIRM))

infra-render: $(INSTALLED) ## The files for eksctl, Helm and kubectl, into .cache/infra/ENV: make infra-render ENV=dev|prod
	@$(F1_INFRA) render $(infra_environment) --into .cache/infra/$(ENV)

cost-docs: $(INSTALLED) ## The tables of docs/cost.md, from the templates and infra/costs
	PYTHONPATH=infra $(BIN)/python -m f1_infra.cost_tables docs/cost.md
