package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import dev.chagres.autograd.Backward;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Driver;
import dev.chagres.core.Shape;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.linalg.Linalg;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Attention;
import dev.chagres.nn.BatchNorm2d;
import dev.chagres.nn.Functional;
import dev.chagres.nn.GRU;
import dev.chagres.nn.LSTM;
import dev.chagres.nn.Parameters;
import dev.chagres.optim.GradScaler;
import dev.chagres.optim.SGD;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Fused;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Replacement;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Launches every kernel on small operands, alone in a JVM, while the emulator records launches, and
 * names one record of each in {@code chosen.txt}: those the build replays with the compiler's
 * sanitizers. A kernel of {@code native/cuda}, or of generated source, that is not among them fails
 * here.
 */
@Tag("launches")
@ExtendWith(OnCuda.Condition.class)
class KernelLaunchesTest {
  private static final Device CUDA = Device.cuda(0);

  private static final Pattern KERNEL = Pattern.compile("__global__ void (\\w+)\\(");

  private static final Path SOURCES = Path.of("native/cuda");
  private static final Path GENERATED =
      Path.of("src/main/java/dev/chagres/backend/cuda/FormulaSource.java");

  @Test
  void everyKernelIsRecorded() throws IOException {
    Path folder = Path.of(System.getenv("CHAGRES_EMULATOR_RECORD"));
    for (Path earlier : Files.isDirectory(folder) ? files(folder) : List.<Path>of()) {
      Files.delete(earlier);
    }
    Chagres.manualSeed(1);
    for (Runnable family :
        List.<Runnable>of(
            this::elementwise,
            this::reductions,
            this::networks,
            this::indexing,
            this::order,
            this::selection,
            this::systems,
            this::spectra,
            this::randomNumbers)) {
      try (Scope _ = Scope.open()) {
        family.run();
      }
    }
    Cuda.synchronize();
    Map<String, Path> records = records(folder);
    Set<String> wanted = kernels();
    for (String kernel : List.of("attention", "attention_queries", "attention_keys")) {
      wanted.add(kernel + " of fragments");
    }
    assertEquals(wanted, records.keySet(), "the kernels that were launched");
    Files.write(
        folder.resolve("chosen.txt"),
        records.values().stream().map(file -> file.getFileName().toString()).toList());
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** The kernels that there are, by the sources. */
  private static Set<String> kernels() throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path file : Stream.concat(files(SOURCES).stream(), Stream.of(GENERATED)).toList()) {
      KERNEL.matcher(Files.readString(file)).results().map(at -> at.group(1)).forEach(names::add);
    }
    return names;
  }

  /** A record of each kernel, and one of each that tensor cores work for. */
  private static Map<String, Path> records(Path folder) throws IOException {
    Map<String, Path> found = new TreeMap<>();
    for (Path file : files(folder)) {
      String kernel = kernel(file);
      String name = kernel.split("<", 2)[0];
      found.putIfAbsent(name, file);
      if (kernel.contains("Fragments")) {
        found.putIfAbsent(name + " of fragments", file);
      }
    }
    return found;
  }

  /** A record begins with two texts, each behind its length: its module and the kernel. */
  private static String kernel(Path record) {
    try (InputStream in = Files.newInputStream(record);
        DataInputStream data = new DataInputStream(in)) {
      data.skipNBytes(Long.reverseBytes(data.readLong()));
      byte[] name = data.readNBytes((int) Long.reverseBytes(data.readLong()));
      return new String(name, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // ---- operands

  private static Tensor random(long... shape) {
    return Tensor.randn(CUDA, shape);
  }

  private static Tensor parameter(long... shape) {
    return random(shape).requiresGrad_(true);
  }

  private static Tensor positions(long... values) {
    return Tensor.of(values).to(CUDA);
  }

  // ---- launches

  private void elementwise() {
    Tensor x = random(33, 35);
    Tensor y = random(33, 35);
    Tensor column = random(33, 1);
    x.exp();
    x.at(":, ::2").exp();
    x.add(y);
    x.add(column);
    x.addcmul(y, y);
    x.addcmul(y, column);
    x.t().contiguous();
    x.tril();
    Tensor.arange(CUDA, 600);
    var fused = Fused.of((Tensor a, Tensor b) -> a.mul(b).tanh());
    fused.apply(x, y).neg();
    fused.apply(x, column).neg();
  }

  private void reductions() {
    Tensor x = parameter(5, 300);
    x.sum(0);
    x.softmax(1).sum().backward();
    x.softmax(0).sum().backward();
    Functional.crossEntropy(x, positions(1, 0, 299, 7, 8)).backward();
    Functional.layerNorm(x, Shape.of(300), parameter(300), parameter(300), 1e-5).sum().backward();
    x.detach().cumsum(1);
    x.detach().at(":, :9").cumsum(1);
    random(2, 9000).to(DType.UINT8).cummax(1);
  }

  private void networks() {
    Tensor q = parameter(1, 1, 70, 9);
    Tensor k = parameter(1, 1, 66, 9);
    Tensor v = parameter(1, 1, 66, 7);
    Functional.scaledDotProductAttention(q, k, v).sum().backward();
    Functional.scaledDotProductAttention(
            q.to(DType.BFLOAT16), k.to(DType.BFLOAT16), v.to(DType.BFLOAT16))
        .sum()
        .backward();
    var dropout = Attention.options().dropoutP(0.5);
    Tensor dropped = Functional.scaledDotProductAttention(q, k, v, dropout).sum();
    Autograd.grad(dropped, q, Backward.Option.CREATE_GRAPH).square().sum().backward();
    Tensor images = parameter(2, 3, 8, 9);
    Tensor weight = parameter(4, 3, 3, 3);
    new BatchNorm2d(3).to(CUDA).call(images).sum().backward();
    Tensor y = Functional.conv2d(images, weight);
    Functional.maxPool2d(y, 2).sum().backward();
    SGD optimizer = new SGD(List.of(weight), SGD.options().lr(0.1).momentum(0.9));
    GradScaler scaler = new GradScaler();
    scaler.scale(weight.sum()).backward();
    scaler.unscale_(optimizer);
    Parameters.clipGradNorm_(List.of(weight), 1);
    scaler.step(optimizer);
    new LSTM(3, 5).to(CUDA).call(parameter(2, 3, 3)).sum().backward();
    new GRU(3, 5).to(CUDA).call(parameter(2, 3, 3)).sum().backward();
    Tensor whole = random(40, 37).to(DType.INT32);
    whole.matmul(whole.t());
  }

  private void indexing() {
    Tensor x = random(20, 30);
    Tensor rows = positions(3, 3, 19, 0);
    x.indexSelect(0, rows);
    random(20, 0).indexSelect(0, rows);
    x.indexAdd(0, rows, random(4, 30));
    x.gather(0, rows.unsqueeze(1).expand(4, 30));
    // Threads that write to one place would race, as the operation says.
    Tensor different = positions(3, 1, 19, 0);
    x.scatter(0, different.unsqueeze(1).expand(4, 30), random(4, 30));
    x.index(Index.of(rows), Index.of(rows));
    rows.bincount();
    x.histc(10, -1, 1);
    x.gt(0).nonzero();
    rows.repeatInterleave(positions(1, 2, 0, 3));
  }

  private void order() {
    random(5, 20).sort(1);
    random(2, 300).sort(1);
    random(2, 300).median(1);
    random(3, 50).mode(1);
    random(9000).to(DType.INT8).sort(0);
    random(30, 2).round().unique(0);
    random(20).sort(0).values().searchsorted(random(7));
  }

  private void selection() {
    Tensor x = random(9000).to(DType.FLOAT16);
    x.topk(5, 0);
    x.nanmedian(0);
  }

  private void systems() {
    Tensor a = random(140, 140);
    Tensor b = random(20, 3);
    Linalg.luFactor(a);
    Tensor small = random(20, 20);
    Linalg.lu(small);
    Linalg.solve(small, b);
    Linalg.solveTriangular(small, b, Triangle.UPPER);
    Linalg.cholesky(a.matmul(a.t()).add(Tensor.eye(CUDA, 140)));
    var ldl = Linalg.ldlFactor(small.add(small.t()));
    Linalg.ldlSolve(ldl.ld(), ldl.pivots(), b);
    var reflections = Linalg.geqrf(small);
    Linalg.orgqr(reflections.a(), reflections.tau());
    Linalg.ormqr(reflections.a(), reflections.tau(), b);
  }

  private void spectra() {
    Tensor a = random(2, 12, 12);
    Linalg.eigh(a.add(a.transpose(1, 2)));
    Linalg.svd(a);
    Linalg.lstsq(a, random(2, 12, 3));
    // As of large matrices, of which each launch would be recorded.
    var algebra = new Factoring(CudaRuntime.device(CUDA), 2);
    Strided square = Twins.upload(Twins.of(DType.FLOAT32, Twins.Form.CONTIGUOUS, () -> 1, 1, 4, 4));
    Strided vectors = Twins.upload(Twins.empty(DType.FLOAT32, 1, 4, 4));
    Strided values = Twins.upload(Twins.empty(DType.FLOAT32, 1, 4));
    Strided info = Twins.upload(Twins.empty(DType.INT32, 1));
    algebra.svd(Vectors.THIN, square, vectors, values, vectors, info);
    algebra.eigh(Vectors.THIN, Triangle.LOWER, square, values, info);
    Strided pivots = Twins.upload(Twins.of(DType.INT32, Twins.Form.CONTIGUOUS, () -> 2, 1, 4));
    algebra.luSolve(Transposed.NO, square, pivots, vectors);
    algebra.qr(square, values);
    algebra.orthogonal(square, values);
    Strided high = ones(1, 2, 6);
    algebra.svd(Vectors.THIN, high, ones(1, 2, 6), values, ones(1, 2, 2), info);
    Strided rank = Twins.upload(Twins.empty(DType.INT32, 1));
    for (Driver driver : List.of(Driver.GELS, Driver.GELSD)) {
      algebra.leastSquares(driver, 0, high, ones(1, 1, 6), rank, ones(1, 2), info);
    }
    Strided exchanges = Twins.upload(Twins.empty(DType.INT32, 1, 10));
    algebra.ldl(ones(1, 10, 10), exchanges, info);
    algebra.ldlSolve(ones(1, 10, 10), exchanges, ones(1, 3, 10));
  }

  private static Strided ones(long... sizes) {
    return Twins.upload(Twins.of(DType.FLOAT32, Twins.Form.CONTIGUOUS, () -> 1, sizes));
  }

  private void randomNumbers() {
    Tensor p = random(300).sigmoid();
    p.mul(1).uniform_(0, 1);
    p.bernoulli();
    p.poisson();
    p.mul(10).round().binomial(p);
    p.multinomial(5, Replacement.WITH_REPLACEMENT);
  }
}
