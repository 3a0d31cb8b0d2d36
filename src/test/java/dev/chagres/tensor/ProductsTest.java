package dev.chagres.tensor;

import static dev.chagres.core.DType.BOOL;
import static dev.chagres.core.DType.FLOAT16;
import static dev.chagres.core.DType.FLOAT64;
import static dev.chagres.core.DType.INT32;
import static dev.chagres.core.DType.INT64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What PyTorch's samples do not reach of products of matrices and of Einstein's notation. */
@OnEveryDevice
class ProductsTest {
  private static Tensor numbers(DType dtype, long... sizes) {
    Tensor x = Tensor.arange(0, Shape.of(sizes).numel());
    return x.mul(7).remainder(11).sub(5).to(dtype).view(sizes);
  }

  private static void assertMessage(String begin, Executable call) {
    RuntimeException e = assertThrows(RuntimeException.class, call);
    assertTrue(e.getMessage().startsWith(begin), e::toString);
  }

  private static void assertSameValues(Tensor expected, Tensor got) {
    assertEquals(expected.shape(), got.shape());
    assertArrayEquals(expected.toDoubleArray(), got.toDoubleArray());
  }

  // ---- beta, in place

  @Test
  void aBetaOfZeroDoesNotReadTheOperand() {
    Tensor a = numbers(FLOAT64, 2, 3, 4);
    Tensor b = numbers(FLOAT64, 2, 4, 3);
    Tensor v = numbers(FLOAT64, 4);
    Tensor w = numbers(FLOAT64, 3);
    Tensor nan = Tensor.full(Shape.of(3, 3), Double.NaN, FLOAT64);
    Tensor nans = nan.expand(2, 3, 3).clone();
    Tensor row = nan.select(0, 0).clone();
    for (DType dtype : List.of(FLOAT64, FLOAT16)) {
      for (Tensor y :
          List.of(
              nan.to(dtype).addmm(a.select(0, 0).to(dtype), b.select(0, 0).to(dtype), 0, 1),
              nans.to(dtype).baddbmm(a.to(dtype), b.to(dtype), 0, 1),
              nan.to(dtype).addbmm(a.to(dtype), b.to(dtype), 0, 1),
              row.to(dtype).addmv(a.select(0, 0).to(dtype), v.to(dtype), 0, 1),
              nan.to(dtype).addr(w.to(dtype), w.to(dtype), 0, 1))) {
        assertTrue(y.isfinite().all().isTrue());
      }
    }
    assertSameValues(a.bmm(b), nans.clone().baddbmm_(a, b, 0, 1));
    assertSameValues(a.bmm(b).sum(0), nan.clone().addbmm_(a, b, 0, 1));
    assertSameValues(a.select(0, 0).mv(v), row.addmv_(a.select(0, 0), v, 0, 1));
    assertSameValues(w.outer(w), nan.clone().addr_(w, w, 0.0, 1));
  }

  @Test
  void productsAreAddedInPlaceInAnyMemory() {
    Tensor a = numbers(FLOAT64, 2, 3, 3);
    Tensor m = a.select(0, 0);
    for (Tensor x :
        List.of(
            numbers(FLOAT64, 3, 3),
            numbers(FLOAT64, 3, 3).t(),
            numbers(FLOAT64, 3, 6).slice(1, 0, 6, 2))) {
      Tensor expected = x.clone().mul(0.5).add(m.mm(m).mul(2));
      assertSame(x, x.addmm_(m, m, 0.5, 2));
      assertSameValues(expected, x);
    }
    Tensor self = m.clone();
    Tensor square = m.add(m.mm(m));
    assertSameValues(square, self.addmm_(self, self));
    Tensor batch = a.clone();
    assertSameValues(a.add(a.bmm(a)), batch.baddbmm_(batch, batch));
    assertMessage("addmm_: the result has shape", () -> Tensor.zeros(FLOAT64, 3).addmm_(m, m));
    assertMessage(
        "baddbmm_: the result has shape", () -> Tensor.zeros(FLOAT64, 3, 3).baddbmm_(a, a));
    assertMessage("addmm_: elements", () -> Tensor.zeros(FLOAT64, 1, 3).expand(3, 3).addmm_(m, m));
    assertMessage("addmv_: the result", () -> Tensor.zeros(FLOAT64, 1).addmv_(m, m.select(0, 0)));
    Tensor whole = Tensor.of(1, 2);
    assertMessage(
        "addr_: the result is int64, which the floating beta",
        () -> Tensor.zeros(INT64, 2, 2).addr_(whole, whole, 0.5, 1));
  }

  @Test
  void formsInPlaceHaveGradients() {
    Tensor x = numbers(FLOAT64, 2, 3, 3).div(3);
    Tensor m = x.select(0, 0).clone();
    Tensor v = m.select(0, 1).clone();
    List<Tensor> inputs =
        List.of(
            m.clone().requiresGrad_(),
            x.clone().requiresGrad_(),
            x.clone().requiresGrad_(),
            v.clone().requiresGrad_());
    GradCheck.gradgradcheck(
        in -> {
          Tensor a = in.get(1);
          Tensor b = in.get(2);
          Tensor y = in.get(0).clone();
          y.addbmm_(a, b, 0.5, 2).addmm_(a.select(0, 0), b.select(0, 1), 1, -1);
          y.addr_(in.get(3), in.get(3), 2, 0.5);
          Tensor z = in.get(3).clone().addmv_(y, in.get(3));
          return List.of(a.clone().baddbmm_(a, b, 2, 1), y.clone().renorm_(2, 0, 1.5), z);
        },
        inputs);
  }

  @OnCpu("the text would name the device")
  @Test
  void integersWrapAndTruthsAreAddedAsTruths() {
    Tensor big = Tensor.full(Shape.of(2, 2), 2_000_000_000, INT32);
    Tensor ones = Tensor.ones(INT32, 2, 2);
    assertEquals((int) 8_000_000_001L, big.mm(ones).mul(2).add(1).get(0, 0).itemLong());
    assertEquals(
        (int) (3 * 2_000_000_000L + 8_000_000_000L),
        big.addmm(big, ones, 3, 2).get(0, 0).itemLong());
    Tensor truth = Tensor.of(1, 0).to(BOOL);
    assertEquals(
        "tensor([[ True, False],\n        [False, False]])",
        Tensor.zeros(BOOL, 2, 2).addr(truth, truth).toString());
    assertEquals(BOOL, truth.kron(truth).dtype());
    assertMessage("dot: not defined for bool", () -> truth.dot(truth));
  }

  @Test
  void wrongOperandsAreNamed() {
    Tensor x = Tensor.ones(2, 3);
    assertMessage("cross: size 3 is needed in dim 0", () -> x.cross(x, 0));
    assertMessage("cross: no dimension", () -> Tensor.ones(2, 2).cross(Tensor.ones(2, 2)));
    assertMessage("cross: numbers of dimensions", () -> x.cross(Tensor.ones(3), 1));
    assertMessage("inner: the last sizes", () -> x.inner(x.t()));
    assertMessage("inner: dtypes differ", () -> x.inner(x.toDouble()));
    assertMessage("vdot: sizes differ", () -> Tensor.ones(2).vdot(Tensor.ones(3)));
    assertMessage(
        "addbmm: sizes differ", () -> x.addbmm(Tensor.ones(2, 2, 2), Tensor.ones(1, 2, 3)));
    assertMessage(
        "baddbmm: shape",
        () -> Tensor.ones(3, 1, 1).baddbmm(Tensor.ones(2, 2, 2), Tensor.ones(2, 2, 2)));
    assertMessage("addmv: shape", () -> x.addmv(x, Tensor.ones(3)));
    assertMessage("addr: shape", () -> x.addr(Tensor.ones(3), Tensor.ones(2)));
    assertMessage("tensordot: sizes differ", () -> Tensor.tensordot(x, x, 1));
    assertMessage("tensordot: 3 dimensions", () -> Tensor.tensordot(x, x, 3));
    assertMessage(
        "tensordot: a dimension is",
        () -> Tensor.tensordot(x, x, new int[] {0, 0}, new int[] {0, 1}));
    assertMessage(
        "tensordot: 1 dimensions of shapes (2, 3) and ()",
        () -> Tensor.tensordot(x, Tensor.scalar(1.0), new int[] {0}, new int[] {0}));
    assertMessage("chainMatmul: needs matrices", () -> Tensor.chainMatmul(List.of(Tensor.ones(2))));
    assertMessage("chainMatmul: inner sizes", () -> Tensor.chainMatmul(List.of(x, x)));
    assertMessage("chainMatmul: there are no", () -> Tensor.chainMatmul(List.of()));
  }

  // ---- Einstein's notation

  @Test
  void equationsThatMeanNothingAreRefused() {
    Tensor m = Tensor.ones(2, 3);
    Tensor v = Tensor.ones(2);
    wrong("no operand has the k", "ij->ijk", m);
    wrong("the result has i twice", "i->ii", v);
    wrong("a dot is part of no ellipsis", "i.j", m);
    wrong("a dot is part of no ellipsis", "i. ..->i", m);
    wrong("a dot is part of no ellipsis", "...i...", m);
    wrong("'-' is no subscript", "i- >i", v);
    wrong("'>' is no subscript", "i>i", v);
    wrong("'-' is no subscript", "i->i->", v);
    wrong("'1' is no subscript", "1", v);
    wrong("it is about 1 operands, not 2", "i", v, v);
    wrong("it is about 2 operands, not 1", "i,j", v);
    wrong("operand 0 has shape (2, 3)", "i", m);
    wrong("operand 0 has shape (2, 3)", "i...jk", m);
    wrong("i is twice in operand 0", "ii->i", m);
    wrong("i is twice in operand 0", "ii->i", Tensor.ones(2, 1));
    wrong("j has sizes 3 and 4", "ij,jk->ik", m, Tensor.ones(4, 2));
    wrong("a dimension of an ellipsis has sizes", "...,...", m, m.t());
    wrong("dtypes differ", "i,i", v, v.toDouble());
    wrong("there are no operands", "");
  }

  private static void wrong(String what, String equation, Tensor... operands) {
    String begin = "einsum: \"" + equation + "\": ";
    RuntimeException e =
        assertThrows(IllegalArgumentException.class, () -> Tensor.einsum(equation, operands));
    assertTrue(e.getMessage().startsWith(begin + what), e::toString);
  }

  @OnCpu("the text would name the device")
  @Test
  void thePlainestEquations() {
    Tensor number = Tensor.scalar(3.0);
    assertEquals(3, Tensor.einsum("", number).item());
    assertEquals(9, Tensor.einsum(",->", number, number).item());
    assertEquals(3, Tensor.einsum("...", number).item());
    Tensor v = Tensor.of(1.0, 2.0);
    assertEquals("tensor([3., 6.])", Tensor.einsum("i,->i", v, number).toString());
    assertEquals("tensor([1., 2.])", Tensor.einsum("i->...i", v).toString());
    assertEquals(Shape.of(3, 2), Tensor.einsum("bA", Tensor.ones(2, 3)).shape());
    assertEquals(INT64, Tensor.einsum("i->", Tensor.ones(INT32, 3)).dtype());
    assertEquals(INT32, Tensor.einsum("i,i", Tensor.ones(INT32, 3), Tensor.ones(INT32, 3)).dtype());
    assertEquals(0, Tensor.einsum("ij,jk->", Tensor.ones(2, 0), Tensor.ones(0, 3)).item());
    assertEquals(
        Shape.of(2, 4), Tensor.einsum("ij,jk", Tensor.ones(2, 0), Tensor.ones(0, 4)).shape());
  }

  /** A transposition is a view, and matrices that BLAS can read as they lie are not copied. */
  @OnCpu("it measures memory of the host")
  @Test
  void nothingIsCopiedThatCanBeRead() {
    Tensor m = Tensor.ones(2, 3);
    assertSame(m.storage(), Tensor.einsum("ij->ji", m).storage());
    try (Scope _ = Scope.open()) {
      Tensor a = Tensor.ones(8, 64, 32);
      Tensor b = Tensor.ones(8, 48, 32);
      // Only the result is allocated, but for numbers and shapes of a few bytes.
      long before = Memory.stats().allocations();
      Tensor.einsum("bij,bkj->bik", a, b);
      Tensor.einsum("bij,bkj->bki", a, b);
      assertEquals(2, Memory.stats().allocations() - before);
    }
  }

  @Test
  void theOrderIsThatWithTheFewestMultiplications() {
    long[] sizes = {2, 1000, 1000, 1};
    List<int[]> chain = List.of(new int[] {0, 1}, new int[] {1, 2}, new int[] {2, 3});
    // (1000 x 1000) (1000 x 1) first: a hundredth of what the other order takes.
    assertEquals("[[1, 2], [0, 1]]", steps(ContractionOrder.of(chain, sizes, Set.of(0, 3))));
    List<int[]> equal = List.of(new int[] {0}, new int[] {0}, new int[] {0});
    assertEquals("[[0, 1], [0, 1]]", steps(ContractionOrder.of(equal, sizes, Set.of(0))));
    assertEquals("[]", steps(ContractionOrder.of(List.of(new int[] {0}), sizes, Set.of())));
  }

  private static String steps(List<int[]> steps) {
    return steps.stream().map(Arrays::toString).toList().toString();
  }

  @Test
  void manyOperandsAreMultipliedToo() {
    Chagres.manualSeed(1);
    String letters = "abcdefghijklmnop";
    for (int count : new int[] {4, 7, 8, 9, 14}) {
      List<Tensor> matrices = new ArrayList<>();
      List<String> terms = new ArrayList<>();
      Tensor expected = null;
      for (int i = 0; i < count; i++) {
        Tensor m = Tensor.randn(FLOAT64, 2 + i % 3, 2 + (i + 1) % 3);
        matrices.add(m.requiresGrad_());
        terms.add(letters.substring(i, i + 2));
        expected = expected == null ? m : expected.mm(m);
      }
      String equation = String.join(",", terms) + "->a" + letters.charAt(count);
      Tensor got = Tensor.einsum(equation, matrices);
      assertTrue(got.allclose(expected, 1e-12, 1e-12), equation);
      assertTrue(Tensor.chainMatmul(matrices).allclose(expected, 1e-12, 1e-12), equation);
      Tensor last = matrices.getLast();
      Tensor g = got.detach().cos();
      Tensor wanted = Autograd.grad(List.of(expected), List.of(last), List.of(g)).getFirst();
      Tensor found = Autograd.grad(List.of(got), List.of(last), List.of(g)).getFirst();
      assertTrue(found.allclose(wanted, 1e-12, 1e-12), equation);
    }
  }

  /** Where nothing is written, the strides are anything. */
  @Test
  void emptyBatchesAreAddedToInAnyLayout() {
    for (DType dtype : new DType[] {INT64, FLOAT64, FLOAT16}) {
      Tensor a = Tensor.ones(dtype, 0, 3, 4);
      Tensor b = Tensor.ones(dtype, 0, 4, 2);
      Tensor x = Tensor.ones(dtype, 0, 2, 3).transpose(1, 2);
      assertSame(x, x.baddbmm_(a, b));
      assertSame(x, Out.bmm(a, b, x));
      assertEquals(Shape.of(0, 3, 2), x.shape());
    }
  }
}
