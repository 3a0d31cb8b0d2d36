package dev.chagres.backend.cuda;

import dev.chagres.backend.Backend.Progression;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.Triangle;
import java.util.List;

/** Elementwise operations, casts and fills. */
final class Elementwise {
  private final CudaDevice device;

  Elementwise(CudaDevice device) {
    this.device = device;
  }

  void unary(UnaryOp op, Strided x, Strided y) {
    throw NotYet.on("unary", device);
  }

  void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    throw NotYet.on("binary", device);
  }

  void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    throw NotYet.on("ternary", device);
  }

  void where(Strided condition, Strided a, Strided b, Strided y) {
    throw NotYet.on("where", device);
  }

  void copy(Strided x, Strided y) {
    throw NotYet.on("copy", device);
  }

  void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    throw NotYet.on("triangle", device);
  }

  void arange(Progression progression, Strided y) {
    throw NotYet.on("arange", device);
  }
}
