package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.Upsample.Corners;

/** How {@link Functional#gridSample} reads. */
public final class GridSample {
  private GridSample() {}

  /** What is read at a place. */
  public enum Mode {
    /** The nearest element. */
    NEAREST,
    /** The four around it, of images, or the eight, of volumes. */
    BILINEAR,
    /** The sixteen around it, of images, by cubic polynomials. */
    BICUBIC
  }

  /** What lies beyond the edges. */
  public enum Beyond {
    /** Zeros. */
    ZEROS,
    /** The outermost elements. */
    BORDER,
    /** The mirrored input. */
    REFLECTION
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param mode what is read at a place
   * @param beyond what lies beyond the edges
   * @param corners what the places -1 and 1 are
   */
  public record Options(Mode mode, Beyond beyond, Corners corners) {
    /** Checks that they are there. */
    public Options {
      given("gridSample", "mode", mode);
      given("gridSample", "beyond", beyond);
      given("gridSample", "corners", corners);
    }

    /** Returns these options with another mode. */
    public Options mode(Mode mode) {
      return new Options(mode, beyond, corners);
    }

    /** Returns these options with something else beyond the edges. */
    public Options beyond(Beyond beyond) {
      return new Options(mode, beyond, corners);
    }

    /** Returns these options with -1 and 1 as the middles of the outermost elements. */
    public Options alignCorners() {
      return new Options(mode, beyond, Corners.ALIGNED);
    }
  }

  /** Returns PyTorch's defaults: four neighbours, zeros beyond, and -1 and 1 as the edges. */
  public static Options options() {
    return new Options(Mode.BILINEAR, Beyond.ZEROS, Corners.EDGES);
  }
}
