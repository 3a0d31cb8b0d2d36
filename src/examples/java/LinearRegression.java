// A line through noisy points in small steps: gradients, an optimizer, a loss, a module, a module
// in a module, a chain; --device cpu or cuda.
import module dev.chagres;

import dev.chagres.nn.Module;
import dev.chagres.tensor.Parameter;

/** b + w x, with parameters of its own. */
class ManualLinearRegression extends Module {
  final Parameter b = registerParameter("b", Tensor.randn(1));
  final Parameter w = registerParameter("w", Tensor.randn(1));

  @Override
  public Tensor forward(Tensor x) {
    return b.add(w.mul(x));
  }
}

/** The same with a layer. */
class MyLinearRegression extends Module {
  final Linear linear = register("linear", new Linear(1, 1));

  @Override
  public Tensor forward(Tensor x) {
    return linear.call(x);
  }
}

void main(String... args) {
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + device);
  var random = NumpyRandom.standard().seed(42);
  var allX = random.rand(100, 1);
  var allY = allX.mul(2).add(1).add(random.randn(100, 1).mul(0.1));
  long[] order = Tensor.arange(100).toLongArray();
  random.shuffle(order);
  var train = Tensor.of(Arrays.copyOf(order, 80));
  var x = allX.indexSelect(0, train).toFloat().to(device);
  var y = allY.indexSelect(0, train).toFloat().to(device);

  // Gradients by autograd, updates by hand
  Chagres.manualSeed(42);
  var b = Tensor.randn(1).to(device).requiresGrad_();
  var w = Tensor.randn(1).to(device).requiresGrad_();
  IO.println("first b %.8f, w %.8f".formatted(b.item(), w.item()));
  for (int epoch = 0; epoch < 1000; epoch++) {
    var loss = b.add(w.mul(x)).sub(y).pow(2).mean();
    loss.backward();
    Autograd.noGrad(
        () -> {
          b.sub_(b.grad().mul(0.1));
          w.sub_(w.grad().mul(0.1));
        });
    b.grad().zero_();
    w.grad().zero_();
  }
  IO.println("by hand b %.7f, w %.7f".formatted(b.item(), w.item()));

  // A module, an optimizer and a loss
  Chagres.manualSeed(42);
  var model = new ManualLinearRegression().to(device);
  var optimizer = new SGD(model.parameters(), SGD.options().lr(0.1));
  var lossFn = new MSELoss(Reduction.MEAN);
  double last = 0;
  for (int epoch = 0; epoch < 1000; epoch++) {
    model.train();
    var loss = lossFn.call(model.call(x), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    last = loss.item();
  }
  var state = model.stateDict();
  IO.println(
      "module b %.7f, w %.7f, loss %.10f"
          .formatted(state.get("b").item(), state.get("w").item(), last));

  // What was recorded, for Graphviz
  IO.println(Graphs.dot(lossFn.call(model.call(x), y), model.namedParameters()));

  // Modules in modules, and chains
  Chagres.manualSeed(42);
  IO.println("linear " + new MyLinearRegression().stateDict());
  Chagres.manualSeed(42);
  var chain = new Sequential(new Linear(3, 5), new Linear(5, 1));
  chain
      .stateDict()
      .forEach((name, value) -> IO.println(name + ": " + Arrays.toString(value.toFloatArray())));
  var named =
      new Sequential().addModule("layer1", new Linear(3, 5)).addModule("layer2", new Linear(5, 1));
  IO.println(named);
  IO.println(named.stateDict().keySet());
}
