package dev.chagres.nn;

import dev.chagres.tensor.Tensor;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which of the two {@code forward} a class of modules overrides.
 *
 * @param single whether it is the one of one input
 * @param several whether it is the one of several
 */
record Forwards(boolean single, boolean several) {
  private static final ClassValue<Forwards> OF =
      new ClassValue<>() {
        @Override
        protected Forwards computeValue(Class<?> type) {
          return new Forwards(overrides(type, Tensor.class), overrides(type, Tensor[].class));
        }
      };

  static Forwards of(Module module) {
    return OF.get(module.getClass());
  }

  /** The error of a module that overrides neither. */
  static UnsupportedOperationException missing(Module module) {
    return new UnsupportedOperationException(
        module.name()
            + ": has no forward(Tensor); override it, or forward(Tensor... inputs)"
            + apart(module.getClass()));
  }

  /** The error of a module of one input that is called with several. */
  static UnsupportedOperationException takesOne(Module module, int inputs) {
    return new UnsupportedOperationException(
        module.name()
            + ": takes one input, not "
            + inputs
            + "; a module of several overrides forward(Tensor... inputs)"
            + apart(module.getClass()));
  }

  /** Returns what to say of a {@code forward} of several tensors one by one; empty without one. */
  private static String apart(Class<?> type) {
    for (@Nullable Class<?> part = type; part != null && part != Module.class; ) {
      for (Method method : part.getDeclaredMethods()) {
        int count = method.getParameterCount();
        if (count > 1
            && method.getName().equals("forward")
            && Stream.of(method.getParameterTypes()).allMatch(Tensor.class::equals)) {
          return "; its forward("
              + String.join(", ", Collections.nCopies(count, "Tensor"))
              + ") is another method: read "
              + IntStream.range(0, count)
                  .mapToObj(i -> "inputs[" + i + "]")
                  .collect(Collectors.joining(", "))
              + " in forward(Tensor... inputs)";
        }
      }
      part = part.getSuperclass();
    }
    return "";
  }

  private static boolean overrides(Class<?> type, Class<?> input) {
    try {
      return type.getMethod("forward", input).getDeclaringClass() != Module.class;
    } catch (NoSuchMethodException e) {
      throw new AssertionError(type + " is a module, which has both", e);
    }
  }
}
