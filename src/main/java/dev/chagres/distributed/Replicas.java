package dev.chagres.distributed;

import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.memory.Storage;
import dev.chagres.nn.Module;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A module's likenesses on other devices. Before each call their parameters come to stand for
 * copies of the module's, through which gradients flow back to these.
 */
final class Replicas {
  private final Module module;
  private final List<Device> devices;
  private final List<Module> others = new ArrayList<>();
  private List<Seen> copied = List.of();
  private int copiedFor;

  /**
   * Where a buffer was and how often that had been written to; a module may replace its buffers.
   */
  private record Seen(Storage storage, Layout layout, long version) {
    static Seen of(Tensor buffer) {
      return new Seen(buffer.storage(), buffer.layout(), buffer.storage().version());
    }
  }

  Replicas(Module module, Supplier<? extends Module> maker, List<Device> devices) {
    this.module = module;
    this.devices = devices;
    Generator generator = Generator.standard();
    Tensor state = generator.getState();
    for (int i = 1; i < devices.size(); i++) {
      Module made = made(maker);
      if (made == null) {
        throw new NullPointerException("DataParallel: a module that replicas returned is null");
      }
      checkAlike(made);
      others.add(made);
    }
    generator.setState(state); // as if they had not been made
  }

  /** On the CPU, whose generator's state is put back. */
  private static @Nullable Module made(Supplier<? extends Module> maker) {
    try (var _ = DefaultDevice.use(Device.cpu())) {
      return maker.get();
    }
  }

  @SuppressWarnings("ReferenceEquality") // A module is itself.
  private void checkAlike(Module made) {
    if (made == module || others.contains(made)) {
      throw new IllegalArgumentException(
          "DataParallel: replicas returned a module that is in use; each must be a new one");
    }
    checkAlike("parameter", module.namedParameters(), made.namedParameters());
    checkAlike("buffer", module.namedBuffers(), made.namedBuffers());
    if (!module.namedModules().keySet().equals(made.namedModules().keySet())) {
      throw new IllegalArgumentException("DataParallel: a replica has other modules inside");
    }
  }

  private static void checkAlike(
      String kind, Map<String, ? extends Tensor> wanted, Map<String, ? extends Tensor> made) {
    if (!List.copyOf(wanted.keySet()).equals(List.copyOf(made.keySet()))) {
      throw new IllegalArgumentException(
          "DataParallel: a replica has the "
              + kind
              + "s "
              + made.keySet()
              + ", and the module "
              + wanted.keySet());
    }
    wanted.forEach(
        (name, x) -> {
          Tensor like = made.get(name);
          if (like != null && !like.shape().equals(x.shape())) {
            throw new IllegalArgumentException(
                "DataParallel: the "
                    + kind
                    + " "
                    + name
                    + " is "
                    + x.shape()
                    + " in the module and "
                    + like.shape()
                    + " in a replica");
          }
        });
  }

  /** Returns the module and its replicas on the first {@code count} devices, as it is now. */
  List<Module> take(int count) {
    List<Device> used = devices.subList(0, count);
    List<Module> taken = others.subList(0, count - 1);
    bindParameters(used, taken);
    copyBuffers(used, taken);
    taken.forEach(this::copyModes);
    List<Module> all = new ArrayList<>();
    all.add(module);
    all.addAll(taken);
    return all;
  }

  private void bindParameters(List<Device> used, List<Module> taken) {
    List<Parameter> parameters = module.parameters();
    List<List<Tensor>> copies = Parallel.broadcast(List.copyOf(parameters), used);
    for (int i = 0; i < taken.size(); i++) {
      List<Parameter> own = taken.get(i).parameters();
      List<Tensor> values = copies.get(i + 1);
      for (int j = 0; j < own.size(); j++) {
        Primitives.<Tensor>of(own.get(j)).bind(own.get(j), values.get(j));
      }
    }
  }

  /** Buffers that nobody has written to or replaced since are left as they are. */
  private void copyBuffers(List<Device> used, List<Module> taken) {
    List<Tensor> buffers = module.buffers();
    List<Seen> now = buffers.stream().map(Seen::of).toList();
    if (copiedFor == used.size() && copied.equals(now)) {
      return;
    }
    Autograd.noGrad(
        () -> {
          List<List<Tensor>> copies = Parallel.broadcast(buffers, used);
          for (int i = 0; i < taken.size(); i++) {
            List<Tensor> own = taken.get(i).buffers();
            for (int j = 0; j < own.size(); j++) {
              Tensor copy = copies.get(i + 1).get(j);
              copy.storage().escape();
              own.get(j).setData(copy);
            }
          }
        });
    copied = now;
    copiedFor = used.size();
  }

  private void copyModes(Module replica) {
    Map<String, Module> parts = replica.namedModules();
    module
        .namedModules()
        .forEach(
            (path, original) -> {
              Module part = parts.get(path);
              if (part != null && part.isTraining() != original.isTraining()) {
                if (original.isTraining()) {
                  part.train();
                } else {
                  part.eval();
                }
              }
            });
  }
}
