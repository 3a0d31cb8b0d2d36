package dev.chagres.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Plain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/**
 * A program as it runs: its tensors and, beside each, a model in a Java array. A call is given
 * twice, as what it does to tensors and as what it means for their models; after each, everything
 * that it may have changed is compared. What is written to one tensor changes all that share its
 * memory, here as there.
 */
final class Program {
  /** What the tensors hold. */
  enum Numbers {
    /** Whole numbers of every dtype, which all have to be hit exactly. */
    WHOLE,
    /** Any numbers, in float64: what has derivatives. */
    SMOOTH
  }

  /** How closely a result meets its model. */
  private enum Match {
    EXACT,
    NEAR
  }

  /** What a call means, to be done once more with other numbers. */
  private record Instruction(
      int result, int[] operands, Function<List<Plain>, Plain> meaning, boolean writes) {}

  /** A tensor that the program's results depend on, and its numbers. */
  record Leaf(Live live, double... values) {}

  private static final int LIVE = 10;
  private static final double GREATEST_WHOLE = 300; // sums of products stay exact in float32
  private static final double GREATEST_SMOOTH = 100;
  private static final double SMOOTH_SLACK = 1e-9;

  private final Numbers numbers;
  private final List<Live> live = new ArrayList<>();
  private final List<String> text = new ArrayList<>();
  private final Deque<Scope> scopes = new ArrayDeque<>();
  private final List<Instruction> instructions = new ArrayList<>();
  private final List<Leaf> leaves = new ArrayList<>();
  private Random random = new Random(0);
  private int ids;
  private int calls;

  Program(Numbers numbers) {
    this.numbers = numbers;
  }

  /** Makes the move that a seed chooses, among what can be done with the tensors there are. */
  void step(long seed) {
    random = new Random(seed);
    Moves.any(this).accept(this);
    if (live.size() > LIVE) {
      live.remove(below(live.size()));
    }
  }

  void close() {
    while (!scopes.isEmpty()) {
      scopes.pop().close();
    }
    live.clear();
  }

  // ---- what moves choose from

  boolean isSmooth() {
    return numbers == Numbers.SMOOTH;
  }

  Random random() {
    return random;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** Returns true once in so many times. */
  boolean once(int times) {
    return random.nextInt(times) == 0;
  }

  <T> T among(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  List<Live> live() {
    return live;
  }

  Deque<Scope> scopes() {
    return scopes;
  }

  List<Leaf> leaves() {
    return leaves;
  }

  /** Returns a tensor of which something is true, if there is one. */
  @Nullable Live find(Predicate<Live> wanted) {
    List<Live> found = live.stream().filter(wanted).toList();
    return found.isEmpty() ? null : among(found);
  }

  /** Returns whether elements can be added: no bools. */
  static boolean isNumber(Live x) {
    return x.tensor().dtype() != DType.BOOL;
  }

  /** Returns a tensor of numbers. */
  Live number() {
    Live x = find(Program::isNumber);
    return x == null ? MakingMoves.of(this, DType.FLOAT64, 2, 3) : x;
  }

  /** Returns a tensor of numbers that has dimensions. */
  Live numberWithDims() {
    Live x = find(one -> isNumber(one) && one.dim() > 0);
    return x == null ? MakingMoves.of(this, DType.FLOAT64, 3, 2) : x;
  }

  /** Returns a floating tensor that has dimensions. */
  Live floating() {
    Live x = find(one -> one.tensor().dtype().isFloating() && one.dim() > 0);
    return x == null ? MakingMoves.of(this, DType.FLOAT64, 2, 2) : x;
  }

  /** Returns a tensor of a dtype and sizes, perhaps one that is there. */
  Live partner(DType dtype, long... sizes) {
    Live x =
        once(3)
            ? null
            : find(one -> one.tensor().dtype() == dtype && Arrays.equals(one.sizes(), sizes));
    return x == null ? MakingMoves.of(this, dtype, sizes) : x;
  }

  // ---- calls

  /** Returns how many calls there were. */
  int calls() {
    return calls;
  }

  boolean hasWritten() {
    return instructions.stream().anyMatch(Instruction::writes);
  }

  void note(String line) {
    calls++;
    text.add(line);
  }

  /** Makes a new tensor, where derivatives are asked for mostly a leaf. */
  Live create(DType dtype, long[] sizes, double... values) {
    Live made = constant(dtype, sizes, values);
    if (isSmooth() && !once(3)) {
      made.tensor().requiresGrad_();
      leaves.add(new Leaf(made, values));
    }
    return made;
  }

  /** Makes a new tensor that has no gradients. */
  Live constant(DType dtype, long[] sizes, double... values) {
    Tensor tensor = Cells.tensor(dtype, sizes, values);
    note("t" + ids + " = " + dtype + " " + Shape.of(sizes) + " " + Arrays.toString(values));
    Live made = add(tensor, new Plain(sizes, values.clone()));
    instructions.add(
        new Instruction(made.id(), new int[0], _ -> new Plain(sizes, values.clone()), false));
    return made;
  }

  private Live add(Tensor tensor, Plain model) {
    Live made = new Live(ids++, tensor, model, scopes.size());
    live.add(made);
    return made;
  }

  /** A call of one tensor. */
  void make(
      String call, DType dtype, Live x, UnaryOperator<Tensor> there, UnaryOperator<Plain> meaning) {
    make(call, dtype, List.of(x), t -> there.apply(t.get(0)), m -> meaning.apply(m.get(0)));
  }

  /** A call whose result is rounded, of one tensor. */
  void near(
      String call, DType dtype, Live x, UnaryOperator<Tensor> there, UnaryOperator<Plain> meaning) {
    near(call, dtype, List.of(x), t -> there.apply(t.get(0)), m -> meaning.apply(m.get(0)));
  }

  /** A call that must return what it means, in a dtype; a view exactly if the model is one. */
  void make(
      String call,
      DType dtype,
      List<Live> xs,
      Function<List<Tensor>, Tensor> there,
      Function<List<Plain>, Plain> meaning) {
    make(Match.EXACT, call, dtype, xs, there, meaning);
  }

  /** A call whose result is rounded, and goes on as whole numbers where all others are. */
  void near(
      String call,
      DType dtype,
      List<Live> xs,
      Function<List<Tensor>, Tensor> there,
      Function<List<Plain>, Plain> meaning) {
    make(Match.NEAR, call, dtype, xs, there, meaning);
  }

  private void make(
      Match match,
      String call,
      DType dtype,
      List<Live> xs,
      Function<List<Tensor>, Tensor> there,
      Function<List<Plain>, Plain> meaning) {
    note("t" + ids + " = " + call);
    Tensor result = there.apply(xs.stream().map(Live::tensor).toList());
    List<Plain> models = xs.stream().map(Live::model).toList();
    Plain model = meaning.apply(models);
    assertEquals(dtype, result.dtype());
    boolean view = models.stream().anyMatch(m -> m.memory() == model.memory());
    for (Live x : xs) {
      if (model.numel() > 0 && x.model().numel() > 0) {
        boolean same = model.memory() == x.model().memory();
        assertEquals(same, result.storage() == x.tensor().storage(), "shares memory with " + x);
      }
    }
    Plain expected = view ? model : Meaning.cast(dtype, model);
    compare(match, result, expected);
    int id = ids;
    if (!isBounded(expected)) {
      ids++;
    } else if (match == Match.NEAR && !isSmooth()) {
      add(result.round(), new Plain(expected.sizes(), Cells.doubles(result)).map(Math::rint));
    } else {
      Live made = add(result, expected);
      if (view) {
        live.set(live.size() - 1, made.at(xs.getFirst().depth()));
      }
    }
    instructions.add(new Instruction(id, ids(xs), meaning, false));
  }

  /** A call that writes to the first of its tensors, and what that must hold then. */
  void write(
      String call,
      List<Live> xs,
      Function<List<Tensor>, Tensor> there,
      Function<List<Plain>, Plain> meaning) {
    note(call);
    Live target = xs.getFirst();
    Tensor x = target.tensor();
    List<Tensor> tensors = xs.stream().map(Live::tensor).toList();
    if (target.model().repeats() || isLeaf(target)) {
      Class<? extends RuntimeException> type =
          !isLeaf(target)
              ? IllegalArgumentException.class
              : target.model().repeats() ? RuntimeException.class : IllegalStateException.class;
      assertThrows(type, () -> there.apply(tensors));
      checkAll();
      return;
    }
    if (x.layout().mayOverlap()) {
      return; // whether it does is not known without a look at each element
    }
    Plain expected = Meaning.cast(x.dtype(), meaning.apply(xs.stream().map(Live::model).toList()));
    assertSame(x, there.apply(tensors));
    target.model().write(expected.values());
    instructions.add(new Instruction(target.id(), ids(xs), meaning, true));
    checkAll();
    if (!isBounded(expected)) {
      note(target + ".fill_(1)");
      x.fill_(1);
      UnaryOperator<Plain> ones = m -> m.map(_ -> 1);
      target.model().write(ones.apply(target.model()).values());
      instructions.add(new Instruction(target.id(), ids(xs), m -> ones.apply(m.getFirst()), true));
    }
  }

  /** A call that makes a tensor another view of its memory, and none other. */
  void move(String call, Live x, UnaryOperator<Tensor> there, UnaryOperator<Plain> meaning) {
    if (isLeaf(x)) {
      return;
    }
    note(call);
    assertSame(x.tensor(), there.apply(x.tensor()));
    for (int i = 0; i < live.size(); i++) {
      Live one = live.get(i);
      if (one.tensor() == x.tensor()) { // a copy that was not needed is the tensor itself
        live.set(i, new Live(one.id(), one.tensor(), meaning.apply(one.model()), one.depth()));
        instructions.add(
            new Instruction(
                one.id(), new int[] {one.id()}, m -> meaning.apply(m.getFirst()), false));
      }
    }
    checkAll();
  }

  private static int[] ids(List<Live> xs) {
    return xs.stream().mapToInt(Live::id).toArray();
  }

  private boolean isLeaf(Live x) {
    return leaves.stream().anyMatch(leaf -> leaf.live.shares(x));
  }

  /** A call that is refused, and changes nothing. */
  void refuse(Class<? extends RuntimeException> type, String call, Executable there) {
    note(call + " is refused");
    assertThrows(type, there);
    checkAll();
  }

  // ---- comparing

  void checkAll() {
    live.forEach(one -> compare(Match.EXACT, one.tensor(), one.model()));
  }

  private void compare(Match match, Tensor tensor, Plain model) {
    assertEquals(Shape.of(model.sizes()), tensor.shape());
    double[] expected = model.values();
    double[] found = Cells.doubles(tensor);
    double slack =
        isSmooth()
            ? SMOOTH_SLACK
            : match == Match.EXACT ? 0 : (tensor.dtype() == DType.FLOAT32 ? 1e-4 : 1e-9);
    for (int i = 0; i < expected.length; i++) {
      double a = expected[i];
      double b = found[i];
      boolean meets = a == b || Math.abs(a - b) <= slack * Math.max(1, Math.abs(a));
      boolean both = Double.isNaN(a) && Double.isNaN(b);
      if (!meets && !both) {
        throw new AssertionError(
            "expected " + model + " but was " + Arrays.toString(found) + ", at " + i);
      }
    }
  }

  private boolean isBounded(Plain model) {
    double greatest = isSmooth() ? GREATEST_SMOOTH : GREATEST_WHOLE;
    return Arrays.stream(model.values()).allMatch(v -> Math.abs(v) <= greatest);
  }

  // ---- once more, with other numbers

  /** Returns the models of all tensors after the program has run with the leaves' numbers. */
  Map<Integer, Plain> replay() {
    Map<Integer, Plain> models = new HashMap<>();
    for (Instruction instruction : instructions) {
      List<Plain> operands = Arrays.stream(instruction.operands).mapToObj(models::get).toList();
      Plain result = instruction.meaning.apply(operands);
      if (instruction.writes) {
        operands.getFirst().write(result.values());
      } else {
        models.put(instruction.result, result);
      }
    }
    return models;
  }

  /** The program's text, a call a line. */
  @Override
  public String toString() {
    return String.join("\n", text);
  }
}
