/** A mistake in a pipeline that Jenkins would refuse, or report only during the build. */
class Invalid extends RuntimeException {

    Invalid(String message) { super(message) }

}
