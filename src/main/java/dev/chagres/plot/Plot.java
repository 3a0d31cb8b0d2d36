package dev.chagres.plot;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Lines and points in one pair of axes, saved as a PNG picture without a screen:
 *
 * <pre>{@code
 * new Plot("Fit").scatter("data", x, y).line("model", x, model.call(x)).save(Path.of("fit.png"));
 * }</pre>
 *
 * <p>Drawing needs XChart (Maven artifact {@code org.knowm.xchart:xchart}) and the module {@code
 * java.desktop}; without them {@link #save} throws an {@link IllegalStateException} that says so.
 */
public final class Plot {
  private final String title;
  private final List<Series> series = new ArrayList<>();
  private final List<Text> texts = new ArrayList<>();
  private String xLabel = "";
  private String yLabel = "";
  private Scale xScale = Scale.LINEAR;
  private Scale yScale = Scale.LINEAR;

  /** How a series is drawn. */
  enum Style {
    LINE,
    SCATTER
  }

  /** How values become distances on an axis. */
  enum Scale {
    LINEAR,
    LOGARITHMIC
  }

  /** Points, or the line through them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Series(String name, Style style, double[] x, double[] y) {}

  /** A text at a place, in the units of the axes. */
  record Text(String text, double x, double y) {}

  /** Makes an empty plot without a title. */
  public Plot() {
    this("");
  }

  /** Makes an empty plot. */
  public Plot(String title) {
    this.title = given("Plot", "title", title);
  }

  // ---- what is drawn

  /** Adds a line through points; the name is for the legend. */
  public Plot line(String name, Tensor x, Tensor y) {
    return line(name, given("line", "x", x).toDoubleArray(), given("line", "y", y).toDoubleArray());
  }

  /** Adds a line through points; the name is for the legend. */
  public Plot line(String name, double[] x, double[] y) {
    return add("line", new Series(name, Style.LINE, x, y));
  }

  /** Adds a line through values at 1, 2, 3, … such as the losses of the epochs. */
  public Plot line(String name, double... y) {
    return line(name, count(given("line", "y", y).length), y);
  }

  /** Adds a line through values at 1, 2, 3, … such as the losses of the epochs. */
  public Plot line(String name, List<? extends Number> y) {
    each("line", "a number", given("line", "y", y));
    return line(name, y.stream().mapToDouble(Number::doubleValue).toArray());
  }

  /** Adds points; the name is for the legend. */
  public Plot scatter(String name, Tensor x, Tensor y) {
    return scatter(
        name, given("scatter", "x", x).toDoubleArray(), given("scatter", "y", y).toDoubleArray());
  }

  /** Adds points; the name is for the legend. */
  public Plot scatter(String name, double[] x, double[] y) {
    return add("scatter", new Series(name, Style.SCATTER, x, y));
  }

  private static double[] count(int length) {
    return IntStream.rangeClosed(1, length).asDoubleStream().toArray();
  }

  private Plot add(String operation, Series added) {
    String name = given(operation, "name", added.name);
    double[] x = given(operation, "x", added.x);
    double[] y = given(operation, "y", added.y);
    if (x.length != y.length || x.length == 0) {
      throw new IllegalArgumentException(
          "plot: the series \""
              + name
              + "\" has "
              + x.length
              + " x and "
              + y.length
              + " y; it needs equally many, at least one");
    }
    for (Series present : series) {
      if (present.name.equals(name)) {
        throw new IllegalArgumentException("plot: there is a series \"" + name + "\" already");
      }
    }
    series.add(new Series(name, added.style, x.clone(), y.clone()));
    return this;
  }

  /** Writes a text centred at a place, in the units of the axes. */
  public Plot text(double x, double y, String text) {
    texts.add(new Text(given("text", "text", text), x, y));
    return this;
  }

  /** Sets what stands below the x axis. */
  public Plot xLabel(String label) {
    xLabel = given("xLabel", "label", label);
    return this;
  }

  /** Sets what stands beside the y axis. */
  public Plot yLabel(String label) {
    yLabel = given("yLabel", "label", label);
    return this;
  }

  /** Makes the x axis logarithmic; all values must be positive. */
  public Plot logX() {
    xScale = Scale.LOGARITHMIC;
    return this;
  }

  /** Makes the y axis logarithmic; all values must be positive. */
  public Plot logY() {
    yScale = Scale.LOGARITHMIC;
    return this;
  }

  // ---- the picture

  /** Draws the plot, 800 by 600 points, into a PNG file, and returns the file. */
  public Path save(Path file) throws IOException {
    return saveRow(file, this);
  }

  /**
   * Draws plots side by side, each 800 by 600 points, into a PNG file, and returns the file.
   * Missing folders are made.
   */
  public static Path saveRow(Path file, Plot... plots) throws IOException {
    given("saveRow", "file", file);
    each("saveRow", "a plot", Arrays.asList(given("saveRow", "plots", plots)));
    if (plots.length == 0) {
      throw new IllegalArgumentException("plot: nothing to draw");
    }
    if (!file.toString().toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new IllegalArgumentException("plot: pictures are PNG files, named .png, not " + file);
    }
    for (Plot plot : plots) {
      if (plot.series.isEmpty()) {
        throw new IllegalArgumentException("plot: \"" + plot.title + "\" has no series");
      }
    }
    try {
      Drawing.save(file, List.of(plots));
    } catch (NoClassDefFoundError e) {
      throw new IllegalStateException(
          "plot: drawing needs XChart and java.desktop: add the Maven artifact"
              + " org.knowm.xchart:xchart, and, with modules, --add-modules"
              + " org.knowm.xchart,java.desktop",
          e);
    }
    return file;
  }

  String title() {
    return title;
  }

  String xLabel() {
    return xLabel;
  }

  String yLabel() {
    return yLabel;
  }

  Scale xScale() {
    return xScale;
  }

  Scale yScale() {
    return yScale;
  }

  List<Series> series() {
    return Collections.unmodifiableList(series);
  }

  List<Text> texts() {
    return Collections.unmodifiableList(texts);
  }
}
