package dev.chagres.observe;

import dev.chagres.backend.Formula;
import dev.chagres.backend.FormulaKernels;
import dev.chagres.backend.Strided;
import java.util.List;

/** Fused functions, which an observer is shown. */
record ObservedFormulas(FormulaKernels device, Observer observer) implements FormulaKernels {
  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    observer.kernel(
        () -> device.evaluate(formula, operands, results),
        () ->
            Work.of("fused: " + formula, results.getFirst())
                .touches(operands.toArray(Strided[]::new))
                .touches(results.toArray(Strided[]::new)));
  }
}
