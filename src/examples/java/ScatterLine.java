// A line through five points, drawn before and after: target/scatter-line.png;
// --device cpu or cuda.
import module dev.chagres;

Tensor x = Tensor.of(1.4, 5, 11, 16, 21);
Tensor y = Tensor.of(14.4, 29.6, 62, 85.5, 113.4);

Plot plot(String title, Tensor output, Tensor loss) {
  return new Plot(title)
      .scatter("data", x, y)
      .line("fit", x, output.detach())
      .text(6, 95, "loss = %.4f".formatted(loss.item()));
}

void main(String... args) throws Exception {
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + device);
  Chagres.manualSeed(42);
  var inputs = Tensor.stack(List.of(x, Tensor.ones(5)), 1).to(device);
  var truth = y.to(device);
  var w = Tensor.rand(2).to(device).requiresGrad_();
  IO.println("first weights: " + w);

  Plot first = null;
  Plot last = null;
  for (int epoch = 0; epoch < 1000; epoch++) {
    var output = inputs.mv(w);
    var loss = output.sub(truth).pow(2).sum();
    loss.backward();
    w.setData(w.detach().sub(w.grad().mul(1e-4)));
    w.grad().zero_();
    if (epoch % 200 == 0) {
      IO.println("epoch %d loss %.6f".formatted(epoch, loss.item()));
    }
    if (epoch == 0) {
      first = plot("first epoch", output, loss);
    }
    if (epoch == 999) {
      last = plot("last epoch", output, loss);
      IO.println("final loss: %.6f".formatted(loss.item()));
    }
  }
  IO.println("weights: " + Arrays.toString(w.toFloatArray()));
  IO.println("drawn: " + Plot.saveRow(Path.of("target", "scatter-line.png"), first, last));
}
