/** The conditions of when {}. */
class When {

    static boolean holds(Map condition, Build build) {
        Object given = condition.given
        switch (condition.name) {
            case ['beforeAgent', 'beforeInput']: return true
            case 'allOf': return given.every { holds(it, build) }
            case 'anyOf': return given.any { holds(it, build) }
            case 'not': return !given.every { holds(it, build) }
            case 'branch': return build.request.branch == given
            case 'buildingTag': return build.request.tag as boolean
            case 'tag': return build.request.tag && build.request.tag ==~ given
            case 'changeRequest': return build.request.change as boolean
            case 'triggeredBy': return (build.request.cause ?: 'UserIdCause') == given
            case 'environment': return build.environment()[given.name] == given.value
            case 'expression': return evaluate(given as Closure, build)
            default: throw new Invalid("when: ${condition.name} is not known to this harness")
        }
    }

    private static boolean evaluate(Closure body, Build build) {
        Closure copy = body.clone() as Closure
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        copy.delegate = new Steps(build)
        return copy.call() as boolean
    }

}
