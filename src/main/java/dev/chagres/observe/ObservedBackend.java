package dev.chagres.observe;

import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Choice;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.Formula;
import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.Trial;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.SgdStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A backend that shows an observer every kernel that it runs. */
record ObservedBackend(Backend backend, Observer observer) implements Backend {

  private static String camelCase(Enum<?> constant) {
    return ElementwiseOp.methodName(constant.name());
  }

  // ---- elementwise

  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    observer.kernel(() -> backend.unary(op, x, y), () -> Work.of(op.methodName(), x).touches(x, y));
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    observer.kernel(
        () -> backend.binary(op, a, b, y), () -> Work.of(op.methodName(), a).touches(a, b, y));
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    observer.kernel(
        () -> backend.ternary(op, value, operands, y),
        () -> Work.of(op.methodName(), y).touches(operands.toArray(Strided[]::new)).touches(y));
  }

  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    observer.kernel(
        () -> backend.evaluate(formula, operands, results),
        () ->
            Work.of("fused: " + formula, results.getFirst())
                .touches(operands.toArray(Strided[]::new))
                .touches(results.toArray(Strided[]::new)));
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    observer.kernel(
        () -> backend.where(condition, a, b, y),
        () -> Work.of("where", a).touches(condition, a, b, y));
  }

  @Override
  public void copy(Strided x, Strided y) {
    observer.kernel(() -> backend.copy(x, y), () -> Work.of("copy", x).touches(x, y));
  }

  @Override
  public void transfer(Strided x, Strided y) {
    observer.kernel(() -> backend.transfer(x, y), () -> Work.of("transfer", x).touches(x, y));
  }

  @Override
  public void transferLater(Strided x, Strided y) {
    observer.kernel(() -> backend.transferLater(x, y), () -> Work.of("transfer", x).touches(x, y));
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    observer.kernel(
        () -> backend.triangle(kept, diagonal, x, y), () -> Work.of("triangle", x).touches(x, y));
  }

  @Override
  public void arange(Progression progression, Strided y) {
    observer.kernel(() -> backend.arange(progression, y), () -> Work.of("arange", y).touches(y));
  }

  // ---- reductions

  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    observer.kernel(
        () -> backend.reduce(op, x, dim, y), () -> Work.of(camelCase(op), x).touches(x, y));
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    observer.kernel(
        () -> backend.moments(x, mean, squares),
        () -> Work.of("moments", x).touches(x, mean, squares));
  }

  // ---- softmax

  private static String name(Softmax kind) {
    return kind == Softmax.PROBABILITY ? "softmax" : "logSoftmax";
  }

  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    observer.kernel(
        () -> backend.softmax(kind, x, dim, y), () -> Work.of(name(kind), x).touches(x, y));
  }

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    observer.kernel(
        () -> backend.crossEntropy(form, x, target, weight, statistics, y),
        () -> Work.of("crossEntropy", x).touches(x, target, weight, statistics, y));
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    observer.kernel(
        () -> backend.crossEntropyBackward(form, g, x, target, statistics, gx),
        () -> Work.of("crossEntropyBackward", x).touches(g, x, target, statistics, gx));
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    observer.kernel(
        () -> backend.softmaxBackward(kind, g, y, dim, gx),
        () -> Work.of(name(kind) + "Backward", g).touches(g, y, gx));
  }

  // ---- layer normalization

  @Override
  public void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    observer.kernel(
        () -> backend.layerNorm(x, weight, bias, eps, y, statistics),
        () -> Work.of("layerNorm", x).touches(x, weight, bias, y, statistics));
  }

  @Override
  public void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      Strided gx,
      Strided gweight,
      Strided gbias) {
    observer.kernel(
        () -> backend.layerNormBackward(g, x, weight, statistics, gx, gweight, gbias),
        () ->
            Work.of("layerNormBackward", g).touches(g, x, weight, statistics, gx, gweight, gbias));
  }

  // ---- indexing

  @Override
  public void indexSelect(Strided x, int dim, Strided index, Strided y) {
    observer.kernel(
        () -> backend.indexSelect(x, dim, index, y),
        () -> Work.of("indexSelect", x).picks(x, y).touches(index, y));
  }

  @Override
  public void indexPut(Store store, Strided x, int dim, Strided index, Strided y) {
    observer.kernel(
        () -> backend.indexPut(store, x, dim, index, y),
        () -> stored("indexPut", store, x, index, y));
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Strided y) {
    observer.kernel(
        () -> backend.gather(x, dim, index, y),
        () -> Work.of("gather", x).picks(x, y).touches(index, y));
  }

  @Override
  public void scatter(Store store, Strided x, int dim, Strided index, Strided y) {
    observer.kernel(
        () -> backend.scatter(store, x, dim, index, y),
        () -> stored("scatter", store, x, index, y));
  }

  /** What is not replaced is read first. */
  private static Work stored(String name, Store store, Strided x, Strided index, Strided y) {
    Work work = Work.of(name, x).touches(x, index).picks(y, x);
    return store == Store.REPLACE ? work : work.rereads(x);
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    observer.kernel(
        () -> backend.joinIndex(index, size, positions),
        () -> Work.of("joinIndex", index).touches(index).updates(positions));
  }

  @Override
  public long countTrue(Strided mask) {
    long[] count = new long[1];
    observer.kernel(
        () -> count[0] = backend.countTrue(mask), () -> Work.of("countTrue", mask).touches(mask));
    return count[0];
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    observer.kernel(
        () -> backend.positions(mask, positions),
        () -> Work.of("positions", mask).touches(mask, positions));
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    observer.kernel(
        () -> backend.repeats(counts, y), () -> Work.of("repeats", counts).touches(counts, y));
  }

  @Override
  public void count(Strided positions, Strided counts) {
    observer.kernel(
        () -> backend.count(positions, counts),
        () -> Work.of("count", positions).touches(positions).updates(counts));
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    observer.kernel(
        () -> backend.histogram(x, low, high, counts),
        () -> Work.of("histogram", x).touches(x).updates(counts));
  }

  // ---- order

  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    observer.kernel(
        () -> backend.sort(order, x, dim, values, indices),
        () -> Work.of("sort", x).touches(x, values, indices));
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    observer.kernel(
        () -> backend.select(choice, x, dim, values, indices),
        () -> Work.of("select", x).touches(x, values, indices));
  }

  @Override
  public void sortRows(Strided x, Strided indices) {
    observer.kernel(
        () -> backend.sortRows(x, indices), () -> Work.of("sortRows", x).touches(x, indices));
  }

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    observer.kernel(
        () -> backend.search(bound, sorted, order, x, y),
        () -> {
          Work work = Work.of("search", sorted).touches(sorted, x, y);
          return order == null ? work : work.touches(order);
        });
  }

  // ---- scans

  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    observer.kernel(() -> backend.scan(scan, x, y), () -> Work.of(name(scan), x).touches(x, y));
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    observer.kernel(
        () -> backend.scanExtrema(scan, x, y, indices),
        () -> Work.of(name(scan), x).touches(x, y, indices));
  }

  private static String name(Scan scan) {
    return ElementwiseOp.methodName("SCAN_" + scan.op().name());
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    observer.kernel(
        () -> backend.recurrence(way, dim, x, a, y),
        () -> Work.of("recurrence", x).touches(x, a, y));
  }

  // ---- matrices

  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    observer.kernel(
        () -> backend.matmul(alpha, a, b, beta, y),
        () -> {
          Work work = Work.of("matmul", a).touches(a, b);
          work = beta == 0 ? work.touches(y) : work.updates(y);
          return work.multiplies(y.numel() * a.shape().size(-1));
        });
  }

  @Override
  public void linear(Strided a, Strided b, Strided bias, Strided y) {
    observer.kernel(
        () -> backend.linear(a, b, bias, y),
        () -> {
          Work work = Work.of("linear", a).touches(a, b, bias, y);
          // The CPU copies the bias into the result, to which it adds the product.
          work = y.storage().device().isCpu() ? work.rereads(y).rereads(y) : work;
          return work.multiplies(y.numel() * a.shape().size(-1));
        });
  }

  @Override
  public FeedForwardKernels feedForward() {
    return new ObservedFeedForward(backend.feedForward(), observer);
  }

  @Override
  public LinearAlgebra linearAlgebra() {
    return new ObservedLinearAlgebra(backend.linearAlgebra(), observer);
  }

  // ---- convolution and pooling

  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    observer.kernel(
        () -> backend.conv2d(x, weight, bias, window, groups, y),
        () -> convolved("conv2d", y, weight).touches(x, weight, bias, y));
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    observer.kernel(
        () -> backend.conv2dInput(g, weight, window, groups, gx),
        () -> convolved("conv2dInput", g, weight).touches(g, weight, gx));
  }

  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    observer.kernel(
        () -> backend.conv2dWeight(g, x, window, groups, gw),
        () -> convolved("conv2dWeight", g, gw).touches(g, x, gw));
  }

  /** Each pixel of each result meets one kernel; so it is in the gradients, the other way round. */
  private static Work convolved(String name, Strided results, Strided kernels) {
    long kernelSize = kernels.numel() / Math.max(1, kernels.shape().size(0));
    return Work.of(name, results).multiplies(results.numel() * kernelSize);
  }

  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    observer.kernel(
        () -> backend.maxPool2d(x, window, y, positions),
        () -> Work.of("maxPool2d", x).touches(x, y, positions));
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    observer.kernel(
        () -> backend.maxUnpool2d(g, positions, x),
        () -> Work.of("maxUnpool2d", x).touches(g, positions, x));
  }

  // ---- optimizer steps

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    observer.kernel(() -> backend.sgdStep(step, updates), () -> steps("sgdStep", updates));
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    observer.kernel(() -> backend.adamStep(step, updates), () -> steps("adamStep", updates));
  }

  private static Work steps(String kernel, List<Update> updates) {
    Work work = Work.of(kernel, updates.getFirst().parameter());
    for (Update update : updates) {
      work.updates(update.parameter()).touches(update.gradient());
      work.updates(update.state().toArray(Strided[]::new));
    }
    return work;
  }

  // ---- random numbers

  @Override
  public Storage generator(long seed) {
    return backend.generator(seed);
  }

  @Override
  public void seed(Storage generator, long seed) {
    backend.seed(generator, seed);
  }

  @Override
  public long initialSeed(Storage generator) {
    return backend.initialSeed(generator);
  }

  @Override
  public long stateBytes() {
    return backend.stateBytes();
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    backend.exportState(generator, bytes);
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    backend.importState(generator, bytes);
  }

  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    draw("uniform", () -> backend.uniform(generator, low, high, y), y);
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    draw("normal", () -> backend.normal(generator, mean, std, y), y);
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    draw("integers", () -> backend.integers(generator, low, high, y), y);
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    draw("bernoulli", () -> backend.bernoulli(generator, p, y), y);
  }

  @Override
  public void words(Storage generator, Strided y) {
    draw("words", () -> backend.words(generator, y), y);
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    draw(camelCase(distribution), () -> backend.fill(generator, distribution, a, b, y), y);
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    draw("permutation", () -> backend.permutation(generator, y), y);
  }

  private void draw(String name, Runnable kernel, Strided y) {
    observer.kernel(kernel, () -> Work.of(name, y).touches(y));
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    observer.kernel(
        () -> backend.each(generator, trial, a, b, y),
        () -> {
          Work work = Work.of(camelCase(trial), a).touches(a);
          return (trial == Trial.BINOMIAL ? work.touches(b) : work).touches(y);
        });
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    observer.kernel(
        () -> backend.choices(generator, weights, y),
        () -> Work.of("choices", weights).updates(weights).touches(y));
  }

  // ---- single values

  @Override
  public Strided constant(Number value, DType dtype) {
    return backend.constant(value, dtype);
  }
}
