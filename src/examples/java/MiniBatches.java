// Linear regression in mini-batches, from scratch; --device cpu or cuda.
import module dev.chagres;

Tensor linreg(Tensor x, Tensor w, Tensor b) {
  return x.mm(w).add(b);
}

Tensor squaredLoss(Tensor output, Tensor y) {
  return output.sub(y.reshape(output.shape())).pow(2).div(2);
}

void sgd(List<Tensor> parameters, double lr, int batchSize) {
  for (var parameter : parameters) {
    parameter.detach().sub_(parameter.grad().mul(lr / batchSize));
    parameter.setGrad(null);
  }
}

void main(String... args) {
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + device);
  Chagres.manualSeed(42);
  var random = NumpyRandom.standard().seed(42);
  var features = Tensor.randn(1000, 2).to(device);
  var labels = features.at(":, 0").mul(2).add(features.at(":, 1").mul(-3.4)).add(4.2);
  labels.add_(random.normal(0, 0.01, 1000).toFloat().to(device));
  IO.println("first sample: " + features.get(0) + " " + labels.get(0));

  var w = random.normal(0, 0.01, 2, 1).toFloat().to(device).requiresGrad_();
  var b = Tensor.zeros(device, 1).requiresGrad_();

  int batchSize = 10;
  for (int epoch = 1; epoch <= 3; epoch++) {
    var order = Tensor.randperm(1000);
    for (var rows : order.to(device).split(batchSize, 0)) {
      var x = features.indexSelect(0, rows);
      var y = labels.indexSelect(0, rows);
      squaredLoss(linreg(x, w, b), y).sum().backward();
      sgd(List.of(w, b), 0.03, batchSize);
    }
    var loss = squaredLoss(linreg(features, w, b), labels).mean();
    IO.println("epoch %d loss %.6e".formatted(epoch, loss.item()));
  }
  IO.println("true w [2, -3.4], learned " + Arrays.toString(w.toFloatArray()));
  IO.println("true b 4.2, learned " + (float) b.item());
}
