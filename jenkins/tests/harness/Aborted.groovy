/** A person or a time-out ended the build. */
class Aborted extends RuntimeException {

    Aborted(String message) { super(message) }

}
