package dev.chagres.distributed;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Some of many tensors, of one dtype, that travel as one: {@code positions} says which, {@code
 * shapes} how each is laid out in its part.
 */
record Flat(DType dtype, List<Integer> positions, List<Shape> shapes) {

  /** Divides tensors, in their order, into parts of at most so many bytes, or of one tensor. */
  static List<Flat> divide(List<Tensor> tensors, long first, long most) {
    Map<DType, Flat> open = new LinkedHashMap<>();
    Map<DType, Long> room = new LinkedHashMap<>();
    List<Flat> all = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      Tensor x = tensors.get(i);
      Flat flat = open.get(x.dtype());
      long left = room.getOrDefault(x.dtype(), 0L);
      if (flat == null || left < x.nbytes()) {
        left = all.isEmpty() ? first : most;
        flat = new Flat(x.dtype(), new ArrayList<>(), new ArrayList<>());
        all.add(flat);
        open.put(x.dtype(), flat);
      }
      flat.positions.add(i);
      flat.shapes.add(x.shape());
      room.put(x.dtype(), left - x.nbytes());
    }
    return all;
  }

  long numel() {
    return shapes.stream().mapToLong(Shape::numel).sum();
  }

  /** Returns the tensors at the positions side by side: one alone is not copied. */
  Tensor joined(List<Tensor> tensors) {
    if (positions.size() == 1) {
      return tensors.get(positions.getFirst()).detach().contiguous().flatten();
    }
    return Tensor.cat(positions.stream().map(i -> tensors.get(i).detach().flatten()).toList(), 0);
  }

  /** Returns views of the parts in their shapes. */
  List<Tensor> parts(Tensor joined) {
    List<Tensor> parts = new ArrayList<>();
    long start = 0;
    for (Shape shape : shapes) {
      parts.add(joined.narrow(0, start, shape.numel()).view(shape.toArray()));
      start += shape.numel();
    }
    return parts;
  }
}
