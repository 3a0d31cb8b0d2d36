import org.jspecify.annotations.NullMarked;

/**
 * PyTorch's way of working on the JVM: tensors in off-heap memory, one native call per heavy
 * operation, and autograd, layers, optimizers and data loading in plain Java.
 *
 * <p>A script begins with {@code import module dev.chagres;}. Names that {@code java.base} has too
 * are imported one by one where they are used: {@code dev.chagres.nn.Module}, {@code
 * dev.chagres.nn.Identity}, {@code dev.chagres.tensor.Parameter}, {@code
 * dev.chagres.tensor.Function}. Native access is granted with {@code
 * --enable-native-access=dev.chagres}. Plots need {@code org.knowm.xchart} and {@code java.desktop}
 * beside it, and nothing else does.
 */
@NullMarked
@SuppressWarnings("requires-automatic") // XChart has a name for its module, but no descriptor.
module dev.chagres {
  requires static transitive org.jspecify;
  requires com.google.gson;
  requires static java.desktop;
  requires static jdk.jfr;
  requires static org.knowm.xchart;

  exports dev.chagres;
  exports dev.chagres.autograd;
  exports dev.chagres.core;
  exports dev.chagres.cuda;
  exports dev.chagres.data;
  exports dev.chagres.distributed;
  exports dev.chagres.io;
  exports dev.chagres.linalg;
  exports dev.chagres.memory;
  exports dev.chagres.nn;
  exports dev.chagres.optim;
  exports dev.chagres.plot;
  exports dev.chagres.profiler;
  exports dev.chagres.tensor;
}
