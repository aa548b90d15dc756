# Included by the Makefile: what concerns AWS and its emulation.
.PHONY: traces tag
CDK := node_modules/.bin/cdk

$(CDK): package.json package-lock.json
	@command -v node >/dev/null || { echo "The CDK command line and the web tag need Node.js 20 or newer."; exit 1; }
	npm ci --no-audit --no-fund --silent
	@touch $@

test: $(CDK)

tag: $(CDK) ## build the web tag: enishi.js → e.js
	npm run --silent tag

synth: $(READY) $(CDK) ## the CloudFormation templates of one environment (ENV=dev), no account needed
	$(CDK) synth --quiet -c env=$(or $(ENV),dev)

deploy-local: $(READY) $(CDK) ## deploy the stacks to an emulator, run one scenario through them, destroy
	$(BIN)/python -m infra.local.deploy

traces: $(READY) ## every scenario on two interpreters of state machines, compared
	$(BIN)/python -m infra.local.traces
