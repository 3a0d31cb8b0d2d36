package dev.chagres.tensor;

import dev.chagres.backend.AttentionKernels;
import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.CountKernels;
import dev.chagres.backend.ElementKernels;
import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.Formula.Action;
import dev.chagres.backend.FormulaKernels;
import dev.chagres.backend.Generators;
import dev.chagres.backend.GradientKernels;
import dev.chagres.backend.ImageKernels;
import dev.chagres.backend.IndexKernels;
import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.MatrixKernels;
import dev.chagres.backend.NormalizationKernels;
import dev.chagres.backend.OptimizerKernels;
import dev.chagres.backend.OrderKernels;
import dev.chagres.backend.RandomKernels;
import dev.chagres.backend.RecurrentKernels;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.ReductionKernels;
import dev.chagres.backend.ScanKernels;
import dev.chagres.backend.SoftmaxKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.TransferKernels;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Triangle;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * The backend of {@link Device#traced()}: it notes what the thread's {@link Tracing} may consist
 * of, and refuses all else by its name, new kernels too.
 */
final class TracedBackend {
  static final Backend INSTANCE =
      new Backend(
          new Elements(),
          refusing(FormulaKernels.class),
          new Transfers(),
          new Reductions(),
          refusing(SoftmaxKernels.class),
          refusing(NormalizationKernels.class),
          refusing(AttentionKernels.class),
          refusing(RecurrentKernels.class),
          refusing(IndexKernels.class),
          refusing(CountKernels.class),
          refusing(OrderKernels.class),
          refusing(ScanKernels.class),
          refusing(MatrixKernels.class),
          refusing(FeedForwardKernels.class),
          refusing(LinearAlgebra.class),
          refusing(ImageKernels.class),
          refusing(GradientKernels.class),
          refusing(OptimizerKernels.class),
          refusing(RandomKernels.class),
          refusing(Generators.class));

  private TracedBackend() {}

  /** A family of which nothing can be fused. */
  private static <T> T refusing(Class<T> family) {
    return family.cast(
        Proxy.newProxyInstance(
            family.getClassLoader(),
            new Class<?>[] {family},
            (_, method, _) -> {
              throw Tracing.refused(method.getName());
            }));
  }

  private record Elements() implements ElementKernels {
    @Override
    public void unary(UnaryOp op, Strided x, Strided y) {
      Tracing.current().apply(op, 0, y, x);
    }

    @Override
    public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
      Tracing.current().apply(op, 0, y, a, b);
    }

    @Override
    public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
      Tracing.current().apply(op, value, y, operands.toArray(Strided[]::new));
    }

    @Override
    public void where(Strided condition, Strided a, Strided b, Strided y) {
      Tracing.current().step(new Action.Where(), y, condition, a, b);
    }

    @Override
    public void copy(Strided x, Strided y) {
      Tracing.current().copy(x, y);
    }

    @Override
    public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
      throw Tracing.refused("triangle");
    }

    @Override
    public void arange(Progression progression, Strided y) {
      throw Tracing.refused("arange");
    }
  }

  private record Transfers() implements TransferKernels {
    @Override
    public Strided constant(Number value, DType dtype) {
      return Tracing.current().constant(value, dtype);
    }

    @Override
    public void transfer(Strided x, Strided y) {
      throw Tracing.transferred(x);
    }
  }

  private record Reductions() implements ReductionKernels {
    @Override
    public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
      Tracing.current().reduce(op, x, y);
    }

    @Override
    public void moments(Strided x, Strided mean, Strided squares) {
      throw Tracing.refused("moments");
    }
  }
}
