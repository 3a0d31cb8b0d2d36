package dev.chagres.data;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Generator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Samples, counted from 0. A {@link DataLoader} with workers asks for samples in several threads at
 * once.
 */
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
   * stacked. A dataset that has a faster way for many at once overrides this.
   *
   * @throws DatasetException if one of them cannot be made: names it
   */
  default Batch batch(long... indices) {
    given("batch", "indices", indices);
    if (indices.length == 0) {
      throw new IllegalArgumentException("batch: no indices");
    }
    return Batch.stack(Fetching.samples(this, indices));
  }

  /** Returns the samples at some positions as a dataset. */
  default Subset subset(long... indices) {
    return new Subset(this, indices);
  }

  /** Returns the samples of several datasets, one after the other: PyTorch's ConcatDataset. */
  static Dataset concat(Dataset... datasets) {
    given("concat", "datasets", datasets);
    return new ConcatDataset(List.copyOf(each("concat", "a dataset", Arrays.asList(datasets))));
  }

  /**
   * Returns samples whose tensors are those of several datasets' samples of the same index, one
   * dataset's after the other's: PyTorch's StackDataset.
   *
   * @throws IllegalArgumentException if there are none, or they differ in size
   */
  static Dataset stack(Dataset... datasets) {
    given("stack", "datasets", datasets);
    return new StackDataset(List.copyOf(each("stack", "a dataset", Arrays.asList(datasets))));
  }

  /**
   * Divides the samples at random, by the default generator, into datasets of these sizes, which
   * add up to the size.
   */
  default List<Subset> randomSplit(long... sizes) {
    return randomSplit(Generator.standard(), sizes);
  }

  /**
   * Divides the samples at random into datasets of these sizes, as PyTorch's {@code random_split}
   * does for the same generator.
   *
   * @throws IllegalArgumentException if the sizes do not add up to the size
   */
  default List<Subset> randomSplit(Generator generator, long... sizes) {
    given("randomSplit", "generator", generator);
    given("randomSplit", "sizes", sizes);
    long all = size(); // asked once: nothing keeps it from changing
    long rest = all;
    for (long size : sizes) {
      rest = size < 0 || size > rest ? -1 : rest - size;
    }
    if (rest != 0) {
      throw new IllegalArgumentException(
          "randomSplit: sizes " + Arrays.toString(sizes) + " do not add up to " + all + " samples");
    }
    return divided(generator, all, sizes);
  }

  /** Divides so many samples into datasets of these sizes, which add up to that. */
  private List<Subset> divided(Generator generator, long all, long... sizes) {
    long[] order = generator.randperm(all).toLongArray();
    List<Subset> parts = new ArrayList<>();
    int start = 0;
    for (long size : sizes) {
      int end = Math.toIntExact(start + size);
      parts.add(new Subset(this, Arrays.copyOfRange(order, start, end)));
      start = end;
    }
    return parts;
  }

  /** Divides the samples at random, by the default generator, into these parts of them. */
  default List<Subset> randomSplit(double... fractions) {
    return randomSplit(Generator.standard(), fractions);
  }

  /**
   * Divides the samples at random into these parts of them, as PyTorch's {@code random_split} does
   * for the same generator: each part is rounded down, and what is left goes to the first ones.
   *
   * @throws IllegalArgumentException if a fraction is negative or they do not add up to 1
   */
  default List<Subset> randomSplit(Generator generator, double... fractions) {
    given("randomSplit", "generator", generator);
    given("randomSplit", "fractions", fractions);
    double sum = Arrays.stream(fractions).sum();
    if (!(Math.abs(sum - 1) <= 1e-9) || Arrays.stream(fractions).anyMatch(part -> part < 0)) {
      throw new IllegalArgumentException(
          "randomSplit: fractions " + Arrays.toString(fractions) + " do not add up to 1");
    }
    long all = size();
    long[] sizes = Arrays.stream(fractions).mapToLong(part -> (long) (all * part)).toArray();
    long left = all - Arrays.stream(sizes).sum();
    for (int i = 0; i < left; i++) {
      sizes[i % sizes.length]++;
    }
    return divided(generator, all, sizes);
  }
}
