package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.AutocastFunction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Einstein's notation: reads an equation as PyTorch does, and contracts the operands. */
final class Einsum {
  private static final int LETTERS = 52;
  private static final String ELLIPSIS = "...";

  private final String equation;
  private final List<Tensor> operands;

  /** The labels of each operand's dimensions; of an ellipsis those counted back from the last. */
  private final List<int[]> labels = new ArrayList<>();

  /** The most dimensions that an ellipsis stands for. */
  private int unnamed;

  private Einsum(String equation, List<Tensor> operands) {
    this.equation = equation;
    this.operands = operands;
  }

  static Tensor of(String equation, Iterable<? extends Tensor> tensors) {
    List<Tensor> operands = new ArrayList<>();
    for (Tensor tensor : tensors) {
      operands.add(Autocast.cast(AutocastFunction.EINSUM, given("einsum", "a tensor", tensor)));
    }
    return new Einsum(equation, operands).contracted();
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException("einsum: \"" + equation + "\": " + what);
  }

  private Tensor contracted() {
    if (operands.isEmpty()) {
      throw wrong("there are no operands");
    }
    int arrow = equation.indexOf("->");
    String left = arrow < 0 ? equation : equation.substring(0, arrow);
    String[] terms = left.split(",", -1);
    if (terms.length != operands.size()) {
      throw wrong("it is about " + terms.length + " operands, not " + operands.size());
    }
    List<int[]> read = new ArrayList<>();
    for (int i = 0; i < terms.length; i++) {
      read.add(subscripts(terms[i]));
      unnamed = Math.max(unnamed, unnamed(i, read.get(i)));
    }
    for (int i = 0; i < terms.length; i++) {
      labels.add(named(i, read.get(i)));
      diagonal(i);
    }
    checkSizes();
    int[] result = arrow < 0 ? implied(read) : output(equation.substring(arrow + 2));
    return Contraction.of("einsum", operands, labels, result);
  }

  // ---- the text

  /** The letters' numbers, capitals first, and -1 for an ellipsis. */
  private int[] subscripts(String term) {
    int[] found = new int[term.length()];
    int count = 0;
    boolean ellipsis = false;
    for (int i = 0; i < term.length(); i++) {
      char c = term.charAt(i);
      if (c >= 'A' && c <= 'Z') {
        found[count++] = c - 'A';
      } else if (c >= 'a' && c <= 'z') {
        found[count++] = c - 'a' + 26;
      } else if (c == '.') {
        if (!term.startsWith(ELLIPSIS, i) || ellipsis) {
          throw wrong("a dot is part of no ellipsis, or there are two in a term");
        }
        found[count++] = -1;
        ellipsis = true;
        i += ELLIPSIS.length() - 1;
      } else if (c != ' ') {
        throw wrong("'" + c + "' is no subscript; these are letters and an ellipsis");
      }
    }
    return Arrays.copyOf(found, count);
  }

  private static String letter(int label) {
    return String.valueOf((char) (label < 26 ? 'A' + label : 'a' + label - 26));
  }

  private static boolean hasEllipsis(int... subscripts) {
    return Arrays.stream(subscripts).anyMatch(label -> label < 0);
  }

  /** How many dimensions of an operand its ellipsis stands for. */
  private int unnamed(int operand, int... subscripts) {
    boolean ellipsis = hasEllipsis(subscripts);
    int rest = operands.get(operand).dim() - subscripts.length + (ellipsis ? 1 : 0);
    if (rest < 0 || !ellipsis && rest > 0) {
      throw wrong(
          "operand "
              + operand
              + " has shape "
              + operands.get(operand).shape()
              + ", and other subscripts");
    }
    return rest;
  }

  /** The label of the dimension of an ellipsis that is so many from its last. */
  private static int unnamedLabel(int fromLast) {
    return LETTERS + fromLast;
  }

  private int[] named(int operand, int... subscripts) {
    int rest = unnamed(operand, subscripts);
    int[] named = new int[operands.get(operand).dim()];
    int count = 0;
    for (int label : subscripts) {
      if (label >= 0) {
        named[count++] = label;
      }
      for (int i = rest - 1; label < 0 && i >= 0; i--) {
        named[count++] = unnamedLabel(i);
      }
    }
    return named;
  }

  /** Those that are there once, capitals first, behind those of an ellipsis. */
  private int[] implied(List<int[]> read) {
    int[] times = new int[LETTERS];
    for (int[] subscripts : read) {
      for (int label : subscripts) {
        if (label >= 0) {
          times[label]++;
        }
      }
    }
    int[] result = new int[unnamed + LETTERS];
    int count = 0;
    for (int i = unnamed - 1; i >= 0; i--) {
      result[count++] = unnamedLabel(i);
    }
    for (int label = 0; label < LETTERS; label++) {
      if (times[label] == 1) {
        result[count++] = label;
      }
    }
    return Arrays.copyOf(result, count);
  }

  private int[] output(String term) {
    int[] subscripts = subscripts(term);
    int[] result = new int[subscripts.length + unnamed];
    int count = 0;
    for (int label : subscripts) {
      for (int i = unnamed - 1; label < 0 && i >= 0; i--) {
        result[count++] = unnamedLabel(i);
      }
      if (label < 0) {
        continue;
      }
      for (int i = 0; i < count; i++) {
        if (result[i] == label) {
          throw wrong("the result has " + letter(label) + " twice");
        }
      }
      if (labels.stream().noneMatch(own -> Arrays.stream(own).anyMatch(l -> l == label))) {
        throw wrong("no operand has the " + letter(label) + " of the result");
      }
      result[count++] = label;
    }
    return Arrays.copyOf(result, count);
  }

  // ---- the operands

  /** Takes the diagonal of dimensions with one label; it comes last. */
  private void diagonal(int operand) {
    int[] own = labels.get(operand);
    for (int i = 0; i < own.length; i++) {
      for (int j = i + 1; j < own.length; j++) {
        if (own[i] == own[j]) {
          Tensor x = operands.get(operand);
          if (x.size(i) != x.size(j)) {
            throw wrong(
                letter(own[i]) + " is twice in operand " + operand + ", of shape " + x.shape());
          }
          operands.set(operand, x.diagonal(0, i, j));
          int[] rest = new int[own.length - 1];
          int count = 0;
          for (int d = 0; d < own.length; d++) {
            if (d != i && d != j) {
              rest[count++] = own[d];
            }
          }
          rest[count] = own[i];
          labels.set(operand, rest);
          diagonal(operand);
          return;
        }
      }
    }
  }

  private void checkSizes() {
    long[] sizes = new long[LETTERS + unnamed];
    Arrays.fill(sizes, 1);
    for (int i = 0; i < operands.size(); i++) {
      Tensor x = operands.get(i);
      if (operands.size() > 1 && x.dtype() != operands.getFirst().dtype()) {
        throw wrong("dtypes differ, " + operands.getFirst().dtype() + " and " + x.dtype());
      }
      for (int d = 0; d < x.dim(); d++) {
        int label = labels.get(i)[d];
        if (sizes[label] != 1 && x.size(d) != 1 && x.size(d) != sizes[label]) {
          String what = label < LETTERS ? letter(label) : "a dimension of an ellipsis";
          throw wrong(what + " has sizes " + sizes[label] + " and " + x.size(d));
        }
        sizes[label] = x.size(d) == 1 ? sizes[label] : x.size(d);
      }
    }
  }
}
