package dev.chagres.tensor;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A function applied to slice after slice: the body of {@link Autograd#vmap}. */
final class Slices {
  private static final int UNKNOWN = -1;

  private Slices() {}

  static List<Tensor> mapped(
      Function<List<Tensor>, List<Tensor>> function,
      List<Tensor> inputs,
      int[] inDims,
      int[] outDims) {
    int[] dims = spread("inDims", inDims, inputs.size(), "inputs");
    long size = size(inputs, dims);
    List<@Nullable List<Tensor>> parts = new ArrayList<>();
    for (int k = 0; k < inputs.size(); k++) {
      boolean mapped = dims[k] != Autograd.UNMAPPED;
      parts.add(mapped ? slices(inputs.get(k), dims[k]) : null);
    }
    List<List<Tensor>> results = new ArrayList<>();
    for (long i = 0; i < Math.max(size, 1); i++) {
      List<Tensor> slices = new ArrayList<>();
      for (int k = 0; k < inputs.size(); k++) {
        List<Tensor> own = parts.get(k);
        slices.add(own == null ? inputs.get(k) : own.get((int) i));
      }
      List<Tensor> of = given("vmap", "the result of the function", function.apply(slices));
      results.add(List.copyOf(each("vmap", "an output of the function", of)));
      if (of.size() != results.getFirst().size()) {
        throw new IllegalArgumentException(
            "vmap: "
                + results.getFirst().size()
                + " results of slice 0, "
                + of.size()
                + " of slice "
                + i);
      }
    }
    int count = results.getFirst().size();
    int[] to = spread("outDims", outDims, count, "outputs");
    List<Tensor> outputs = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      int slot = k;
      Tensor all = stacked(results.stream().map(of -> of.get(slot)).toList(), to[k]);
      outputs.add(size == 0 ? all.narrow(to[k], 0, 0) : all);
    }
    return outputs;
  }

  /** The slices; of none, zeros: the function is called with them to learn what results it has. */
  private static List<Tensor> slices(Tensor x, int dim) {
    return x.size(dim) == 0 ? List.of(x.sum(dim).to(x.dtype())) : x.unbind(dim);
  }

  private static int[] spread(String what, int[] dims, int count, String of) {
    if (dims.length == 1) {
      int[] all = new int[count];
      Arrays.fill(all, dims[0]);
      return all;
    }
    if (dims.length != count) {
      throw new IllegalArgumentException(
          "vmap: " + dims.length + " " + what + " for " + count + " " + of);
    }
    return dims;
  }

  private static long size(List<Tensor> inputs, int[] dims) {
    long size = UNKNOWN;
    for (int k = 0; k < dims.length; k++) {
      if (dims[k] != Autograd.UNMAPPED) {
        Shape shape = inputs.get(k).shape();
        if (dims[k] < -shape.dim() || dims[k] >= shape.dim()) {
          throw new IndexOutOfBoundsException(
              "vmap: input " + k + " of shape " + shape + " has no dim " + dims[k]);
        }
        long own = shape.size(dims[k]);
        if (size != UNKNOWN && own != size) {
          throw new IllegalArgumentException(
              "vmap: the mapped dimensions have sizes " + size + " and " + own);
        }
        size = own;
      }
    }
    if (size == UNKNOWN) {
      throw new IllegalArgumentException("vmap: there is no input to map over");
    }
    return size;
  }

  private static Tensor stacked(List<Tensor> results, int dim) {
    if (dim == Autograd.UNMAPPED) {
      throw new IllegalArgumentException("vmap: every output has a dimension for the slices");
    }
    Tensor first = results.getFirst();
    for (int i = 1; i < results.size(); i++) {
      Tensor result = results.get(i);
      if (!result.shape().equals(first.shape()) || result.dtype() != first.dtype()) {
        throw new IllegalArgumentException(
            "vmap: the result of slice 0 is "
                + Tensor.describe(first)
                + ", that of slice "
                + i
                + " "
                + Tensor.describe(result));
      }
    }
    if (dim < -first.dim() - 1 || dim > first.dim()) {
      throw new IndexOutOfBoundsException(
          "vmap: a result of shape "
              + first.shape()
              + " for each slice has no place at dim "
              + dim);
    }
    return Joining.stack(results, dim);
  }
}
