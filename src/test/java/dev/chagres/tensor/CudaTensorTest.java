package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.io.Npy;
import dev.chagres.io.Safetensors;
import dev.chagres.nn.Functional;
import dev.chagres.nn.Linear;
import dev.chagres.optim.Adam;
import dev.chagres.testing.OnCuda;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tensors on a GPU: how they come there and back, and how they meet others. */
@OnCuda
class CudaTensorTest {
  private static final Device GPU = Device.cuda(0);

  private static void assertThrowsText(
      Class<? extends Exception> type, String text, Supplier<?> call) {
    assertEquals(text, assertThrows(type, call::get).getMessage());
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void elementsComeBack(DType dtype) {
    Tensor x = Tensor.arange(0, 24).sub(5).to(dtype).reshape(2, 3, 4);
    Tensor there = x.to(GPU);
    assertEquals(GPU, there.device());
    assertTrue(there.isCuda() && !there.isCpu());
    assertEquals(dtype, there.dtype());
    assertEquals(x.tolist(), there.tolist());
    assertEquals(x.tolist(), there.cpu().tolist());
    assertSame(there, there.to(GPU));
    assertSame(x, x.cpu());
    Tensor turned = x.permute(2, 0, 1).to(GPU);
    assertArrayEquals(x.permute(2, 0, 1).stride(), turned.stride());
    assertEquals(x.permute(2, 0, 1).tolist(), turned.tolist());
    Tensor gaps = x.select(2, 1);
    assertEquals(gaps.tolist(), gaps.to(GPU).tolist());
    assertEquals(gaps.tolist(), there.select(2, 1).cpu().tolist());
    assertTrue(there.select(2, 1).cpu().isContiguous());
    Tensor wide = x.narrow(0, 0, 1).expand(3, 3, 4);
    assertEquals(wide.tolist(), wide.to(GPU).tolist());
    assertEquals(wide.tolist(), there.narrow(0, 0, 1).expand(3, 3, 4).tolist());
    assertEquals(List.of(), x.narrow(0, 0, 0).to(GPU).cpu().tolist());
    assertEquals(
        x.select(0, 0).select(0, 0).select(0, 1).itemLong(), there.at("0, 0, 1").itemLong());
  }

  @Test
  void valuesAreRead() {
    Tensor x = Tensor.of(new float[][] {{1, 2}, {3, 4.5f}}).cuda();
    assertEquals(4.5, x.at("1, 1").item());
    assertTrue(x.at("0, 0").isTrue());
    assertArrayEquals(new float[] {1, 2, 3, 4.5f}, x.toFloatArray());
    assertArrayEquals(new long[] {1, 3, 2, 4}, x.t().toLongArray());
    assertEquals(
        """
        tensor([[1.0000, 2.0000],
                [3.0000, 4.5000]], device='cuda:0')\
        """,
        x.toString());
    assertEquals(0, x.getDevice());
    assertThrows(UnsupportedOperationException.class, x::segment);
    assertThrows(UnsupportedOperationException.class, x::readOnlySegment);
  }

  @Test
  void gradientsFlowThroughCopies() {
    Tensor x = Tensor.of(1.0, 2, 3).requiresGrad_();
    Tensor y = x.to(GPU).mul(2).cpu().mul(3);
    assertEquals("ToCopyBackward", x.to(GPU).gradFn().name());
    y.sum().backward();
    assertArrayEquals(new float[] {6, 6, 6}, x.grad().toFloatArray());
    assertEquals(Device.cpu(), x.grad().device());
  }

  @Test
  void copiesReachAcross() {
    Tensor here = Tensor.zeros(2, 3);
    Tensor there = Tensor.arange(GPU, DType.INT64, 0, 6, 1).reshape(2, 3);
    here.copy_(there);
    assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, here.toFloatArray());
    there.t().copy_(Tensor.of(new double[][] {{1.5, 2}, {3, 4}, {5, 6}}, DType.FLOAT64));
    assertArrayEquals(new long[] {1, 3, 5, 2, 4, 6}, there.toLongArray());
    there.copy_(Tensor.scalar(9));
    assertArrayEquals(new long[] {9, 9, 9, 9, 9, 9}, there.toLongArray());
    there.zero_();
    there.put("0, 1", 4);
    there.put("1", Tensor.scalar(2));
    assertArrayEquals(new long[] {0, 4, 0, 2, 2, 2}, there.toLongArray());
  }

  @Test
  void devicesDoNotMix() {
    Tensor here = Tensor.ones(2);
    Tensor there = Tensor.ones(GPU, 2);
    assertThrowsText(
        IllegalArgumentException.class,
        "add: operands are on different devices, cpu and cuda:0",
        () -> here.add(there));
    assertThrowsText(
        IllegalArgumentException.class,
        "add_: operands are on different devices, cuda:0 and cpu",
        () -> there.add_(here));
    for (Supplier<?> call :
        List.<Supplier<?>>of(
            () -> here.index(Index.of(Tensor.of(new long[] {1}).to(GPU))),
            () -> here.put(5, Index.of(Tensor.of(new boolean[] {true, false}).to(GPU))))) {
      assertThrowsText(
          IllegalArgumentException.class,
          "index: an index tensor is on cuda:0 and the tensor on cpu;"
              + " bring one to the other with to(device)",
          call);
    }
    for (Supplier<Tensor> call :
        List.<Supplier<Tensor>>of(
            () -> Out.add(there, there, Tensor.zeros(2)),
            () -> Out.exp(there, Tensor.zeros(2)),
            () -> here.matmul(there),
            () -> Tensor.cat(List.of(there, here)),
            () -> Tensor.where(here.gt(0), there, there),
            () -> there.addcmul(here, there),
            () -> there.indexSelect(0, Tensor.of(0L)),
            () -> there.gather(0, Tensor.of(0L)),
            () -> new Generator(1).normal_(there),
            () -> new Generator(GPU, 1).normal_(here))) {
      Exception thrown = assertThrows(IllegalArgumentException.class, call::get);
      assertTrue(thrown.getMessage().contains("cuda:0"), thrown.getMessage());
      assertTrue(thrown.getMessage().contains("cpu"), thrown.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> here.requiresGrad_().setGrad(there));
  }

  @Test
  void numbersOfTheCpuJoin() {
    Tensor there = Tensor.of(1.0, 2).cuda();
    Tensor number = Tensor.scalar(10.0).requiresGrad_();
    Tensor sum = there.add(number);
    assertArrayEquals(new float[] {11, 12}, sum.toFloatArray());
    assertEquals(GPU, number.mul(there).device());
    assertArrayEquals(new float[] {9, 8}, number.sub(there).toFloatArray());
    sum.mul(there).sum().backward();
    assertEquals(3, number.grad().item());
    assertEquals(Device.cpu(), number.grad().device());
    Tensor plain = Tensor.scalar(3);
    assertArrayEquals(new float[] {3, 2}, Tensor.where(there.gt(1), there, plain).toFloatArray());
    assertArrayEquals(new float[] {10, 20}, there.addcmul(there, Tensor.scalar(9)).toFloatArray());
    assertArrayEquals(new float[] {1, 2}, there.clamp(plain.sub(3), plain).toFloatArray());
    there.mul_(plain);
    assertArrayEquals(new float[] {3, 6}, there.toFloatArray());
    assertArrayEquals(new float[] {3, 3}, there.maskedFill(there.gt(3), plain).toFloatArray());
    assertThrows(IllegalArgumentException.class, () -> Tensor.scalar(1f).add_(there.at("0")));
    // As in PyTorch a number of the GPU does not join what is on the CPU.
    assertThrows(IllegalArgumentException.class, () -> Tensor.ones(2).add(there.at("0")));
  }

  @Test
  void indicesMayBeOnTheCpuInBrackets() {
    Tensor x = Tensor.arange(GPU, 10);
    assertArrayEquals(new long[] {3, 1}, x.index(Index.of(Tensor.of(3, 1))).toLongArray());
    assertArrayEquals(new long[] {8, 9}, x.index(Index.of(Tensor.arange(10).gt(7))).toLongArray());
  }

  @Test
  void factoriesTakeADevice() {
    List<Tensor> made =
        List.of(
            Tensor.empty(GPU, 2, 3),
            Tensor.zeros(GPU, 2, 3),
            Tensor.ones(GPU, DType.INT8, 2, 3),
            Tensor.full(GPU, Shape.of(2, 3), 7, DType.FLOAT64),
            Tensor.eye(GPU, 3),
            Tensor.linspace(GPU, DType.FLOAT32, 0, 1, 5),
            Tensor.scalar(GPU, 3, DType.INT64),
            Tensor.of(GPU, new int[][] {{1, 2}}, DType.INT64),
            Tensor.rand(GPU, 5),
            Tensor.randn(GPU, DType.FLOAT64, 5),
            Tensor.randint(GPU, DType.INT64, 0, 10, 5),
            Tensor.randperm(GPU, 5),
            Tensor.zeros(GPU, 2).newOnes(2),
            Tensor.zeros(GPU, 2).newTensor(new float[] {1, 2}),
            Tensor.ones(2).zerosLike(GPU));
    for (Tensor each : made) {
      assertEquals(GPU, each.device());
    }
    assertArrayEquals(new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, made.get(4).toFloatArray());
    assertEquals(List.of(List.of(1L, 2L)), made.get(7).tolist());
  }

  @Test
  void theDefaultDeviceIsOfItsThreadUntilItIsClosed() throws Exception {
    try (var _ = DefaultDevice.use(GPU)) {
      assertEquals(GPU, DefaultDevice.get());
      assertEquals(GPU, Tensor.zeros(2).device());
      assertEquals(GPU, Tensor.of(1.0, 2).device());
      assertEquals(GPU, Tensor.scalar(3).device());
      assertEquals(GPU, Tensor.rand(2).device());
      assertEquals(GPU, new Linear(2, 3).weight().device());
      assertArrayEquals(new float[] {2, 3}, Tensor.of(1.0, 2).add(1).toFloatArray());
      Tensor onCpu = Tensor.zeros(Device.cpu(), 2, 2);
      assertEquals(Device.cpu(), onCpu.tril().add(1).softmax(0).cumsum(0).device());
      try (var _ = DefaultDevice.use(Device.cpu())) {
        assertEquals(Device.cpu(), Tensor.zeros(2).device());
      }
      assertEquals(GPU, Tensor.zeros(2).device());
      Thread other =
          Thread.ofVirtual().start(() -> assertEquals(Device.cpu(), DefaultDevice.get()));
      other.join();
    }
    assertEquals(Device.cpu(), Tensor.zeros(2).device());
    DefaultDevice.set(GPU);
    try {
      assertEquals(GPU, Tensor.zeros(2).device());
    } finally {
      DefaultDevice.set(Device.cpu());
    }
  }

  @Test
  void generatorsOfADeviceKeepTheirPlace() {
    Generator first = new Generator(GPU, 7);
    Tensor a = first.randn(DType.FLOAT32, 100);
    Tensor b = first.randn(DType.FLOAT32, 100);
    assertEquals(GPU, a.device());
    assertEquals(GPU, first.device());
    assertFalse(a.equal(b));
    assertEquals(7, first.initialSeed());
    Tensor state = first.getState();
    assertEquals(16, state.numel());
    assertEquals(Device.cpu(), state.device());
    Tensor c = first.rand(DType.FLOAT32, 10);
    assertTrue(c.equal(first.clone().setState(state).rand(DType.FLOAT32, 10)));
    first.manualSeed(7);
    assertTrue(a.equal(first.randn(DType.FLOAT32, 100)));
    assertThrows(IllegalArgumentException.class, () -> first.setState(new Generator().getState()));
    Chagres.manualSeed(3);
    Tensor d = Tensor.rand(GPU, 4);
    Chagres.manualSeed(3);
    assertTrue(d.equal(Tensor.rand(GPU, 4)));
    assertTrue(d.equal(new Generator(GPU, 3).rand(DType.FLOAT32, 4)));
  }

  @Test
  void forksAndCheckpointsKeepTheStreamsOfDevicesToo() {
    Generator.standard(GPU).manualSeed(5);
    Tensor first;
    try (var _ = Generator.fork()) {
      first = Tensor.rand(GPU, 8);
    }
    assertTrue(first.equal(Tensor.rand(GPU, 8)));
    Tensor x = Tensor.ones(GPU, 64).requiresGrad_();
    Tensor y = Autograd.checkpoint(in -> Functional.dropout(in, 0.5), x);
    y.sum().backward();
    assertTrue(y.detach().equal(x.grad()));
  }

  @Test
  void classesAreNotReadForALoss() {
    Tensor logits = Tensor.randn(4, 3);
    Tensor there = logits.to(GPU);
    Tensor target = Tensor.of(2, 0, -100, 1);
    assertTrue(
        Functional.crossEntropy(there, target.to(GPU))
            .cpu()
            .allclose(Functional.crossEntropy(logits, target)));
    for (long bad : new long[] {3, -1}) {
      Tensor loss = Functional.crossEntropy(there, Tensor.of(0, bad, 1, 1).to(GPU));
      Exception thrown = assertThrows(IndexOutOfBoundsException.class, loss::item);
      assertEquals("crossEntropy: target " + bad + " is not one of 3 classes", thrown.getMessage());
    }
  }

  @Test
  void modulesAndOptimizersFollow(@TempDir Path folder) throws IOException {
    Chagres.manualSeed(1);
    Linear host = new Linear(3, 2);
    Linear there = new Linear(3, 2);
    there.loadStateDict(host.stateDict());
    there.to(GPU);
    assertEquals(GPU, there.weight().device());
    Tensor x = Tensor.randn(5, 3);
    Adam first = new Adam(host.parameters());
    Adam second = new Adam(there.parameters());
    for (int i = 0; i < 3; i++) {
      first.zeroGrad();
      second.zeroGrad();
      host.forward(x).square().mean().backward();
      there.forward(x.to(GPU)).square().mean().backward();
      assertEquals(GPU, there.weight().grad().device());
      first.step();
      second.step();
    }
    assertTrue(there.weight().cpu().allclose(host.weight()));
    second.stateDict().forEach((name, value) -> assertNotNull(value.cpu().tolist(), name));
    Map<String, Tensor> state = there.stateDict();
    Path file = folder.resolve("model.safetensors");
    Safetensors.save(state, file);
    Map<String, Tensor> loaded = Safetensors.load(file);
    assertTrue(loaded.get("weight").equal(there.weight().detach().cpu()));
    assertEquals(Device.cpu(), loaded.get("weight").device());
    there.loadStateDict(loaded);
    assertEquals(GPU, there.weight().device());
    Path array = folder.resolve("weight.npy");
    Npy.save(there.weight().t(), array);
    assertTrue(Npy.load(array).equal(there.weight().detach().t().cpu()));
  }

  /** Which function meets them is chance: the error names the one that they were given to. */
  @Test
  void badNumbersOfAnEarlierCallKeepItsName() {
    Tensor classes = Tensor.of(0, 2).to(GPU);
    Tensor y = Tensor.arange(GPU, 5).indexSelect(0, Tensor.of(1, 9).to(GPU));
    assertEquals(
        "indexSelect: index 9 is out of range for a dimension of size 5",
        assertThrows(IndexOutOfBoundsException.class, () -> Functional.oneHot(classes))
            .getMessage());
    assertEquals(2, y.numel());
  }

  @Test
  void badNumbersAreThrownWhereTheHostWaits() {
    Tensor x = Tensor.arange(GPU, 5);
    Tensor y = x.indexSelect(0, Tensor.of(1, 9).to(GPU));
    assertEquals(
        "indexSelect: index 9 is out of range for a dimension of size 5",
        assertThrows(IndexOutOfBoundsException.class, Cuda::synchronize).getMessage());
    assertEquals(1, y.at("0").item());
    Tensor zero = x.floorDivide(x);
    assertThrows(ArithmeticException.class, zero::tolist);
    Cuda.synchronize(GPU);
    Cuda.setLaunchBlocking(true);
    try {
      assertThrows(ArithmeticException.class, () -> x.floorDivide(x));
    } finally {
      Cuda.setLaunchBlocking(false);
    }
  }

  @Test
  void theDevicesAreDescribed() {
    assertEquals("", Cuda.whyNot());
    assertFalse(Cuda.getDeviceName(0).isEmpty());
    assertTrue(Cuda.getDeviceCapability(0).major() >= 7);
    assertTrue(Cuda.totalMemory(0) >= Cuda.freeMemory(0));
    assertEquals(GPU, Cuda.memoryStats(0).device());
    assertTrue(Cuda.report().contains("cuda:0: "), Cuda.report());
    assertTrue(Chagres.doctor().contains(Cuda.getDeviceName(0)), Chagres.doctor());
    assertThrows(IllegalStateException.class, () -> Cuda.getDeviceName(Cuda.deviceCount()));
    Cuda.emptyCache(0);
  }

  @Test
  @OnCuda(devices = 2)
  void tensorsMoveBetweenDevices() {
    Tensor x = Tensor.arange(GPU, 6).reshape(2, 3);
    Tensor y = x.t().cuda(1);
    assertEquals(Device.cuda(1), y.device());
    assertArrayEquals(x.t().stride(), y.stride());
    assertEquals(x.t().tolist(), y.tolist());
    assertThrows(IllegalArgumentException.class, () -> x.t().add(y));
    x.copy_(y.t().mul(2));
    assertArrayEquals(new long[] {0, 2, 4, 6, 8, 10}, x.toLongArray());
  }
}
