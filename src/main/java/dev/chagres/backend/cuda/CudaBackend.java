package dev.chagres.backend.cuda;

import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Choice;
import dev.chagres.backend.ComposedFeedForward;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.Formula;
import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.Trial;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Order;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.SgdStep;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A GPU: which class launches the kernels of each operation. */
final class CudaBackend implements Backend {
  private final CudaDevice device;
  private final Elementwise elementwise;
  private final Formulas formulas;
  private final Reductions reductions;
  private final CrossEntropies crossEntropies;
  private final Normalizing normalizing;
  private final Indexing indexing;
  private final Counting counting;
  private final Ordering ordering;
  private final Scans scans;
  private final Products products;
  private final Epilogues epilogues;
  private final Convolution convolution;
  private final Optimizers optimizers;
  private final RandomNumbers random;
  private final Factoring factoring;

  CudaBackend(CudaDevice device) {
    this.device = device;
    elementwise = new Elementwise(device);
    formulas = new Formulas(device);
    reductions = new Reductions(device, elementwise);
    crossEntropies = new CrossEntropies(device, elementwise, reductions);
    normalizing = new Normalizing(device, elementwise, reductions);
    indexing = new Indexing(device, elementwise);
    scans = new Scans(device, elementwise);
    counting = new Counting(device, reductions, scans);
    ordering = new Ordering(device, elementwise);
    products = new Products(device, elementwise);
    epilogues = new Epilogues(products, new ComposedFeedForward(this));
    convolution = new Convolution(device, products, elementwise);
    optimizers = new Optimizers(device);
    random = new RandomNumbers(device, scans, ordering);
    factoring = new Factoring(device);
  }

  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    elementwise.unary(op, x, y);
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    elementwise.binary(op, a, b, y);
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    elementwise.ternary(op, value, operands, y);
  }

  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    formulas.evaluate(formula, operands, results);
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    elementwise.where(condition, a, b, y);
  }

  @Override
  public void copy(Strided x, Strided y) {
    elementwise.copy(x, y);
  }

  @Override
  public void transfer(Strided x, Strided y) {
    long bytes = x.numel() * x.dtype().size();
    Device from = x.storage().device();
    Device to = y.storage().device();
    if (from.isCpu()) {
      device.upload(x.pointer(), CudaDevice.address(y), bytes);
    } else if (to.isCpu()) {
      device.download(CudaDevice.address(x), y.pointer(), bytes);
    } else if (from.equals(to)) {
      device.copy(CudaDevice.address(x), CudaDevice.address(y), bytes);
    } else {
      CudaDevice source = CudaRuntime.device(from);
      source.copyTo(CudaRuntime.device(to), CudaDevice.address(x), CudaDevice.address(y), bytes);
    }
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(y);
  }

  @Override
  public void transferLater(Strided x, Strided y) {
    long bytes = x.numel() * x.dtype().size();
    if (bytes > 0 && x.storage().isPinned() && isHere(y)) {
      device.send(x.storage(), x.pointer(), CudaDevice.address(y), bytes);
    } else if (bytes > 0 && y.storage().isPinned() && isHere(x)) {
      device.receive(CudaDevice.address(x), y.storage(), y.pointer(), bytes);
    } else {
      transfer(x, y);
    }
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(y);
  }

  private boolean isHere(Strided x) {
    return x.storage().device().equals(device.device());
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    elementwise.triangle(kept, diagonal, x, y);
  }

  @Override
  public void arange(Progression progression, Strided y) {
    elementwise.arange(progression, y);
  }

  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    reductions.reduce(op, x, dim, y);
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    reductions.moments(x, mean, squares);
  }

  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    reductions.softmax(kind, x, dim, y);
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    reductions.softmaxBackward(kind, g, y, dim, gx);
  }

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    crossEntropies.forward(form, x, target, weight, statistics, y);
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    crossEntropies.backward(form, g, x, target, statistics, gx);
  }

  @Override
  public void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    normalizing.layerNorm(x, weight, bias, eps, y, statistics);
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
    normalizing.layerNormBackward(g, x, weight, statistics, gx, gweight, gbias);
  }

  @Override
  public void indexSelect(Strided x, int dim, Strided index, Strided y) {
    indexing.indexSelect(x, dim, index, y);
  }

  @Override
  public void indexPut(Store store, Strided x, int dim, Strided index, Strided y) {
    indexing.indexPut(store, x, dim, index, y);
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Strided y) {
    indexing.gather(x, dim, index, y);
  }

  @Override
  public void scatter(Store store, Strided x, int dim, Strided index, Strided y) {
    indexing.scatter(store, x, dim, index, y);
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    indexing.joinIndex(index, size, positions);
  }

  @Override
  public long countTrue(Strided mask) {
    return counting.countTrue(mask);
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    counting.positions(mask, positions);
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    counting.repeats(counts, y);
  }

  @Override
  public void count(Strided positions, Strided counts) {
    counting.count(positions, counts);
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    counting.histogram(x, low, high, counts);
  }

  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    ordering.sort(order, x, dim, values, indices);
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    ordering.select(choice, x, dim, values, indices);
  }

  @Override
  public void sortRows(Strided x, Strided indices) {
    ordering.sortRows(x, indices);
  }

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    ordering.search(bound, sorted, order, x, y);
  }

  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    scans.scan(scan, x, y);
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    scans.scanExtrema(scan, x, y, indices);
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    scans.recurrence(way, dim, x, a, y);
  }

  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    products.matmul(alpha, a, b, beta, y);
  }

  @Override
  public void linear(Strided a, Strided b, Strided bias, Strided y) {
    if (!products.biased(a, b, bias, y)) {
      Backend.super.linear(a, b, bias, y);
    }
  }

  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    convolution.conv2d(x, weight, bias, window, groups, y);
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    convolution.conv2dInput(g, weight, window, groups, gx);
  }

  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    convolution.conv2dWeight(g, x, window, groups, gw);
  }

  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    convolution.maxPool2d(x, window, y, positions);
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    convolution.maxUnpool2d(g, positions, x);
  }

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    optimizers.sgdStep(step, updates);
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    optimizers.adamStep(step, updates);
  }

  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    random.uniform(generator, low, high, y);
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    random.normal(generator, mean, std, y);
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    random.integers(generator, low, high, y);
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    random.bernoulli(generator, p, y);
  }

  @Override
  public void words(Storage generator, Strided y) {
    random.words(generator, y);
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    random.fill(generator, distribution, a, b, y);
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    random.each(generator, trial, a, b, y);
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    random.choices(generator, weights, y);
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    random.permutation(generator, y);
  }

  @Override
  public FeedForwardKernels feedForward() {
    return epilogues;
  }

  @Override
  public LinearAlgebra linearAlgebra() {
    return factoring;
  }

  // ---- the state of generators, on the host

  @Override
  public Storage generator(long seed) {
    return Philox.create(seed);
  }

  @Override
  public void seed(Storage generator, long seed) {
    new Philox(seed, 0).write(generator);
  }

  @Override
  public long initialSeed(Storage generator) {
    return Philox.read(generator).seed();
  }

  @Override
  public long stateBytes() {
    return Philox.STATE_BYTES;
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    Philox.read(generator).export(bytes.pointer());
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    Philox.exported(bytes.pointer()).write(generator);
  }

  @Override
  public Strided constant(Number value, DType dtype) {
    return device.current().constants().get(value, dtype);
  }
}
