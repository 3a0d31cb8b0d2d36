/** A problem whose message is all that the user needs. */
final class BuildException extends RuntimeException {
  private static final long serialVersionUID = 1;

  BuildException(String message) {
    super(message);
  }
}
