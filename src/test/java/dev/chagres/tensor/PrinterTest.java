package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.chagres.core.DType;
import dev.chagres.testing.GoldenFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Texts of PyTorch for the same tensors. */
class PrinterTest {
  private final Locale locale = Locale.getDefault();

  @AfterEach
  void restore() {
    PrintOptions.STANDARD.use();
    Locale.setDefault(locale);
  }

  @Test
  void printsWhatPyTorchPrints() {
    List<String> differences = new ArrayList<>();
    JsonArray cases = GoldenFile.json("print.json").getAsJsonArray("tensors");
    assertFalse(cases.isEmpty());
    for (JsonElement element : cases) {
      JsonObject row = element.getAsJsonObject();
      options(row).use();
      compare(differences, row.get("text").getAsString(), tensor(row).toString());
    }
    assertEquals(List.of(), differences);
  }

  private static void compare(List<String> differences, String expected, String found) {
    if (!expected.equals(found)) {
      differences.add("expected\n" + expected + "\nbut found\n" + found);
    }
  }

  private static PrintOptions options(JsonObject row) {
    PrintOptions options = PrintOptions.STANDARD;
    if (row.has("options")) {
      for (var option : row.getAsJsonObject("options").entrySet()) {
        JsonElement value = option.getValue();
        options =
            switch (option.getKey()) {
              case "precision" -> options.withPrecision(value.getAsInt());
              case "linewidth" -> options.withLineWidth(value.getAsInt());
              case "threshold" -> options.withThreshold(value.getAsLong());
              case "edgeitems" -> options.withEdgeItems(value.getAsInt());
              case "sci_mode" ->
                  options.withScientific(
                      value.getAsBoolean()
                          ? PrintOptions.Scientific.ALWAYS
                          : PrintOptions.Scientific.NEVER);
              default -> throw new IllegalArgumentException(option.getKey());
            };
      }
    }
    return options;
  }

  private static Tensor tensor(JsonObject row) {
    DType dtype = DType.named(row.get("dtype").getAsString());
    long[] sizes =
        row.getAsJsonArray("shape").asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    Tensor x;
    if (row.has("arange")) {
      double start = row.getAsJsonArray("arange").get(0).getAsDouble();
      double step = row.getAsJsonArray("arange").get(1).getAsDouble();
      long count = 1;
      for (long size : sizes) {
        count *= size;
      }
      x = Tensor.arange(DType.FLOAT64, 0, count, 1).mul(step).add(start);
    } else if (dtype == DType.INT64) {
      x =
          Tensor.of(
              row.getAsJsonArray("values").asList().stream()
                  .mapToLong(JsonElement::getAsLong)
                  .toArray());
    } else {
      double[] values =
          row.getAsJsonArray("values").asList().stream().mapToDouble(PrinterTest::number).toArray();
      x = Tensor.of(values, DType.FLOAT64);
    }
    Tensor result = x.to(dtype).reshape(sizes);
    return row.has("requires_grad") ? result.detach().requiresGrad_() : result;
  }

  private static double number(JsonElement value) {
    JsonPrimitive primitive = value.getAsJsonPrimitive();
    if (primitive.isBoolean()) {
      return primitive.getAsBoolean() ? 1 : 0;
    }
    return switch (primitive.getAsString()) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> primitive.getAsDouble();
    };
  }

  /** Our names of nodes lack the 0 at the end of PyTorch's. */
  private static final Map<String, BiFunction<Tensor, Tensor, Tensor>> EXPRESSIONS =
      Map.ofEntries(
          Map.entry("x", (x, w) -> x),
          Map.entry("w", (x, w) -> w),
          Map.entry("x * 2", (x, w) -> x.mul(2)),
          Map.entry("x + 1", (x, w) -> x.add(1)),
          Map.entry("x - w", (x, w) -> x.sub(w)),
          Map.entry("x / w", (x, w) -> x.div(w)),
          Map.entry("x ** 2", (x, w) -> x.pow(2)),
          Map.entry("-x", (x, w) -> x.neg()),
          Map.entry("x @ x", (x, w) -> x.matmul(x)),
          Map.entry("x.mv(w)", (x, w) -> x.mv(w)),
          Map.entry("w.dot(w)", (x, w) -> w.dot(w)),
          Map.entry("x.mm(x)", (x, w) -> x.mm(x)),
          Map.entry("x.sum()", (x, w) -> x.sum()),
          Map.entry("x.mean()", (x, w) -> x.mean()),
          Map.entry("x.t()", (x, w) -> x.t()),
          Map.entry("x.view(4)", (x, w) -> x.view(4)),
          Map.entry("x.reshape(4, 1)", (x, w) -> x.reshape(4, 1)),
          Map.entry("x.exp()", (x, w) -> x.exp()),
          Map.entry("x.log()", (x, w) -> x.log()),
          Map.entry("x.relu()", (x, w) -> x.relu()),
          Map.entry("x.sigmoid()", (x, w) -> x.sigmoid()),
          Map.entry("x.tanh()", (x, w) -> x.tanh()),
          Map.entry("x[0]", (x, w) -> x.at("0")),
          Map.entry("x[:, 1]", (x, w) -> x.at(":, 1")),
          Map.entry("x.clone()", (x, w) -> x.clone()),
          Map.entry("x.sum(0)", (x, w) -> x.sum(0)),
          Map.entry("x.abs()", (x, w) -> x.abs()),
          Map.entry("x.sqrt()", (x, w) -> x.sqrt()),
          Map.entry("x.unsqueeze(0)", (x, w) -> x.unsqueeze(0)),
          Map.entry("x.transpose(0, 1)", (x, w) -> x.transpose(0, 1)),
          Map.entry("x.pow(3)", (x, w) -> x.pow(3)),
          Map.entry("torch.cat([w, w])", (x, w) -> Tensor.cat(List.of(w, w), 0)),
          Map.entry("(x * 1e6 + 0.5).double()", (x, w) -> x.mul(1e6).add(0.5).toDouble()),
          Map.entry("w.detach()", (x, w) -> w.detach()),
          Map.entry("(x * w).sum().detach()", (x, w) -> x.mul(w).sum().detach()),
          Map.entry("x.expand(2, 2, 2)[0]", (x, w) -> x.expand(2, 2, 2).at("0")),
          Map.entry("x > 0", (x, w) -> x.gt(0)),
          Map.entry("x.data", (x, w) -> x.detach()),
          Map.entry("x.flatten()", (x, w) -> x.flatten()),
          Map.entry("x.squeeze()", (x, w) -> x.squeeze()),
          Map.entry("x.softmax(1)", (x, w) -> x.softmax(1)),
          Map.entry("x.log_softmax(1)", (x, w) -> x.logSoftmax(1)),
          Map.entry("torch.where(x > 0, x, w)", (x, w) -> Tensor.where(x.gt(0), x, w)),
          Map.entry("x.permute(1, 0)", (x, w) -> x.permute(1, 0)),
          Map.entry("torch.addmm(w, x, x)", (x, w) -> w.addmm(x, x)));

  @Test
  void namesWhatComputedATensor() {
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    Tensor w = Tensor.of(1.0, 2.0).requiresGrad_();
    List<String> differences = new ArrayList<>();
    int found = 0;
    for (JsonElement element : GoldenFile.json("print.json").getAsJsonArray("gradients")) {
      JsonObject row = element.getAsJsonObject();
      var expression = EXPRESSIONS.get(row.get("expression").getAsString());
      if (expression != null) {
        found++;
        String text = row.get("text").getAsString().replaceFirst("Backward\\d>", "Backward>");
        compare(differences, text, expression.apply(x, w).toString());
      }
    }
    assertEquals(List.of(), differences);
    assertEquals(EXPRESSIONS.size(), found);
  }

  @Test
  void printsTheSameInEveryLocale() {
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    assertEquals("tensor([ 1.5000, -2.0000])", Tensor.of(1.5, -2.0).toString());
  }

  @Test
  void printsElementsWhereverTheyLie() {
    Tensor x = Tensor.arange(6).reshape(2, 3);
    assertEquals("tensor([[0, 3],\n        [1, 4],\n        [2, 5]])", x.t().toString());
    assertEquals("tensor([5, 5])", x.get(1, 2).expand(2).toString());
    assertEquals("tensor([1, 4])", x.at(":, 1").toString());
  }

  @Test
  void printsParameters() {
    assertEquals(
        "Parameter containing:\ntensor([1., 2.], requires_grad=True)",
        new Parameter(Tensor.of(1.0, 2.0)).toString());
  }

  @Test
  void refusesOptionsThatMakeNoSense() {
    PrintOptions standard = PrintOptions.STANDARD;
    assertThrows(IllegalArgumentException.class, () -> standard.withEdgeItems(0));
    assertThrows(IllegalArgumentException.class, () -> standard.withPrecision(-1));
  }
}
