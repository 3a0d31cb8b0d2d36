package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.chagres.core.DType;
import dev.chagres.nn.Upsample.Mode;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Images of bytes, antialiased ones, and sizes that stay, beside what golden_resampling.py has had
 * PyTorch make.
 */
@OnEveryDevice
class ResamplingTest {
  private static final GoldenFile EXPECTED = GoldenFile.open("resampling.safetensors");

  static Set<String> numbers() {
    return EXPECTED.described();
  }

  private static Upsample.Options options(JsonObject args) {
    Upsample.Options options;
    if (args.has("size")) {
      JsonArray size = args.getAsJsonArray("size");
      options = Upsample.to(size.get(0).getAsLong(), size.get(1).getAsLong());
    } else {
      JsonArray factor = args.getAsJsonArray("scale_factor");
      options = Upsample.by(factor.asList().stream().mapToDouble(f -> f.getAsDouble()).toArray());
    }
    options = options.mode(Mode.valueOf(args.get("mode").getAsString().toUpperCase(Locale.ROOT)));
    options = args.get("align_corners").getAsBoolean() ? options.alignCorners() : options;
    options = args.get("antialias").getAsBoolean() ? options.antialias() : options;
    return args.has("recompute_scale_factor") ? options.recomputeScaleFactor() : options;
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void imagesAreTorchs(String number) {
    JsonObject args = Objects.requireNonNull(EXPECTED.arguments(number));
    Tensor x = EXPECTED.get(number + "/in");
    Tensor expected = EXPECTED.get(number + "/out");
    if (x.dtype() == DType.UINT8) {
      Tensor y = Functional.interpolate(x, options(args));
      assertEquals(DType.UINT8, y.dtype());
      assertTrue(y.equal(expected), () -> args + ": " + y + " is not " + expected);
      return;
    }
    boolean differentiated = x.dtype() == DType.FLOAT64;
    Tensor y = Functional.interpolate(differentiated ? x.requiresGrad_() : x, options(args));
    GoldenCases.assertClose(expected, y, args.toString());
    if (differentiated) {
      y.backward(EXPECTED.get(number + "/cotangent"));
      GoldenCases.assertClose(EXPECTED.get(number + "/grad"), x.grad(), args.toString());
    }
  }

  @Test
  void antialiasedImagesHaveDerivativesOfAnyOrder() {
    Tensor x = Tensor.randn(DType.FLOAT64, 1, 1, 3, 4).requiresGrad_();
    var options = Upsample.to(2, 3).mode(Mode.BICUBIC).antialias();
    GradCheck.gradcheck(in -> List.of(Functional.interpolate(in.get(0), options)), List.of(x));
    GradCheck.gradgradcheck(
        in -> List.of(Functional.interpolate(in.get(0), options).square()), List.of(x));
  }

  @Test
  void whatIsNotFiniteStaysWhereItIsSeen() {
    Tensor x = Tensor.zeros(1, 1, 4, 4);
    x.at("0, 0, 0, 0").fill_(Float.POSITIVE_INFINITY);
    Tensor y = Functional.interpolate(x, Upsample.to(2).mode(Mode.BILINEAR).antialias());
    assertEquals(Double.POSITIVE_INFINITY, y.at("0, 0, 0, 0").item());
    assertFalse(y.isnan().any().isTrue(), y::toString);
  }

  @Test
  void halvesAreRoundedOnce() {
    Tensor x = Tensor.randn(1, 2, 6, 7).to(DType.BFLOAT16);
    var options = Upsample.to(4, 5).mode(Mode.BICUBIC).antialias();
    Tensor wide = Functional.interpolate(x.toFloat(), options).to(DType.BFLOAT16);
    assertTrue(Functional.interpolate(x, options).equal(wide));
  }

  @Test
  void channelsStaySideBySide() {
    Tensor x = Tensor.randint(0, 256, new long[] {2, 5, 6, 3}).to(DType.UINT8).movedim(-1, 1);
    var options = Upsample.to(3, 4).mode(Mode.BILINEAR).antialias();
    Tensor y = Functional.interpolate(x, options);
    assertTrue(y.equal(Functional.interpolate(x.contiguous(), options)));
    assertEquals(1, y.stride(1));
    Tensor same = Functional.interpolate(x, Upsample.to(5, 6).mode(Mode.BICUBIC));
    assertTrue(same.equal(x) && same != x);
    same.zero_();
    assertTrue(x.any().isTrue());
  }

  @Test
  void refuseWhatDoesNotFit() {
    Tensor x = Tensor.ones(1, 1, 4, 4);
    IntFunction<Upsample.Options> options = i -> Upsample.to(2).mode(Mode.values()[i]).antialias();
    for (Mode mode : Mode.values()) {
      if (mode != Mode.BILINEAR && mode != Mode.BICUBIC) {
        assertThrows(
            IllegalArgumentException.class,
            () -> Functional.interpolate(x, options.apply(mode.ordinal())),
            mode::toString);
      }
    }
    assertEquals(
        "interpolate: antialiasing is for bilinear and bicubic, not for area",
        assertThrows(
                IllegalArgumentException.class,
                () -> Functional.interpolate(x, options.apply(Mode.AREA.ordinal())))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> Upsample.to(2).recomputeScaleFactor());
    Tensor bytes = x.to(DType.UINT8);
    assertThrows(
        IllegalArgumentException.class,
        () -> Functional.interpolate(bytes, Upsample.to(2).mode(Mode.AREA)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Functional.interpolate(x, Upsample.to(1L << 40).mode(Mode.BICUBIC).antialias()));
  }
}
