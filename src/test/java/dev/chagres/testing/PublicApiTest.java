package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
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
