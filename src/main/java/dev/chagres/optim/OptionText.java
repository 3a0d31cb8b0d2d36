package dev.chagres.optim;

import static java.util.stream.Collectors.joining;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;

/** The value of an option as Python writes it: {@code 1e-08}, {@code (0.9, 0.999)}, False. */
final class OptionText {
  private OptionText() {}

  static String of(Tensor value) {
    if (value.dtype() == DType.BOOL) {
      return value.item() == 0 ? "False" : "True";
    }
    double[] numbers = value.toDoubleArray();
    return numbers.length == 1
        ? of(numbers[0])
        : Arrays.stream(numbers).mapToObj(OptionText::of).collect(joining(", ", "(", ")"));
  }

  /**
   * As Python writes a float; a 0, which is an integer among PyTorch's defaults, without a point.
   */
  private static String of(double number) {
    return number == 0 ? "0" : PythonNumber.text(number);
  }
}
