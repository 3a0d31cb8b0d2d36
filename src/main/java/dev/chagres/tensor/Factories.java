package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The static methods of {@link Tensor} that make one of numbers. */
abstract sealed class Factories extends DeviceFactories permits Combinations {
  Factories() {}

  /** Returns a 0-d tensor: int64 for an integer, float32 for a floating number. */
  public static Tensor scalar(Number value) {
    given("scalar", "value", value);
    return Creation.scalar(DefaultDevice.get(), "scalar", value, Scalars.defaultType(value));
  }

  /** Returns a 0-d tensor. */
  public static Tensor scalar(Number value, DType dtype) {
    return Creation.scalar(DefaultDevice.get(), "scalar", value, given("scalar", "dtype", dtype));
  }

  /** Returns a 0-d bool tensor. */
  public static Tensor scalar(boolean value) {
    return Creation.scalar(DefaultDevice.get(), "scalar", value ? 1 : 0, DType.BOOL);
  }

  /** Returns a 1-d float32 tensor of these values, also of a single one. */
  public static Tensor of(double... values) {
    return Creation.here(Creation.of(given("of", "values", values), DType.FLOAT32));
  }

  /** Returns a 1-d int64 tensor of these values, also of a single one. */
  public static Tensor of(long... values) {
    return Creation.here(Creation.of(given("of", "values", values), DType.INT64));
  }

  /** Returns a 1-d bool tensor of these values, also of a single one. */
  public static Tensor of(boolean... values) {
    return Creation.here(Creation.of(given("of", "values", values), DType.BOOL));
  }

  /** Returns a 1-d float32 tensor. */
  public static Tensor of(float[] values) {
    return Creation.here(Creation.of(given("of", "values", values), DType.FLOAT32));
  }

  /** Returns a 1-d int64 tensor, as PyTorch makes of Python's integers. */
  public static Tensor of(int[] values) {
    return Creation.here(Creation.of(given("of", "values", values), DType.INT64));
  }

  /** Returns a 1-d int16 tensor. */
  public static Tensor of(short[] values) {
    return Creation.here(Creation.of(given("of", "values", values), DType.INT16));
  }

  /** Returns a 1-d uint8 tensor: the bytes are unsigned, as in a file. */
  public static Tensor of(byte[] values) {
    return Creation.here(Creation.of(given("of", "values", values), DType.UINT8));
  }

  /**
   * Returns a tensor with the values of a Java array of any depth, such as {@code float[][]}. The
   * dtype follows from the elements as for one dimension: float and double give float32, int and
   * long int64, short int16, byte uint8, boolean bool.
   *
   * @throws IllegalArgumentException if rows of one level differ in length, or elements are not
   *     primitive numbers
   */
  public static Tensor of(Object[] rows) {
    return Creation.here(Creation.of(given("of", "rows", rows), null));
  }

  /**
   * Returns a tensor with the values of a list of numbers, of booleans, or of lists or arrays of
   * them, such as {@link Tensor#tolist} makes: float32 if a number is floating, else int64, or bool
   * if there are only booleans.
   *
   * @throws IllegalArgumentException if rows differ in length or depth, or an element is no number
   */
  public static Tensor of(List<?> rows) {
    return Creation.here(Creation.of(given("of", "rows", rows), null));
  }

  /**
   * Returns a tensor with the values of a Java array or list of any depth, converted to a dtype.
   *
   * @throws IllegalArgumentException if it is no array of primitive numbers or of such arrays, and
   *     no such list, rows differ in length, or an integer dtype cannot hold a value
   */
  public static Tensor of(Object array, DType dtype) {
    return Creation.here(Creation.of(given("of", "array", array), given("of", "dtype", dtype)));
  }

  /**
   * Returns a tensor over a caller's native memory, without copying: row-major, native byte order.
   * Both see each other's writes. The memory's owner keeps it open while the tensor is in use; an
   * operation on closed memory is an {@link IllegalStateException}. As a bool, every byte but 0 is
   * true.
   *
   * @throws IllegalArgumentException if the segment is on the Java heap, too small, or not aligned
   *     to the dtype's size
   */
  public static Tensor of(MemorySegment segment, DType dtype, long... sizes) {
    return Creation.wrap(
        given("of", "segment", segment), given("of", "dtype", dtype), Creation.shape("of", sizes));
  }

  /** Returns a float32 tensor with undefined elements. */
  public static Tensor empty(long... sizes) {
    return empty(DType.FLOAT32, sizes);
  }

  /** Returns a tensor with undefined elements. */
  public static Tensor empty(DType dtype, long... sizes) {
    return Creation.empty(
        DefaultDevice.get(), Creation.shape("empty", sizes), given("empty", "dtype", dtype));
  }

  /** Returns a float32 tensor of a shape with undefined elements. */
  public static Tensor empty(Shape shape) {
    return empty(DType.FLOAT32, shape);
  }

  /** Returns a tensor of a shape with undefined elements. */
  public static Tensor empty(DType dtype, Shape shape) {
    return Creation.empty(
        DefaultDevice.get(), given("empty", "shape", shape), given("empty", "dtype", dtype));
  }

  /**
   * Returns a float32 tensor with undefined elements, of which those one apart in dimension i lie
   * {@code strides[i]} apart. A stride of 0 lets them share memory.
   */
  public static Tensor emptyStrided(long[] sizes, long[] strides) {
    return emptyStrided(DType.FLOAT32, sizes, strides);
  }

  /**
   * Returns a tensor with undefined elements that lie as strides say.
   *
   * @throws IllegalArgumentException if a size or stride is negative, or their numbers differ
   */
  public static Tensor emptyStrided(DType dtype, long[] sizes, long[] strides) {
    return Creation.strided("emptyStrided", DefaultDevice.get(), dtype, sizes, strides);
  }

  /**
   * Returns a float32 tensor with undefined elements that lie densely, in the order that {@code
   * dims} gives of the dimensions, from the outermost to the innermost: {@code {0, 2, 3, 1}} puts
   * the channels of images last.
   */
  public static Tensor emptyPermuted(long[] sizes, int... dims) {
    return emptyPermuted(DType.FLOAT32, sizes, dims);
  }

  /**
   * Returns a tensor with undefined elements that lie densely, in an order of the dimensions.
   *
   * @throws IllegalArgumentException if a size is negative, or {@code dims} does not have each
   *     dimension once
   */
  public static Tensor emptyPermuted(DType dtype, long[] sizes, int... dims) {
    return Creation.permuted("emptyPermuted", DefaultDevice.get(), dtype, sizes, dims);
  }

  /** Returns a float32 tensor of zeros. */
  public static Tensor zeros(long... sizes) {
    return zeros(DType.FLOAT32, sizes);
  }

  /** Returns a tensor of zeros. */
  public static Tensor zeros(DType dtype, long... sizes) {
    return Creation.full(
        DefaultDevice.get(), Creation.shape("zeros", sizes), 0, given("zeros", "dtype", dtype));
  }

  /** Returns a float32 tensor of zeros of a shape. */
  public static Tensor zeros(Shape shape) {
    return zeros(DType.FLOAT32, shape);
  }

  /** Returns a tensor of zeros of a shape. */
  public static Tensor zeros(DType dtype, Shape shape) {
    return Creation.full(
        DefaultDevice.get(), given("zeros", "shape", shape), 0, given("zeros", "dtype", dtype));
  }

  /** Returns a float32 tensor of ones. */
  public static Tensor ones(long... sizes) {
    return ones(DType.FLOAT32, sizes);
  }

  /** Returns a tensor of ones. */
  public static Tensor ones(DType dtype, long... sizes) {
    return Creation.full(
        DefaultDevice.get(), Creation.shape("ones", sizes), 1, given("ones", "dtype", dtype));
  }

  /** Returns a float32 tensor of ones of a shape. */
  public static Tensor ones(Shape shape) {
    return ones(DType.FLOAT32, shape);
  }

  /** Returns a tensor of ones of a shape. */
  public static Tensor ones(DType dtype, Shape shape) {
    return Creation.full(
        DefaultDevice.get(), given("ones", "shape", shape), 1, given("ones", "dtype", dtype));
  }

  /** Returns a tensor of one value: int64 for an integer, float32 for a floating number. */
  public static Tensor full(Shape shape, Number value) {
    given("full", "shape", shape);
    given("full", "value", value);
    return Creation.full(DefaultDevice.get(), shape, value, Scalars.defaultType(value));
  }

  /** Returns a tensor of one value. */
  public static Tensor full(Shape shape, Number value, DType dtype) {
    return Creation.full(
        DefaultDevice.get(), given("full", "shape", shape), value, given("full", "dtype", dtype));
  }

  /** Returns a bool tensor of one value. */
  public static Tensor full(Shape shape, boolean value) {
    return full(shape, value, DType.BOOL);
  }

  /** Returns a tensor of ones for true, zeros for false. */
  public static Tensor full(Shape shape, boolean value, DType dtype) {
    return full(shape, value ? 1 : 0, dtype);
  }

  /** Returns the float32 identity matrix (n, n). */
  public static Tensor eye(long n) {
    return eye(DType.FLOAT32, n, n);
  }

  /** Returns a float32 matrix (rows, columns) with ones on the diagonal. */
  public static Tensor eye(long rows, long columns) {
    return eye(DType.FLOAT32, rows, columns);
  }

  /** Returns a matrix (n, n) with ones on the diagonal. */
  public static Tensor eye(DType dtype, long n) {
    return eye(dtype, n, n);
  }

  /** Returns a matrix (rows, columns) with ones on the diagonal. */
  public static Tensor eye(DType dtype, long rows, long columns) {
    return Creation.eye(DefaultDevice.get(), rows, columns, given("eye", "dtype", dtype));
  }

  /** Returns 0, 1, … before {@code end}: int64 for an integer, float32 for a floating number. */
  public static Tensor arange(Number end) {
    return arange(
        Scalars.isFloating(given("arange", "end", end)) ? (Number) 0.0 : (Number) 0, end, 1);
  }

  /** Returns {@code start, start + 1, …} before {@code end}. */
  public static Tensor arange(Number start, Number end) {
    return arange(start, end, 1);
  }

  /**
   * Returns {@code start, start + step, …} before {@code end}: int64 if all three are integers,
   * else float32.
   */
  public static Tensor arange(Number start, Number end, Number step) {
    boolean floating =
        Scalars.isFloating(given("arange", "start", start))
            || Scalars.isFloating(given("arange", "end", end))
            || Scalars.isFloating(given("arange", "step", step));
    return arange(floating ? DType.FLOAT32 : DType.INT64, start, end, step);
  }

  /** Returns 0, 1, … before {@code end} in a dtype. */
  public static Tensor arange(DType dtype, Number end) {
    return arange(dtype, 0, end, 1);
  }

  /** Returns {@code start, start + 1, …} before {@code end} in a dtype. */
  public static Tensor arange(DType dtype, Number start, Number end) {
    return arange(dtype, start, end, 1);
  }

  /** Returns {@code start, start + step, …} before {@code end} in a dtype. */
  public static Tensor arange(DType dtype, Number start, Number end, Number step) {
    return Creation.arange(DefaultDevice.get(), start, end, step, dtype);
  }

  /**
   * Returns {@code steps} float32 numbers from {@code start} to {@code end}, both included, equally
   * far apart.
   */
  public static Tensor linspace(double start, double end, long steps) {
    return linspace(DType.FLOAT32, start, end, steps);
  }

  /**
   * Returns {@code steps} numbers from {@code start} to {@code end}, both included, equally far
   * apart.
   */
  public static Tensor linspace(DType dtype, double start, double end, long steps) {
    return Creation.linspace(
        DefaultDevice.get(), start, end, steps, given("linspace", "dtype", dtype));
  }

  /** Returns the same from the value of one 0-d tensor to that of another, in float32. */
  public static Tensor linspace(Tensor start, Tensor end, long steps) {
    return linspace(DType.FLOAT32, start, end, steps);
  }

  /** Returns the same from the value of one 0-d tensor to that of another. */
  public static Tensor linspace(DType dtype, Tensor start, Tensor end, long steps) {
    given("linspace", "dtype", dtype);
    given("linspace", "start", start);
    given("linspace", "end", end);
    return linspace(
        dtype, Creation.bound("linspace", start), Creation.bound("linspace", end), steps);
  }

  /** Returns {@code steps} float32 powers of 10, whose exponents are {@link #linspace}. */
  public static Tensor logspace(double start, double end, long steps) {
    return logspace(start, end, steps, 10);
  }

  /** Returns {@code steps} float32 powers of a base, whose exponents are {@link #linspace}. */
  public static Tensor logspace(double start, double end, long steps, double base) {
    return logspace(DType.FLOAT32, start, end, steps, base);
  }

  /** Returns {@code steps} powers of ten, whose exponents are {@link #linspace}. */
  public static Tensor logspace(DType dtype, double start, double end, long steps) {
    return logspace(dtype, start, end, steps, 10);
  }

  /**
   * Returns {@code steps} powers of a base, from {@code base} to the power of {@code start} to that
   * of {@code end}, whose exponents are equally far apart.
   */
  public static Tensor logspace(DType dtype, double start, double end, long steps, double base) {
    return Creation.logspace(
        DefaultDevice.get(), given("logspace", "dtype", dtype), start, end, steps, base);
  }

  /** Returns the same with exponents from the value of one 0-d tensor to that of another. */
  public static Tensor logspace(DType dtype, Tensor start, Tensor end, long steps, double base) {
    given("logspace", "dtype", dtype);
    given("logspace", "start", start);
    given("logspace", "end", end);
    return logspace(
        dtype, Creation.bound("logspace", start), Creation.bound("logspace", end), steps, base);
  }

  /** Returns the rows and columns of what a matrix has on and below its main diagonal. */
  public static Tensor trilIndices(long rows, long columns) {
    return trilIndices(rows, columns, 0);
  }

  /** Returns the rows and columns, as two rows of int64, of what a matrix has below a diagonal. */
  public static Tensor trilIndices(long rows, long columns, long diagonal) {
    return trilIndices(DType.INT64, rows, columns, diagonal);
  }

  /**
   * Returns the rows and the columns, as two rows of int64 or int32, of the elements that {@link
   * Tensor#tril(long)} keeps, in row-major order.
   */
  public static Tensor trilIndices(DType dtype, long rows, long columns, long diagonal) {
    return Rearranging.triangleIndices(
        Triangle.LOWER, DefaultDevice.get(), dtype, rows, columns, diagonal);
  }

  /** Returns the rows and columns of what a matrix has on and above its main diagonal. */
  public static Tensor triuIndices(long rows, long columns) {
    return triuIndices(rows, columns, 0);
  }

  /** Returns the rows and columns, as two rows of int64, of what a matrix has above a diagonal. */
  public static Tensor triuIndices(long rows, long columns, long diagonal) {
    return triuIndices(DType.INT64, rows, columns, diagonal);
  }

  /**
   * Returns the rows and the columns, as two rows of int64 or int32, of the elements that {@link
   * Tensor#triu(long)} keeps, in row-major order.
   */
  public static Tensor triuIndices(DType dtype, long rows, long columns, long diagonal) {
    return Rearranging.triangleIndices(
        Triangle.UPPER, DefaultDevice.get(), dtype, rows, columns, diagonal);
  }

  /** Returns float32 numbers drawn uniformly from [0, 1) by the default {@link Generator}. */
  public static Tensor rand(long... sizes) {
    return rand(DType.FLOAT32, sizes);
  }

  /** Returns numbers drawn uniformly from [0, 1). */
  public static Tensor rand(DType dtype, long... sizes) {
    return Generator.standard(DefaultDevice.get()).rand(dtype, sizes);
  }

  /** Returns float32 numbers of a shape drawn uniformly from [0, 1). */
  public static Tensor rand(Shape shape) {
    return rand(DType.FLOAT32, shape);
  }

  /** Returns numbers of a shape drawn uniformly from [0, 1). */
  public static Tensor rand(DType dtype, Shape shape) {
    return rand(given("rand", "dtype", dtype), given("rand", "shape", shape).toArray());
  }

  /**
   * Returns float32 numbers drawn from the standard normal distribution by the default {@link
   * Generator}.
   */
  public static Tensor randn(long... sizes) {
    return randn(DType.FLOAT32, sizes);
  }

  /** Returns numbers drawn from the standard normal distribution. */
  public static Tensor randn(DType dtype, long... sizes) {
    return Generator.standard(DefaultDevice.get()).randn(dtype, sizes);
  }

  /** Returns float32 numbers of a shape drawn from the standard normal distribution. */
  public static Tensor randn(Shape shape) {
    return randn(DType.FLOAT32, shape);
  }

  /** Returns numbers of a shape drawn from the standard normal distribution. */
  public static Tensor randn(DType dtype, Shape shape) {
    return randn(given("randn", "dtype", dtype), given("randn", "shape", shape).toArray());
  }

  /** Returns float32 numbers drawn from the normal distribution. */
  public static Tensor normal(double mean, double std, long... sizes) {
    return Generator.standard(DefaultDevice.get()).normal(mean, std, sizes);
  }

  /** Returns numbers drawn from the normal distribution. */
  public static Tensor normal(DType dtype, double mean, double std, long... sizes) {
    return Generator.standard(DefaultDevice.get()).normal(dtype, mean, std, sizes);
  }

  /**
   * Returns a normal number for each element of both, broadcast, with this as its mean and its
   * standard deviation, in the dtype of the means. Its gradients are 0.
   */
  public static Tensor normal(Tensor mean, Tensor std) {
    return Generator.standard(given("normal", "mean", mean).device()).normal(mean, std);
  }

  /** Returns a normal number for each element, which is its mean. */
  public static Tensor normal(Tensor mean, double std) {
    return Generator.standard(given("normal", "mean", mean).device()).normal(mean, std);
  }

  /** Returns a normal number for each element, which is its standard deviation. */
  public static Tensor normal(double mean, Tensor std) {
    return Generator.standard(given("normal", "std", std).device()).normal(mean, std);
  }

  /**
   * Returns int64 numbers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive);
   * the first two arguments are always these, {@code randint(10, 20, 3)} has three numbers below
   * 20, and where PyTorch lets {@code low} be left out it is 0 here.
   */
  public static Tensor randint(long low, long high, long... sizes) {
    return Generator.standard(DefaultDevice.get()).randint(low, high, sizes);
  }

  /**
   * Returns integers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive), of
   * any dtype; a floating one rounds those that it does not hold.
   */
  public static Tensor randint(DType dtype, long low, long high, long... sizes) {
    return Generator.standard(DefaultDevice.get()).randint(dtype, low, high, sizes);
  }

  /** Returns a random permutation of 0 … n - 1, int64. */
  public static Tensor randperm(long n) {
    return Generator.standard(DefaultDevice.get()).randperm(n);
  }

  /** Returns a random permutation of 0 … n - 1, of any dtype but bool. */
  public static Tensor randperm(DType dtype, long n) {
    return Generator.standard(DefaultDevice.get()).randperm(dtype, n);
  }
}
