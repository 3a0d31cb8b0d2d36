package dev.chagres.distributed;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.cuda.CudaStream;
import dev.chagres.memory.Handover;
import dev.chagres.nn.Module;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Runs replicas at the same time, each on a thread of its own, as the calling thread would. */
final class Workers {
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("chagres-replica-", 0).factory());

  private Workers() {}

  /** What a replica made, or threw. */
  private record Outcome(@Nullable Tensor result, @Nullable Throwable thrown) {}

  /**
   * Calls each module with its inputs, the first on this thread.
   *
   * @throws IllegalStateException if one fails, which names it; the others have ended by then
   */
  @SuppressWarnings("CatchingUnchecked") // an Error, too, must not leave the others running
  static List<Tensor> call(List<Module> modules, List<List<Tensor>> inputs, List<Device> devices) {
    Setting setting = Setting.ofThread(devices);
    List<Future<Handover<Outcome>>> running = new ArrayList<>();
    for (int i = 1; i < modules.size(); i++) {
      Module module = modules.get(i);
      Tensor[] own = inputs.get(i).toArray(Tensor[]::new);
      Device device = devices.get(i);
      running.add(
          THREADS.submit(() -> Handover.of(() -> setting.run(device, () -> call(module, own)))));
    }
    List<Tensor> results = new ArrayList<>();
    Throwable failure = null;
    try {
      results.add(call(modules.getFirst(), inputs.getFirst().toArray(Tensor[]::new)));
    } catch (RuntimeException | Error e) {
      failure = failed(0, devices.getFirst(), e);
    }
    for (int i = 1; i < modules.size(); i++) {
      Outcome outcome = await(running.get(i - 1)).take();
      Throwable thrown = outcome.thrown;
      Tensor result = outcome.result;
      if (result != null) {
        results.add(result);
      } else if (failure == null && thrown != null) {
        failure = failed(i, devices.get(i), thrown);
      }
    }
    switch (failure) {
      case null -> {}
      case Error error -> throw error;
      default -> throw (IllegalStateException) failure;
    }
    return results;
  }

  private static Tensor call(Module module, Tensor... inputs) {
    return inputs.length == 1 ? module.call(inputs[0]) : module.call(inputs);
  }

  /** An error of the JVM stays what it is. */
  private static Throwable failed(int replica, Device device, Throwable thrown) {
    if (thrown instanceof Error) {
      return thrown;
    }
    return new IllegalStateException(
        "DataParallel: replica " + replica + " on " + device + " failed: " + thrown.getMessage(),
        thrown);
  }

  /** Waits also where it is interrupted: what a replica still computes with must not go. */
  private static Handover<Outcome> await(Future<Handover<Outcome>> running) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return running.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw new IllegalStateException("DataParallel: a replica's thread failed", e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What a thread has chosen, for others to do likewise. */
  private record Setting(
      boolean records,
      boolean inference,
      boolean onDevice,
      @Nullable DType autocast,
      List<CudaStream> streams) {

    static Setting ofThread(List<Device> devices) {
      return new Setting(
          GradMode.isEnabled(),
          GradMode.isInference(),
          DefaultDevice.get().isCuda(),
          Autocast.isEnabled(devices.getFirst()) ? Autocast.dtype(devices.getFirst()) : null,
          devices.stream().map(CudaStream::current).toList());
    }

    private GradMode mode() {
      return inference ? GradMode.inference() : records ? GradMode.enable() : GradMode.disable();
    }

    @SuppressWarnings("CatchingUnchecked") // whatever it is, the calling thread throws it
    Outcome run(Device device, Supplier<Tensor> body) {
      List<CudaStream.Use> used = streams.stream().map(CudaStream::use).toList();
      try (var _ = mode();
          var _ = DefaultDevice.use(onDevice ? device : Device.cpu());
          var _ = autocast == null ? null : Autocast.on(device, autocast)) {
        return new Outcome(body.get(), null);
      } catch (RuntimeException | Error e) {
        return new Outcome(null, e);
      } finally {
        used.reversed().forEach(CudaStream.Use::close);
      }
    }
  }
}
