package dev.chagres.distributed;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import java.util.List;

/**
 * What a rank calls, with what all ranks that take part have to agree on.
 *
 * @param where among the calls of those ranks
 * @param parties how many of them there are
 */
record Call(String name, String how, List<Part> parts, String where, int parties) {
  private static final int SHOWN = 8;

  /** What NCCL is told of a tensor. */
  record Part(long count, DType dtype) {
    private static Part of(Tensor x) {
      return new Part(x.numel(), x.dtype());
    }

    @Override
    public String toString() {
      return count + " " + dtype;
    }
  }

  /** Returns a call of all ranks, the next one of each. */
  static Call ofAll(String name, String how, List<? extends Tensor> tensors) {
    return new Call(name, how, tensors.stream().map(Part::of).toList(), "", 0);
  }

  /** Returns a message from one rank to another. */
  static Call message(String name, int from, int to, Tensor x) {
    String how = name.equals("send") ? "to rank " + to : "from rank " + from;
    String where = "a message from rank " + from + " to rank " + to + ", ";
    return new Call(name, how, List.of(Part.of(x)), where, 2);
  }

  boolean isOfAll() {
    return parties == 0;
  }

  /** Returns what has to be the same for all who take part. */
  String agreed() {
    return isOfAll() ? toString() : where + content();
  }

  @Override
  public String toString() {
    return (name + " " + how).strip() + (parts.isEmpty() ? "" : " of " + content());
  }

  private String content() {
    var text = new StringBuilder();
    long elements = 0;
    for (int i = 0; i < parts.size(); i++) {
      elements += parts.get(i).count;
      if (i < SHOWN) {
        text.append(i == 0 ? "" : ", ").append(parts.get(i));
      }
    }
    if (parts.size() > SHOWN) {
      text.append(" and %d more, %,d in all".formatted(parts.size() - SHOWN, elements));
    }
    return text.toString();
  }
}
