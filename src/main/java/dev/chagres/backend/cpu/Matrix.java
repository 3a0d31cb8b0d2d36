package dev.chagres.backend.cpu;

import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;

/** A matrix in memory with any strides, counted in elements. */
record Matrix(
    MemorySegment at, DType dtype, long rows, long columns, long rowStride, long columnStride) {

  /** Returns a row-major matrix without gaps. */
  static Matrix contiguous(MemorySegment at, DType dtype, long rows, long columns) {
    return new Matrix(at, dtype, rows, columns, columns, 1);
  }

  /** Returns the bytes of a copy without gaps. */
  long bytes() {
    return Math.multiplyExact(Math.multiplyExact(rows, columns), (long) dtype.size());
  }

  Matrix transposed() {
    return new Matrix(at, dtype, columns, rows, columnStride, rowStride);
  }

  /** Returns a block of this matrix. */
  Matrix block(long row, long column, long rowCount, long columnCount) {
    long offset = row * rowStride + column * columnStride;
    MemorySegment start = offset == 0 ? at : at.asSlice(offset * dtype.size());
    return new Matrix(start, dtype, rowCount, columnCount, rowStride, columnStride);
  }

  /**
   * Returns whether BLAS can read this as it lies: rows without gaps between their elements, at
   * least a row's length apart, and at most {@code most} elements.
   */
  boolean isRowMajor(long most) {
    return (columnStride == 1 || columns == 1)
        && (rows == 1 || (rowStride >= columns && rowStride <= most));
  }

  /** Returns the distance of two rows that BLAS accepts, for a matrix that {@link #isRowMajor}. */
  long leadingDimension() {
    return rows == 1 ? Math.max(1, columns) : rowStride;
  }
}
