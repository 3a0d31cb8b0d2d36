package dev.chagres.parity;

import dev.chagres.backend.BinaryOp;
import dev.chagres.core.Order;
import dev.chagres.nn.Functional;
import dev.chagres.nn.GELU;
import dev.chagres.tensor.Correction;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** How PyTorch's operations are called here, by their names there. */
final class GoldenCalls {
  /** Returns the results of one case. */
  @FunctionalInterface
  interface Call {
    List<Tensor> of(GoldenCase test, List<Tensor> in);
  }

  @FunctionalInterface
  private interface One {
    Tensor of(GoldenCase test, List<Tensor> in);
  }

  /** Cases that another test reads. */
  static final Set<String> ELSEWHERE = Set.of("get", "put", "put_add");

  private static final Map<String, Call> CALLS = new TreeMap<>();

  static {
    elementwise();
    pairs();
    reductions();
    shapes();
    indexing();
    products();
  }

  private GoldenCalls() {}

  static Map<String, Call> all() {
    return CALLS;
  }

  private static void one(String op, One call) {
    CALLS.put(op, (test, in) -> List.of(call.of(test, in)));
  }

  private static Keep keep(GoldenCase test) {
    return test.keep();
  }

  private static void elementwise() {
    String[] names = {
      "sqrt",
      "rsqrt",
      "reciprocal",
      "exp",
      "exp2",
      "expm1",
      "log",
      "log2",
      "log10",
      "log1p",
      "sin",
      "cos",
      "tan",
      "asin",
      "acos",
      "atan",
      "sinh",
      "cosh",
      "tanh",
      "asinh",
      "acosh",
      "atanh",
      "erf",
      "erfc",
      "sigmoid",
      "neg",
      "abs",
      "sign",
      "square",
      "relu",
      "floor",
      "ceil",
      "round",
      "trunc",
      "logical_not",
      "isnan",
      "isinf",
      "isfinite",
      "bitwise_not",
      "nan_to_num"
    };
    for (String name : names) {
      one(name, (_, in) -> invoke(camel(name), in.getFirst()));
    }
    one("silu", (_, in) -> Functional.silu(in.getFirst()));
    one(
        "gelu",
        (test, in) ->
            test.has("approximate")
                ? Functional.gelu(in.getFirst(), GELU.Approximate.TANH)
                : Functional.gelu(in.getFirst()));
    one("clamp", GoldenCalls::clamp);
    one("logsigmoid", (_, in) -> Functional.logsigmoid(in.getFirst()));
    one(
        "softplus",
        (test, in) ->
            test.has("beta")
                ? Functional.softplus(
                    in.getFirst(),
                    test.number("beta").doubleValue(),
                    test.number("threshold").doubleValue())
                : Functional.softplus(in.getFirst()));
    one(
        "leaky_relu",
        (test, in) ->
            test.has("negative_slope")
                ? Functional.leakyRelu(in.getFirst(), test.number("negative_slope").doubleValue())
                : Functional.leakyRelu(in.getFirst()));
    one(
        "elu",
        (test, in) ->
            test.has("alpha")
                ? Functional.elu(in.getFirst(), test.number("alpha").doubleValue())
                : Functional.elu(in.getFirst()));
  }

  private static Tensor clamp(GoldenCase test, List<Tensor> in) {
    Tensor x = in.getFirst();
    if (!test.has("max")) {
      return x.clampMin(test.number("min"));
    }
    if (!test.has("min")) {
      return x.clampMax(test.number("max"));
    }
    return x.clamp(test.number("min"), test.number("max"));
  }

  private static Tensor invoke(String method, Tensor x) {
    try {
      return (Tensor) Tensor.class.getMethod(method).invoke(x);
    } catch (java.lang.reflect.InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  static String camel(String name) {
    String[] words = name.split("_", -1);
    StringBuilder camel = new StringBuilder(words[0]);
    for (int i = 1; i < words.length; i++) {
      camel.append(words[i].substring(0, 1).toUpperCase(Locale.ROOT)).append(words[i].substring(1));
    }
    return camel.toString();
  }

  // ---- two operands and more

  private static void pairs() {
    Map<String, BinaryOp> ops = new TreeMap<>();
    for (BinaryOp op : BinaryOp.values()) {
      ops.put(op.name().toLowerCase(Locale.ROOT), op);
    }
    ops.keySet().removeIf(name -> name.endsWith("_backward") || name.equals("trunc_divide"));
    ops.forEach((name, op) -> one(name, (test, in) -> pair(op, test, in)));
    one(
        "add",
        (test, in) ->
            test.has("alpha")
                ? in.get(0).add(in.get(1), test.number("alpha"))
                : pair(BinaryOp.ADD, test, in));
    one(
        "sub",
        (test, in) ->
            test.has("alpha")
                ? in.get(0).sub(in.get(1), test.number("alpha"))
                : pair(BinaryOp.SUB, test, in));
    one("pow", GoldenCalls::pow);
    one("div", GoldenCalls::div);
    one(
        "rsub",
        (test, in) ->
            test.has("scalar") ? in.get(0).rsub(test.number("scalar")) : in.get(1).sub(in.get(0)));
    one("where", (_, in) -> Tensor.where(in.get(0), in.get(1), in.get(2)));
    one(
        "lerp",
        (test, in) ->
            test.has("weight")
                ? in.get(0).lerp(in.get(1), test.number("weight"))
                : in.get(0).lerp(in.get(1), in.get(2)));
    one("addcmul", (test, in) -> in.get(0).addcmul(in.get(1), in.get(2), test.number("value", 1)));
    one("addcdiv", (test, in) -> in.get(0).addcdiv(in.get(1), in.get(2), test.number("value", 1)));
  }

  private static Tensor pair(BinaryOp op, GoldenCase test, List<Tensor> in) {
    if (!test.has("scalar")) {
      return Doors.binary(op, in.get(0), in.get(1));
    }
    boolean left = test.has("side") && test.get("side").getAsString().equals("left");
    return left
        ? Doors.binary(op, test.number("scalar"), in.getFirst())
        : Doors.binary(op, in.getFirst(), test.number("scalar"));
  }

  private static Tensor pow(GoldenCase test, List<Tensor> in) {
    return test.has("scalar") && !test.has("side")
        ? in.getFirst().pow(test.number("scalar"))
        : pair(BinaryOp.POW, test, in);
  }

  private static Tensor div(GoldenCase test, List<Tensor> in) {
    String mode = test.has("rounding_mode") ? test.get("rounding_mode").getAsString() : "";
    return switch (mode) {
      case "trunc" -> pair(BinaryOp.TRUNC_DIVIDE, test, in);
      case "floor" -> pair(BinaryOp.FLOOR_DIVIDE, test, in);
      default -> pair(BinaryOp.DIV, test, in);
    };
  }

  // ---- reductions

  private static void reductions() {
    one("sum", (test, in) -> operand(test, in).sum(keep(test), test.dims()));
    one("mean", (test, in) -> operand(test, in).mean(keep(test), test.dims()));
    one("prod", (test, in) -> in.getFirst().prod(keep(test), test.dims()));
    one("amax", (test, in) -> in.getFirst().amax(keep(test), test.dims()));
    one("amin", (test, in) -> in.getFirst().amin(keep(test), test.dims()));
    one(
        "any",
        (test, in) ->
            Doors.reduce(dev.chagres.backend.ReduceOp.ANY, in.getFirst(), keep(test), test.dims()));
    one(
        "all",
        (test, in) ->
            Doors.reduce(dev.chagres.backend.ReduceOp.ALL, in.getFirst(), keep(test), test.dims()));
    one(
        "argmax",
        (test, in) ->
            test.has("dim")
                ? in.getFirst().argmax(keep(test), test.integer("dim"))
                : in.getFirst().argmax());
    one(
        "argmin",
        (test, in) ->
            test.has("dim")
                ? in.getFirst().argmin(keep(test), test.integer("dim"))
                : in.getFirst().argmin());
    CALLS.put(
        "max",
        (test, in) ->
            test.has("dim")
                ? both(in.getFirst().max(keep(test), test.integer("dim")))
                : List.of(in.getFirst().max()));
    CALLS.put(
        "min",
        (test, in) ->
            test.has("dim")
                ? both(in.getFirst().min(keep(test), test.integer("dim")))
                : List.of(in.getFirst().min()));
    one("var", (test, in) -> in.getFirst().var(correction(test), keep(test), test.dims()));
    one("std", (test, in) -> in.getFirst().std(correction(test), keep(test), test.dims()));
    one(
        "norm",
        (test, in) -> in.getFirst().norm(test.number("p").doubleValue(), keep(test), test.dims()));
    one("cumsum", (test, in) -> in.getFirst().cumsum(test.integer("dim")));
    one("cumprod", (test, in) -> in.getFirst().cumprod(test.integer("dim")));
    CALLS.put("sort", (test, in) -> both(in.getFirst().sort(test.integer("dim"), order(test))));
    CALLS.put(
        "topk", (test, in) -> both(in.getFirst().topk(test.integer("k"), test.integer("dim"))));
    one("logsumexp", (test, in) -> in.getFirst().logsumexp(keep(test), test.dims()));
  }

  private static Tensor operand(GoldenCase test, List<Tensor> in) {
    Tensor x = in.getFirst();
    if (test.has("dtype")) {
      x = x.to(test.dtype("dtype"));
    }
    return test.has("expand") ? x.expand(test.longs("expand")) : x;
  }

  private static Order order(GoldenCase test) {
    return test.flag("descending") ? Order.DESCENDING : Order.ASCENDING;
  }

  private static Correction correction(GoldenCase test) {
    return Correction.of(test.integer("correction", 1));
  }

  private static List<Tensor> both(Located located) {
    return List.of(located.values(), located.indices());
  }

  // ---- shapes

  private static void shapes() {
    one("view", (test, in) -> in.getFirst().view(test.longs("shape")));
    one("reshape", (test, in) -> in.getFirst().reshape(test.longs("shape")));
    one(
        "transpose",
        (test, in) -> in.getFirst().transpose(test.integer("dim0"), test.integer("dim1")));
    one("permute", (test, in) -> in.getFirst().permute(test.ints("dims")));
    one("expand", (test, in) -> in.getFirst().expand(test.longs("size")));
    one(
        "narrow",
        (test, in) ->
            in.getFirst()
                .narrow(test.integer("dim"), test.integer("start"), test.integer("length")));
    one("select", (test, in) -> in.getFirst().select(test.integer("dim"), test.integer("index")));
    one("unsqueeze", (test, in) -> in.getFirst().unsqueeze(test.integer("dim")));
    one(
        "squeeze",
        (test, in) ->
            test.has("dim") ? in.getFirst().squeeze(test.integer("dim")) : in.getFirst().squeeze());
    one(
        "flatten",
        (test, in) ->
            test.has("start_dim")
                ? in.getFirst().flatten(test.integer("start_dim"), test.integer("end_dim", -1))
                : in.getFirst().flatten());
    one("repeat", (test, in) -> in.getFirst().repeat(test.longs("repeats")));
    one("flip", (test, in) -> in.getFirst().flip(test.ints("dims")));
    one("tril", (test, in) -> in.getFirst().tril(test.integer("diagonal", 0)));
    one("triu", (test, in) -> in.getFirst().triu(test.integer("diagonal", 0)));
    one("cat", (test, in) -> Tensor.cat(in, test.integer("dim")));
    one("stack", (test, in) -> Tensor.stack(in, test.integer("dim")));
    CALLS.put(
        "split",
        (test, in) ->
            test.get("split_size").isJsonArray()
                ? in.getFirst().split(test.longs("split_size"), test.integer("dim"))
                : in.getFirst().split(test.integer("split_size"), test.integer("dim")));
    CALLS.put(
        "chunk", (test, in) -> in.getFirst().chunk(test.integer("chunks"), test.integer("dim")));
    CALLS.put("unbind", (test, in) -> in.getFirst().unbind(test.integer("dim")));
  }

  private static void indexing() {
    one("gather", (test, in) -> in.get(0).gather(test.integer("dim"), in.get(1)));
    one("scatter", (test, in) -> in.get(0).scatter(test.integer("dim"), in.get(1), in.get(2)));
    one(
        "scatter_add",
        (test, in) -> in.get(0).scatterAdd(test.integer("dim"), in.get(1), in.get(2)));
    one("index_select", (test, in) -> in.get(0).indexSelect(test.integer("dim"), in.get(1)));
    one("index_add", (test, in) -> in.get(0).indexAdd(test.integer("dim"), in.get(1), in.get(2)));
    one("masked_fill", (test, in) -> in.get(0).maskedFill(in.get(1), test.number("value")));
    one("masked_select", (_, in) -> in.get(0).maskedSelect(in.get(1)));
    one("nonzero", (_, in) -> in.getFirst().nonzero());
    one("one_hot", (test, in) -> Functional.oneHot(in.getFirst(), test.integer("num_classes")));
  }

  // ---- products

  private static void products() {
    one(
        "mm",
        (test, in) ->
            test.has("transposed") ? in.get(0).t().mm(in.get(1).t()) : in.get(0).mm(in.get(1)));
    one("mv", (_, in) -> in.get(0).mv(in.get(1)));
    one("dot", (_, in) -> in.get(0).dot(in.get(1)));
    one("outer", (_, in) -> in.get(0).outer(in.get(1)));
    one("bmm", (_, in) -> in.get(0).bmm(in.get(1)));
    one("matmul", (_, in) -> in.get(0).matmul(in.get(1)));
    one(
        "addmm",
        (test, in) ->
            in.get(0)
                .addmm(
                    in.get(1),
                    in.get(2),
                    test.number("beta", 1).doubleValue(),
                    test.number("alpha", 1).doubleValue()));
  }
}
