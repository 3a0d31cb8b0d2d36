package dev.chagres.nn;

import dev.chagres.tensor.Parameter;
import java.lang.System.Logger;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Warns, once for each class, of layers and parameters that a module has in its fields but did not
 * register: they would silently not be trained. Fields that reflection may not read are left out.
 */
final class Unregistered {
  private static final Logger LOGGER = System.getLogger(Unregistered.class.getName());

  private static final ClassValue<Parts> PARTS =
      new ClassValue<>() {
        @Override
        protected Parts computeValue(Class<?> type) {
          return new Parts(fields(type), new AtomicBoolean());
        }
      };

  /** The fields of a class that can hold parts, and whether it was warned of. */
  private record Parts(List<Field> fields, AtomicBoolean told) {}

  private Unregistered() {}

  /** Looks at the fields of all modules of a tree; {@code registered} is what the tree has. */
  static void warn(Collection<Module> modules, Set<Object> registered) {
    for (Module module : modules) {
      Parts parts = PARTS.get(module.getClass());
      if (parts.fields.isEmpty() || parts.told.get()) {
        continue;
      }
      List<String> forgotten = new ArrayList<>();
      for (Field field : parts.fields) {
        Object part = value(field, module);
        if (part != null && !registered.contains(part)) {
          forgotten.add(field.getName());
        }
      }
      if (!forgotten.isEmpty() && parts.told.compareAndSet(false, true)) {
        LOGGER.log(
            Logger.Level.WARNING,
            "{0}: not trained, moved or saved, because not registered: {1}; write field ="
                + " register(\"field\", layer) or registerParameter(\"field\", tensor)",
            module.getClass().getName(),
            String.join(", ", forgotten));
      }
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
        boolean holds =
            Module.class.isAssignableFrom(field.getType()) || field.getType() == Parameter.class;
        if (holds
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
}
