package dev.chagres.backend.cuda;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Formula;
import dev.chagres.backend.Formula.Action;
import dev.chagres.backend.Formula.Step;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.primitive.Halves;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A formula as the text of its kernels: a function with a line for each step, in the words of
 * {@code operations.cuh}, and two kernels that call it for each element. Operands are {@code a0},
 * {@code a1} …, results {@code y0} …, values {@code v0} …, by their numbers.
 */
final class FormulaSource {
  private final Formula formula;

  private FormulaSource(Formula formula) {
    this.formula = formula;
  }

  static Sources of(Formula formula) {
    return Sources.of("formula.cu", new FormulaSource(formula).text());
  }

  private String text() {
    return """
    #include "formula.cuh"

    DEVICE void element(%s) {
    %s}

    template <int N>
    __global__ void flat(Fault fault, long long n, %s) {
      EACH(long long, p, n / N) {
    %s    for (int k = 0; k < N; k++) { element(fault, %s); }
    %s  }
      EACH(long long, rest, n %% N) {
        const long long i = n - n %% N + rest;
        element(fault, %s);
      }
    }

    template <class Index>
    __global__ void strided(Fault fault, LayoutOf<%d> layout, %s) {
      EACH(Index, i, layout.numel) {
        const auto at = positions<%d, Index>(layout, i);
        element(fault, %s);
      }
    }
    """
        .formatted(
            parameters(),
            body(),
            arguments("const %1$s *a%2$d, int s%2$d", "%1$s *y%2$d"),
            lines(
                "    const auto p%2$d = load<N>(a%2$d, s%2$d, p);\n", "    Pack<%1$s, N> q%2$d;\n"),
            arguments("p%2$d.at[k]", "q%2$d.at[k]"),
            lines("", "    store(y%2$d, p, q%2$d);\n"),
            arguments("a%2$d[i * s%2$d]", "y%2$d[i]"),
            Math.max(Layouts.MOST_OPERANDS, formula.operands().size() + formula.results().size()),
            arguments("const %1$s *a%2$d", "%1$s *y%2$d"),
            Math.max(1, formula.operands().size()),
            arguments("a%2$d[at.of[%2$d]]", "y%2$d[i]"));
  }

  private String parameters() {
    return "const Fault &fault, " + arguments("%1$s a%2$d", "%1$s &y%2$d");
  }

  /** A text for each operand and one for each result, of its type and its number. */
  private String arguments(String operand, String result) {
    return String.join(", ", texts(operand, result));
  }

  private String lines(String operand, String result) {
    return String.join("", texts(operand, result));
  }

  private List<String> texts(String operand, String result) {
    List<Integer> results = formula.results();
    return IntStream.range(0, formula.operands().size() + results.size())
        .mapToObj(
            i -> {
              int number = i - formula.operands().size();
              return number < 0
                  ? operand.formatted(Types.of(formula.dtype(i)), i)
                  : result.formatted(Types.of(formula.dtype(results.get(number))), number);
            })
        .toList();
  }

  // ---- the steps

  private String body() {
    StringBuilder body = new StringBuilder();
    for (int value = 0; value < formula.values(); value++) {
      String expression =
          value < formula.operands().size() ? "read(a" + value + ")" : expression(value);
      body.append(
          "  const Value<%s> v%d = %s;%n"
              .formatted(Types.of(formula.dtype(value)), value, expression));
    }
    for (int i = 0; i < formula.results().size(); i++) {
      int value = formula.results().get(i);
      body.append("  y%d = write<%s>(v%d);%n".formatted(i, Types.of(formula.dtype(value)), value));
    }
    return body.toString();
  }

  private String expression(int value) {
    Step step = formula.step(value);
    DType dtype = step.dtype();
    List<Integer> from = step.arguments();
    String values = from.stream().map(v -> "v" + v).collect(Collectors.joining(", "));
    return switch (step.action()) {
      case Action.Constant constant -> constant(constant.number(), dtype);
      case Action.Where _ -> "v%d ? v%d : v%d".formatted(from.toArray());
      case Action.Cast _ -> rounded(dtype, "cast<Value<" + Types.of(dtype) + ">>(" + values + ")");
      case Action.Apply(UnaryOp op, Number _) -> "unary_op::" + op + "::of(" + values + ")";
      case Action.Apply(BinaryOp op, Number _) -> binary(op, value, step, values);
      case Action.Apply(TernaryOp op, Number number) ->
          "ternary_op::%s::of(%s, %s)".formatted(op, values, literal(number, dtype));
    };
  }

  private String binary(BinaryOp op, int value, Step step, String values) {
    int first = step.arguments().get(0);
    int second = step.arguments().get(1);
    DType dtype = formula.dtype(first);
    if (Elementwise.mayDivideByZero(op, dtype)) {
      return "divided<binary_op::%s>(%s, fault, %d)".formatted(op, values, value);
    }
    if (op == BinaryOp.NEXTAFTER && Halves.isHalf(dtype)) {
      return "next_rounded<%s>(%s)".formatted(Types.of(dtype), values);
    }
    boolean held =
        op == BinaryOp.POW
            && dtype.isFloating()
            && formula.isNumber(second)
            && !formula.isNumber(value);
    return "binary_op::%s::of(%s)".formatted(held ? "POW_HELD" : op, values);
  }

  private static String rounded(DType dtype, String expression) {
    return Halves.isHalf(dtype)
        ? "rounded<" + Types.of(dtype) + ">(" + expression + ")"
        : expression;
  }

  // ---- numbers

  private static String constant(Number number, DType dtype) {
    return rounded(dtype, literal(number, dtype));
  }

  /** A number as a value of a dtype, before it is rounded to 16 bits. */
  private static String literal(Number number, DType dtype) {
    return switch (Halves.computed(dtype)) {
      case BOOL -> Boolean.toString(number.doubleValue() != 0);
      case FLOAT32 ->
          floating(number instanceof Long whole ? (float) (long) whole : number.floatValue(), "f");
      case FLOAT64 -> floating(number.doubleValue(), "");
      default -> "(" + Types.of(dtype) + ")" + whole(number.longValue());
    };
  }

  private static String floating(double value, String suffix) {
    if (Double.isNaN(value)) {
      return "NAN";
    }
    if (Double.isInfinite(value)) {
      return value < 0 ? "-INFINITY" : "INFINITY";
    }
    return Double.toHexString(value) + suffix;
  }

  /** The least number has no literal. */
  private static String whole(long value) {
    return value == Long.MIN_VALUE ? "(" + (value + 1) + "ll - 1)" : "(" + value + "ll)";
  }
}
