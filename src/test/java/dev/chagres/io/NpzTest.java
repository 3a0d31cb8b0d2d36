package dev.chagres.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@OnEveryDevice
class NpzTest {
  @TempDir private Path folder;

  private static Map<String, Tensor> some() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put("weight", Tensor.arange(24).reshape(2, 3, 4).toFloat().permute(2, 0, 1));
    tensors.put("a/b", Tensor.scalar(2.5, DType.FLOAT64));
    tensors.put("none", Tensor.zeros(DType.UINT8, 2, 0));
    tensors.put("long", Tensor.zeros(DType.INT16, 300, 500).add(7));
    return tensors;
  }

  @Test
  void whatIsSavedComesBackInItsOrder() throws IOException {
    Map<String, Tensor> tensors = some();
    Path plain = folder.resolve("x.npz");
    Path packed = folder.resolve("y.npz");
    Npz.save(tensors, plain);
    Npz.saveCompressed(tensors, packed);
    assertTrue(Files.size(packed) < 5000, "zeros and sevens are packed");
    assertTrue(Files.size(plain) > 300_000);
    for (Path file : List.of(plain, packed)) {
      Map<String, Tensor> loaded = Npz.load(file);
      assertEquals(List.copyOf(tensors.keySet()), List.copyOf(loaded.keySet()));
      tensors.forEach(
          (name, x) -> {
            assertEquals(x.dtype(), loaded.get(name).dtype());
            assertEquals(x.shape(), loaded.get(name).shape());
            assertArrayEquals(x.toDoubleArray(), loaded.get(name).toDoubleArray());
          });
      assertEquals(2.5, Npz.load(file, "a/b").item());
    }
    Npz.save(Map.of(), plain);
    assertTrue(Npz.load(plain).isEmpty());
  }

  @Test
  void equalTensorsMakeEqualFiles() throws IOException {
    Path file = folder.resolve("x.npz");
    Npz.save(some(), file);
    byte[] first = Files.readAllBytes(file);
    Npz.save(some(), file);
    assertArrayEquals(first, Files.readAllBytes(file));
  }

  /**
   * What {@code numpy.savez_compressed(f, x=numpy.array([[1, 2], [3, 4]], '<i4'),
   * y=numpy.float32(2))} wrote, numpy 2.4.
   */
  private static final String OF_NUMPY =
      "UEsDBC0AAAAIAAAAIQB7yGF8//////////8FABQAeC5ucHkBABAAkAAAAAAAAABSAAAAAAAAAJvsF+obEMnI"
          + "UMZQrZ6SWpxcpG6loG6TaaKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CkaaOgq1CmQDLkYG"
          + "BgYmIGYGYhYgBgBQSwMELQAAAAgAAAAhAMaoplb//////////wUAFAB5Lm5weQEAEACEAAAAAAAAAEYAAAAA"
          + "AAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkamjoK"
          + "tQoUAS4GBgYHAFBLAQItAy0AAAAIAAAAIQB7yGF8UgAAAJAAAAAFAAAAAAAAAAAAAACAAQAAAAB4Lm5weVBL"
          + "AQItAy0AAAAIAAAAIQDGqKZWRgAAAIQAAAAFAAAAAAAAAAAAAACAAYkAAAB5Lm5weVBLBQYAAAAAAgACAGYA"
          + "AAAGAQAAAAA=";

  @Test
  void numpysArchivesAreRead() throws IOException {
    Path file = Files.write(folder.resolve("n.npz"), Base64.getDecoder().decode(OF_NUMPY));
    Map<String, Tensor> loaded = Npz.load(file);
    assertEquals(List.of("x", "y"), List.copyOf(loaded.keySet()));
    assertEquals(List.of(List.of(1L, 2L), List.of(3L, 4L)), loaded.get("x").tolist());
    assertEquals(Shape.of(), loaded.get("y").shape());
    assertEquals(2, loaded.get("y").item());
  }

  @Test
  void whatCannotBeSavedLeavesTheFile() throws IOException {
    Path file = folder.resolve("x.npz");
    Npz.save(Map.of("x", Tensor.ones(1)), file);
    byte[] before = Files.readAllBytes(file);
    Map<String, Tensor> half = Map.of("h", Tensor.zeros(DType.BFLOAT16, 2));
    assertThrows(IllegalArgumentException.class, () -> Npz.save(half, file));
    assertArrayEquals(before, Files.readAllBytes(file));
  }

  private Path archive(Map<String, byte[]> files) throws IOException {
    Path file = folder.resolve("made.npz");
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Map.Entry<String, byte[]> each : files.entrySet()) {
        zip.putNextEntry(new ZipEntry(each.getKey()));
        zip.write(each.getValue());
        zip.closeEntry();
      }
    }
    return file;
  }

  private static void assertRefused(Path file, String words) {
    var error = assertThrows(FormatException.class, () -> Npz.load(file));
    assertTrue(error.getMessage().contains(words), error.getMessage());
  }

  @Test
  void foreignAndDamagedArchivesAreRefused() throws IOException {
    Path npy = folder.resolve("x.npy");
    Npy.save(Tensor.arange(3), npy);
    byte[] good = Files.readAllBytes(npy);
    assertRefused(npy, "it is no whole zip archive");
    byte[] text =
        new String(good, StandardCharsets.ISO_8859_1)
            .replace("<i8", "<U6")
            .getBytes(StandardCharsets.ISO_8859_1);
    Path mixed = archive(Map.of("words.npy", text, "x.npy", good));
    assertRefused(
        mixed, "made.npz, words.npy: there is no dtype for elements of type '<U6' (text)");
    assertEquals(List.of(0L, 1L, 2L), Npz.load(mixed, "x").tolist());
    var none = assertThrows(NoSuchElementException.class, () -> Npz.load(mixed, "z"));
    assertTrue(none.getMessage().contains("there is no 'z.npy' among ["), none.getMessage());
    assertTrue(none.getMessage().contains("x.npy"), none.getMessage());
    assertRefused(archive(Map.of("x.npy", Arrays.copyOf(good, 140))), "does not have the 12 bytes");
    assertRefused(archive(Map.of("x.npy", new byte[5])), "it ends inside the header");
    assertRefused(archive(Map.of("read.me", good)), "there is no array in 'read.me'");
    assertRefused(archive(Map.of("m/data.pkl", good)), "what torch.save writes is not read");
    assertThrows(NoSuchFileException.class, () -> Npz.load(folder.resolve("nowhere.npz")));
    assertThrows(IOException.class, () -> Npz.load(folder));
  }

  @Test
  void aChangedByteIsNoticed() throws IOException {
    Path file = folder.resolve("x.npz");
    Npz.save(Map.of("x", Tensor.ones(64)), file);
    byte[] bytes = Files.readAllBytes(file);
    int element = 30 + "x.npy".length() + 128 + 17; // behind the zip's and the array's headers
    bytes[element] ^= 1;
    Files.write(file, bytes);
    assertRefused(file, "its checksum is another");
    Npz.saveCompressed(Map.of("x", Tensor.rand(64)), file);
    byte[] packed = Files.readAllBytes(file);
    int refused = 0;
    for (int i = 30; i < packed.length; i++) {
      byte[] changed = packed.clone();
      changed[i] ^= (byte) 0xff;
      Files.write(file, changed);
      try {
        Npz.load(file); // a name or a date may have changed
      } catch (IOException e) {
        refused++;
      }
    }
    assertTrue(refused > packed.length / 2, refused + " of " + packed.length);
  }

  /** Declared sizes that no archive of this length can have must not be allocated. */
  @Test
  void aSizeThatIsNotThereIsNotBelieved() throws IOException {
    Path file = folder.resolve("x.npz");
    Npz.saveCompressed(Map.of("x", Tensor.zeros(10)), file);
    byte[] bytes = Files.readAllBytes(file);
    int central = bytes.length - 22 - 46 - "x.npy".length();
    while (bytes[central] != 'P') {
      central--;
    }
    Arrays.fill(bytes, central + 24, central + 27, (byte) 0xff); // the size in the directory
    Files.write(file, bytes);
    assertRefused(file, "bytes in");
  }
}
