package dev.chagres.benchmarks.rows;

import dev.chagres.benchmarks.rows.Family.Sizing;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Matrix products. */
final class ProductRows {

  private ProductRows() {}

  static Family all() {
    return new Family(
            "Matrix products",
            "One size is that of square matrices, three are rows, inner size and columns, four"
                + " begin with the number of matrices.")
        .each("2 4 8 16 32 64 128 256 512 1024 2048 4096", "matmul #", product(n -> cube(n[0])))
        .each("64 512", "matmul #, into out", product(n -> cube(n[0])))
        .each("64x784x256 64x256x128 64x128x10", "matmul #", product(ProductRows::box))
        .each("4096x16x4096 16x4096x16 1x1024x1024", "matmul #", product(ProductRows::box))
        .each("64 512", "matmul, first transposed #", product(n -> cube(n[0])))
        .each("64 512", "matmul, second transposed #", product(n -> cube(n[0])))
        .each("64 1024", "matmul by a vector #", product(n -> 2.0 * n[0] * n[0]))
        .each("1000x4x4x4 64x16x16x16 64x64x64x64", "batched matmul #", product(ProductRows::box))
        .each("64x128x64x128", "batched matmul #", product(ProductRows::box));
  }

  private static Sizing product(ToDoubleFunction<long[]> operations) {
    return Sizing.operations(operations, _ -> List.of(new Target.Faster(1), new Target.OfC(0.98)));
  }

  private static double cube(long n) {
    return 2.0 * n * n * n;
  }

  private static double box(long... sizes) {
    double product = 2;
    for (long size : sizes) {
      product *= size;
    }
    return product;
  }
}
