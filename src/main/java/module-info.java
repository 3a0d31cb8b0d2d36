import org.jspecify.annotations.NullMarked;

/**
 * PyTorch's way of working on the JVM: tensors in off-heap memory, one native call per heavy
 * operation, and autograd, layers, optimizers and data loading in plain Java.
 *
 * <p>A script begins with {@code import module dev.chagres;}. Native access is granted with {@code
 * --enable-native-access=dev.chagres}.
 */
@NullMarked
module dev.chagres {
  requires static transitive org.jspecify;

  exports dev.chagres.core;
}
