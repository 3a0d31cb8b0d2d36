package dev.chagres.tensor;

/** How {@link Norms#cdist} computes Euclidean distances. */
public enum DistanceMode {
  /** By a product of matrices where there are more than 25 rows on one side. */
  USE_MM_FOR_EUCLID_DIST_IF_NECESSARY,
  /**
   * By a product of matrices: fast, but the distance of rows that are close to each other and far
   * from 0 has few digits.
   */
  USE_MM_FOR_EUCLID_DIST,
  /** By the differences. */
  DONOT_USE_MM_FOR_EUCLID_DIST
}
