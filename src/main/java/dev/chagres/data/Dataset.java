package dev.chagres.data;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Samples, counted from 0. */
public interface Dataset {

  /** Returns the number of samples. */
  long size();

  /**
   * Returns one sample: its tensors, without a dimension for the batch.
   *
   * @throws IndexOutOfBoundsException if there is no such sample
   */
  Batch get(long index);

  /**
   * Returns these samples side by side; by default each is asked for, and their tensors are
   * stacked.
   */
  default Batch batch(long... indices) {
    given("batch", "indices", indices);
    List<Batch> samples = new ArrayList<>();
    for (long index : indices) {
      samples.add(get(index));
    }
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("batch: no indices");
    }
    List<Tensor> stacked = new ArrayList<>();
    for (int i = 0; i < samples.getFirst().tensors().size(); i++) {
      int part = i;
      stacked.add(
          Tensor.stack(samples.stream().map(sample -> sample.tensors().get(part)).toList(), 0));
    }
    return new Batch(stacked);
  }

  /** Returns the samples at some positions as a dataset. */
  default Dataset subset(long... indices) {
    return new Subset(this, given("subset", "indices", indices).clone());
  }

  /**
   * Divides the samples at random, by the default generator, into datasets of these sizes, which
   * add up to the size.
   */
  default List<Dataset> randomSplit(long... sizes) {
    return randomSplit(Generator.standard(), sizes);
  }

  /**
   * Divides the samples at random into datasets of these sizes, as PyTorch's {@code random_split}
   * does for the same generator.
   *
   * @throws IllegalArgumentException if the sizes do not add up to the size
   */
  default List<Dataset> randomSplit(Generator generator, long... sizes) {
    given("randomSplit", "generator", generator);
    given("randomSplit", "sizes", sizes);
    if (Arrays.stream(sizes).sum() != size() || Arrays.stream(sizes).anyMatch(size -> size < 0)) {
      throw new IllegalArgumentException(
          "randomSplit: sizes "
              + Arrays.toString(sizes)
              + " do not add up to "
              + size()
              + " samples");
    }
    long[] order = generator.randperm(size()).toLongArray();
    List<Dataset> parts = new ArrayList<>();
    int start = 0;
    for (long size : sizes) {
      int end = Math.toIntExact(start + size);
      parts.add(new Subset(this, Arrays.copyOfRange(order, start, end)));
      start = end;
    }
    return parts;
  }
}
