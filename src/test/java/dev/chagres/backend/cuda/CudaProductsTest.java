package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Cuda;
import dev.chagres.backend.Backend;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Functional;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnCuda
@Tag("kernels")
class CudaProductsTest {
  private final Random random = new Random(5);

  private Strided numbers(DType dtype, Form form, long... sizes) {
    return Twins.of(dtype, form, Twins.finite(random, dtype), sizes);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLIPPED")
  void matrices(Form form) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16, DType.INT16)) {
      double steps = dtype.size() == 2 ? 2 : 16;
      for (double beta : new double[] {0, 2}) {
        for (int turn = 0; turn < 2; turn++) {
          Form other = turn == 0 ? form : Form.CONTIGUOUS;
          Strided a = numbers(dtype, other, 5, 7);
          Strided b = numbers(dtype, form, 7, 18);
          Strided y = numbers(dtype, Form.CONTIGUOUS, 5, 18);
          double alpha = 3;
          Twins.check(
              "matmul " + form,
              steps,
              512,
              (t, o) -> t.matrices().matmul(alpha, o[0], o[1], beta, o[2]),
              a,
              b,
              y);
          Strided many = numbers(dtype, form, 2, 3, 5, 7);
          Strided one = numbers(dtype, other, 7, 4);
          Strided all = one.with(one.layout().expand(Shape.of(2, 3, 7, 4)));
          Strided results = numbers(dtype, Form.CONTIGUOUS, 2, 3, 5, 4);
          Twins.check(
              "matmul " + form,
              steps,
              512,
              (t, o) -> t.matrices().matmul(1, o[0], o[1], beta, o[2]),
              many,
              all,
              results);
        }
      }
    }
  }

  /** A bias of one row is cuBLASLt's, others and what it does not take are added up before. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLIPPED")
  void biased(Form form) {
    for (DType dtype :
        List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT64)) {
      double steps = dtype.size() == 2 ? 2 : 16;
      for (Form biasForm : List.of(Form.CONTIGUOUS, Form.OFFSET, Form.SLICED, Form.SINGLE)) {
        Strided row = numbers(dtype, biasForm, 18);
        Strided bias = row.with(row.layout().expand(Shape.of(5, 18)));
        for (Form yForm : List.of(Form.CONTIGUOUS, Form.OFFSET)) {
          Twins.check(
              "linear " + form + " " + biasForm,
              steps,
              512,
              (t, o) -> t.matrices().linear(o[0], o[1], o[2], o[3]),
              numbers(dtype, form, 5, 7),
              numbers(dtype, form, 7, 18),
              bias,
              numbers(dtype, yForm, 5, 18));
        }
      }
      Twins.check(
          "linear with a bias for each element",
          steps,
          512,
          (t, o) -> t.matrices().linear(o[0], o[1], o[2], o[3]),
          numbers(dtype, Form.CONTIGUOUS, 5, 7),
          numbers(dtype, Form.TRANSPOSED, 7, 18),
          numbers(dtype, form, 5, 18),
          numbers(dtype, Form.CONTIGUOUS, 5, 18));
    }
  }

  /** What cuBLASLt takes is not added up before. */
  @Test
  void biasesOfOneRowAreForCublasLt() {
    Twins.cuda();
    CudaDevice device = CudaRuntime.device(Device.cuda(0));
    Products products = new Products(device, new Elementwise(device));
    for (DType dtype :
        List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT32)) {
      Strided a = Twins.upload(numbers(dtype, Form.OFFSET, 2, 3));
      Strided b = Twins.upload(numbers(dtype, Form.TRANSPOSED, 3, 4));
      Strided row = Twins.upload(numbers(dtype, Form.OFFSET, 4));
      Strided all = row.with(row.layout().expand(Shape.of(2, 4)));
      Strided each = Twins.upload(numbers(dtype, Form.CONTIGUOUS, 2, 4));
      Strided y = Twins.upload(numbers(dtype, Form.CONTIGUOUS, 2, 4));
      for (int again = 0; again < 2; again++) {
        assertEquals(dtype.isFloating(), products.biased(a, b, all, y), dtype.toString());
      }
      assertFalse(products.biased(a, b, each, y));
    }
  }

  /** No launch before it has made the context the thread's. */
  @Test
  void aProductMayBeTheFirstThatAThreadDoes() throws InterruptedException {
    Backend cuda = Twins.cuda();
    Strided a = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 9, 5));
    Strided b = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 5, 13));
    Strided y = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 9, 13));
    Strided row = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 13));
    Strided all = row.with(row.layout().expand(Shape.of(9, 13)));
    biasesOfOneRowAreForCublasLt(); // whereafter there are handles, and memory that is free
    cuda.matrices().matmul(1, a, b, 0, y);
    for (Runnable product :
        List.<Runnable>of(
            () -> cuda.matrices().linear(a, b, all, y),
            () -> cuda.matrices().matmul(1, a, b, 0, y))) {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread thread = new Thread(product);
      thread.setUncaughtExceptionHandler((_, e) -> thrown.set(e));
      thread.start();
      thread.join();
      assertNull(thrown.get());
    }
  }

  /** Another thread may have exchanged an operand after the checks. */
  @Test
  void operandsOfBiasedProductsBelongTogether() {
    Backend cuda = Twins.cuda();
    Strided a = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 2, 3));
    Strided b = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 3, 4));
    Strided y = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 2, 4));
    Strided row = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 4));
    Strided wide = Twins.upload(numbers(DType.FLOAT64, Form.CONTIGUOUS, 2, 4));
    assertThrows(ConcurrentModificationException.class, () -> cuda.matrices().linear(a, b, row, y));
    assertThrows(
        ConcurrentModificationException.class, () -> cuda.matrices().linear(a, b, wide, y));
  }

  /** 1 + 2^-12 is 1 in TF32, which nothing uses unless it is allowed. */
  @Test
  void tf32IsForWhoAllowsIt() {
    double fine = 1 + 0x1p-12;
    assertFalse(Cuda.isTf32Allowed());
    assertEquals(List.of(fine, fine, fine, fine), products(fine));
    Cuda.allowTf32(true);
    try {
      assertTrue(Cuda.isTf32Allowed());
      assertEquals(List.of(1.0, 1.0, 1.0, fine), products(fine));
    } finally {
      Cuda.allowTf32(false);
    }
    assertEquals(List.of(fine, fine, fine, fine), products(fine));
  }

  /** A product, one with a bias of 0, a convolution, and a product of float64: each by 1. */
  private static List<Double> products(double number) {
    try (var _ = Scope.open()) {
      Tensor x = Tensor.of(number).to(DType.FLOAT32).to(Device.cuda(0)).reshape(1, 1);
      Tensor one = x.onesLike();
      Tensor image = x.reshape(1, 1, 1, 1);
      return List.of(
          x.matmul(one).item(),
          x.zerosLike().addmm(x, one).item(),
          Functional.conv2d(image, image.onesLike()).item(),
          x.to(DType.FLOAT64).matmul(one.to(DType.FLOAT64)).item());
    }
  }

  @Test
  void nothingToAddUp() {
    for (DType dtype : List.of(DType.FLOAT32, DType.INT32)) {
      Twins.check(
          "linear",
          (t, o) -> t.matrices().linear(o[0], o[1], o[2], o[3]),
          numbers(dtype, Form.CONTIGUOUS, 2, 0),
          numbers(dtype, Form.CONTIGUOUS, 0, 3),
          numbers(dtype, Form.EXPANDED, 2, 3),
          numbers(dtype, Form.CONTIGUOUS, 2, 3));
      Twins.check(
          "matmul",
          (t, o) -> t.matrices().matmul(1, o[0], o[1], 3, o[2]),
          numbers(dtype, Form.CONTIGUOUS, 2, 0),
          numbers(dtype, Form.CONTIGUOUS, 0, 3),
          numbers(dtype, Form.CONTIGUOUS, 2, 3));
    }
  }

  private static final List<Window> WINDOWS =
      List.of(
          new Window(3, 2, 1, 1, 0, 0, 1, 1),
          new Window(3, 3, 2, 1, 1, 2, 1, 2),
          new Window(1, 1, 1, 1, 0, 0, 1, 1));

  @Test
  void convolutions() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16)) {
      for (Window window : WINDOWS) {
        for (int groups : new int[] {1, 2, 4}) {
          long height = window.outputHeight(8, Rounding.FLOOR);
          long width = window.outputWidth(9, Rounding.FLOOR);
          Strided x = numbers(dtype, Form.CONTIGUOUS, 3, 4, 8, 9);
          Strided weight =
              numbers(
                  dtype,
                  Form.CONTIGUOUS,
                  8,
                  4 / groups,
                  window.kernelHeight(),
                  window.kernelWidth());
          Strided y = Twins.empty(dtype, 3, 8, height, width);
          double steps = dtype == DType.FLOAT16 ? 4 : 16;
          Twins.check(
              "conv2d",
              steps,
              256,
              (b, o) -> b.images().conv2d(o[0], o[1], null, window, groups, o[2]),
              x,
              weight,
              y);
          Twins.check(
              "conv2d with a bias",
              steps,
              256,
              (b, o) -> b.images().conv2d(o[0], o[1], o[3], window, groups, o[2]),
              x,
              weight,
              y,
              numbers(dtype, Form.OFFSET, 8));
          Strided g = numbers(dtype, Form.CONTIGUOUS, 3, 8, height, width);
          Twins.check(
              "conv2dInput",
              steps,
              256,
              (b, o) -> b.images().conv2dInput(o[0], o[1], window, groups, o[2]),
              g,
              weight,
              Twins.empty(dtype, 3, 4, 8, 9));
          Twins.check(
              "conv2dWeight",
              steps,
              2048,
              (b, o) -> b.images().conv2dWeight(o[0], o[1], window, groups, o[2]),
              g,
              x,
              Twins.empty(dtype, weight.shape().toArray()));
        }
      }
    }
  }

  @Test
  void pooling() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16)) {
      for (Window window : WINDOWS) {
        long height = window.outputHeight(8, Rounding.FLOOR);
        long width = window.outputWidth(9, Rounding.FLOOR);
        Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 2, 3, 8, 9);
        Twins.check(
            "maxPool2d",
            (b, o) -> b.images().maxPool2d(o[0], window, o[1], o[2]),
            x,
            Twins.empty(dtype, 2, 3, height, width),
            Twins.empty(DType.INT64, 2, 3, height, width));
      }
    }
  }

  @Test
  void withoutChannelsThereIsTheBias() {
    Window window = new Window(3, 2, 1, 1, 0, 0, 1, 1);
    for (boolean biased : new boolean[] {false, true}) {
      Twins.check(
          "conv2d",
          (b, o) -> b.images().conv2d(o[0], o[1], biased ? o[2] : null, window, 1, o[3]),
          Twins.empty(DType.FLOAT32, 2, 0, 4, 5),
          Twins.empty(DType.FLOAT32, 3, 0, 3, 2),
          numbers(DType.FLOAT32, Form.CONTIGUOUS, 3),
          numbers(DType.FLOAT32, Form.CONTIGUOUS, 2, 3, 2, 4));
    }
  }

  /** Some positions are taken several times, and some are none. */
  @Test
  void unpooling() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)) {
      Twins.check(
          "maxUnpool2d",
          2,
          16,
          (b, o) -> b.images().maxUnpool2d(o[0], o[1], o[2]),
          numbers(dtype, Form.CONTIGUOUS, 2, 3, 7, 6),
          Twins.of(DType.INT64, Form.CONTIGUOUS, Twins.indices(random, -1, 73), 2, 3, 7, 6),
          numbers(dtype, Form.CONTIGUOUS, 2, 3, 8, 9));
      Twins.check(
          "maxUnpool2d",
          (b, o) -> b.images().maxUnpool2d(o[0], o[1], o[2]),
          Twins.empty(dtype, 2, 3, 0, 6),
          Twins.empty(DType.INT64, 2, 3, 0, 6),
          numbers(dtype, Form.CONTIGUOUS, 2, 3, 8, 9));
    }
  }

  @Test
  void steps() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (int flags = 0; flags < 16; flags++) {
        boolean first = (flags & 1) != 0;
        boolean second = (flags & 2) != 0;
        double decay = (flags & 4) != 0 ? 0.1 : 0;
        long number = (flags & 8) != 0 ? 1 : 3;
        SgdStep sgd = new SgdStep(0.1, first ? 0.9 : 0, 0, decay, number, first && second, second);
        steps(
            "sgdStep",
            dtype,
            first ? 1 : 0,
            (backend, updates) -> backend.optimizers().sgdStep(sgd, updates));
        AdamStep adam =
            new AdamStep(
                0.01,
                0.9,
                0.99,
                1e-8,
                decay,
                first ? AdamStep.Decay.DECOUPLED : AdamStep.Decay.IN_THE_GRADIENT,
                number,
                second,
                first);
        steps(
            "adamStep",
            dtype,
            second ? 3 : 2,
            (backend, updates) -> backend.optimizers().adamStep(adam, updates));
      }
    }
  }

  @Test
  void rules() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (ElementStep.Rule rule : ElementStep.Rule.values()) {
        for (int flags = 0; flags < 16; flags++) {
          Set<ElementStep.Form> forms = EnumSet.noneOf(ElementStep.Form.class);
          for (ElementStep.Form form : ElementStep.Form.values()) {
            if ((flags >> form.ordinal() & 1) != 0) {
              forms.add(form);
            }
          }
          rule(dtype, rule, forms);
        }
      }
    }
  }

  private void rule(DType dtype, ElementStep.Rule rule, Set<ElementStep.Form> forms) {
    boolean shaped =
        forms.contains(ElementStep.Form.MOMENTUM) || forms.contains(ElementStep.Form.CENTERED);
    boolean isLater = rule == ElementStep.Rule.RADAM || rule == ElementStep.Rule.ASGD;
    if ((shaped && rule != ElementStep.Rule.RMSPROP)
        || (forms.contains(ElementStep.Form.LATER) && !isLater)) {
      return;
    }
    List<Double> numbers =
        rule == ElementStep.Rule.RPROP
            ? List.of(0.5, 1.25, 0.125, 2.0)
            : List.of(0.75, 0.25, 0.5, 0.125, 0.5, -0.25, -0.5, 0.75);
    double decay =
        rule != ElementStep.Rule.RPROP && forms.contains(ElementStep.Form.MAXIMIZE) ? 0.25 : 0;
    ElementStep step = new ElementStep(rule, forms, decay, 0.875, numbers);
    steps(
        "elementStep",
        dtype,
        step.kept(),
        (backend, updates) -> backend.optimizers().elementStep(step, updates));
  }

  /** Steps of more parameters than a launch takes, of no elements to several chunks, some askew. */
  private void steps(String what, DType dtype, int kept, BiConsumer<Backend, List<Update>> step) {
    int tensors = 2 + kept;
    Strided[] all = new Strided[70 * tensors];
    for (int i = 0; i < all.length; i++) {
      int parameter = i / tensors;
      long n = parameter == 3 ? 9000 : parameter == 5 ? 4096 : parameter % 4 * 5L;
      Form form = parameter % 3 == 0 ? Form.OFFSET : Form.CONTIGUOUS;
      all[i] = Twins.of(dtype, form, () -> random.nextInt(1, 65) / 16.0, n);
    }
    Twins.check(
        what,
        8,
        1,
        (b, o) -> {
          List<Update> updates = new ArrayList<>();
          for (int i = 0; i < o.length; i += tensors) {
            List<Strided> state = List.of(o).subList(i + 2, i + tensors);
            updates.add(new Update(o[i], o[i + 1], state));
          }
          step.accept(b, updates);
        },
        all);
  }

  /** The numbers are those of one step after the other, to the last bit. */
  @Test
  void stepsTogetherAreThoseOfEachAlone() {
    AdamStep adam =
        new AdamStep(0.01, 0.9, 0.99, 1e-8, 0.1, AdamStep.Decay.DECOUPLED, 3, true, false);
    SgdStep sgd = new SgdStep(0.1, 0.9, 0.1, 0.1, 3, true, false);
    DoubleSupplier positive = () -> random.nextInt(1, 65) / 16.0;
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)) {
      List<Strided> together = new ArrayList<>();
      for (int i = 0; i < 5 * 70; i++) {
        together.add(Twins.of(dtype, Form.CONTIGUOUS, positive, i / 5 * 3));
      }
      List<Strided> alone = together.stream().map(Twins::upload).toList();
      together = together.stream().map(Twins::upload).toList();
      List<Update> adams = updates(together, 3);
      List<Update> sgds = updates(together, 1);
      Twins.cuda().optimizers().adamStep(adam, adams);
      Twins.cuda().optimizers().sgdStep(sgd, sgds);
      updates(alone, 3)
          .forEach(update -> Twins.cuda().optimizers().adamStep(adam, List.of(update)));
      updates(alone, 1).forEach(update -> Twins.cuda().optimizers().sgdStep(sgd, List.of(update)));
      for (int i = 0; i < alone.size(); i++) {
        assertArrayEquals(
            Twins.values(Twins.download(alone.get(i))),
            Twins.values(Twins.download(together.get(i))));
      }
    }
  }

  private static List<Update> updates(List<Strided> all, int kept) {
    List<Update> updates = new ArrayList<>();
    for (int i = 0; i < all.size(); i += 5) {
      updates.add(new Update(all.get(i), all.get(i + 1), all.subList(i + 2, i + 2 + kept)));
    }
    return updates;
  }

  /** A parameter that an earlier update of the same call has changed is read after that. */
  @Test
  void stepsOfOneMemoryKeepTheirOrder() {
    SgdStep sgd = new SgdStep(0.5, 0, 0, 0.5, 1, false, false);
    Strided x = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, Twins.finite(random, DType.FLOAT32), 9000);
    Strided g = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, Twins.finite(random, DType.FLOAT32), 9000);
    Twins.check(
        "sgdStep",
        4,
        1,
        (b, o) ->
            b.optimizers()
                .sgdStep(
                    sgd,
                    List.of(
                        new Update(o[0], o[1], List.of()),
                        new Update(o[0], o[1], List.of()),
                        new Update(o[1], o[0], List.of()))),
        x,
        g);
  }
}
