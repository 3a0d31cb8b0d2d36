package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.below;
import static dev.chagres.benchmarks.side.Inputs.positive;
import static dev.chagres.benchmarks.side.Inputs.signed;

import dev.chagres.benchmarks.protocol.Data;
import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.cuda.CudaGraph;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.CrossEntropyLoss;
import dev.chagres.nn.Flatten;
import dev.chagres.nn.GRU;
import dev.chagres.nn.LSTM;
import dev.chagres.nn.Linear;
import dev.chagres.nn.MSELoss;
import dev.chagres.nn.MaxPool2d;
import dev.chagres.nn.Module;
import dev.chagres.nn.ModuleList;
import dev.chagres.nn.ReLU;
import dev.chagres.nn.Sequential;
import dev.chagres.nn.TransformerEncoderLayer;
import dev.chagres.optim.Adadelta;
import dev.chagres.optim.Adagrad;
import dev.chagres.optim.Adam;
import dev.chagres.optim.NAdam;
import dev.chagres.optim.Optimizer;
import dev.chagres.optim.RMSprop;
import dev.chagres.optim.SGD;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Steps of training: those of the tutorials that the library came from, an MLP, a CNN, optimizers.
 */
final class Training {

  private static final int WARM_UPS = 3;

  private Training() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("step: scalar", _ -> scalar())
        .add("step: line through points", s -> line(s[0]))
        .add("step: hidden layer 2-5-3", _ -> hidden())
        .add("step: MLP, batch", s -> mlp(s[0], 784, 256, 128, 10))
        .add("step: MLP, width", s -> mlp(64, 784, s[0], s[0], 10))
        .add("step: MLP, depth", s -> mlp(64, deep(s[0])))
        .add("step: CNN, batch", s -> cnn(s[0]))
        .add(
            "step: LSTM, width, sequences",
            s -> sequences(new LSTM(s[0], s[0], LSTM.options().batchFirst()), s))
        .add(
            "step: GRU, width, sequences",
            s -> sequences(new GRU(s[0], s[0], GRU.options().batchFirst()), s))
        .add("step: transformer layer, width, sequences", Training::transformer)
        .add("step: scalar, captured", captured(_ -> scalar()))
        .add("step: line through points, captured", captured(s -> line(s[0])))
        .add("step: hidden layer 2-5-3, captured", captured(_ -> hidden()))
        .add("step: MLP, captured, batch", captured(s -> mlp(s[0], 784, 256, 128, 10)))
        .add("step: CNN, captured, batch", captured(s -> cnn(s[0])))
        .add("step: CNN, tf32, batch", s -> Products.inTf32(cnn(s[0])))
        .add("step: Adam alone", optimizer(Training::adam))
        .add("step: Adam alone, beside torch's fused one", optimizer(Training::adam))
        .add("step: SGD alone", optimizer(p -> new SGD(p, SGD.options().lr(0.1).momentum(0.9))))
        .add("step: RMSprop alone", optimizer(p -> new RMSprop(p, RMSprop.options().lr(1e-3))))
        .add("step: Adagrad alone", optimizer(p -> new Adagrad(p, Adagrad.options().lr(1e-3))))
        .add("step: NAdam alone", optimizer(p -> new NAdam(p, NAdam.options().lr(1e-3))))
        .add("step: Adadelta alone", optimizer(p -> new Adadelta(p, Adadelta.options().lr(0.1))));
  }

  /**
   * A step that is captured in a graph, after as many steps as PyTorch needs before. On the CPU,
   * where there are no graphs, it goes on as it is.
   */
  private static Recipe<Tensor> captured(Recipe<Tensor> recipe) {
    return sizes -> {
      Task<Tensor> step = recipe.prepare(sizes);
      var device = DefaultDevice.get();
      if (device.isCuda()) {
        var options = CudaGraph.options().device(device).warmUps(WARM_UPS);
        return CudaGraph.capture(options, step::run)::replay;
      }
      for (int i = 0; i < WARM_UPS; i++) {
        try (var _ = Scope.open()) {
          step.run();
        }
      }
      return step;
    };
  }

  /** One of three points, w by hand: the first of the tutorials. */
  private static Task<Tensor> scalar() {
    var x = Tensor.of(new float[] {1});
    var y = Tensor.of(new float[] {2});
    var w = Tensor.of(new float[] {1}).requiresGrad_();
    return () -> {
      var loss = w.mul(x).sub(y).pow(2).sum();
      loss.backward();
      try (var _ = Autograd.noGrad()) {
        w.sub_(w.grad().mul(0.01));
      }
      w.grad().zero_();
      return loss;
    };
  }

  private static Task<Tensor> line(long points) {
    var x = positive(1, points, 1);
    var y = x.mul(2).add(1);
    var model = begun(new Linear(1, 1));
    var criterion = new MSELoss();
    var optimizer = new SGD(model.parameters(), SGD.options().lr(0.1));
    return step(optimizer, () -> criterion.call(model.call(x), y));
  }

  private static Task<Tensor> hidden() {
    var x = Tensor.of(new float[][] {{0, 0}, {1, 0}, {1, 1}, {0, 0}, {0, 0}, {0, 1}});
    var y = Tensor.of(new long[] {0, 1, 2, 0, 0, 2});
    var model = begun(new Sequential(new Linear(2, 5), new ReLU(), new Linear(5, 3)));
    var criterion = new CrossEntropyLoss();
    var optimizer = new SGD(model.parameters(), SGD.options().lr(0.01));
    return step(optimizer, () -> criterion.call(model.call(x), y));
  }

  private static Task<Tensor> mlp(long batch, long... widths) {
    var model = new Sequential();
    for (int i = 1; i < widths.length; i++) {
      model.add(new Linear(widths[i - 1], widths[i]));
      if (i + 1 < widths.length) {
        model.add(new ReLU());
      }
    }
    return classifier(model, positive(1, batch, widths[0]));
  }

  /** So many hidden layers of 128. */
  private static long[] deep(long hidden) {
    long[] widths = new long[(int) hidden + 2];
    Arrays.fill(widths, 128);
    widths[0] = 784;
    widths[widths.length - 1] = 10;
    return widths;
  }

  private static Task<Tensor> cnn(long batch) {
    var padded = Conv2d.options().padding(1);
    var model =
        new Sequential(
            new Conv2d(1, 32, 3, padded),
            new ReLU(),
            new MaxPool2d(2),
            new Conv2d(32, 64, 3, padded),
            new ReLU(),
            new MaxPool2d(2),
            new Flatten(),
            new Linear(64 * 7 * 7, 128),
            new ReLU(),
            new Linear(128, 10));
    return classifier(model, positive(1, batch, 1, 28, 28));
  }

  private static Task<Tensor> transformer(long... sizes) {
    long width = sizes[0];
    var options = TransformerEncoderLayer.options().dimFeedforward(4 * width).dropout(0);
    return sequences(new TransformerEncoderLayer(width, 4, options.batchFirst()), sizes);
  }

  /** Classes of sequences by what a layer makes of their last place. */
  private static Task<Tensor> sequences(Module layer, long... sizes) {
    var x = positive(1, sizes[1], sizes[2], sizes[0]);
    var y = below(2, 10, sizes[1]);
    var head = new Linear(sizes[0], 10);
    var criterion = new CrossEntropyLoss();
    var parameters = begun(new ModuleList<>(layer, head)).parameters();
    return step(adam(parameters), () -> criterion.call(head.call(layer.call(x).select(1, -1)), y));
  }

  private static Task<Tensor> classifier(Module model, Tensor x) {
    var y = below(2, 10, x.size(0));
    var criterion = new CrossEntropyLoss();
    return step(adam(begun(model).parameters()), () -> criterion.call(model.call(x), y));
  }

  private static Optimizer adam(Collection<? extends Tensor> parameters) {
    return new Adam(parameters, Adam.options().lr(1e-3));
  }

  /** So many parameters of so many elements, whose gradients are there already. */
  private static Recipe<Tensor> optimizer(Function<List<Tensor>, Optimizer> make) {
    return s -> {
      var parameters = new ArrayList<Tensor>();
      for (int i = 0; i < s[0]; i++) {
        var parameter = signed(1 + i, s[1]).requiresGrad_();
        parameter.setGrad(signed(500 + i, s[1]));
        parameters.add(parameter);
      }
      var optimizer = make.apply(parameters);
      return () -> {
        optimizer.step();
        return parameters.getLast();
      };
    };
  }

  static Task<Tensor> step(Optimizer optimizer, Supplier<Tensor> forward) {
    return () -> {
      optimizer.zeroGrad();
      var loss = forward.get();
      loss.backward();
      optimizer.step();
      return loss;
    };
  }

  /** Gives a model the first parameters that it has on every side. */
  private static <M extends Module> M begun(M model) {
    try (var _ = Autograd.noGrad()) {
      int index = 0;
      for (var parameter : model.parameters()) {
        begin(parameter, index++);
      }
    }
    return model;
  }

  /** Gives a parameter the first numbers that it has on every side, by its position. */
  static void begin(Tensor parameter, int index) {
    long[] shape = parameter.size().toArray();
    float[] values = Data.weights(index, (int) Data.count(shape), Data.scale(shape));
    parameter.copy_(Tensor.of(values).view(shape));
  }
}
