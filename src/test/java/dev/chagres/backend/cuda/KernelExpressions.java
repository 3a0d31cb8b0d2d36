package dev.chagres.backend.cuda;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.primitive.Halves;
import dev.chagres.primitive.RecurrentForm.Cell;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The expressions that the backend names kernels by: each operation with each dtype that it has.
 */
final class KernelExpressions {
  private static final List<String> BITS = List.of("uint8_t", "uint16_t", "uint32_t", "uint64_t");

  /** How many elements of a row a thread holds. */
  private static final List<Integer> HELD = List.of(0, 8, 16);

  private final Map<String, List<String>> all = new LinkedHashMap<>();

  private KernelExpressions() {}

  /** Returns all of them by their files. */
  static Map<String, List<String>> all() {
    KernelExpressions made = new KernelExpressions();
    made.elementwise();
    made.reductions();
    made.recurrent();
    made.indexing();
    made.order();
    made.others();
    made.factorizations();
    return made.all;
  }

  private static List<DType> dtypes(Predicate<DType> held) {
    return Stream.of(DType.values()).filter(held).toList();
  }

  private static List<DType> floating() {
    return dtypes(DType::isFloating);
  }

  private void add(String file, String expression) {
    all.computeIfAbsent(file, key -> new ArrayList<>()).add(expression);
  }

  private void add(String file, String kernel, List<DType> dtypes) {
    for (DType dtype : dtypes) {
      add(file, kernel + "<" + Types.of(dtype) + ">");
    }
  }

  /** A function object in its three kernels. */
  private void map(int operands, String function, int pack) {
    String file = "elementwise.cu";
    add(file, "flat" + operands + "<" + function + ", " + pack + ">");
    add(file, "strided" + operands + "<" + function + ", int>");
  }

  private void elementwise() {
    for (UnaryOp op : UnaryOp.values()) {
      for (DType dtype : dtypes(op.domain()::holds)) {
        map(1, "Unary<unary_op::" + op + ", " + Types.of(dtype) + ">", 16 / dtype.size());
      }
    }
    for (BinaryOp op : BinaryOp.values()) {
      for (DType dtype : dtypes(op.domain()::holds)) {
        String of = "Binary<binary_op::" + op + ", " + Types.of(dtype) + ", ";
        map(2, of + Types.of(dtype) + ">", 16 / dtype.size());
        if (Halves.isHalf(dtype) && op != BinaryOp.NEXTAFTER) {
          map(2, of + "float>", 4);
        }
      }
    }
    for (DType dtype : floating()) {
      map(2, "Binary<binary_op::POW_HELD, " + Types.of(dtype) + ", " + Types.of(dtype) + ">", 1);
    }
    for (TernaryOp op : TernaryOp.values()) {
      for (DType dtype : dtypes(op.domain()::holds)) {
        map(3, "Ternary<ternary_op::" + op + ", " + Types.of(dtype) + ">", 1);
      }
    }
    for (String bits : BITS) {
      map(3, "Where<" + bits + ">", 1);
      map(1, "Cast<" + bits + ", " + bits + ">", 2);
      add("elementwise.cu", "triangle<" + bits + ">");
      add("elementwise.cu", "transpose<" + bits + ">");
    }
    for (DType from : DType.values()) {
      for (DType to : dtypes(dtype -> dtype != from)) {
        map(1, "Cast<" + Types.of(from) + ", " + Types.of(to) + ">", 2);
      }
    }
    add("elementwise.cu", "arange", dtypes(dtype -> dtype != DType.BOOL));
    add("elementwise.cu", "strided2<Binary<binary_op::ADD, float, float>, long long>");
  }

  private static List<DType> reduced(ReduceOp op) {
    return switch (op) {
      case ANY, ALL -> List.of(DType.BOOL);
      case SUM, PROD, MAX, MIN, ARGMAX, ARGMIN -> List.of(DType.values());
      case SUM_SQUARES, SUM_MAGNITUDES -> floating();
    };
  }

  private void reductions() {
    add("reduce.cu", "reduce<reduce_op::SUM<float>, long long>");
    for (ReduceOp op : ReduceOp.values()) {
      for (DType dtype : reduced(op)) {
        reduction("reduce_op::" + op + "<" + Types.of(dtype) + ">");
      }
    }
    for (DType dtype : floating()) {
      reduction("reduce_op::MOMENTS<" + Types.of(dtype) + ">");
      for (boolean logarithm : new boolean[] {false, true}) {
        for (String kernel : List.of("softmax", "softmax_backward")) {
          String type = "<" + logarithm + ", " + Types.of(dtype);
          add("softmax.cu", kernel + "_across" + type + ">");
          HELD.forEach(held -> add("softmax.cu", kernel + type + ", " + held + ">"));
        }
      }
    }
    for (String kernel : List.of("cross_entropy", "cross_entropy_backward")) {
      add("softmax.cu", kernel, List.of(DType.FLOAT32, DType.FLOAT64));
    }
    for (DType dtype : floating()) {
      for (String kernel : List.of("layer_norm", "layer_norm_input")) {
        HELD.forEach(held -> add("norm.cu", kernel + "<" + Types.of(dtype) + ", " + held + ">"));
      }
    }
    add("norm.cu", "layer_norm_parameters", floating());
    for (String kernel :
        List.of("batch_sums", "batch_norm_places", "batch_slope_places", "batch_put")) {
      add("norm.cu", kernel, floating());
    }
  }

  private void recurrent() {
    for (Cell cell : Cell.values()) {
      for (DType dtype : floating()) {
        String type = "<cell::" + cell + ", " + Types.of(dtype) + ">";
        add("cell.cu", "cell_step" + type);
        add("cell.cu", "cell_step_backward" + type);
      }
    }
  }

  private void reduction(String op) {
    add("reduce.cu", "reduce<" + op + ", int>");
    add("reduce.cu", "reduce<reduce_op::PARTS<" + op + ">, int>");
  }

  private void indexing() {
    for (Store store : Store.values()) {
      List<String> types =
          store == Store.REPLACE ? BITS : Arrays.stream(DType.values()).map(Types::of).toList();
      for (String type : types) {
        add("index.cu", "index_put<" + store + ", " + type + ", int>");
        add("index.cu", "scatter<" + store + ", " + type + ", int>");
      }
    }
    for (String bits : BITS) {
      add("index.cu", "index_select<" + bits + ", int>");
      add("index.cu", "gather<" + bits + ", int>");
    }
    add("index.cu", "index_select<Pack<uint64_t, 2>, int>");
    add("index.cu", "index_put<REPLACE, Pack<uint64_t, 2>, int>");
    add("index.cu", "gather<uint32_t, long long>");
    add("index.cu", "index_select<uint32_t, long long>");
    add("index.cu", "index_put<REPLACE, uint32_t, long long>");
    add("index.cu", "scatter<REPLACE, uint32_t, long long>");
    add("index.cu", "histogram", floating());
    for (String kernel :
        List.of("join_index", "check_index", "count", "true_positions", "repeats")) {
      add("index.cu", kernel);
    }
  }

  private static List<DType> scanned(ScanOp op) {
    return switch (op) {
      case MAX, MIN -> List.of(DType.values());
      case SUM, PROD -> dtypes(dtype -> dtype.isFloating() || dtype == DType.INT64);
      case LOGSUMEXP -> floating();
    };
  }

  private void order() {
    for (String kernel : List.of("make_keys", "merge_rows", "search")) {
      add("sort.cu", kernel, List.of(DType.values()));
    }
    for (String key : BITS) {
      for (String kernel : List.of("count_numbers", "select_count", "select_sides", "select_one")) {
        boolean moves = kernel.equals("select_one");
        add("sort.cu", kernel + "<" + key + (moves ? ", " + key : "") + ">");
      }
      String index = "unsigned";
      for (String kernel :
          List.of("sort_few", "radix_count", "radix_move", "select_found", "take_first")) {
        add("sort.cu", kernel + "<" + key + ", " + index + ">");
      }
      for (int each : key.equals("uint64_t") ? new int[] {8, 2, 1} : new int[] {16, 4, 1}) {
        add("sort.cu", "sort_tile<" + key + ", " + index + ", " + each + ">");
      }
      for (String kernel : List.of("take_ranked", "take_mode")) {
        add("sort.cu", kernel + "<" + key + ", " + key + ", " + index + ">");
      }
    }
    for (String kernel : List.of("radix_count", "radix_move", "select_found", "take_first")) {
      add("sort.cu", kernel + "<uint32_t, unsigned long long>");
    }
    for (String kernel : List.of("radix_before<unsigned>", "radix_before<unsigned long long>")) {
      add("sort.cu", kernel);
    }
    for (String kernel : List.of("select_begin", "select_digit", "select_before")) {
      add("sort.cu", kernel);
    }
    add("sort.cu", "number_rows");
    List<String> scans = new ArrayList<>();
    for (ScanOp op : ScanOp.values()) {
      scanned(op).forEach(dtype -> scans.add(op + "<" + Types.of(dtype) + ">"));
    }
    floating().forEach(dtype -> scans.add("RECURRENCE<" + Types.of(dtype) + ">"));
    Arrays.stream(Scans.Counted.values()).map(Scans.Counted::name).forEach(scans::add);
    for (String kernel : List.of("scan_columns", "scan_totals", "scan_before", "scan_rows")) {
      scans.forEach(scan -> add("scan.cu", kernel + "<scan_op::" + scan + ">"));
    }
  }

  private void others() {
    add("matmul.cu", "whole_product", dtypes(DType::isInteger));
    add("attention.cu", "attention_dots", floating());
    add("attention.cu", "attention_draw");
    add("attention.cu", "attention_factors", List.of(DType.FLOAT32, DType.FLOAT64));
    for (String kernel : List.of("attention", "attention_queries", "attention_keys")) {
      for (int columns : new int[] {4, 8, 16}) {
        for (boolean picks : new boolean[] {false, true}) {
          String more = ", " + columns + ">, " + picks + ">";
          floating()
              .forEach(dtype -> add("attention.cu", kernel + "<Tiles<" + Types.of(dtype) + more));
        }
      }
    }
    for (String size : List.of("64, 64", "128, 32")) {
      add("attention.cu", "attention<Fragments<Half, " + size + ">, false>");
      add("attention.cu", "attention<Fragments<BFloat16, " + size + ">, false>");
    }
    for (String kernel : List.of("attention_queries", "attention_keys")) {
      for (String size : List.of("64, 32", "128, 16")) {
        add("attention.cu", kernel + "<Fragments<BFloat16, " + size + ">, false>");
      }
    }
    for (String kernel : List.of("im2col", "col2im", "max_pool", "max_unpool")) {
      floating().forEach(of -> add("conv.cu", kernel + "<" + Types.of(of) + ", int>"));
      add("conv.cu", kernel + "<float, long long>");
    }
    add("gradients.cu", "scale_all", floating());
    add("gradients.cu", "squares", floating());
    for (DType dtype : floating()) {
      for (String step : List.of("Sgd", "Adam")) {
        for (boolean more : new boolean[] {false, true}) {
          add("optim.cu", "each_parameter<" + step + "<" + Types.of(dtype) + ", " + more + ">>");
        }
      }
      String rule = "each_parameter<Rule<" + Types.of(dtype) + ", CH_RULE_";
      for (String form : List.of("1, 0", "2, 4", "2, 8", "3, 12")) {
        add("optim.cu", rule + "RMSPROP, " + form + ">>");
      }
      List.of("ADAGRAD", "ASGD").forEach(name -> add("optim.cu", rule + name + ", 1, 0>>"));
      List.of("ADADELTA", "ADAMAX", "NADAM", "RADAM", "RPROP")
          .forEach(name -> add("optim.cu", rule + name + ", 2, 0>>"));
    }
    for (String function : List.of("Uniform", "Normal", "Exponential", "LogNormal", "Cauchy")) {
      floating().forEach(dtype -> add("random.cu", draw(function, dtype)));
    }
    for (DType dtype : DType.values()) {
      add("random.cu", draw("Bernoulli", dtype));
      add("random.cu", draw("Geometric", dtype));
      for (String word : List.of("unsigned", "unsigned long long")) {
        add("random.cu", "draw<Integer<" + Types.of(dtype) + ", " + word + ">>");
      }
    }
    add("random.cu", "bernoulli_each", floating());
    add("random.cu", "poisson_each", floating());
    add("random.cu", "binomial_each", List.of(DType.FLOAT32, DType.FLOAT64));
    add("random.cu", "choose", List.of(DType.FLOAT32, DType.FLOAT64));
  }

  private void factorizations() {
    List<DType> dtypes = List.of(DType.FLOAT32, DType.FLOAT64);
    for (String kernel :
        List.of(
            "lu",
            "exchange_beside",
            "lu_beside",
            "cholesky_below",
            "restore",
            "lu_solve",
            "substitute_panel",
            "exchange_rows",
            "solve_triangular",
            "cholesky",
            "ldl",
            "ldl_step",
            "ldl_rest",
            "ldl_solve",
            "ldl_columns",
            "ldl_exchange",
            "ldl_divide",
            "qr",
            "reflection_columns",
            "reflection_triangle",
            "unit_columns",
            "orthogonal",
            "times_orthogonal")) {
      add("factor.cu", kernel, dtypes);
    }
    add("factor.cu", "row_order");
    add("factor.cu", "ldl_places");
    for (String kernel : List.of("svd", "eigh", "least_squares")) {
      add("spectra.cu", kernel, dtypes);
    }
    for (String kernel :
        List.of(
            "take_triangle",
            "put_corner",
            "unscale_values",
            "begin_least",
            "find_zero",
            "take_rows",
            "divide_rows",
            "put_rows")) {
      add("tall.cu", kernel, dtypes);
    }
    for (String kernel :
        List.of(
            "turn_symmetric",
            "turn_columns",
            "turn_all",
            "jacobi_sizes",
            "jacobi_begin",
            "jacobi_values",
            "column_sizes",
            "put_vectors",
            "put_rest")) {
      add("jacobi.cu", kernel, dtypes);
    }
  }

  private static String draw(String function, DType dtype) {
    return "draw<" + function + "<" + Types.of(dtype) + ">>";
  }
}
