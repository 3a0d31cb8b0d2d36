// Two layers, six points, three classes; parameters and updates by hand;
// --device cpu or cuda.
import module dev.chagres;

Tensor x = Tensor.of(new float[][] {{0, 0}, {1, 0}, {1, 1}, {0, 0}, {0, 0}, {0, 1}});
Tensor y = Tensor.of(new long[] {0, 1, 2, 0, 0, 2});

void main(String... args) {
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + device);
  x = x.to(device);
  y = y.to(device);
  Chagres.manualSeed(42);
  var w1 = Tensor.randn(2, 5).to(device).requiresGrad_();
  var b1 = Tensor.randn(5).to(device).requiresGrad_();
  var wOut = Tensor.randn(5, 3).to(device).requiresGrad_();
  var bOut = Tensor.randn(3).to(device).requiresGrad_();

  for (int epoch = 1; epoch <= 1000; epoch++) {
    var z = x.matmul(w1).add(b1);
    var out = Functional.relu(z).matmul(wOut).add(bOut);
    var loss = Functional.nllLoss(Functional.logSoftmax(out, 1), y);
    loss.backward();
    Autograd.noGrad(
        () -> {
          for (var parameter : List.of(w1, b1, wOut, bOut)) {
            parameter.sub_(parameter.grad().mul(0.01));
            parameter.grad().zero_();
          }
        });
    if (epoch % 200 == 0) {
      var predicted = Functional.relu(x.matmul(w1).add(b1)).matmul(wOut).add(bOut).argmax(1);
      var accuracy = predicted.eq(y).toFloat().mean().item();
      IO.println("epoch %d, loss: %.6f, accuracy: %.3f".formatted(epoch, loss.item(), accuracy));
    }
  }
}
