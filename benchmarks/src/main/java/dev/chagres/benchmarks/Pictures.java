package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Name;
import dev.chagres.plot.Plot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleBiFunction;

/** Draws what depends on a size, one picture for each of some workloads. */
final class Pictures {

  private static final List<String> DRAWN =
      List.of(
          "add",
          "exp",
          "tanh",
          "sum",
          "matmul",
          "step: MLP, batch",
          "step: MLP, width",
          "step: MLP, depth",
          "step: CNN, batch");

  private final Path folder;

  Pictures(Path folder) {
    this.folder = folder;
  }

  void draw(List<Measured> measured, List<String> sides, Report report) throws IOException {
    Files.createDirectories(folder);
    for (String recipe : DRAWN) {
      var points = measured.stream().filter(row -> isOf(row, recipe)).toList();
      if (points.size() > 1) {
        String file = recipe.replaceAll("[^a-zA-Z]+", "-") + ".png";
        picture(recipe, points, sides).save(folder.resolve(file));
        report.addPicture(folder.getFileName() + "/" + file);
      }
    }
  }

  private static boolean isOf(Measured measured, String recipe) {
    var name = Name.of(measured.row().name());
    return name.recipe().equals(recipe) && name.sizes().length == 1;
  }

  private static Plot picture(String recipe, List<Measured> points, List<String> sides) {
    boolean isProduct = points.getFirst().row().operations() > 0;
    var plot =
        new Plot(recipe).xLabel("log10 of the size").yLabel(isProduct ? "GFLOP/s" : "µs").logY();
    ToDoubleBiFunction<Measured, String> y =
        isProduct
            ? (row, side) -> row.row().operations() / row.nanos().get(side)
            : (row, side) -> row.nanos().get(side) / 1e3;
    for (String side : sides) {
      var own = points.stream().filter(row -> row.nanos().containsKey(side)).toList();
      if (!own.isEmpty()) {
        plot.line(
            side,
            own.stream().mapToDouble(Pictures::x).toArray(),
            own.stream().mapToDouble(row -> y.applyAsDouble(row, side)).toArray());
      }
    }
    return plot;
  }

  private static double x(Measured measured) {
    return Math.log10(Name.of(measured.row().name()).sizes()[0]);
  }
}
