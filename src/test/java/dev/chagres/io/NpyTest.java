package dev.chagres.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

@OnEveryDevice
class NpyTest {
  @TempDir private Path folder;

  @Test
  void everyDtypeAndShapeComesBack() throws IOException {
    for (DType dtype : DType.values()) {
      if (dtype == DType.BFLOAT16) {
        continue;
      }
      for (Tensor x :
          List.of(
              Tensor.arange(6).reshape(2, 3).to(dtype),
              Tensor.arange(24).reshape(2, 3, 4).to(dtype).permute(2, 0, 1),
              Tensor.scalar(1).to(dtype),
              Tensor.scalar(1L).to(dtype),
              Tensor.zeros(dtype, 2, 0))) {
        Path file = folder.resolve("x.npy");
        Npy.save(x, file);
        Tensor y = Npy.load(file);
        assertEquals(x.dtype(), y.dtype());
        assertEquals(x.shape(), y.shape());
        assertArrayEquals(x.toDoubleArray(), y.toDoubleArray());
      }
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> Npy.save(Tensor.zeros(DType.BFLOAT16, 2), folder.resolve("b.npy")));
  }

  @Test
  void savingIsNoWrite() throws IOException {
    Tensor w = Tensor.of(1.0, 2.0).requiresGrad_();
    Tensor loss = w.square().sum();
    Npy.save(w, folder.resolve("w.npy"));
    loss.backward();
    assertArrayEquals(new float[] {2, 4}, w.grad().toFloatArray());
  }

  /** The bytes of {@code numpy.save(file, numpy.array([1, 2], dtype='<i2'))}. */
  @Test
  void theBytesAreNumpys() throws IOException {
    Path file = folder.resolve("x.npy");
    Npy.save(Tensor.of(1, 2L).to(DType.INT16), file);
    String header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }";
    byte[] expected = new byte[132];
    ByteBuffer buffer = ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN);
    buffer
        .put((byte) 0x93)
        .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
        .put((byte) 1)
        .put((byte) 0);
    buffer.putShort((short) 118).put(header.getBytes(StandardCharsets.US_ASCII));
    Arrays.fill(expected, buffer.position(), 127, (byte) ' ');
    expected[127] = '\n';
    expected[128] = 1;
    expected[130] = 2;
    assertArrayEquals(expected, Files.readAllBytes(file));
  }

  private Path write(int version, String header, byte... data) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer buffer =
        ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer
        .put((byte) 0x93)
        .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
        .put((byte) version)
        .put((byte) 0);
    if (version == 1) {
      buffer.putShort((short) text.length);
    } else {
      buffer.putInt(text.length);
    }
    buffer.put(text).put(data);
    return Files.write(
        folder.resolve("made.npy"), Arrays.copyOf(buffer.array(), buffer.position()));
  }

  @OnCpu("files are read to the CPU")
  @Test
  void columnMajorFilesAreRead() throws IOException {
    Tensor x =
        Npy.load(
            write(
                1,
                "{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3), }\n",
                new byte[] {1, 2, 3, 4, 5, 6}));
    assertTrue(x.isContiguous());
    assertTrue(x.equal(Tensor.of(new long[][] {{1, 3, 5}, {2, 4, 6}}).to(DType.INT8)));
  }

  @Test
  void bothByteOrdersAndAllVersionsAreRead() throws IOException {
    for (int version : new int[] {1, 2, 3}) {
      Tensor x =
          Npy.load(
              write(
                  version,
                  "{\"descr\": \">i4\", 'shape': (1L,), 'fortran_order': False}",
                  new byte[] {0, 0, 1, 2}));
      assertEquals(258, x.itemLong());
      assertEquals(Shape.of(1), x.shape());
    }
    assertEquals(
        1.5,
        Npy.load(
                write(
                    1,
                    "{'descr':'>f8','fortran_order':False,'shape':()}",
                    new byte[] {0x3f, (byte) 0xf8, 0, 0, 0, 0, 0, 0}))
            .item());
    assertEquals(
        258,
        Npy.load(
                write(
                    1,
                    "{'descr':'>u2','fortran_order':False,'shape':()}".replace('u', 'i'),
                    new byte[] {1, 2}))
            .itemLong());
  }

  @Test
  void whatIsNoFileIsNamed() {
    var absent = folder.resolve("absent.npy");
    var e = assertThrows(NoSuchFileException.class, () -> Npy.load(absent));
    assertEquals(absent + ": there is no such file", e.getMessage());
    var relative = Path.of("absent.npy");
    e = assertThrows(NoSuchFileException.class, () -> Npy.load(relative));
    assertEquals(
        "absent.npy: there is no such file in " + Path.of("").toAbsolutePath(), e.getMessage());
    var of = assertThrows(IOException.class, () -> Npy.load(folder));
    assertEquals(folder + " is a folder, not a file of tensors", of.getMessage());
    of = assertThrows(IOException.class, () -> Npz.load(folder));
    assertEquals(folder + " is a folder, not a file of tensors", of.getMessage());
    of = assertThrows(IOException.class, () -> Safetensors.map(folder));
    assertEquals(folder + " is a folder, not a file of tensors", of.getMessage());
  }

  private static final Map<String, String> WRONG =
      Map.ofEntries(
          Map.entry("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", "'|O' (objects);"),
          Map.entry("{'descr': '<U4', 'fortran_order': False, 'shape': (2,), }", "'<U4' (text);"),
          Map.entry(
              "{'descr': '<f16', 'fortran_order': False, 'shape': (2,), }", "'<f16' (float128);"),
          Map.entry(
              "{'descr': '<c8', 'fortran_order': False, 'shape': (2,), }",
              "'<c8' (complex64); those of bool, uint8, int8, int16, int32, int64, float16, float32"
                  + " and float64 are read"),
          Map.entry("{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }", "(uint16);"),
          Map.entry("{'descr': '<M8[D]', 'fortran_order': False, 'shape': (2,), }", "(dates"),
          Map.entry("{'descr': '', 'fortran_order': False, 'shape': (2,), }", "of type '';"),
          Map.entry("{'descr': 'x', 'fortran_order': False, 'shape': (2,), }", "of type 'x';"),
          Map.entry("{'descr': '|i2', 'fortran_order': False, 'shape': (2,), }", "no byte order"),
          Map.entry(
              "{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (2,), }",
              "records of several fields"),
          Map.entry("{'descr': 2, 'fortran_order': False, 'shape': (2,), }", "a text is missing"),
          Map.entry("{'descr': '<i2', 'fortran_order': 0, 'shape': (2,), }", "True or False"),
          Map.entry(
              "{'descr': '<i2', 'fortran_order': False, 'shape': (2), }", "a number, not a shape"),
          Map.entry(
              "{'descr': '<i2', 'fortran_order': False, 'shape': (-2,), }", "a size is missing"),
          Map.entry("{'descr': '<i2', 'fortran_order': False, 'shape': (2 3), }", "',' is missing"),
          Map.entry(
              "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }",
              "does not have the 4 bytes"),
          Map.entry(
              "{'descr': '<i2', 'fortran_order': False, 'shape': (999999999999999999, 99), }",
              "too many elements"),
          Map.entry(
              "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), 'more': 'x'}", "'more'"),
          Map.entry(
              "{'descr': '<i2', 'descr': '<i2', 'fortran_order': False, 'shape': (2,)}", "twice"),
          Map.entry("{'descr': '<i2', 'fortran_order': False}", "missing"),
          Map.entry("{'descr': '<i2', 'fortran_order': False, 'shape': (2,)} 1", "follows"),
          Map.entry("{'descr': '<i2', 'fortran_order': False, 'shape': (2,)", "is missing"),
          Map.entry("__import__('os')", "'{' is missing"));

  @TestFactory
  Stream<DynamicTest> wrongHeadersAreRefused() {
    return WRONG.entrySet().stream()
        .map(
            wrong ->
                dynamicTest(
                    wrong.getKey(),
                    () -> {
                      Path file = write(1, wrong.getKey(), new byte[4]);
                      var error = assertThrows(FormatException.class, () -> Npy.load(file));
                      assertTrue(error.getMessage().contains(wrong.getValue()), error.getMessage());
                    }));
  }

  @Test
  void filesThatAreCutOrForeignAreRefused() throws IOException {
    Path file = folder.resolve("x.npy");
    Npy.save(Tensor.arange(3), file);
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThrows(FormatException.class, () -> Npy.load(file), "cut to " + length);
    }
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
    assertThrows(FormatException.class, () -> Npy.load(file));
    bytes[6] = 4;
    Files.write(file, bytes);
    assertThrows(FormatException.class, () -> Npy.load(file));
    bytes[0] = 'P';
    Files.write(file, bytes);
    assertThrows(FormatException.class, () -> Npy.load(file));
    assertBegins("the bytes 50 4b 03 04 14 00 of a zip archive", "PK\3\4\24\0\0\0");
    assertBegins("the bytes 31 2e 35 2c 32 0a,", "1.5,2\n3.5");
    assertBegins("the bytes 7b 22 61 22 3a 20, '{\"a\": ',", "{\"a\": 1}");
  }

  private void assertBegins(String words, String content) throws IOException {
    Path file = folder.resolve("foreign.npy");
    Files.writeString(file, content, StandardCharsets.ISO_8859_1);
    var error = assertThrows(FormatException.class, () -> Npy.load(file));
    assertTrue(error.getMessage().contains("it begins with " + words), error.getMessage());
    assertTrue(error.getMessage().endsWith(", not with 0x93 NUMPY"), error.getMessage());
  }
}
