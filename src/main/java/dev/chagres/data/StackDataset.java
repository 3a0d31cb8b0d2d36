package dev.chagres.data;

import static dev.chagres.check.Given.given;

import java.util.List;
import java.util.function.Function;

/** Samples whose tensors are those of several datasets' samples of the same index. */
final class StackDataset implements Dataset {
  private final List<Dataset> parts;
  private final long size;

  StackDataset(List<Dataset> parts) {
    this.parts = parts;
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("stack: no datasets");
    }
    size = parts.getFirst().size();
    for (Dataset part : parts) {
      if (part.size() != size) {
        throw new IllegalArgumentException(
            "stack: one dataset has " + size + " samples, another " + part.size());
      }
    }
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Batch get(long index) {
    Subset.check("get", index, size);
    return joined(part -> given("get", "the sample", part.get(index)));
  }

  /** Each dataset makes its part of a batch, as it may have a faster way. */
  @Override
  public Batch batch(long... indices) {
    Subset.check(indices, size);
    return joined(part -> given("batch", "what a dataset made", part.batch(indices.clone())));
  }

  private Batch joined(Function<Dataset, Batch> of) {
    return new Batch(parts.stream().flatMap(part -> of.apply(part).tensors().stream()).toList());
  }
}
