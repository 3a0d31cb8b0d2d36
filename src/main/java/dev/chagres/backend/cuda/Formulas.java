package dev.chagres.backend.cuda;

import dev.chagres.backend.Axes;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Formula;
import dev.chagres.backend.Formula.Action;
import dev.chagres.backend.Formula.Step;
import dev.chagres.backend.FormulaKernels;
import dev.chagres.backend.Strided;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Formulas, each a kernel of its own that is compiled when it is first run. */
final class Formulas implements FormulaKernels {
  private final CudaDevice device;

  Formulas(CudaDevice device) {
    this.device = device;
  }

  /** What to compile, and whether something may divide an integer by zero. */
  private record Written(Sources sources, boolean mayFail) {
    static Written of(Formula formula) {
      return new Written(
          FormulaSource.of(formula),
          formula.steps().stream().anyMatch(step -> mayFail(formula, step)));
    }

    private static boolean mayFail(Formula formula, Step step) {
      return step.action() instanceof Action.Apply(BinaryOp op, Number _)
          && Elementwise.mayDivideByZero(op, formula.dtype(step.arguments().getFirst()));
    }
  }

  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    long n = results.getFirst().numel();
    if (n == 0) {
      return;
    }
    Written written = formula.prepared(this, () -> Written.of(formula));
    Strided[] all = Stream.concat(operands.stream(), results.stream()).toArray(Strided[]::new);
    Layout[] layouts = Arrays.stream(all).map(Strided::layout).toArray(Layout[]::new);
    Axes axes = Axes.of(layouts);
    int count = operands.size();
    if (Elementwise.isFlat(axes, all.length - 1)) {
      int pack = Elementwise.pack(axes, all);
      Launch launch = device.launch(written.sources, "flat<" + pack + ">");
      fault(launch, written, formula, results).integer(n);
      for (int i = 0; i < all.length; i++) {
        launch.pointer(all[i]);
        if (i < count) {
          launch.integer(axes.stride(i, 0));
        }
      }
      launch.share(Math.ceilDiv(n, pack));
      return;
    }
    Layouts.each(
        axes,
        all.length,
        (struct, starts) -> {
          Launch launch = device.launch(written.sources, "strided<" + Layouts.index(struct) + ">");
          fault(launch, written, formula, results).struct(struct);
          for (int i = 0; i < all.length; i++) {
            launch.pointer(all[i], starts[i]);
          }
          launch.share(struct[1]);
        });
  }

  private static Launch fault(
      Launch launch, Written written, Formula formula, List<Strided> results) {
    if (!written.mayFail) {
      return launch.struct(0, 0);
    }
    Shape shape = results.getFirst().shape();
    return launch.fault(value -> division(formula, (int) value, shape));
  }

  private static ArithmeticException division(Formula formula, int value, Shape shape) {
    Step step = formula.step(value);
    BinaryOp op = (BinaryOp) ((Action.Apply) step.action()).op();
    return new ArithmeticException(
        "%s: integer division by zero, %s of shape %s"
            .formatted(op.methodName(), formula.dtype(step.arguments().getFirst()), shape));
  }
}
