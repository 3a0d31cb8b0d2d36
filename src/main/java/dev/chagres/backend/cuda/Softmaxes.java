package dev.chagres.backend.cuda;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.SoftmaxKernels;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.CrossEntropyForm.Total;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Softmax along a dimension, and cross entropy of rows of scores. What is kept for the gradient:
 * the greatest score of each row, the logarithms of the sums of exponentials from there, the
 * weights of the rows, and their total.
 */
final class Softmaxes implements SoftmaxKernels {
  private static final String FILE = "softmax.cu";
  private static final int MOST_BLOCKS = 1 << 16;

  private final CudaDevice device;
  private final Elementwise elementwise;
  private final Reductions reductions;

  Softmaxes(CudaDevice device, Elementwise elementwise, Reductions reductions) {
    this.device = device;
    this.elementwise = elementwise;
    this.reductions = reductions;
  }

  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    softmax("softmax", kind, dim, x, y);
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    softmax("softmax_backward", kind, dim, g, y, gx);
  }

  private void softmax(String kernel, Softmax kind, int dim, Strided... operands) {
    Strided y = operands[operands.length - 1];
    if (y.numel() == 0) {
      return;
    }
    long n = y.shape().dim() == 0 ? 1 : y.shape().size(dim);
    long inner = 1;
    for (int i = dim + 1; i < y.shape().dim(); i++) {
      inner *= y.shape().size(i);
    }
    long lines = y.numel() / n;
    String type = "<" + (kind == Softmax.LOGARITHM) + ", " + Types.of(y);
    if (inner == 1) {
      Rows rows = Rows.of(n);
      Launch launch = device.launch(FILE, kernel + type + ", " + rows.held() + ">");
      rows.run(pointers(rows.to(launch, lines, n, operands), operands), lines);
      return;
    }
    Cut cut = Cut.beside(n, lines);
    Launch launch = device.launch(FILE, kernel + "_across" + type + ">");
    launch.integer(lines).integer(n).integer(inner).integer(cut.along());
    pointers(launch, operands)
        .run(Grid.of(cut.blocks(lines, MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
  }

  private static Launch pointers(Launch launch, Strided... operands) {
    for (Strided operand : operands) {
      launch.pointer(operand);
    }
    return launch;
  }

  // ---- cross entropy

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    long rows = x.layout().size(0);
    long n = x.layout().size(1);
    losses(
        form,
        rows,
        y,
        losses -> {
          Cut cut = Cut.alone(n);
          cut.to(
                  device
                      .launch(FILE, "cross_entropy<" + Types.of(x) + ">")
                      .integer(rows)
                      .integer(n)
                      .integer(form.ignoreIndex()))
              .pointer(x)
              .pointer(target)
              .pointerOrNull(weight)
              .pointer(statistics)
              .pointer(losses)
              .fault(fault(n))
              .run(Grid.of(cut.blocks(rows, MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
          if (form.total() != Total.EACH) {
            reductions.reduce(ReduceOp.SUM, losses, 0, y.with(y.layout().unsqueeze(0)));
          }
        });
    if (form.total() == Total.MEAN) {
      Strided total = part(statistics, 3 * rows, 1);
      reductions.reduce(ReduceOp.SUM, part(statistics, 2 * rows, rows), 0, total);
      Strided quotient = y.with(y.layout().unsqueeze(0));
      elementwise.binary(BinaryOp.DIV, quotient, total, quotient);
    }
  }

  private static void losses(CrossEntropyForm form, long rows, Strided y, Consumer<Strided> task) {
    if (form.total() == Total.EACH) {
      task.accept(y);
    } else {
      Elementwise.withTemporary(y.like(Shape.of(rows), y.dtype()), task);
    }
  }

  private static Strided part(Strided statistics, long from, long count) {
    Layout all = statistics.layout();
    return statistics.with(Layout.of(Shape.of(count), new long[] {1}, all.offset() + from));
  }

  private static Faults.Fault fault(long n) {
    return value ->
        new IndexOutOfBoundsException(
            "crossEntropy: target " + value + " is not one of " + n + " classes");
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    long rows = x.layout().size(0);
    long n = x.layout().size(1);
    if (x.numel() == 0) {
      return;
    }
    Cut cut = Cut.alone(n);
    Launch launch = device.launch(FILE, "cross_entropy_backward<" + Types.of(x) + ">");
    cut.to(launch.integer(rows).integer(n).integer(form.ignoreIndex()))
        .integer(form.total() == Total.EACH ? 1 : 0)
        .integer(form.total() == Total.MEAN ? 1 : 0)
        .pointer(g)
        .pointer(x)
        .pointer(target)
        .pointer(statistics)
        .pointer(gx)
        .run(Grid.of(cut.blocks(rows, MOST_BLOCKS)), Grid.of(CudaDevice.BLOCK), 0);
  }
}
