package dev.chagres.nn;

import dev.chagres.tensor.Tensor;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
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

  /** Tells whether a class has a {@code forward} of its own for so many tensors. */
  static boolean hasOther(Class<?> type, int count) {
    Class<?>[] inputs = Collections.nCopies(count, Tensor.class).toArray(new Class<?>[0]);
    for (@Nullable Class<?> part = type; part != null && part != Module.class; ) {
      for (Method method : part.getDeclaredMethods()) {
        if (method.getName().equals("forward")
            && Arrays.equals(method.getParameterTypes(), inputs)) {
          return true;
        }
      }
      part = part.getSuperclass();
    }
    return false;
  }

  private static boolean overrides(Class<?> type, Class<?> input) {
    try {
      return type.getMethod("forward", input).getDeclaringClass() != Module.class;
    } catch (NoSuchMethodException e) {
      throw new AssertionError(type + " is a module, which has both", e);
    }
  }
}
