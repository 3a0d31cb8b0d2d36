package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.parity.TorchDifferences.Bound;
import dev.chagres.parity.TorchDifferences.Quantity;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Floats;
import dev.chagres.testing.Placement;
import dev.chagres.testing.Results;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs one of PyTorch's samples here, in every layout of its tensors, and compares. */
final class TorchCheck {
  /** What draws random numbers, in the order of memory. */
  static final Set<String> RANDOM =
      Set.of(
          "uniform",
          "normal",
          "exponential",
          "geometric",
          "log_normal",
          "cauchy",
          "rand_like",
          "randn_like",
          "randint_like",
          "multinomial",
          "nn.functional.dropout",
          "nn.functional.alpha_dropout");

  /** Of what is computed here twice, all is compared. */
  private static final Bound NONE = (dtype, a, b) -> false;

  /** What looks at memory itself, and what is not possible in every layout. */
  private static final Set<String> OF_MEMORY =
      Set.of("view", "view_as", "as_strided", "as_strided_scatter");

  private final TorchCase test;
  private final List<TorchDifferences.Difference> known;
  private final Set<TorchDifferences.Difference> seen = new HashSet<>();
  private final List<Tensor> expected;

  private TorchCheck(TorchCase test, List<TorchDifferences.Difference> known) {
    this.test = test;
    this.known = known.stream().filter(difference -> difference.isOf(test)).toList();
    List<Tensor> results = test.results();
    boolean one = isOfStablePlace(test) && !results.isEmpty();
    this.expected = one ? results.subList(0, 1) : results;
  }

  /**
   * Which of equal elements has a rank is left open by PyTorch, whose CPU takes the one that its
   * quickselect leaves there. A GPU takes the one that a stable sort puts there: its place is
   * compared with that, and the gradient with PyTorch's where both take the same elements.
   */
  private static boolean isOfStablePlace(TorchCase test) {
    return !test.device().isCpu() && test.op().equals("kthvalue");
  }

  /** Compares the places of elements of a rank; returns whether they are PyTorch's, too. */
  private boolean compareStablePlaces(List<Tensor> tensors, Tensor got) {
    TorchArguments arguments = test.arguments(tensors);
    Tensor x = arguments.self().detach().cpu();
    Tensor lines = x.dim() == 0 ? x.reshape(1) : x;
    int dim = arguments.integer("dim", -1);
    long rank = arguments.number("k").longValue() - 1;
    Tensor wanted = lines.argsort(dim).narrow(dim, rank, 1);
    assertArrayEquals(Cells.bits(wanted), Cells.bits(got), "places of a stable sort");
    return Arrays.equals(Cells.bits(test.results().get(1)), Cells.bits(got));
  }

  /**
   * Checks a case.
   *
   * @param known where an element may differ
   * @return which of these there were
   * @throws NotThereException if the library has not the form of the operation
   * @throws AssertionError if something differs
   */
  static Set<TorchDifferences.Difference> run(
      TorchCase test, List<TorchDifferences.Difference> known) {
    var check = new TorchCheck(test, known);
    if (test.thrown() != null) {
      check.refused();
      return check.seen;
    }
    List<List<Placement>> fitting = new ArrayList<>();
    test.tensors().forEach(tensor -> fitting.add(Placement.of(tensor.shape().toArray())));
    int rounds = fitting.stream().mapToInt(List::size).max().orElse(1);
    for (int round = 0; round < (check.isOfLayout() ? 1 : rounds); round++) {
      List<Placement> placements = new ArrayList<>();
      for (int i = 0; i < fitting.size(); i++) {
        List<Placement> own = fitting.get(i);
        placements.add(round == 0 ? Placement.CONTIGUOUS : own.get((round + i) % own.size()));
      }
      try {
        check.compareAll(placements);
        check.compareInPlace(placements);
      } catch (AssertionError e) {
        throw new AssertionError(placements + ": " + e.getMessage(), e);
      }
    }
    check.compareInPlaceInTheGraph();
    check.compareSharedOperand();
    check.compareOtherTruths();
    return check.seen;
  }

  /** Checks of a case that draws numbers, other ones than PyTorch's, all but these. */
  static void runWithoutValues(TorchCase test) {
    var check = new TorchCheck(test, List.of());
    if (test.thrown() != null) {
      check.refused();
      return;
    }
    List<Tensor> got = Results.flat(check.called(test.tensors()));
    assertEquals(check.expected.size(), got.size(), "results");
    for (int i = 0; i < got.size(); i++) {
      Tensor expected = check.expected.get(i);
      assertEquals(test.device(), got.get(i).device(), "the result's device");
      assertEquals(expected.dtype(), got.get(i).dtype(), "dtype");
      assertEquals(expected.shape(), got.get(i).shape(), "shape");
    }
  }

  private boolean isOfLayout() {
    return RANDOM.contains(test.op()) || OF_MEMORY.contains(test.op());
  }

  // ---- wrong arguments

  private void refused() {
    List<Tensor> tensors = test.tensors();
    List<long[]> before = tensors.stream().map(Cells::bits).toList();
    Object result;
    try {
      result = called(tensors);
    } catch (IllegalArgumentException
        | IndexOutOfBoundsException
        | IllegalStateException
        | ArithmeticException e) {
      assertUnwritten(before, tensors);
      return;
    } catch (NullPointerException e) {
      // None in the place of a tensor.
      assertTrue(e.getMessage().startsWith(TorchCalls.camel(test.op()) + ": "), e::getMessage);
      assertUnwritten(before, tensors);
      return;
    }
    if (!isKnown(Quantity.REFUSAL, DType.FLOAT64, 0, 0)) {
      fail("no error, but " + Results.flat(result) + "; PyTorch: " + test.thrown());
    }
  }

  private static void assertUnwritten(List<long[]> before, List<Tensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      assertArrayEquals(before.get(i), Cells.bits(tensors.get(i)), "a failing call wrote");
    }
  }

  private Object called(List<Tensor> tensors) {
    Chagres.manualSeed(42);
    try (var _ = DefaultDevice.use(test.device())) {
      return TorchCalls.call(test.op(), test.arguments(tensors));
    }
  }

  // ---- values and gradients

  /** The case's tensors in these placements; one that cannot hold its values stays contiguous. */
  private List<Tensor> placed(List<Placement> placements) {
    List<Tensor> tensors = test.tensors();
    for (int i = 0; i < tensors.size(); i++) {
      Tensor dense = tensors.get(i);
      if (placements.get(i) != Placement.CONTIGUOUS) {
        Tensor placed = placements.get(i).place(dense).tensor();
        if (Arrays.equals(Cells.bits(dense), Cells.bits(placed))) {
          tensors.set(i, placed);
        }
      }
    }
    return tensors;
  }

  private void compareAll(List<Placement> placements) {
    List<Tensor> tensors = placed(placements);
    List<long[]> before = tensors.stream().map(Cells::bits).toList();
    test.leaves().forEach(i -> tensors.get(i).requiresGrad_());
    Object result = called(tensors);
    List<Tensor> got = compareResults(result);
    boolean alike =
        !isOfStablePlace(test) || compareStablePlaces(tensors, Results.flat(result).get(1));
    for (int i = 0; i < tensors.size(); i++) {
      assertArrayEquals(before.get(i), Cells.bits(tensors.get(i)), "an operand was changed");
    }
    if (alike && !test.leaves().isEmpty()) {
      List<Tensor> leaves = test.leaves().stream().map(tensors::get).toList();
      List<@Nullable Tensor> found = gradients(got, leaves);
      for (int i = 0; i < found.size(); i++) {
        compareGradient(test.leaves().get(i), found.get(i));
      }
    }
  }

  private List<Tensor> compareResults(Object result) {
    if (expected.isEmpty() && (test.plainResult() != null || !(result instanceof List<?>))) {
      comparePlain(result);
      return List.of();
    }
    List<Tensor> flat = Results.flat(result);
    List<Tensor> compared = isOfStablePlace(test) ? flat.subList(0, 1) : flat;
    List<Tensor> got = TorchGauge.turned(test.op(), expected, compared);
    assertEquals(expected.size(), got.size(), "results");
    got.forEach(y -> assertEquals(test.device(), y.device(), "the result's device"));
    for (int i = 0; i < got.size(); i++) {
      compareResult("result " + i, expected.get(i), got.get(i));
    }
    return got;
  }

  private void comparePlain(Object got) {
    Object wanted = test.plainResult();
    boolean same =
        wanted instanceof Number a && got instanceof Number b
            ? Double.compare(a.doubleValue(), b.doubleValue()) == 0
            : got.equals(wanted);
    assertTrue(same, () -> "expected " + wanted + ", got " + got);
  }

  private List<@Nullable Tensor> gradients(List<Tensor> results, List<Tensor> leaves) {
    List<Tensor> outputs = results.stream().filter(Tensor::requiresGrad).toList();
    assertTrue(!outputs.isEmpty(), "no result has a gradient");
    List<Tensor> cotangents = outputs.stream().map(TorchCheck::cotangent).toList();
    return Autograd.gradOrNull(outputs, leaves, cotangents);
  }

  /** What cases.cotangent_of gives. */
  private static Tensor cotangent(Tensor y) {
    double[] values = new double[Math.toIntExact(y.numel())];
    Arrays.setAll(values, i -> (i % 7 - 3) * 0.5 + 0.25);
    return Cells.tensor(y.dtype(), y.shape().toArray(), values).to(y.device());
  }

  private void compareGradient(int tensor, @Nullable Tensor got) {
    Tensor wanted = test.gradient(tensor);
    if (wanted == null) {
      // PyTorch has none: none or nothing but zeros may be here.
      boolean none = got == null || Arrays.stream(Cells.doubles(got)).allMatch(g -> g == 0);
      assertTrue(none, () -> "a gradient " + tensor + " that PyTorch has not");
      return;
    }
    assertNotNull(got, "no gradient " + tensor);
    compare(
        "gradient " + tensor,
        wanted,
        got,
        TorchTolerance.ofGradients(test),
        (dtype, a, b) -> isKnown(Quantity.GRADIENT, dtype, a, b));
  }

  // ---- other ways to the same values

  private void compareInPlace(List<Placement> placements) {
    boolean repeats = !placements.isEmpty() && placements.getFirst().repeats();
    if (repeats || placements.isEmpty()) {
      return;
    }
    List<Tensor> tensors = placed(placements);
    if (writesOver(tensors)) {
      compareResult("in place", expected.getFirst(), tensors.getFirst());
    }
  }

  /** In place in the middle of a graph, the gradients are those of the function. */
  private void compareInPlaceInTheGraph() {
    List<Tensor> leaves = test.tensors();
    if (!test.leaves().contains(0)) {
      return;
    }
    test.leaves().forEach(i -> leaves.get(i).requiresGrad_());
    List<Tensor> tensors = new ArrayList<>(leaves);
    tensors.set(0, leaves.getFirst().clone());
    if (writesOver(tensors)) {
      List<Tensor> wanted = test.leaves().stream().map(leaves::get).toList();
      List<@Nullable Tensor> found = gradients(List.of(tensors.getFirst()), wanted);
      for (int i = 0; i < found.size(); i++) {
        compareGradient(test.leaves().get(i), found.get(i));
      }
    }
  }

  /** Calls the form in place, if there is one and the first operand can hold the result. */
  private boolean writesOver(List<Tensor> tensors) {
    if (expected.size() != 1 || test.op().endsWith("_")) {
      return false;
    }
    Tensor self = tensors.getFirst();
    TorchArguments arguments = test.arguments(tensors);
    boolean fits =
        self.shape().equals(expected.getFirst().shape())
            && self.dtype() == expected.getFirst().dtype()
            && arguments.all().values().iterator().next() == self;
    if (!fits) {
      return false;
    }
    Chagres.manualSeed(42);
    Optional<Object> result = TorchCalls.callInPlace(test.op(), arguments);
    result.ifPresent(written -> assertSame(self, written, "in place: another tensor"));
    return result.isPresent();
  }

  /** The second operand may be the first one: the same as two with the same elements. */
  private void compareSharedOperand() {
    List<Tensor> tensors = test.tensors();
    if (tensors.size() < 2
        || tensors.get(0).dtype() != tensors.get(1).dtype()
        || !tensors.get(0).shape().equals(tensors.get(1).shape())
        || isOfLayout()) {
      return;
    }
    List<Tensor> apart = new ArrayList<>(tensors);
    apart.set(1, tensors.get(0).clone());
    List<Tensor> shared = test.tensors();
    shared.set(1, shared.get(0));
    boolean differentiable = test.leaves().containsAll(List.of(0, 1));
    if (differentiable) {
      List.of(apart.get(0), apart.get(1), shared.get(0)).forEach(Tensor::requiresGrad_);
    }
    List<Tensor> wanted;
    try {
      wanted = tensorsOf(called(apart));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      // Operands that are not of the sample need not fit.
      return;
    }
    List<Tensor> got = tensorsOf(called(shared));
    for (int i = 0; i < wanted.size(); i++) {
      compare("shared operand", wanted.get(i), got.get(i), TorchTolerance.ofValues(test), NONE);
    }
    if (differentiable && wanted.stream().anyMatch(Tensor::requiresGrad)) {
      List<@Nullable Tensor> two = gradients(wanted, apart.subList(0, 2));
      Tensor one = gradients(got, shared.subList(0, 1)).getFirst();
      if (two.get(0) != null && two.get(1) != null) {
        assertNotNull(one, "shared operand: no gradient");
        Tensor sum = two.get(0).add(two.get(1));
        compare("shared operand's gradient", sum, one, TorchTolerance.ofGradients(test), NONE);
      }
    }
  }

  /** A byte of a bool that is neither 0 nor 1, as {@code view} makes them, is true. */
  private void compareOtherTruths() {
    List<Tensor> tensors = test.tensors();
    if (tensors.stream().noneMatch(x -> x.dtype() == DType.BOOL) || isOfLayout()) {
      return;
    }
    tensors.replaceAll(x -> x.dtype() == DType.BOOL ? otherTruths(x) : x);
    Object result = called(tensors);
    if (expected.isEmpty()) {
      comparePlain(result);
      return;
    }
    List<Tensor> got =
        new ArrayList<>(TorchGauge.turned(test.op(), expected, Results.flat(result)));
    got.replaceAll(y -> y.dtype() == DType.BOOL ? y.view(DType.UINT8).ne(0) : y);
    for (int i = 0; i < got.size(); i++) {
      compareResult("bools of other bytes", expected.get(i), got.get(i));
    }
  }

  private static Tensor otherTruths(Tensor x) {
    double[] truths = Cells.doubles(x);
    for (int i = 0; i < truths.length; i++) {
      truths[i] *= new int[] {1, 2, 255, 128}[i % 4];
    }
    Tensor bytes = Cells.tensor(DType.UINT8, x.shape().toArray(), truths);
    return bytes.to(x.device()).view(DType.BOOL);
  }

  private static List<Tensor> tensorsOf(Object result) {
    return result instanceof Boolean || result instanceof Number ? List.of() : Results.flat(result);
  }

  // ---- comparing

  private boolean isKnown(Quantity quantity, DType dtype, double expected, double got) {
    for (TorchDifferences.Difference difference : known) {
      if (difference.covers(quantity, dtype, expected, got)) {
        seen.add(difference);
        return true;
      }
    }
    return false;
  }

  private void compareResult(String what, Tensor expected, Tensor got) {
    compare(
        what,
        expected,
        got,
        TorchTolerance.ofValues(test),
        (dtype, a, b) -> isKnown(Quantity.RESULT, dtype, a, b));
  }

  private static void compare(
      String what, Tensor expected, Tensor got, TorchTolerance allowed, Bound exempt) {
    assertEquals(expected.dtype(), got.dtype(), what + ": dtype");
    assertEquals(expected.shape(), got.shape(), what + ": shape");
    DType dtype = expected.dtype();
    if (!dtype.isFloating()) {
      assertArrayEquals(Cells.longs(expected), Cells.longs(got), what);
      return;
    }
    double[] a = Cells.doubles(expected);
    double[] b = Cells.doubles(got);
    double greatest = Arrays.stream(a).map(Math::abs).filter(Double::isFinite).max().orElse(0);
    for (int i = 0; i < a.length; i++) {
      double size = allowed.ofGreatest() ? greatest : Math.abs(a[i]);
      if (!isClose(dtype, allowed.ulps(), size, a[i], b[i]) && !exempt.holds(dtype, a[i], b[i])) {
        double off = Math.abs(a[i] - b[i]) / Floats.ulp(dtype, Double.isFinite(size) ? size : 0);
        fail(
            "%s: element %d: expected %s, got %s of %s, off by %.1f ulp"
                .formatted(what, i, a[i], b[i], dtype, off));
      }
    }
  }

  /** The sign of a zero is not compared: PyTorch's own depends on the length of the tensor. */
  private static boolean isClose(DType dtype, double ulps, double size, double a, double b) {
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return Double.isNaN(a) && Double.isNaN(b);
    }
    return a == b
        || Double.isFinite(a)
            && Double.isFinite(b)
            && Math.abs(a - b) <= ulps * Floats.ulp(dtype, size);
  }
}
