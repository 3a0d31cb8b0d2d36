package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Sums of products, each said as an equation over named indices. */
final class ProductMoves {
  /** Equations whose first operand has as many dimensions as the place in the list says. */
  private static final List<List<String>> EQUATIONS =
      List.of(
          List.of(",a->a", ",->"),
          List.of("a,b->ab", "a,a->", "a,ab->b", "a,b,ab->", "a,ba->ab"),
          List.of(
              "ab,bc->ac",
              "ab,b->a",
              "ab,ab->ba",
              "ab,cb->ca",
              "ab,a->",
              "aa,b->ab",
              "ab,bc,cd->ad"),
          List.of("abc,acd->abd", "abc,c->ab", "abc,b->ca", "abc,abc->b", "aab,b->ab"));

  static final List<Consumer<Program>> ALL =
      List.of(
          ProductMoves::einsum,
          ProductMoves::einsum,
          ProductMoves::mm,
          ProductMoves::matmul,
          ProductMoves::vectors,
          ProductMoves::bmm,
          ProductMoves::addmm,
          ProductMoves::addmmInPlace,
          ProductMoves::kron,
          ProductMoves::tensordot);

  private ProductMoves() {}

  private static Live operand(Program p, int rank) {
    Live x = p.find(one -> Program.isNumber(one) && one.dim() == rank && one.model().numel() <= 60);
    DType dtype = p.isSmooth() ? DType.FLOAT64 : p.among(Meaning.DTYPES.subList(1, 7));
    long[] sizes = LongStream.generate(() -> 1 + p.below(4)).limit(rank).toArray();
    return x == null ? MakingMoves.of(p, dtype, sizes) : x;
  }

  private static void product(
      Program p,
      String call,
      List<Live> xs,
      Function<List<Tensor>, Tensor> there,
      Function<List<Plain>, Plain> meaning) {
    p.make(call, xs.getFirst().tensor().dtype(), xs, there, meaning);
  }

  private static void einsum(Program p) {
    Live x = operand(p, p.below(4));
    String equation = p.among(EQUATIONS.get(x.dim()));
    String[] operands = equation.substring(0, equation.indexOf('-')).split(",", -1);
    long[] sizes = new long['d' - 'a' + 1];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = 1 + p.below(3);
    }
    for (int d = 0; d < x.dim(); d++) {
      sizes[operands[0].charAt(d) - 'a'] = x.sizes()[d];
    }
    boolean square =
        IntStream.range(0, x.dim())
            .allMatch(d -> x.sizes()[d] == sizes[operands[0].charAt(d) - 'a']);
    if (!square) {
      p.refuse(
          IllegalArgumentException.class,
          "einsum(" + equation + ", " + x + ")",
          () -> Tensor.einsum(operands[0] + "->", x.tensor()));
      return;
    }
    List<Live> xs =
        IntStream.range(0, operands.length)
            .mapToObj(
                k ->
                    k == 0
                        ? x
                        : p.partner(
                            x.tensor().dtype(),
                            operands[k].chars().mapToLong(c -> sizes[c - 'a']).toArray()))
            .toList();
    product(
        p,
        "einsum(" + equation + ", " + xs + ")",
        xs,
        t -> Tensor.einsum(equation, t),
        m -> Meaning.einsum(equation, m));
  }

  private static void mm(Program p) {
    Live a = operand(p, 2);
    Live b =
        p.once(3) ? operand(p, 2) : p.partner(a.tensor().dtype(), a.sizes()[1], 1 + p.below(3));
    String call = a + ".mm(" + b + ")";
    if (a.sizes()[1] != b.sizes()[0] || a.tensor().dtype() != b.tensor().dtype()) {
      p.refuse(IllegalArgumentException.class, call, () -> a.tensor().mm(b.tensor()));
    } else {
      product(
          p, call, List.of(a, b), t -> t.get(0).mm(t.get(1)), m -> Meaning.einsum("ab,bc->ac", m));
    }
  }

  /** Of a batch and a matrix, or a matrix and a batch, or with a vector. */
  private static void matmul(Program p) {
    Live a = operand(p, 1 + p.below(3));
    int last = a.dim() - 1;
    long inner = a.sizes()[last];
    int rank = 1 + p.below(3);
    long[] sizes =
        switch (rank) {
          case 1 -> new long[] {inner};
          case 2 -> new long[] {inner, 1 + p.below(3)};
          default ->
              new long[] {a.dim() == 3 ? a.sizes()[0] : 1 + p.below(3), inner, 1 + p.below(3)};
        };
    Live b = p.partner(a.tensor().dtype(), sizes);
    String left = List.of("k", "ik", "bik").get(last);
    String right = List.of("k", "kj", "bkj").get(rank - 1);
    String result =
        (a.dim() == 3 || rank == 3 ? "b" : "") + (a.dim() > 1 ? "i" : "") + (rank > 1 ? "j" : "");
    product(
        p,
        a + ".matmul(" + b + ")",
        List.of(a, b),
        t -> t.get(0).matmul(t.get(1)),
        m -> Meaning.einsum(left + "," + right + "->" + result, m));
  }

  private static void vectors(Program p) {
    Live a = operand(p, 1);
    boolean outer = p.once(2) && a.model().numel() < 10;
    Live b = p.partner(a.tensor().dtype(), outer ? 1 + p.below(4) : a.model().numel());
    String name = outer ? "outer" : "dot";
    String equation = outer ? "a,b->ab" : "a,a->";
    product(
        p,
        a + "." + name + "(" + b + ")",
        List.of(a, b),
        t -> outer ? t.get(0).outer(t.get(1)) : t.get(0).dot(t.get(1)),
        m -> Meaning.einsum(equation, m));
  }

  private static void bmm(Program p) {
    Live a = operand(p, 3);
    long columns = 1 + p.below(3);
    Live b = p.partner(a.tensor().dtype(), a.sizes()[0], a.sizes()[2], columns);
    Live x = p.partner(a.tensor().dtype(), a.sizes()[0], a.sizes()[1], columns);
    if (p.once(2)) {
      product(
          p,
          a + ".bmm(" + b + ")",
          List.of(a, b),
          t -> t.get(0).bmm(t.get(1)),
          m -> Meaning.einsum("bik,bkj->bij", m));
    } else {
      product(
          p,
          x + ".baddbmm(" + a + ", " + b + ", 2, 3)",
          List.of(x, a, b),
          t -> t.get(0).baddbmm(t.get(1), t.get(2), 2, 3),
          m -> plus(m.get(0), Meaning.einsum("bik,bkj->bij", m.subList(1, 3))));
    }
  }

  private static Plain plus(Plain x, Plain product) {
    return Meaning.combine(List.of(x, product), (v, w) -> 2 * v + 3 * w);
  }

  private static void addmm(Program p) {
    Live a = operand(p, 2);
    long columns = 1 + p.below(3);
    Live b = p.partner(a.tensor().dtype(), a.sizes()[1], columns);
    Live x = p.partner(a.tensor().dtype(), p.once(2) ? new long[] {columns} : new long[] {1, 1});
    if (a.sizes()[0] > 0) {
      product(
          p,
          x + ".addmm(" + a + ", " + b + ", 2, 3)",
          List.of(x, a, b),
          t -> t.get(0).addmm(t.get(1), t.get(2), 2, 3),
          m -> plus(m.get(0), Meaning.einsum("ik,kj->ij", m.subList(1, 3))));
    }
  }

  private static void addmmInPlace(Program p) {
    Live x = WritingMoves.target(p, /* numbers= */ true);
    if (x.dim() == 2) {
      long inner = 1 + p.below(3);
      Live a = p.partner(x.tensor().dtype(), x.sizes()[0], inner);
      Live b = p.partner(x.tensor().dtype(), inner, x.sizes()[1]);
      p.write(
          x + ".addmm_(" + a + ", " + b + ", 2, 3)",
          List.of(x, a, b),
          t -> t.get(0).addmm_(t.get(1), t.get(2), 2, 3),
          m -> plus(m.get(0), Meaning.einsum("ik,kj->ij", m.subList(1, 3))));
    }
  }

  private static void kron(Program p) {
    Live a = operand(p, 2);
    Live b = p.partner(a.tensor().dtype(), 1 + p.below(2), 1 + p.below(3));
    long rows = b.sizes()[0];
    long columns = b.sizes()[1];
    long[] sizes = {a.sizes()[0] * rows, a.sizes()[1] * columns};
    if (Indices.numel(sizes) <= 2 * ViewMoves.GREATEST) {
      product(
          p,
          a + ".kron(" + b + ")",
          List.of(a, b),
          t -> t.get(0).kron(t.get(1)),
          m ->
              Plain.fill(
                  sizes,
                  i ->
                      m.get(0).at(i[0] / rows, i[1] / columns)
                          * m.get(1).at(i[0] % rows, i[1] % columns)));
    }
  }

  private static void tensordot(Program p) {
    Live a = operand(p, 3);
    Live b = p.partner(a.tensor().dtype(), a.sizes()[2], 1 + p.below(3), a.sizes()[0]);
    product(
        p,
        "tensordot(" + a + ", " + b + ", [0, 2], [2, 0])",
        List.of(a, b),
        t -> Tensor.tensordot(t.get(0), t.get(1), new int[] {0, 2}, new int[] {2, 0}),
        m -> Meaning.einsum("abc,cda->bd", m));
  }
}
