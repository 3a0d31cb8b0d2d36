package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Users reach what the exported packages declare, and nothing of the others through it. */
class PublicApiTest {

  /** A static method of a superclass, for one, is a member of the class that users see. */
  @Test
  void noPublicMemberIsOfAPackageThatIsNotExported() throws IOException {
    Set<String> exported = exported();
    Set<String> found = new TreeSet<>();
    for (Class<?> type : PublicApi.classes()) {
      for (Method method : type.getMethods()) {
        Class<?> owner = method.getDeclaringClass();
        if (isOurs(owner) && !exported.contains(owner.getPackageName())) {
          found.add(type.getSimpleName() + " inherits " + method);
        }
      }
      List<Executable> callable = new ArrayList<>(PublicApi.executables(type));
      if (!Modifier.isFinal(type.getModifiers()) && !type.isSealed()) {
        Stream.concat(
                Stream.of(type.getDeclaredMethods()), Stream.of(type.getDeclaredConstructors()))
            .filter(member -> Modifier.isProtected(member.getModifiers()))
            .forEach(callable::add);
      }
      for (Executable member : callable) {
        List<Class<?>> types = new ArrayList<>(List.of(member.getParameterTypes()));
        if (member instanceof Method method) {
          types.add(method.getReturnType());
        }
        for (Class<?> each : types) {
          if (isOurs(each) && !exported.contains(each.getPackageName())) {
            found.add(PublicApi.name(member) + " shows " + each.getName());
          }
        }
      }
    }
    assertEquals(Set.of(), found);
  }

  /** A {@code List<Parameter>} is none of {@code List<Tensor>}. */
  @Test
  void whatTakesTensorsTakesParameters() throws IOException {
    Set<String> found = new TreeSet<>();
    int seen = 0;
    for (Class<?> type : PublicApi.classes()) {
      for (Executable member : PublicApi.executables(type)) {
        if (!(member instanceof Method) || Modifier.isAbstract(member.getModifiers())) {
          continue; // what a program implements, and parts of records
        }
        for (Type parameter : member.getGenericParameterTypes()) {
          if (parameter instanceof ParameterizedType of && isCollection(of)) {
            Type[] arguments = of.getActualTypeArguments();
            Type last = arguments[arguments.length - 1];
            seen += last.getTypeName().endsWith("Tensor") ? 1 : 0;
            if (last.equals(Tensor.class) && !isState(member)) {
              found.add(PublicApi.name(member));
            }
          }
        }
      }
    }
    assertEquals(Set.of(), found);
    assertTrue(seen > 50, seen + " seen");
  }

  private static boolean isCollection(ParameterizedType type) {
    return Set.of(Iterable.class, Collection.class, List.class, Map.class)
        .contains(type.getRawType());
  }

  /** The state of an optimizer has no parameters. */
  private static boolean isState(Executable member) {
    return member.getDeclaringClass().getPackageName().endsWith(".optim")
        && Set.of("loadStateDict", "from").contains(member.getName());
  }

  @Test
  void machineryIsNotPublic() throws IOException {
    Set<String> names =
        PublicApi.classes().stream()
            .flatMap(type -> PublicApi.executables(type).stream())
            .map(PublicApi::name)
            .map(name -> name.replaceFirst("\\(.*", ""))
            .collect(Collectors.toSet());
    assertTrue(names.contains("Storage.free") && names.contains("Scope.keep"));
    for (String name :
        List.of(
            "Storage.claim",
            "Storage.unclaim",
            "Storage.claims",
            "Storage.bumpVersion",
            "Scope.suspend",
            "Scope.owns",
            "Scope.innermostOwns",
            "Primitives.sgdStep",
            "AdamStep",
            "ElementStep",
            "Primitives.elementStep",
            "SgdStep")) {
      assertTrue(!names.contains(name), name);
    }
  }

  private static Set<String> exported() throws IOException {
    return PublicApi.classes().stream().map(Class::getPackageName).collect(Collectors.toSet());
  }

  private static boolean isOurs(Class<?> type) {
    return type.getName().startsWith("dev.chagres.");
  }
}
