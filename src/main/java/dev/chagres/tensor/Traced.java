package dev.chagres.tensor;

import dev.chagres.backend.Formula;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the tracing of a function with operands of certain layouts and dtypes has shown: its
 * formula.
 *
 * @param forms of the operands
 * @param elements that are computed
 * @param part the formula, and which of the operands it needs
 * @param results what the function returned: computed elements, summed to this shape if it is not
 *     theirs
 */
record Traced(
    List<Form> forms, Elements elements, Formula.Part part, List<@Nullable Form> results) {

  /**
   * How the computed elements lie.
   *
   * @param order of the dimensions in which they are row-major
   * @param rows their shape in this order
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared, and nobody else sees it
  private record Elements(Layout layout, int[] order, Shape rows) {
    static Elements of(Layout layout) {
      int[] order = Layout.memoryOrder(layout);
      return new Elements(layout, order, layout.permute(order).shape());
    }

    private boolean isRowMajor() {
      return layout.isContiguous() && rows.equals(layout.shape());
    }

    /** Returns an operand as it is walked. */
    Strided walked(Strided operand) {
      if (isRowMajor() && operand.shape().equals(rows)) {
        return operand;
      }
      return operand.with(operand.layout().expand(layout.shape()).permute(order));
    }

    /** Returns a result, made row by row, as it lies. */
    Strided laid(Strided result) {
      return isRowMajor() ? result : result.with(layout);
    }
  }

  /**
   * What is known of a tensor when a function is traced.
   *
   * @param isRecorded whether gradients flow to it, or from it
   */
  record Form(DType dtype, Layout layout, boolean isRecorded) {
    static Form of(Tensor tensor, boolean isRecorded) {
      Layout layout = tensor.layout();
      Layout own = layout.offset() == 0 ? layout : Layout.of(layout.shape(), layout.strides(), 0);
      return new Form(tensor.dtype(), own, isRecorded);
    }

    /** Tells whether a tensor is like this, whether or not gradients flow. */
    boolean isOf(Tensor tensor) {
      Layout other = tensor.layout();
      if (tensor.dtype() != dtype || !other.shape().equals(layout.shape())) {
        return false;
      }
      for (int i = 0; i < layout.dim(); i++) {
        if (other.stride(i) != layout.stride(i)) {
          return false;
        }
      }
      return true;
    }

    /** The same, unrecorded, and with the elements in row-major order: where gradients arrive. */
    Form plain() {
      return new Form(dtype, layout.shape().contiguous(), false);
    }

    Form unrecorded() {
      return new Form(dtype, layout, false);
    }

    Tensor tensor() {
      Tensor tensor = new Tensor(Strided.allocate(Device.traced(), layout, dtype));
      tensor.setWantsGrad(isRecorded);
      return tensor;
    }
  }

  /** Tells whether gradients flow to an operand. */
  boolean hasRecorded() {
    for (Form form : forms) {
      if (form.isRecorded) {
        return true;
      }
    }
    return false;
  }

  /** Tells whether gradients flow through a result. */
  boolean isRecorded(int slot) {
    Form result = results.get(slot);
    return result != null && result.isRecorded;
  }

  /** Returns the form of a result's gradient. */
  Form gradient(int slot) {
    return Objects.requireNonNull(results.get(slot)).plain();
  }

  /**
   * Traces a function.
   *
   * @param model the operand whose shape the computed elements have, or -1 for the results'
   */
  static Traced of(
      List<Form> forms, int model, Function<List<Tensor>, List<@Nullable Tensor>> function) {
    List<Tensor> inputs = forms.stream().map(Form::tensor).toList();
    return Tracing.of(
        inputs,
        tracing -> {
          List<@Nullable Tensor> found = function.apply(inputs);
          List<Tensor> made = new ArrayList<>();
          List<@Nullable Form> results = new ArrayList<>();
          for (Tensor tensor : found) {
            if (tensor != null) {
              made.add(tensor);
            }
            results.add(tensor == null ? null : Form.of(tensor, tensor.requiresGrad()));
          }
          Shape shape = model >= 0 ? forms.get(model).layout.shape() : common(made);
          Layout layout =
              made.stream()
                  .map(Tensor::layout)
                  .filter(each -> each.shape().equals(shape))
                  .findFirst()
                  .orElse(shape.contiguous())
                  .dense();
          return new Traced(
              forms, Elements.of(layout), tracing.formula(inputs, made, shape), results);
        });
  }

  private static Shape common(List<Tensor> results) {
    if (results.isEmpty()) {
      throw new IllegalArgumentException("fused: the function returned no tensor");
    }
    Shape shape = results.getFirst().shape();
    for (Tensor result : results) {
      if (!result.shape().equals(shape)) {
        throw new IllegalArgumentException(
            "fused: the results have different shapes, %s and %s: expand them to one"
                .formatted(shape, result.shape()));
      }
    }
    return shape;
  }

  /** Computes the results, unrecorded; null where the function returned none. */
  List<@Nullable Tensor> run(List<Tensor> operands) {
    Device device = operands.getFirst().device();
    List<Strided> from = new ArrayList<>(part.operands().size());
    for (int operand : part.operands()) {
      from.add(elements.walked(operands.get(operand).data()));
    }
    List<Strided> to = new ArrayList<>(results.size());
    for (int result : part.formula().results()) {
      to.add(Strided.allocate(device, elements.rows, part.formula().dtype(result)));
    }
    if (!to.isEmpty()) {
      Backends.of(device).formulas().evaluate(part.formula(), from, to);
    }
    Reference.reachabilityFence(operands);
    List<@Nullable Tensor> tensors = new ArrayList<>(results.size());
    int next = 0;
    for (Form result : results) {
      tensors.add(
          result == null ? null : summed(elements.laid(to.get(next++)), result.layout.shape()));
    }
    return tensors;
  }

  private static Tensor summed(Strided elements, Shape shape) {
    Tensor sum = Reducing.sumTo(new Tensor(elements), shape);
    if (sum.storage() != elements.storage()) {
      elements.storage().free();
    }
    return sum;
  }
}
