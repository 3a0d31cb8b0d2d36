package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.AttentionKernels.Attended;
import dev.chagres.backend.AttentionKernels.Result;
import dev.chagres.backend.Backend;
import dev.chagres.backend.Backend.Progression;
import dev.chagres.backend.Backend.Softmax;
import dev.chagres.backend.Backend.Store;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Choice;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.Formula;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.Trial;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.SgdStep;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Operands that do not belong together, as when another thread changes a tensor between a door's
 * checks and the kernel's call, never reach native code: every method of the backend, with each of
 * its operands changed in every way that matters to it.
 */
class OperandsTest {
  private static final Backend BACKEND = CpuBackend.on(new WorkerTeam(1));
  private static final Storage GENERATOR = BACKEND.generator(1);
  private static final long STATE_BYTES = 5056;
  private static final Window WINDOW = new Window(2, 2, 1, 1, 0, 0, 1, 1);

  /** What may not happen to an operand. */
  private enum Change {
    SMALLER {
      @Override
      Strided of(Strided x) {
        Shape shape = x.shape();
        Shape less = shape.with(shape.dim() - 1, shape.size(shape.dim() - 1) - 1);
        return Strided.allocate(less, x.dtype());
      }
    },
    FLATTER {
      @Override
      Strided of(Strided x) {
        return Strided.allocate(x.shape().slice(1, x.shape().dim()), x.dtype());
      }
    },
    OTHER_DTYPE {
      @Override
      Strided of(Strided x) {
        DType other = x.dtype() == DType.FLOAT32 ? DType.FLOAT64 : DType.FLOAT32;
        return Strided.allocate(x.shape(), other);
      }
    },
    SPREAD {
      @Override
      Strided of(Strided x) {
        Strided one = Strided.allocate(Shape.scalar(), x.dtype());
        return one.with(one.layout().expand(x.shape()));
      }
    },
    READ_ONLY {
      @Override
      Strided of(Strided x) {
        MemorySegment memory = RawMemory.of(Storage.allocate(x.storage().byteSize()));
        return new Strided(Storage.wrap(memory.asReadOnly()), x.dtype(), x.layout());
      }
    };

    abstract Strided of(Strided x);
  }

  private static final Set<Change> READ =
      Set.of(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE);
  private static final Set<Change> READ_DENSE =
      Set.of(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD);
  private static final Set<Change> WRITTEN =
      Set.of(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE, Change.READ_ONLY);
  private static final Set<Change> WRITTEN_DENSE = Set.of(Change.values());

  /** One operand of a call, with what must be refused. */
  private record Operand(Strided as, Set<Change> refused) {}

  private static Operand operand(Set<Change> refused, DType dtype, long... sizes) {
    Strided x = Strided.allocate(Shape.of(sizes), dtype);
    RawMemory.of(x.storage()).fill((byte) 0);
    return new Operand(x, refused);
  }

  private static Operand floats(Set<Change> refused, long... sizes) {
    return operand(refused, DType.FLOAT32, sizes);
  }

  @FunctionalInterface
  private interface Body {
    void run(Strided[] x);
  }

  private record Call(String method, List<Operand> operands, Body body) {
    Strided[] arguments() {
      return operands.stream().map(Operand::as).toArray(Strided[]::new);
    }

    @Override
    public String toString() {
      return method;
    }
  }

  private static Call call(String method, Body body, Operand... operands) {
    return new Call(method, List.of(operands), body);
  }

  private static Set<Change> only(Change... changes) {
    return Set.of(changes);
  }

  static Stream<Call> calls() {
    List<Call> calls = new ArrayList<>();
    calls.add(
        call(
            "unary",
            x -> BACKEND.unary(UnaryOp.NEG, x[0], x[1]),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)));
    calls.add(
        call(
            "binary",
            x -> BACKEND.binary(BinaryOp.ADD, x[0], x[1], x[2]),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)));
    calls.add(
        call(
            "ternary",
            x -> BACKEND.ternary(TernaryOp.ADDCMUL, 2, List.of(x[0], x[1], x[2]), x[3]),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)));
    Formula sum = sum();
    calls.add(
        call(
            "evaluate",
            x -> BACKEND.evaluate(sum, List.of(x[0], x[1]), List.of(x[2], x[3])),
            floats(READ, 3, 4),
            operand(READ, DType.INT32, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.BOOL, 3, 4)));
    calls.add(
        call(
            "where",
            x -> BACKEND.where(x[0], x[1], x[2], x[3]),
            operand(READ, DType.BOOL, 3, 4),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)));
    calls.add(
        call(
            "copy",
            x -> BACKEND.copy(x[0], x[1]),
            floats(only(Change.SMALLER, Change.FLATTER), 3, 4),
            floats(only(Change.SMALLER, Change.FLATTER, Change.READ_ONLY), 3, 4)));
    calls.add(
        call(
            "transfer",
            x -> BACKEND.transfer(x[0], x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    calls.add(
        call(
            "transferLater",
            x -> BACKEND.transferLater(x[0], x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    calls.add(
        call(
            "triangle",
            x -> BACKEND.triangle(Triangle.LOWER, 0, x[0], x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    Set<Change> fresh = only(Change.SPREAD, Change.READ_ONLY);
    calls.add(
        call(
            "arange",
            x -> BACKEND.arange(new Progression(0, 1, 0, 1, 0), x[0]),
            operand(fresh, DType.INT64, 12)));
    calls.add(
        call(
            "reduce",
            x -> BACKEND.reduce(ReduceOp.SUM, x[0], 0, x[1]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 1, 4)));
    calls.add(
        call(
            "reduce",
            x -> BACKEND.reduce(ReduceOp.ARGMAX, x[0], 0, x[1]),
            floats(only(Change.SMALLER, Change.FLATTER), 3, 4),
            operand(WRITTEN_DENSE, DType.INT64, 1, 4)));
    calls.add(
        call(
            "moments",
            x -> BACKEND.moments(x[0], x[1], x[2]),
            floats(only(Change.SMALLER, Change.FLATTER), 3, 4),
            operand(WRITTEN_DENSE, DType.FLOAT64, 1, 4),
            operand(WRITTEN_DENSE, DType.FLOAT64, 1, 4)));
    calls.add(
        call(
            "softmax",
            x -> BACKEND.softmax(Softmax.PROBABILITY, x[0], 1, x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    calls.add(
        call(
            "softmaxBackward",
            x -> BACKEND.softmaxBackward(Softmax.LOGARITHM, x[0], x[1], 1, x[2]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    CrossEntropyForm form = new CrossEntropyForm(-100, CrossEntropyForm.Total.EACH);
    calls.add(
        call(
            "crossEntropy",
            x -> BACKEND.crossEntropy(form, x[0], x[1], x[2], x[3], x[4]),
            floats(READ_DENSE, 3, 4),
            operand(READ_DENSE, DType.INT64, 3),
            floats(READ_DENSE, 4),
            floats(WRITTEN_DENSE, 10),
            floats(WRITTEN_DENSE, 3)));
    calls.add(
        call(
            "crossEntropyBackward",
            x -> BACKEND.crossEntropyBackward(form, x[0], x[1], x[2], x[3], x[4]),
            floats(READ_DENSE, 3),
            floats(READ_DENSE, 3, 4),
            operand(READ_DENSE, DType.INT64, 3),
            floats(READ_DENSE, 10),
            floats(WRITTEN_DENSE, 3, 4)));
    calls.add(
        call(
            "layerNorm",
            x -> BACKEND.layerNorm(x[0], x[1], x[2], 1e-5, x[3], x[4]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 4),
            floats(READ_DENSE, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.FLOAT64, 2, 3)));
    calls.add(
        call(
            "layerNormBackward",
            x -> BACKEND.layerNormBackward(x[0], x[1], x[2], x[3], x[4], x[5], x[6]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 4),
            operand(READ_DENSE, DType.FLOAT64, 2, 3),
            floats(WRITTEN_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 4),
            floats(WRITTEN_DENSE, 4)));
    AttentionForm causal = new AttentionForm(1, true);
    Set<Change> heads =
        only(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD);
    calls.add(
        call(
            "attention",
            x ->
                BACKEND
                    .attention()
                    .attention(causal, new Attended(x[0], x[1], x[2]), new Result(x[3], x[4])),
            floats(heads, 2, 3, 4),
            floats(heads, 2, 5, 4),
            floats(heads, 2, 5, 6),
            floats(WRITTEN_DENSE, 2, 3, 6),
            floats(WRITTEN_DENSE, 2, 3)));
    calls.add(
        call(
            "attentionBackward",
            x ->
                BACKEND
                    .attention()
                    .attentionBackward(
                        causal,
                        new Attended(x[0], x[1], x[2]),
                        new Result(x[3], x[4]),
                        x[5],
                        new Attended(x[6], x[7], x[8])),
            floats(heads, 2, 3, 4),
            floats(heads, 2, 5, 4),
            floats(heads, 2, 5, 6),
            floats(heads, 2, 3, 6),
            floats(READ_DENSE, 2, 3),
            floats(heads, 2, 3, 6),
            floats(WRITTEN_DENSE, 2, 3, 4),
            floats(WRITTEN_DENSE, 2, 5, 4),
            floats(WRITTEN_DENSE, 2, 5, 6)));
    Set<Change> indices = only(Change.SMALLER, Change.OTHER_DTYPE, Change.SPREAD);
    calls.add(
        call(
            "indexSelect",
            x -> BACKEND.indexSelect(x[0], 0, x[1], x[2]),
            floats(READ_DENSE, 3, 4),
            operand(indices, DType.INT64, 2),
            floats(WRITTEN_DENSE, 2, 4)));
    calls.add(
        call(
            "indexPut",
            x -> BACKEND.indexPut(Store.ADD, x[0], 0, x[1], x[2]),
            floats(READ_DENSE, 2, 4),
            operand(indices, DType.INT64, 2),
            floats(WRITTEN_DENSE, 3, 4)));
    calls.add(
        call(
            "gather",
            x -> BACKEND.gather(x[0], 0, x[1], x[2]),
            floats(READ, 3, 4),
            operand(READ, DType.INT64, 2, 4),
            floats(WRITTEN, 2, 4)));
    calls.add(
        call(
            "scatter",
            x -> BACKEND.scatter(Store.REPLACE, x[0], 0, x[1], x[2]),
            floats(READ, 2, 4),
            operand(READ, DType.INT64, 2, 4),
            floats(WRITTEN, 3, 4)));
    calls.add(
        call(
            "joinIndex",
            x -> BACKEND.joinIndex(x[0], 1, x[1]),
            operand(READ, DType.INT64, 2, 4),
            operand(WRITTEN, DType.INT64, 2, 4)));
    Set<Change> mask = only(Change.OTHER_DTYPE, Change.SPREAD);
    calls.add(call("countTrue", x -> BACKEND.countTrue(x[0]), operand(mask, DType.BOOL, 3, 4)));
    Set<Change> places = only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY);
    calls.add(
        call(
            "positions",
            x -> BACKEND.positions(x[0], x[1]),
            operand(mask, DType.BOOL, 3, 4),
            operand(places, DType.INT64, 4)));
    calls.add(
        call(
            "repeats",
            x -> BACKEND.repeats(x[0], x[1]),
            operand(only(Change.OTHER_DTYPE, Change.SPREAD), DType.INT64, 4),
            operand(only(Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY), DType.INT64, 6)));
    calls.add(
        call(
            "count",
            x -> BACKEND.count(x[0], x[1]),
            operand(only(Change.OTHER_DTYPE, Change.SPREAD), DType.INT64, 4),
            operand(places, DType.INT64, 6)));
    calls.add(
        call(
            "histogram",
            x -> BACKEND.histogram(x[0], 0, 1, x[1]),
            floats(only(Change.SPREAD), 3, 4),
            operand(places, DType.INT64, 6)));
    calls.add(
        call(
            "matmul",
            x -> BACKEND.matmul(1, x[0], x[1], 0, x[2]),
            floats(READ, 2, 3, 4),
            floats(READ, 2, 4, 5),
            floats(WRITTEN_DENSE, 2, 3, 5)));
    calls.add(
        call(
            "linear",
            x -> BACKEND.linear(x[0], x[1], x[2], x[3]),
            floats(READ, 3, 4),
            floats(READ, 4, 5),
            floats(READ, 3, 5),
            floats(WRITTEN_DENSE, 3, 5)));
    calls.add(
        call(
            "conv2d",
            x -> BACKEND.conv2d(x[0], x[1], x[2], WINDOW, 1, x[3]),
            floats(READ_DENSE, 2, 3, 5, 5),
            floats(READ_DENSE, 4, 3, 2, 2),
            floats(READ_DENSE, 4),
            floats(WRITTEN_DENSE, 2, 4, 4, 4)));
    calls.add(
        call(
            "conv2dInput",
            x -> BACKEND.conv2dInput(x[0], x[1], WINDOW, 1, x[2]),
            floats(READ_DENSE, 2, 4, 4, 4),
            floats(READ_DENSE, 4, 3, 2, 2),
            floats(WRITTEN_DENSE, 2, 3, 5, 5)));
    calls.add(
        call(
            "conv2dWeight",
            x -> BACKEND.conv2dWeight(x[0], x[1], WINDOW, 1, x[2]),
            floats(READ_DENSE, 2, 4, 4, 4),
            floats(READ_DENSE, 2, 3, 5, 5),
            floats(WRITTEN_DENSE, 4, 3, 2, 2)));
    Set<Change> images = only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD);
    calls.add(
        call(
            "maxPool2d",
            x -> BACKEND.maxPool2d(x[0], WINDOW, x[1], x[2]),
            floats(images, 2, 3, 5, 5),
            floats(WRITTEN_DENSE, 2, 3, 4, 4),
            operand(WRITTEN_DENSE, DType.INT64, 2, 3, 4, 4)));
    calls.add(
        call(
            "maxUnpool2d",
            x -> BACKEND.maxUnpool2d(x[0], x[1], x[2]),
            floats(READ_DENSE, 2, 3, 4, 4),
            operand(READ_DENSE, DType.INT64, 2, 3, 4, 4),
            floats(
                only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY),
                2,
                3,
                5,
                5)));
    SgdStep sgd = new SgdStep(0.1, 0.9, 0, 0, 1, false, false);
    calls.add(
        call(
            "sgdStep",
            x -> BACKEND.sgdStep(sgd, List.of(new Backend.Update(x[0], x[1], List.of(x[2])))),
            floats(WRITTEN_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    AdamStep adam =
        new AdamStep(0.1, 0.9, 0.99, 1e-8, 0, AdamStep.Decay.IN_THE_GRADIENT, 1, false, false);
    calls.add(
        call(
            "adamStep",
            x ->
                BACKEND.adamStep(
                    adam, List.of(new Backend.Update(x[0], x[1], List.of(x[2], x[3])))),
            floats(WRITTEN_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    calls.add(call("uniform", x -> BACKEND.uniform(GENERATOR, 0, 1, x[0]), floats(fresh, 12)));
    calls.add(call("normal", x -> BACKEND.normal(GENERATOR, 0, 1, x[0]), floats(fresh, 12)));
    calls.add(call("integers", x -> BACKEND.integers(GENERATOR, 0, 9, x[0]), floats(fresh, 12)));
    calls.add(call("bernoulli", x -> BACKEND.bernoulli(GENERATOR, 0.5, x[0]), floats(fresh, 12)));
    Set<Change> order = only(Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY);
    calls.add(
        call(
            "permutation",
            x -> BACKEND.permutation(GENERATOR, x[0]),
            operand(order, DType.INT64, 12)));
    draws(calls);
    orders(calls);
    return calls.stream();
  }

  /** x + y and x < y. */
  private static Formula sum() {
    Formula.Builder formula = new Formula.Builder(List.of(DType.FLOAT32, DType.INT32));
    int y = formula.add(new Formula.Action.Cast(), DType.FLOAT32, 1);
    int sum = formula.add(new Formula.Action.Apply(BinaryOp.ADD, 0), DType.FLOAT32, 0, y);
    int less = formula.add(new Formula.Action.Apply(BinaryOp.LT, 0), DType.BOOL, 0, y);
    return formula.build(List.of(sum, less), List.of(false, false)).formula();
  }

  private static void draws(List<Call> calls) {
    Set<Change> fresh = only(Change.SPREAD, Change.READ_ONLY);
    calls.add(
        call(
            "exportState",
            x -> BACKEND.exportState(GENERATOR, x[0]),
            operand(WRITTEN_DENSE, DType.UINT8, STATE_BYTES)));
    Strided state = Strided.allocate(Shape.of(STATE_BYTES), DType.UINT8);
    BACKEND.exportState(GENERATOR, state);
    calls.add(
        call(
            "importState",
            x -> BACKEND.importState(GENERATOR, x[0]),
            new Operand(state, only(Change.SMALLER, Change.OTHER_DTYPE, Change.SPREAD))));
    calls.add(call("words", x -> BACKEND.words(GENERATOR, x[0]), floats(fresh, 12)));
    calls.add(
        call(
            "fill",
            x -> BACKEND.fill(GENERATOR, Distribution.CAUCHY, 0, 1, x[0]),
            floats(only(Change.SPREAD, Change.READ_ONLY), 12)));
    calls.add(
        call(
            "each",
            x -> BACKEND.each(GENERATOR, Trial.POISSON, x[0], x[1], x[2]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    calls.add(
        call(
            "choices",
            x -> BACKEND.choices(GENERATOR, x[0], x[1]),
            floats(only(Change.FLATTER, Change.SPREAD, Change.READ_ONLY), 3, 4),
            operand(
                only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY),
                DType.INT64,
                3,
                2)));
  }

  private static void orders(List<Call> calls) {
    Set<Change> dense = only(Change.OTHER_DTYPE, Change.SPREAD);
    Set<Change> counts = only(Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY);
    calls.add(
        call(
            "count",
            x -> BACKEND.count(x[0], x[1]),
            operand(dense, DType.INT64, 3, 4),
            operand(counts, DType.INT64, 5)));
    calls.add(
        call(
            "histogram",
            x -> BACKEND.histogram(x[0], 0, 1, x[1]),
            floats(only(Change.SPREAD), 3, 4),
            operand(counts, DType.INT64, 5)));
    Choice median = Choice.of(Choice.Kind.MEDIAN);
    calls.add(
        call(
            "sort",
            x -> BACKEND.sort(Order.ASCENDING, x[0], 1, x[1], x[2]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.INT64, 3, 4)));
    calls.add(
        call(
            "select",
            x -> BACKEND.select(median, x[0], 1, x[1], x[2]),
            floats(only(Change.FLATTER, Change.OTHER_DTYPE), 3, 4),
            floats(WRITTEN_DENSE, 3, 1),
            operand(WRITTEN_DENSE, DType.INT64, 3, 1)));
    calls.add(
        call(
            "sortRows",
            x -> BACKEND.sortRows(x[0], x[1]),
            floats(only(Change.FLATTER, Change.SPREAD), 3, 4),
            operand(
                only(Change.SMALLER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY),
                DType.INT64,
                3)));
    calls.add(
        call(
            "search",
            x -> BACKEND.search(Backend.Bound.LEFT, x[0], x[1], x[2], x[3]),
            floats(READ_DENSE, 3, 4),
            operand(READ_DENSE, DType.INT64, 3, 4),
            floats(READ_DENSE, 3, 2),
            operand(WRITTEN_DENSE, DType.INT64, 3, 2)));
    Backend.Scan sums = new Backend.Scan(ScanOp.SUM, Backend.Way.FORTH, 1);
    calls.add(
        call(
            "scan",
            x -> BACKEND.scan(sums, x[0], x[1]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    Backend.Scan maxima = new Backend.Scan(ScanOp.MAX, Backend.Way.FORTH, 1);
    calls.add(
        call(
            "scanExtrema",
            x -> BACKEND.scanExtrema(maxima, x[0], x[1], x[2]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.INT64, 3, 4)));
    calls.add(
        call(
            "recurrence",
            x -> BACKEND.recurrence(Backend.Way.BACK, 1, x[0], x[1], x[2]),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aChangedOperandIsRefused(Call call) {
    call.body.run(call.arguments());
    List<Executable> cases = new ArrayList<>();
    for (int i = 0; i < call.operands.size(); i++) {
      for (Change change : call.operands.get(i).refused) {
        int changed = i;
        cases.add(() -> refuses(call, changed, change));
      }
    }
    assertAll(cases);
  }

  private static void refuses(Call call, int changed, Change change) {
    Strided[] operands = call.arguments();
    operands[changed] = change.of(operands[changed]);
    byte[][] before = Arrays.stream(operands).map(OperandsTest::bytes).toArray(byte[][]::new);
    String what = call.method + ", operand " + changed + " " + change;
    String message =
        assertThrows(ConcurrentModificationException.class, () -> call.body.run(operands), what)
            .getMessage();
    assertTrue(message.contains(": a tensor was changed by another thread"), message);
    assertTrue(
        message.contains(operands[changed].dtype() + " " + operands[changed].shape()), message);
    for (int i = 0; i < operands.length; i++) {
      assertTrue(Arrays.equals(before[i], bytes(operands[i])), what);
    }
  }

  private static byte[] bytes(Strided x) {
    return RawMemory.of(x.storage()).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void everyMethodThatTakesOperandsIsHere() {
    Set<String> missing = new TreeSet<>();
    for (Method method : Backend.class.getDeclaredMethods()) {
      if (Arrays.stream(method.getParameterTypes())
          .anyMatch(type -> type == Strided.class || type == Strided[].class)) {
        missing.add(method.getName());
      }
    }
    missing.removeAll(calls().map(Call::method).collect(Collectors.toSet()));
    assertEquals(Set.of(), missing);
  }
}
