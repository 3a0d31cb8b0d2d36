package dev.chagres.tensor;

import dev.chagres.autograd.Node;
import dev.chagres.core.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor as text, as {@code torch.Tensor.__str__} prints it: all elements in one notation and
 * width, nested brackets, and of many elements only those near the ends of each dimension.
 */
final class Printer {
  private static final String PREFIX = "tensor(";

  private final PrintOptions options;

  /** The elements that are shown, as text, in row-major order. */
  private final String[] shown;

  private final long[] sizes;
  private final boolean summarized;
  private final int width;

  private Printer(PrintOptions options, Tensor x, String[] shown, int width) {
    this.options = options;
    this.shown = shown;
    this.width = width;
    this.sizes = x.shape().toArray();
    this.summarized = x.numel() > options.threshold();
  }

  static String print(Tensor x) {
    PrintOptions options = PrintOptions.current();
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
      of(x.detach(), options).append(out);
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
    annotate(out, notes, options.lineWidth());
    return out.append(")").toString();
  }

  /** Puts the notes behind the elements, on a new line where the last one is full. */
  private static void annotate(StringBuilder out, List<String> notes, int lineWidth) {
    int used = out.length() - out.lastIndexOf("\n") + 1;
    for (String note : notes) {
      if (used + note.length() + 2 > lineWidth) {
        out.append(",\n").repeat(" ", PREFIX.length()).append(note);
        used = PREFIX.length() + note.length();
      } else {
        out.append(", ").append(note);
        used += note.length() + 2;
      }
    }
  }

  private static Printer of(Tensor x, PrintOptions options) {
    Tensor part = x.numel() > options.threshold() ? ends(x, options.edgeItems()) : x;
    String[] shown;
    int width;
    if (x.dtype().isFloating()) {
      double[] values = part.toDoubleArray();
      NumberText numbers = NumberText.of(values, options);
      shown = new String[values.length];
      for (int i = 0; i < values.length; i++) {
        shown[i] = numbers.text(values[i]);
      }
      width = numbers.width();
    } else {
      long[] values = part.toLongArray();
      boolean truth = x.dtype() == DType.BOOL;
      shown = new String[values.length];
      width = 1;
      for (int i = 0; i < values.length; i++) {
        shown[i] = truth ? (values[i] != 0 ? "True" : "False") : Long.toString(values[i]);
        width = Math.max(width, shown[i].length());
      }
    }
    return new Printer(options, x, shown, width);
  }

  /** The elements that a summary shows: some from both ends of each long dimension. */
  private static Tensor ends(Tensor x, int count) {
    Tensor part = x;
    for (int dim = 0; dim < x.dim(); dim++) {
      long size = x.size(dim);
      if (size > 2L * count) {
        Tensor first = part.narrow(dim, 0, count);
        Tensor last = part.narrow(dim, size - count, count);
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
      if (shortened && i == options.edgeItems()) {
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
    int perLine = Math.max(1, (options.lineWidth() - indent) / (width + 2));
    int count = count(sizes.length - 1);
    boolean shortened = isShortened(sizes.length - 1);
    int column = 0;
    out.append('[');
    for (int i = 0; i < count; i++) {
      if (shortened && i == options.edgeItems()) {
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
    return summarized && sizes[dim] > 2L * options.edgeItems();
  }

  private int count(int dim) {
    return isShortened(dim) ? 2 * options.edgeItems() : (int) sizes[dim];
  }

  private void pad(StringBuilder out, String text) {
    out.repeat(" ", Math.max(0, width - text.length())).append(text);
  }
}
