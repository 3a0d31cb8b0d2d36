package dev.chagres.data;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.memory.Storage;
import dev.chagres.memory.StorageHolder;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Samples that are the rows of tensors, which are shared with the dataset. */
public final class TensorDataset implements Dataset, StorageHolder {
  private final List<Tensor> tensors;
  private final long size;

  /**
   * Makes a dataset of tensors with equally many rows, usually inputs and targets.
   *
   * @throws IllegalArgumentException if there are none, one is 0-d, or their first sizes differ
   */
  public TensorDataset(Tensor... tensors) {
    given("TensorDataset", "tensors", tensors);
    this.tensors = List.copyOf(each("TensorDataset", "a tensor", Arrays.asList(tensors)));
    if (tensors.length == 0) {
      throw new IllegalArgumentException("TensorDataset: needs a tensor");
    }
    for (Tensor tensor : tensors) {
      if (tensor.dim() == 0 || tensor.size(0) != tensors[0].size(0)) {
        throw new IllegalArgumentException(
            "TensorDataset: rows differ in number, shapes "
                + tensors[0].shape()
                + " and "
                + tensor.shape());
      }
    }
    this.size = tensors[0].size(0);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Batch get(long index) {
    Subset.check("get", index, size);
    return new Batch(tensors.stream().map(tensor -> tensor.select(0, index)).toList());
  }

  @Override
  public Batch batch(long... indices) {
    Subset.check(indices, size);
    Tensor rows = Tensor.of(indices);
    return new Batch(
        tensors.stream().map(tensor -> tensor.indexSelect(0, rows.to(tensor.device()))).toList());
  }

  @Override
  public void forEachStorage(Consumer<Storage> action) {
    tensors.forEach(tensor -> tensor.forEachStorage(action));
  }
}
