import org.codehaus.groovy.runtime.InvokerHelper

/** Reads a declarative pipeline into maps, and refuses unknown syntax. Steps stay closures. */
class Pipeline {

    static final List<String> SECTIONS = ['agent', 'environment', 'options', 'parameters', 'post', 'stages', 'triggers']
    static final List<String> OF_STAGE = ['agent', 'environment', 'failFast', 'input', 'options', 'parallel', 'post', 'stages', 'steps', 'when']
    static final List<String> CONDITIONS = ['always', 'changed', 'fixed', 'regression', 'aborted', 'failure', 'success', 'unstable',
        'unsuccessful', 'cleanup']
    static final List<String> OPTIONS = ['buildDiscarder', 'disableConcurrentBuilds', 'disableResume', 'parallelsAlwaysFailFast', 'retry',
        'skipDefaultCheckout', 'skipStagesAfterUnstable', 'timeout', 'timestamps']
    static final List<String> TRIGGERS = ['cron', 'pollSCM']
    static final List<String> PARAMETERS = ['booleanParam', 'choice', 'string']
    static final List<String> WHEN = ['allOf', 'anyOf', 'not', 'branch', 'buildingTag', 'changeRequest', 'environment', 'equals', 'expression',
        'tag', 'triggeredBy', 'beforeAgent', 'beforeInput']
    static final List<String> INPUT = ['message', 'ok', 'submitter', 'submitterParameter', 'id']

    private static final Map<String, Class> COMPILED = [:]

    static Map read(File file) {
        List<Map> found = []
        Binding binding = new Binding([pipeline: { Closure body -> found << pipeline(body) }])
        Class compiled = COMPILED.computeIfAbsent(file.text) { text -> new GroovyShell().parse(text).class }
        try {
            InvokerHelper.createScript(compiled, binding).run()
        } catch (MissingMethodException | MissingPropertyException error) {
            throw new Invalid("outside of pipeline {}: ${error.message}")
        }
        if (found.size() != 1) { throw new Invalid("${found.size()} blocks pipeline {}, not one") }
        return found[0]
    }

    static Map pipeline(Closure body) {
        Map read = sections(body, 'pipeline', SECTIONS)
        ['agent', 'stages'].each { if (!read.containsKey(it)) { throw new Invalid("pipeline has no $it") } }
        return read
    }

    static Map stage(String name, Closure body) {
        Map read = sections(body, "stage $name", OF_STAGE)
        List<String> work = ['steps', 'stages', 'parallel'].findAll { read.containsKey(it) }
        if (work.size() != 1) { throw new Invalid("stage $name has ${work ?: 'nothing to do'}, not one of steps, stages, parallel") }
        return [name: name] + read
    }

    private static Map sections(Closure body, String where, List<String> allowed) {
        Map read = [:]
        words(body, where, allowed) { String word, List given ->
            if (read.containsKey(word)) { throw new Invalid("$where has two sections $word") }
            read[word] = section(word, given[0], where)
        }
        return read
    }

    private static Object section(String name, Object given, String where) {
        switch (name) {
            case 'agent': return agent(given, where)
            case ['stages', 'parallel']: return stages(given as Closure, "$name of $where")
            case 'post': return post(given as Closure, where)
            case 'options': return calls(given as Closure, "options of $where", OPTIONS)
            case 'triggers': return calls(given as Closure, "triggers of $where", TRIGGERS)
            case 'parameters': return calls(given as Closure, "parameters of $where", PARAMETERS)
            case 'when': return conditions(given as Closure, "when of $where")
            case 'input': return single(given as Closure, "input of $where", INPUT)
            case 'failFast': return given
            default: return given as Closure // environment, steps: evaluated when the build reaches it
        }
    }

    private static Map agent(Object given, String where) {
        if (given in ['any', 'none']) { return [kind: given] }
        if (!(given instanceof Closure)) { throw new Invalid("agent of $where is $given") }
        Map read = single(given, "agent of $where", ['label'])
        if (!read.label) { throw new Invalid("agent of $where has no label") }
        return [kind: 'label', label: read.label]
    }

    private static List<Map> stages(Closure body, String where) {
        List<Map> read = []
        words(body, where, ['stage']) { String name, List given -> read << stage(given[0] as String, given[1] as Closure) }
        if (!read) { throw new Invalid("$where is empty") }
        return read
    }

    private static Map post(Closure body, String where) {
        Map read = [:]
        words(body, "post of $where", CONDITIONS) { String name, List given -> read[name] = given[0] as Closure }
        return read
    }

    private static Map single(Closure body, String where, List<String> allowed) {
        Map read = [:]
        words(body, where, allowed) { String name, List given -> read[name] = given[0] }
        return read
    }

    private static List<Map> calls(Closure body, String where, List<String> allowed) {
        List<Map> read = []
        words(body, where, allowed) { String name, List given -> read << [name: name, given: given] }
        return read
    }

    private static List<Map> conditions(Closure body, String where) {
        List<Map> read = []
        words(body, where, WHEN) { String name, List given ->
            boolean nested = name in ['allOf', 'anyOf', 'not']
            read << [name: name, given: nested ? conditions(given[0] as Closure, where) : given[0]]
        }
        return read
    }

    /** Calls `onWord` for each word that the body uses as a method, and refuses words that are not allowed there. */
    private static void words(Closure body, String where, List<String> allowed, Closure onWord) {
        Closure copy = body.clone() as Closure
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        copy.delegate = new Words(where, allowed, onWord)
        copy.call()
    }

}

