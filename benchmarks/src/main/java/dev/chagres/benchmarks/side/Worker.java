package dev.chagres.benchmarks.side;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.util.OptionalLong;

/** The side of Chagres, in a process of its own. */
public final class Worker extends Service<Tensor> {

  private static final int COLLECTED_MILLIS = 30;

  /** Makes the side without a process of its own. */
  public Worker() {
    super(all());
  }

  public static void main(String[] args) throws IOException {
    Chagres.setNumThreads(Integer.parseInt(args[0]));
    DefaultDevice.set(Device.of(args[1]));
    new Worker().serve();
  }

  private static Recipes<Tensor> all() {
    var recipes = new Recipes<Tensor>();
    Elementwise.in(recipes);
    Layouts.in(recipes);
    Reducing.in(recipes);
    Images.in(recipes);
    Attending.in(recipes);
    Indexing.in(recipes);
    Products.in(recipes);
    Training.in(recipes);
    Networks.in(recipes);
    return recipes;
  }

  @Override
  protected String version() {
    var doctor = Chagres.doctor();
    return "Chagres "
        + Chagres.version()
        + " (kernels "
        + word(doctor, "kernels").replaceAll("\\S*/", "")
        + "; OpenBLAS "
        + word(doctor, "openblas").replaceAll("\\S*/", "")
        + (DefaultDevice.get().isCuda() ? "; " + gpu() + "; " + word(doctor, "cuda") : "")
        + ")";
  }

  /** Figures mean nothing without the name of what they were taken on. */
  private static String gpu() {
    int index = DefaultDevice.get().index();
    return Cuda.getDeviceName(index) + " " + Cuda.getDeviceCapability(index);
  }

  private static String word(String doctor, String key) {
    return doctor
        .lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).strip())
        .findFirst()
        .orElse("unknown");
  }

  @Override
  protected void scoped(Runnable calls) {
    try (var _ = Scope.open()) {
      calls.run();
    }
  }

  @Override
  protected void finish() {
    Cuda.synchronize(DefaultDevice.get());
  }

  @Override
  protected void dropped() {
    var device = DefaultDevice.get();
    if (device.isCuda()) {
      awaitCollected(device.index());
      Cuda.emptyCache(device.index());
    }
  }

  /** Waits until what was collected has been given back, and the memory is what the next has. */
  private static void awaitCollected(int index) {
    try {
      long before;
      long now = Long.MAX_VALUE;
      do {
        before = now;
        Thread.sleep(COLLECTED_MILLIS);
        now = Cuda.memoryStats(index).liveBytes();
      } while (now < before);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  protected OptionalLong reserved() {
    var device = DefaultDevice.get();
    return device.isCuda()
        ? OptionalLong.of(Cuda.memoryStats(device.index()).reservedBytes())
        : OptionalLong.empty();
  }

  @Override
  protected long count(Tensor result) {
    return result.numel();
  }

  @Override
  protected double[] take(Tensor result, long[] positions) {
    return result.detach().reshape(-1).indexSelect(0, Tensor.of(positions)).toDoubleArray();
  }
}
