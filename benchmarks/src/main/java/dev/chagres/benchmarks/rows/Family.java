package dev.chagres.benchmarks.rows;

import dev.chagres.benchmarks.protocol.Name;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Rows that belong together, and make one table. */
public final class Family {

  private final String title;
  private final String remark;
  private final List<Row> rows = new ArrayList<>();

  /**
   * Makes a table without rows.
   *
   * @param remark what a reader has to know of all its rows; may be empty
   */
  Family(String title, String remark) {
    this.title = title;
    this.remark = remark;
  }

  public String title() {
    return title;
  }

  public String remark() {
    return remark;
  }

  public List<Row> rows() {
    return List.copyOf(rows);
  }

  /** Adds rows by their names, with the same targets. */
  Family rows(List<Target> targets, String... names) {
    for (String name : names) {
      rows.add(new Row(name, 0, 0, targets));
    }
    return this;
  }

  /** Adds a row for each size in a text, in the place of {@code #}; all move some bytes a call. */
  Family each(String sizes, String pattern, Sizing sizing) {
    for (String size : sizes.split(" ")) {
      String name = pattern.replace("#", size);
      long[] parsed = Name.of(name).sizes();
      rows.add(
          new Row(
              name,
              sizing.moved.applyAsDouble(parsed),
              sizing.operations.applyAsDouble(parsed),
              sizing.targets.of(parsed)));
    }
    return this;
  }

  /** The targets of a row with some sizes. */
  interface Targets {
    List<Target> of(long... sizes);
  }

  /**
   * What follows from a row's sizes.
   *
   * @param moved bytes
   * @param operations of floating point
   * @param targets of this size
   */
  record Sizing(
      ToDoubleFunction<long[]> moved, ToDoubleFunction<long[]> operations, Targets targets) {

    /** So many bytes for each element of a shape. */
    static Sizing bytes(int perElement, Targets targets) {
      return new Sizing(shape -> perElement * count(shape), _ -> 0, targets);
    }

    /** So many floating-point operations. */
    static Sizing operations(ToDoubleFunction<long[]> count, Targets targets) {
      return new Sizing(_ -> 0, count, targets);
    }

    private static double count(long[] shape) {
      double count = 1;
      for (long size : shape) {
        count *= size;
      }
      return count;
    }
  }
}
