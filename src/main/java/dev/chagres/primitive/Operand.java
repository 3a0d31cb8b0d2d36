package dev.chagres.primitive;

/**
 * What primitives work on: a tensor.
 *
 * @param <T> the type of tensors
 */
public abstract class Operand<T extends Operand<T>> {
  /** For the tensors of this library. */
  protected Operand() {}

  /** Returns what computes primitives. */
  protected abstract Primitives<T> primitives();
}
