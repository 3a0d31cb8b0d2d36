package dev.chagres.tensor;

import static dev.chagres.tensor.IncludeSelf.INCLUDE_SELF;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.autograd.Operation.Rule;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import java.util.function.UnaryOperator;

/**
 * Writing where several values may meet in one element, which takes their sum, product, mean or
 * extremum: {@code scatterReduce} and {@code indexReduce}. Gradients are PyTorch's, which divides
 * that of an extremum among all that equal it, the element itself too where it is not included.
 */
final class ReducedWrites {
  private final String node;
  private final Places places;
  private final Reduce reduce;
  private final IncludeSelf self;

  private ReducedWrites(String node, Places places, Reduce reduce, IncludeSelf self) {
    this.node = node;
    this.places = places;
    this.reduce = reduce;
    this.self = self;
  }

  /** Values that an index names an element each for. */
  static ReducedWrites scatter(Places places, Reduce reduce, IncludeSelf self) {
    return new ReducedWrites("ScatterReduceBackward", places, reduce, self);
  }

  /** Whole slices of values. */
  static ReducedWrites slices(Places places, Reduce reduce, IncludeSelf self) {
    return new ReducedWrites("IndexReduceBackward", places, reduce, self);
  }

  /** Returns a copy of {@code x} with the values of a source written into it. */
  Tensor write(Tensor x, Tensor source) {
    checkType(x);
    Tensor values = places.values(x, source);
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = Copying.copy(x);
      put(y, values);
    }
    if ((x.requiresGrad() || values.requiresGrad()) && GradMode.isEnabled()) {
      Saved keptX = new Saved(x);
      Saved keptValues = new Saved(values);
      Saved keptY = new Saved(y);
      ReducedWrites kept = new ReducedWrites(node, places.saved(), reduce, self);
      y.setHistory(
          Operation.of(
              node,
              Gradients.input(x, kept.ruleOfSelf(keptX, keptValues, keptY)),
              Gradients.input(values, kept.ruleOfValues(keptX, keptValues, keptY))));
    }
    return y;
  }

  /** Writes into {@code x}, which is returned. */
  Tensor write_(Tensor x, Tensor source) {
    String name = places.name();
    if (Writing.isRecorded(name, x, source)) {
      return Writing.assign(name, x, write(Copying.copy(x), source));
    }
    checkType(x);
    try (var _ = GradMode.disable()) {
      Tensor values = places.values(x, source);
      Writing.check(name, x, x.shape(), x.dtype());
      Writing.checkLive(values);
      ReducedWrites apart = new ReducedWrites(node, places.apart(x), reduce, self);
      apart.put(x, Places.apart(x, values));
    }
    RawMemory.bumpVersion(x.storage());
    return x;
  }

  private void checkType(Tensor x) {
    if (reduce == Reduce.MEAN && x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(places.name() + ": a mean is not defined for bool");
    }
  }

  private void put(Tensor y, Tensor values) {
    if (self != INCLUDE_SELF) {
      Tensor neutral = Creation.full(y.device(), Shape.scalar(), neutral(y.dtype()), y.dtype());
      places.put(Store.REPLACE, y, ViewOps.expand(neutral, values.shape()));
    }
    switch (reduce) {
      case SUM -> places.put(Store.ADD, y, values);
      case PROD -> places.put(Store.MULTIPLY, y, values);
      case AMAX -> places.put(Store.MAX, y, values);
      case AMIN -> places.put(Store.MIN, y, values);
      case MEAN -> {
        places.put(Store.ADD, y, values);
        Tensor counts = counts(y);
        Tensor mean = y.dtype().isFloating() ? y.div(counts) : y.floorDivide(counts);
        Writing.store(mean, y);
      }
    }
  }

  /** What a reduction begins with where the element itself does not count. */
  private Number neutral(DType dtype) {
    return switch (reduce) {
      case SUM, MEAN -> 0;
      case PROD -> 1;
      case AMAX -> least(dtype);
      case AMIN -> greatest(dtype);
    };
  }

  private static Number least(DType dtype) {
    return switch (dtype.kind()) {
      case BOOL -> 0;
      case INTEGER -> dtype == DType.UINT8 ? 0L : Long.MIN_VALUE >> (Long.SIZE - 8 * dtype.size());
      case FLOATING -> Double.NEGATIVE_INFINITY;
    };
  }

  private static Number greatest(DType dtype) {
    return switch (dtype.kind()) {
      case BOOL -> 1;
      case INTEGER ->
          dtype == DType.UINT8 ? 255L : Long.MAX_VALUE >> (Long.SIZE - 8 * dtype.size());
      case FLOATING -> Double.POSITIVE_INFINITY;
    };
  }

  /** How many values the mean in each element is of; 1 where there are none. */
  private Tensor counts(Tensor x) {
    DType dtype = x.dtype().isFloating() ? DType.FLOAT32.promote(x.dtype()) : DType.INT64;
    return places.counts(x, self == INCLUDE_SELF ? 1 : 0, dtype).clampMin(1);
  }

  // ---- gradients

  private Rule<Tensor> ruleOfSelf(Saved x, Saved values, Saved y) {
    UnaryOperator<Tensor> rule =
        switch (reduce) {
          case SUM -> g -> g;
          case MEAN -> this::perValue;
          case PROD -> g -> g.mul(othersOfSelf(x.get(), values.get()));
          case AMAX, AMIN ->
              g -> share(g, x.get(), values.get(), y.get()).mul(is(x.get(), y.get()));
        };
    return self == INCLUDE_SELF ? rule::apply : g -> places.cleared(rule.apply(g));
  }

  private Rule<Tensor> ruleOfValues(Saved x, Saved values, Saved y) {
    return switch (reduce) {
      case SUM -> places::read;
      case MEAN -> g -> places.read(perValue(g));
      case PROD -> g -> productOfOthers(g, x.get(), values.get(), y.get());
      case AMAX, AMIN ->
          g -> {
            Tensor winners = is(values.get(), places.read(y.get()));
            return places.read(share(g, x.get(), values.get(), y.get())).mul(winners);
          };
    };
  }

  private Tensor perValue(Tensor g) {
    return Copying.cast(g.div(counts(g)), g.dtype());
  }

  /** 1 where two tensors are equal, else 0. */
  private static Tensor is(Tensor a, Tensor b) {
    return Copying.cast(a.eq(b), a.dtype());
  }

  /** The gradient of each extremum, for each of those that equal it. */
  private Tensor share(Tensor g, Tensor x, Tensor values, Tensor y) {
    Tensor winners = is(values, places.read(y));
    return g.div(places.write(Store.ADD, is(x, y), shaped(winners, x)));
  }

  /** Values in the shape that a source has. */
  private Tensor shaped(Tensor values, Tensor x) {
    return ViewOps.reshape(values, places.sourceShape(x));
  }

  /** The product of all values that meet in an element, without the element; 1 stands for a 0. */
  private Tensor othersOfSelf(Tensor x, Tensor values) {
    Tensor factors = x.maskedFill(x.eq(0), 1);
    return write(factors, shaped(values, x)).div(factors);
  }

  /**
   * The gradient of each value is the product of those that meet it. A division gives that, but for
   * the only 0 among them, which is left out.
   */
  private Tensor productOfOthers(Tensor g, Tensor x, Tensor values, Tensor y) {
    Tensor zero = values.eq(0);
    Tensor zeros =
        places.write(Store.ADD, x.detach().zerosLike(), shaped(is(values, values.zerosLike()), x));
    Tensor single = zero.logicalAnd(places.read(zeros).eq(1));
    Tensor rest = write(x, shaped(values.maskedFill(single, 1), x));
    Tensor quotients = places.read(g.mul(y)).div(values.maskedFill(zero, 1));
    Tensor gradient = Tensor.where(single, places.read(g.mul(rest)), quotients);
    boolean several = GradMode.isEnabled() && zeros.gt(1).any().isTrue();
    return several ? withoutDerivative(gradient) : gradient;
  }

  /** Where several zeros meet, the formula has the wrong derivative; PyTorch refuses it too. */
  private Tensor withoutDerivative(Tensor gradient) {
    Tensor same = new Tensor(gradient.data());
    Rule<Tensor> refusing =
        g -> {
          throw new IllegalStateException(
              places.name()
                  + ": a product in which several zeros meet is differentiable once, not twice");
        };
    same.setHistory(Operation.of("DelayedErrorBackward", Gradients.input(gradient, refusing)));
    return same;
  }
}
