// The same two layers as a module, with an optimizer; --device cpu or cuda.
import module dev.chagres;

import dev.chagres.nn.Module;

class ModelWithHiddenLayer extends Module {
  final Linear linear1;
  final Linear linear2;

  ModelWithHiddenLayer(int inputs, int hidden, int outputs) {
    linear1 = register("linear1", new Linear(inputs, hidden));
    linear2 = register("linear2", new Linear(hidden, outputs));
  }

  @Override
  public Tensor forward(Tensor x) {
    return linear2.call(linear1.call(x).relu());
  }
}

void main(String... args) {
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + device);
  var x = Tensor.of(new float[][] {{0, 0}, {1, 0}, {1, 1}, {0, 0}, {0, 0}, {0, 1}}).to(device);
  var y = Tensor.of(new long[] {0, 1, 2, 0, 0, 2}).to(device);

  Chagres.manualSeed(42);
  var model = new ModelWithHiddenLayer(2, 5, 3).to(device);
  var criterion = new CrossEntropyLoss();
  var optimizer = new SGD(model.parameters(), SGD.options().lr(0.01));
  IO.println(model);

  for (int epoch = 1; epoch <= 1000; epoch++) {
    model.train();
    optimizer.zeroGrad();
    var loss = criterion.call(model.call(x), y);
    loss.backward();
    optimizer.step();
    if (epoch % 200 == 0) {
      model.eval();
      var accuracy = model.call(x).argmax(1).eq(y).toFloat().mean().item();
      IO.println("epoch %d, loss: %.6f, accuracy: %.3f".formatted(epoch, loss.item(), accuracy));
    }
  }
  IO.println("predicted: " + model.call(x).argmax(1));
  IO.println("truth:     " + y);
}
