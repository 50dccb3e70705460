/** The delegate of a section. */
class Words {

    private final String where
    private final List<String> allowed
    private final Closure onWord

    Words(String where, List<String> allowed, Closure onWord) {
        this.where = where
        this.allowed = allowed
        this.onWord = onWord
    }

    Object invokeMethod(String name, Object given) {
        List arguments = given as List
        if (name == 'logRotator') { return [(name): arguments[0]] } // an argument of buildDiscarder
        if (!(name in allowed)) { throw new Invalid("$where has $name; it may have ${allowed.join(', ')}") }
        onWord(name, arguments)
        return null
    }

    Object getProperty(String name) {
        if (name in ['any', 'none']) { return name }
        throw new Invalid("$where uses $name, which is not known there")
    }

}
