/** Reads Job DSL into maps: every word with its arguments, and the words inside of its block. The words are checked by the tests. */
class JobDsl {

    static List<Map> read(String script) {
        List<Map> jobs = []
        Binding binding = new Binding([
            pipelineJob: { String name, Closure body -> jobs << [kind: 'pipelineJob', name: name, has: Recorded.block(body)] },
            multibranchPipelineJob: { String name, Closure body -> jobs << [kind: 'multibranchPipelineJob', name: name, has: Recorded.block(body)] },
        ])
        try {
            new GroovyShell(binding).evaluate(script)
        } catch (MissingMethodException | MissingPropertyException error) {
            throw new Invalid("Job DSL: ${error.message}")
        }
        return jobs
    }

}
