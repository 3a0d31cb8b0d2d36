package dev.chagres.testing;

import dev.chagres.tensor.Tensor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;

/** What a function of any kind gave. */
public final class Results {
  private Results() {}

  /** Returns the tensors of a result, in order: itself, a list's or a record's. */
  public static List<Tensor> flat(Object result) {
    return switch (result) {
      case Tensor tensor -> List.of(tensor);
      case List<?> items -> items.stream().flatMap(item -> flat(item).stream()).toList();
      case Record record -> {
        List<Tensor> tensors = new ArrayList<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
          tensors.addAll(flat(component(component, record)));
        }
        yield tensors;
      }
      default -> throw new AssertionError("a result of " + result.getClass());
    };
  }

  private static Object component(RecordComponent component, Record record) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
