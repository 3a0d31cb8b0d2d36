package dev.chagres.tensor;

/** How {@link Autograd#jacobian} and its relatives compute. */
public enum DerivativeOption {
  /**
   * The results are recorded: they can be differentiated with respect to inputs that require
   * gradients, and to whatever else the function uses.
   */
  CREATE_GRAPH,
  /** A result that does not depend on an input is an error, not zeros. */
  STRICT,
  /**
   * A Jacobian is computed column by column, each by one pass through the recorded gradient,
   * instead of row by row: for functions with far fewer elements in their inputs than in their
   * outputs.
   */
  FORWARD
}
