package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleBinaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random programs: creation, views, writes through views, arithmetic, reductions, products,
 * indexing and scopes in any order, beside a model that keeps every element in a Java array. The
 * seed is printed; {@code -Dchagres.test.seed} and {@code -Dchagres.test.calls} set another and a
 * longer run.
 */
class RandomProgramsTest {
  private static final long SEED = Long.getLong("chagres.test.seed", 20_260_101);
  private static final int CALLS = Integer.getInteger("chagres.test.calls", 300_000);
  private static final int LIVE = 10;
  private static final DType[] TYPES = {DType.FLOAT64, DType.FLOAT32, DType.INT64, DType.INT32};
  private static final int GREATEST = 120;

  /** A tensor, what it must hold, and the scope that will take it. */
  private record Live(Tensor tensor, Plain model, int depth) {}

  private final Random random = new Random(SEED);
  private final List<Live> live = new ArrayList<>();
  private final Deque<Scope> scopes = new ArrayDeque<>();
  private final StringBuilder history = new StringBuilder();
  private int calls;

  @Test
  void randomProgramsDoWhatTheirModelDoes() throws InterruptedException {
    System.out.println("random programs: " + CALLS + " calls, seed " + SEED);
    long before = Memory.stats().liveStorages();
    try {
      while (calls < CALLS) {
        if (calls % 100 == 0) {
          reset();
        }
        calls++;
        step();
        if (live.size() > LIVE) {
          live.remove(random.nextInt(live.size()));
        }
      }
    } catch (RuntimeException | AssertionError e) {
      fail("seed " + SEED + ", call " + calls + ":\n" + history, e);
    } finally {
      reset();
    }
    assertTrue(settles(before), () -> "left over: " + Memory.stats());
  }

  /** Whether the collector finds all that was made outside of scopes, which it needs time for. */
  private static boolean settles(long before) throws InterruptedException {
    for (int i = 0; i < 100; i++) {
      System.gc();
      Thread.sleep(50);
      Tensor.zeros(1).storage().free();
      if (Memory.stats().liveStorages() <= before + 10) {
        return true;
      }
    }
    return false;
  }

  /** Programs end: what went before does not have to be read to understand a failure. */
  private void reset() {
    while (!scopes.isEmpty()) {
      scopes.pop().close();
    }
    live.clear();
    history.setLength(0);
  }

  private void step() {
    if (live.isEmpty()) {
      create();
      return;
    }
    switch (random.nextInt(28)) {
      case 0, 1 -> create();
      case 2 -> openScope();
      case 3 -> closeScope();
      case 4, 5, 6, 7, 8 -> view();
      case 9, 10, 11, 12 -> write();
      case 13, 14 -> unary();
      case 15, 16, 17 -> binary();
      case 18 -> reduce();
      case 19 -> product();
      case 20 -> select();
      case 21 -> join();
      case 22 -> convert();
      case 23 -> index();
      case 24, 25 -> put();
      case 26 -> scatter();
      default -> closed();
    }
  }

  private void keep(String call, Tensor tensor, Plain model) {
    history.append('\n').append(call);
    Live made = new Live(tensor, model, scopes.size());
    live.add(made);
    check(made);
  }

  private void check(Live one) {
    assertEquals(Shape.of(one.model.sizes()), one.tensor.shape());
    assertArrayEquals(positive(one.model.values()), positive(Cells.doubles(one.tensor)));
  }

  /** The model does not keep the sign of zeros. */
  private static double[] positive(double... values) {
    return Arrays.stream(values).map(v -> v + 0.0).toArray();
  }

  private Live any() {
    return live.get(random.nextInt(live.size()));
  }

  private String name(Live one) {
    return "t" + live.indexOf(one) + one.tensor.shape();
  }

  // ---- making

  private long[] sizes(int rank) {
    long[] sizes = new long[rank];
    for (int d = 0; d < rank; d++) {
      sizes[d] = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(4);
      if (rank <= 2 && random.nextInt(8) == 0) {
        sizes[d] = 1 + random.nextInt(40); // more than a vector register holds
      }
    }
    return sizes;
  }

  private double[] numbers(int count) {
    double[] values = new double[count];
    Arrays.setAll(values, i -> random.nextInt(19) - 9);
    return values;
  }

  private void create() {
    long[] sizes = sizes(random.nextInt(4));
    double[] values = numbers(Indices.numel(sizes));
    DType dtype = TYPES[random.nextInt(TYPES.length)];
    keep(
        "new " + dtype + " " + Shape.of(sizes),
        Cells.tensor(dtype, sizes, values),
        new Plain(sizes, values));
  }

  private void openScope() {
    if (scopes.size() < 4) {
      history.append("\nopen scope");
      scopes.push(Scope.open());
    }
  }

  private void closeScope() {
    if (scopes.isEmpty()) {
      return;
    }
    history.append("\nclose scope");
    int depth = scopes.size();
    List<Live> gone = live.stream().filter(one -> one.depth >= depth).toList();
    if (!gone.isEmpty() && random.nextInt(3) == 0) {
      Live kept = gone.get(random.nextInt(gone.size()));
      scopes.peek().keep(kept.tensor);
      live.remove(kept);
      live.add(new Live(kept.tensor, kept.model, depth - 1));
      gone = gone.stream().filter(one -> one.tensor.storage() != kept.tensor.storage()).toList();
      live.removeIf(one -> one.depth >= depth && one.tensor.storage() == kept.tensor.storage());
    }
    // Views of older tensors share their memory and stay.
    List<Live> own = new ArrayList<>();
    for (Live one : gone) {
      boolean shared =
          live.stream()
              .anyMatch(
                  other -> other.depth < depth && other.tensor.storage() == one.tensor.storage());
      live.remove(one);
      if (shared) {
        live.add(new Live(one.tensor, one.model, depth - 1));
      } else {
        own.add(one);
      }
    }
    scopes.pop().close();
    for (Live one : own) {
      if (one.tensor.numel() > 0 && one.tensor.storage().isFreed()) {
        assertThrows(IllegalStateException.class, () -> one.tensor.add(1));
        if (!one.tensor.layout().mayOverlap()) {
          assertThrows(IllegalStateException.class, () -> one.tensor.fill_(1));
        }
      }
    }
  }

  // ---- views

  private void view() {
    Live one = any();
    Tensor x = one.tensor;
    Plain m = one.model;
    int rank = m.dim();
    if (rank == 0 || random.nextInt(8) == 0) {
      long[] sizes = Indices.inserted(m.sizes(), 0, 1 + random.nextInt(3));
      keep(
          name(one) + " expand",
          x.expand(sizes),
          m.view(sizes, i -> Arrays.copyOfRange(i, 1, i.length)));
      return;
    }
    int d = random.nextInt(rank);
    long size = m.sizes()[d];
    switch (random.nextInt(7)) {
      case 0 -> {
        int e = random.nextInt(rank);
        long[] sizes = Indices.swapped(m.sizes(), d, e);
        keep(
            name(one) + " transpose",
            x.transpose(d, e),
            m.view(sizes, i -> Indices.swapped(i, d, e)));
      }
      case 1 -> {
        long from = random.nextInt((int) size + 1);
        long length = random.nextInt((int) (size - from) + 1);
        long[] sizes = Indices.with(m.sizes(), d, length);
        keep(
            name(one) + " narrow",
            x.narrow(d, from, length),
            m.view(sizes, i -> Indices.with(i, d, i[d] + from)));
      }
      case 2 -> {
        if (size > 0) {
          long at = random.nextInt((int) size);
          keep(
              name(one) + " select",
              x.select(d, at),
              m.view(Indices.removed(m.sizes(), d), i -> Indices.inserted(i, d, at)));
        }
      }
      case 3 -> {
        long[] sizes = Indices.with(m.sizes(), d, (size + 1) / 2);
        keep(
            name(one) + " slice",
            x.slice(d, 0, size, 2),
            m.view(sizes, i -> Indices.with(i, d, 2 * i[d])));
      }
      case 4 ->
          keep(
              name(one) + " unsqueeze",
              rank < 5 ? x.unsqueeze(d) : x,
              rank < 5 ? m.view(Indices.inserted(m.sizes(), d, 1), i -> Indices.removed(i, d)) : m);
      case 5 -> flatten(one);
      default -> {
        if (rank > 1 && size > 0 && m.numel() < GREATEST) {
          long window = 1 + random.nextInt((int) size);
          long[] sizes =
              Indices.inserted(Indices.with(m.sizes(), d, size - window + 1), rank, window);
          keep(
              name(one) + " unfold",
              x.unfold(d, window, 1),
              m.view(sizes, i -> Indices.with(Indices.removed(i, rank), d, i[d] + i[rank])));
        }
      }
    }
  }

  /** A view where the layout allows it, else a copy: the storage says which it was. */
  private void flatten(Live one) {
    Tensor y = one.tensor.flatten();
    long[] sizes = {one.model.numel()};
    boolean shares = y.storage() == one.tensor.storage();
    Plain m = (shares ? one.model : one.model.copy()).reshape(sizes);
    assertTrue(shares || !one.tensor.isContiguous(), history::toString);
    keep(name(one) + " flatten", y, m);
  }

  // ---- writing

  private void write() {
    Live one = any();
    Tensor x = one.tensor;
    Plain m = one.model;
    history.append('\n').append(name(one)).append(" in place");
    if (m.repeats()) {
      assertThrows(IllegalArgumentException.class, () -> x.add_(1));
      assertThrows(IllegalArgumentException.class, () -> x.fill_(1));
      live.forEach(this::check);
      return;
    }
    if (x.layout().mayOverlap()) {
      return;
    }
    switch (random.nextInt(7)) {
      case 0 -> {
        x.add_(2);
        m.write(m.map(v -> v + 2).values());
      }
      case 1 -> {
        x.fill_(7);
        m.write(m.map(v -> 7).values());
      }
      case 2 -> {
        x.clamp_(-5, 5);
        m.write(m.map(v -> Math.clamp(v, -5, 5)).values());
      }
      case 3 -> {
        x.neg_();
        m.write(m.map(v -> 0 - v).values());
        x.add_(0);
      }
      default -> writeOther(one);
    }
    live.forEach(this::check);
  }

  /** Another tensor, which may share memory, is added or copied. */
  private void writeOther(Live one) {
    Live other = any();
    Shape shape = Shape.broadcast(one.tensor.shape(), other.tensor.shape());
    history.append(" with ").append(name(other));
    if (shape == null || !shape.equals(one.tensor.shape())) {
      assertThrows(IllegalArgumentException.class, () -> one.tensor.add_(other.tensor));
      assertThrows(IllegalArgumentException.class, () -> one.tensor.copy_(other.tensor));
      return;
    }
    if (one.tensor.dtype().isInteger() && other.tensor.dtype().isFloating()) {
      assertThrows(IllegalArgumentException.class, () -> one.tensor.add_(other.tensor));
    }
    double[] before = one.model.values();
    double[] values = other.model.expand(one.model.sizes()).values();
    if (one.tensor.dtype().isInteger() && other.tensor.dtype().isFloating()
        || random.nextBoolean()) {
      one.tensor.copy_(other.tensor);
      one.model.write(values);
    } else {
      one.tensor.sub_(other.tensor);
      double[] sums = new double[before.length];
      Arrays.setAll(sums, i -> before[i] - values[i]);
      one.model.write(sums);
      if (Arrays.stream(sums).anyMatch(v -> Math.abs(v) > 1e6)) {
        one.tensor.fill_(1);
        one.model.write(one.model.map(v -> 1).values());
      }
    }
  }

  // ---- computing

  private void unary() {
    Live one = any();
    Tensor x = one.tensor;
    Plain m = one.model;
    switch (random.nextInt(5)) {
      case 0 ->
          keep(
              name(one) + " square",
              x.clamp(-9, 9).square(),
              m.map(v -> Math.pow(Math.clamp(v, -9, 9), 2)));
      case 1 -> keep(name(one) + " abs", x.abs(), m.map(Math::abs));
      case 2 -> keep(name(one) + " relu", x.relu().add(0), m.map(v -> Math.max(v, 0)));
      case 3 -> keep(name(one) + " clone", x.clone(), m.copy());
      default -> keep(name(one) + " rsub", x.rsub(3), m.map(v -> 3 - v));
    }
  }

  private void binary() {
    Live a = any();
    Live b = any();
    Shape shape = Shape.broadcast(a.tensor.shape(), b.tensor.shape());
    if (shape == null) {
      assertThrows(IllegalArgumentException.class, () -> a.tensor.add(b.tensor));
      return;
    }
    if (shape.numel() > 4 * GREATEST) {
      return;
    }
    String names = name(a) + ", " + name(b);
    switch (random.nextInt(4)) {
      case 0 ->
          keep(
              names + " add", a.tensor.add(b.tensor).clamp(-99, 99), zip(a, b, shape, Double::sum));
      case 1 ->
          keep(
              names + " maximum",
              a.tensor.maximum(b.tensor).clamp(-99, 99),
              zip(a, b, shape, Math::max));
      case 2 ->
          keep(
              names + " where",
              Tensor.where(a.tensor.gt(b.tensor), a.tensor, b.tensor.neg()).clamp(-99, 99),
              zip(a, b, shape, (x, y) -> x > y ? x : 0 - y));
      default ->
          keep(
              names + " mul",
              a.tensor.mul(b.tensor).add(0).clamp(-99, 99),
              zip(a, b, shape, (x, y) -> x * y + 0.0));
    }
  }

  private static Plain zip(Live a, Live b, Shape shape, DoubleBinaryOperator function) {
    long[] sizes = shape.toArray();
    double[] x = a.model.expand(sizes).values();
    double[] y = b.model.expand(sizes).values();
    double[] z = new double[x.length];
    Arrays.setAll(z, i -> Math.clamp(function.applyAsDouble(x[i], y[i]), -99, 99));
    return new Plain(sizes, z);
  }

  private void reduce() {
    Live one = any();
    int rank = one.model.dim();
    if (rank == 0) {
      return;
    }
    int d = random.nextInt(rank);
    long[] sizes = Indices.removed(one.model.sizes(), d);
    double[] sums = new double[Indices.numel(sizes)];
    double[] values = one.model.values();
    for (int i = 0; i < values.length; i++) {
      long[] at = Indices.removed(Indices.of(i, one.model.sizes()), d);
      sums[Indices.flat(sizes, at)] += values[i];
    }
    keep(
        name(one) + " sum " + d,
        one.tensor.sum(d).clamp(-999, 999),
        new Plain(sizes, sums).map(v -> Math.clamp(v, -999, 999)));
  }

  private void product() {
    Live a = any();
    Live b = any();
    if (a.model.dim() != 2 || b.model.dim() != 2) {
      return;
    }
    if (a.model.sizes()[1] != b.model.sizes()[0] || a.tensor.dtype() != b.tensor.dtype()) {
      assertThrows(IllegalArgumentException.class, () -> a.tensor.mm(b.tensor));
      return;
    }
    long[] sizes = {a.model.sizes()[0], b.model.sizes()[1]};
    double[] x = a.model.values();
    double[] y = b.model.values();
    double[] z = new double[Indices.numel(sizes)];
    int inner = (int) a.model.sizes()[1];
    for (int i = 0; i < z.length; i++) {
      int row = (int) (i / sizes[1]);
      int column = (int) (i % sizes[1]);
      for (int k = 0; k < inner; k++) {
        z[i] += x[row * inner + k] * y[(int) (k * sizes[1] + column)];
      }
    }
    keep(
        name(a) + " mm " + name(b),
        a.tensor.mm(b.tensor).add(0).clamp(-99, 99),
        new Plain(sizes, z).map(v -> Math.clamp(v + 0.0, -99, 99)));
  }

  private void select() {
    Live one = any();
    int rank = one.model.dim();
    if (rank == 0) {
      return;
    }
    int d = random.nextInt(rank);
    int size = (int) one.model.sizes()[d];
    long[] picks = new long[random.nextInt(4)];
    if (size == 0 && picks.length > 0) {
      assertThrows(
          RuntimeException.class,
          () -> one.tensor.indexSelect(d, Tensor.of(picks)),
          history::toString);
      return;
    }
    for (int i = 0; i < picks.length; i++) {
      picks[i] = random.nextInt(2 * size) - size;
    }
    long[] sizes = Indices.with(one.model.sizes(), d, picks.length);
    Plain m =
        one.model.view(sizes, i -> Indices.with(i, d, Math.floorMod(picks[(int) i[d]], size)));
    keep(name(one) + " indexSelect", one.tensor.indexSelect(d, Tensor.of(picks)), m.copy());
    long[] wrong = {size};
    assertThrows(
        IndexOutOfBoundsException.class, () -> one.tensor.indexSelect(d, Tensor.of(wrong)));
  }

  /** An index expression for a tensor that names no more than a few elements, or null. */
  private @Nullable RandomIndex expression(Live one) {
    RandomIndex index = new RandomIndex(random, one.model.sizes());
    return Indices.numel(index.resultSizes()) <= 2 * GREATEST ? index : null;
  }

  private void index() {
    Live one = any();
    RandomIndex index = expression(one);
    if (index != null) {
      history.append('\n').append(name(one)).append(' ').append(index);
      Tensor y = one.tensor.index(index.items());
      Plain m = one.model.view(index.resultSizes(), index::source);
      boolean shares = y.storage() == one.tensor.storage();
      keep(name(one) + " index " + index, y, shares ? m : m.copy());
    }
  }

  /** Writes numbers, or adds them, to what an expression names. */
  private void put() {
    Live one = any();
    Tensor x = one.tensor;
    RandomIndex index = expression(one);
    if (index == null || one.model.repeats() || x.layout().mayOverlap()) {
      return;
    }
    long[] sizes = index.resultSizes();
    long[] given = sizes.clone();
    for (int d = 0; d < given.length; d++) {
      given[d] = random.nextInt(4) == 0 ? 1 : given[d];
    }
    double[] numbers = numbers(Indices.numel(given));
    Tensor values = Cells.tensor(x.dtype(), given, numbers);
    double[] wide = new Plain(given, numbers).expand(sizes).values();
    boolean adds = random.nextBoolean();
    history.append('\n').append(name(one)).append(adds ? " adds " : " puts ").append(index);
    double[] expected = one.model.values();
    for (int i = 0; i < wide.length; i++) {
      int at = Indices.flat(one.model.sizes(), index.source(Indices.of(i, sizes)));
      expected[at] = adds ? expected[at] + wide[i] : wide[i];
    }
    if (adds) {
      x.indexPut_(values, Accumulate.ACCUMULATE, index.items());
    } else if (random.nextBoolean()) {
      x.put(values, index.items());
    } else {
      x.indexPut_(values, index.items());
    }
    one.model.write(expected);
    live.forEach(this::check);
  }

  /** Numbers meet the elements that an index names along a dimension. */
  private void scatter() {
    Live one = any();
    Tensor x = one.tensor;
    int rank = one.model.dim();
    if (rank == 0 || one.model.numel() == 0 || one.model.repeats() || x.layout().mayOverlap()) {
      return;
    }
    int d = random.nextInt(rank);
    long[] all = one.model.sizes();
    long[] sizes = all.clone();
    for (int i = 0; i < rank; i++) {
      sizes[i] = i == d ? random.nextInt(5) : 1 + random.nextInt((int) all[i]);
    }
    long[] places = new long[Indices.numel(sizes)];
    Arrays.setAll(places, i -> random.nextInt((int) (2 * all[d])) - all[d]);
    double[] numbers = numbers(places.length);
    Tensor index = Cells.tensor(DType.INT64, sizes, places);
    Tensor source = Cells.tensor(x.dtype(), sizes, numbers);
    double[] expected = one.model.values();
    int kind = random.nextInt(4);
    DoubleBinaryOperator meet =
        List.<DoubleBinaryOperator>of(Double::sum, Math::max, Math::min, (a, b) -> b).get(kind);
    for (int i = 0; i < places.length; i++) {
      long[] at = Indices.with(Indices.of(i, sizes), d, Math.floorMod(places[i], all[d]));
      int flat = Indices.flat(all, at);
      expected[flat] = meet.applyAsDouble(expected[flat], numbers[i]);
    }
    Reduce reduce = List.of(Reduce.SUM, Reduce.AMAX, Reduce.AMIN).get(kind % 3);
    String call = name(one) + " scatter " + kind + " " + d + " " + Arrays.toString(places);
    if (random.nextBoolean()) {
      Tensor y = kind < 3 ? x.scatterReduce(d, index, source, reduce) : x.scatter(d, index, source);
      keep(call, y, new Plain(all, expected));
      return;
    }
    history.append('\n').append(call).append(" in place");
    if (kind < 3) {
      x.scatterReduce_(d, index, source, reduce);
    } else {
      x.scatter_(d, index, source);
    }
    one.model.write(expected);
    live.forEach(this::check);
  }

  private void join() {
    Live one = any();
    if (one.model.dim() == 0 || one.model.numel() > GREATEST) {
      return;
    }
    long[] sizes = Indices.with(one.model.sizes(), 0, 2 * one.model.sizes()[0]);
    double[] values = one.model.values();
    double[] both = Arrays.copyOf(values, 2 * values.length);
    System.arraycopy(values, 0, both, values.length, values.length);
    keep(
        name(one) + " cat", Tensor.cat(List.of(one.tensor, one.tensor), 0), new Plain(sizes, both));
  }

  private void convert() {
    Live one = any();
    DType dtype = TYPES[random.nextInt(TYPES.length)];
    Tensor there = one.tensor.to(dtype);
    assertEquals(dtype, there.dtype());
    boolean same = dtype == one.tensor.dtype();
    keep(name(one) + " to " + dtype, there, same ? one.model : one.model.copy());
  }

  /** What a closed scope took cannot be used, and says so. */
  private void closed() {
    Tensor lost;
    try (Scope _ = Scope.open()) {
      lost = Tensor.ones(DType.FLOAT64, 2, 2);
    }
    Exception e = assertThrows(IllegalStateException.class, () -> lost.add(any().tensor.sum()));
    assertTrue(e.getMessage().contains("use after close"), e.getMessage());
  }
}
