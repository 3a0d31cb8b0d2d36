package dev.chagres.parity;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.core.Triple;
import dev.chagres.nn.Reduction;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The arguments of one call of PyTorch's, and which of them a call of ours has read. */
final class TorchArguments {
  private final Map<String, @Nullable Object> values;
  private final Set<String> optional;
  private final Set<String> read = new HashSet<>();

  TorchArguments(Map<String, @Nullable Object> values, Set<String> optional) {
    this.values = values;
    this.optional = optional;
  }

  /** The arguments in PyTorch's order. */
  Map<String, @Nullable Object> all() {
    return values;
  }

  /** Tells whether a call may leave an argument out: it is None, or has its default. */
  boolean mayLack(String name) {
    return values.get(name) == null || optional.contains(name);
  }

  /** What no call has read, each with what kind of a value it is. */
  List<String> unread() {
    return values.keySet().stream()
        .filter(name -> !mayLack(name) && !read.contains(name))
        .map(name -> name + ": " + kind(values.get(name)))
        .toList();
  }

  /** The kinds of the arguments, to name a form of an operation. */
  String kinds() {
    if (values.values().stream().limit(1).allMatch(Tensor.class::isInstance)) {
      read.add(name(0));
    }
    List<String> kinds = unread();
    return kinds.isEmpty() ? "no argument" : String.join(", ", kinds);
  }

  private static String kind(@Nullable Object value) {
    return switch (value) {
      case null -> "None";
      case Tensor _ -> "tensor";
      case Long _ -> "int";
      case Double _ -> "float";
      case Boolean _ -> "bool";
      case DType _ -> "dtype";
      case List<?> items -> items.isEmpty() ? "list" : "list of " + kind(items.getFirst());
      case String text -> "'" + text + "'";
      default -> "index";
    };
  }

  boolean has(String name) {
    return values.get(name) != null;
  }

  @Nullable Object get(String name) {
    read.add(name);
    return values.get(name);
  }

  private <T> T as(Class<T> type, String name) {
    Object value = get(name);
    if (!type.isInstance(value)) {
      throw new NotThereException(name + ": " + kind(value));
    }
    return type.cast(value);
  }

  /** The first argument, whatever PyTorch calls it. */
  Tensor self() {
    return tensor(name(0));
  }

  /** The name of the argument at a position. */
  String name(int position) {
    return List.copyOf(values.keySet()).get(position);
  }

  Tensor tensor(String name) {
    return as(Tensor.class, name);
  }

  @Nullable Tensor tensorOrNull(String name) {
    return has(name) ? tensor(name) : null;
  }

  Number number(String name) {
    return get(name) instanceof Boolean truth ? number(truth) : as(Number.class, name);
  }

  /** In Python a bool is one of the numbers 0 and 1. */
  static Number number(Boolean truth) {
    return truth ? 1L : 0L;
  }

  Number number(String name, Number otherwise) {
    return has(name) ? number(name) : otherwise;
  }

  int integer(String name, int otherwise) {
    return has(name) ? Math.toIntExact(as(Long.class, name)) : otherwise;
  }

  boolean flag(String name) {
    return has(name) && as(Boolean.class, name);
  }

  String text(String name, String otherwise) {
    return has(name) ? as(String.class, name) : otherwise;
  }

  /** One integer or a list of them; none if there is no such argument. */
  long[] longs(String name) {
    Object value = get(name);
    return switch (value) {
      case null -> new long[0];
      case Long one -> new long[] {one};
      case List<?> many when many.stream().allMatch(Long.class::isInstance) ->
          many.stream().mapToLong(Long.class::cast).toArray();
      default -> throw new NotThereException(name + ": " + kind(value));
    };
  }

  Shape shape(String name) {
    return Shape.of(longs(name));
  }

  int[] dims() {
    long[] longs = longs("dim");
    int[] dims = new int[longs.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Math.toIntExact(longs[i]);
    }
    return dims;
  }

  Keep keep() {
    return flag("keepdim") ? Keep.KEEPDIM : Keep.DROPDIM;
  }

  DType dtype(DType otherwise) {
    return has("dtype") ? as(DType.class, "dtype") : otherwise;
  }

  Pair pair(String name, long otherwise) {
    long[] longs = has(name) ? longs(name) : new long[] {otherwise};
    return switch (longs.length) {
      case 1 -> Pair.of(longs[0]);
      case 2 -> new Pair(longs[0], longs[1]);
      default -> throw new NotThereException(name + ": list of " + longs.length);
    };
  }

  Triple triple(String name, long otherwise) {
    long[] longs = has(name) ? longs(name) : new long[] {otherwise};
    return switch (longs.length) {
      case 1 -> Triple.of(longs[0]);
      case 3 -> new Triple(longs[0], longs[1], longs[2]);
      default -> throw new NotThereException(name + ": list of " + longs.length);
    };
  }

  Reduction reduction() {
    return Reduction.valueOf(text("reduction", "mean").toUpperCase(Locale.ROOT));
  }
}
