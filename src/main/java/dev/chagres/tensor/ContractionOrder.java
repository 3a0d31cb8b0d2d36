package dev.chagres.tensor;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The order in which operands of several labels are multiplied, two at a time: that with the fewest
 * multiplications for up to {@link #FEW} operands, and for more the pair first that makes the
 * operands that are left smallest.
 */
final class ContractionOrder {
  /** Operands of which all orders are compared, by the sets that they form: 3^n steps. */
  private static final int FEW = 8;

  private final List<Set<Integer>> operands = new ArrayList<>();
  private final long[] sizes;
  private final Set<Integer> result;

  private ContractionOrder(long[] sizes, Set<Integer> result) {
    this.sizes = sizes;
    this.result = result;
  }

  /**
   * Returns the positions, the smaller first, of the two operands to multiply in each step; both
   * leave the list, and their product is put at its end.
   */
  static List<int[]> of(List<int[]> labels, long[] sizes, Set<Integer> result) {
    ContractionOrder order = new ContractionOrder(sizes, result);
    for (int[] own : labels) {
      Set<Integer> set = new HashSet<>();
      for (int label : own) {
        set.add(label);
      }
      order.operands.add(set);
    }
    return labels.size() <= FEW ? order.best() : order.greedy();
  }

  private double volume(Set<Integer> labels) {
    double volume = 1;
    for (int label : labels) {
      volume *= sizes[label];
    }
    return volume;
  }

  private static Set<Integer> union(Set<Integer> a, Set<Integer> b) {
    Set<Integer> all = new HashSet<>(a);
    all.addAll(b);
    return all;
  }

  // ---- few operands: what each set of them costs

  /** The labels that a product of some operands, bits of the set, keeps for the others. */
  private Set<Integer> kept(int set) {
    Set<Integer> inside = new HashSet<>();
    Set<Integer> needed = new HashSet<>(result);
    for (int i = 0; i < operands.size(); i++) {
      ((set >> i & 1) != 0 ? inside : needed).addAll(operands.get(i));
    }
    inside.retainAll(needed);
    return inside;
  }

  private List<int[]> best() {
    int count = operands.size();
    int all = (1 << count) - 1;
    double[] costs = new double[all + 1];
    int[] halves = new int[all + 1];
    List<Set<Integer>> kept = new ArrayList<>();
    for (int set = 0; set <= all; set++) {
      kept.add(
          Integer.bitCount(set) == 1
              ? operands.get(Integer.numberOfTrailingZeros(set))
              : kept(set));
      if (Integer.bitCount(set) < 2) {
        continue;
      }
      costs[set] = Double.POSITIVE_INFINITY;
      for (int half = (set - 1) & set; half > 0; half = (half - 1) & set) {
        int other = set ^ half;
        if (half < other) {
          continue;
        }
        double cost = costs[half] + costs[other] + volume(union(kept.get(half), kept.get(other)));
        // Of equals the last: the first operands are multiplied first.
        if (cost <= costs[set]) {
          costs[set] = cost;
          halves[set] = half;
        }
      }
    }
    List<Integer> positions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      positions.add(1 << i);
    }
    List<int[]> steps = new ArrayList<>();
    if (count > 1) {
      step(all, halves, positions, steps);
    }
    return steps;
  }

  private static void step(int set, int[] halves, List<Integer> positions, List<int[]> steps) {
    int half = halves[set];
    for (int part : new int[] {set ^ half, half}) {
      if (Integer.bitCount(part) > 1) {
        step(part, halves, positions, steps);
      }
    }
    int[] pair = pair(positions.indexOf(half), positions.indexOf(set ^ half));
    steps.add(pair);
    positions.subList(pair[1], pair[1] + 1).clear();
    positions.subList(pair[0], pair[0] + 1).clear();
    positions.add(set);
  }

  private static int[] pair(int a, int b) {
    return new int[] {Math.min(a, b), Math.max(a, b)};
  }

  // ---- many operands

  private List<int[]> greedy() {
    List<Set<Integer>> left = new ArrayList<>(operands);
    List<int[]> steps = new ArrayList<>();
    while (left.size() > 1) {
      int[] best = {0, 1};
      Set<Integer> product = Set.of();
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < left.size(); i++) {
        for (int j = i + 1; j < left.size(); j++) {
          Set<Integer> both = kept(left, i, j);
          double growth = volume(both) - volume(left.get(i)) - volume(left.get(j));
          if (growth < least) {
            least = growth;
            best = pair(i, j);
            product = both;
          }
        }
      }
      if (least == Double.POSITIVE_INFINITY) {
        product = kept(left, 0, 1);
      }
      left.remove(best[1]);
      left.remove(best[0]);
      left.add(product);
      steps.add(best);
    }
    return steps;
  }

  private Set<Integer> kept(List<Set<Integer>> left, int i, int j) {
    Set<Integer> needed = new HashSet<>(result);
    for (int other = 0; other < left.size(); other++) {
      if (other != i && other != j) {
        needed.addAll(left.get(other));
      }
    }
    Set<Integer> both = union(left.get(i), left.get(j));
    both.retainAll(needed);
    return both;
  }
}
