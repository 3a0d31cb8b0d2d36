package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.primitive.Primitives.Recurrence;
import dev.chagres.primitive.Primitives.RecurrentState;
import dev.chagres.primitive.Primitives.RecurrentWeights;
import dev.chagres.primitive.RecurrentForm;
import dev.chagres.primitive.RecurrentForm.Cell;
import dev.chagres.primitive.RecurrentForm.Way;
import dev.chagres.tensor.Recurrences.Parts;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Recurrent layers as one operation, beside their steps in recorded operations. */
@OnEveryDevice
class RecurrencesTest {
  private static final List<List<Long>> BATCHES =
      List.of(List.of(3L), List.of(4L, 4L, 4L), List.of(5L, 3L, 3L, 1L), List.of(1L, 1L));

  private final Generator generator = new Generator(DefaultDevice.get(), 7);

  private Tensor some(DType dtype, long... sizes) {
    return generator.randn(dtype, sizes);
  }

  /** What a layer needs, with biases and a projection, or without. */
  private Parts parts(RecurrentForm form, long in, long n, boolean biased, boolean projected) {
    DType dtype = DType.FLOAT64;
    long width = form.cell().gates() * n;
    long size = projected ? n - 1 : n;
    Tensor bias = biased ? some(dtype, width) : null;
    return new Parts(
        some(dtype, form.rows(), in),
        new RecurrentState<>(
            some(dtype, form.sequences(), size),
            form.cell() == Cell.LSTM ? some(dtype, form.sequences(), n) : null),
        new RecurrentWeights<>(
            new Affine<>(some(dtype, width, in), bias),
            new Affine<>(some(dtype, width, size), biased ? some(dtype, width) : null),
            projected ? some(dtype, size, n) : null));
  }

  private static Parts leaves(Parts parts, DType dtype) {
    return parts.each(t -> leaf(t, dtype), t -> leaf(t, dtype));
  }

  private static Tensor leaf(Tensor x, DType dtype) {
    return x.detach().clone().to(dtype).requiresGrad_();
  }

  private static Recurrence<Tensor> run(Parts parts, RecurrentForm form) {
    return Primitives.of(parts.x()).recurrent(parts.x(), parts.state(), parts.weights(), form);
  }

  private static List<Tensor> results(Recurrence<Tensor> result) {
    List<Tensor> all = new ArrayList<>(List.of(result.output(), result.state().hidden()));
    if (result.state().cells() != null) {
      all.add(result.state().cells());
    }
    return all;
  }

  private static void close(Tensor expected, @Nullable Tensor found, double slack, String what) {
    assertEquals(expected.shape(), Objects.requireNonNull(found, what).shape(), what);
    double apart = found.to(DType.FLOAT64).sub(expected).abs().max().item();
    double most = Math.max(1, expected.abs().max().item());
    assertTrue(apart <= slack * most, what + ": " + apart + " of " + most);
  }

  private static double slack(DType dtype) {
    return switch (dtype) {
      case FLOAT64 -> 1e-11;
      case FLOAT32 -> 5e-5;
      case FLOAT16 -> 2e-2;
      default -> 2e-1;
    };
  }

  private void compare(RecurrentForm form, Parts given, DType dtype) {
    Parts rounded = given.each(t -> t.to(dtype), t -> t.to(dtype));
    Parts plain = leaves(rounded, DType.FLOAT64);
    List<Tensor> expected = results(Recurrences.composed(plain, form));
    Parts own = leaves(rounded, dtype);
    List<Tensor> found = results(run(own, form));
    String what = dtype + " " + form + " ";
    Tensor loss = null;
    Tensor ownLoss = null;
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(dtype, found.get(i).dtype());
      close(expected.get(i).detach(), found.get(i).detach(), slack(dtype), what + i);
      Tensor slope = some(DType.FLOAT64, expected.get(i).shape().toArray()).to(dtype);
      Tensor term = expected.get(i).mul(slope.to(DType.FLOAT64)).sum();
      Tensor ownTerm = found.get(i).to(DType.FLOAT64).mul(slope.to(DType.FLOAT64)).sum();
      loss = loss == null ? term : loss.add(term);
      ownLoss = ownLoss == null ? ownTerm : ownLoss.add(ownTerm);
    }
    loss.backward();
    ownLoss.backward();
    for (int i = 0; i < plain.all().size(); i++) {
      Tensor part = plain.all().get(i);
      if (part != null) {
        close(part.grad(), own.all().get(i).grad(), slack(dtype), what + "gradient " + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void hasTheStepsValuesAndGradients(Cell cell) {
    for (Way way : Way.values()) {
      for (List<Long> sizes : BATCHES) {
        var form = new RecurrentForm(cell, way, sizes);
        compare(form, parts(form, 3, 4, true, false), DType.FLOAT64);
        compare(form, parts(form, 2, 5, false, false), DType.FLOAT32);
        if (cell == Cell.LSTM) {
          compare(form, parts(form, 3, 4, true, true), DType.FLOAT64);
          compare(form, parts(form, 3, 4, false, true), DType.FLOAT32);
        }
      }
    }
    var wide = new RecurrentForm(cell, Way.FORWARD, List.of(70L, 70L));
    compare(wide, parts(wide, 5, 130, true, false), DType.FLOAT32);
    var form = new RecurrentForm(cell, Way.FORWARD, List.of(3L, 2L));
    compare(form, parts(form, 3, 4, true, false), DType.FLOAT16);
    compare(form, parts(form, 3, 4, true, false), DType.BFLOAT16);
  }

  @ParameterizedTest
  @EnumSource
  void hasSecondDerivatives(Cell cell) {
    for (Way way : Way.values()) {
      var form = new RecurrentForm(cell, way, List.of(2L, 1L));
      for (boolean projected : cell == Cell.LSTM ? new boolean[] {false, true} : new boolean[1]) {
        Parts given = leaves(parts(form, 2, 2, true, projected), DType.FLOAT64);
        List<Tensor> inputs = given.all().stream().filter(Objects::nonNull).toList();
        GradCheck.gradcheck(all -> results(run(of(given, all), form)), inputs);
        GradCheck.gradgradcheck(all -> results(run(of(given, all), form)), inputs);
      }
    }
  }

  /** The same parts with other tensors in their places. */
  private static Parts of(Parts parts, List<Tensor> tensors) {
    var each = tensors.iterator();
    return parts.each(_ -> each.next(), _ -> each.next());
  }

  @ParameterizedTest
  @EnumSource
  void recordsWhatWantsGradientsOnly(Cell cell) {
    var form = new RecurrentForm(cell, Way.FORWARD, List.of(3L, 2L));
    Parts given = parts(form, 3, 4, true, false);
    assertFalse(run(given, form).output().requiresGrad());
    Parts wanted = leaves(given, DType.FLOAT64);
    assertFalse(Autograd.noGrad(() -> run(wanted, form).output()).requiresGrad());
    Tensor hidden = leaf(given.state().hidden(), DType.FLOAT64);
    Parts one =
        new Parts(given.x(), new RecurrentState<>(hidden, given.state().cells()), given.weights());
    Recurrence<Tensor> result = run(one, form);
    assertEquals("RecurrentBackward", result.output().gradFn().name());
    // Nothing arrives at the output here.
    result.state().hidden().sum().backward();
    Tensor expected = run(wanted, form).state().hidden();
    expected.sum().backward();
    close(wanted.state().hidden().grad(), hidden.grad(), 1e-12, "hidden");
    assertNull(given.x().grad());
  }

  @ParameterizedTest
  @EnumSource
  void whatItKeepsMayNotChange(Cell cell) {
    var form = new RecurrentForm(cell, Way.FORWARD, List.of(3L, 2L));
    for (int part : new int[] {0, 5}) {
      Parts given = leaves(parts(form, 3, 4, true, false), DType.FLOAT64);
      Tensor loss = run(given, form).output().sum();
      Autograd.noGrad(() -> given.all().get(part).mul_(2));
      assertThrows(IllegalStateException.class, loss::backward);
    }
    Parts given = leaves(parts(form, 3, 4, true, false), DType.FLOAT64);
    Tensor output = run(given, form).output();
    Tensor loss = output.sum();
    Autograd.noGrad(() -> output.mul_(2));
    assertThrows(IllegalStateException.class, loss::backward);
  }

  @Test
  void readsWeightsInAnyLayout() {
    for (Cell cell : Cell.values()) {
      var form = new RecurrentForm(cell, Way.BACKWARD, List.of(3L, 3L, 1L));
      Parts given = parts(form, 3, 4, true, false);
      Parts turned = given.each(RecurrencesTest::turned, RecurrencesTest::turned);
      close(run(given, form).output(), run(turned, form).output(), 1e-12, cell.name());
      Parts own = turned.each(Tensor::requiresGrad_, Tensor::requiresGrad_);
      Parts plain = leaves(given, DType.FLOAT64);
      run(own, form).output().square().sum().backward();
      run(plain, form).output().square().sum().backward();
      for (int i = 0; i < plain.all().size(); i++) {
        if (plain.all().get(i) != null) {
          close(plain.all().get(i).grad(), own.all().get(i).grad(), 1e-11, cell + " " + i);
        }
      }
    }
  }

  private static Tensor turned(Tensor x) {
    return x.dim() == 2 ? x.t().contiguous().t() : x.clone();
  }

  @Test
  void refusesWhatDoesNotFit() {
    var form = new RecurrentForm(Cell.LSTM, Way.FORWARD, List.of(3L, 2L));
    Parts given = parts(form, 3, 4, true, true);
    for (List<Long> sizes : List.of(List.<Long>of(), List.of(2L, 3L), List.of(3L, 1L))) {
      var bad = new RecurrentForm(Cell.LSTM, Way.FORWARD, sizes);
      assertThrows(IllegalArgumentException.class, () -> run(given, bad));
    }
    for (int i = 0; i < given.all().size(); i++) {
      List<Tensor> shorter = new ArrayList<>(given.all());
      Tensor part = shorter.get(i);
      shorter.set(i, part.narrow(0, 0, part.size(0) - 1));
      assertThrows(IllegalArgumentException.class, () -> run(of(given, shorter), form), "" + i);
      List<Tensor> other = new ArrayList<>(given.all());
      other.set(i, part.to(DType.FLOAT32));
      assertThrows(IllegalArgumentException.class, () -> run(of(given, other), form), "" + i);
    }
    var plain = new RecurrentForm(Cell.GRU, Way.FORWARD, List.of(3L, 2L));
    assertThrows(IllegalArgumentException.class, () -> run(given, plain));
    Parts whole =
        parts(form, 3, 4, true, false).each(t -> t.to(DType.INT64), t -> t.to(DType.INT64));
    assertThrows(IllegalArgumentException.class, () -> run(whole, form));
  }

  @Test
  void takesNoSequences() {
    for (Cell cell : Cell.values()) {
      var form = new RecurrentForm(cell, Way.FORWARD, List.of(0L, 0L));
      Parts given = leaves(parts(form, 3, 4, true, false), DType.FLOAT64);
      Recurrence<Tensor> result = run(given, form);
      assertEquals(Shape.of(0, 4), result.output().shape());
      result.output().sum().backward();
      assertEquals(0, given.weights().state().weight().grad().abs().sum().item());
    }
  }
}
