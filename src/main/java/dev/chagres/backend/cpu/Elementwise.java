package dev.chagres.backend.cpu;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementKernels;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Halves;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Elementwise operations: one kernel call on the shortest path that the layouts allow. Operands
 * that lie in the result's order, or are one value for all, need only a step each; others get
 * loops.
 */
@SuppressWarnings("ReferenceEquality") // operands that are one object are converted once
final class Elementwise implements ElementKernels {
  /** A step that says: this operand needs loops. */
  static final long LOOPS = -1;

  private final WorkerTeam team;

  Elementwise(WorkerTeam team) {
    this.team = team;
  }

  /**
   * Returns how an operand is walked in row-major order: 1, 0 (one value for all), or {@link
   * #LOOPS}.
   */
  static long step(Strided operand) {
    Layout layout = operand.layout();
    if (layout.isContiguous()) {
      return 1;
    }
    for (int i = 0; i < layout.dim(); i++) {
      if (layout.stride(i) != 0 && layout.size(i) != 1) {
        return LOOPS;
      }
    }
    return 0;
  }

  /** Returns the pointer to an element of an operand that is walked with a step. */
  private static MemorySegment at(MemorySegment pointer, DType dtype, long index) {
    return index == 0 ? pointer : pointer.asSlice(index * dtype.size());
  }

  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    long n = y.numel();
    if (n == 0) {
      return;
    }
    DType dtype = x.dtype();
    if (Halves.isHalf(dtype)) {
      inFloat32(new Strided[] {x, y}, wide -> unary(op, wide[0], wide[1]));
      return;
    }
    DType result = y.dtype();
    MemorySegment px = x.pointer();
    MemorySegment py = y.pointer();
    long grain = Grain.of(op);
    long sx = step(x);
    if ((sx | step(y)) < 0) {
      LoopNest.of(x.layout(), y.layout())
          .run(
              team,
              grain,
              new DType[] {dtype, result},
              new MemorySegment[] {px, py},
              (rank, dims, p) -> Kernels.unaryNd(op, dtype, rank, dims, p[0], p[1]));
    } else if (!team.shares(n, grain)) {
      Kernels.unary1d(op, dtype, n, px, sx, py, 1);
    } else {
      team.run(
          n,
          grain,
          (from, to) ->
              Kernels.unary1d(
                  op, dtype, to - from, at(px, dtype, from * sx), sx, at(py, result, from), 1));
    }
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    long n = y.numel();
    if (n == 0) {
      return;
    }
    if (mayDivideByZero(op, a.dtype())) {
      divide(op, a, b, y);
    } else {
      apply(op, a, b, y);
    }
  }

  private static boolean mayDivideByZero(BinaryOp op, DType dtype) {
    return switch (op) {
      case FLOOR_DIVIDE, TRUNC_DIVIDE, REMAINDER, FMOD -> !dtype.isFloating();
      default -> false;
    };
  }

  /**
   * Divides integers into memory apart, since a zero shows only on the way and must leave the
   * result as it was.
   */
  private void divide(BinaryOp op, Strided a, Strided b, Strided y) {
    Strided quotient = y.like(y.layout().dense(), y.dtype());
    try {
      apply(op, a, b, quotient);
      copy(quotient, y);
    } catch (ArithmeticException e) {
      throw new ArithmeticException(
          op.methodName() + ": " + e.getMessage() + ", " + a.dtype() + " of shape " + y.shape());
    } finally {
      quotient.storage().free();
    }
  }

  private void apply(BinaryOp op, Strided a, Strided b, Strided y) {
    long n = y.numel();
    DType dtype = a.dtype();
    if (Halves.isHalf(dtype) && op != BinaryOp.NEXTAFTER) {
      inFloat32(new Strided[] {a, b, y}, wide -> apply(op, wide[0], wide[1], wide[2]));
      return;
    }
    DType result = y.dtype();
    MemorySegment pa = a.pointer();
    MemorySegment pb = b.pointer();
    MemorySegment py = y.pointer();
    long grain = Grain.of(op);
    long sa = step(a);
    long sb = step(b);
    if ((sa | sb | step(y)) < 0) {
      LoopNest.of(a.layout(), b.layout(), y.layout())
          .run(
              team,
              grain,
              new DType[] {dtype, dtype, result},
              new MemorySegment[] {pa, pb, py},
              (rank, dims, p) -> Kernels.binaryNd(op, dtype, rank, dims, p[0], p[1], p[2]));
    } else if (!team.shares(n, grain)) {
      Kernels.binary1d(op, dtype, n, pa, sa, pb, sb, py, 1);
    } else {
      team.run(
          n,
          grain,
          (from, to) ->
              Kernels.binary1d(
                  op,
                  dtype,
                  to - from,
                  at(pa, dtype, from * sa),
                  sa,
                  at(pb, dtype, from * sb),
                  sb,
                  at(py, result, from),
                  1));
    }
  }

  /**
   * Runs a task on 32-bit copies of 16-bit operands, and on others as they are; the last is the
   * result, and rounded once at the end if it is 16-bit.
   */
  void inFloat32(Strided[] operands, WideTask task) {
    int last = operands.length - 1;
    Strided[] wide = operands.clone();
    try {
      for (int i = 0; i <= last; i++) {
        if (Halves.isHalf(operands[i].dtype())) {
          wide[i] = i == last ? room(operands[i]) : wide(operands[i]);
        }
      }
      task.run(wide);
      if (Halves.isHalf(operands[last].dtype())) {
        copy(wide[last], operands[last]);
      }
    } finally {
      for (int i = 0; i <= last; i++) {
        if (wide[i].dtype() != operands[i].dtype()) {
          wide[i].storage().free();
        }
      }
    }
  }

  /** Returns a 32-bit copy, of a single element if that is all there is. */
  private Strided wide(Strided x) {
    if (x.numel() > 1 && step(x) == 0) {
      Strided one = x.like(Shape.scalar(), DType.FLOAT32);
      Kernels.copy1d(x.dtype(), DType.FLOAT32, 1, x.pointer(), 1, one.pointer(), 1);
      return one.with(one.layout().expand(x.shape()));
    }
    Strided wide = room(x);
    copy(x, wide);
    return wide;
  }

  /** Returns 32-bit elements in the order of others. */
  private static Strided room(Strided x) {
    return x.like(x.layout().dense(), DType.FLOAT32);
  }

  /** What is done with the 32-bit copies. */
  @FunctionalInterface
  interface WideTask {
    void run(Strided[] wide);
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    DType dtype = y.dtype();
    Strided a = operands.get(0);
    Strided b = operands.get(1);
    Strided c = operands.get(2);
    if (y.numel() > 0 && Halves.isHalf(dtype)) {
      inFloat32(
          new Strided[] {a, b, c, y},
          wide -> ternary(op, value, List.of(wide[0], wide[1], wide[2]), wide[3]));
      return;
    }
    long n = y.numel();
    long grain = Grain.of(op);
    long sa = step(a);
    long sb = step(b);
    long sc = step(c);
    if ((sa | sb | sc | step(y)) >= 0 && n > 0 && !team.shares(n, grain)) {
      MemorySegment pa = a.pointer();
      MemorySegment pb = b.pointer();
      MemorySegment pc = c.pointer();
      Kernels.ternary1d(op, dtype, value, n, pa, sa, pb, sb, pc, sc, y.pointer(), 1);
      return;
    }
    three(
        grain,
        new Strided[] {a, b, c, y},
        (count, p, s) ->
            Kernels.ternary1d(op, dtype, value, count, p[0], s[0], p[1], s[1], p[2], s[2], p[3], 1),
        (rank, dims, p) -> Kernels.ternaryNd(op, dtype, value, rank, dims, p[0], p[1], p[2], p[3]));
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    DType dtype = y.dtype();
    three(
        Grain.MOVE,
        new Strided[] {condition, a, b, y},
        (n, p, s) -> Kernels.where1d(dtype, n, p[0], s[0], p[1], s[1], p[2], s[2], p[3], 1),
        (rank, dims, p) -> Kernels.whereNd(dtype, rank, dims, p[0], p[1], p[2], p[3]));
  }

  /** A kernel's call on n elements at these pointers, each walked with its step. */
  @FunctionalInterface
  private interface StepCall {
    void run(long n, MemorySegment[] pointers, long[] steps);
  }

  /** Runs a kernel of three operands and a result, which is the last of four. */
  private void three(long grain, Strided[] operands, StepCall byStep, LoopNest.Body inLoops) {
    long n = operands[3].numel();
    if (n == 0) {
      return;
    }
    DType[] dtypes = new DType[4];
    MemorySegment[] pointers = new MemorySegment[4];
    long[] steps = new long[4];
    boolean loops = false;
    for (int i = 0; i < 4; i++) {
      dtypes[i] = operands[i].dtype();
      pointers[i] = operands[i].pointer();
      steps[i] = step(operands[i]);
      loops |= steps[i] == LOOPS;
    }
    if (loops) {
      LoopNest.of(
              operands[0].layout(),
              operands[1].layout(),
              operands[2].layout(),
              operands[3].layout())
          .run(team, grain, dtypes, pointers, inLoops);
    } else if (!team.shares(n, grain)) {
      byStep.run(n, pointers, steps);
    } else {
      team.run(
          n,
          grain,
          (from, to) -> {
            MemorySegment[] part = new MemorySegment[4];
            for (int i = 0; i < 3; i++) {
              part[i] = at(pointers[i], dtypes[i], from * steps[i]);
            }
            part[3] = at(pointers[3], dtypes[3], from);
            byStep.run(to - from, part, steps);
          });
    }
  }

  @Override
  public void copy(Strided x, Strided y) {
    long n = y.numel();
    if (n == 0) {
      return;
    }
    DType from = x.dtype();
    DType to = y.dtype();
    MemorySegment px = x.pointer();
    MemorySegment py = y.pointer();
    long sx = step(x);
    if ((sx | step(y)) < 0) {
      copy(from, px, to, py, LoopNest.of(x.layout(), y.layout()));
    } else if (!team.shares(n, Grain.MOVE)) {
      Kernels.copy1d(from, to, n, px, sx, py, 1);
    } else {
      team.run(
          n,
          Grain.MOVE,
          (start, end) ->
              Kernels.copy1d(
                  from, to, end - start, at(px, from, start * sx), sx, at(py, to, start), 1));
    }
  }

  /** Copies along loops whose first operand is read and whose second is written. */
  void copy(DType from, MemorySegment x, DType to, MemorySegment y, LoopNest loops) {
    loops.run(
        team,
        Grain.MOVE,
        new DType[] {from, to},
        new MemorySegment[] {x, y},
        (rank, dims, p) -> Kernels.copyNd(from, to, rank, dims, p[0], p[1]));
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    DType dtype = y.dtype();
    long rows = y.layout().size(-2);
    long columns = y.layout().size(-1);
    long border = Math.clamp(diagonal, -rows, columns);
    MemorySegment px = x.pointer();
    MemorySegment py = y.pointer();
    team.run(
        y.numel() / columns,
        Grain.positions(Grain.MOVE, columns),
        (from, to) ->
            Kernels.triangle(kept, dtype, from, to - from, rows, columns, border, px, py));
  }

  @Override
  public void arange(Progression progression, Strided y) {
    DType dtype = y.dtype();
    MemorySegment py = y.pointer();
    team.run(
        y.numel(),
        Grain.MOVE,
        (from, to) ->
            Kernels.arange(
                dtype,
                to - from,
                progression.first() + from,
                progression.start(),
                progression.step(),
                progression.integerStart(),
                progression.integerStep(),
                py.asSlice(from * dtype.size())));
  }

  /**
   * Returns the elements in row-major order and as another dtype, for as long as the scratch is
   * open.
   */
  Scratch contiguous(Strided x, DType dtype) {
    MemorySegment px = x.pointer(); // which fails if another thread has freed it
    LoopNest nest = LoopNest.of(x.layout(), x.shape().contiguous());
    Scratch scratch = Scratch.take(x.numel() * dtype.size());
    try {
      copy(x.dtype(), px, dtype, scratch.segment(), nest);
    } catch (RuntimeException | Error e) {
      scratch.close();
      throw e;
    }
    return scratch;
  }
}
