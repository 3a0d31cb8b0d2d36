package dev.chagres.nn;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.lang.System.Logger;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Warns, once for each class, of layers and parameters that a module has in its fields but did not
 * register: they would silently not be trained. Fields that reflection may not read are left out.
 * Of collections, maps, arrays and optionals it sees the first {@value #MOST} values, and those of
 * such in them.
 */
final class Unregistered {
  private static final Logger LOGGER = System.getLogger(Unregistered.class.getName());
  private static final int MOST = 1000;

  private static final ClassValue<Holders> HOLDERS =
      new ClassValue<>() {
        @Override
        protected Holders computeValue(Class<?> type) {
          return new Holders(fields(type), new AtomicBoolean());
        }
      };

  /** The fields of a class that can hold parts, and whether it was warned of. */
  private record Holders(List<Field> fields, AtomicBoolean told) {}

  private Unregistered() {}

  /** Looks at the fields of all modules of a tree; {@code registered} is what the tree has. */
  static void warn(Collection<Module> modules, Set<Object> registered) {
    for (Module module : modules) {
      Holders holders = HOLDERS.get(module.getClass());
      if (holders.fields.isEmpty() || holders.told.get()) {
        continue;
      }
      List<String> forgotten = new ArrayList<>();
      String remedy = "";
      for (Field field : holders.fields) {
        Object value = value(field, module);
        if (forgets(value, registered, 2)) {
          forgotten.add(field.getName());
          if (!isPart(value)) {
            remedy =
                "; each part of a list, array or map by itself, as in register(\"layer\" + i,"
                    + " layer), or in a registered Sequential";
          }
        }
      }
      if (!forgotten.isEmpty() && holders.told.compareAndSet(false, true)) {
        LOGGER.log(
            Logger.Level.WARNING,
            "{0}: not trained, moved or saved, because not registered: {1}; write field ="
                + " register(\"field\", layer) or registerParameter(\"field\", tensor){2}",
            module.getClass().getName(),
            String.join(", ", forgotten),
            remedy);
      }
    }
  }

  private static boolean isPart(@Nullable Object value) {
    return value instanceof Module || value instanceof Parameter;
  }

  /** Returns whether a value is a part, or holds one, that is not registered. */
  private static boolean forgets(@Nullable Object value, Set<Object> registered, int depth) {
    if (value == null) {
      return false;
    }
    if (isPart(value)) {
      return !registered.contains(value);
    }
    return depth > 0 && held(value).stream().anyMatch(part -> forgets(part, registered, depth - 1));
  }

  private static List<?> held(Object holder) {
    try {
      return switch (holder) {
        case Collection<?> collection -> collection.stream().limit(MOST).toList();
        case Map<?, ?> map -> map.values().stream().limit(MOST).toList();
        case Object[] array -> Arrays.stream(array).limit(MOST).toList();
        case Optional<?> optional -> optional.stream().toList();
        default -> List.of();
      };
    } catch (RuntimeException e) {
      return List
          .of(); // a collection that cannot be read now, such as one that another thread fills
    }
  }

  private static @Nullable Object value(Field field, Module module) {
    try {
      return field.get(module);
    } catch (IllegalAccessException e) {
      return null; // closed again, which is as good as not there
    }
  }

  private static List<Field> fields(Class<?> type) {
    List<Field> found = new ArrayList<>();
    @Nullable Class<?> part = type;
    while (part != null && part != Module.class) {
      for (Field field : part.getDeclaredFields()) {
        if (canHold(field.getType())
            && !field.isSynthetic()
            && !Modifier.isStatic(field.getModifiers())
            && field.trySetAccessible()) {
          found.add(field);
        }
      }
      part = part.getSuperclass();
    }
    return List.copyOf(found);
  }

  private static boolean canHold(Class<?> type) {
    if (type.isArray()) {
      Class<?> element = type.getComponentType();
      return element == Object.class || element == Tensor.class || canHold(element);
    }
    return Module.class.isAssignableFrom(type)
        || type == Parameter.class
        || type == Optional.class
        || Collection.class.isAssignableFrom(type)
        || Map.class.isAssignableFrom(type);
  }
}
