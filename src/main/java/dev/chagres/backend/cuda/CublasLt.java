package dev.chagres.backend.cuda;

import static dev.chagres.ffi.cublaslt.CublasLtLibrary.*;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.core.Transposed;
import dev.chagres.ffi.cublaslt.cublasLtMatmulAlgo_t;
import dev.chagres.ffi.cublaslt.cublasLtMatmulHeuristicResult_t;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * The door to cuBLASLt, for one stream: products to which something is done before they are stored.
 * Which of its algorithms is best for a shape it is asked once.
 */
final class CublasLt {
  /** How many shapes have their plans kept. */
  private static final int MOST_PLANS = 1024;

  /** What NVIDIA advises for Hopper; an algorithm takes what it needs. */
  private static final long MOST_WORKSPACE = 32L << 20;

  /** As aligned as cuBLASLt distinguishes, and wants its workspace. */
  private static final long MOST_ALIGNED = 256;

  private final DeviceStream stream;
  private final MemorySegment handle;
  private final Map<Problem, Optional<Plan>> plans =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Problem, Optional<Plan>> eldest) {
          boolean full = size() > MOST_PLANS;
          if (full) {
            eldest.getValue().ifPresent(Plan::destroy);
          }
          return full;
        }
      };

  private CublasLt(DeviceStream stream, MemorySegment handle) {
    this.stream = stream;
    this.handle = handle;
  }

  /** Makes a handle for the current context, which is that of the stream's device. */
  static CublasLt create(DeviceStream stream) {
    return new CublasLt(stream, made("cublasLtCreate", out -> cublasLtCreate(out)));
  }

  private static MemorySegment made(String call, ToIntFunction<MemorySegment> create) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      Cublas.check(create.applyAsInt(scratch.segment()), call);
      return scratch.segment().get(ValueLayout.ADDRESS, 0);
    }
  }

  /** What is done to a product, by columns, before it is stored. */
  enum Kind {
    BIAS(CUBLASLT_EPILOGUE_BIAS()),
    RELU_BIAS(CUBLASLT_EPILOGUE_RELU_BIAS()),
    RELU_AUX_BIAS(CUBLASLT_EPILOGUE_RELU_AUX_BIAS()),
    GELU_BIAS(CUBLASLT_EPILOGUE_GELU_BIAS()),
    GELU_AUX_BIAS(CUBLASLT_EPILOGUE_GELU_AUX_BIAS()),
    DRELU_BGRAD(CUBLASLT_EPILOGUE_DRELU_BGRAD()),
    DGELU_BGRAD(CUBLASLT_EPILOGUE_DGELU_BGRAD()),
    BGRADB(CUBLASLT_EPILOGUE_BGRADB());

    private final int code;

    Kind(int code) {
      this.code = code;
    }
  }

  /**
   * An epilogue and its operands.
   *
   * @param bias the address of what is added, an element for each row of the product, or where sums
   *     go: of the rows of what is stored, or of the columns of b
   * @param aux the address of what an activation keeps for its gradient, 0 if it keeps nothing
   * @param leadingAux the distance of that's columns: of a mask in bits, a multiple of 128, else in
   *     elements, a multiple of 8
   */
  record Epilogue(Kind kind, long bias, long aux, long leadingAux) {
    static Epilogue of(Kind kind, long bias) {
      return new Epilogue(kind, bias, 0, 0);
    }
  }

  /** Operands of {@code d = epilogue(a b)}, by columns. */
  record Operands(Cublas.Matrices a, Cublas.Matrices b, Epilogue epilogue, Cublas.Matrices d) {
    private Alignments alignments() {
      return new Alignments(
          aligned(a.address()),
          aligned(b.address()),
          aligned(epilogue.bias),
          aligned(epilogue.aux),
          aligned(d.address()));
    }

    /** The logarithm of the greatest power of two that divides an address, up to 8. */
    private static int aligned(long address) {
      return Long.numberOfTrailingZeros(address | MOST_ALIGNED);
    }
  }

  /** Logarithms of the powers of two that divide the addresses of operands. */
  private record Alignments(int a, int b, int bias, int aux, int d) {
    /** What is read or written together with D has no attribute of its own. */
    int leastWithD() {
      return Math.min(d, Math.min(bias, aux));
    }
  }

  /** All that the choice of an algorithm depends on. */
  private record Problem(
      DType dtype,
      int compute,
      Kind kind,
      long leadingAux,
      Cublas.Sizes sizes,
      Transposed transposedA,
      Transposed transposedB,
      long leadingA,
      long leadingB,
      long leadingD,
      Alignments alignments) {

    static Problem of(DType dtype, int compute, Cublas.Sizes sizes, Operands x) {
      return new Problem(
          dtype,
          compute,
          x.epilogue.kind,
          x.epilogue.leadingAux,
          sizes,
          x.a.transposed(),
          x.b.transposed(),
          x.a.leading(),
          x.b.leading(),
          x.d.leading(),
          x.alignments());
    }
  }

  /** What was made for a problem; the description's addresses are set for each product. */
  private record Plan(
      MemorySegment operation,
      MemorySegment a,
      MemorySegment b,
      MemorySegment d,
      MemorySegment algorithm,
      long workspace) {

    void destroy() {
      Cublas.check(cublasLtMatmulDescDestroy(operation), "cublasLtMatmulDescDestroy");
      for (MemorySegment layout : new MemorySegment[] {a, b, d}) {
        Cublas.check(cublasLtMatrixLayoutDestroy(layout), "cublasLtMatrixLayoutDestroy");
      }
    }
  }

  /**
   * Computes {@code d = epilogue(a b)} for a floating dtype; returns false, with nothing done, if
   * cuBLASLt has no algorithm for it.
   */
  synchronized boolean multiply(DType dtype, Cublas.Sizes sizes, Operands x) {
    int compute = Cublas.computeType(dtype);
    stream.owner().enter(); // for the choice of an algorithm, too
    Plan plan =
        plans
            .computeIfAbsent(
                Problem.of(dtype, compute, sizes, x), problem -> plan(problem, x.epilogue))
            .orElse(null);
    if (plan == null) {
      return false;
    }
    Cublas.check(setAddresses(plan.operation, x.epilogue), "cublasLtMatmulDescSetAttribute");
    try (Scratch scratch = Scratch.take(2L * Double.BYTES);
        CudaDevice.Workspace workspace = stream.owner().workspace(plan.workspace + MOST_ALIGNED)) {
      boolean wide = dtype == DType.FLOAT64;
      MemorySegment d = MemorySegment.ofAddress(x.d.address());
      stream.owner().enter();
      Cublas.check(
          cublasLtMatmul(
              handle,
              plan.operation,
              Cublas.scale(scratch.segment(), wide, 1),
              MemorySegment.ofAddress(x.a.address()),
              plan.a,
              MemorySegment.ofAddress(x.b.address()),
              plan.b,
              Cublas.scale(scratch.segment().asSlice(Double.BYTES), wide, 0),
              d,
              plan.d,
              d,
              plan.d,
              plan.algorithm,
              MemorySegment.ofAddress(alignedUp(workspace.address())),
              plan.workspace,
              stream.handle()),
          "cublasLtMatmul");
      stream.launched("cublasLtMatmul of ", x.epilogue.kind + ", " + Types.of(dtype));
    }
    return true;
  }

  private static long alignedUp(long address) {
    return (address + MOST_ALIGNED - 1) & -MOST_ALIGNED;
  }

  private Optional<Plan> plan(Problem problem, Epilogue epilogue) {
    int type = Cublas.type(problem.dtype);
    Cublas.Sizes sizes = problem.sizes;
    int scale = problem.dtype == DType.FLOAT64 ? type : Cublas.type(DType.FLOAT32);
    MemorySegment operation =
        made(
            "cublasLtMatmulDescCreate",
            out -> cublasLtMatmulDescCreate(out, problem.compute, scale));
    int status =
        describe(operation, CUBLASLT_MATMUL_DESC_TRANSA(), Cublas.code(problem.transposedA));
    status |= describe(operation, CUBLASLT_MATMUL_DESC_TRANSB(), Cublas.code(problem.transposedB));
    status |= describe(operation, CUBLASLT_MATMUL_DESC_EPILOGUE(), problem.kind.code);
    status |= describe(operation, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE(), type);
    status |= setAddresses(operation, epilogue);
    if (epilogue.aux != 0) {
      long leading = epilogue.leadingAux;
      status |= describe(operation, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD(), Long.BYTES, leading);
    }
    MemorySegment a = layout(type, problem.transposedA, sizes.m(), sizes.k(), problem.leadingA);
    MemorySegment b = layout(type, problem.transposedB, sizes.k(), sizes.n(), problem.leadingB);
    MemorySegment d = layout(type, Transposed.NO, sizes.m(), sizes.n(), problem.leadingD);
    MemorySegment algorithm = Arena.ofAuto().allocate(cublasLtMatmulAlgo_t.layout());
    // What an older library does not know it refuses like what it has no algorithm for.
    long workspace =
        status == 0 ? choose(problem, operation, new MemorySegment[] {a, b, d}, algorithm) : -1;
    Plan plan = new Plan(operation, a, b, d, algorithm, workspace);
    if (workspace < 0) {
      plan.destroy();
      return Optional.empty();
    }
    return Optional.of(plan);
  }

  /** Writes the best algorithm and returns how much workspace it needs; -1 if there is none. */
  private long choose(
      Problem problem, MemorySegment operation, MemorySegment[] layouts, MemorySegment algorithm) {
    MemorySegment preference =
        made("cublasLtMatmulPreferenceCreate", out -> cublasLtMatmulPreferenceCreate(out));
    try (Scratch scratch = Scratch.take(cublasLtMatmulHeuristicResult_t.sizeof() + Integer.BYTES)) {
      MemorySegment number = scratch.segment();
      number.set(ValueLayout.JAVA_LONG, 0, MOST_WORKSPACE);
      prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES(), Long.BYTES, number);
      int[] attributes = {
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES(),
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES(),
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES(),
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES()
      };
      Alignments x = problem.alignments;
      int[] logarithms = {x.a, x.b, x.d, x.leastWithD()};
      for (int i = 0; i < attributes.length; i++) {
        number.set(ValueLayout.JAVA_INT, 0, 1 << logarithms[i]);
        prefer(preference, attributes[i], Integer.BYTES, number);
      }
      MemorySegment result = scratch.segment();
      MemorySegment count = result.asSlice(cublasLtMatmulHeuristicResult_t.sizeof());
      int status =
          cublasLtMatmulAlgoGetHeuristic(
              handle,
              operation,
              layouts[0],
              layouts[1],
              layouts[2],
              layouts[2],
              preference,
              1,
              result,
              count);
      // Which status says that there is none depends on the version.
      if (status != 0
          || count.get(ValueLayout.JAVA_INT, 0) == 0
          || cublasLtMatmulHeuristicResult_t.state(result) != 0) {
        return -1;
      }
      algorithm.copyFrom(cublasLtMatmulHeuristicResult_t.algo(result));
      return cublasLtMatmulHeuristicResult_t.workspaceSize(result);
    } finally {
      Cublas.check(cublasLtMatmulPreferenceDestroy(preference), "cublasLtMatmulPreferenceDestroy");
    }
  }

  private static MemorySegment layout(
      int type, Transposed transposed, long rows, long columns, long leading) {
    boolean turned = transposed == Transposed.YES;
    return made(
        "cublasLtMatrixLayoutCreate",
        out ->
            cublasLtMatrixLayoutCreate(
                out, type, turned ? columns : rows, turned ? rows : columns, leading));
  }

  private static int setAddresses(MemorySegment operation, Epilogue x) {
    int status = describe(operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER(), Long.BYTES, x.bias);
    return x.aux == 0
        ? status
        : status
            | describe(operation, CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER(), Long.BYTES, x.aux);
  }

  private static int describe(MemorySegment operation, int attribute, int value) {
    return describe(operation, attribute, Integer.BYTES, value);
  }

  /** Sets an attribute to a number of so many bytes, the lowest first. */
  private static int describe(MemorySegment operation, int attribute, int bytes, long value) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      scratch.segment().set(ValueLayout.JAVA_LONG, 0, value);
      return cublasLtMatmulDescSetAttribute(operation, attribute, scratch.segment(), bytes);
    }
  }

  private static void prefer(
      MemorySegment preference, int attribute, long bytes, MemorySegment value) {
    Cublas.check(
        cublasLtMatmulPreferenceSetAttribute(preference, attribute, value, bytes),
        "cublasLtMatmulPreferenceSetAttribute");
  }
}
