package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * What PyTorch's samples do not reach of the pointwise functions. Its values are PyTorch 2.13's.
 */
@OnEveryDevice
class PointwiseTest {
  private static final double INF = Double.POSITIVE_INFINITY;
  private static final double NAN = Double.NaN;
  private static final Class<IllegalArgumentException> ARGUMENT = IllegalArgumentException.class;

  private static void same(double[] expected, Tensor got) {
    assertArrayEquals(expected, got.toDoubleArray(), 1e-6);
  }

  private static double[] gradient(Tensor x) {
    return x.grad().toDoubleArray();
  }

  private static void refused(String message, Executable call) {
    Exception e = assertThrows(ARGUMENT, call);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  // ---- forms

  /** Each form in place and into {@code out} gives what the one that makes a tensor gives. */
  @Test
  void formsInPlaceAndIntoOutAreTheSame() {
    Tensor y = Tensor.of(0.6, 2.5, 1.2, 0.1, 0.9).to(DType.FLOAT64);
    Tensor whole = Tensor.of(3L, 1L, 70L, -1L, 2L);
    Map<String, Form> forms = new LinkedHashMap<>();
    forms.put("sgn", new Form(Tensor::sgn, Tensor::sgn_, o -> x -> Out.sgn(x, o)));
    forms.put("deg2rad", new Form(Tensor::deg2rad, Tensor::deg2rad_, o -> x -> Out.deg2rad(x, o)));
    forms.put("rad2deg", new Form(Tensor::rad2deg, Tensor::rad2deg_, o -> x -> Out.rad2deg(x, o)));
    forms.put("sinc", new Form(Tensor::sinc, Tensor::sinc_, o -> x -> Out.sinc(x, o)));
    forms.put("erfinv", new Form(Tensor::erfinv, Tensor::erfinv_, o -> x -> Out.erfinv(x, o)));
    forms.put("lgamma", new Form(Tensor::lgamma, Tensor::lgamma_, o -> x -> Out.lgamma(x, o)));
    forms.put("digamma", new Form(Tensor::digamma, Tensor::digamma_, o -> x -> Out.digamma(x, o)));
    forms.put("frac", new Form(Tensor::frac, Tensor::frac_, o -> x -> Out.frac(x, o)));
    forms.put("logit", new Form(Tensor::logit, Tensor::logit_, o -> x -> Out.logit(x, o)));
    forms.put(
        "logit within eps",
        new Form(x -> x.logit(0.2), x -> x.logit_(0.2), o -> x -> Out.logit(x, 0.2, o)));
    forms.put("round", new Form(x -> x.round(1), x -> x.round_(1), o -> x -> Out.round(x, 1, o)));
    forms.put(
        "polygamma",
        new Form(x -> x.polygamma(2), x -> x.polygamma_(2), o -> x -> Out.polygamma(x, 2, o)));
    forms.put(
        "mvlgamma",
        new Form(x -> x.mvlgamma(1), x -> x.mvlgamma_(1), o -> x -> Out.mvlgamma(x, 1, o)));
    forms.put(
        "nanToNum", new Form(Tensor::nanToNum, Tensor::nanToNum_, o -> x -> Out.nanToNum(x, o)));
    forms.put(
        "copysign",
        new Form(x -> x.copysign(-1), x -> x.copysign_(-1), o -> x -> Out.copysign(x, -1, o)));
    forms.put("fmax", new Form(x -> x.fmax(y), x -> x.fmax_(y), o -> x -> Out.fmax(x, y, o)));
    forms.put("fmin", new Form(x -> x.fmin(y), x -> x.fmin_(y), o -> x -> Out.fmin(x, y, o)));
    forms.put("hypot", new Form(x -> x.hypot(y), x -> x.hypot_(y), o -> x -> Out.hypot(x, y, o)));
    forms.put("xlogy", new Form(x -> x.xlogy(y), x -> x.xlogy_(y), o -> x -> Out.xlogy(x, y, o)));
    forms.put(
        "xlogy of a number",
        new Form(x -> x.xlogy(3), x -> x.xlogy_(3), o -> x -> Out.xlogy(x, 3, o)));
    forms.put(
        "logaddexp",
        new Form(x -> x.logaddexp(y), x -> x.logaddexp_(y), o -> x -> Out.logaddexp(x, y, o)));
    forms.put(
        "logaddexp2",
        new Form(x -> x.logaddexp2(y), x -> x.logaddexp2_(y), o -> x -> Out.logaddexp2(x, y, o)));
    forms.put(
        "nextafter",
        new Form(x -> x.nextafter(y), x -> x.nextafter_(y), o -> x -> Out.nextafter(x, y, o)));
    forms.put(
        "heaviside",
        new Form(x -> x.heaviside(y), x -> x.heaviside_(y), o -> x -> Out.heaviside(x, y, o)));
    forms.put(
        "ldexp",
        new Form(x -> x.ldexp(whole), x -> x.ldexp_(whole), o -> x -> Out.ldexp(x, whole, o)));
    forms.put(
        "floatPower",
        new Form(x -> x.floatPower(y), x -> x.floatPower_(y), o -> x -> Out.floatPower(x, y, o)));
    forms.put(
        "floatPower of a number",
        new Form(x -> x.floatPower(2), x -> x.floatPower_(2), o -> x -> Out.floatPower(x, 2, o)));
    forms.put(
        "clamp", new Form(x -> x.clamp(y, y), x -> x.clip_(y, y), o -> x -> Out.clamp(x, y, y, o)));
    forms.put(
        "clamp by numbers",
        new Form(
            x -> x.clip(0.2, 0.5), x -> x.clip_(0.2, 0.5), o -> x -> Out.clamp(x, 0.2, 0.5, o)));
    forms.put(
        "clampMin",
        new Form(x -> x.clampMin(y), x -> x.clampMin_(y), o -> x -> Out.clampMin(x, y, o)));
    forms.put(
        "clampMax",
        new Form(x -> x.clampMax(y), x -> x.clampMax_(y), o -> x -> Out.clampMax(x, y, o)));
    forms.put(
        "lerp", new Form(x -> x.lerp(y, y), x -> x.lerp_(y, y), o -> x -> Out.lerp(x, y, y, o)));
    forms.put(
        "addcmul",
        new Form(
            x -> x.addcmul(y, y), x -> x.addcmul_(y, y), o -> x -> Out.addcmul(x, y, y, 1, o)));
    forms.put(
        "addcdiv",
        new Form(
            x -> x.addcdiv(y, y), x -> x.addcdiv_(y, y), o -> x -> Out.addcdiv(x, y, y, 1, o)));
    forms.forEach(PointwiseTest::check);
  }

  private record Form(
      UnaryOperator<Tensor> plain,
      UnaryOperator<Tensor> inPlace,
      java.util.function.Function<Tensor, UnaryOperator<Tensor>> into) {}

  private static void check(String name, Form form) {
    Tensor x = Tensor.of(0.25, 0.5, 0.9, 0.35, 0.75).to(DType.FLOAT64);
    Tensor expected = form.plain.apply(x);
    Tensor out = Tensor.empty(DType.FLOAT64, 5);
    assertSame(out, form.into.apply(out).apply(x), name);
    assertTrue(expected.equal(out), name);
    Tensor written = x.clone();
    assertSame(written, form.inPlace.apply(written), name);
    assertTrue(expected.equal(written), name);
    // Recorded: the history goes on from the result, and a leaf is refused.
    Tensor leaf = x.clone().requiresGrad_();
    Tensor twin = x.clone().requiresGrad_();
    form.inPlace.apply(leaf.mul(1)).sum().backward();
    form.plain.apply(twin.mul(1)).sum().backward();
    assertArrayEquals(gradient(twin), gradient(leaf), 1e-12, name);
    assertThrows(IllegalStateException.class, () -> form.inPlace.apply(leaf), name);
    assertThrows(IllegalStateException.class, () -> form.into.apply(out).apply(leaf), name);
  }

  @Test
  void integersAndBitsHaveTheirForms() {
    Tensor x = Tensor.of(12L, -18L, 5L);
    Tensor y = Tensor.of(18L, 4L, 0L);
    Tensor out = Tensor.empty(DType.INT64, 3);
    assertTrue(Out.gcd(x, y, out).equal(Tensor.of(6L, 2L, 5L)));
    assertTrue(Out.lcm(x, y, out).equal(Tensor.of(36L, 36L, 0L)));
    assertTrue(x.clone().gcd_(y).equal(x.gcd(y)) && x.clone().lcm_(y).equal(x.lcm(y)));
    assertTrue(x.bitwiseLeftShift(2).equal(Tensor.of(48L, -72L, 20L)));
    assertTrue(x.bitwiseRightShift(2).equal(Tensor.of(3L, -5L, 1L)));
    assertTrue(Out.bitwiseLeftShift(x, 2, out).equal(x.clone().bitwiseLeftShift_(2)));
    assertTrue(Out.bitwiseRightShift(x, y, out).equal(x.clone().bitwiseRightShift_(y)));
    assertTrue(x.bitwiseAnd(6).equal(Tensor.of(4L, 6L, 4L)));
    assertTrue(x.bitwiseOr(6).equal(x.clone().bitwiseOr_(6)));
    assertTrue(Out.bitwiseXor(x, 6, out).equal(x.clone().bitwiseXor_(6)));
    assertEquals(DType.INT64, Tensor.of(true).bitwiseOr(2).dtype());
    Tensor least = Tensor.of(new byte[] {1}).to(DType.INT8).mul(-128);
    assertEquals(-128, least.gcd(least.mul(0)).itemLong());
    refused("bitwiseAnd: not defined for float32", () -> x.bitwiseAnd(1.5));
    refused("bitwiseLeftShift: not defined for bool", () -> y.eq(0).bitwiseLeftShift(y.eq(0)));
    refused("gcd: not defined for float32", () -> Tensor.ones(1).gcd(Tensor.ones(1)));
    refused("gcd: not defined for bool", () -> y.eq(0).gcd(y.eq(0)));
  }

  @Test
  void predicatesTellOfEveryDtype() {
    Tensor x = Tensor.of(-INF, -1, -0.0, 0, INF, NAN);
    assertTrue(x.isposinf().equal(Tensor.of(false, false, false, false, true, false)));
    assertTrue(x.isneginf().equal(Tensor.of(true, false, false, false, false, false)));
    assertTrue(x.signbit().equal(Tensor.of(true, true, true, false, false, false)));
    assertTrue(x.isreal().all().isTrue());
    Tensor out = Tensor.empty(DType.BOOL, 6);
    assertTrue(Out.signbit(x, out).equal(x.signbit()));
    assertTrue(Out.isposinf(x, out).equal(x.isposinf()));
    assertTrue(Out.isneginf(x, out).equal(x.isneginf()));
    assertEquals(DType.BOOL, Tensor.of(true).isreal().dtype());
    assertTrue(!Tensor.of(3L).isposinf().isTrue());
    Tensor y = Tensor.of(-INF, -1.000005, 0, 0, -INF, NAN);
    assertTrue(x.isclose(y).equal(Tensor.of(true, true, true, true, false, false)));
    assertTrue(
        x.isclose(y, 0, 0, Nans.EQUAL_NAN).equal(Tensor.of(true, false, true, true, false, true)));
    refused("isclose: float32 and int64", () -> x.isclose(Tensor.of(1L)));
    refused("isclose: the tolerances", () -> x.isclose(y, -1, 0));
    Tensor two = Tensor.ones(2);
    Tensor three = Tensor.ones(3);
    refused("isclose: shapes (2,) and (3,) do not broadcast", () -> two.isclose(three));
    refused("allclose: shapes (2,) and (3,) do not broadcast", () -> two.allclose(three));
    refused("heaviside_: shapes (2,) and (3,) do not broadcast", () -> two.heaviside_(three));
  }

  @Test
  void frexpTakesANumberApartAndLdexpPutsItTogether() {
    Tensor x = Tensor.of(8.0, -0.3, 0, INF, NAN, 0x1p-140).requiresGrad_();
    Frexp parts = x.frexp();
    assertEquals(DType.INT32, parts.exponent().dtype());
    same(new double[] {0.5, -0.6f, 0, INF, NAN, 0.5}, parts.mantissa());
    same(new double[] {4, -1, 0, 0, 0, -139}, parts.exponent());
    assertEquals("FrexpBackward", String.valueOf(parts.mantissa().gradFn()));
    Tensor plain = x.detach();
    Tensor again = parts.mantissa().detach().ldexp(parts.exponent());
    assertTrue(again.isclose(plain, 0, 0, Nans.EQUAL_NAN).all().isTrue());
    Tensor mantissa = Tensor.empty(6);
    Tensor exponent = Tensor.empty(DType.INT32, 6);
    Frexp into = Out.frexp(plain, mantissa, exponent);
    assertSame(mantissa, into.mantissa());
    assertTrue(exponent.equal(parts.exponent()));
    // The power alone is beyond float32.
    assertEquals(0x1p100, Tensor.scalar(0x1p-100).ldexp(Tensor.scalar(200)).item());
    refused("frexp: not defined for int64", () -> Tensor.of(1L).frexp());
  }

  // ---- PyTorch's values where there is no limit

  @Test
  void valuesAtTheEdgesAreThoseOfPyTorch() {
    same(
        new double[] {INF, -INF, INF, INF},
        Tensor.of(INF, -INF, INF, -INF).logaddexp(Tensor.of(INF, -INF, -INF, INF)));
    same(new double[] {0, 6, 7, 1}, Tensor.of(NAN, 0, -0.0, 1).heaviside(Tensor.of(5.0, 6, 7, 1)));
    same(
        new double[] {0, 0, NAN, NAN}, Tensor.of(0.0, 0, 0, INF).xlogy(Tensor.of(0, -1, NAN, NAN)));
    same(new double[] {-INF, INF, NAN, INF}, Tensor.of(0, -0.0, -2, INF).digamma());
    same(new double[] {INF, INF, INF, NAN}, Tensor.of(0, -3, -INF, NAN).lgamma());
    same(
        new double[] {1, NAN, 0, 1, 0, NAN},
        Tensor.of(0.0, 0, 1, 1, INF, INF).igamma(Tensor.of(1, 0, 0, INF, 1, INF)));
    same(
        new double[] {0, NAN, 1, 0, 1, NAN},
        Tensor.of(0.0, 0, 1, 1, INF, INF).igammac(Tensor.of(1, 0, 0, INF, 1, INF)));
    same(new double[] {INF, -INF, NAN}, Tensor.of(1, -1, 1.1).erfinv());
    same(new double[] {0, -INF, NAN}, Special.entr(Tensor.of(0, -1, NAN)));
    same(new double[] {0, Math.PI, 0, NAN}, Tensor.of(0, -2, 3, NAN).angle());
    same(new double[] {0, Float.MAX_VALUE, -Float.MAX_VALUE}, Tensor.of(NAN, INF, -INF).nanToNum());
    same(new double[] {1, 2, 3}, Tensor.of(NAN, INF, -INF).nanToNum(1, 2, 3));
    assertEquals(65504, Tensor.scalar(INF, DType.FLOAT16).nanToNum().item());
    assertEquals(
        1.0009765625,
        Tensor.scalar(1, DType.FLOAT16).nextafter(Tensor.scalar(2, DType.FLOAT16)).item());
  }

  @Test
  void gradientsAtTheEdgesAreThoseOfPyTorch() {
    edge(x -> x.sinc(), new double[] {0}, 0);
    edge(x -> x.copysign(Tensor.of(-1.0)), new double[] {0}, 0);
    edge(x -> x.xlogy(Tensor.of(0.0)), new double[] {0}, 0);
    edge(x -> Special.xlog1py(x, Tensor.of(-1.0)), new double[] {0}, 0);
    edge(x -> x.hypot(Tensor.of(0.0)), new double[] {NAN}, 0);
    edge(x -> x.fmax(Tensor.of(2, NAN, 1)), new double[] {1, 1, 0}, 2, 1, NAN);
    edge(x -> x.fmin(Tensor.of(2, NAN, 1)), new double[] {1, 1, 0}, 2, 1, NAN);
    edge(x -> x.logit(0.2), new double[] {0, 4, 0, NAN}, 0.1, 0.5, 0.9, NAN);
    edge(x -> x.nanToNum(), new double[] {0, 0, 1}, NAN, INF, 3);
    edge(x -> x.nextafter(Tensor.of(1.0, 3)), new double[] {0, 1}, 1, 2);
    Tensor low = Tensor.of(0.0, 0, 2, 1).requiresGrad_();
    Tensor high = Tensor.of(1.0, 1, 1, 1).requiresGrad_();
    Tensor x = Tensor.of(-1.0, 0, 1.5, 3).requiresGrad_();
    x.clamp(low, high).sum().backward();
    assertArrayEquals(new double[] {0, 1, 0, 0}, gradient(x));
    assertArrayEquals(new double[] {1, 0, 0, 0}, gradient(low));
    assertArrayEquals(new double[] {0, 0, 1, 1}, gradient(high));
  }

  private static void edge(UnaryOperator<Tensor> function, double[] expected, double... values) {
    Tensor x = Tensor.of(values).requiresGrad_();
    function.apply(x).sum().backward();
    assertArrayEquals(expected, gradient(x), 1e-6);
  }

  // ---- numbers, names and errors

  @Test
  void whereTakesNumbers() {
    Tensor yes = Tensor.of(true, false);
    Tensor bytes = Tensor.of(new byte[] {7, 8});
    assertEquals(DType.UINT8, Tensor.where(yes, bytes, 3).dtype());
    assertEquals(DType.FLOAT32, Tensor.where(yes, 2.5, bytes).dtype());
    same(new double[] {7, 3}, Tensor.where(yes, bytes, 3));
    same(new double[] {2.5, 8}, Tensor.where(yes, 2.5, bytes));
    assertTrue(Tensor.where(yes, 1, 2).equal(Tensor.of(1L, 2L)));
    assertEquals(DType.FLOAT32, Tensor.where(yes, 1, 2.0).dtype());
    Tensor x = Tensor.of(1.0, 2).requiresGrad_();
    Tensor.where(yes, x, 0).sum().backward();
    assertArrayEquals(new double[] {1, 0}, gradient(x));
  }

  @Test
  void composedOperationsHaveTheNamesOfPyTorch() {
    Tensor x = Tensor.of(0.5).requiresGrad_();
    Tensor y = Tensor.of(0.25);
    Map<Tensor, String> names = new LinkedHashMap<>();
    names.put(x.sgn(), "SgnBackward");
    names.put(x.angle(), "AngleBackward");
    names.put(x.deg2rad(), "Deg2RadBackward");
    names.put(x.sinc(), "SincBackward");
    names.put(x.mvlgamma(1), "MvlgammaBackward");
    names.put(x.round(1), "RoundBackward");
    names.put(x.logit(0.1), "LogitBackward");
    names.put(x.nanToNum(), "NanToNumBackward");
    names.put(x.polygamma(1), "PolygammaBackward");
    names.put(x.ldexp(y), "LdexpBackward");
    names.put(x.rsub(y), "RsubBackward");
    names.put(x.lerp(y, y), "LerpBackward");
    names.put(x.clamp(y, y), "ClampBackward");
    names.put(x.clampMin(y), "ClampMinBackward");
    names.put(x.clampMax(y), "ClampMaxBackward");
    names.put(Special.entr(x), "SpecialEntrBackward");
    names.put(Special.logNdtr(x), "SpecialLogNdtrBackward");
    names.put(Special.xlog1py(x, y), "SpecialXlog1PyBackward");
    names.forEach((tensor, name) -> assertEquals(name, String.valueOf(tensor.gradFn())));
  }

  @Test
  void whatPyTorchRefusesIsRefused() {
    Tensor x = Tensor.of(0.5, 2);
    Tensor whole = Tensor.of(1L, 2L);
    Tensor flag = Tensor.of(true, false);
    refused("heaviside: float32 and int64", () -> x.heaviside(whole));
    refused("heaviside_: float32 and int64", () -> x.heaviside_(whole));
    refused("lerp: float32 and int64", () -> x.lerp(x, whole));
    refused("lerp: not defined for int64", () -> whole.lerp(whole, whole));
    refused("positive: not defined for bool", flag::positive);
    refused("neg: not defined for bool", flag::neg);
    refused("frac: not defined for int64", whole::frac);
    refused("hypot: not defined for int64", () -> whole.hypot(whole));
    refused("igamma: not defined for int64", () -> whole.igamma(whole));
    refused("logaddexp: not defined for int64", () -> whole.logaddexp(whole));
    refused("nextafter: not defined for bool", () -> flag.nextafter(flag));
    refused("round: int64 has no decimals", () -> whole.round(1));
    refused("polygamma: the order -1 is negative", () -> x.polygamma(-1));
    refused("mvlgamma: the dimension 0", () -> x.mvlgamma(0));
    refused("clamp: not defined for bool", () -> flag.clamp(flag, flag));
    refused("clamp: shapes (2,), (3,)", () -> x.clamp(Tensor.ones(3), x));
    refused("rsub: ", () -> flag.rsub(flag));
    assertThrows(
        IllegalStateException.class,
        () -> {
          Tensor a = Tensor.of(0.5).requiresGrad_();
          a.igamma(Tensor.of(1.0)).sum().backward();
        });
  }

  /** Rounding leaves integers as they are; results of integers are float32. */
  @Test
  void integersAreRoundedToThemselvesAndComputedInFloat32() {
    for (DType dtype : DType.values()) {
      if (dtype.isFloating()) {
        continue;
      }
      Tensor x = Tensor.ones(dtype, 2);
      for (UnaryOperator<Tensor> function :
          List.<UnaryOperator<Tensor>>of(
              Tensor::angle,
              Tensor::deg2rad,
              Tensor::digamma,
              Tensor::lgamma,
              Tensor::erfinv,
              Tensor::sinc,
              y -> y.logit(0.1),
              y -> y.polygamma(1),
              y -> y.copysign(y),
              y -> y.xlogy(y),
              y -> y.ldexp(y),
              Special::ndtr,
              Special::entr)) {
        assertEquals(DType.FLOAT32, function.apply(x).dtype());
      }
      assertEquals(DType.FLOAT64, x.floatPower(2).dtype());
      assertTrue(x.nanToNum().equal(x) && x.nanToNum().dtype() == dtype);
      assertEquals(dtype, x.sgn().dtype());
      if (dtype != DType.BOOL) {
        for (UnaryOperator<Tensor> rounding :
            List.<UnaryOperator<Tensor>>of(
                Tensor::floor, Tensor::ceil, Tensor::round, Tensor::trunc, Tensor::positive)) {
          assertEquals(dtype, rounding.apply(x).dtype());
          assertTrue(rounding.apply(x).equal(x));
        }
      }
    }
  }

  @Test
  void theMultivariateGammaFunctionIsAProduct() {
    Tensor x = Tensor.of(1.3, 2.5, 4, 7.75).to(DType.FLOAT64).requiresGrad_();
    double constant = 1.5 * Math.log(Math.PI);
    Tensor sum = x.lgamma().add(x.sub(0.5).lgamma()).add(x.sub(1).lgamma()).add(constant);
    assertTrue(sum.allclose(x.mvlgamma(3), 0, 1e-13));
    GradCheck.gradcheck((Tensor t) -> t.mvlgamma(3), x);
    GradCheck.gradgradcheck((Tensor t) -> t.mvlgamma(3), x);
  }

  @Test
  void aFactorOfOneIsNoOperation() {
    Tensor x = Tensor.of(1.0).requiresGrad_();
    Tensor y = Tensor.of(3.0).requiresGrad_();
    String leaf = "AccumulateGrad";
    assertEquals(leaf, x.add(y, 1).gradFn().next().get(1).name());
    assertEquals(leaf, x.addcmul(y, y).gradFn().next().get(1).name());
    assertEquals(leaf, x.addcdiv(y, y).gradFn().next().get(1).name());
    assertEquals("MulBackward", x.add(y, 2).gradFn().next().get(1).name());
  }

  @Test
  void aliasesOfSpecialAreTheFunctionsThemselves() {
    Tensor x = Tensor.of(0.3, 1.7);
    assertTrue(Special.expit(x).equal(x.sigmoid()));
    assertTrue(Special.psi(x).equal(x.digamma()));
    assertTrue(Special.gammaln(x).equal(x.lgamma()));
    assertTrue(Special.multigammaln(x.add(1), 2).equal(x.add(1).mvlgamma(2)));
    assertTrue(Special.gammainc(x, x).equal(x.igamma(x)));
    assertTrue(Special.gammaincc(x, x).equal(x.igammac(x)));
    assertTrue(Special.polygamma(2, x).equal(x.polygamma(2)));
    assertEquals(Shape.of(2), Special.xlog1py(x, 2).shape());
  }
}
