package dev.chagres.parity;

import dev.chagres.core.DType;
import dev.chagres.testing.Floats;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where we differ from PyTorch and know why. */
final class TorchDifferences {
  /** What an error is measured in: ulp of the element, or of 1. */
  enum Unit {
    OF_ELEMENT,
    OF_ONE
  }

  /**
   * One kind of cases.
   *
   * @param op PyTorch's name
   * @param which what the case's name, or PyTorch's message, contains
   * @param message what the check says of it begins with or contains
   * @param greatest the greatest error in ulp that is accepted, where the message names one
   * @param unit what it is measured in
   * @param reason why
   */
  record Difference(
      String op, String which, String message, double greatest, Unit unit, String reason) {
    private static final Pattern VALUES = Pattern.compile("expected (\\S+), got (\\S+) of (\\w+)");
    private static final Pattern ERROR = Pattern.compile("off by (\\S+) ulp");

    /** One of which the message says enough. */
    Difference(String op, String which, String message, String reason) {
      this(op, which, message, Double.POSITIVE_INFINITY, reason);
    }

    Difference(String op, String which, String message, double greatest, String reason) {
      this(op, which, message, greatest, Unit.OF_ELEMENT, reason);
    }

    private double error(String failure) {
      Matcher found = (unit == Unit.OF_ONE ? VALUES : ERROR).matcher(failure);
      if (!found.find()) {
        return Double.NaN;
      } else if (unit == Unit.OF_ELEMENT) {
        return Double.parseDouble(found.group(1));
      }
      DType dtype = DType.valueOf(found.group(3).toUpperCase(Locale.ROOT));
      double distance =
          Math.abs(Double.parseDouble(found.group(1)) - Double.parseDouble(found.group(2)));
      return distance / Floats.ulp(dtype, 1);
    }

    boolean covers(TorchCase test, String failure) {
      String thrown = test.thrown();
      return test.op().equals(op)
          && (thrown == null ? test.toString() : thrown).contains(which)
          && failure.contains(message)
          && (greatest == Double.POSITIVE_INFINITY || error(failure) <= greatest);
    }
  }

  private static final String NORM = "nn.functional.layer_norm";
  private static final String LENIENT = "here a number will do too";
  // Against 40 digits the library's float32 is the nearest number, its float64 a few ulp off.
  private static final String CLOSER = "PyTorch's values are less close to the exact ones";
  private static final String TAIL =
      "PyTorch's values are less close to the exact ones: in its tail 1 + erf(x) cancels";
  private static final String BOTH = "in float64 both are some ulp off, as terms cancel";
  private static final String HALF =
      "PyTorch rounds 1 - x and the quotient to the half type too, here the result alone is";

  private static final String WRONG = "PyTorch's gradient fails its own gradcheck";
  private static final String CONSTANT =
      "the gradient of what is always 1 is 0 here, and PyTorch's rounding errors there";
  private static final String TIES =
      "which of equal elements PyTorch takes depends on its partition";
  private static final String OVERFLOW =
      "PyTorch's is NaN: its powers of the matrix overflow the half type, of which they are";

  static final List<Difference> ALL =
      List.of(
          new Difference("maximum", "must be Tensor", "no error", LENIENT),
          new Difference("minimum", "must be Tensor", "no error", LENIENT),
          new Difference("as_strided_scatter", "", "gradient 0: element", WRONG),
          new Difference("corrcoef", "f64", "got 0.0 of float64", 1, Unit.OF_ONE, CONSTANT),
          new Difference("kthvalue", "i64", "result 1 ==> array contents differ", TIES),
          new Difference("kthvalue", "u8", "result 1 ==> array contents differ", TIES),
          new Difference("digamma", "f64", "off by", 1300, BOTH),
          new Difference("digamma", "f32", "off by", 11, CLOSER),
          new Difference("polygamma", "/", "expected NaN, got -0.0", "its limit at infinity is 0"),
          new Difference("polygamma", "f64", "off by", 1040, CLOSER),
          new Difference("polygamma", "f32", "off by", 11, CLOSER),
          new Difference("special.polygamma", "f64", "off by", 1040, CLOSER),
          new Difference("special.polygamma", "f32", "off by", 11, CLOSER),
          new Difference("igamma", "f64", "off by", 11, BOTH),
          new Difference("igamma", "f32", "off by", 7, CLOSER),
          new Difference("igammac", "f64", "off by", 7, BOTH),
          new Difference("igammac", "f32", "off by", 7, CLOSER),
          new Difference("special.erfcx", "f64", "off by", 11, CLOSER),
          new Difference("special.erfcx", "f32", "off by", 35, CLOSER),
          new Difference("special.log_ndtr", "f64", "off by", 43, CLOSER),
          new Difference("special.log_ndtr", "f32", "off by", 10, CLOSER),
          new Difference("special.log_ndtr", "i64", "off by", 33, CLOSER),
          new Difference("special.log_ndtr", "u8", "off by", 15, CLOSER),
          new Difference("special.ndtr", "/", "off by", 2, Unit.OF_ONE, TAIL),
          new Difference(NORM, "f64", "got 0.0 of float64", 1024, Unit.OF_ONE, CONSTANT),
          new Difference(NORM, "f64", "gradient 0: element", 4, Unit.OF_ONE, BOTH),
          new Difference("matrix_exp", "f16", "expected NaN", OVERFLOW),
          new Difference("logit", "f16", "of float16, off by", 9, HALF),
          new Difference("logit", "bf16", "of bfloat16, off by", 6, HALF));

  private TorchDifferences() {}

  /** Returns the difference that a failure is, or null if it is none that is known. */
  static @Nullable Difference of(TorchCase test, String failure) {
    return ALL.stream().filter(known -> known.covers(test, failure)).findFirst().orElse(null);
  }
}
