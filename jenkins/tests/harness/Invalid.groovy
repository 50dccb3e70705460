/** A mistake in a pipeline that Jenkins would refuse, or that it would report only when it gets there. */
class Invalid extends RuntimeException {

    Invalid(String message) { super(message) }

}
