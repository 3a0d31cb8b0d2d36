package dev.chagres.distributed;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.core.Device;
import dev.chagres.nn.Module;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A module that runs on several GPUs at the same time, each with a part of the batch: PyTorch's
 * {@code torch.nn.DataParallel}, in one process and with one thread of the program.
 *
 * <pre>{@code
 * var model = new DataParallel(new Net().to(Device.cuda(0)), Net::new);
 * var optimizer = new Adam(model.parameters());
 * ...
 * lossFn.call(model.call(x), y.to(Device.cuda(0))).backward();
 * }</pre>
 *
 * <p>Each call divides the inputs along their first dimension, copies the module's parameters to
 * its replicas, runs these on threads of their own, and joins the results on the first device. In
 * backward passes the gradients of all replicas are added to those of the module's parameters,
 * which alone are trained. Buffers that {@code forward} changes count on the first device. A batch
 * that is smaller than the number of devices leaves some idle.
 *
 * <p>Java cannot copy a module, so the program says how another one is made; it must have the same
 * parameters, buffers and modules inside, and its own numbers are never used. Hooks belong to the
 * module that they were put on, and do not run in replicas.
 *
 * <p>{@link DistributedDataParallel}, with a rank for each GPU, copies no parameters and gives each
 * GPU a thread also for backward passes: it is the faster way.
 */
public final class DataParallel extends Module {
  private final Module module;
  private final List<Device> devices;
  private final Replicas replicas;

  /** Takes all GPUs there are, from the first one on. */
  public DataParallel(Module module, Supplier<? extends Module> replicas) {
    this(
        given("DataParallel", "module", module),
        given("DataParallel", "replicas", replicas),
        IntStream.range(0, Math.max(1, CudaRuntime.deviceCount())).mapToObj(Device::cuda).toList());
  }

  /**
   * Takes some GPUs.
   *
   * @param module what is trained; its parameters are on the first device when it is called
   * @param replicas makes a new module like it
   * @param devices the GPUs, the first of which gets the results
   * @throws IllegalArgumentException if what {@code replicas} makes is not like the module, or a
   *     device is no GPU or there twice
   * @throws IllegalStateException if a GPU or NCCL is not there, with the reason
   */
  public DataParallel(Module module, Supplier<? extends Module> replicas, List<Device> devices) {
    given("DataParallel", "module", module);
    given("DataParallel", "replicas", replicas);
    Checks.devices("DataParallel", given("DataParallel", "devices", devices));
    this.module = register("module", module);
    this.devices = List.copyOf(devices);
    this.replicas = new Replicas(module, replicas, this.devices);
  }

  /** Returns the module that is trained. */
  public Module module() {
    return module;
  }

  @Override
  public Tensor forward(Tensor x) {
    return forward(new Tensor[] {x});
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    each("DataParallel", "an input", Arrays.asList(given("DataParallel", "inputs", inputs)));
    if (inputs.length == 0) {
      throw new IllegalArgumentException("DataParallel: no inputs to divide");
    }
    checkPlaces();
    List<List<Tensor>> parts = divided(inputs);
    if (parts.size() == 1) {
      Tensor[] whole = parts.getFirst().toArray(Tensor[]::new);
      return whole.length == 1 ? module.call(whole[0]) : module.call(whole);
    }
    List<Tensor> results =
        Workers.call(replicas.take(parts.size()), parts, devices.subList(0, parts.size()));
    return Parallel.gather(results, devices.getFirst());
  }

  private void checkPlaces() {
    Device first = devices.getFirst();
    forEach(
        (name, x) -> {
          if (!x.device().equals(first)) {
            throw new IllegalStateException(
                "DataParallel: the module belongs on "
                    + first
                    + ", and "
                    + name
                    + " is on "
                    + x.device());
          }
        });
  }

  private void forEach(BiConsumer<String, Tensor> action) {
    module.namedParameters().forEach(action);
    module.namedBuffers().forEach(action);
  }

  /** Returns the inputs of each device that gets some. */
  private List<List<Tensor>> divided(Tensor... inputs) {
    List<List<Tensor>> parts = new ArrayList<>();
    for (Tensor input : inputs) {
      if (input.dim() == 0 || input.size(0) != inputs[0].size(0)) {
        throw new IllegalArgumentException(
            "DataParallel: inputs are divided along their first dimension, and these are "
                + Arrays.stream(inputs).map(Tensor::shape).toList());
      }
      List<Tensor> own = Parallel.scatter(input, devices);
      for (int i = 0; i < own.size(); i++) {
        if (i == parts.size()) {
          parts.add(new ArrayList<>());
        }
        parts.get(i).add(own.get(i));
      }
    }
    return parts;
  }
}
