package dev.chagres.backend;

import java.util.List;

/** Fused functions: several elementwise operations in one pass. */
public interface FormulaKernels {
  /**
   * Computes the results of a formula, which are contiguous and apart from the operands. Integers
   * that are divided by zero are an {@link ArithmeticException} that names the operation.
   */
  void evaluate(Formula formula, List<Strided> operands, List<Strided> results);
}
