package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.Chagres;
import dev.chagres.autograd.GradMode;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Module;
import dev.chagres.observe.Observation;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.PrintOptions;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.TypeVariable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every parameter of every public method, given null, or an array, collection or map that holds
 * one, beside random arguments: unless it is {@code @Nullable} that is an exception, which names
 * the operation and comes before anything is done.
 */
class NullArgumentsTest {
  private static final int DRAWS = 40;
  private static final Pattern SAID = Pattern.compile("[\\p{Alnum}_.]+: .* is null");

  private final Map<String, String> defects = new TreeMap<>();
  private int parameters;

  @TempDir private Path folder;

  @Test
  void whatMayNotBeNullIsNamed() throws Exception {
    List<Class<?>> classes = PublicApi.classes();
    Arguments arguments = new Arguments(new Random(7), folder, classes);
    long limit = Memory.limit();
    int threads = Chagres.getNumThreads();
    PrintOptions printing = PrintOptions.current();
    PrintStream errors = System.err;
    System.setErr(new PrintStream(OutputStream.nullOutputStream())); // progress bars and warnings
    try {
      Memory.setLimit(BadInputTest.BUDGET); // a random size may be of any
      for (Class<?> type : classes) {
        for (Executable call : PublicApi.executables(type)) {
          if (!BadInputTest.isLeftOut(call) && !isOthers(call)) {
            for (int i = 0; i < call.getParameterCount(); i++) {
              check(call, i, arguments);
            }
            Memory.setLimit(BadInputTest.BUDGET);
            Memory.stopTracing();
            Autograd.setDetectAnomaly(false);
            Observation.end();
            printing.use();
          }
        }
      }
    } finally {
      Memory.setLimit(limit);
      Chagres.setNumThreads(threads);
      System.setErr(errors);
    }
    System.out.println("null arguments: " + parameters + " parameters and elements");
    assertEquals("", String.join("\n", defects.values()), () -> defects.size() + " defects");
  }

  /** Methods whose meaning Java or a user gives, and {@code forward}, which {@code call} guards. */
  private static boolean isOthers(Executable call) {
    return call.getName().equals("equals")
        || Throwable.class.isAssignableFrom(call.getDeclaringClass())
        || call.getName().equals("forward")
        || call.getDeclaringClass().isInterface()
            && !call.getDeclaringClass().isSealed()
            && Modifier.isAbstract(call.getModifiers())
        || call.getDeclaringClass().isEnum() && call.getName().equals("valueOf");
  }

  private void check(Executable call, int at, Arguments arguments) {
    AnnotatedType type = call.getAnnotatedParameterTypes()[at];
    Class<?> raw = call.getParameterTypes()[at];
    if (raw.isPrimitive()) {
      return;
    }
    if (!type.isAnnotationPresent(Nullable.class)) {
      check(call, at, null, "null", arguments);
    }
    if (!call.getDeclaringClass().equals(Module.class) || !call.getName().equals("call")) {
      // what a module's forward does with an input that is not there is its own affair
      nested(raw, type)
          .forEach((description, value) -> check(call, at, value, description, arguments));
    }
  }

  private static boolean isNullable(AnnotatedType type) {
    return type.isAnnotationPresent(Nullable.class) || type.getType() instanceof TypeVariable;
  }

  /** What holds a null where the type forbids one. */
  private static Map<String, Object> nested(Class<?> raw, AnnotatedType type) {
    Map<String, Object> found = new LinkedHashMap<>();
    if (type instanceof AnnotatedArrayType array
        && !raw.getComponentType().isPrimitive()
        && !isNullable(array.getAnnotatedGenericComponentType())) {
      found.put("[null]", Array.newInstance(raw.getComponentType(), 1));
    } else if (type instanceof AnnotatedParameterizedType generic) {
      AnnotatedType[] of = generic.getAnnotatedActualTypeArguments();
      if (raw.isAssignableFrom(ArrayList.class) && !isNullable(of[0])) {
        found.put("[null]", Collections.singletonList(null));
      } else if (raw == Map.class && !isNullable(of[1]) && ofString(generic)) {
        found.put("{a=null}", Collections.singletonMap("a", null));
      }
    }
    return found;
  }

  private static boolean ofString(AnnotatedParameterizedType map) {
    return map.getType() instanceof ParameterizedType type
        && type.getActualTypeArguments()[0] == String.class;
  }

  private void check(
      Executable call, int at, @Nullable Object value, String description, Arguments arguments) {
    parameters++;
    String where = PublicApi.name(call) + " with " + description + " at " + at;
    int tried = 0;
    boolean named = false;
    String other = "";
    for (int draw = 0; draw < DRAWS; draw++) {
      try (Scope _ = Scope.open();
          GradMode _ = GradMode.enable()) {
        boolean isStatic = !(call instanceof Method) || Modifier.isStatic(call.getModifiers());
        Object receiver = isStatic ? null : arguments.receiver(call.getDeclaringClass());
        @Nullable Object[] values = arguments.all(call);
        values[at] = value;
        boolean isUsers = receiver != null && Proxy.isProxyClass(receiver.getClass());
        if (!isStatic && receiver == null || isUsers || hasOther(call, at, values)) {
          continue;
        }
        tried++;
        try {
          if (call instanceof Method method) {
            method.invoke(receiver, values);
          } else {
            ((Constructor<?>) call).newInstance(values);
          }
          defects.putIfAbsent(where, where + " was accepted");
        } catch (InvocationTargetException e) {
          if (e.getCause() instanceof NullPointerException missing) {
            String message = String.valueOf(missing.getMessage());
            if (names(message)) {
              named = true;
            } else {
              defects.putIfAbsent(where, where + " threw " + message + at(missing));
            }
          } else {
            other = e.getCause().toString();
          }
        } catch (ReflectiveOperationException e) {
          throw new AssertionError(where, e);
        }
      }
    }
    if (!named && value == null && tried > 0) {
      defects.putIfAbsent(where, where + " was never refused, but: " + other);
    }
  }

  private static String at(Throwable e) {
    return e.getStackTrace().length == 0 ? "" : " at " + e.getStackTrace()[0];
  }

  /** Whether something else is null too, which may be told of first. */
  private static boolean hasOther(Executable call, int at, @Nullable Object... values) {
    for (int i = 0; i < values.length; i++) {
      if (i != at && Nulls.in(values[i]) && !call.getParameterTypes()[i].isPrimitive()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a message says of which operation what is null. */
  private static boolean names(String message) {
    return SAID.matcher(message).matches();
  }
}
