package dev.chagres.backend.cpu;

import static dev.chagres.backend.cpu.OperandCalls.READ;
import static dev.chagres.backend.cpu.OperandCalls.READ_DENSE;
import static dev.chagres.backend.cpu.OperandCalls.WRITTEN;
import static dev.chagres.backend.cpu.OperandCalls.WRITTEN_DENSE;
import static dev.chagres.backend.cpu.OperandCalls.call;
import static dev.chagres.backend.cpu.OperandCalls.floats;
import static dev.chagres.backend.cpu.OperandCalls.only;
import static dev.chagres.backend.cpu.OperandCalls.operand;
import static dev.chagres.backend.cpu.OperandCalls.refuses;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.backend.AttentionKernels.Attended;
import dev.chagres.backend.AttentionKernels.Result;
import dev.chagres.backend.AttentionKernels.Slopes;
import dev.chagres.backend.AttentionKernels.Weighing;
import dev.chagres.backend.Backend;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.Formula;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.Trial;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.Window;
import dev.chagres.backend.cpu.OperandCalls.Call;
import dev.chagres.backend.cpu.OperandCalls.Change;
import dev.chagres.backend.cpu.OperandCalls.Operand;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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
  private static final Storage GENERATOR = BACKEND.generators().generator(1);
  private static final long STATE_BYTES = 5056;
  private static final Window WINDOW = new Window(2, 2, 1, 1, 0, 0, 1, 1);

  static Stream<Call> calls() {
    List<Call> calls = new ArrayList<>();
    Collections.addAll(
        calls,
        call(
            "unary",
            x -> BACKEND.elements().unary(UnaryOp.NEG, x[0], x[1]),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)),
        call(
            "binary",
            x -> BACKEND.elements().binary(BinaryOp.ADD, x[0], x[1], x[2]),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)),
        call(
            "ternary",
            x -> BACKEND.elements().ternary(TernaryOp.ADDCMUL, 2, List.of(x[0], x[1], x[2]), x[3]),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)));
    Formula sum = sum();
    Collections.addAll(
        calls,
        call(
            "evaluate",
            x -> BACKEND.formulas().evaluate(sum, List.of(x[0], x[1]), List.of(x[2], x[3])),
            floats(READ, 3, 4),
            operand(READ, DType.INT32, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.BOOL, 3, 4)),
        call(
            "where",
            x -> BACKEND.elements().where(x[0], x[1], x[2], x[3]),
            operand(READ, DType.BOOL, 3, 4),
            floats(READ, 3, 4),
            floats(READ, 3, 4),
            floats(WRITTEN, 3, 4)),
        call(
            "copy",
            x -> BACKEND.elements().copy(x[0], x[1]),
            floats(only(Change.SMALLER, Change.FLATTER), 3, 4),
            floats(only(Change.SMALLER, Change.FLATTER, Change.READ_ONLY), 3, 4)),
        call(
            "transfer",
            x -> BACKEND.transfers().transfer(x[0], x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)),
        call(
            "transferLater",
            x -> BACKEND.transfers().transferLater(x[0], x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)),
        call(
            "triangle",
            x -> BACKEND.elements().triangle(Triangle.LOWER, 0, x[0], x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    Set<Change> fresh = only(Change.SPREAD, Change.READ_ONLY);
    Collections.addAll(
        calls,
        call(
            "arange",
            x -> BACKEND.elements().arange(new Progression(0, 1, 0, 1, 0), x[0]),
            operand(fresh, DType.INT64, 12)),
        call(
            "reduce",
            x -> BACKEND.reductions().reduce(ReduceOp.SUM, x[0], 0, x[1]),
            floats(READ, 3, 4),
            floats(WRITTEN_DENSE, 1, 4)),
        call(
            "reduce",
            x -> BACKEND.reductions().reduce(ReduceOp.ARGMAX, x[0], 0, x[1]),
            floats(only(Change.SMALLER, Change.FLATTER), 3, 4),
            operand(WRITTEN_DENSE, DType.INT64, 1, 4)),
        call(
            "moments",
            x -> BACKEND.reductions().moments(x[0], x[1], x[2]),
            floats(only(Change.SMALLER, Change.FLATTER), 3, 4),
            operand(WRITTEN_DENSE, DType.FLOAT64, 1, 4),
            operand(WRITTEN_DENSE, DType.FLOAT64, 1, 4)),
        call(
            "softmax",
            x -> BACKEND.softmaxes().softmax(Softmax.PROBABILITY, x[0], 1, x[1]),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)),
        call(
            "softmaxBackward",
            x -> BACKEND.softmaxes().softmaxBackward(Softmax.LOGARITHM, x[0], x[1], 1, x[2]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    CrossEntropyForm form = new CrossEntropyForm(-100, CrossEntropyForm.Total.EACH);
    BatchNormForm batches = new BatchNormForm(true, 0.1, 1e-5);
    Collections.addAll(
        calls,
        call(
            "crossEntropy",
            x -> BACKEND.softmaxes().crossEntropy(form, x[0], x[1], x[2], x[3], x[4]),
            floats(READ_DENSE, 3, 4),
            operand(READ_DENSE, DType.INT64, 3),
            floats(READ_DENSE, 4),
            floats(WRITTEN_DENSE, 10),
            floats(WRITTEN_DENSE, 3)),
        call(
            "crossEntropyBackward",
            x -> BACKEND.softmaxes().crossEntropyBackward(form, x[0], x[1], x[2], x[3], x[4]),
            floats(READ_DENSE, 3),
            floats(READ_DENSE, 3, 4),
            operand(READ_DENSE, DType.INT64, 3),
            floats(READ_DENSE, 10),
            floats(WRITTEN_DENSE, 3, 4)),
        call(
            "layerNorm",
            x -> BACKEND.normalization().layerNorm(x[0], x[1], x[2], 1e-5, x[3], x[4]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 4),
            floats(READ_DENSE, 4),
            floats(WRITTEN_DENSE, 3, 4),
            operand(WRITTEN_DENSE, DType.FLOAT64, 2, 3)),
        call(
            "layerNormBackward",
            x ->
                BACKEND.normalization().layerNormBackward(x[0], x[1], x[2], x[3], x[4], x[5], x[6]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 4),
            operand(READ_DENSE, DType.FLOAT64, 2, 3),
            floats(WRITTEN_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 4),
            floats(WRITTEN_DENSE, 4)),
        call(
            "batchNorm",
            x ->
                BACKEND
                    .normalization()
                    .batchNorm(batches, x[0], x[1], x[2], x[3], x[4], x[5], x[6]),
            floats(READ_DENSE, 2, 4, 3),
            floats(READ_DENSE, 4),
            floats(READ_DENSE, 4),
            floats(WRITTEN_DENSE, 4),
            floats(WRITTEN_DENSE, 4),
            floats(WRITTEN_DENSE, 2, 4, 3),
            operand(WRITTEN_DENSE, DType.FLOAT64, 2, 4)),
        call(
            "batchNormBackward",
            x ->
                BACKEND
                    .normalization()
                    .batchNormBackward(batches, x[0], x[1], x[2], x[3], x[4], x[5], x[6]),
            floats(READ_DENSE, 2, 4, 3),
            floats(READ_DENSE, 2, 4, 3),
            floats(READ_DENSE, 4),
            operand(READ_DENSE, DType.FLOAT64, 2, 4),
            floats(WRITTEN_DENSE, 2, 4, 3),
            floats(WRITTEN_DENSE, 4),
            floats(WRITTEN_DENSE, 4)));
    attention(calls);
    calls.addAll(RecurrentOperands.calls(BACKEND.recurrent()));
    Set<Change> indices = only(Change.SMALLER, Change.OTHER_DTYPE, Change.SPREAD);
    Collections.addAll(
        calls,
        call(
            "indexSelect",
            x -> BACKEND.indexing().indexSelect(x[0], 0, x[1], Negatives.BAD, x[2]),
            floats(READ_DENSE, 3, 4),
            operand(indices, DType.INT64, 2),
            floats(WRITTEN_DENSE, 2, 4)),
        call(
            "indexPut",
            x -> BACKEND.indexing().indexPut(Store.ADD, x[0], 0, x[1], Negatives.BAD, x[2]),
            floats(READ_DENSE, 2, 4),
            operand(indices, DType.INT64, 2),
            floats(WRITTEN_DENSE, 3, 4)),
        call(
            "gather",
            x -> BACKEND.indexing().gather(x[0], 0, x[1], Negatives.BAD, x[2]),
            floats(READ, 3, 4),
            operand(READ, DType.INT64, 2, 4),
            floats(WRITTEN, 2, 4)),
        call(
            "scatter",
            x -> BACKEND.indexing().scatter(Store.REPLACE, x[0], 0, x[1], Negatives.BAD, x[2]),
            floats(READ, 2, 4),
            operand(READ, DType.INT64, 2, 4),
            floats(WRITTEN, 3, 4)),
        call(
            "joinIndex",
            x -> BACKEND.indexing().joinIndex(x[0], 1, x[1]),
            operand(READ, DType.INT64, 2, 4),
            operand(WRITTEN, DType.INT64, 2, 4)));
    Set<Change> mask = only(Change.OTHER_DTYPE, Change.SPREAD);
    Collections.addAll(
        calls,
        call(
            "countTrue", x -> BACKEND.counting().countTrue(x[0]), operand(mask, DType.BOOL, 3, 4)));
    Set<Change> places = only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY);
    Collections.addAll(
        calls,
        call(
            "positions",
            x -> BACKEND.counting().positions(x[0], x[1]),
            operand(mask, DType.BOOL, 3, 4),
            operand(places, DType.INT64, 4)),
        call(
            "repeats",
            x -> BACKEND.counting().repeats(x[0], x[1]),
            operand(only(Change.OTHER_DTYPE, Change.SPREAD), DType.INT64, 4),
            operand(only(Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY), DType.INT64, 6)),
        call(
            "count",
            x -> BACKEND.counting().count(x[0], x[1]),
            operand(only(Change.OTHER_DTYPE, Change.SPREAD), DType.INT64, 4),
            operand(places, DType.INT64, 6)),
        call(
            "histogram",
            x -> BACKEND.counting().histogram(x[0], 0, 1, x[1]),
            floats(only(Change.SPREAD), 3, 4),
            operand(places, DType.INT64, 6)),
        call(
            "matmul",
            x -> BACKEND.matrices().matmul(1, x[0], x[1], 0, x[2]),
            floats(READ, 2, 3, 4),
            floats(READ, 2, 4, 5),
            floats(WRITTEN_DENSE, 2, 3, 5)),
        call(
            "linear",
            x -> BACKEND.matrices().linear(x[0], x[1], x[2], x[3]),
            floats(READ, 3, 4),
            floats(READ, 4, 5),
            floats(READ, 3, 5),
            floats(WRITTEN_DENSE, 3, 5)),
        call(
            "conv2d",
            x -> BACKEND.images().conv2d(x[0], x[1], x[2], WINDOW, 1, x[3]),
            floats(READ_DENSE, 2, 3, 5, 5),
            floats(READ_DENSE, 4, 3, 2, 2),
            floats(READ_DENSE, 4),
            floats(WRITTEN_DENSE, 2, 4, 4, 4)),
        call(
            "conv2dInput",
            x -> BACKEND.images().conv2dInput(x[0], x[1], WINDOW, 1, x[2]),
            floats(READ_DENSE, 2, 4, 4, 4),
            floats(READ_DENSE, 4, 3, 2, 2),
            floats(WRITTEN_DENSE, 2, 3, 5, 5)),
        call(
            "conv2dWeight",
            x -> BACKEND.images().conv2dWeight(x[0], x[1], WINDOW, 1, x[2]),
            floats(READ_DENSE, 2, 4, 4, 4),
            floats(READ_DENSE, 2, 3, 5, 5),
            floats(WRITTEN_DENSE, 4, 3, 2, 2)));
    Set<Change> images = only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD);
    Collections.addAll(
        calls,
        call(
            "maxPool2d",
            x -> BACKEND.images().maxPool2d(x[0], WINDOW, x[1], x[2]),
            floats(images, 2, 3, 5, 5),
            floats(WRITTEN_DENSE, 2, 3, 4, 4),
            operand(WRITTEN_DENSE, DType.INT64, 2, 3, 4, 4)),
        call(
            "maxUnpool2d",
            x -> BACKEND.images().maxUnpool2d(x[0], x[1], x[2]),
            floats(READ_DENSE, 2, 3, 4, 4),
            operand(READ_DENSE, DType.INT64, 2, 3, 4, 4),
            floats(
                only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY),
                2,
                3,
                5,
                5)));
    Set<Change> number = only(Change.OTHER_DTYPE, Change.READ_ONLY);
    Collections.addAll(
        calls,
        call(
            "scaleAll",
            x -> BACKEND.gradients().scaleAll(List.of(x[0], x[1]), x[2], x[3]),
            floats(only(Change.SPREAD, Change.READ_ONLY), 3, 4),
            operand(only(Change.SPREAD, Change.READ_ONLY), DType.BFLOAT16, 5),
            operand(only(Change.OTHER_DTYPE), DType.FLOAT64),
            floats(number)),
        call(
            "sumSquares",
            x -> BACKEND.gradients().sumSquares(List.of(x[0], x[1]), x[2]),
            floats(only(Change.SPREAD), 3, 4),
            operand(only(Change.SPREAD), DType.BFLOAT16, 5),
            operand(number, DType.FLOAT64)));
    SgdStep sgd = new SgdStep(0.1, 0.9, 0, 0, 1, false, false);
    Collections.addAll(
        calls,
        call(
            "sgdStep",
            x -> BACKEND.optimizers().sgdStep(sgd, List.of(new Update(x[0], x[1], List.of(x[2])))),
            floats(WRITTEN_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)));
    ElementStep rule =
        new ElementStep(ElementStep.Rule.RPROP, Set.of(), 0, 1, List.of(0.5, 1.2, 1e-6, 50.0));
    AdamStep adam =
        new AdamStep(0.1, 0.9, 0.99, 1e-8, 0, AdamStep.Decay.IN_THE_GRADIENT, 1, false, false);
    Collections.addAll(
        calls,
        call(
            "adamStep",
            x ->
                BACKEND
                    .optimizers()
                    .adamStep(adam, List.of(new Update(x[0], x[1], List.of(x[2], x[3])))),
            floats(WRITTEN_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)),
        call(
            "elementStep",
            x ->
                BACKEND
                    .optimizers()
                    .elementStep(rule, List.of(new Update(x[0], x[1], List.of(x[2], x[3])))),
            floats(WRITTEN_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)),
        call("uniform", x -> BACKEND.random().uniform(GENERATOR, 0, 1, x[0]), floats(fresh, 12)),
        call("normal", x -> BACKEND.random().normal(GENERATOR, 0, 1, x[0]), floats(fresh, 12)),
        call("integers", x -> BACKEND.random().integers(GENERATOR, 0, 9, x[0]), floats(fresh, 12)),
        call(
            "bernoulli", x -> BACKEND.random().bernoulli(GENERATOR, 0.5, x[0]), floats(fresh, 12)));
    Set<Change> order = only(Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY);
    Collections.addAll(
        calls,
        call(
            "permutation",
            x -> BACKEND.random().permutation(GENERATOR, x[0]),
            operand(order, DType.INT64, 12)));
    draws(calls);
    OrderingOperands.add(BACKEND, calls);
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

  private static void attention(List<Call> calls) {
    AttentionForm form = new AttentionForm(1, true, 0.5);
    Shape scores = Shape.of(2, 3, 5);
    Set<Change> heads = only(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD);
    Collections.addAll(
        calls,
        call(
            "attention",
            x ->
                BACKEND
                    .attention()
                    .attention(
                        new Weighing(form, x[5], x[6]),
                        new Attended(x[0], x[1], x[2]),
                        new Result(x[3], x[4])),
            floats(heads, 2, 3, 4),
            floats(heads, 2, 5, 4),
            floats(heads, 2, 5, 6),
            floats(WRITTEN_DENSE, 2, 3, 6),
            floats(WRITTEN_DENSE, 2, 3),
            floats(READ, 2, 3, 5),
            operand(READ_DENSE, DType.INT64, 2, 3, 1)),
        call(
            "draw",
            x -> BACKEND.attention().draw(GENERATOR, 0.5, scores, x[0]),
            operand(WRITTEN_DENSE, DType.INT64, 2, 3, 1)),
        call(
            "factors",
            x -> BACKEND.attention().factors(form, x[0], x[1]),
            operand(READ_DENSE, DType.INT64, 2, 3, 1),
            floats(only(Change.FLATTER, Change.SPREAD, Change.READ_ONLY), 2, 3, 5)),
        call(
            "attentionBackward",
            x ->
                BACKEND
                    .attention()
                    .attentionBackward(
                        new Weighing(form, x[9], x[10]),
                        new Attended(x[0], x[1], x[2]),
                        new Result(x[3], x[4]),
                        x[5],
                        new Slopes(x[6], x[7], x[8])),
            floats(heads, 2, 3, 4),
            floats(heads, 2, 5, 4),
            floats(heads, 2, 5, 6),
            floats(heads, 2, 3, 6),
            floats(READ_DENSE, 2, 3),
            floats(heads, 2, 3, 6),
            floats(WRITTEN_DENSE, 2, 3, 4),
            floats(WRITTEN_DENSE, 2, 5, 4),
            floats(WRITTEN_DENSE, 2, 5, 6),
            floats(READ, 2, 3, 5),
            operand(READ_DENSE, DType.INT64, 2, 3, 1)));
  }

  private static void draws(List<Call> calls) {
    Set<Change> fresh = only(Change.SPREAD, Change.READ_ONLY);
    Collections.addAll(
        calls,
        call(
            "exportState",
            x -> BACKEND.generators().exportState(GENERATOR, x[0]),
            operand(WRITTEN_DENSE, DType.UINT8, STATE_BYTES)));
    Strided state = Strided.allocate(Shape.of(STATE_BYTES), DType.UINT8);
    BACKEND.generators().exportState(GENERATOR, state);
    Collections.addAll(
        calls,
        call(
            "importState",
            x -> BACKEND.generators().importState(GENERATOR, x[0]),
            new Operand(state, only(Change.SMALLER, Change.OTHER_DTYPE, Change.SPREAD))));
    Collections.addAll(
        calls,
        call("words", x -> BACKEND.random().words(GENERATOR, x[0]), floats(fresh, 12)),
        call(
            "fill",
            x -> BACKEND.random().fill(GENERATOR, Distribution.CAUCHY, 0, 1, x[0]),
            floats(only(Change.SPREAD, Change.READ_ONLY), 12)),
        call(
            "each",
            x -> BACKEND.random().each(GENERATOR, Trial.POISSON, x[0], x[1], x[2]),
            floats(READ_DENSE, 3, 4),
            floats(READ_DENSE, 3, 4),
            floats(WRITTEN_DENSE, 3, 4)),
        call(
            "choices",
            x -> BACKEND.random().choices(GENERATOR, x[0], x[1]),
            floats(only(Change.FLATTER, Change.SPREAD, Change.READ_ONLY), 3, 4),
            operand(
                only(Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD, Change.READ_ONLY),
                DType.INT64,
                3,
                2)));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void aChangedOperandIsRefused(Call call) {
    call.body().run(call.arguments());
    List<Executable> cases = new ArrayList<>();
    for (int i = 0; i < call.operands().size(); i++) {
      for (Change change : call.operands().get(i).refused()) {
        int changed = i;
        cases.add(() -> refuses(call, changed, change));
      }
    }
    assertAll(cases);
  }

  @Test
  void everyMethodThatTakesOperandsIsHere() {
    Set<String> missing =
        Arrays.stream(Backend.class.getRecordComponents())
            .map(RecordComponent::getType)
            .filter(family -> family != LinearAlgebra.class) // in LapackBatchesTest
            .filter(family -> family != FeedForwardKernels.class) // in FeedForwardOperandsTest
            .flatMap(family -> Arrays.stream(family.getDeclaredMethods()))
            .filter(OperandsTest::takesOperands)
            .map(Method::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    missing.removeAll(calls().map(Call::method).collect(Collectors.toSet()));
    assertEquals(Set.of(), missing);
  }

  private static boolean takesOperands(Method method) {
    return Arrays.stream(method.getParameterTypes())
        .anyMatch(type -> type == Strided.class || type == List.class);
  }
}
