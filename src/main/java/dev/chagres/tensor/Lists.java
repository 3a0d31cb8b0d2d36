package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import java.lang.reflect.Array;
import java.util.List;

/** Lists of Java, of any depth, as arrays of primitive numbers: what tensors are made of. */
final class Lists {
  /** What the numbers of a list become; of several kinds the last, as in PyTorch. */
  private enum Kind {
    NONE(double.class),
    BOOLEAN(boolean.class),
    INTEGER(long.class),
    FLOATING(double.class);

    private final Class<?> type;

    Kind(Class<?> type) {
      this.type = type;
    }
  }

  private Lists() {}

  /** Returns a list as an array of one type of number. Arrays in it stay what they are. */
  static Object array(List<?> list) {
    return array(list, kind(list));
  }

  private static Kind kind(List<?> list) {
    Kind kind = Kind.NONE;
    for (Object item : list) {
      Kind next =
          switch (given("of", "an element of the list", item)) {
            case List<?> row -> kind(row);
            case Boolean _ -> Kind.BOOLEAN;
            case Number number -> Scalars.isFloating(number) ? Kind.FLOATING : Kind.INTEGER;
            case Tensor _ ->
                throw new IllegalArgumentException(
                    "of: a list of tensors; stack(list) makes one tensor of them");
            default -> {
              if (item.getClass().isArray()) {
                yield Kind.NONE;
              }
              throw new IllegalArgumentException(
                  "of: a list with a " + item.getClass().getName() + ", which is no number");
            }
          };
      kind = next.compareTo(kind) > 0 ? next : kind;
    }
    return kind;
  }

  private static Object array(List<?> list, Kind kind) {
    Object[] rows =
        list.stream().map(item -> item instanceof List<?> row ? array(row, kind) : item).toArray();
    Class<?> type = rows.length > 0 && isRow(rows[0]) ? rows[0].getClass() : kind.type;
    Object array = Array.newInstance(type, rows.length);
    for (int i = 0; i < rows.length; i++) {
      if (isRow(rows[i]) ? rows[i].getClass() != type : type.isArray()) {
        throw new IllegalArgumentException(
            "of: elements 0 and " + i + " of a list differ in depth or type");
      }
      Array.set(array, i, isRow(rows[i]) ? rows[i] : number(rows[i], kind));
    }
    return array;
  }

  private static boolean isRow(Object item) {
    return item.getClass().isArray();
  }

  private static Object number(Object item, Kind kind) {
    if (item instanceof Boolean flag) {
      return kind == Kind.BOOLEAN ? flag : (Object) (flag ? 1 : 0);
    }
    Number number = (Number) item;
    return kind == Kind.FLOATING ? (Object) number.doubleValue() : (Object) number.longValue();
  }
}
