package dev.chagres.parity;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
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

  /** Which calls a difference is of. */
  enum Which {
    ALL {
      @Override
      boolean holds(Call call, String got) {
        return true;
      }
    },
    WITHOUT_ELEMENTS {
      @Override
      boolean holds(Call call, String got) {
        return call.test().tensors().stream().anyMatch(x -> x.numel() == 0);
      }
    },
    OF_TWO_DTYPES {
      @Override
      boolean holds(Call call, String got) {
        return call.first() != call.others();
      }
    },
    /** The result has the dtype that two promote to, or float32 if that is no floating one. */
    PROMOTED {
      @Override
      boolean holds(Call call, String got) {
        DType common = Tensor.promoteTypes(call.first(), call.others());
        DType result = common.isFloating() ? common : DType.FLOAT32;
        return call.first() != call.others() && got.equals(TorchDtypesTest.letter(result));
      }
    };

    abstract boolean holds(Call call, String got);
  }

  /** One kind of calls. */
  record Difference(String ops, String expected, String got, Which which, String reason) {
    Difference(String ops, String expected, String got, String reason) {
      this(ops, expected, got, Which.ALL, reason);
    }

    boolean covers(Call call, String wanted, String word) {
      return call.test().op().matches(ops)
          && wanted.matches(expected)
          && word.matches(got)
          && which.holds(call, word);
    }
  }

  private static final String ANY = "[buasilhgfd.]+";

  static final List<Difference> ALL =
      List.of(
          new Difference(
              "(linalg\\.(eigvalsh|eigh|cholesky|cholesky_ex|det|ldl_factor|ldl_factor_ex|svd"
                  + "|svdvals|multi_dot)|svd|cholesky|lu_solve|mm"
                  + "|nn\\.functional\\.linear|randn_like|bernoulli)",
              "[buasilhg]+",
              "x",
              Which.WITHOUT_ELEMENTS,
              "PyTorch looks for a kernel, and so at the dtype, only where there are elements"),
          new Difference(
              "nn\\.functional\\.adaptive_avg_pool1d",
              "[buasil]",
              "x",
              "PyTorch returns an input of the wanted size as it is, before it looks at the dtype"),
          new Difference(
              "tensordot|nn\\.functional\\.bilinear",
              "b",
              "x",
              "PyTorch adds up elementwise products where the result has one element, of bools"
                  + " too"),
          new Difference(
              "histogram|histogramdd",
              "[hg]+",
              "x",
              "PyTorch asks for float32 or float64 where it makes the edges, not where it is given"
                  + " them"),
          new Difference(
              "nn\\.functional\\.(huber_loss|binary_cross_entropy_with_logits)",
              "x|[hgfd]",
              "[hgfd]",
              Which.PROMOTED,
              "a loss of two dtypes has the one they promote to"),
          new Difference("nn\\.functional\\.one_hot", "x", "l", "indices of any integer dtype"),
          new Difference("linalg\\.vander", "x", "[hg]", "halves too"),
          new Difference(
              "addcmul",
              "[uasil]",
              "x",
              "a fraction of the factor is refused, as add does, where PyTorch cuts it off"),
          new Difference(
              "einsum",
              ANY,
              "x",
              Which.OF_TWO_DTYPES,
              "one dtype, as in the products of which PyTorch makes most equations"),
          new Difference(
              "linalg\\.solve_triangular",
              "[fd]",
              "x",
              Which.OF_TWO_DTYPES,
              "one dtype for both, as for solve; PyTorch casts B to that of A"),
          new Difference(
              "pow",
              "b",
              "x",
              "the exponent True of Python is a tensor here, which PyTorch refuses too"));

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
