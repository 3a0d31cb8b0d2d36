package dev.chagres.backend.cuda;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.CrossEntropyForm.Total;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cross entropy of rows of scores. What is kept for the gradient: the greatest score of each row,
 * the logarithms of the sums of exponentials from there, the weights of the rows, and their total.
 */
final class CrossEntropies {
  private static final String FILE = "softmax.cu";
  private static final int MOST_BLOCKS = 1 << 16;

  private final CudaDevice device;
  private final Elementwise elementwise;
  private final Reductions reductions;

  CrossEntropies(CudaDevice device, Elementwise elementwise, Reductions reductions) {
    this.device = device;
    this.elementwise = elementwise;
    this.reductions = reductions;
  }

  void forward(
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

  void backward(
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
