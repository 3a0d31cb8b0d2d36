// One weight, three points: the gradient of a square, by hand-written descent;
// --device cpu or cuda.
import module dev.chagres;

double[] xs = {1, 2, 3};
double[] ys = {2, 4, 6};
Tensor w;

Tensor forward(double x) {
  return w.mul(x);
}

Tensor loss(double x, double y) {
  return forward(x).sub(y).pow(2);
}

void main(String... args) {
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + device);
  w = Tensor.of(1.0f).to(device).requiresGrad_();
  IO.println("before training, 4 gives " + forward(4).item());
  for (int epoch = 0; epoch < 20; epoch++) {
    Tensor loss = null;
    for (int i = 0; i < xs.length; i++) {
      loss = loss(xs[i], ys[i]);
      loss.backward();
      IO.println("\tgrad: " + xs[i] + " " + ys[i] + " " + w.grad().item());
      w.setData(w.detach().sub(w.grad().mul(0.01)));
      w.grad().zero_();
    }
    IO.println("epoch " + epoch + " loss " + (float) loss.item());
  }
  IO.println(
      "after training, w = " + (float) w.item() + " and 4 gives " + (float) forward(4).item());
}
