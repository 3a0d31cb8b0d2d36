package dev.chagres.distributed;

import dev.chagres.core.Device;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The ranks of some devices for a thread that works with all of them. They are made once for the
 * same devices in the same order, and never closed, as contexts of devices are not.
 */
final class Peers {
  private static final Map<List<Device>, Peers> KNOWN = new ConcurrentHashMap<>();

  private final List<ProcessGroup> ranks;

  private Peers(List<Device> devices) {
    ranks = ProcessGroup.ofDevices(devices);
  }

  /** Returns those of some devices. */
  static Peers of(List<Device> devices) {
    return KNOWN.computeIfAbsent(List.copyOf(devices), Peers::new);
  }

  /** Copies a tensor of the first device to one of each other. One thread at a time does so. */
  synchronized void broadcast(List<Tensor> tensors) {
    ProcessGroup.together(
        () -> {
          for (int i = 0; i < ranks.size(); i++) {
            ranks.get(i).broadcast(tensors.get(i), 0);
          }
        });
  }

  /** Replaces a tensor of the first device by the sum of one of each. */
  synchronized void reduce(List<Tensor> tensors) {
    ProcessGroup.together(
        () -> {
          for (int i = 0; i < ranks.size(); i++) {
            ranks.get(i).reduce(tensors.get(i), 0, ReduceOp.SUM);
          }
        });
  }
}
