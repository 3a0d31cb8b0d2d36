package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

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

  private static boolean overrides(Class<?> type, Class<?> input) {
    try {
      return type.getMethod("forward", input).getDeclaringClass() != Module.class;
    } catch (NoSuchMethodException e) {
      throw new AssertionError(type + " is a module, which has both", e);
    }
  }
}
