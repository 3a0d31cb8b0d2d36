package dev.chagres.distributed;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.backend.cuda.Nccl;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.tensor.Tensor;
import java.util.HashSet;
import java.util.List;

/** What a rank can tell about arguments without the others, before NCCL sees them. */
record Checks(int rank, int worldSize, Device device) {

  /** Checks that these are GPUs that are there, each once. */
  static void devices(String name, List<Device> devices) {
    each(name, "a device", devices);
    if (devices.isEmpty()) {
      throw new IllegalArgumentException(name + ": no devices");
    }
    for (Device each : devices) {
      if (!each.isCuda()) {
        throw new IllegalArgumentException(name + ": works on GPUs, not on " + each);
      }
    }
    if (new HashSet<>(devices).size() < devices.size()) {
      throw new IllegalArgumentException(name + ": one device twice among " + devices);
    }
    for (Device each : devices) {
      CudaRuntime.check(name, each);
    }
    if (!Nccl.whyNot().isEmpty()) {
      throw new IllegalStateException(name + ": " + Nccl.whyNot());
    }
  }

  /** A tensor of this rank's device. */
  Tensor checked(String name, String what, Tensor x) {
    if (!given(name, what, x).device().equals(device)) {
      throw new IllegalArgumentException(
          name + ": " + what + " is on " + x.device() + ", and the rank on " + device);
    }
    return x;
  }

  /** One that NCCL reads or writes as it lies. */
  Tensor written(String name, String what, Tensor x) {
    if (!checked(name, what, x).isContiguous()) {
      throw new IllegalArgumentException(
          name
              + ": "
              + what
              + " "
              + x.shape()
              + " has gaps or another order; contiguous() has not");
    }
    return x;
  }

  <T extends Tensor> List<T> all(String name, List<T> tensors) {
    given(name, "tensors", tensors).forEach(x -> written(name, "a tensor", x));
    return tensors;
  }

  void rank(String name, int other) {
    if (other < 0 || other >= worldSize) {
      throw new IndexOutOfBoundsException(
          name + ": there is no rank " + other + " of " + worldSize);
    }
  }

  void peer(String name, int other) {
    rank(name, other);
    if (other == rank) {
      throw new IllegalArgumentException(name + ": rank " + other + " is this one");
    }
  }

  /** The sizes of one rank's part of a tensor. */
  long[] divided(String name, Tensor x) {
    if (x.dim() == 0 || x.size(0) % worldSize != 0) {
      throw new IllegalArgumentException(
          name
              + ": the first dimension of "
              + x.shape()
              + " cannot be divided among "
              + worldSize
              + " ranks");
    }
    long[] sizes = x.shape().toArray();
    sizes[0] /= worldSize;
    return sizes;
  }

  static void same(String name, Tensor out, long elements, Tensor x) {
    if (out.dtype() != x.dtype() || out.numel() != elements) {
      throw new IllegalArgumentException(
          name
              + ": an output of "
              + out.numel()
              + " elements of "
              + out.dtype()
              + ", where "
              + elements
              + " of "
              + x.dtype()
              + " come");
    }
  }

  static Nccl.Array array(Tensor x) {
    return new Nccl.Array(x.storage(), x.dtype(), x.layout().offset(), x.numel());
  }

  /** Bools travel as bytes of 0 and 1. */
  static Nccl.Reduction reduction(String name, ReduceOp op, DType dtype) {
    boolean isBool = dtype == DType.BOOL;
    if (dtype == DType.INT16 || (isBool && op == ReduceOp.AVG)) {
      throw new IllegalArgumentException(name + ": NCCL has no " + op + " of " + dtype);
    }
    return switch (op) {
      case SUM -> isBool ? Nccl.Reduction.MAX : Nccl.Reduction.SUM;
      case PRODUCT -> isBool ? Nccl.Reduction.MIN : Nccl.Reduction.PRODUCT;
      case MIN -> Nccl.Reduction.MIN;
      case MAX -> Nccl.Reduction.MAX;
      case AVG -> Nccl.Reduction.MEAN;
    };
  }
}
