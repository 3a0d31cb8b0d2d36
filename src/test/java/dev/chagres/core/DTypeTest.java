package dev.chagres.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DTypeTest {
  @Test
  void typesPromoteAsInPyTorch() throws IOException {
    Map<String, JsonElement> table;
    try (InputStream in = DTypeTest.class.getResourceAsStream("/golden/promotion.json")) {
      table =
          new Gson()
              .fromJson(new InputStreamReader(in, StandardCharsets.UTF_8), JsonObject.class)
              .getAsJsonObject("tensors")
              .asMap();
    }
    assertEquals(DType.values().length * DType.values().length, table.size());
    table.forEach(
        (pair, result) -> {
          String[] names = pair.split(" ", -1);
          DType promoted = DType.named(names[0]).promote(DType.named(names[1]));
          assertEquals(result.getAsString(), promoted.toString(), pair);
        });
  }

  @Test
  void promotionIsALattice() {
    for (DType a : DType.values()) {
      assertSame(a, a.promote(a));
      assertSame(a, a.promote(DType.BOOL));
      for (DType b : DType.values()) {
        assertSame(a.promote(b), b.promote(a), a + " and " + b);
        for (DType c : DType.values()) {
          // As in PyTorch, uint8 with int8 first, or half types with each other first, may end
          // wider.
          DType left = a.promote(b).promote(c);
          DType right = a.promote(b.promote(c));
          assertSame(left.kind(), right.kind(), a + ", " + b + ", " + c);
        }
      }
    }
  }

  @Test
  void aTypeIsFoundByItsName() {
    for (DType type : DType.values()) {
      assertSame(type, DType.named(type.toString()));
    }
    Exception e = assertThrows(IllegalArgumentException.class, () -> DType.named("float"));
    assertTrue(
        e.getMessage().startsWith("there is no dtype named float; the names are [bool, uint8, "),
        e.getMessage());
  }

  @Test
  void limitsAreThoseOfTheFormats() {
    assertEquals(255L, DType.UINT8.max());
    assertEquals(0L, DType.UINT8.min());
    assertEquals((long) Byte.MAX_VALUE, DType.INT8.max());
    assertEquals((long) Short.MIN_VALUE, DType.INT16.min());
    assertEquals((long) Integer.MAX_VALUE, DType.INT32.max());
    assertEquals(Long.MIN_VALUE, DType.INT64.min());
    assertEquals(Long.MAX_VALUE, DType.INT64.max());
    assertEquals(65504.0, DType.FLOAT16.max());
    assertEquals(0x1.fep127, DType.BFLOAT16.max());
    assertEquals((double) Float.MAX_VALUE, DType.FLOAT32.max());
    assertEquals(-Double.MAX_VALUE, DType.FLOAT64.min());
    assertEquals(0x1p-10, DType.FLOAT16.eps());
    assertEquals(0x1p-7, DType.BFLOAT16.eps());
    assertEquals(Math.ulp(1f), DType.FLOAT32.eps());
    assertEquals(Math.ulp(1.0), DType.FLOAT64.eps());
    assertEquals(0x1p-14, DType.FLOAT16.tiny());
    assertEquals(Float.MIN_NORMAL, DType.BFLOAT16.tiny());
    assertEquals(Float.MIN_NORMAL, DType.FLOAT32.tiny());
    assertEquals(Double.MIN_NORMAL, DType.FLOAT64.tiny());
    assertThrows(IllegalArgumentException.class, DType.BOOL::max);
    assertThrows(IllegalArgumentException.class, DType.BOOL::min);
    assertThrows(IllegalArgumentException.class, DType.INT32::eps);
    assertThrows(IllegalArgumentException.class, DType.BOOL::tiny);
  }

  @Test
  void sizesAndKinds() {
    assertEquals(1, DType.BOOL.size());
    assertEquals(2, DType.BFLOAT16.size());
    assertEquals(8, DType.INT64.size());
    assertTrue(DType.FLOAT16.isFloating());
    assertTrue(DType.UINT8.isInteger());
    assertTrue(!DType.BOOL.isInteger() && !DType.BOOL.isFloating());
  }
}
