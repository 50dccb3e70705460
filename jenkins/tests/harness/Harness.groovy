import groovy.json.JsonOutput
import groovy.json.JsonSlurper

/** Reads requests from stdin, one JSON object a line, and answers each with one line. */
class Harness {

    static void main(String[] arguments) {
        System.in.eachLine('UTF-8') { line ->
            Map answer
            try {
                answer = reply(new JsonSlurper().parseText(line) as Map)
            } catch (Invalid error) {
                answer = [invalid: error.message]
            } catch (org.codehaus.groovy.control.CompilationFailedException error) {
                answer = [invalid: error.message]
            }
            println(JsonOutput.toJson(answer))
            System.out.flush()
        }
    }

    private static Map reply(Map request) {
        if (request.jobs) { return [jobs: JobDsl.read(request.jobs as String)] }
        Map model = Pipeline.read(new File(request.pipeline as String))
        if (request.only == 'model') {
            return [options: model.options, triggers: model.triggers, parameters: model.parameters, agent: model.agent]
        }
        return new Build(model, request).run()
    }

}
