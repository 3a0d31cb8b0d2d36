package dev.chagres.testing;

import dev.chagres.Chagres;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything public in the packages that the module exports, read from the compiled classes. */
public final class PublicApi {
  private static final ClassValue<List<Executable>> EXECUTABLES =
      new ClassValue<>() {
        @Override
        protected List<Executable> computeValue(Class<?> type) {
          return found(type);
        }
      };

  /** Whether this Java has pictures, without which classes of plots cannot be loaded. */
  private static final boolean DRAWS = ModuleLayer.boot().findModule("java.desktop").isPresent();

  private PublicApi() {}

  /** Returns the public classes, nested ones too, in the order of their names. */
  static List<Class<?>> classes() throws IOException {
    ModuleReference module = module();
    Set<String> exported =
        module.descriptor().exports().stream()
            .map(ModuleDescriptor.Exports::source)
            .collect(Collectors.toSet());
    try (ModuleReader reader = module.open();
        Stream<String> files = reader.list()) {
      return files
          .filter(file -> file.endsWith(".class") && file.contains("/"))
          .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
          .filter(name -> exported.contains(name.substring(0, name.lastIndexOf('.'))))
          .filter(name -> !name.endsWith(".package-info"))
          .filter(name -> DRAWS || !name.startsWith("dev.chagres.plot."))
          .<Class<?>>map(PublicApi::load)
          .filter(PublicApi::isPublic)
          .sorted(Comparator.comparing(Class::getName))
          .toList();
    }
  }

  /** A folder of classes, or the library as a jar. */
  private static ModuleReference module() {
    try {
      var at = Chagres.class.getProtectionDomain().getCodeSource().getLocation().toURI();
      return ModuleFinder.of(Path.of(at)).find("dev.chagres").orElseThrow();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean isPublic(Class<?> type) {
    for (Class<?> part = type; part != null; part = part.getEnclosingClass()) {
      if (!Modifier.isPublic(part.getModifiers())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the public constructors and methods that a class or interface itself declares, and
   * those of superclasses that users do not see.
   */
  static List<Executable> executables(Class<?> type) {
    return EXECUTABLES.get(type);
  }

  private static List<Executable> found(Class<?> type) {
    List<Executable> found = new ArrayList<>();
    if (!Modifier.isAbstract(type.getModifiers())) {
      found.addAll(List.of(type.getConstructors()));
    }
    for (Class<?> part = type;
        part == type || part != null && !isPublic(part);
        part = part.getSuperclass()) {
      for (Method method : part.getDeclaredMethods()) {
        if (Modifier.isPublic(method.getModifiers())
            && !method.isBridge()
            && !method.isSynthetic()) {
          method.setAccessible(true); // its class is not public, but its heir is
          found.add(method);
        }
      }
    }
    found.sort(Comparator.comparing(Executable::toString));
    return List.copyOf(found);
  }

  /** Returns the public methods of a class, inherited ones too, for tests to call. */
  public static Stream<Method> methods(Class<?> type) {
    // A superclass that users do not see declares some.
    return Arrays.stream(type.getMethods()).peek(method -> method.setAccessible(true));
  }

  /** Returns the class through which users reach a member: the heir of one that they do not see. */
  public static Class<?> holder(Executable executable) {
    Class<?> type = executable.getDeclaringClass();
    while (!isPublic(type) && type.isSealed()) {
      type = type.getPermittedSubclasses()[0];
    }
    return type;
  }

  /** Returns a name to read: {@code Tensor.zeros(DType, long[])}. */
  static String name(Executable executable) {
    String type = holder(executable).getName().replaceFirst(".*\\.", "");
    String method = executable instanceof Method ? "." + executable.getName() : "";
    String parameters =
        Stream.of(executable.getParameterTypes())
            .map(Class::getSimpleName)
            .reduce((a, b) -> a + ", " + b)
            .orElse("");
    return type.replace('$', '.') + method + "(" + parameters + ")";
  }
}
