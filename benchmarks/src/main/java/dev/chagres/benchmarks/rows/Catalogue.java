package dev.chagres.benchmarks.rows;

import java.util.List;

/** All tables of workloads, in their order. */
public final class Catalogue {

  private Catalogue() {}

  public static List<Family> families() {
    return List.of(
        ElementwiseRows.twoOperands(),
        ElementwiseRows.oneOperand(),
        ElementwiseRows.chains(),
        ArrayRows.layouts(),
        ArrayRows.reductions(),
        ArrayRows.softmax(),
        ArrayRows.images(),
        ArrayRows.indexing(),
        ProductRows.all(),
        TrainingRows.tutorials(),
        TrainingRows.steps(),
        TrainingRows.optimizers());
  }
}
