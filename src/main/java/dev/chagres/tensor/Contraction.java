package dev.chagres.tensor;

import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Sums of products of tensors whose dimensions have labels: equal labels are one dimension, and
 * those that the result does not have are summed over. Two tensors at a time are multiplied, each
 * pair as one batch of matrices; {@link ContractionOrder} says which. All steps are operations with
 * gradients.
 */
final class Contraction {
  private final String name;

  /** The sizes of the labels. */
  private final long[] sizes;

  private final Set<Integer> result = new HashSet<>();

  private Contraction(String name, List<Tensor> operands, List<int[]> labels) {
    this.name = name;
    int most = labels.stream().flatMapToInt(Arrays::stream).max().orElse(-1);
    sizes = new long[most + 1];
    Arrays.fill(sizes, 1);
    for (int i = 0; i < operands.size(); i++) {
      for (int d = 0; d < labels.get(i).length; d++) {
        long size = operands.get(i).size(d);
        if (size != 1) {
          sizes[labels.get(i)[d]] = size;
        }
      }
    }
  }

  /** A tensor and the labels of its dimensions. */
  private static final class Term {
    private final Tensor tensor;
    private final int[] labels;

    Term(Tensor tensor, int... labels) {
      this.tensor = tensor;
      this.labels = labels;
    }

    boolean has(int label) {
      return Arrays.stream(labels).anyMatch(own -> own == label);
    }
  }

  /**
   * Contracts operands whose labels differ within each; sizes of one label are equal or 1. Every
   * label of the result, all different, is one of theirs.
   */
  static Tensor of(String name, List<Tensor> operands, List<int[]> labels, int... result) {
    Contraction contraction = new Contraction(name, operands, labels);
    for (int label : result) {
      contraction.result.add(label);
    }
    List<Term> terms = new ArrayList<>();
    for (int i = 0; i < operands.size(); i++) {
      terms.add(contraction.withoutOnes(new Term(operands.get(i), labels.get(i))));
    }
    return contraction.contracted(terms, result);
  }

  /** Drops the dimensions of size 1 that are longer in another operand: those broadcast. */
  private Term withoutOnes(Term term) {
    Tensor x = term.tensor;
    int[] kept = new int[term.labels.length];
    int count = 0;
    for (int label : term.labels) {
      if (x.size(count) == 1 && sizes[label] != 1) {
        x = x.squeeze(count);
      } else {
        kept[count++] = label;
      }
    }
    return new Term(x, Arrays.copyOf(kept, count));
  }

  private Tensor contracted(List<Term> terms, int... order) {
    for (int i = 0; i < terms.size(); i++) {
      terms.set(i, summed(terms, i));
    }
    List<int[]> labels = new ArrayList<>();
    terms.forEach(term -> labels.add(term.labels));
    for (int[] pair : ContractionOrder.of(labels, sizes, result)) {
      Term b = terms.remove(pair[1]);
      Term a = terms.remove(pair[0]);
      boolean turned = terms.isEmpty() && comesFirst(b, a, order);
      terms.add(turned ? product(b, a, terms) : product(a, b, terms));
    }
    Term last = terms.getFirst();
    return arranged(last, order);
  }

  /** Sums over the labels that nothing else has. */
  private Term summed(List<Term> terms, int at) {
    Term term = terms.get(at);
    int[] dims = new int[term.labels.length];
    int[] kept = new int[term.labels.length];
    int count = 0;
    int rest = 0;
    for (int d = 0; d < term.labels.length; d++) {
      int label = term.labels[d];
      boolean needed = result.contains(label);
      for (int i = 0; i < terms.size() && !needed; i++) {
        needed = i != at && terms.get(i).has(label);
      }
      if (needed) {
        kept[rest++] = label;
      } else {
        dims[count++] = d;
      }
    }
    if (count == 0) {
      return term;
    }
    Tensor sum = term.tensor.sum(Arrays.copyOf(dims, count));
    // An integer sum is int64; where a product follows, that is in the operands' dtype.
    Tensor typed = terms.size() == 1 ? sum : Copying.cast(sum, term.tensor.dtype());
    return new Term(typed, Arrays.copyOf(kept, rest));
  }

  /** Whether the result's first label of one alone is a's. */
  private static boolean comesFirst(Term a, Term b, int... order) {
    for (int label : order) {
      if (a.has(label) != b.has(label)) {
        return a.has(label);
      }
    }
    return false;
  }

  /** What one label is in the product of two terms. */
  private enum Role {
    BATCH,
    SUMMED,
    FREE
  }

  private Role role(int label, Term other, List<Term> rest) {
    if (!other.has(label)) {
      return Role.FREE;
    }
    boolean needed = result.contains(label);
    for (Term term : rest) {
      needed = needed || term.has(label);
    }
    return needed ? Role.BATCH : Role.SUMMED;
  }

  private int[] labels(Term term, Term other, List<Term> rest, Role role) {
    return Arrays.stream(term.labels).filter(label -> role(label, other, rest) == role).toArray();
  }

  private Term product(Term a, Term b, List<Term> rest) {
    int[] batch = labels(a, b, rest, Role.BATCH);
    int[] summed = labels(a, b, rest, Role.SUMMED);
    int[] freeA = labels(a, b, rest, Role.FREE);
    int[] freeB = labels(b, a, rest, Role.FREE);
    int[] labels = joined(batch, freeA, freeB);
    if (summed.length == 0) {
      return new Term(spread(a, labels).mul(spread(b, labels)), labels);
    }
    // Either order of the summed labels will do: that in which fewer operands must be copied.
    int[] others = labels(b, a, rest, Role.SUMMED);
    if (copies(a, b, batch, freeA, freeB, others) < copies(a, b, batch, freeA, freeB, summed)) {
      summed = others;
    }
    Tensor left = arranged(a, joined(batch, freeA, summed));
    Tensor right = arranged(b, joined(batch, summed, freeB));
    long[] lead = sizes(batch);
    Tensor x = left.reshape(joined(lead, numel(freeA), numel(summed)));
    Tensor y = right.reshape(joined(lead, numel(summed), numel(freeB)));
    return new Term(Matrices.product(name, x, y).reshape(sizes(labels)), labels);
  }

  /** How many elements would be copied to make matrices of both. */
  private long copies(Term a, Term b, int[] batch, int[] freeA, int[] freeB, int[] summed) {
    return copied(a, batch, freeA, summed) + copied(b, batch, summed, freeB);
  }

  private long copied(Term term, int[] batch, int[] rows, int[] columns) {
    Tensor x = term.tensor.detach();
    Tensor arranged = arranged(new Term(x, term.labels), joined(batch, rows, columns));
    long[] to = joined(sizes(batch), numel(rows), numel(columns));
    return arranged.layout().reshape(Shape.of(to)) == null ? x.numel() : 0;
  }

  /** A term's dimensions in the order of these labels, which are its own. */
  private static Tensor arranged(Term term, int... order) {
    int[] dims = new int[order.length];
    boolean inOrder = true;
    for (int i = 0; i < order.length; i++) {
      for (int d = 0; d < term.labels.length; d++) {
        if (term.labels[d] == order[i]) {
          dims[i] = d;
        }
      }
      inOrder = inOrder && dims[i] == i;
    }
    return inOrder ? term.tensor : term.tensor.permute(dims);
  }

  /** The same with dimensions of size 1 for the labels that are not the term's. */
  private static Tensor spread(Term term, int... order) {
    int[] own = Arrays.stream(order).filter(term::has).toArray();
    Tensor x = arranged(term, own);
    for (int i = 0; i < order.length; i++) {
      if (!term.has(order[i])) {
        x = x.unsqueeze(i);
      }
    }
    return x;
  }

  private static int[] joined(int[] a, int[] b, int[] c) {
    int[] all = Arrays.copyOf(a, a.length + b.length + c.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    System.arraycopy(c, 0, all, a.length + b.length, c.length);
    return all;
  }

  private static long[] joined(long[] lead, long rows, long columns) {
    long[] all = Arrays.copyOf(lead, lead.length + 2);
    all[lead.length] = rows;
    all[lead.length + 1] = columns;
    return all;
  }

  private long[] sizes(int... labels) {
    return Arrays.stream(labels).mapToLong(label -> sizes[label]).toArray();
  }

  private long numel(int... labels) {
    return Arrays.stream(sizes(labels)).reduce(1, (a, b) -> a * b);
  }
}
