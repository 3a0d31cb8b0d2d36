package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Device;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How a module that was made like another becomes its copy. */
final class ModuleCopy {
  private ModuleCopy() {}

  static <M extends Module> M of(Module module, Supplier<? extends M> maker) {
    M made = given("copy", "what the maker made", made(maker));
    Map<String, Module> parts = module.namedModules();
    Map<String, Module> others = made.namedModules();
    checkSame("parts", parts, others);
    parts.forEach((path, part) -> checkPart(path, part, others));
    IdentityHashMap<Tensor, Tensor> copies = copies(module, made);
    copies.forEach((source, target) -> copyInto(target, source));
    others.forEach(
        (path, part) -> {
          Module like = parts.get(path);
          if (like != null) {
            part.behaveAs(like);
          }
        });
    return made;
  }

  /** Gives a tensor of the copy another's elements. */
  private static void copyInto(Tensor target, Tensor source) {
    target.requiresGrad_(false);
    Tensor data = source.detach().clone();
    data.storage().escape();
    target.setData(data);
    target.requiresGrad_(source.requiresGrad());
  }

  private static <M extends Module> M made(Supplier<? extends M> maker) {
    try (var _ = Generator.fork();
        var _ = DefaultDevice.use(Device.cpu())) {
      return maker.get();
    }
  }

  private static void checkSame(String what, Map<String, ?> ours, Map<String, ?> theirs) {
    if (!ours.keySet().equals(theirs.keySet())) {
      List<String> missing = new ArrayList<>(ours.keySet());
      missing.removeAll(theirs.keySet());
      List<String> more = new ArrayList<>(theirs.keySet());
      more.removeAll(ours.keySet());
      throw new IllegalArgumentException(
          "copy: what the maker made has other "
              + what
              + (missing.isEmpty() ? "" : ", without " + missing)
              + (more.isEmpty() ? "" : ", and with " + more));
    }
  }

  @SuppressWarnings("ReferenceEquality") // A module is itself.
  private static void checkPart(String path, Module part, Map<String, Module> others) {
    Module like = others.get(path);
    String where = path.isEmpty() ? "the module" : path;
    if (others.containsValue(part) || like == null) {
      throw new IllegalArgumentException(
          "copy: the maker returned " + where + " itself; it has to make a new one");
    }
    if (like.getClass() != part.getClass()) {
      throw new IllegalArgumentException(
          "copy: "
              + where
              + " is of class "
              + part.getClass().getName()
              + ", and what the maker made of "
              + like.getClass().getName());
    }
    boolean isOurs = part.getClass().getPackage() == Module.class.getPackage();
    if (isOurs && !part.described().equals(like.described())) {
      throw new IllegalArgumentException(
          "copy: "
              + where
              + " is "
              + part.name()
              + "("
              + part.described()
              + "), and what the maker made ("
              + like.described()
              + ")");
    }
  }

  /** Returns for each parameter and buffer the one that becomes its copy, once. */
  private static IdentityHashMap<Tensor, Tensor> copies(Module module, Module made) {
    Map<String, Tensor> ours = new LinkedHashMap<>();
    Map<String, Tensor> theirs = new LinkedHashMap<>();
    module.parts.forEachTensor(ours::put);
    made.parts.forEachTensor(theirs::put);
    checkSame("parameters or buffers", ours, theirs);
    IdentityHashMap<Tensor, Tensor> copies = new IdentityHashMap<>();
    IdentityHashMap<Tensor, Tensor> sources = new IdentityHashMap<>();
    ours.forEach((path, source) -> pair(path, source, theirs.get(path), copies, sources));
    for (Tensor target : sources.keySet()) {
      if (copies.containsKey(target)) {
        throw new IllegalArgumentException(
            "copy: what the maker made has a parameter or buffer of the module itself");
      }
    }
    return copies;
  }

  @SuppressWarnings("ReferenceEquality") // A tensor is itself.
  private static void pair(
      String path,
      Tensor source,
      @Nullable Tensor target,
      IdentityHashMap<Tensor, Tensor> copies,
      IdentityHashMap<Tensor, Tensor> sources) {
    if (target == null || !source.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          "copy: "
              + path
              + " is "
              + source.shape()
              + ", and what the maker made "
              + (target == null ? "nothing" : target.shape()));
    }
    Tensor copy = copies.putIfAbsent(source, target);
    Tensor other = sources.putIfAbsent(target, source);
    if ((copy != null && copy != target) || (other != null && other != source)) {
      throw new IllegalArgumentException(
          "copy: "
              + path
              + " is one with another parameter or buffer in the module or in what the maker made,"
              + " and not in both");
    }
  }
}
