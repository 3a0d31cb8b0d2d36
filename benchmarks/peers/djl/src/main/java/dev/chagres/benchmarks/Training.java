package dev.chagres.benchmarks;

import static dev.chagres.benchmarks.Peer.DATA;
import static dev.chagres.benchmarks.Peer.below;
import static dev.chagres.benchmarks.Peer.positive;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Steps of training, of DJL's functions, losses and optimizers: what its Trainer does, without it.
 */
final class Training {

  private static final Shape ONE = new Shape(1, 1);
  private static final Shape TWO = new Shape(2, 2);
  private static final Shape NOTHING = new Shape(0, 0);

  private Training() {}

  static void in(Recipes<NDArray> recipes) {
    recipes
        .add("step: scalar", _ -> scalar())
        .add("step: line through points", s -> line(s[0]))
        .add("step: hidden layer 2-5-3", _ -> hidden())
        .add("step: MLP, batch", s -> mlp(s[0], 784, 256, 128, 10))
        .add("step: MLP, width", s -> mlp(64, 784, s[0], s[0], 10))
        .add("step: CNN, batch", s -> cnn(s[0]));
  }

  private static Task<NDArray> scalar() {
    var x = DATA.create(new float[] {1});
    var y = DATA.create(new float[] {2});
    var w = DATA.create(new float[] {1});
    w.setRequiresGradient(true);
    var kept = new NDArray[1];
    return () -> {
      if (kept[0] != null) {
        kept[0].close();
      }
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        try (var collector = Engine.getInstance().newGradientCollector()) {
          kept[0] = w.mul(x).sub(y).pow(2).sum();
          collector.backward(kept[0]);
        }
        var gradient = w.getGradient();
        w.subi(gradient.mul(0.01f));
        gradient.muli(0);
        NDScope.unregister(kept[0]);
      }
      return kept[0];
    };
  }

  private static Task<NDArray> line(long points) {
    var x = positive(1, points, 1);
    var y = x.mul(2).add(1);
    y.attach(DATA);
    var layers = new Layers();
    var model = layers.linear(1, 1);
    return step(layers, sgd(0.1f), () -> model.apply(x).sub(y).square().mean());
  }

  private static Task<NDArray> hidden() {
    var x = DATA.create(new float[] {0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1}, new Shape(6, 2));
    var y = DATA.create(new long[] {0, 1, 2, 0, 0, 2});
    var layers = new Layers();
    var first = layers.linear(2, 5);
    var second = layers.linear(5, 3);
    return step(layers, sgd(0.01f), entropy(z -> second.apply(relu(first.apply(z))), x, y));
  }

  private static Task<NDArray> mlp(long batch, long... widths) {
    var layers = new Layers();
    UnaryOperator<NDArray> model = UnaryOperator.identity();
    for (int i = 1; i < widths.length; i++) {
      var before = model;
      var linear = layers.linear(widths[i - 1], widths[i]);
      boolean last = i + 1 == widths.length;
      model =
          x -> {
            var y = linear.apply(before.apply(x));
            return last ? y : relu(y);
          };
    }
    return classifier(layers, model, positive(1, batch, widths[0]));
  }

  private static Task<NDArray> cnn(long batch) {
    var layers = new Layers();
    var first = layers.convolution(1, 32);
    var second = layers.convolution(32, 64);
    var third = layers.linear(64 * 7 * 7, 128);
    var last = layers.linear(128, 10);
    return classifier(
        layers,
        x -> {
          var features = pool(relu(second.apply(pool(relu(first.apply(x))))));
          return last.apply(relu(third.apply(features.reshape(batch, -1))));
        },
        positive(1, batch, 1, 28, 28));
  }

  private static Task<NDArray> classifier(Layers layers, UnaryOperator<NDArray> model, NDArray x) {
    var y = below(2, 10, x.size(0));
    var adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(1e-3f)).build();
    return step(layers, adam, entropy(model, x, y));
  }

  private static Supplier<NDArray> entropy(UnaryOperator<NDArray> model, NDArray x, NDArray y) {
    var loss = Loss.softmaxCrossEntropyLoss();
    return () -> loss.evaluate(new NDList(y), new NDList(model.apply(x)));
  }

  private static Optimizer sgd(float rate) {
    return Optimizer.sgd().setLearningRateTracker(Tracker.fixed(rate)).build();
  }

  /** The scope ends before the optimizer, whose state must not belong to it. */
  private static Task<NDArray> step(Layers layers, Optimizer optimizer, Supplier<NDArray> forward) {
    var kept = new NDArray[1];
    return () -> {
      if (kept[0] != null) {
        kept[0].close();
      }
      try (var scope = new NDScope();
          var collector = Engine.getInstance().newGradientCollector()) {
        scope.suppressNotUsedWarning();
        kept[0] = forward.get();
        collector.backward(kept[0]);
        NDScope.unregister(kept[0]);
      }
      for (int i = 0; i < layers.parameters.size(); i++) {
        var parameter = layers.parameters.get(i);
        try (var gradient = parameter.getGradient()) {
          optimizer.update("" + i, parameter, gradient);
        }
      }
      return kept[0];
    };
  }

  private static NDArray relu(NDArray x) {
    return x.getNDArrayInternal().relu();
  }

  private static NDArray pool(NDArray x) {
    return x.getNDArrayInternal().maxPool(TWO, TWO, NOTHING, false);
  }

  /** Layers as functions, with the first parameters that they have on every side. */
  private static final class Layers {
    private final List<NDArray> parameters = new ArrayList<>();

    private NDArray parameter(long... shape) {
      int count = (int) Data.count(shape);
      float[] values = Data.weights(parameters.size(), count, Data.scale(shape));
      var parameter = DATA.create(values, new Shape(shape));
      parameter.setRequiresGradient(true);
      parameters.add(parameter);
      return parameter;
    }

    UnaryOperator<NDArray> linear(long in, long out) {
      var weight = parameter(out, in);
      var bias = parameter(out);
      return x -> x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();
    }

    UnaryOperator<NDArray> convolution(long in, long out) {
      var weight = parameter(out, in, 3, 3);
      var bias = parameter(out);
      return x ->
          x.getNDArrayInternal().convolution(x, weight, bias, ONE, ONE, ONE, 1).singletonOrThrow();
    }
  }
}
