/** The delegate of a block of Job DSL: records every word, with its arguments and the words of its blocks. */
class Recorded {

    final List<Map> words = []

    static List<Map> block(Closure body) {
        Recorded recorded = new Recorded()
        Closure copy = body.clone() as Closure
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        copy.delegate = recorded
        copy.call()
        return recorded.words
    }

    Object invokeMethod(String name, Object given) {
        List arguments = []
        for (Object argument : given as Object[]) {
            arguments.add(argument instanceof Closure ? Recorded.block(argument as Closure) : argument)
        }
        this.@words.add([word: name, given: arguments])
        return null
    }

}
