// A line through noisy points as numpy does it: random numbers of numpy's, gradients by formula,
// and the closed form; --device cpu or cuda.
import module dev.chagres;

void main(String... args) {
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + device);
  var random = NumpyRandom.standard().seed(42);
  var x = random.rand(100, 1);
  var y = x.mul(2).add(1).add(random.randn(100, 1).mul(0.1));
  long[] order = Tensor.arange(100).toLongArray();
  random.shuffle(order);
  var train = Tensor.of(Arrays.copyOf(order, 80));
  var xTrain = x.indexSelect(0, train).to(device);
  var yTrain = y.indexSelect(0, train).to(device);

  random.seed(42);
  double b = random.randn(1).item();
  double w = random.randn(1).item();
  IO.println("first b %.8f, w %.8f".formatted(b, w));

  double lr = 0.1;
  for (int epoch = 0; epoch < 1000; epoch++) {
    var error = xTrain.mul(w).add(b).sub(yTrain);
    b -= lr * 2 * error.mean().item();
    w -= lr * 2 * xTrain.mul(error).mean().item();
  }
  IO.println("after 1000 steps b %.8f, w %.8f".formatted(b, w));

  // Least squares in closed form: w is the covariance over the variance
  var dx = xTrain.sub(xTrain.mean());
  var dy = yTrain.sub(yTrain.mean());
  double slope = dx.mul(dy).sum().item() / dx.square().sum().item();
  double intercept = yTrain.mean().item() - slope * xTrain.mean().item();
  IO.println("closed form b %.8f, w %.8f".formatted(intercept, slope));
}
