/** The delegate of environment {}. */
class Variables {

    private final Build build
    private final Map own
    private final Map hidden

    Variables(Build build, Map own, Map hidden) {
        this.build = build
        this.own = own
        this.hidden = hidden
    }

    Object credentials(String id) { [secret: id] }

    void setProperty(String name, Object value) {
        if (value instanceof Map && value.secret) {
            hidden[name] = value.secret
        } else {
            own[name] = value as String
        }
    }

    Object getProperty(String name) {
        Map known = build.environment() + own
        if (name == 'env') { return known }
        if (name == 'params') { return build.parameters() }
        if (!known.containsKey(name)) { throw new Invalid("environment uses $name, which is not set") }
        return known[name]
    }

}
