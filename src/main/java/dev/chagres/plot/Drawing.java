package dev.chagres.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Plots as pictures. The only class that uses XChart, so that all others load without it. */
final class Drawing {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 600;

  /** Colours that people with any colour vision can tell apart: Okabe and Ito, 2008. */
  private static final List<Color> COLORS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00),
          new Color(0x56B4E9),
          new Color(0x000000),
          new Color(0x999999));

  /** So many names fit side by side below the axes. */
  private static final int MOST_BELOW = 5;

  private static final Color INK = new Color(0x333333);
  private static final Color GRID = new Color(0xE5E5E5);

  private Drawing() {}

  static void save(Path file, List<Plot> plots) throws IOException {
    BufferedImage image =
        new BufferedImage(WIDTH * plots.size(), HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      for (Plot plot : plots) {
        chart(plot).paint(graphics, WIDTH, HEIGHT);
        graphics.translate(WIDTH, 0);
      }
    } finally {
      graphics.dispose();
    }
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    if (!ImageIO.write(image, "png", file.toFile())) {
      throw new IOException("plot: this Java cannot write PNG");
    }
  }

  private static XYChart chart(Plot plot) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(plot.title())
            .xAxisTitle(plot.xLabel())
            .yAxisTitle(plot.yLabel())
            .build();
    style(chart.getStyler(), plot);
    int number = 0;
    for (Plot.Series series : plot.series()) {
      Color color = COLORS.get(number++ % COLORS.size());
      XYSeries drawn = chart.addSeries(series.name(), series.x(), series.y());
      drawn.setLineColor(color);
      drawn.setMarkerColor(color);
      switch (series.style()) {
        case LINE -> {
          drawn.setMarker(SeriesMarkers.NONE);
          drawn.setLineStyle(new BasicStroke(2.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
        }
        case SCATTER -> {
          drawn.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
          drawn.setMarker(SeriesMarkers.CIRCLE);
        }
      }
    }
    for (Plot.Text text : plot.texts()) {
      AnnotationText annotation = new AnnotationText(text.text(), text.x(), text.y(), false);
      chart.addAnnotation(annotation);
    }
    return chart;
  }

  private static void style(XYStyler styler, Plot plot) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setPlotGridLinesColor(GRID);
    styler.setPlotGridLinesStroke(new BasicStroke(1));
    styler.setAxisTickMarksColor(GRID);
    styler.setAxisTickLabelsColor(INK);
    styler.setChartFontColor(INK);
    styler.setChartTitleVisible(!plot.title().isEmpty());
    styler.setChartTitleBoxVisible(false);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 18));
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
    styler.setXAxisTitleVisible(!plot.xLabel().isEmpty());
    styler.setYAxisTitleVisible(!plot.yLabel().isEmpty());
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    styler.setAnnotationTextFont(new Font(Font.SANS_SERIF, Font.PLAIN, 15));
    boolean below = plot.series().size() <= MOST_BELOW;
    styler.setLegendPosition(
        below ? Styler.LegendPosition.OutsideS : Styler.LegendPosition.OutsideE);
    styler.setLegendLayout(below ? Styler.LegendLayout.Horizontal : Styler.LegendLayout.Vertical);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setLegendPadding(14);
    styler.setLegendVisible(plot.series().size() > 1);
    styler.setMarkerSize(8);
    if (plot.yScale() == Plot.Scale.LOGARITHMIC) {
      wholeDecades(styler, plot);
    }
    styler.setXAxisLogarithmic(plot.xScale() == Plot.Scale.LOGARITHMIC);
    styler.setYAxisLogarithmic(plot.yScale() == Plot.Scale.LOGARITHMIC);
  }

  /** Only powers of ten are labelled: with both ends labelled an axis can always be read. */
  private static void wholeDecades(XYStyler styler, Plot plot) {
    DoubleSummaryStatistics logarithms =
        plot.series().stream()
            .flatMapToDouble(series -> Arrays.stream(series.y()))
            .map(Math::log10)
            .filter(Double::isFinite)
            .summaryStatistics();
    if (logarithms.getCount() > 0) {
      double least = Math.floor(logarithms.getMin());
      styler.setYAxisMin(Math.pow(10, least));
      styler.setYAxisMax(Math.pow(10, Math.max(least + 1, Math.ceil(logarithms.getMax()))));
    }
  }
}
