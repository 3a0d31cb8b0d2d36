package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.chagres.core.DType;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The dtypes of results of mixed operands, against PyTorch's whole table. */
@OnEveryDevice
class PromotionTest {
  private static final JsonObject TABLES = GoldenFile.json("promotion.json");

  /** A check of one pair: what it gives, from the left dtype and the right name. */
  private interface Pair {
    DType of(DType left, String right);
  }

  private static void check(String table, int rights, Pair pair) {
    Map<String, JsonElement> rows = TABLES.getAsJsonObject(table).asMap();
    assertEquals(DType.values().length * rights, rows.size(), table);
    rows.forEach(
        (key, expected) -> {
          String[] names = key.split(" ", -1);
          DType found = pair.of(DType.named(names[0]), names[1]);
          assertEquals(expected.getAsString(), found.toString(), table + ": " + key);
        });
  }

  private static Tensor tensor(DType dtype, long... sizes) {
    return Tensor.ones(dtype, sizes);
  }

  /** The dtypes of adding in both orders, and of the other operations that take bools. */
  private static DType result(Tensor a, Tensor b) {
    DType sum = a.add(b).dtype();
    assertEquals(sum, b.add(a).dtype());
    assertEquals(sum, a.mul(b).dtype());
    assertEquals(sum, a.maximum(b).dtype());
    assertEquals(sum, Tensor.where(a.ne(5), a, b).dtype());
    assertEquals(DType.BOOL, a.lt(b).dtype());
    assertEquals(DType.BOOL, a.logicalAnd(b).dtype());
    assertEquals(sum.isFloating() ? sum : DType.FLOAT32, a.div(b).dtype());
    if (!sum.isFloating()) {
      assertEquals(sum, a.bitwiseAnd(b).dtype());
    }
    return sum;
  }

  @Test
  void tensorsPromote() {
    check("tensors", 10, (left, right) -> result(tensor(left, 2), tensor(DType.named(right), 2)));
  }

  @Test
  void tensorsWithoutDimensionsAreWeak() {
    check("zero_dim", 10, (left, right) -> result(tensor(left, 2), tensor(DType.named(right))));
  }

  @Test
  void numbersAreWeaker() {
    check("scalar", 3, (left, right) -> scalar(tensor(left, 2), right));
    check("zero_dim_scalar", 3, (left, right) -> scalar(tensor(left), right));
  }

  /** Java has no number that is a bool: there the result is the tensor's dtype in PyTorch, too. */
  private static DType scalar(Tensor x, String right) {
    return switch (right) {
      case "bool" -> x.dtype();
      case "int" -> both(x, 1, 1L);
      default -> both(x, 1.0, 1.0f);
    };
  }

  private static DType both(Tensor x, Number one, Number other) {
    DType sum = x.add(one).dtype();
    assertEquals(sum, x.add(other).dtype());
    assertEquals(sum, x.mul(one).dtype());
    assertEquals(sum, x.maximum(one).dtype());
    assertEquals(DType.BOOL, x.eq(one).dtype());
    return sum;
  }

  @Test
  void theDefaultFloatingTypeIsFloat32() {
    assertEquals(DType.named(TABLES.get("default").getAsString()), Tensor.scalar(1.5).dtype());
    assertEquals(DType.FLOAT32, Tensor.zeros(2).dtype());
    assertEquals(DType.INT64, Tensor.scalar(1).dtype());
  }
}
