# The stages of CI, and the other targets that jenkins/pipelines calls. REPORTS is a folder for JUnit's and Cobertura's XML.
REPORTS ?= .cache/reports
junit = --junitxml="$$REPORTS/$(1).xml" -o junit_suite_name=$(1)
# In CI, a test of the API's pages or of alerts that cannot run is an error instead of skipped.
strictly = F1_REQUIRE_BROWSER=1 F1_REQUIRE_MONITORING=1 F1_REQUIRE_GROOVY=1
export REPORTS

.PHONY: jenkins-lint ci-lint ci-charts ci-test ci-e2e ingest-run deploy-revision release-push

jenkins-lint: $(GROOVY_LINT) ## Lint the pipelines and the harness of their tests with npm-groovy-lint
	@PATH="$$(realpath $(dir $(GROOVY_LINT))):$$PATH" $(GROOVY_LINT) --noserver --config jenkins/groovylintrc.json --failon info \
	  $(wildcard jenkins/pipelines/*.Jenkinsfile jenkins/tests/harness/*.groovy)

ci-lint: lint types imports jenkins-lint ## Check style, types, imports and pipelines

ci-charts: install $(HELM) $(CHECKOV) monitoring-tools ## Test only the chart: helm lint and its tests, with JUnit in REPORTS
	$(HELM) lint --strict charts/f1-aggregator --values charts/f1-aggregator/values-kind.yaml \
	  --set database.existingSecret=f1,s3.bucket=f1-raw
	$(strictly) $(BIN)/pytest charts/tests $(PYTEST_ARGS) $(call junit,charts)

ci-test: install $(HELM) $(CHECKOV) $(IAM_SIMULATE) $(GROOVY_LINT) monitoring-tools ## Run all other tests, with coverage and JUnit in REPORTS
	$(strictly) $(BIN)/pytest --ignore charts/tests --cov --cov-report=term:skip-covered --cov-report=xml:"$$REPORTS/coverage.xml" \
	  $(PYTEST_ARGS) $(call junit,tests)

ci-e2e: ## Run make e2e on a machine without preinstalled tools, as root, with JUnit in REPORTS
	@tests/e2e/cluster/docker-engine
	$(MAKE) e2e JUNIT="$$REPORTS"

ingest-run: $(KUBE)/bin/kubectl ## Run a Job of a suspended CronJob and wait for it: make ingest-run [NAMESPACE=f1 CRONJOB=f1-poll]
	@$(PYTHON) jenkins/cronjob/run "$${NAMESPACE:-f1}" "$${CRONJOB:-f1-poll}"

deploy-revision: ## Check out a tag or commit of main to deploy it, and refuse all others: make deploy-revision IMAGE_TAG=v0.2.0
	@jenkins/deploy-revision "$$IMAGE_TAG"

release-push: ## Push the commit and the tag that make release made: make release-push VERSION=0.3.0
	@git push --atomic origin HEAD:main "v$$VERSION"

# Separate from the programs, with its own Java and Node; jenkins/tests runs the pipelines on its Groovy.
$(GROOVY_LINT): $(addprefix jenkins/npm-groovy-lint/,install package.json package-lock.json requirements.lock)
	@echo 'installing npm-groovy-lint into .cache/npm-groovy-lint'
	@PYTHON=$(PYTHON) jenkins/npm-groovy-lint/install .cache/npm-groovy-lint
	@touch --no-dereference $@ && touch -c $@
