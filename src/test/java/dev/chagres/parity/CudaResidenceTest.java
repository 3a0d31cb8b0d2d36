package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawStorage;
import dev.chagres.observe.Observation;
import dev.chagres.observe.Observer;
import dev.chagres.observe.Work;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnCuda;
import dev.chagres.testing.OpDb;
import dev.chagres.testing.Results;
import dev.chagres.testing.Tally;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/**
 * Nothing falls back to the host in silence: while an operation of tensors on a GPU and its
 * gradient run, no array is copied from or to the host, no memory of the host is taken for one, and
 * no number is waited for; but for those operations that are listed here, and why.
 */
@OnCuda
class CudaResidenceTest {
  private static final Device GPU = Device.cuda(0);

  /** Looks on, and notes what goes between a device and the host. */
  private static final class Watch implements Observer {
    private final Set<String> seen = new TreeSet<>();
    private boolean isOnHost;
    private long kernels;

    @Override
    public void kernel(Runnable kernel, Supplier<Work> work) {
      boolean toHost = isOnHost; // what was allocated last is what a transfer writes to
      kernel.run();
      kernels++;
      String name = work.get().kernel();
      if (name.equals("transfer")) {
        seen.add(toHost ? "reads" : "uploads");
      } else if (name.equals("countTrue")) {
        seen.add("counts");
      }
    }

    @Override
    public <S extends RawStorage> S allocate(
        long bytes, Supplier<S> allocation, LongSupplier live) {
      S made = allocation.get();
      isOnHost = made instanceof Storage storage && storage.device().isCpu();
      if (isOnHost && bytes > Long.BYTES) { // a number is given to a kernel as it is
        seen.add("memory of the host");
      }
      return made;
    }
  }

  private static final Map<String, Set<String>> LISTED = new TreeMap<>();

  static {
    // They return what Java has to know.
    list("reads", "item", "equal", "allclose");
    // How many elements there are decides the shape of the result.
    list(
        "counts",
        "argwhere",
        "isin",
        "masked_scatter",
        "masked_select",
        "nonzero",
        "nonzero_static",
        "nn.functional.embedding", // with a greatest norm
        "unique",
        "unique_consecutive");
    list("counts, reads", "histogram", "histogramdd");
    // They throw where a matrix has no such factors, as PyTorch does, for which they wait.
    list(
        "counts",
        "cholesky",
        "norm",
        "pinverse",
        "svd",
        "linalg.cholesky",
        "linalg.cond",
        "linalg.eigh",
        "linalg.eigvalsh",
        "linalg.inv",
        "linalg.lstsq",
        "linalg.lu_factor",
        "linalg.matrix_rank",
        "linalg.pinv",
        "linalg.solve",
        "linalg.svd",
        "linalg.svdvals",
        "linalg.tensorinv",
        "linalg.tensorsolve");
    list("counts, reads", "linalg.ldl_factor", "linalg.ldl_factor_ex", "linalg.ldl_solve");
    // Tensors of probabilities, deviations or pivots are checked before they are used.
    list(
        "reads",
        "bernoulli",
        "multinomial",
        "nanquantile",
        "normal",
        "quantile",
        "linalg.lu_solve",
        "lu_solve",
        "lu_unpack");
    // Bounds as tensors decide steps, positions the shapes, and the greatest norm the degree.
    list("reads", "linspace", "logspace", "matrix_exp");
    list("memory of the host, reads", "tensor_split");
    // The lengths of sequences decide how many steps there are.
    list("memory of the host, reads, uploads", "nn.functional.ctc_loss");
    // Indices that Java gives go to the device.
    list("memory of the host, uploads", "__getitem__", "cross", "linalg.cross");
  }

  private static void list(String what, String... names) {
    for (String name : names) {
      LISTED.put(name, Set.of(what.split(", ")));
    }
  }

  private final Map<String, Set<String>> seen = new TreeMap<>();
  private final Tally tally = new Tally("operations on CUDA that stay there");
  private long kernels;

  /** Runs under observation. */
  private void watch(String name, Supplier<List<Tensor>> operation) {
    Watch watch = new Watch();
    assertTrue(Observation.begin(watch), "somebody else observes");
    try (var _ = DefaultDevice.use(GPU)) {
      List<Tensor> results = operation.get();
      for (Tensor result : results) {
        if (result.requiresGrad()) {
          result.backward(result.detach().onesLike(), Backward.Option.RETAIN_GRAPH);
        }
      }
    } finally {
      Observation.end();
    }
    tally.ran();
    kernels += watch.kernels;
    seen.computeIfAbsent(name, _ -> new TreeSet<>()).addAll(watch.seen);
  }

  private void report(Map<String, Set<String>> listed) {
    tally.print();
    assertTrue(kernels > 0, "no kernel ran");
    seen.forEach((name, what) -> what.removeAll(listed.getOrDefault(name, Set.of())));
    seen.values().removeIf(Set::isEmpty);
    assertEquals(Map.of(), seen, "what goes to the host, or waits for it");
  }

  @Test
  void rowsOfTheOpDatabase() {
    try (Scope _ = Scope.open()) {
      for (OpDb.Unary row : OpDb.unary()) {
        Tensor x = operand(row.takes(DType.FLOAT32), row.smooth().length > 0, 6, 4);
        watch(row.toString(), () -> List.of(row.call().of(x)));
      }
      for (OpDb.Binary row : OpDb.binary()) {
        boolean floating = row.op().domain().holds(DType.FLOAT32);
        Tensor a = operand(floating, row.smooth().length > 0 && row.hasFirstGradient(), 6, 4);
        Tensor b = operand(floating, row.smooth().length > 0, 4);
        watch(row.toString(), () -> List.of(row.call().of(a, b)));
      }
      for (OpDb.Reduction row : OpDb.reductions()) {
        boolean floating = row.traits().dtypes().contains(DType.FLOAT32);
        Tensor x = operand(floating, row.traits().smooth(), 6, 4);
        watch(row.toString(), () -> List.of(row.call().of(x, Keep.DROPDIM, 1)));
      }
    }
    report(Map.of());
  }

  @Test
  void samplesOfPyTorch() {
    Tensor.rand(GPU, 1); // makes the device's generator
    for (String family : List.of("unary", "binary", "reduce", "linalg", "nn", "other")) {
      GoldenFile file = GoldenFile.open("opdb_" + family + ".safetensors.gz");
      Set<String> done = new HashSet<>();
      for (TorchCase test : TorchCase.of(family, file, GPU)) {
        boolean first =
            test.dtype().equals("f32")
                && test.thrown() == null
                && TorchCalls.ours(test.op()) != null
                && done.add(test.op() + " " + test.variant());
        if (first) {
          try (Scope _ = Scope.open()) {
            watch(test);
          }
        }
      }
    }
    report(LISTED);
  }

  private void watch(TorchCase test) {
    List<Tensor> tensors = test.tensors();
    test.leaves().forEach(i -> tensors.get(i).requiresGrad_());
    try {
      watch(test.op(), () -> tensorsOf(TorchCalls.call(test.op(), test.arguments(tensors))));
    } catch (NotThereException _) {
      tally.skipped("not in the library");
    }
  }

  private static List<Tensor> tensorsOf(Object result) {
    return result instanceof Boolean || result instanceof Number ? List.of() : Results.flat(result);
  }

  private static Tensor operand(boolean floating, boolean differentiable, long... sizes) {
    DType dtype = floating ? DType.FLOAT32 : DType.INT32;
    double[] values = new double[(int) Arrays.stream(sizes).reduce(1, (a, b) -> a * b)];
    Arrays.setAll(
        values, i -> floating ? 0.3 + 0.6 * (i * 7 % values.length) / values.length : i % 5 + 1);
    return Cells.tensor(dtype, sizes, values).to(GPU).requiresGrad_(floating && differentiable);
  }
}
