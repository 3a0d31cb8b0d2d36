package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.core.Transfer;
import dev.chagres.cuda.CudaStream;
import java.lang.foreign.MemorySegment;

/** Other dtypes and devices, values out to Java, and new tensors after the model of this one. */
public sealed interface Conversions permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /**
   * Returns this tensor in a dtype: itself if it has it, else a copy in the order in which the
   * elements lie. Gradients flow between floating dtypes.
   */
  default Tensor to(DType dtype) {
    return Copying.cast(self(), given("to", "dtype", dtype));
  }

  /** Returns this tensor on a device: itself if it is there. */
  default Tensor to(Device device) {
    return Copying.moved(self(), given("to", "device", device));
  }

  /**
   * Returns this tensor on a device: itself if it is there. Without blocking, a copy from the CPU
   * is not waited for: it is made from where the tensor is if that is {@linkplain #pinMemory
   * pinned} memory, which must not be changed before it is done; other memory is read before this
   * returns. A copy to the CPU comes into pinned memory, and its elements are there when the stream
   * was waited for, as by {@code Cuda.synchronize()}: what is read before may be anything.
   */
  default Tensor to(Device device, Transfer transfer) {
    given("to", "device", device);
    return Copying.moved(self(), device, given("to", "transfer", transfer));
  }

  /**
   * Returns this tensor of the CPU in pinned memory: itself if it is there. From there GPUs copy by
   * themselves, faster, and beside other work with {@link #to(Device, Transfer)}. It is dear to
   * make, and the system has little of it: for what is copied often.
   *
   * @throws IllegalArgumentException if the tensor is not on the CPU
   * @throws IllegalStateException if there is no GPU, with the reason
   */
  default Tensor pinMemory() {
    return Copying.pinned(self());
  }

  /** Tells whether this tensor is in pinned memory. */
  default boolean isPinned() {
    return self().storage().isPinned();
  }

  /**
   * Notes that work in a stream uses this tensor, for its memory's sake. Operations note it
   * themselves: this is for programs that bring it from PyTorch.
   *
   * @throws IllegalArgumentException if they are on different devices
   */
  default void recordStream(CudaStream stream) {
    given("recordStream", "stream", stream).record(self().storage());
  }

  /** Returns this tensor on a device and in a dtype: itself if it is there and has it. */
  default Tensor to(Device device, DType dtype) {
    return to(device).to(dtype);
  }

  /** Returns this tensor on the device and in the dtype of another. */
  default Tensor to(Tensor other) {
    return to(given("to", "other", other).device(), other.dtype());
  }

  /** Returns this tensor in the dtype of another. */
  default Tensor typeAs(Tensor other) {
    return to(given("typeAs", "other", other).dtype());
  }

  /** Returns this tensor on the CPU: itself if it is there. */
  default Tensor cpu() {
    return to(Device.cpu());
  }

  /** Returns this tensor on the GPU {@code cuda:0}: itself if it is there. */
  default Tensor cuda() {
    return cuda(0);
  }

  /** Returns this tensor on a GPU: itself if it is there. */
  default Tensor cuda(int index) {
    return to(Device.cuda(index));
  }

  /** Returns this tensor as float16. */
  default Tensor half() {
    return to(DType.FLOAT16);
  }

  /** Returns this tensor as bfloat16. */
  default Tensor bfloat16() {
    return to(DType.BFLOAT16);
  }

  /** Returns this tensor as float32. */
  default Tensor toFloat() {
    return to(DType.FLOAT32);
  }

  /** Returns this tensor as float64. */
  default Tensor toDouble() {
    return to(DType.FLOAT64);
  }

  /** Returns this tensor as bool. */
  default Tensor bool() {
    return to(DType.BOOL);
  }

  /** Returns this tensor as uint8. */
  default Tensor toByte() {
    return to(DType.UINT8);
  }

  /** Returns this tensor as int8. */
  default Tensor toChar() {
    return to(DType.INT8);
  }

  /** Returns this tensor as int16. */
  default Tensor toShort() {
    return to(DType.INT16);
  }

  /** Returns this tensor as int32. */
  default Tensor toInt() {
    return to(DType.INT32);
  }

  /** Returns this tensor as int64. */
  default Tensor toLong() {
    return to(DType.INT64);
  }

  /**
   * Returns the value of the only element; bool as 0 or 1.
   *
   * @throws IllegalStateException if there are several elements, or none
   */
  default double item() {
    return Values.item(self());
  }

  /** Returns the value of the only element as an integer, exactly for the integer dtypes. */
  default long itemLong() {
    return Values.itemLong(self());
  }

  /**
   * Returns whether the only element is not zero: {@code if (x.eq(y).all().isTrue())}.
   *
   * @throws IllegalStateException if there are several elements, or none
   */
  default boolean isTrue() {
    return Values.isTrue(self());
  }

  /**
   * Returns the elements as numbers in lists of lists, as deep as there are dimensions: {@link
   * Double}, {@link Long} or {@link Boolean}; of a 0-d tensor the number itself.
   */
  default Object tolist() {
    return Values.list(self());
  }

  /** Returns the elements in row-major order, converted to float. */
  default float[] toFloatArray() {
    return Values.floats(self());
  }

  /** Returns the elements in row-major order, converted to double. */
  default double[] toDoubleArray() {
    return Values.doubles(self());
  }

  /** Returns the elements in row-major order, converted to int64. */
  default long[] toLongArray() {
    return Values.longs(self());
  }

  /** Returns the elements in row-major order, converted to int32. */
  default int[] toIntArray() {
    return Values.ints(self());
  }

  /** Returns the elements in row-major order as whether they are not zero. */
  default boolean[] toBooleanArray() {
    return Values.booleans(self());
  }

  /**
   * Returns the memory of this contiguous CPU tensor, from its first element on, shared: both see
   * each other's writes. It counts as a write to this tensor, so a recorded operation that needs
   * the elements as they were fails in {@link Tensor#backward}; who only reads takes {@link
   * #readOnlySegment}. Use after the tensor's memory was given back is an {@link
   * IllegalStateException}.
   *
   * @throws IllegalStateException if the tensor is not contiguous
   */
  default MemorySegment segment() {
    return Values.segment(self());
  }

  /**
   * Returns the memory of this contiguous CPU tensor, from its first element on, shared, for
   * reading: writing through it is an {@link IllegalArgumentException}, and it does not count as a
   * write to this tensor. Later writes to the tensor are seen. Use after the tensor's memory was
   * given back is an {@link IllegalStateException}.
   *
   * @throws IllegalStateException if the tensor is not contiguous
   */
  default MemorySegment readOnlySegment() {
    return Values.readOnlySegment(self());
  }

  // ---- new tensors; those like this one lie as it does, without gaps

  /** Returns zeros of this shape and dtype, in the order in which this tensor's elements lie. */
  default Tensor zerosLike() {
    return zerosLike(self().dtype());
  }

  /** Returns zeros of this shape. */
  default Tensor zerosLike(DType dtype) {
    return Creation.fullLike(self(), 0, given("zerosLike", "dtype", dtype));
  }

  /** Returns zeros of this shape and dtype on a device. */
  default Tensor zerosLike(Device device) {
    return Creation.fullLike(
        Backends.usable("zerosLike", given("zerosLike", "device", device)),
        self(),
        0,
        self().dtype());
  }

  /** Returns ones of this shape and dtype, in the order in which this tensor's elements lie. */
  default Tensor onesLike() {
    return onesLike(self().dtype());
  }

  /** Returns ones of this shape. */
  default Tensor onesLike(DType dtype) {
    return Creation.fullLike(self(), 1, given("onesLike", "dtype", dtype));
  }

  /** Returns ones of this shape and dtype on a device. */
  default Tensor onesLike(Device device) {
    return Creation.fullLike(
        Backends.usable("onesLike", given("onesLike", "device", device)),
        self(),
        1,
        self().dtype());
  }

  /**
   * Returns a tensor of this shape and dtype with undefined elements, in the order in which this
   * tensor's lie.
   */
  default Tensor emptyLike() {
    return emptyLike(self().dtype());
  }

  /** Returns a tensor of this shape with undefined elements. */
  default Tensor emptyLike(DType dtype) {
    return Creation.emptyLike(self(), given("emptyLike", "dtype", dtype));
  }

  /**
   * Returns a tensor of this shape and dtype with one value, in the order in which this tensor's
   * elements lie.
   */
  default Tensor fullLike(Number value) {
    return fullLike(value, self().dtype());
  }

  /** Returns a tensor of this shape with one value. */
  default Tensor fullLike(Number value, DType dtype) {
    return Creation.fullLike(
        self(), given("fullLike", "value", value), given("fullLike", "dtype", dtype));
  }

  /** Returns a new tensor of ones for true, zeros for false, of this tensor's shape and dtype. */
  default Tensor fullLike(boolean value) {
    return fullLike(value ? 1 : 0);
  }

  /** Returns a new tensor of ones for true, zeros for false, of this tensor's shape. */
  default Tensor fullLike(boolean value, DType dtype) {
    return fullLike(value ? 1 : 0, dtype);
  }

  /** Returns a copy with one value everywhere; the gradient of this tensor is 0. */
  default Tensor fill(Number value) {
    return Selection.filled(
        self(), Creation.constant(self().device(), "fill", value, self().dtype()));
  }

  /** Returns a copy with 1 for true, 0 for false everywhere. */
  default Tensor fill(boolean value) {
    return fill(value ? 1 : 0);
  }

  /**
   * Returns a copy with the element of a 0-d tensor everywhere, cast, to which gradients flow.
   *
   * @throws IllegalArgumentException if it is not 0-d
   */
  default Tensor fill(Tensor value) {
    return Selection.filled(self(), Selection.scalar("fill", value, self().dtype()));
  }

  /** Returns zeros of this dtype. */
  default Tensor newZeros(long... sizes) {
    return newZeros(Creation.shape("newZeros", sizes));
  }

  /** Returns zeros of this dtype. */
  default Tensor newZeros(Shape shape) {
    return Creation.full(self().device(), given("newZeros", "shape", shape), 0, self().dtype());
  }

  /** Returns zeros of a dtype. */
  default Tensor newZeros(DType dtype, long... sizes) {
    return Creation.full(
        self().device(), Creation.shape("newZeros", sizes), 0, given("newZeros", "dtype", dtype));
  }

  /** Returns ones of this dtype. */
  default Tensor newOnes(Shape shape) {
    return Creation.full(self().device(), given("newOnes", "shape", shape), 1, self().dtype());
  }

  /** Returns ones of this dtype. */
  default Tensor newOnes(long... sizes) {
    return Creation.full(self().device(), Creation.shape("newOnes", sizes), 1, self().dtype());
  }

  /** Returns ones of a dtype. */
  default Tensor newOnes(DType dtype, long... sizes) {
    return Creation.full(
        self().device(), Creation.shape("newOnes", sizes), 1, given("newOnes", "dtype", dtype));
  }

  /** Returns a tensor of this dtype with undefined elements. */
  default Tensor newEmpty(long... sizes) {
    return Creation.empty(self().device(), Creation.shape("newEmpty", sizes), self().dtype());
  }

  /** Returns a tensor of a dtype with undefined elements. */
  default Tensor newEmpty(DType dtype, long... sizes) {
    return Creation.empty(
        self().device(), Creation.shape("newEmpty", sizes), given("newEmpty", "dtype", dtype));
  }

  /**
   * Returns a tensor of this dtype with undefined elements that lie as strides say.
   *
   * @see Tensor#emptyStrided(DType, long[], long[])
   */
  default Tensor newEmptyStrided(long[] sizes, long[] strides) {
    return Creation.strided("newEmptyStrided", self().device(), self().dtype(), sizes, strides);
  }

  /** Returns a tensor of a dtype with undefined elements that lie as strides say. */
  default Tensor newEmptyStrided(DType dtype, long[] sizes, long[] strides) {
    return Creation.strided("newEmptyStrided", self().device(), dtype, sizes, strides);
  }

  /** Returns a tensor of this dtype with one value. */
  default Tensor newFull(Shape shape, Number value) {
    return newFull(shape, value, self().dtype());
  }

  /** Returns a tensor of a dtype with one value. */
  default Tensor newFull(Shape shape, Number value, DType dtype) {
    return Creation.full(
        self().device(),
        given("newFull", "shape", shape),
        given("newFull", "value", value),
        given("newFull", "dtype", dtype));
  }

  /** Returns a new tensor of ones for true, zeros for false, of this tensor's dtype. */
  default Tensor newFull(Shape shape, boolean value) {
    return newFull(shape, value ? 1 : 0);
  }

  /** Returns a new tensor of ones for true, zeros for false, where this one is. */
  default Tensor newFull(Shape shape, boolean value, DType dtype) {
    return newFull(shape, value ? 1 : 0, dtype);
  }

  /**
   * Returns a copy of another tensor's elements in this dtype, cut off from any graph: PyTorch's
   * {@code new_tensor}.
   */
  default Tensor newTensor(Tensor source) {
    Tensor values = given("newTensor", "source", source).detach();
    return named(
        "newTensor",
        () -> Copying.copy(Copying.cast(Copying.moved(values, self().device()), self().dtype())));
  }

  /**
   * Returns a tensor of this dtype with the values of a Java array or list of any depth.
   *
   * @throws IllegalArgumentException as {@link Tensor#of(Object, DType)}
   */
  default Tensor newTensor(Object array) {
    return named(
        "newTensor",
        () ->
            Copying.moved(
                Creation.of(given("newTensor", "array", array), self().dtype()), self().device()));
  }
}
