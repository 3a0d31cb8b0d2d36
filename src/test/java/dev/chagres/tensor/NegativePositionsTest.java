package dev.chagres.tensor;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.nn.Embedding;
import dev.chagres.nn.EmbeddingBag;
import dev.chagres.nn.Functional;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Which functions count negative positions from the end, and which refuse them: PyTorch's choice,
 * tried there one by one.
 */
@OnEveryDevice(blocking = true)
class NegativePositionsTest {
  private static final String REFUSED =
      " (negative ones count from the end in get, at, index, put, indexPut, take, putFlat,"
          + " takeAlongDim and indexFill alone)";

  private static Tensor matrix(long rows) {
    return Tensor.arange(4 * rows).to(DType.FLOAT32).reshape(rows, 4);
  }

  /** Calls with a position of each row, in the form that they are of. */
  private static Map<String, UnaryOperator<Tensor>> counting(long... positions) {
    Tensor at = Tensor.of(positions);
    Tensor column = at.unsqueeze(1);
    Tensor ones = Tensor.ones(positions.length, 4);
    Tensor one = Tensor.ones(positions.length);
    Map<String, UnaryOperator<Tensor>> calls = new LinkedHashMap<>();
    calls.put("index", x -> x.index(Index.of(at)));
    calls.put("index of two", x -> x.narrow(1, 0, 3).index(Index.of(at), Index.of(at)));
    calls.put("put", x -> x.clone().put(ones, Index.of(at)));
    calls.put("put of two", x -> x.narrow(1, 0, 3).clone().put(one, Index.of(at), Index.of(at)));
    calls.put("indexPut", x -> x.indexPut(ones, Accumulate.ACCUMULATE, Index.of(at)));
    calls.put("indexPut_", x -> x.clone().indexPut_(ones, Index.of(at)));
    calls.put("take", x -> x.take(at));
    calls.put("putFlat", x -> x.putFlat(at, one, Accumulate.ACCUMULATE));
    calls.put("putFlat_", x -> x.clone().putFlat_(at, one));
    calls.put("takeAlongDim", x -> x.takeAlongDim(column, 0));
    calls.put("takeAlongDim of all", x -> x.takeAlongDim(at));
    calls.put("indexFill", x -> x.indexFill(0, at, 7));
    calls.put("indexFill_", x -> x.clone().indexFill_(0, at, Tensor.scalar(7)));
    return calls;
  }

  @Test
  void someCountFromTheEnd() {
    long rows = 3;
    var whole = counting(2, 0); // as an element's place in the whole, and as a row's
    var flat = counting(11, 0);
    counting(-1, 0)
        .forEach(
            (name, call) -> {
              UnaryOperator<Tensor> same = (isFlat(name) ? flat : whole).get(name);
              Tensor x = matrix(rows).requiresGrad_();
              Tensor y = matrix(rows).requiresGrad_();
              Tensor got = call.apply(x);
              Tensor expected = same.apply(y);
              assertTrue(expected.equal(got), () -> name + ": " + got);
              got.square().sum().backward();
              expected.square().sum().backward();
              assertTrue(
                  requireNonNull(y.grad()).equal(requireNonNull(x.grad())),
                  () -> name + ": " + x.grad());
            });
  }

  private static boolean isFlat(String name) {
    return name.matches("take|putFlat_?|takeAlongDim of all");
  }

  @Test
  void noneCountsFurther() {
    var flat = counting(-13, 0);
    counting(-4, 0)
        .forEach(
            (name, call) -> {
              UnaryOperator<Tensor> further = isFlat(name) ? flat.get(name) : call;
              assertThrows(
                  IndexOutOfBoundsException.class, () -> further.apply(matrix(3)), () -> name);
            });
  }

  /** Calls that write to what they are given, or to nothing; a row for each position. */
  private static Map<String, UnaryOperator<Tensor>> refusing(long... positions) {
    Tensor at = Tensor.of(positions);
    Tensor each = at.unsqueeze(1).expand(positions.length, 4);
    Tensor ones = Tensor.ones(positions.length, 4);
    Map<String, UnaryOperator<Tensor>> calls = new LinkedHashMap<>();
    calls.put("gather", x -> x.gather(0, each));
    calls.put("scatter", x -> x.scatter(0, each, ones));
    calls.put("scatter a number", x -> x.scatter(0, each, 1));
    calls.put("scatter_", x -> x.scatter_(0, each, ones));
    calls.put("scatter_ a number", x -> x.scatter_(0, each, 1));
    calls.put("scatter a sum", x -> x.scatter(0, each, ones, Reduce.SUM));
    calls.put("scatterAdd", x -> x.scatterAdd(0, each, ones));
    calls.put("scatterAdd_", x -> x.scatterAdd_(0, each, ones));
    calls.put("indexSelect", x -> x.indexSelect(0, at));
    calls.put("indexAdd", x -> x.indexAdd(0, at, ones));
    calls.put("indexAdd_", x -> x.indexAdd_(0, at, ones));
    calls.put("indexCopy", x -> x.indexCopy(0, at, ones));
    calls.put("indexCopy_", x -> x.indexCopy_(0, at, ones));
    for (Reduce reduce : Reduce.values()) {
      calls.put("scatterReduce " + reduce, x -> x.scatterReduce(0, each, ones, reduce));
      calls.put("indexReduce " + reduce, x -> x.indexReduce(0, at, ones, reduce));
    }
    calls.put("scatterReduce_", x -> x.scatterReduce_(0, each, ones, Reduce.AMAX));
    calls.put("indexReduce_", x -> x.indexReduce_(0, at, ones, Reduce.AMIN));
    calls.put("embedding", x -> Functional.embedding(at, x));
    calls.put(
        "embedding of shorter rows",
        x -> Functional.embedding(at, x, Embedding.options().maxNorm(1)));
    for (EmbeddingBag.Mode mode : EmbeddingBag.Mode.values()) {
      calls.put(
          "embeddingBag by " + mode,
          x ->
              Functional.embeddingBag(
                  at.unsqueeze(0), x, null, null, EmbeddingBag.options().mode(mode)));
    }
    return calls;
  }

  /** The one of few elements is a kernel's own check, that of many one before it is shared out. */
  @Test
  void theOthersRefuseThem() {
    long[] many = new long[60_000];
    many[59_999] = -1;
    for (long[] positions : new long[][] {{0, -1}, many}) {
      refusing(positions)
          .forEach(
              (name, call) -> {
                Tensor x = matrix(3);
                var thrown =
                    assertThrows(IndexOutOfBoundsException.class, () -> call.apply(x), () -> name);
                String text = String.valueOf(thrown.getMessage());
                String found = ": index -1 is out of range for a dimension of size 3" + REFUSED;
                assertTrue(text.contains(found), () -> name + ": " + text);
                if (x.isCpu()) {
                  String operation = name.replaceAll(" .*", "");
                  assertTrue(text.startsWith(operation + ":"), text);
                  assertTrue(matrix(3).equal(x), () -> name + " wrote before it threw");
                }
              });
    }
  }

  @Test
  void whatIsTooGreatIsNotCalledNegative() {
    var e =
        assertThrows(
            IndexOutOfBoundsException.class, () -> matrix(3).indexSelect(0, Tensor.of(3L)));
    assertTrue(
        e.getMessage().startsWith("indexSelect: index 3 is out of range for a dimension of size 3"),
        e.getMessage());
    assertEquals(-1, e.getMessage().indexOf("negative"));
    assertArrayEquals(new float[] {8, 9, 10, 11}, matrix(3).at("[-1]").flatten().toFloatArray());
  }
}
