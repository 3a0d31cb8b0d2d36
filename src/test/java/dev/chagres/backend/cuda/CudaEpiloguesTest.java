package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import dev.chagres.backend.FeedForwardKernels;
import dev.chagres.backend.FeedForwardKernels.Activated;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.CublasLt.Epilogue;
import dev.chagres.backend.cuda.CublasLt.Kind;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.nn.FeedForward;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products with activations, those of cuBLASLt and those that are composed, beside the CPU's. */
@OnCuda
@Tag("kernels")
class CudaEpiloguesTest {
  private static final List<DType> FLOATING =
      List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16);

  private final Random random = new Random(9);

  @AfterEach
  void forbid() {
    Cuda.allowFusedActivations(false);
  }

  private Strided numbers(DType dtype, Form form, long... sizes) {
    return Twins.of(dtype, form, Twins.finite(random, dtype), sizes);
  }

  private static double steps(DType dtype) {
    return dtype.size() == 2 ? 4 : 32;
  }

  /** Whether the emulator has algorithms that keep what a gradient needs, and for gradients. */
  private static boolean isFused(DType dtype) {
    return dtype != DType.FLOAT64;
  }

  @ParameterizedTest
  @CsvSource({
    "false, 5, 7, 18",
    "true, 5, 7, 18",
    "true, 1, 1, 1",
    "true, 3, 8, 130",
    "true, 4, 0, 5",
    "true, 0, 3, 5",
    "true, 6, 3, 16"
  })
  void forth(boolean fused, long n, long in, long hidden) {
    Cuda.allowFusedActivations(fused);
    for (DType dtype : FLOATING) {
      for (Activation activation : Activation.values()) {
        for (Form form : List.of(Form.CONTIGUOUS, Form.OFFSET, Form.TRANSPOSED, Form.SLICED)) {
          Strided row = numbers(dtype, form, hidden);
          Twins.check(
              activation + " " + form,
              steps(dtype),
              512,
              (t, o) -> t.feedForward().linear(activation, o[0], o[1], o[2], o[3]),
              numbers(dtype, form, n, in),
              numbers(dtype, form, in, hidden),
              row.with(row.layout().expand(Shape.of(n, hidden))),
              Twins.empty(dtype, n, hidden));
        }
      }
    }
  }

  /** What one way keeps the other way's gradient can use. */
  @ParameterizedTest
  @CsvSource({"false, false", "true, true", "true, false", "false, true"})
  void back(boolean forth, boolean back) {
    for (long[] sizes : new long[][] {{5, 7, 18, 6}, {1, 1, 1, 1}, {3, 8, 130, 16}, {7, 2, 8, 0}}) {
      for (DType dtype : FLOATING) {
        for (Activation activation : Activation.values()) {
          Strided a = numbers(dtype, Form.CONTIGUOUS, sizes[0], sizes[1]);
          Strided b = numbers(dtype, Form.TRANSPOSED, sizes[1], sizes[2]);
          Strided row = numbers(dtype, Form.CONTIGUOUS, sizes[2]);
          Strided bias = row.with(row.layout().expand(Shape.of(sizes[0], sizes[2])));
          Strided g = numbers(dtype, Form.OFFSET, sizes[0], sizes[3]);
          Strided w = numbers(dtype, Form.CONTIGUOUS, sizes[3], sizes[2]);
          Twins.check(
              activation + " and its gradient",
              steps(dtype),
              2048,
              (t, o) -> {
                FeedForwardKernels products = t.feedForward();
                Cuda.allowFusedActivations(forth);
                Activated result = products.linearKept(activation, o[0], o[1], o[2], o[5]);
                Cuda.allowFusedActivations(back);
                products.activationBackward(result, o[3], o[4], o[6], o[7]);
              },
              a,
              b,
              bias,
              g,
              w,
              Twins.empty(dtype, sizes[0], sizes[2]),
              Twins.empty(dtype, sizes[0], sizes[2]),
              Twins.empty(dtype, sizes[2]));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void weights(boolean fused) {
    Cuda.allowFusedActivations(fused);
    for (DType dtype : FLOATING) {
      for (Form form : List.of(Form.CONTIGUOUS, Form.OFFSET, Form.TRANSPOSED, Form.SINGLE)) {
        for (long n : new long[] {0, 1, 9}) {
          Twins.check(
              "weightBackward " + form,
              steps(dtype),
              2048,
              (t, o) -> t.feedForward().weightBackward(o[0], o[1], o[2], o[3]),
              numbers(dtype, form, n, 5),
              numbers(dtype, form, n, 6),
              Twins.empty(dtype, 5, 6),
              Twins.empty(dtype, 5));
        }
      }
    }
  }

  private static void onTheEmulator() {
    assumeTrue(
        Cuda.getDeviceName(0).equals("Chagres emulator"),
        "which algorithms NVIDIA's library has depends on its version");
  }

  /** Unless it is allowed nothing but the bias is left to cuBLASLt. */
  @Test
  void whatIsKeptTellsWhoComputed() {
    onTheEmulator();
    for (DType dtype : FLOATING) {
      for (boolean allowed : new boolean[] {false, true}) {
        Cuda.allowFusedActivations(allowed);
        boolean fused = allowed && isFused(dtype);
        Activated relu = kept(Activation.RELU, dtype);
        assertEquals(fused ? DType.UINT8 : dtype, relu.kept().dtype());
        assertEquals(fused ? Shape.of(3, 16) : Shape.of(3, 10), relu.kept().shape());
        Activated gelu = kept(Activation.GELU_TANH, dtype);
        assertEquals(fused ? 16 : 10, gelu.kept().layout().stride(0));
        assertEquals(10, kept(Activation.GELU, dtype).kept().layout().stride(0));
        if (!fused) {
          assertSame(relu.y(), relu.kept());
        }
      }
    }
  }

  private Activated kept(Activation activation, DType dtype) {
    Strided row = Twins.upload(numbers(dtype, Form.CONTIGUOUS, 10));
    return Twins.cuda()
        .feedForward()
        .linearKept(
            activation,
            Twins.upload(numbers(dtype, Form.CONTIGUOUS, 3, 4)),
            Twins.upload(numbers(dtype, Form.CONTIGUOUS, 4, 10)),
            row.with(row.layout().expand(Shape.of(3, 10))),
            Twins.upload(Twins.empty(dtype, 3, 10)));
  }

  /** Nothing is composed of what is allowed and there; all is of the rest. */
  @Test
  void whatIsAllowedIsLeftToCublasLt() {
    onTheEmulator();
    Twins.cuda();
    CudaDevice device = CudaRuntime.device(Device.cuda(0));
    var composed =
        (FeedForwardKernels)
            Proxy.newProxyInstance(
                FeedForwardKernels.class.getClassLoader(),
                new Class<?>[] {FeedForwardKernels.class},
                (_, method, _) -> {
                  throw new UnsupportedOperationException(method.getName());
                });
    var epilogues = new Epilogues(new Products(device, new Elementwise(device)), composed);
    for (boolean allowed : new boolean[] {false, true}) {
      Cuda.allowFusedActivations(allowed);
      for (DType dtype : FLOATING) {
        Strided[] x =
            Stream.of(
                    numbers(dtype, Form.CONTIGUOUS, 3, 4),
                    numbers(dtype, Form.CONTIGUOUS, 4, 10),
                    numbers(dtype, Form.CONTIGUOUS, 10),
                    Twins.empty(dtype, 3, 10),
                    Twins.empty(dtype, 3, 16),
                    numbers(dtype, Form.CONTIGUOUS, 3, 4),
                    Twins.empty(dtype, 4, 10),
                    Twins.empty(dtype, 4))
                .map(Twins::upload)
                .toArray(Strided[]::new);
        Strided bias = x[2].with(x[2].layout().expand(Shape.of(3, 10)));
        Strided mask = Twins.upload(Twins.empty(DType.UINT8, 3, 16));
        Strided before = x[4].with(x[4].layout().narrow(1, 0, 10));
        for (Activation activation : Activation.values()) {
          boolean mayBe = allowed && activation != Activation.GELU;
          boolean there = mayBe && isFused(dtype);
          var kept = new Activated(activation, x[3], activation == Activation.RELU ? mask : before);
          List<Runnable> calls =
              List.of(
                  () -> epilogues.linearKept(activation, x[0], x[1], bias, x[3]),
                  () -> epilogues.activationBackward(kept, x[5], x[1], x[3], x[2]));
          assertEquals(mayBe, isDone(() -> epilogues.linear(activation, x[0], x[1], bias, x[3])));
          calls.forEach(call -> assertEquals(there, isDone(call), activation + " of " + dtype));
        }
        assertEquals(
            allowed && isFused(dtype),
            isDone(() -> epilogues.weightBackward(x[5], x[3], x[6], x[7])));
      }
    }
  }

  private static boolean isDone(Runnable call) {
    try {
      call.run();
      return true;
    } catch (UnsupportedOperationException _) {
      return false;
    }
  }

  /** Whatever cuBLASLt says to what it has not, the product is to be had another way. */
  @Test
  void whatCublasLtRefusesIsNoError() {
    onTheEmulator();
    Twins.cuda();
    CudaDevice device = CudaRuntime.device(Device.cuda(0));
    Products products = new Products(device, new Elementwise(device));
    Strided a = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 3, 4));
    Strided b = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 4, 10));
    Strided y = Twins.upload(Twins.empty(DType.FLOAT32, 3, 10));
    Strided row = Twins.upload(numbers(DType.FLOAT32, Form.CONTIGUOUS, 10));
    Strided aux = Twins.upload(Twins.empty(DType.FLOAT32, 3, 128));
    for (Kind kind :
        List.of(Kind.RELU_AUX_BIAS, Kind.GELU_AUX_BIAS, Kind.DRELU_BGRAD, Kind.DGELU_BGRAD)) {
      for (long leading : new long[] {10, 8, 128}) {
        var epilogue =
            new Epilogue(kind, CudaDevice.address(row), CudaDevice.address(aux), leading);
        assertEquals(
            leading == 128, products.finished(epilogue, a, b, y), () -> kind + " " + leading);
      }
    }
  }

  /** A training step of a block: gradients with cuBLASLt's activations are near those without. */
  @Test
  void blocks() {
    for (Activation activation : Activation.values()) {
      List<List<Tensor>> all = new ArrayList<>();
      for (boolean allowed : new boolean[] {false, true}) {
        Cuda.allowFusedActivations(allowed);
        assertEquals(allowed, Cuda.isFusedActivationAllowed());
        Chagres.manualSeed(2);
        var block = new FeedForward(6, 20, 6, activation);
        block.to(Device.cuda(0));
        Tensor x = Tensor.randn(2, 5, 6).to(Device.cuda(0)).requiresGrad_();
        Tensor y = block.call(x);
        y.square().sum().backward();
        List<Tensor> made = new ArrayList<>(List.of(y.detach(), x.grad()));
        block.parameters().forEach(parameter -> made.add(parameter.grad()));
        all.add(made);
      }
      assertEquals(6, all.get(0).size());
      for (int i = 0; i < 6; i++) {
        Tensor near = all.get(0).get(i).isclose(all.get(1).get(i), 1e-4, 1e-4).all();
        assertTrue(near.isTrue(), activation + " " + i);
      }
    }
  }
}
