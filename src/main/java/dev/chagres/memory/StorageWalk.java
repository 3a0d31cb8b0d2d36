package dev.chagres.memory;

import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the storages in an object: in holders, and in collections, maps, arrays, optionals and
 * records of them.
 */
final class StorageWalk {
  private static final int DEEPEST = 100;

  private final String call;
  private final Consumer<Storage> action;
  private boolean foundHolder;
  private boolean foundOther;
  private int depth;

  private StorageWalk(String call, Consumer<Storage> action) {
    this.call = call;
    this.action = action;
  }

  /**
   * Passes all storages to the action of a call; false if there is no holder but something else.
   */
  static boolean of(String call, @Nullable Object root, Consumer<Storage> action) {
    StorageWalk walk = new StorageWalk(call, action);
    walk.visit(root);
    return walk.foundHolder || !walk.foundOther;
  }

  private void visit(@Nullable Object value) {
    if (++depth > DEEPEST) {
      throw new IllegalArgumentException(
          call + ": containers are nested more than " + DEEPEST + " deep, or in a circle");
    }
    switch (value) {
      case null -> {}
      case StorageHolder holder -> {
        foundHolder = true;
        holder.forEachStorage(action);
      }
      case Collection<?> items -> items.forEach(this::visit);
      case Map<?, ?> map -> {
        map.keySet().forEach(this::visit);
        map.values().forEach(this::visit);
      }
      case Map.Entry<?, ?> entry -> {
        visit(entry.getKey());
        visit(entry.getValue());
      }
      case Optional<?> optional -> optional.ifPresent(this::visit);
      case Object[] items -> {
        for (Object item : items) {
          visit(item);
        }
      }
      case Record record -> visitRecord(record);
      default -> foundOther = true;
    }
    depth--;
  }

  private void visitRecord(Record record) {
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Class<?> type = component.getType();
      if (type.isPrimitive()
          || type == String.class
          || type.isEnum()
          || Number.class.isAssignableFrom(type)) {
        foundOther = true;
        continue;
      }
      visit(read(record, component));
    }
  }

  private @Nullable Object read(Record record, RecordComponent component) {
    var accessor = component.getAccessor();
    try {
      accessor.setAccessible(true);
      return accessor.invoke(record);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new IllegalArgumentException(
          "%s: the record %s cannot be read; let it implement StorageHolder, or open its package to %s"
              .formatted(call, record.getClass().getName(), StorageWalk.class.getModule()),
          e);
    }
  }
}
