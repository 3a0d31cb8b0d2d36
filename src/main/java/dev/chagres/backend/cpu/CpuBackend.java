package dev.chagres.backend.cpu;

import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.CheckedBackend;
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
import dev.chagres.core.Order;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.SgdStep;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The CPU: which class has the kernel call for each operation. They share large operations out over
 * a team of threads.
 */
public final class CpuBackend implements Backend {
  private static final Backend INSTANCE = on(WorkerTeam.SHARED);

  private final WorkerTeam team;
  private final Elementwise elementwise;
  private final Formulas formulas;
  private final Reductions reductions;
  private final Moments moments;
  private final Normalizing normalizing;
  private final Indexing indexing;
  private final MatrixProducts products;
  private final FeedForwardKernels feedForward = new ComposedFeedForward(this);
  private final LapackBatches factorizations;
  private final Convolution convolution;
  private final Pooling pooling;
  private final Optimizers optimizers;
  private final Ordering ordering;
  private final Scans scans;
  private final Constants constants = new Constants();

  private CpuBackend(WorkerTeam team) {
    this.team = team;
    elementwise = new Elementwise(team);
    formulas = new Formulas(team, constants);
    reductions = new Reductions(team, elementwise);
    moments = new Moments(team, elementwise);
    normalizing = new Normalizing(team);
    indexing = new Indexing(team, elementwise, reductions);
    Gemm gemm = new Gemm(team, elementwise);
    products = new MatrixProducts(team, elementwise, gemm);
    factorizations = new LapackBatches(team);
    convolution = new Convolution(team, gemm, elementwise);
    pooling = new Pooling(team, elementwise);
    optimizers = new Optimizers(team);
    ordering = new Ordering(team, elementwise, indexing);
    scans = new Scans(team, elementwise);
  }

  /** Returns the backend of this process. */
  public static Backend instance() {
    return INSTANCE;
  }

  /** Returns a backend whose large operations a team shares. */
  static Backend on(WorkerTeam team) {
    return new CheckedBackend(new CpuBackend(team));
  }

  /** Returns the team whose threads share large operations of this process's backend. */
  public static WorkerTeam team() {
    return WorkerTeam.SHARED;
  }

  // ---- elementwise

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
    if (!x.storage().device().isCpu() || !y.storage().device().isCpu()) {
      throw new IllegalArgumentException(
          "to: the CPU does not reach from "
              + x.storage().device()
              + " to "
              + y.storage().device());
    }
    elementwise.copy(x, y);
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    elementwise.triangle(kept, diagonal, x, y);
  }

  @Override
  public void arange(Progression progression, Strided y) {
    elementwise.arange(progression, y);
  }

  // ---- reductions

  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    reductions.reduce(op, x, dim, y);
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    moments.moments(x, mean, squares);
  }

  // ---- softmax

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
    CrossEntropies.forward(team, form, x, target, weight, statistics, y);
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    CrossEntropies.backward(team, form, g, x, target, statistics, gx);
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
    normalizing.forward(x, weight, bias, eps, y, statistics);
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
    normalizing.backward(g, x, weight, statistics, gx, gweight, gbias);
  }

  // ---- indexing

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
    indexing.join(index, size, positions);
  }

  @Override
  public long countTrue(Strided mask) {
    return Counting.countTrue(mask);
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    Counting.positions(mask, positions);
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    Counting.repeats(counts, y);
  }

  @Override
  public void count(Strided positions, Strided counts) {
    Counting.count(positions, counts);
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    Counting.histogram(x, low, high, counts);
  }

  // ---- order

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

  // ---- scans

  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    scans.scan(scan, x, y);
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    scans.extrema(scan, x, y, indices);
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    scans.recurrence(way, dim, x, a, y);
  }

  // ---- matrices

  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    products.matmul(alpha, a, b, beta, y);
  }

  @Override
  public FeedForwardKernels feedForward() {
    return feedForward;
  }

  @Override
  public LinearAlgebra linearAlgebra() {
    return factorizations;
  }

  // ---- convolution and pooling

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
    pooling.forward(x, window, y, positions);
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    pooling.backward(g, positions, x);
  }

  // ---- optimizer steps

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    optimizers.sgdStep(step, updates);
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    optimizers.adamStep(step, updates);
  }

  // ---- random numbers

  @Override
  public Storage generator(long seed) {
    return RandomNumbers.generator(seed);
  }

  @Override
  public void seed(Storage generator, long seed) {
    RandomNumbers.seed(generator, seed);
  }

  @Override
  public long initialSeed(Storage generator) {
    return RandomNumbers.initialSeed(generator);
  }

  @Override
  public long stateBytes() {
    return RandomNumbers.stateBytes();
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    RandomNumbers.exportState(generator, bytes);
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    RandomNumbers.importState(generator, bytes);
  }

  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    RandomNumbers.uniform(generator, low, high, y);
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    RandomNumbers.normal(generator, mean, std, y);
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    RandomNumbers.integers(generator, low, high, y);
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    RandomNumbers.bernoulli(generator, p, y);
  }

  @Override
  public void words(Storage generator, Strided y) {
    RandomNumbers.words(generator, y);
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    RandomNumbers.fill(generator, distribution, a, b, y);
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    RandomNumbers.each(generator, trial, a, b, y);
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    RandomNumbers.choices(generator, weights, y);
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    RandomNumbers.permutation(generator, y);
  }

  // ---- single values

  @Override
  public Strided constant(Number value, DType dtype) {
    return constants.get(value, dtype);
  }
}
