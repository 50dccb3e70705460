/** The steps that the pipelines use. Others are refused: add it here, with the plugin that has it in test_configuration.py. */
class Steps {

    private final Build build

    Steps(Build build) { this.build = build }

    Object getProperty(String name) {
        switch (name) {
            case 'env': return build.environment()
            case 'params': return build.parameters()
            case 'currentBuild': return [currentResult: build.result, result: build.result]
            default:
                Map known = build.environment()
                if (known.containsKey(name)) { return known[name] }
                throw new Invalid("a step uses $name, which is not set")
        }
    }

    Object invokeMethod(String name, Object given) {
        throw new Invalid("no such step: $name")
    }

    void sh(String command) { run('sh', command, [:]) }

    void sh(Map given) { run('sh', given.script as String, given.findAll { it.key != 'script' }) }

    void echo(String text) { build.event([step: 'echo', text: text]) }

    void error(String text) { throw new StepFailed(text) }

    void mail(Map given) {
        ['to', 'subject', 'body'].each { if (!given[it]) { throw new Invalid("mail has no $it") } }
        build.event([step: 'mail', text: given.subject as String, to: given.to, body: given.body as String])
    }

    /** Publishes test results; failures make the build unstable, a missing file is an error. */
    void junit(Map given) {
        needsAgent('junit')
        build.event([step: 'junit', text: given.testResults])
        Map found = build.request.tests ?: [failed: 0]
        if (found.missing && !given.allowEmptyResults) { throw new StepFailed('junit: no test report files were found') }
        if (found.failed) { build.worsen('UNSTABLE') }
    }

    void recordCoverage(Map given) { run('recordCoverage', given.tools[0].pattern as String, [:]) }

    void archiveArtifacts(Map given) { run('archiveArtifacts', given.artifacts as String, given) }

    void milestone(Map given) { build.event([step: 'milestone', text: given.ordinal as String]) }

    void timeout(Map given, Closure body) {
        build.minutes << Build.asMinutes(given)
        try {
            body()
        } finally {
            build.minutes.removeLast()
        }
    }

    void retry(int times, Closure body) {
        for (int attempt = 1; ; attempt++) {
            try {
                body()
                return
            } catch (StepFailed error) {
                if (attempt == times) { throw error }
            }
        }
    }

    void withCredentials(List<Map> bindings, Closure body) {
        build.secrets << bindings.collectEntries { [(it.variable ?: 'GIT_ASKPASS'): it.credentialsId] }
        try {
            body()
        } finally {
            build.secrets.removeLast()
        }
    }

    Map string(Map given) { given }

    Map file(Map given) { given }

    Map gitUsernamePassword(Map given) { given }

    private void run(String step, String text, Map more) {
        needsAgent(step)
        Map hidden = build.secrets.inject([:]) { all, one -> all + one }
        build.event([step: step, text: text, secrets: hidden, environment: build.environment()] + more)
        build.ending(text)
    }

    private void needsAgent(String step) {
        if (!build.agent) { throw new StepFailed("$step needs a workspace, and no agent is held here") }
    }

}
