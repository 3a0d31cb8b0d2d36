package dev.chagres.testing;

import static dev.chagres.testing.OtherRows.smooth;

import dev.chagres.core.DType;
import dev.chagres.tensor.DistanceMode;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The rows of sums of products beside {@link MatrixRows}' own, of distances and covariances. */
final class ProductRows {
  static final List<Row> ROWS = new ArrayList<>();

  static {
    sums();
    vectors();
    contractions();
    distances();
    statistics();
  }

  private ProductRows() {}

  private static long[] of(long... values) {
    return values;
  }

  // ---- added products

  private static void sums() {
    for (long[] bias : new long[][] {{2, 3, 2}, {2}, {3, 1}, {}}) {
      ROWS.add(
          smooth(
              "baddbmm with a bias of rank " + bias.length,
              List.of(bias, of(2, 3, 4), of(2, 4, 2)),
              in -> in.get(0).baddbmm(in.get(1), in.get(2), 0.5, -2),
              in -> {
                Plain ab = MatrixRows.matmul(in.get(1), in.get(2));
                return Plain.fill(of(2, 3, 2), i -> 0.5 * in.get(0).broadcastAt(i) - 2 * ab.at(i));
              }));
    }
    for (long[] bias : new long[][] {{3, 2}, {2}, {}}) {
      ROWS.add(
          smooth(
              "addbmm with a bias of rank " + bias.length,
              List.of(bias, of(2, 3, 4), of(2, 4, 2)),
              in -> in.get(0).addbmm(in.get(1), in.get(2), 2, 0.5),
              in -> {
                Plain ab = MatrixRows.matmul(in.get(1), in.get(2));
                return Plain.fill(
                    of(3, 2),
                    i ->
                        2 * in.get(0).broadcastAt(i)
                            + 0.5 * (ab.at(0, i[0], i[1]) + ab.at(1, i[0], i[1])));
              }));
    }
    for (long[] bias : new long[][] {{3}, {1}, {}}) {
      ROWS.add(
          smooth(
              "addmv with a bias " + Arrays.toString(bias),
              List.of(bias, of(3, 4), of(4)),
              in -> in.get(0).addmv(in.get(1), in.get(2), -1, 3),
              in -> {
                Plain av = MatrixRows.matmul(in.get(1), in.get(2));
                return Plain.fill(of(3), i -> -in.get(0).broadcastAt(i) + 3 * av.at(i));
              }));
    }
    for (long[] bias : new long[][] {{3, 4}, {4}, {3, 1}}) {
      ROWS.add(
          smooth(
              "addr with a bias of rank " + bias.length + "," + bias[bias.length - 1],
              List.of(bias, of(3), of(4)),
              in -> in.get(0).addr(in.get(1), in.get(2), 0.5, 2),
              in ->
                  Plain.fill(
                      of(3, 4),
                      i ->
                          0.5 * in.get(0).broadcastAt(i)
                              + 2 * in.get(1).at(i[0]) * in.get(2).at(i[1]))));
    }
    ROWS.add(
        smooth(
            "addr without its operand",
            List.of(of(3, 4), of(3), of(4)),
            in -> in.get(0).addr(in.get(1), in.get(2), 0, 1),
            in -> Plain.fill(of(3, 4), i -> in.get(1).at(i[0]) * in.get(2).at(i[1]))));
  }

  // ---- products of vectors and of elements

  private static void vectors() {
    ROWS.add(
        smooth(
            "vdot",
            List.of(of(5), of(5)),
            in -> in.get(0).vdot(in.get(1)),
            in -> MatrixRows.matmul(in.get(0), in.get(1))));
    ROWS.add(
        smooth(
            "inner",
            List.of(of(2, 3, 4), of(5, 4)),
            in -> in.get(0).inner(in.get(1)),
            in ->
                Plain.fill(
                    of(2, 3, 5),
                    i -> sum(4, k -> in.get(0).at(i[0], i[1], k) * in.get(1).at(i[2], k)))));
    ROWS.add(
        smooth(
            "inner with a number",
            List.of(of(2, 3), of()),
            in -> in.get(0).inner(in.get(1)),
            in -> Plain.fill(of(2, 3), i -> in.get(0).at(i) * in.get(1).at())));
    ROWS.add(
        smooth(
            "kron",
            List.of(of(2, 3), of(4, 1, 2)),
            in -> in.get(0).kron(in.get(1)),
            in ->
                Plain.fill(
                    of(4, 2, 6),
                    i -> in.get(0).at(i[1], i[2] / 2) * in.get(1).at(i[0], 0, i[2] % 2))));
    ROWS.add(
        smooth(
            "cross",
            List.of(of(2, 3, 1), of(1, 3, 4)),
            in -> in.get(0).cross(in.get(1), -2),
            in ->
                Plain.fill(
                    of(2, 3, 4),
                    i -> {
                      long p = (i[1] + 1) % 3;
                      long q = (i[1] + 2) % 3;
                      return in.get(0).at(i[0], p, 0) * in.get(1).at(0, q, i[2])
                          - in.get(0).at(i[0], q, 0) * in.get(1).at(0, p, i[2]);
                    })));
    ROWS.add(
        smooth(
            "cross along the first of three",
            List.of(of(3, 3), of(3, 3)),
            in -> in.get(0).cross(in.get(1)),
            in ->
                Plain.fill(
                    of(3, 3),
                    i -> {
                      long p = (i[0] + 1) % 3;
                      long q = (i[0] + 2) % 3;
                      return in.get(0).at(p, i[1]) * in.get(1).at(q, i[1])
                          - in.get(0).at(q, i[1]) * in.get(1).at(p, i[1]);
                    })));
    ROWS.add(
        smooth(
            "trace",
            List.of(of(3, 4)),
            in -> in.getFirst().trace(),
            in -> Plain.fill(of(), i -> sum(3, k -> in.getFirst().at(k, k)))));
    ROWS.add(
        smooth(
            "sumToSize",
            List.of(of(2, 3, 4)),
            in -> in.getFirst().sumToSize(3, 1),
            in -> Plain.fill(of(3, 1), i -> sum(8, k -> in.getFirst().at(k / 4, i[0], k % 4)))));
  }

  @FunctionalInterface
  private interface Term {
    double of(long k);
  }

  private static double sum(long count, Term term) {
    double sum = 0;
    for (long k = 0; k < count; k++) {
      sum += term.of(k);
    }
    return sum;
  }

  // ---- contractions

  private static void contractions() {
    ROWS.add(
        smooth(
            "tensordot over two dimensions",
            List.of(of(2, 3, 4), of(4, 5, 3)),
            in -> Tensor.tensordot(in.get(0), in.get(1), new int[] {1, -1}, new int[] {2, 0}),
            in ->
                Plain.fill(
                    of(2, 5),
                    i ->
                        sum(
                            12,
                            k ->
                                in.get(0).at(i[0], k / 4, k % 4)
                                    * in.get(1).at(k % 4, i[1], k / 4)))));
    ROWS.add(
        smooth(
            "tensordot over none",
            List.of(of(2), of(3)),
            in -> Tensor.tensordot(in.get(0), in.get(1), 0),
            in -> Plain.fill(of(2, 3), i -> in.get(0).at(i[0]) * in.get(1).at(i[1]))));
    ROWS.add(
        smooth(
            "tensordot that broadcasts",
            List.of(of(2, 3), of(1, 4)),
            in -> Tensor.tensordot(in.get(0), in.get(1), 1),
            in ->
                Plain.fill(
                    of(2, 4), i -> sum(3, k -> in.get(0).at(i[0], k) * in.get(1).at(0, i[1])))));
    ROWS.add(
        smooth(
            "chainMatmul",
            List.of(of(2, 5), of(5, 3), of(3, 4), of(4, 1)),
            in -> Tensor.chainMatmul(in),
            in ->
                MatrixRows.matmul(
                    MatrixRows.matmul(MatrixRows.matmul(in.get(0), in.get(1)), in.get(2)),
                    in.get(3))));
    einsum("i->", of(), of(4));
    einsum("ij->ji", of(3, 2), of(2, 3));
    einsum("ii->i", of(3), of(3, 3));
    einsum("ii", of(), of(3, 3));
    einsum("iji->j", of(2), of(3, 2, 3));
    einsum("iii->i", of(2), of(2, 2, 2));
    einsum("i,j->ij", of(2, 3), of(2), of(3));
    einsum("ij,jk", of(2, 4), of(2, 3), of(3, 4));
    einsum("ji,jk->ki", of(4, 2), of(3, 2), of(3, 4));
    einsum("bij,bjk->bik", of(2, 3, 2), of(2, 3, 4), of(2, 4, 2));
    einsum("bij,kj->kbi", of(5, 2, 3), of(2, 3, 4), of(5, 4));
    einsum("abc,cbd->ad", of(2, 3), of(2, 4, 2), of(2, 4, 3));
    einsum("ij,ij->", of(), of(2, 3), of(2, 3));
    einsum("ij,ij->i", of(2), of(2, 3), of(2, 3));
    einsum("i,i,i->i", of(3), of(3), of(3), of(3));
    einsum("ij,jk,kl->il", of(2, 2), of(2, 3), of(3, 4), of(4, 2));
    einsum("ab,bc,cd,de->ae", of(2, 2), of(2, 4), of(4, 2), of(2, 3), of(3, 2));
    einsum("Aa,aB->AB", of(2, 3), of(2, 2), of(2, 3));
    einsum("ij,k->ik", of(2, 3), of(2, 4), of(3));
    einsum("ij,jk->ik", of(2, 3), of(2, 1), of(4, 3));
    ROWS.add(
        smooth(
            "einsum with ellipses",
            List.of(of(2, 1, 3, 4), of(3, 4, 2)),
            in -> Tensor.einsum(" ...ij , ...jk -> k ... i", in),
            in ->
                Plain.fill(
                    of(2, 2, 3, 3),
                    i ->
                        sum(
                            4,
                            j -> in.get(0).at(i[1], 0, i[3], j) * in.get(1).at(i[2], j, i[0])))));
    ROWS.add(
        smooth(
            "einsum with an ellipsis and nothing said of the result",
            List.of(of(2, 3), of(2, 3)),
            in -> Tensor.einsum("b...,c...", in),
            in ->
                Plain.fill(of(3, 2, 2), i -> in.get(0).at(i[1], i[0]) * in.get(1).at(i[2], i[0]))));
    ROWS.add(
        smooth(
            "einsum that sums over an ellipsis",
            List.of(of(2, 3, 2)),
            in -> Tensor.einsum("i...->i", in),
            in -> Plain.fill(of(2), i -> sum(6, k -> in.get(0).at(i[0], k / 2, k % 2)))));
  }

  /** An equation without ellipsis, by its definition: all products, added where they belong. */
  private static void einsum(String equation, long[] result, long[]... shapes) {
    String[] sides = equation.split("->", -1);
    String[] terms = sides[0].split(",", -1);
    String to = sides.length > 1 ? sides[1] : once(sides[0]);
    ROWS.add(
        smooth(
            "einsum " + equation,
            List.of(shapes),
            in -> Tensor.einsum(equation, in),
            in -> Plain.fill(result, i -> product(terms, to, in, i))));
  }

  private static String once(String left) {
    StringBuilder found = new StringBuilder();
    left.chars()
        .filter(Character::isLetter)
        .filter(c -> left.indexOf(c) == left.lastIndexOf(c))
        .sorted()
        .forEach(c -> found.append((char) c));
    return found.toString();
  }

  private static double product(String[] terms, String to, List<Plain> in, long... at) {
    StringBuilder summed = new StringBuilder();
    String.join("", terms)
        .chars()
        .distinct()
        .filter(c -> to.indexOf(c) < 0)
        .forEach(c -> summed.append((char) c));
    String letters = to + summed;
    long[] sizes = new long[letters.length()];
    for (int t = 0; t < terms.length; t++) {
      for (int d = 0; d < terms[t].length(); d++) {
        int letter = letters.indexOf(terms[t].charAt(d));
        sizes[letter] = Math.max(sizes[letter], in.get(t).size(d));
      }
    }
    long count = 1;
    for (int s = to.length(); s < sizes.length; s++) {
      count *= sizes[s];
    }
    return sum(
        count,
        k -> {
          long[] index = Arrays.copyOf(at, sizes.length);
          long rest = k;
          for (int s = to.length(); s < sizes.length; s++) {
            index[s] = rest % sizes[s];
            rest /= sizes[s];
          }
          double product = 1;
          for (int t = 0; t < terms.length; t++) {
            long[] own = new long[terms[t].length()];
            for (int d = 0; d < own.length; d++) {
              own[d] = index[letters.indexOf(terms[t].charAt(d))];
            }
            product *= in.get(t).broadcastAt(own);
          }
          return product;
        });
  }

  // ---- distances

  private static void distances() {
    for (double p : new double[] {1, 2, 3, 1.5}) {
      ROWS.add(
          smooth(
              "dist of order " + p,
              List.of(of(2, 3), of(3)),
              in -> in.get(0).dist(in.get(1), p),
              in ->
                  Plain.fill(
                      of(),
                      i ->
                          Math.pow(
                              sum(
                                  6,
                                  k ->
                                      Math.pow(
                                          Math.abs(
                                              in.get(0).at(k / 3, k % 3) - in.get(1).at(k % 3)),
                                          p)),
                              1 / p))));
    }
    for (double p : new double[] {1, 2, 3, 1.5, 0.5}) {
      for (DistanceMode mode : DistanceMode.values()) {
        if (p == 2 || mode == DistanceMode.DONOT_USE_MM_FOR_EUCLID_DIST) {
          ROWS.add(
              smooth(
                  "cdist of order " + p + ", " + mode,
                  List.of(of(2, 3, 4), of(2, 4)),
                  in -> in.get(0).cdist(in.get(1), p, mode),
                  in ->
                      Plain.fill(
                          of(2, 3, 2), i -> distance(in.get(0), in.get(1), p, i[0], i[1], i[2]))));
        }
      }
    }
    ROWS.add(
        smooth(
            "pdist",
            List.of(of(3, 4)),
            in -> in.getFirst().pdist(),
            in ->
                Plain.fill(
                    of(3),
                    i -> {
                      long a = i[0] == 2 ? 1 : 0;
                      long b = i[0] == 0 ? 1 : 2;
                      Plain x = in.getFirst();
                      return Math.sqrt(sum(4, k -> Math.pow(x.at(a, k) - x.at(b, k), 2)));
                    })));
    ROWS.add(
        smooth(
            "renorm",
            List.of(of(3, 4)),
            in -> in.getFirst().renorm(2, 0, 1.5),
            in ->
                Plain.fill(
                    of(3, 4),
                    i -> {
                      Plain x = in.getFirst();
                      double length = Math.sqrt(sum(4, k -> Math.pow(x.at(i[0], k), 2)));
                      return x.at(i) * (length > 1.5 ? 1.5 / (length + 1e-7) : 1);
                    })));
  }

  private static double distance(Plain a, Plain b, double p, long batch, long i, long j) {
    double sum = sum(4, k -> Math.pow(Math.abs(a.at(batch, i, k) - b.at(j, k)), p));
    return p == 2 ? Math.sqrt(sum) : Math.pow(sum, 1 / p);
  }

  // ---- covariances

  private static void statistics() {
    ROWS.add(
        smooth(
            "cov",
            List.of(of(3, 5)),
            in -> in.getFirst().cov(),
            in -> Plain.fill(of(3, 3), i -> covariance(in.getFirst(), i[0], i[1]) / 4)));
    ROWS.add(
        smooth(
            "cov of observations that count",
            List.of(of(2, 4)),
            in ->
                in.getFirst()
                    .cov(0, Cells.tensor(DType.INT64, of(4), new long[] {1, 2, 0, 3}), null),
            in -> {
              // Each observation as often as it counts.
              long[] picks = {0, 1, 1, 3, 3, 3};
              Plain x = in.getFirst();
              Plain all = Plain.fill(of(2, 6), i -> x.at(i[0], picks[(int) i[1]]));
              return Plain.fill(of(2, 2), i -> covariance(all, i[0], i[1]) / 6);
            }));
  }

  private static double covariance(Plain x, long a, long b) {
    long n = x.size(1);
    double meanA = sum(n, k -> x.at(a, k)) / n;
    double meanB = sum(n, k -> x.at(b, k)) / n;
    return sum(n, k -> (x.at(a, k) - meanA) * (x.at(b, k) - meanB));
  }
}
