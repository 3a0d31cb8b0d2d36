package dev.chagres.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonNumberTest {

  /** What Python's repr says of these floats. */
  @ParameterizedTest
  @CsvSource({
    "1e-5, 1e-05",
    "1.25e-5, 1.25e-05",
    "0.0001, 0.0001",
    "0.1, 0.1",
    "-0.5, -0.5",
    "3, 3.0",
    "1234.5, 1234.5",
    "9999999999999998, 9999999999999998.0",
    "1e16, 1e+16",
    "-1.5e300, -1.5e+300",
    "1e-100, 1e-100",
    "0, 0.0",
    "-0.0, -0.0",
    "NaN, nan",
    "Infinity, inf",
    "-Infinity, -inf",
  })
  void areWrittenAsByPython(double number, String text) {
    assertEquals(text, PythonNumber.text(number));
  }

  /** Java has two digits where Python has the shortest text. */
  @Test
  void theLeastNumber() {
    assertEquals("4.9e-324", PythonNumber.text(Double.MIN_VALUE));
  }
}
