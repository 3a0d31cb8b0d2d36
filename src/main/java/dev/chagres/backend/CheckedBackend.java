package dev.chagres.backend;

import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.SgdStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A backend that looks at the operands of every call before its device does: whoever hands a
 * device's backend out wraps it in this one, so that each check is written once and none can be
 * forgotten. What a call asks of its operands stands in the class of its family, beside {@link
 * Operands}. A record, since the compiler takes the device of one in a constant for a constant too:
 * then the call goes straight to the device's method.
 *
 * @param device what computes, on operands that belong together
 */
public record CheckedBackend(Backend device) implements Backend {
  // ---- elementwise

  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    ElementOperands.unary(op, x, y);
    device.unary(op, x, y);
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    ElementOperands.binary(op, a, b, y);
    device.binary(op, a, b, y);
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    ElementOperands.ternary(op, operands, y);
    device.ternary(op, value, operands, y);
  }

  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    ElementOperands.evaluate(formula, operands, results);
    device.evaluate(formula, operands, results);
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    ElementOperands.where(condition, a, b, y);
    device.where(condition, a, b, y);
  }

  @Override
  public void copy(Strided x, Strided y) {
    ElementOperands.copy(x, y);
    device.copy(x, y);
  }

  @Override
  public void transfer(Strided x, Strided y) {
    ElementOperands.transfer(x, y);
    device.transfer(x, y);
  }

  @Override
  public void transferLater(Strided x, Strided y) {
    ElementOperands.transfer(x, y);
    device.transferLater(x, y);
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    ElementOperands.triangle(x, y);
    device.triangle(kept, diagonal, x, y);
  }

  @Override
  public void arange(Progression progression, Strided y) {
    ElementOperands.result("arange", y);
    device.arange(progression, y);
  }

  // ---- reductions

  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    RowOperands.reduce(op, x, dim, y);
    device.reduce(op, x, dim, y);
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    RowOperands.moments(x, mean, squares);
    device.moments(x, mean, squares);
  }

  // ---- softmax

  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    RowOperands.softmax(x, y);
    device.softmax(kind, x, dim, y);
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    RowOperands.softmax(g, y, gx);
    device.softmaxBackward(kind, g, y, dim, gx);
  }

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    RowOperands.crossEntropy(form, x, target, weight, statistics, y);
    device.crossEntropy(form, x, target, weight, statistics, y);
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    RowOperands.crossEntropyBackward(form, g, x, target, statistics, gx);
    device.crossEntropyBackward(form, g, x, target, statistics, gx);
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
    RowOperands.layerNorm(x, weight, bias, statistics, y);
    device.layerNorm(x, weight, bias, eps, y, statistics);
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
    RowOperands.layerNormBackward(g, x, weight, statistics, gx, gweight, gbias);
    device.layerNormBackward(g, x, weight, statistics, gx, gweight, gbias);
  }

  // ---- indexing

  @Override
  public void indexSelect(Strided x, int dim, Strided index, Strided y) {
    IndexOperands.indexSelect(x, dim, index, y);
    device.indexSelect(x, dim, index, y);
  }

  @Override
  public void indexPut(Store store, Strided x, int dim, Strided index, Strided y) {
    IndexOperands.indexPut(x, dim, index, y);
    device.indexPut(store, x, dim, index, y);
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Strided y) {
    IndexOperands.gather(x, dim, index, y);
    device.gather(x, dim, index, y);
  }

  @Override
  public void scatter(Store store, Strided x, int dim, Strided index, Strided y) {
    IndexOperands.scatter(x, dim, index, y);
    device.scatter(store, x, dim, index, y);
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    IndexOperands.joinIndex(index, positions);
    device.joinIndex(index, size, positions);
  }

  @Override
  public long countTrue(Strided mask) {
    IndexOperands.mask(mask);
    return device.countTrue(mask);
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    IndexOperands.positions(mask, positions);
    device.positions(mask, positions);
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    IndexOperands.repeats(counts, y);
    device.repeats(counts, y);
  }

  @Override
  public void count(Strided positions, Strided counts) {
    IndexOperands.count(positions, counts);
    device.count(positions, counts);
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    IndexOperands.histogram(x, counts);
    device.histogram(x, low, high, counts);
  }

  // ---- order

  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    IndexOperands.ordered("sort", x, values, indices);
    device.sort(order, x, dim, values, indices);
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    IndexOperands.ordered("select", x, dim, choice.count(), values, indices);
    device.select(choice, x, dim, values, indices);
  }

  @Override
  public void sortRows(Strided x, Strided indices) {
    IndexOperands.sortRows(x, indices);
    device.sortRows(x, indices);
  }

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    IndexOperands.search(sorted, order, x, y);
    device.search(bound, sorted, order, x, y);
  }

  // ---- scans

  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    IndexOperands.scan(x, y);
    device.scan(scan, x, y);
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    IndexOperands.ordered("scan", x, y, indices);
    device.scanExtrema(scan, x, y, indices);
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    IndexOperands.scan(x, y);
    IndexOperands.scan(a, y);
    device.recurrence(way, dim, x, a, y);
  }

  // ---- matrices

  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    ProductOperands.matmul(a, b, y);
    device.matmul(alpha, a, b, beta, y);
  }

  @Override
  public void linear(Strided a, Strided b, Strided bias, Strided y) {
    ProductOperands.linear(a, b, bias, y);
    device.linear(a, b, bias, y);
  }

  @Override
  public FeedForwardKernels feedForward() {
    return new CheckedFeedForward(device.feedForward());
  }

  @Override
  public LinearAlgebra linearAlgebra() {
    return new CheckedLinearAlgebra(device.linearAlgebra());
  }

  // ---- convolution and pooling

  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    ProductOperands.biasedConv2d(x, weight, bias, window, groups, y);
    device.conv2d(x, weight, bias, window, groups, y);
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    ProductOperands.conv2d(gx, weight, g, window, groups, gx);
    device.conv2dInput(g, weight, window, groups, gx);
  }

  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    ProductOperands.conv2d(x, gw, g, window, groups, gw);
    device.conv2dWeight(g, x, window, groups, gw);
  }

  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    ProductOperands.maxPool2d(x, y, positions);
    device.maxPool2d(x, window, y, positions);
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    ProductOperands.maxUnpool2d(g, positions, x);
    device.maxUnpool2d(g, positions, x);
  }

  // ---- optimizer steps

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    ElementOperands.steps("sgdStep", updates, step.momentum() == 0 ? 0 : 1);
    device.sgdStep(step, updates);
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    ElementOperands.steps("adamStep", updates, step.amsgrad() ? 3 : 2);
    device.adamStep(step, updates);
  }

  // ---- random numbers

  @Override
  public Storage generator(long seed) {
    return device.generator(seed);
  }

  @Override
  public void seed(Storage generator, long seed) {
    device.seed(generator, seed);
  }

  @Override
  public long initialSeed(Storage generator) {
    return device.initialSeed(generator);
  }

  @Override
  public long stateBytes() {
    return device.stateBytes();
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    ElementOperands.state(device.stateBytes(), bytes);
    device.exportState(generator, bytes);
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    ElementOperands.state(device.stateBytes(), bytes);
    device.importState(generator, bytes);
  }

  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    ElementOperands.result("uniform_", y);
    device.uniform(generator, low, high, y);
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    ElementOperands.result("normal_", y);
    device.normal(generator, mean, std, y);
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    ElementOperands.result("random_", y);
    device.integers(generator, low, high, y);
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    ElementOperands.result("bernoulli_", y);
    device.bernoulli(generator, p, y);
  }

  @Override
  public void words(Storage generator, Strided y) {
    ElementOperands.result("random_", y);
    device.words(generator, y);
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    ElementOperands.result("fill", y);
    device.fill(generator, distribution, a, b, y);
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    ElementOperands.each(a, b, y);
    device.each(generator, trial, a, b, y);
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    ElementOperands.choices(weights, y);
    device.choices(generator, weights, y);
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    ElementOperands.permutation(y);
    device.permutation(generator, y);
  }

  // ---- single values

  @Override
  public Strided constant(Number value, DType dtype) {
    return device.constant(value, dtype);
  }
}
