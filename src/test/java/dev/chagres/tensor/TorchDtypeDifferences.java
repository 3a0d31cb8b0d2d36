package dev.chagres.tensor;

import dev.chagres.core.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where dtypes are taken or made in another way than by PyTorch, and why. */
final class TorchDtypeDifferences {
  /** A call that was compared. */
  record Call(TorchCase test, boolean inPlace, DType first, DType others) {
    @Override
    public String toString() {
      return "%s%s (%s, %s)".formatted(test, inPlace ? " in place" : "", first, others);
    }
  }

  /** One kind of calls. */
  record Difference(String ops, String expected, String got, String reason) {
    boolean covers(Call call, String wanted, String word) {
      return call.test().op().matches(ops) && wanted.matches(expected) && word.matches(got);
    }
  }

  private static final String ANY = "[buasilhgfd.]+";

  static final List<Difference> ALL =
      List.of(
          new Difference(
              "(linalg\\.(eigvalsh|eigh|cholesky|cholesky_ex|det|ldl_factor|ldl_factor_ex|svd"
                  + "|svdvals|multi_dot)|svd|cholesky|lu_solve|mm|tensordot"
                  + "|nn\\.functional\\.linear|randn_like|histogram|histogramdd)",
              "[buasilhg]+",
              "x",
              "where no element is computed, or bins are given, PyTorch asks for no kernel"),
          new Difference(
              "linalg\\.matrix_power", "[buasilhg]", "x", "a power 0 too is one of floats alone"),
          new Difference("lu_unpack", "[buasilhg]+", "x", "factors are float32 or float64"),
          new Difference(
              "nn\\.functional\\.(conv2d|avg_pool2d|max_pool2d)",
              "[buasil]",
              "x",
              "integers are not defined here"),
          new Difference(
              "nn\\.functional\\.(huber_loss|binary_cross_entropy_with_logits)",
              "x|[hgfd]",
              "[hgfd]",
              "a loss of two dtypes has the one they promote to"),
          new Difference("nn\\.functional\\.one_hot", "x", "l", "indices of any integer dtype"),
          new Difference("linalg\\.vander", "x", "[hg]", "halves too"),
          new Difference("addcmul", "[uasil]", "x", "no fraction is cut off a factor unasked"),
          new Difference("einsum", ANY, "x", "one dtype, whatever the equation"),
          new Difference("linalg\\.solve_triangular", "[fd]", "x", "one dtype for both"),
          new Difference("bernoulli", "[buasil]", "x", "a probability is floating"),
          new Difference("index_fill", "x", "u", "a value in a tensor wraps as a cast of it does"),
          new Difference("pow", "b", "x", "bools have no powers, not that of true either"));

  private TorchDtypeDifferences() {}

  static @Nullable Difference of(Call call, String expected, String got) {
    return ALL.stream().filter(d -> d.covers(call, expected, got)).findFirst().orElse(null);
  }

  /** A dtype as golden_opdb.py names it. */
  static String letters(DType dtype) {
    return switch (dtype) {
      case BOOL -> "bool";
      case UINT8 -> "u8";
      case INT8 -> "i8";
      case INT16 -> "i16";
      case INT32 -> "i32";
      case INT64 -> "i64";
      case FLOAT16 -> "f16";
      case BFLOAT16 -> "bf16";
      case FLOAT32 -> "f32";
      case FLOAT64 -> "f64";
    };
  }
}
