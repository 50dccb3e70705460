/** A step ended with an error: the build fails. */
class StepFailed extends RuntimeException {

    StepFailed(String message) { super(message) }

}
