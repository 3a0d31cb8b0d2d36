package dev.chagres.tensor;

/** In which order the first two tensors of a mesh grid name its dimensions. */
public enum MeshIndexing {
  /** The first one names rows, the second columns, as a matrix is indexed. */
  IJ,
  /** The first one names columns, the second rows, as points in a plane are. */
  XY
}
