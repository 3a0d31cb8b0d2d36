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
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Warns, once for each field of a class, of layers and parameters that a module has in its fields
 * but did not register, which would silently not be trained, and of fields that hold something else
 * by now than what was registered under their name. Fields that reflection may not read are left
 * out. Of collections, maps, arrays and optionals it sees the first {@value #MOST} values, and
 * those of such in them. What a layer of this package holds is registered, and not looked at.
 */
final class Unregistered {
  private static final Logger LOGGER = System.getLogger(Unregistered.class.getName());
  private static final int MOST = 1000;
  private static final int DEEP = 2;

  private static final ClassValue<Holders> HOLDERS =
      new ClassValue<>() {
        @Override
        protected Holders computeValue(Class<?> type) {
          return new Holders(fields(type), ConcurrentHashMap.newKeySet());
        }
      };

  /** The fields of a class that can hold parts, and those of which was warned. */
  private record Holders(List<Field> fields, Set<Field> told) {}

  private Unregistered() {}

  /** Looks at the fields of all modules of a tree; {@code registered} is what the tree has. */
  static void warn(Collection<Module> modules, Set<Object> registered) {
    for (Module module : modules) {
      warn(module, part -> registered.contains(part));
    }
  }

  /**
   * Looks at the fields of all modules of a tree that may be part of a greater one: what is
   * registered anywhere is not warned of, nor are parameters, which may be another part's.
   */
  static void warnOfModules(Collection<Module> modules) {
    for (Module module : modules) {
      warn(module, part -> !(part instanceof Module layer) || layer.registration().isPart());
    }
  }

  private static void warn(Module module, Predicate<Object> isRegistered) {
    Holders holders = HOLDERS.get(module.getClass());
    if (holders.told.size() == holders.fields.size()) {
      return;
    }
    List<String> forgotten = new ArrayList<>();
    String remedy = "";
    for (Field field : holders.fields) {
      Object value = holders.told.contains(field) ? null : value(field, module);
      String replaced = replaced(field, value, module);
      if (value instanceof Tensor now && replaced != null) {
        if (holders.told.add(field)) {
          warnOfReplaced(module, field, replaced, now);
        }
      } else if (forgets(value, module, isRegistered, DEEP) && holders.told.add(field)) {
        forgotten.add(field.getName());
        if (!isLayerOrParameter(value)) {
          remedy =
              "; in the place of a list, array or map register a ModuleList, ModuleDict,"
                  + " ParameterList or ParameterDict";
        }
      }
    }
    if (!forgotten.isEmpty()) {
      LOGGER.log(
          Logger.Level.WARNING,
          "{0}: not trained, moved or saved, nor switched by train() and eval(), because not"
              + " registered: {1}; write field = register(\"field\", layer) or"
              + " registerParameter(\"field\", tensor){2}",
          module.getClass().getName(),
          String.join(", ", forgotten),
          remedy);
    }
  }

  /**
   * Returns the name under which another tensor is registered than a field of that name holds; null
   * if there is none, or the field's is over the same memory and its gradients reach that one.
   */
  private static @Nullable String replaced(Field field, @Nullable Object value, Module module) {
    if (!(value instanceof Tensor now) || module.ownParts().has(now)) {
      return null;
    }
    String name = module.ownParts().nameOfTensor(field.getName());
    Tensor registered = name == null ? null : module.ownParts().tensor(name);
    boolean same =
        registered == null || sharesMemory(now, registered) && !losesGradients(now, registered);
    return same ? null : name;
  }

  private static boolean sharesMemory(Tensor a, Tensor b) {
    return a.storage().sharesMemory(b.storage());
  }

  /** Returns whether what is computed of a tensor does not train a parameter over its memory. */
  private static boolean losesGradients(Tensor now, Tensor parameter) {
    return parameter.requiresGrad() && now.isLeaf();
  }

  private static void warnOfReplaced(Module module, Field field, String name, Tensor now) {
    LOGGER.log(
        Logger.Level.WARNING,
        "{0}: the field {1} holds another tensor than the one that is registered as \"{2}\", which"
            + " is what is saved, loaded, moved and trained; {3}",
        module.getClass().getName(),
        field.getName(),
        name,
        remedy(module.ownParts(), field.getName(), name, now));
  }

  private static String remedy(Parts parts, String field, String name, Tensor now) {
    String write =
        "keep the field final and write into its tensor, as in " + field + ".copy_(value)";
    if (parts.isBuffer(name)) {
      return write + ", or register the new one: " + assigned("Buffer", field, name);
    }
    Tensor registered = parts.tensor(name);
    return registered != null && sharesMemory(now, registered)
        ? "assign what registering returns: " + assigned("Parameter", field, name)
        : write + " within Autograd.noGrad()";
  }

  private static String assigned(String kind, String field, String name) {
    return field + " = register" + kind + "(\"" + name + "\", value)";
  }

  private static boolean isLayerOrParameter(@Nullable Object value) {
    return value instanceof Module || value instanceof Parameter;
  }

  /** Returns whether a value is a part, or holds one, that is not registered. */
  private static boolean forgets(
      @Nullable Object value, Module module, Predicate<Object> isRegistered, int depth) {
    if (value == null) {
      return false;
    }
    if (isLayerOrParameter(value)) {
      return !isRegistered.test(value)
          && !(value instanceof Module part && (isIdle(part) || part.modules().contains(module)));
    }
    return depth > 0
        && held(value).stream().anyMatch(part -> forgets(part, module, isRegistered, depth - 1));
  }

  /** Returns whether nothing is lost if nobody knows of a module: all in it is without a state. */
  private static boolean isIdle(Module module) {
    return module.modules().stream().allMatch(Unregistered::isIdleItself);
  }

  private static boolean isIdleItself(Module module) {
    return isOurs(module.getClass())
        && module.ownParts().hasNoTensors()
        && !(module instanceof DropoutLayer || module instanceof RReLU);
  }

  private static boolean isOurs(Class<?> type) {
    return type.getPackage() == Module.class.getPackage();
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
      // A collection that cannot be read now, such as one that another thread fills.
      return List.of();
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
    while (part != null && !isOurs(part)) {
      for (Field field : part.getDeclaredFields()) {
        if ((canHold(field.getType()) || field.getType() == Tensor.class)
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
