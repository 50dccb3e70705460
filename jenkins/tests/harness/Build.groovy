/**
 * One build of a pipeline. It goes through stages as Jenkins does, without running steps: it records each step with its stage, agent,
 * environment, secrets and time-out, and gives it the result that the request specifies (success by default).
 */
class Build {

    static final List<String> WORSE = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'ABORTED']

    final Map request
    final Map model
    final List<Map> events = []
    final Map<String, String> stages = [:]
    String result = 'SUCCESS'
    // The context of the current block: each block pushes its own values and pops them at its end.
    List<Map> environments = []
    List<Map> secrets = []
    List<Integer> minutes = []
    String agent
    String stage
    String post

    Build(Map model, Map request) {
        this.model = model
        this.request = request
        environments << [BUILD_NUMBER: '7', BUILD_URL: 'https://jenkins.example.com/job/f1/7/', JOB_NAME: 'f1']
        environments << (request.env ?: [:]) + (request.branch ? [BRANCH_NAME: request.branch] : [:]) + parameters()
    }

    Map run() {
        timed(model.options) {
            enter(model.agent) {
                with(model.environment) {
                    guarded(null) { model.stages.each { one -> runStage(one) } }
                    finish(model.post, result)
                }
            }
        }
        return [result: result, stages: stages, events: events]
    }

    void worsen(String to) { if (WORSE.indexOf(to) > WORSE.indexOf(result)) { result = to } }

    Map<String, String> environment() { environments.inject([:]) { all, one -> all + one } as Map<String, String> }

    void event(Map what) {
        events << [stage: stage, post: post, agent: agent, minutes: minutes ? minutes.min() : null] + what
    }

    /** The result of a step that the request names by its text or a part of it: fail, hang, abort. */
    void ending(String text) {
        Map rule = request.outcomes?.find {
            it.getOrDefault('times', 1) > 0 && (it.exactly ? text == it.step : text.contains(it.step))
        }
        if (!rule) { return }
        rule.times = rule.getOrDefault('times', 1) - 1
        switch (rule.ends) {
            case 'fail': throw new StepFailed("$text failed")
            case 'abort': throw new Aborted("$text: aborted by a person")
            case 'hang':
                if (!minutes) { throw new Invalid("$text never ends: no time-out holds here") }
                throw new Aborted("$text: timed out after ${minutes.min()} minutes")
            default: throw new IllegalArgumentException("ends: ${rule.ends}")
        }
    }

    void timed(List<Map> options, Closure body) {
        Map option = options?.find { it.name == 'timeout' }
        if (option) { minutes << asMinutes(option.given[0]) }
        try {
            body()
        } finally {
            if (option) { minutes.removeLast() }
        }
    }

    static int asMinutes(Map given) {
        Map factors = [SECONDS: 1 / 60, MINUTES: 1, HOURS: 60, DAYS: 1440]
        return (given.time * factors[given.unit ?: 'MINUTES']) as int
    }

    private void runStage(Map one) {
        if (result in ['FAILURE', 'ABORTED']) {
            skip(one, 'earlier failure')
            return
        }
        String before = stage
        stage = one.name
        timed(one.options) { guarded(one) { inStage(one) } }
        stage = before
    }

    private void inStage(Map one) {
        List<Map> conditions = one.when ?: []
        boolean beforeInput = conditions.any { it.name == 'beforeInput' && it.given }
        boolean beforeAgent = beforeInput || conditions.any { it.name == 'beforeAgent' && it.given }
        if (beforeInput && !holds(one)) { return }
        if (one.input) { approve(one) }
        if (!beforeInput && beforeAgent && !holds(one)) { return }
        enter(one.agent) {
            if (!beforeAgent && !holds(one)) { return }
            with(one.environment) {
                String outcome = guarded(one) {
                    if (one.steps) { steps(one.steps) }
                    one.stages?.each { child -> runStage(child) }
                    if (one.parallel) { parallel(one) }
                }
                stages[one.name] = outcome
                finish(one.post, outcome)
            }
        }
    }

    private boolean holds(Map one) {
        boolean held = (one.when ?: []).every { When.holds(it, this) }
        if (!held) { skip(one, 'when') }
        return held
    }

    private void skip(Map one, String reason) {
        stages[one.name] = "skipped: $reason"
        (one.stages ?: one.parallel ?: []).each { child -> skip(child, reason) }
    }

    private void approve(Map one) {
        event([step: 'input', text: one.input.message, submitter: one.input.submitter])
        stages[one.name] = 'ABORTED'
        ending("input: ${one.input.message}")
        stages.remove(one.name)
    }

    /** Branches run in sequence here; each runs independently of the results of others, unless failFast. */
    private void parallel(Map one) {
        String worst = 'SUCCESS'
        String before = result
        one.parallel.each { branch ->
            if (one.failFast && worst != 'SUCCESS') {
                skip(branch, 'failFast')
                return
            }
            result = before
            runStage(branch)
            if (WORSE.indexOf(result) > WORSE.indexOf(worst)) { worst = result }
        }
        result = before
        worsen(worst)
    }

    /** Runs a body; its error becomes the build's result. */
    private String guarded(Map one, Closure body) {
        String outcome = 'SUCCESS'
        String before = result
        try {
            body()
            outcome = result == before ? 'SUCCESS' : result
        } catch (StepFailed error) {
            outcome = 'FAILURE'
            event([step: 'error', text: error.message])
        } catch (Aborted error) {
            outcome = 'ABORTED'
            event([step: 'error', text: error.message])
        }
        worsen(outcome)
        if (one && outcome != 'SUCCESS' && !stages[one.name]) { stages[one.name] = outcome }
        return outcome
    }

    private void finish(Map conditions, String outcome) {
        String previous = request.previous ?: 'SUCCESS'
        Map<String, Boolean> met = [always: true, cleanup: true, changed: outcome != previous, fixed: outcome == 'SUCCESS' && previous != 'SUCCESS',
            regression: WORSE.indexOf(outcome) > WORSE.indexOf(previous), aborted: outcome == 'ABORTED', failure: outcome == 'FAILURE',
            success: outcome == 'SUCCESS', unstable: outcome == 'UNSTABLE', unsuccessful: outcome != 'SUCCESS']
        Pipeline.CONDITIONS.findAll { conditions?.containsKey(it) && met[it] }.each { name ->
            post = name
            guarded(null) { steps(conditions[name]) }
            post = null
        }
    }

    private void enter(Map wanted, Closure body) {
        if (wanted == null || wanted.kind == 'none') {
            body()
            return
        }
        String before = agent
        agent = wanted.label ?: 'any'
        event([step: 'agent', text: agent])
        boolean skipped = model.options?.any { it.name == 'skipDefaultCheckout' }
        if (!skipped) { event([step: 'checkout', text: 'scm']) }
        body()
        agent = before
    }

    private void with(Closure environment, Closure body) {
        Map own = [:]
        Map hidden = [:]
        if (environment) {
            Closure copy = environment.clone() as Closure
            copy.resolveStrategy = Closure.DELEGATE_ONLY
            copy.delegate = new Variables(this, own, hidden)
            copy.call()
        }
        environments << own
        secrets << hidden
        try {
            body()
        } finally {
            environments.removeLast()
            secrets.removeLast()
        }
    }

    private void steps(Closure body) {
        Closure copy = body.clone() as Closure
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        copy.delegate = new Steps(this)
        copy.call()
    }

    Map<String, String> parameters() {
        Map given = new LinkedHashMap(request.params ?: [:])
        Map values = [:]
        model.parameters?.each { parameter ->
            Map of = parameter.given[0]
            List choices = parameter.name == 'choice' ? of.choices : null
            Object value = given.containsKey(of.name) ? given.remove(of.name) : choices ? choices[0] : of.defaultValue
            if (choices && !(value in choices)) { throw new Invalid("parameter ${of.name} is $value, none of $choices") }
            values[of.name] = value == null ? '' : value as String
        }
        if (given) { throw new Invalid("the pipeline has no parameters ${given.keySet()}") }
        return values
    }

}

