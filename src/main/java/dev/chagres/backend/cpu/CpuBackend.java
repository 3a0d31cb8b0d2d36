package dev.chagres.backend.cpu;

import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Choice;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.Formula;
import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Operands;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.Trial;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.SgdStep;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The CPU: chooses the kernel call for each operation and shares large ones out over a team of
 * threads.
 */
public final class CpuBackend implements Backend {
  private static final CpuBackend INSTANCE = new CpuBackend(WorkerTeam.SHARED);

  private final WorkerTeam team;
  private final Elementwise elementwise;
  private final Formulas formulas;
  private final Reductions reductions;
  private final Moments moments;
  private final Normalizing normalizing;
  private final Indexing indexing;
  private final MatrixProducts products;
  private final LapackBatches factorizations;
  private final Convolution convolution;
  private final Ordering ordering;
  private final Scans scans;
  private final Constants constants = new Constants();

  CpuBackend(WorkerTeam team) {
    this.team = team;
    elementwise = new Elementwise(team);
    formulas = new Formulas(team, constants);
    reductions = new Reductions(team, elementwise);
    moments = new Moments(team, elementwise);
    normalizing = new Normalizing(team);
    indexing = new Indexing(team, elementwise, reductions);
    products = new MatrixProducts(team, elementwise);
    factorizations = new LapackBatches(team);
    convolution = new Convolution(team, products, elementwise);
    ordering = new Ordering(team, elementwise, indexing);
    scans = new Scans(team, elementwise);
  }

  /** Returns the backend of this process. */
  public static CpuBackend instance() {
    return INSTANCE;
  }

  /** Returns the team whose threads share large operations. */
  public WorkerTeam team() {
    return team;
  }

  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    Operands.unary(op, x, y);
    elementwise.unary(op, x, y);
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    Operands.binary(op, a, b, y);
    elementwise.binary(op, a, b, y);
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    Operands.ternary(op, operands, y);
    elementwise.ternary(op, value, operands, y);
  }

  @Override
  public void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    Operands.evaluate(formula, operands, results);
    formulas.evaluate(formula, operands, results);
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    Operands.where(condition, a, b, y);
    elementwise.where(condition, a, b, y);
  }

  @Override
  public void copy(Strided x, Strided y) {
    Operands.copy(x, y);
    elementwise.copy(x, y);
  }

  @Override
  public void transfer(Strided x, Strided y) {
    Operands.transfer(x, y);
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
    Operands.triangle(x, y);
    elementwise.triangle(kept, diagonal, x, y);
  }

  @Override
  public void arange(Progression progression, Strided y) {
    Operands.result("arange", y);
    DType dtype = y.dtype();
    MemorySegment py = y.pointer();
    team.run(
        y.numel(),
        Grain.MOVE,
        (from, to) ->
            Kernels.arange(
                dtype,
                to - from,
                progression.first() + from,
                progression.start(),
                progression.step(),
                progression.integerStart(),
                progression.integerStep(),
                py.asSlice(from * dtype.size())));
  }

  @Override
  public void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    Operands.reduce(op, x, dim, y);
    reductions.reduce(op, x, dim, y);
  }

  @Override
  public void moments(Strided x, Strided mean, Strided squares) {
    Operands.moments(x, mean, squares);
    moments.moments(x, mean, squares);
  }

  @Override
  public void softmax(Softmax kind, Strided x, int dim, Strided y) {
    Operands.softmax(x, y);
    reductions.softmax(kind, x, dim, y);
  }

  @Override
  public void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y) {
    Operands.crossEntropy(form, x, target, weight, statistics, y);
    CrossEntropies.forward(team, form, x, target, weight, statistics, y);
  }

  @Override
  public void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx) {
    Operands.crossEntropyBackward(form, g, x, target, statistics, gx);
    CrossEntropies.backward(team, form, g, x, target, statistics, gx);
  }

  @Override
  public void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    Operands.softmax(g, y, gx);
    reductions.softmaxBackward(kind, g, y, dim, gx);
  }

  @Override
  public void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    Operands.layerNorm(x, weight, bias, statistics, y);
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
    Operands.layerNormBackward(g, x, weight, statistics, gx, gweight, gbias);
    normalizing.backward(g, x, weight, statistics, gx, gweight, gbias);
  }

  @Override
  public void indexSelect(Strided x, int dim, Strided index, Strided y) {
    Operands.indexSelect(x, dim, index, y);
    indexing.indexSelect(x, dim, index, y);
  }

  @Override
  public void indexPut(Store store, Strided x, int dim, Strided index, Strided y) {
    Operands.indexPut(x, dim, index, y);
    indexing.indexPut(store, x, dim, index, y);
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Strided y) {
    Operands.gather(x, dim, index, y);
    indexing.gather(x, dim, index, y);
  }

  @Override
  public void scatter(Store store, Strided x, int dim, Strided index, Strided y) {
    Operands.scatter(x, dim, index, y);
    indexing.scatter(store, x, dim, index, y);
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    Operands.joinIndex(index, positions);
    indexing.join(index, size, positions);
  }

  @Override
  public long countTrue(Strided mask) {
    Operands.mask(mask);
    return mask.numel() == 0 ? 0 : IndexKernels.countTrue(mask.numel(), mask.pointer());
  }

  @Override
  public void positions(Strided mask, Strided positions) {
    Operands.positions(mask, positions);
    if (positions.numel() > 0) {
      IndexKernels.positions(mask.numel(), mask.pointer(), positions.numel(), positions.pointer());
    }
  }

  @Override
  public void repeats(Strided counts, Strided y) {
    Operands.repeats(counts, y);
    if (y.numel() > 0) {
      IndexKernels.repeats(counts.numel(), counts.pointer(), y.numel(), y.pointer());
    }
  }

  @Override
  public void count(Strided positions, Strided counts) {
    Operands.count(positions, counts);
    if (positions.numel() > 0) {
      IndexKernels.count(positions.numel(), positions.pointer(), counts.numel(), counts.pointer());
    }
  }

  @Override
  public void histogram(Strided x, double low, double high, Strided counts) {
    Operands.histogram(x, counts);
    if (x.numel() > 0 && counts.numel() > 0) {
      IndexKernels.histogram(
          x.dtype(), x.numel(), x.pointer(), low, high, counts.numel(), counts.pointer());
    }
  }

  @Override
  public void sort(Order order, Strided x, int dim, Strided values, Strided indices) {
    Operands.ordered("sort", x, values, indices);
    ordering.sort(order, x, dim, values, indices);
  }

  @Override
  public void select(Choice choice, Strided x, int dim, Strided values, Strided indices) {
    Operands.ordered("select", x, dim, choice.count(), values, indices);
    ordering.select(choice, x, dim, values, indices);
  }

  @Override
  public void sortRows(Strided x, Strided indices) {
    Operands.rows(x, indices);
    ordering.sortRows(x, indices);
  }

  @Override
  public void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y) {
    Operands.search(sorted, order, x, y);
    ordering.search(bound, sorted, order, x, y);
  }

  @Override
  public void scan(Scan scan, Strided x, Strided y) {
    Operands.scan(x, y);
    scans.scan(scan, x, y);
  }

  @Override
  public void scanExtrema(Scan scan, Strided x, Strided y, Strided indices) {
    Operands.ordered("scan", x, y, indices);
    scans.extrema(scan, x, y, indices);
  }

  @Override
  public void recurrence(Way way, int dim, Strided x, Strided a, Strided y) {
    Operands.scan(x, y);
    Operands.scan(a, y);
    scans.recurrence(way, dim, x, a, y);
  }

  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    Operands.matmul(a, b, y);
    products.matmul(alpha, a, b, beta, y);
  }

  @Override
  public LinearAlgebra linearAlgebra() {
    return factorizations;
  }

  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    Operands.biasedConv2d(x, weight, bias, window, groups, y);
    elementwise.inFloat32(
        bias == null ? new Strided[] {x, weight, y} : new Strided[] {x, weight, bias, y},
        wide -> {
          Strided level = bias == null ? null : wide[2];
          convolution.forward(wide[0], wide[1], level, window, groups, wide[wide.length - 1]);
        });
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    Operands.conv2d(gx, weight, g, window, groups, gx);
    elementwise.inFloat32(
        new Strided[] {g, weight, gx},
        wide -> convolution.inputGradient(wide[0], wide[1], window, groups, wide[2]));
  }

  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    Operands.conv2d(x, gw, g, window, groups, gw);
    elementwise.inFloat32(
        new Strided[] {g, x, gw},
        wide -> convolution.weightGradient(wide[0], wide[1], window, groups, wide[2]));
  }

  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    Operands.maxPool2d(x, y, positions);
    elementwise.inFloat32(
        new Strided[] {x, y}, wide -> Pooling.forward(team, wide[0], window, wide[1], positions));
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    Operands.maxUnpool2d(g, positions, x);
    elementwise.inFloat32(
        new Strided[] {g, x}, wide -> Pooling.backward(team, wide[0], positions, wide[1]));
  }

  // ---- optimizer steps

  private static int flag(boolean set, int bit) {
    return set ? bit : 0;
  }

  @Override
  public void sgdStep(SgdStep step, Strided parameter, Strided gradient, Strided momentum) {
    Operands.step("sgdStep", parameter, gradient, momentum);
    if (parameter.numel() == 0) {
      return;
    }
    DType dtype = parameter.dtype();
    int flags = flag(step.nesterov(), 1) | flag(step.step() == 1, 2) | flag(step.maximize(), 4);
    MemorySegment pp = parameter.pointer();
    MemorySegment pg = gradient.pointer();
    MemorySegment pm = momentum.pointer();
    try (Scratch scratch = Scratch.take(4L * Double.BYTES)) {
      MemorySegment hyper = scratch.segment();
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 0, step.lr());
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 1, step.momentum());
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 2, step.dampening());
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 3, step.weightDecay());
      team.run(
          parameter.numel(),
          Grain.MOVE / 2,
          (from, to) -> {
            long offset = from * dtype.size();
            Kernels.sgdStep(
                dtype,
                to - from,
                pp.asSlice(offset),
                pg.asSlice(offset),
                pm.asSlice(offset),
                hyper,
                flags);
          });
    }
  }

  @Override
  public void adamStep(AdamStep step, Strided parameter, Strided gradient, Strided... state) {
    Operands.step("adamStep", parameter, gradient, state);
    if (parameter.numel() == 0) {
      return;
    }
    DType dtype = parameter.dtype();
    boolean amsgrad = step.amsgrad();
    int flags =
        flag(step.decay() == AdamStep.Decay.DECOUPLED, 1)
            | flag(amsgrad, 2)
            | flag(step.maximize(), 4);
    double[] numbers = {
      step.lr(),
      step.beta1(),
      step.beta2(),
      step.eps(),
      step.weightDecay(),
      step.biasCorrection1(),
      step.biasCorrection2()
    };
    MemorySegment pp = parameter.pointer();
    MemorySegment pg = gradient.pointer();
    MemorySegment average = state[0].pointer();
    MemorySegment squares = state[1].pointer();
    MemorySegment greatest = amsgrad ? state[2].pointer() : MemorySegment.NULL;
    try (Scratch scratch = Scratch.take(numbers.length * (long) Double.BYTES)) {
      MemorySegment hyper = scratch.segment();
      MemorySegment.copy(numbers, 0, hyper, ValueLayout.JAVA_DOUBLE, 0, numbers.length);
      team.run(
          parameter.numel(),
          Grain.MOVE / 4,
          (from, to) -> {
            long offset = from * dtype.size();
            Kernels.adamStep(
                dtype,
                to - from,
                pp.asSlice(offset),
                pg.asSlice(offset),
                average.asSlice(offset),
                squares.asSlice(offset),
                amsgrad ? greatest.asSlice(offset) : greatest,
                hyper,
                flags);
          });
    }
  }

  // ---- random numbers

  @Override
  public Storage generator(long seed) {
    Storage state = Storage.allocate(RandomKernels.generatorBytes());
    state.escape();
    RandomKernels.generatorSeed(RawMemory.of(state), seed);
    return state;
  }

  @Override
  public void seed(Storage generator, long seed) {
    RandomKernels.generatorSeed(RawMemory.of(generator), seed);
  }

  @Override
  public long initialSeed(Storage generator) {
    return RandomKernels.generatorInitialSeed(RawMemory.of(generator));
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    Operands.state(RandomKernels.torchStateBytes(), bytes);
    RandomKernels.generatorExport(RawMemory.of(generator), bytes.pointer());
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    Operands.state(RandomKernels.torchStateBytes(), bytes);
    RandomKernels.generatorImport(RawMemory.of(generator), bytes.pointer());
  }

  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    Operands.result("uniform_", y);
    if (y.numel() > 0) {
      RandomKernels.randomUniform(
          RawMemory.of(generator), y.dtype(), y.numel(), low, high, y.pointer());
    }
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    Operands.result("normal_", y);
    if (y.numel() > 0) {
      RandomKernels.randomNormal(
          RawMemory.of(generator), y.dtype(), y.numel(), mean, std, y.pointer());
    }
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    Operands.result("random_", y);
    if (y.numel() > 0) {
      RandomKernels.randomInteger(
          RawMemory.of(generator), y.dtype(), y.numel(), low, high, y.pointer());
    }
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    Operands.result("bernoulli_", y);
    if (y.numel() > 0) {
      RandomKernels.randomBernoulli(RawMemory.of(generator), y.dtype(), y.numel(), p, y.pointer());
    }
  }

  @Override
  public void words(Storage generator, Strided y) {
    Operands.result("random_", y);
    RandomKernels.randomWords(RawMemory.of(generator), y.dtype(), y.numel(), y.pointer());
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    Operands.result("fill", y);
    RandomKernels.randomFill(RawMemory.of(generator), distribution, a, b, y);
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    Operands.each(a, b, y);
    RandomKernels.randomEach(RawMemory.of(generator), trial, a, b, y);
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    Operands.rows("multinomial", weights, y);
    Operands.result("multinomial", weights);
    RandomKernels.randomChoices(RawMemory.of(generator), weights, y);
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    Operands.permutation(y);
    RandomKernels.randomPermutation(RawMemory.of(generator), y.numel(), y.pointer());
  }

  @Override
  public Strided constant(Number value, DType dtype) {
    return constants.get(value, dtype);
  }
}
