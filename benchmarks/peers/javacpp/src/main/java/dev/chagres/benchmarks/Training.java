package dev.chagres.benchmarks;

import static dev.chagres.benchmarks.Peer.below;
import static dev.chagres.benchmarks.Peer.positive;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Steps of training, of functions and the optimizers of libtorch. */
final class Training {

  private static final long[] ONES = {1, 1};

  private Training() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("step: scalar", _ -> scalar())
        .add("step: line through points", s -> line(s[0]))
        .add("step: hidden layer 2-5-3", _ -> hidden())
        .add("step: MLP, batch", s -> mlp(s[0], 784, 256, 128, 10))
        .add("step: MLP, width", s -> mlp(64, 784, s[0], s[0], 10))
        .add("step: CNN, batch", s -> cnn(s[0]));
  }

  private static Task<Tensor> scalar() {
    var x = Tensor.create(new float[] {1}, 1);
    var y = Tensor.create(new float[] {2}, 1);
    var w = Tensor.create(new float[] {1}, 1).requires_grad_(true);
    return () -> {
      var loss = w.mul(x).sub(y).pow(new Scalar(2)).sum();
      loss.backward();
      try (var guard = new NoGradGuard()) {
        w.sub_(w.grad().mul(new Scalar(0.01)));
      }
      w.grad().zero_();
      return loss;
    };
  }

  private static Task<Tensor> line(long points) {
    var x = positive(1, points, 1);
    var y = x.mul(new Scalar(2)).add(new Scalar(1));
    var layer = new Layers();
    var model = layer.linear(1, 1);
    var optimizer = new SGD(layer.vector(), new SGDOptions(0.1));
    return step(optimizer, () -> torch.mse_loss(model.apply(x), y));
  }

  private static Task<Tensor> hidden() {
    var x = Tensor.create(new float[] {0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1}, 6, 2);
    var y = Tensor.create(0L, 1, 2, 0, 0, 2);
    var layers = new Layers();
    var first = layers.linear(2, 5);
    var second = layers.linear(5, 3);
    var optimizer = new SGD(layers.vector(), new SGDOptions(0.01));
    return step(optimizer, () -> torch.cross_entropy_loss(second.apply(first.apply(x).relu()), y));
  }

  private static Task<Tensor> mlp(long batch, long... widths) {
    var layers = new Layers();
    UnaryOperator<Tensor> model = UnaryOperator.identity();
    for (int i = 1; i < widths.length; i++) {
      var before = model;
      var linear = layers.linear(widths[i - 1], widths[i]);
      boolean last = i + 1 == widths.length;
      model =
          x -> {
            var y = linear.apply(before.apply(x));
            return last ? y : y.relu();
          };
    }
    return classifier(layers, model, positive(1, batch, widths[0]));
  }

  private static Task<Tensor> cnn(long batch) {
    var layers = new Layers();
    var first = layers.convolution(1, 32);
    var second = layers.convolution(32, 64);
    var third = layers.linear(64 * 7 * 7, 128);
    var last = layers.linear(128, 10);
    return classifier(
        layers,
        x -> {
          var pooled = torch.max_pool2d(first.apply(x).relu(), 2, 2);
          var features = torch.max_pool2d(second.apply(pooled).relu(), 2, 2);
          return last.apply(third.apply(features.reshape(batch, -1)).relu());
        },
        positive(1, batch, 1, 28, 28));
  }

  private static Task<Tensor> classifier(Layers layers, UnaryOperator<Tensor> model, Tensor x) {
    var y = below(2, 10, x.size(0));
    var optimizer = new Adam(layers.vector(), new AdamOptions(1e-3));
    return step(optimizer, () -> torch.cross_entropy_loss(model.apply(x), y));
  }

  private static Task<Tensor> step(Optimizer optimizer, Supplier<Tensor> forward) {
    return () -> {
      optimizer.zero_grad();
      var loss = forward.get();
      loss.backward();
      optimizer.step();
      return loss;
    };
  }

  /** Layers as functions, with the first parameters that they have on every side. */
  private static final class Layers {
    private final List<Tensor> parameters = new ArrayList<>();

    private Tensor parameter(long... shape) {
      int count = (int) Data.count(shape);
      float[] values = Data.weights(parameters.size(), count, Data.scale(shape));
      var parameter = Tensor.create(values, shape).requires_grad_(true);
      parameters.add(parameter);
      return parameter;
    }

    UnaryOperator<Tensor> linear(long in, long out) {
      var weight = parameter(out, in);
      var bias = new TensorOptional(parameter(out));
      return x -> torch.linear(x, weight, bias);
    }

    UnaryOperator<Tensor> convolution(long in, long out) {
      var weight = parameter(out, in, 3, 3);
      var bias = new TensorOptional(parameter(out));
      return x -> torch.conv2d(x, weight, bias, ONES, ONES, ONES, 1);
    }

    TensorVector vector() {
      return new TensorVector(parameters.toArray(Tensor[]::new));
    }
  }
}
