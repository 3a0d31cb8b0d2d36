package dev.chagres.data;

import static dev.chagres.check.Given.given;

import java.util.Arrays;
import java.util.List;

/** The samples of several datasets, one after the other. */
final class ConcatDataset implements Dataset {
  private final List<Dataset> parts;

  ConcatDataset(List<Dataset> parts) {
    this.parts = parts;
    if (parts.isEmpty()) {
      throw new IllegalArgumentException("concat: no datasets");
    }
  }

  @Override
  public long size() {
    try {
      return parts.stream().mapToLong(Dataset::size).reduce(0, Math::addExact);
    } catch (ArithmeticException e) {
      throw new IllegalStateException("concat: more samples together than a long counts", e);
    }
  }

  /** A sample's dataset, and its index there. */
  private record Place(Dataset part, long index) {}

  private Place place(String operation, long index) {
    long rest = Subset.check(operation, index, size());
    for (Dataset part : parts) {
      if (rest < part.size()) {
        return new Place(part, rest);
      }
      rest -= part.size();
    }
    throw new IllegalStateException(operation + ": a dataset has fewer samples than it had");
  }

  @Override
  public Batch get(long index) {
    Place place = place("get", index);
    return place.part.get(place.index);
  }

  /** A batch of one dataset's samples is that dataset's, which may have a faster way. */
  @Override
  public Batch batch(long... indices) {
    given("batch", "indices", indices);
    List<Place> places = Arrays.stream(indices).mapToObj(index -> place("batch", index)).toList();
    if (places.stream().map(Place::part).distinct().count() == 1) {
      return places.getFirst().part.batch(places.stream().mapToLong(Place::index).toArray());
    }
    return Dataset.super.batch(indices);
  }
}
