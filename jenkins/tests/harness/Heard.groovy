/** The delegate of a block of Job DSL: takes every word, with its arguments and the words of its blocks. */
class Heard {

    final List<Map> words = []

    static List<Map> block(Closure body) {
        Heard heard = new Heard()
        Closure copy = body.clone() as Closure
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        copy.delegate = heard
        copy.call()
        return heard.words
    }

    Object invokeMethod(String name, Object given) {
        List arguments = []
        for (Object argument : given as Object[]) {
            arguments.add(argument instanceof Closure ? Heard.block(argument as Closure) : argument)
        }
        this.@words.add([word: name, given: arguments])
        return null
    }

}
