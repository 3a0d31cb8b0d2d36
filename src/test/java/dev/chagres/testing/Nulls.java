package dev.chagres.testing;

import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds nulls among arguments. */
final class Nulls {
  private Nulls() {}

  /** Whether a value is null or holds one. */
  static boolean in(@Nullable Object value) {
    return switch (value) {
      case null -> true;
      case Object[] values -> inAny(values);
      case Collection<?> values -> inAny(values.toArray());
      case Map<?, ?> values -> inAny(values.keySet().toArray()) || inAny(values.values().toArray());
      case Record values when values.getClass().isRecord() -> inRecord(values);
      default -> false;
    };
  }

  private static boolean inAny(@Nullable Object... values) {
    for (Object value : values) {
      if (in(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean inRecord(Record record) {
    for (var component : record.getClass().getRecordComponents()) {
      try {
        if (in(component.getAccessor().invoke(record))) {
          return true;
        }
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }
    return false;
  }
}
