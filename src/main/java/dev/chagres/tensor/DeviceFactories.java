package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;

/**
 * The static methods of {@link Tensor} that make one on a given device, PyTorch's {@code device=}.
 * Those without a device make it where {@link DefaultDevice} says.
 */
abstract sealed class DeviceFactories extends TypeRules permits Factories {
  DeviceFactories() {}

  private static Device usable(String name, Device device) {
    return Backends.usable(name, given(name, "device", device));
  }

  /** Returns a 0-d tensor on a device. */
  public static Tensor scalar(Device device, Number value, DType dtype) {
    usable("scalar", device);
    return Creation.scalar(device, "scalar", value, given("scalar", "dtype", dtype));
  }

  /**
   * Returns a tensor on a device with the values of a Java array or list of any depth.
   *
   * @throws IllegalArgumentException as {@link Tensor#of(Object, DType)}
   */
  public static Tensor of(Device device, Object array, DType dtype) {
    usable("of", device);
    return Copying.moved(
        Creation.of(given("of", "array", array), given("of", "dtype", dtype)), device);
  }

  /** Returns a float32 tensor on a device with undefined elements. */
  public static Tensor empty(Device device, long... sizes) {
    return empty(device, DType.FLOAT32, sizes);
  }

  /** Returns a tensor on a device with undefined elements. */
  public static Tensor empty(Device device, DType dtype, long... sizes) {
    usable("empty", device);
    return Creation.empty(device, Creation.shape("empty", sizes), given("empty", "dtype", dtype));
  }

  /** Returns float32 zeros on a device. */
  public static Tensor zeros(Device device, long... sizes) {
    return zeros(device, DType.FLOAT32, sizes);
  }

  /** Returns zeros on a device. */
  public static Tensor zeros(Device device, DType dtype, long... sizes) {
    return filled("zeros", device, dtype, 0, sizes);
  }

  /** Returns float32 ones on a device. */
  public static Tensor ones(Device device, long... sizes) {
    return ones(device, DType.FLOAT32, sizes);
  }

  /** Returns ones on a device. */
  public static Tensor ones(Device device, DType dtype, long... sizes) {
    return filled("ones", device, dtype, 1, sizes);
  }

  private static Tensor filled(
      String name, Device device, DType dtype, Number value, long... sizes) {
    usable(name, device);
    given(name, "dtype", dtype);
    return Creation.full(device, Creation.shape(name, sizes), value, dtype);
  }

  /** Returns a tensor on a device with one value. */
  public static Tensor full(Device device, Shape shape, Number value, DType dtype) {
    usable("full", device);
    given("full", "shape", shape);
    return Creation.full(device, shape, value, given("full", "dtype", dtype));
  }

  /** Returns a float32 square matrix on a device with ones on the diagonal and zeros elsewhere. */
  public static Tensor eye(Device device, long n) {
    return eye(device, DType.FLOAT32, n, n);
  }

  /** Returns a matrix on a device with ones on the diagonal and zeros elsewhere. */
  public static Tensor eye(Device device, DType dtype, long rows, long columns) {
    usable("eye", device);
    return Creation.eye(device, rows, columns, given("eye", "dtype", dtype));
  }

  /** Returns 0, 1, … before {@code end} on a device, as {@link Tensor#arange(Number)}. */
  public static Tensor arange(Device device, Number end) {
    usable("arange", device);
    return Creation.arange(device, 0, given("arange", "end", end), 1, Scalars.defaultType(end));
  }

  /**
   * Returns the numbers from {@code start} in steps to before {@code end} on a device.
   *
   * @throws IllegalArgumentException as {@link Tensor#arange(DType, Number, Number, Number)}
   */
  public static Tensor arange(Device device, DType dtype, Number start, Number end, Number step) {
    return Creation.arange(usable("arange", device), start, end, step, dtype);
  }

  /** Returns numbers from {@code start} to {@code end}, equally far apart, on a device. */
  public static Tensor linspace(Device device, DType dtype, double start, double end, long steps) {
    usable("linspace", device);
    return Creation.linspace(device, start, end, steps, given("linspace", "dtype", dtype));
  }

  /** Returns float32 numbers drawn uniformly from [0, 1) by a device's default generator. */
  public static Tensor rand(Device device, long... sizes) {
    return rand(device, DType.FLOAT32, sizes);
  }

  /** Returns numbers drawn uniformly from [0, 1) by a device's default generator. */
  public static Tensor rand(Device device, DType dtype, long... sizes) {
    return Generator.standard(usable("rand", device)).rand(dtype, sizes);
  }

  /** Returns float32 normal numbers drawn by a device's default generator. */
  public static Tensor randn(Device device, long... sizes) {
    return randn(device, DType.FLOAT32, sizes);
  }

  /** Returns numbers of the standard normal distribution by a device's default generator. */
  public static Tensor randn(Device device, DType dtype, long... sizes) {
    return Generator.standard(usable("randn", device)).randn(dtype, sizes);
  }

  /** Returns integers from {@code low} to before {@code high} by a device's default generator. */
  public static Tensor randint(Device device, DType dtype, long low, long high, long... sizes) {
    return Generator.standard(usable("randint", device)).randint(dtype, low, high, sizes);
  }

  /** Returns a random permutation of 0 … n - 1, int64, by a device's default generator. */
  public static Tensor randperm(Device device, long n) {
    return Generator.standard(usable("randperm", device)).randperm(n);
  }
}
