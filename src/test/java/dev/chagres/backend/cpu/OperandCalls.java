package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.Set;

/** Calls of a backend, and which changes of their operands have to be refused. */
final class OperandCalls {
  private OperandCalls() {}

  /** What may not happen to an operand. */
  enum Change {
    SMALLER {
      @Override
      Strided of(Strided x) {
        Shape shape = x.shape();
        Shape less = shape.with(shape.dim() - 1, shape.size(shape.dim() - 1) - 1);
        return Strided.allocate(less, x.dtype());
      }
    },
    FLATTER {
      @Override
      Strided of(Strided x) {
        return Strided.allocate(x.shape().slice(1, x.shape().dim()), x.dtype());
      }
    },
    OTHER_DTYPE {
      @Override
      Strided of(Strided x) {
        DType other = x.dtype() == DType.FLOAT32 ? DType.FLOAT64 : DType.FLOAT32;
        return Strided.allocate(x.shape(), other);
      }
    },
    SPREAD {
      @Override
      Strided of(Strided x) {
        Strided one = Strided.allocate(Shape.scalar(), x.dtype());
        return one.with(one.layout().expand(x.shape()));
      }
    },
    READ_ONLY {
      @Override
      Strided of(Strided x) {
        MemorySegment memory = RawMemory.of(Storage.allocate(x.storage().byteSize()));
        return new Strided(Storage.wrap(memory.asReadOnly()), x.dtype(), x.layout());
      }
    };

    abstract Strided of(Strided x);
  }

  static final Set<Change> READ = Set.of(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE);
  static final Set<Change> READ_DENSE =
      Set.of(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE, Change.SPREAD);
  static final Set<Change> WRITTEN =
      Set.of(Change.SMALLER, Change.FLATTER, Change.OTHER_DTYPE, Change.READ_ONLY);
  static final Set<Change> WRITTEN_DENSE = Set.of(Change.values());

  /** One operand of a call, with what must be refused. */
  record Operand(Strided as, Set<Change> refused) {}

  static Operand operand(Set<Change> refused, DType dtype, long... sizes) {
    Strided x = Strided.allocate(Shape.of(sizes), dtype);
    RawMemory.of(x.storage()).fill((byte) 0);
    return new Operand(x, refused);
  }

  static Operand floats(Set<Change> refused, long... sizes) {
    return operand(refused, DType.FLOAT32, sizes);
  }

  @FunctionalInterface
  interface Body {
    void run(Strided[] x);
  }

  record Call(String method, List<Operand> operands, Body body) {
    Strided[] arguments() {
      return operands.stream().map(Operand::as).toArray(Strided[]::new);
    }

    @Override
    public String toString() {
      return method;
    }
  }

  static Call call(String method, Body body, Operand... operands) {
    return new Call(method, List.of(operands), body);
  }

  static Set<Change> only(Change... changes) {
    return Set.of(changes);
  }

  static void refuses(Call call, int changed, Change change) {
    Strided[] operands = call.arguments();
    operands[changed] = change.of(operands[changed]);
    byte[][] before = Arrays.stream(operands).map(OperandCalls::bytes).toArray(byte[][]::new);
    String what = call.method + ", operand " + changed + " " + change;
    String message =
        assertThrows(ConcurrentModificationException.class, () -> call.body.run(operands), what)
            .getMessage();
    assertTrue(message.contains(": a tensor was changed by another thread"), message);
    assertTrue(
        message.contains(operands[changed].dtype() + " " + operands[changed].shape()), message);
    for (int i = 0; i < operands.length; i++) {
      assertTrue(Arrays.equals(before[i], bytes(operands[i])), what);
    }
  }

  private static byte[] bytes(Strided x) {
    return RawMemory.of(x.storage()).toArray(ValueLayout.JAVA_BYTE);
  }
}
