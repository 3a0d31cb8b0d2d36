package dev.chagres.data;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.memory.Storage;
import dev.chagres.memory.StorageHolder;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Tensors that belong together, one row for each sample: usually the inputs x and the targets y.
 *
 * @param tensors at least one
 */
public record Batch(List<Tensor> tensors) implements StorageHolder {
  /** Checks that there is a tensor. */
  public Batch {
    tensors = List.copyOf(each("Batch", "a tensor", given("Batch", "tensors", tensors)));
    if (tensors.isEmpty()) {
      throw new IllegalArgumentException("Batch: it needs a tensor");
    }
  }

  /** Makes a batch of these tensors. */
  public Batch(Tensor... tensors) {
    this(Arrays.asList(given("Batch", "tensors", tensors)));
  }

  /**
   * Returns samples side by side: their first tensors stacked, their second ones, and so on.
   *
   * @throws IllegalArgumentException if there are none, or they differ in their numbers of tensors
   *     or in shapes
   */
  public static Batch stack(List<Batch> samples) {
    each("stack", "a sample", given("stack", "samples", samples));
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("stack: no samples");
    }
    int count = samples.getFirst().tensors.size();
    for (Batch sample : samples) {
      if (sample.tensors.size() != count) {
        throw new IllegalArgumentException(
            "stack: one sample has " + count + " tensors, another " + sample.tensors.size());
      }
    }
    return new Batch(
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    Tensor.stack(samples.stream().map(sample -> sample.tensors.get(i)).toList(), 0))
            .toList());
  }

  /** Returns the first tensor: the inputs. */
  public Tensor x() {
    return tensors.getFirst();
  }

  /**
   * Returns the second tensor: the targets.
   *
   * @throws IndexOutOfBoundsException if there is only one
   */
  public Tensor y() {
    if (tensors.size() < 2) {
      throw new IndexOutOfBoundsException("Batch: it has one tensor, x, and no y");
    }
    return tensors.get(1);
  }

  /** Returns the number of samples. */
  public long size() {
    return x().size(0);
  }

  @Override
  public void forEachStorage(Consumer<Storage> action) {
    tensors.forEach(tensor -> tensor.forEachStorage(action));
  }
}
