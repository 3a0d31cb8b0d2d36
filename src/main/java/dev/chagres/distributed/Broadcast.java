package dev.chagres.distributed;

import dev.chagres.core.Device;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Copies of the first device's tensors on the others, those of one device after the other, made by
 * one call for each flat bucket. Its gradient is {@link Sum}, and that of a sum is a broadcast.
 */
final class Broadcast extends Function {
  /** As PyTorch's. */
  private static final long BUCKET_BYTES = 10L << 20;

  private final List<Device> devices;

  Broadcast(List<Device> devices) {
    this.devices = devices;
  }

  @Override
  protected List<Tensor> forward(Context context, List<Tensor> inputs) {
    Peers peers = Peers.of(devices);
    int others = devices.size() - 1;
    List<Tensor> outputs =
        new ArrayList<>(Collections.nCopies(others * inputs.size(), inputs.getFirst()));
    List<Tensor> plain = new ArrayList<>();
    for (Flat flat : Flat.divide(inputs, BUCKET_BYTES, BUCKET_BYTES)) {
      List<Tensor> ranks = new ArrayList<>();
      ranks.add(flat.joined(inputs));
      for (Device device : devices.subList(1, devices.size())) {
        ranks.add(Tensor.empty(device, flat.dtype(), flat.numel()));
      }
      peers.broadcast(ranks);
      for (int other = 0; other < others; other++) {
        List<Tensor> parts = flat.parts(ranks.get(other + 1));
        for (int i = 0; i < parts.size(); i++) {
          int position = flat.positions().get(i);
          outputs.set(other * inputs.size() + position, parts.get(i));
          if (!context.needsInputGrad(position)) {
            plain.add(parts.get(i));
          }
        }
      }
    }
    context.markNonDifferentiable(plain.toArray(Tensor[]::new));
    return outputs;
  }

  @Override
  protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
    List<Tensor> all =
        IntStream.range(0, gradOutputs.size()).mapToObj(i -> gradOutput(gradOutputs, i)).toList();
    return new ArrayList<@Nullable Tensor>(new Sum(devices).apply(all.toArray(Tensor[]::new)));
  }

  /** The sums, on the first device, of tensors of the others, those of one device after another. */
  private static final class Sum extends Function {
    private final List<Device> devices;

    Sum(List<Device> devices) {
      this.devices = devices;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Peers peers = Peers.of(devices);
      int count = inputs.size() / (devices.size() - 1);
      List<Tensor> sums = new ArrayList<>(inputs.subList(0, count));
      for (Flat flat : Flat.divide(sums, BUCKET_BYTES, BUCKET_BYTES)) {
        Tensor sum = Tensor.zeros(devices.getFirst(), flat.dtype(), flat.numel());
        List<Tensor> ranks = new ArrayList<>();
        ranks.add(sum);
        for (int from = 0; from < inputs.size(); from += count) {
          ranks.add(flat.joined(inputs.subList(from, from + count)));
        }
        peers.reduce(ranks);
        List<Tensor> parts = flat.parts(sum);
        for (int i = 0; i < parts.size(); i++) {
          sums.set(flat.positions().get(i), parts.get(i));
        }
      }
      return sums;
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      List<Tensor> all =
          IntStream.range(0, gradOutputs.size()).mapToObj(i -> gradOutput(gradOutputs, i)).toList();
      return new ArrayList<@Nullable Tensor>(
          new Broadcast(devices).apply(all.toArray(Tensor[]::new)));
    }
  }
}
