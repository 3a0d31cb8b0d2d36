package dev.chagres.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Programs;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlotTest {
  @TempDir private Path folder;

  private static Plot plot() {
    return new Plot("Title").scatter("points", Tensor.of(1.0, 2.0, 3.0), Tensor.of(1.0, 4.0, 9.0));
  }

  /** Counts the pixels of about a colour. */
  private static int pixels(BufferedImage image, int rgb) {
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 0xffffff) == rgb ? 1 : 0;
      }
    }
    return count;
  }

  private BufferedImage saved(Plot... plots) throws IOException {
    Path file = Plot.saveRow(folder.resolve("deep/er/x.png"), plots);
    return ImageIO.read(file.toFile());
  }

  @Test
  void seriesAreDrawnInTheirColours() throws IOException {
    BufferedImage points = saved(plot());
    assertEquals(800, points.getWidth());
    assertEquals(600, points.getHeight());
    assertTrue(pixels(points, 0x0072B2) > 50);
    assertEquals(0, pixels(points, 0xD55E00));
    BufferedImage both = saved(plot().line("line", new double[] {1, 3}, new double[] {1, 9}));
    assertTrue(pixels(both, 0xD55E00) > 300);
  }

  @Test
  void labelsAndTextsAreDrawn() throws IOException {
    Plot bare = new Plot().line("a", 1, 2, 3);
    Plot labelled =
        new Plot().line("a", List.of(1, 2, 3)).xLabel("epoch").yLabel("loss").text(2, 2, "here");
    assertTrue(ink(saved(labelled)) > ink(saved(bare)) + 100);
  }

  private static int ink(BufferedImage image) {
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 0xff) < 0x80 ? 1 : 0;
      }
    }
    return count;
  }

  @Test
  void plotsStandSideBySide() throws IOException {
    BufferedImage image = saved(plot(), new Plot("Loss").line("loss", 1, 0.1, 0.01).logY());
    assertEquals(1600, image.getWidth());
    assertTrue(pixels(image.getSubimage(0, 0, 800, 600), 0x0072B2) > 50);
    assertTrue(pixels(image.getSubimage(800, 0, 800, 600), 0x0072B2) > 300);
  }

  /** Halfway between 1 and 10000 lies 100 on a logarithmic axis, and 5000 on a linear one. */
  @Test
  void axesAreLogarithmicWhereAsked() throws IOException {
    Plot linear = new Plot().line("a", new double[] {1, 100, 1e4}, new double[] {1, 100, 1});
    Plot logarithmic =
        new Plot().line("a", new double[] {1, 100, 1e4}, new double[] {1, 100, 1}).logX().logY();
    assertTrue(summit(saved(linear)) < 100);
    assertEquals(430, summit(saved(logarithmic)), 40);
  }

  /** Returns the column of the line's highest point. */
  private static int summit(BufferedImage image) {
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        if ((image.getRGB(x, y) & 0xffffff) == 0x0072B2) {
          return x;
        }
      }
    }
    return -1;
  }

  @Test
  void whatCannotBeDrawnIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> plot().scatter("points", new double[1], new double[1]));
    assertThrows(
        IllegalArgumentException.class, () -> plot().line("x", new double[2], new double[1]));
    assertThrows(IllegalArgumentException.class, () -> plot().line("x", new double[0]));
    assertThrows(
        IllegalArgumentException.class, () -> new Plot("empty").save(folder.resolve("x.png")));
    assertThrows(IllegalArgumentException.class, () -> Plot.saveRow(folder.resolve("x.png")));
    assertThrows(IllegalArgumentException.class, () -> plot().save(folder.resolve("x.pdf")));
  }

  /** A process whose module path has everything but XChart: plots can be described, not drawn. */
  @Test
  void withoutXChartTheArtifactIsNamed() throws Exception {
    Path script = folder.resolve("Draw.java");
    Files.writeString(
        script,
        """
        import module dev.chagres;

        void main() throws Exception {
          try {
            new Plot().line("a", 1, 2).save(Path.of("x.png"));
          } catch (IllegalStateException e) {
            IO.println(e.getMessage());
          }
        }
        """);
    List<String> lines =
        Programs.run(
            "java",
            "--module-path",
            Programs.pathWithout("xchart"),
            "--add-modules=dev.chagres",
            "--enable-native-access=dev.chagres",
            script.toString());
    assertTrue(
        lines.stream().anyMatch(line -> line.contains("org.knowm.xchart:xchart")), lines::toString);
  }
}
