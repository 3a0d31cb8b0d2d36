package dev.chagres.tensor;

import dev.chagres.autograd.Node;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tensor as text, as {@code torch.Tensor.__str__} prints it with PyTorch's standard options: all
 * elements in one notation and width, nested brackets, and of more than 1000 elements only those
 * near the ends of each dimension.
 */
final class Printer {
  private static final String PREFIX = "tensor(";
  private static final int LINE_WIDTH = 80;
  private static final int THRESHOLD = 1000;
  private static final int EDGE_ITEMS = 3;
  private static final int PRECISION = 4;

  // scientific notation: beyond this range, or where the magnitudes differ by more
  private static final double GREATEST_FIXED = 1e8;
  private static final double LEAST_FIXED = 1e-4;
  private static final double GREATEST_RATIO = 1000;

  /** The elements that are shown, as text, in row-major order. */
  private final String[] shown;

  private final long[] sizes;
  private final boolean summarized;
  private final int width;

  private Printer(String[] shown, int width, Shape shape, boolean summarized) {
    this.shown = shown;
    this.width = width;
    this.sizes = shape.toArray();
    this.summarized = summarized;
  }

  static String print(Tensor x) {
    StringBuilder out = new StringBuilder(PREFIX);
    List<String> notes = new ArrayList<>();
    if (!x.device().isCpu()) {
      notes.add("device='" + x.device() + "'");
    }
    if (x.numel() == 0) {
      out.append("[]");
      if (x.dim() != 1) {
        notes.add("size=" + x.shape());
      }
      if (x.dtype() != DType.FLOAT32) {
        notes.add("dtype=torch." + x.dtype());
      }
    } else {
      of(x.detach()).append(out);
      if (x.dtype() != DType.FLOAT32 && x.dtype() != DType.INT64 && x.dtype() != DType.BOOL) {
        notes.add("dtype=torch." + x.dtype());
      }
    }
    Node<Tensor> made = x.gradFn();
    if (made != null) {
      notes.add("grad_fn=<" + made.name() + ">");
    } else if (x.requiresGrad()) {
      notes.add("requires_grad=True");
    }
    annotate(out, notes);
    return out.append(")").toString();
  }

  /** Puts the notes behind the elements, on a new line where the last one is full. */
  private static void annotate(StringBuilder out, List<String> notes) {
    int used = out.length() - out.lastIndexOf("\n") + 1;
    for (String note : notes) {
      if (used + note.length() + 2 > LINE_WIDTH) {
        out.append(",\n").repeat(" ", PREFIX.length()).append(note);
        used = PREFIX.length() + note.length();
      } else {
        out.append(", ").append(note);
        used += note.length() + 2;
      }
    }
  }

  private static Printer of(Tensor x) {
    boolean summarized = x.numel() > THRESHOLD;
    Tensor part = summarized ? ends(x) : x;
    String[] shown;
    int width;
    if (x.dtype().isFloating()) {
      double[] values = part.toDoubleArray();
      Notation notation = Notation.of(values);
      shown = Arrays.stream(values).mapToObj(notation::text).toArray(String[]::new);
      width = notation.width(values);
    } else {
      long[] values = part.toLongArray();
      boolean truth = x.dtype() == DType.BOOL;
      shown =
          Arrays.stream(values)
              .mapToObj(v -> truth ? (v != 0 ? "True" : "False") : Long.toString(v))
              .toArray(String[]::new);
      width = Arrays.stream(shown).mapToInt(String::length).max().orElse(1);
    }
    return new Printer(shown, width, x.shape(), summarized);
  }

  /**
   * The elements that a summary shows: of each long dimension the first three and the last three.
   */
  private static Tensor ends(Tensor x) {
    Tensor part = x;
    for (int dim = 0; dim < x.dim(); dim++) {
      long size = x.size(dim);
      if (size > 2 * EDGE_ITEMS) {
        Tensor first = part.narrow(dim, 0, EDGE_ITEMS);
        Tensor last = part.narrow(dim, size - EDGE_ITEMS, EDGE_ITEMS);
        part = Joining.cat(List.of(first, last), dim);
      }
    }
    return part;
  }

  // ---- brackets

  private void append(StringBuilder out) {
    if (sizes.length == 0) {
      pad(out, shown[0]);
    } else {
      append(out, 0, 0, PREFIX.length());
    }
  }

  /**
   * Appends the elements from {@code at} on of one dimension, and returns where the next ones are.
   */
  private int append(StringBuilder out, int dim, int at, int indent) {
    if (dim == sizes.length - 1) {
      return appendRow(out, at, indent);
    }
    int count = count(dim);
    boolean shortened = isShortened(dim);
    int next = at;
    out.append('[');
    for (int i = 0; i < count; i++) {
      if (i > 0) {
        separate(out, dim, indent);
      }
      if (shortened && i == EDGE_ITEMS) {
        out.append("...");
        separate(out, dim, indent);
      }
      next = append(out, dim + 1, next, indent + 1);
    }
    out.append(']');
    return next;
  }

  private void separate(StringBuilder out, int dim, int indent) {
    out.append(',').repeat("\n", sizes.length - dim - 1).repeat(" ", indent + 1);
  }

  private int appendRow(StringBuilder out, int at, int indent) {
    int perLine = Math.max(1, (LINE_WIDTH - indent) / (width + 2));
    int count = count(sizes.length - 1);
    boolean shortened = isShortened(sizes.length - 1);
    int column = 0;
    out.append('[');
    for (int i = 0; i < count; i++) {
      if (shortened && i == EDGE_ITEMS) {
        nextColumn(out, column++, perLine, indent);
        out.append(" ...");
      }
      nextColumn(out, column++, perLine, indent);
      pad(out, shown[at + i]);
    }
    out.append(']');
    return at + count;
  }

  private static void nextColumn(StringBuilder out, int column, int perLine, int indent) {
    if (column > 0 && column % perLine == 0) {
      out.append(",\n").repeat(" ", indent + 1);
    } else if (column > 0) {
      out.append(", ");
    }
  }

  private boolean isShortened(int dim) {
    return summarized && sizes[dim] > 2 * EDGE_ITEMS;
  }

  private int count(int dim) {
    return isShortened(dim) ? 2 * EDGE_ITEMS : (int) sizes[dim];
  }

  private void pad(StringBuilder out, String text) {
    out.repeat(" ", Math.max(0, width - text.length())).append(text);
  }

  // ---- numbers

  /** How all floating elements of a tensor are written. */
  private enum Notation {
    WHOLE,
    FIXED,
    SCIENTIFIC;

    /** The notation that PyTorch chooses: by the finite elements that are not zero. */
    static Notation of(double[] values) {
      double least = Double.POSITIVE_INFINITY;
      double greatest = 0;
      boolean whole = true;
      for (double value : values) {
        if (counts(value)) {
          least = Math.min(least, Math.abs(value));
          greatest = Math.max(greatest, Math.abs(value));
          whole &= value == Math.rint(value);
        }
      }
      if (greatest == 0) {
        return WHOLE;
      }
      if (greatest / least > GREATEST_RATIO || greatest > GREATEST_FIXED || least < LEAST_FIXED) {
        return SCIENTIFIC;
      }
      return whole ? WHOLE : FIXED;
    }

    private static boolean counts(double value) {
      return Double.isFinite(value) && value != 0;
    }

    int width(double[] values) {
      int width = 1;
      for (double value : values) {
        if (counts(value)) {
          width = Math.max(width, text(value).length());
        }
      }
      return width;
    }

    String text(double value) {
      String special = special(value);
      if (special != null) {
        return special;
      }
      String sign = Math.copySign(1, value) < 0 ? "-" : "";
      BigDecimal exact = new BigDecimal(Math.abs(value));
      return sign
          + switch (this) {
            case WHOLE -> exact.setScale(0, RoundingMode.HALF_EVEN).toPlainString() + ".";
            case FIXED -> exact.setScale(PRECISION, RoundingMode.HALF_EVEN).toPlainString();
            case SCIENTIFIC -> scientific(exact);
          };
    }

    private static @Nullable String special(double value) {
      if (Double.isNaN(value)) {
        return "nan";
      }
      return Double.isInfinite(value) ? (value > 0 ? "inf" : "-inf") : null;
    }

    /** C's {@code %.4e}: one digit, four more, and an exponent of at least two. */
    private static String scientific(BigDecimal exact) {
      BigDecimal rounded = exact.round(new MathContext(PRECISION + 1, RoundingMode.HALF_EVEN));
      StringBuilder digits = new StringBuilder(rounded.unscaledValue().toString());
      int exponent = rounded.signum() == 0 ? 0 : digits.length() - 1 - rounded.scale();
      digits.repeat("0", Math.max(0, PRECISION + 1 - digits.length())).insert(1, '.');
      int magnitude = Math.abs(exponent);
      return digits
          .append(exponent < 0 ? "e-" : "e+")
          .append(magnitude < 10 ? "0" : "")
          .append(magnitude)
          .toString();
    }
  }
}
