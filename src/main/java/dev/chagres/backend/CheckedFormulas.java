package dev.chagres.backend;

import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;

import java.util.List;
import java.util.stream.Stream;

/** Fused functions, with operands that are looked at before. */
record CheckedFormulas(FormulaKernels device) implements FormulaKernels {
  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    boolean agree =
        operands.size() == formula.operands().size() && results.size() == formula.results().size();
    for (int i = 0; agree && i < results.size(); i++) {
      Strided y = results.get(i);
      agree =
          y.dtype() == formula.dtype(formula.results().get(i))
              && y.shape().equals(results.getFirst().shape())
              && isDense(y)
              && isWritable(y);
    }
    for (int i = 0; agree && i < operands.size(); i++) {
      Strided x = operands.get(i);
      agree =
          x.dtype() == formula.operands().get(i).dtype()
              && x.shape().equals(results.getFirst().shape());
    }
    if (!agree) {
      Stream<Strided> all = Stream.concat(operands.stream(), results.stream());
      throw changed("fused", all.toArray(Strided[]::new));
    }
    device.evaluate(formula, operands, results);
  }
}
