package dev.chagres.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.Linear;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Programs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@OnEveryDevice
class SafetensorsTest {
  @TempDir private Path folder;

  private static Map<String, Tensor> samples() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (DType dtype : DType.values()) {
      tensors.put("plain " + dtype, Tensor.arange(6).reshape(2, 3).to(dtype));
      tensors.put("scalar " + dtype, Tensor.scalar(1).to(dtype));
      tensors.put("empty " + dtype, Tensor.zeros(dtype, 0, 3));
    }
    tensors.put("transposed", Tensor.arange(6).reshape(2, 3).t());
    tensors.put("expanded", Tensor.scalar(2.5).expand(2, 2));
    tensors.put("quote \" slash \\ ö 漢", Tensor.of(Double.NaN, Double.NEGATIVE_INFINITY, -0.0));
    tensors.put("", Tensor.scalar(3L));
    return tensors;
  }

  private static void assertSameTensors(Map<String, Tensor> expected, Map<String, Tensor> actual) {
    assertEquals(expected.keySet(), actual.keySet());
    expected.forEach(
        (name, tensor) -> {
          Tensor other = actual.get(name);
          assertEquals(tensor.dtype(), other.dtype(), name);
          assertEquals(tensor.shape(), other.shape(), name);
          assertTrue(Arrays.equals(tensor.toDoubleArray(), other.toDoubleArray()), name);
        });
  }

  @Test
  void everythingComesBack() throws IOException {
    Path file = folder.resolve("all.safetensors");
    Safetensors.save(samples(), file, Map.of("format", "pt", "note", "a \"b\"\n"));
    assertSameTensors(samples(), Safetensors.load(file));
    assertSameTensors(samples(), Safetensors.map(file));
    assertEquals(Map.of("format", "pt", "note", "a \"b\"\n"), Safetensors.metadata(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList(), "nothing else is left");
    }
    Safetensors.save(Map.of("one", Tensor.ones(1)), file);
    assertEquals(1, Safetensors.load(file).size());
    assertEquals(Map.of(), Safetensors.metadata(file));
    Safetensors.save(Map.of(), file);
    assertEquals(Map.of(), Safetensors.load(file));
    assertEquals(Map.of(), Safetensors.map(file));
  }

  @Test
  void filesOfPyTorchAreRead() throws IOException {
    Map<String, Tensor> tensors =
        Safetensors.load(Path.of("src/test/resources/golden/nn.safetensors"));
    assertEquals(Shape.of(5, 3), tensors.get("linear/bias/in1").shape());
    assertEquals(DType.FLOAT64, tensors.get("linear/f64/in1").dtype());
    assertSameTensors(
        tensors, Safetensors.map(Path.of("src/test/resources/golden/nn.safetensors")));
  }

  @Test
  void aModelIsSavedAndLoaded() throws IOException {
    Path file = folder.resolve("model.safetensors");
    var model = new Sequential(new Linear(3, 5), new Linear(5, 1));
    var other = new Sequential(new Linear(3, 5), new Linear(5, 1));
    Safetensors.save(model.stateDict(), file);
    other.loadStateDict(Safetensors.load(file));
    Tensor x = Tensor.ones(2, 3);
    assertTrue(model.call(x).equal(other.call(x)));
  }

  @Test
  void aModelIsSavedBetweenForwardAndBackward() throws IOException {
    var model = new Sequential(new Linear(3, 4), new ReLU(), new Linear(4, 1));
    Tensor loss = model.call(Tensor.ones(2, 3)).sum();
    Safetensors.save(model.stateDict(), folder.resolve("model.safetensors"));
    loss.backward();
    model.parameters().forEach(parameter -> assertNotNull(parameter.grad()));
  }

  @OnCpu("files are read to the CPU")
  @Test
  void aMappedTensorIsAPrivateCopy() throws IOException {
    Path file = folder.resolve("x.safetensors");
    Safetensors.save(Map.of("x", Tensor.of(1.0, 2.0)), file);
    byte[] before = Files.readAllBytes(file);
    Tensor x = Safetensors.map(file).get("x");
    x.add_(1);
    assertTrue(x.equal(Tensor.of(2.0, 3.0)));
    assertTrue(Arrays.equals(before, Files.readAllBytes(file)));
    assertTrue(Safetensors.load(file).get("x").equal(Tensor.of(1.0, 2.0)));
  }

  @OnCpu("files are read to the CPU")
  @Test
  void tensorsThatAreNotAlignedAreMappedToo() throws IOException {
    byte[] data = new byte[9];
    ByteBuffer.wrap(data)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(0, (byte) 7)
        .putFloat(1, 1.5f)
        .putFloat(5, 2.5f);
    Path file =
        write(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}",
            data);
    assertTrue(Safetensors.map(file).get("b").equal(Tensor.of(1.5, 2.5)));
    assertTrue(Safetensors.load(file).get("b").equal(Tensor.of(1.5, 2.5)));
  }

  @Test
  void foldersAreNamedInErrors() {
    Path nowhere = folder.resolve("none/x.safetensors");
    var missing =
        assertThrows(
            IOException.class, () -> Safetensors.save(Map.of("x", Tensor.ones(2)), nowhere));
    assertEquals(nowhere + ": there is no folder " + nowhere.getParent(), missing.getMessage());
    var whole = assertThrows(IOException.class, () -> Safetensors.load(folder));
    assertEquals(folder + " is a folder, not a file of tensors", whole.getMessage());
  }

  @Test
  void anArchiveOfTorchIsNamed() throws IOException {
    Path file =
        Files.write(folder.resolve("m.pt"), "PK\3\4\0\0\b\b".getBytes(StandardCharsets.UTF_8));
    var error = assertThrows(FormatException.class, () -> Safetensors.load(file));
    assertTrue(error.getMessage().contains("a zip archive; what torch.save writes"));
  }

  @Test
  void aFailedSaveLeavesTheOldFile() throws IOException {
    Path file = folder.resolve("x.safetensors");
    Safetensors.save(Map.of("x", Tensor.ones(1)), file);
    byte[] before = Files.readAllBytes(file);
    assertThrows(
        IllegalArgumentException.class,
        () -> Safetensors.save(Map.of("__metadata__", Tensor.ones(1)), file));
    assertTrue(Arrays.equals(before, Files.readAllBytes(file)));
    assertThrows(
        IOException.class,
        () -> Safetensors.save(Map.of("x", Tensor.ones(1)), folder.resolve("no/x.safetensors")));
    assertThrows(NoSuchFileException.class, () -> Safetensors.load(folder.resolve("absent")));
    assertFalse(Files.exists(folder.resolve("no")));
  }

  /** A file that runs something when it is written to, and then takes everything. */
  private static final class Interrupted implements WritableByteChannel {
    private final Executable meanwhile;

    Interrupted(Executable meanwhile) {
      this.meanwhile = meanwhile;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      try {
        meanwhile.execute();
      } catch (Throwable e) {
        throw new IOException(e);
      }
      int length = source.remaining();
      source.position(source.limit());
      return length;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  @Test
  void aTensorThatIsFreedWhileItIsWrittenIsNotSaved() {
    Tensor x = Tensor.ones(3, 2);
    var file = new Interrupted(() -> x.storage().free());
    var e = assertThrows(IllegalStateException.class, () -> Elements.write(file, x));
    assertTrue(e.getMessage().startsWith("use after close: this storage of 24 bytes"));
  }

  @Test
  void aFailedWriteFreesWhatItCopied() {
    Tensor x = Tensor.ones(3, 2).t();
    var file =
        new Interrupted(
            () -> {
              throw new IOException("the disk is full");
            });
    long before = Chagres.memoryStats().freedExplicitly();
    assertThrows(IOException.class, () -> Elements.write(file, x));
    assertEquals(before + 1, Chagres.memoryStats().freedExplicitly());
  }

  // ---- files that are wrong

  private static final String GOOD =
      "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

  private Path write(String header, byte[] data) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return write(text, text.length, data);
  }

  private Path write(byte[] header, long length, byte[] data) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    Path file = Files.createTempFile(folder, "wrong", ".safetensors");
    return Files.write(file, bytes.putLong(length).put(header).put(data).array());
  }

  /** A header of a file with 8 bytes of data, and a part of what must be said about it. */
  private static final Map<String, String> WRONG =
      Map.ofEntries(
          Map.entry("{" + GOOD + "," + GOOD + "}", "twice"),
          Map.entry(
              "{" + GOOD + ",\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
              "inside another"),
          Map.entry(
              "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}", "begins at 4"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
              "the tensors end at 4, the data at 8"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
              "behind the data's end"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
              "does not have 8 bytes"),
          Map.entry("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "no range"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", "no range"),
          Map.entry("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "no range"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F31\",\"shape\":[2],\"data_offsets\":[0,8]}}", "dtype F31"),
          Map.entry("{\"a\":{\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]}}", "not a text"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
              "\"dtype\" twice"),
          Map.entry("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", "lacks"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1}}",
              "unknown key"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", "the number -2"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
              "the number 2.0"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[\"2\"],\"data_offsets\":[0,8]}}",
              "a number that is none"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}",
              "the number 99999999999999999999, which is too large"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[9999999999999999999],\"data_offsets\":[0,8]}}",
              "the number 9999999999999999999, which is too large"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,,]}}",
              "not the JSON that the format asks for, at $.a.shape["),
          Map.entry(
              "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}",
              "too many elements"),
          Map.entry(
              "{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693953],\"data_offsets\":[0,8]}}",
              "too many elements"),
          Map.entry("{\"__metadata__\":{\"a\":1}," + GOOD + "}", "not a text"),
          Map.entry("{\"__metadata__\":{\"a\":\"1\",\"a\":\"1\"}," + GOOD + "}", "twice"),
          Map.entry("{\"__metadata__\":{},\"__metadata__\":{}," + GOOD + "}", "twice"),
          Map.entry("{" + GOOD, "not the JSON that the format asks for, at $"),
          Map.entry("{" + GOOD + "}}", "header"),
          Map.entry("{" + GOOD + "} {}", "header"),
          Map.entry("{" + GOOD + ",}", "not the JSON that the format asks for, at $"),
          Map.entry("{'a':1}", "not the JSON that the format asks for, at $"),
          Map.entry("{\"a\":null}", "not the JSON that the format asks for, at $"),
          Map.entry("[1, 2]", "does not begin with {"),
          Map.entry(" {" + GOOD + "}", "does not begin with {"));

  @TestFactory
  Stream<DynamicTest> wrongHeadersAreRefused() {
    return WRONG.entrySet().stream()
        .map(
            wrong ->
                dynamicTest(
                    wrong.getKey(),
                    () -> {
                      Path file = write(wrong.getKey(), new byte[8]);
                      for (var reader :
                          List.<Reader>of(
                              Safetensors::load, Safetensors::map, Safetensors::metadata)) {
                        var error = assertThrows(FormatException.class, () -> reader.read(file));
                        assertTrue(
                            error.getMessage().contains(wrong.getValue()), error.getMessage());
                        assertTrue(
                            error.getMessage().contains(file.toString()), error.getMessage());
                        assertEquals(1, error.getMessage().lines().count(), error.getMessage());
                      }
                    }));
  }

  private interface Reader {
    Object read(Path file) throws IOException;
  }

  @Test
  void theGoodHeaderIsGood() throws IOException {
    assertEquals(
        Shape.of(2), Safetensors.load(write("{" + GOOD + "}   ", new byte[8])).get("a").shape());
  }

  @Test
  void lengthsThatDoNotFitAreRefused() throws IOException {
    byte[] header = ("{" + GOOD + "}").getBytes(StandardCharsets.UTF_8);
    for (long length : new long[] {-1, 0, 1, header.length + 9, Long.MAX_VALUE, Long.MIN_VALUE}) {
      Path file = write(header, length, new byte[8]);
      assertThrows(FormatException.class, () -> Safetensors.load(file), Long.toString(length));
    }
    for (int bytes : new int[] {0, 7, 8}) {
      Path file = Files.write(folder.resolve("short"), new byte[bytes]);
      assertThrows(FormatException.class, () -> Safetensors.load(file));
    }
    Path notText = write(new byte[] {'{', (byte) 0xff, '}'}, 3, new byte[0]);
    assertThrows(FormatException.class, () -> Safetensors.load(notText));
  }

  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    Path whole = folder.resolve("whole");
    Safetensors.save(Map.of("a", Tensor.arange(3), "b", Tensor.of(1.0, 2.0)), whole);
    byte[] bytes = Files.readAllBytes(whole);
    for (int length = 0; length < bytes.length; length++) {
      Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, length));
      assertThrows(FormatException.class, () -> Safetensors.load(cut), "cut to " + length);
    }
  }

  /** A process whose class path has everything but Gson. */
  @OnCpu("it is about the class path")
  @Test
  void withoutGsonTheArtifactIsNamed() throws Exception {
    Path whole = folder.resolve("whole");
    Safetensors.save(Map.of("a", Tensor.arange(3)), whole);
    Path script = folder.resolve("Load.java");
    Files.writeString(
        script,
        """
        import dev.chagres.io.Safetensors;
        import dev.chagres.tensor.Tensor;

        void main(String[] files) throws Exception {
          try {
            Safetensors.load(Path.of(files[0]));
          } catch (IllegalStateException e) {
            IO.println(e.getMessage());
          }
          try {
            Safetensors.save(Map.of("a", Tensor.ones(2)), Path.of(files[0]));
          } catch (IllegalStateException e) {
            IO.println(e.getMessage());
          }
        }
        """);
    List<String> lines =
        Programs.run(
            "java",
            "--class-path",
            Programs.pathWithout("gson"),
            "--enable-native-access=ALL-UNNAMED",
            script.toString(),
            whole.toString());
    assertEquals(
        2,
        lines.stream().filter(line -> line.contains("com.google.code.gson:gson")).count(),
        lines::toString);
  }
}
