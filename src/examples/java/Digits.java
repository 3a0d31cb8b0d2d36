// Classifies hand-written digits: --model mlp|cnn, --epochs N, --device cpu or cuda. Draws
// target/digits-<model>.png.
import module dev.chagres;

import dev.chagres.nn.Module;

Module mlp() {
  return new Sequential(
      new Flatten(),
      new Linear(64, 128),
      new ReLU(),
      new Linear(128, 64),
      new ReLU(),
      new Linear(64, 10));
}

Module cnn() {
  return new Sequential(
      new Conv2d(1, 16, 3, Conv2d.options().padding(1)),
      new GELU(),
      new MaxPool2d(2),
      new Conv2d(16, 32, 3, Conv2d.options().padding(1)),
      new GELU(),
      new Flatten(),
      new Linear(32 * 4 * 4, 10));
}

/**
 * Images (1797, 1, 8, 8) from 0 to 1, and labels: a line of the file has 64 pixels from 0 to 16,
 * and the digit.
 */
Batch load() throws IOException {
  var file = Path.of("src", "examples", "resources", "digits.csv.gz");
  try (var lines =
      new BufferedReader(new InputStreamReader(new GZIPInputStream(Files.newInputStream(file))))) {
    var rows =
        lines.lines().map(line -> Stream.of(line.split(",")).mapToLong(Long::parseLong).toArray());
    var table = Tensor.of(rows.toArray(long[][]::new));
    return new Batch(table.at(":, :64").toFloat().div(16).view(-1, 1, 8, 8), table.at(":, 64"));
  }
}

void main(String... args) throws Exception {
  var options = new HashMap<>(Map.of("--model", "mlp", "--device", "cpu"));
  for (int i = 0; i < args.length; i += 2) {
    if (!List.of("--model", "--device", "--epochs").contains(args[i]) || i + 1 == args.length) {
      throw new IllegalArgumentException(
          args[i] + ": the options are --model mlp or cnn, --device cpu or cuda, --epochs 30");
    }
    options.put(args[i], args[i + 1]);
  }
  if (!List.of("mlp", "cnn").contains(options.get("--model"))) {
    throw new IllegalArgumentException("--model " + options.get("--model") + ": mlp or cnn");
  }
  boolean small = options.get("--model").equals("mlp");
  int epochs = Integer.parseInt(options.getOrDefault("--epochs", small ? "30" : "15"));
  var device = Device.of(options.get("--device"));

  // Every fifth image is held out
  var all = load();
  var heldOut = Tensor.arange(all.size()).remainder(5).eq(0);
  var train = heldOut.logicalNot();
  var testX = all.x().index(Index.of(heldOut)).to(device);
  var testY = all.y().index(Index.of(heldOut)).to(device);
  var data = new TensorDataset(all.x().index(Index.of(train)), all.y().index(Index.of(train)));

  Chagres.manualSeed(42);
  var model = (small ? mlp() : cnn()).to(device);
  var optimizer = new Adam(model.parameters(), Adam.options().lr(small ? 3e-3 : 2e-3));
  var lossFn = new CrossEntropyLoss();
  IO.println(model);
  IO.println("on " + device);

  var losses = new ArrayList<Double>();
  var accuracies = new ArrayList<Double>();
  for (int epoch = 1; epoch <= epochs; epoch++) {
    model.train();
    double total = 0;
    var order = Tensor.randperm(data.size()).split(64, 0);
    var progress = Progress.of(order).label("epoch " + epoch).temporary();
    for (var rows : progress) {
      try (var step = Scope.open()) {
        var batch = data.batch(rows.toLongArray());
        optimizer.zeroGrad();
        var loss = lossFn.call(model.call(batch.x().to(device)), batch.y().to(device));
        loss.backward();
        optimizer.step();
        total += loss.item() * batch.size();
        progress.note("loss %.4f", loss.item());
      }
    }
    model.eval();
    var predicted = Autograd.noGrad(() -> model.call(testX).argmax(1));
    losses.add(total / data.size());
    accuracies.add(predicted.eq(testY).toFloat().mean().item());
    IO.println(
        "epoch %d loss %.6f accuracy %.4f"
            .formatted(epoch, losses.getLast(), accuracies.getLast()));
  }

  var test = Autograd.noGrad(() -> model.call(testX));
  long correct = test.argmax(1).eq(testY).sum().itemLong();
  IO.println("held-out loss %.6f".formatted(lossFn.call(test, testY).item()));
  IO.println("held-out correct %d of %d".formatted(correct, testY.numel()));
  var picture = Path.of("target", "digits-" + options.get("--model") + ".png");
  Plot.saveRow(
      picture,
      new Plot("training loss").line("loss", losses).xLabel("epoch").logY(),
      new Plot("held-out accuracy").line("accuracy", accuracies).xLabel("epoch"));
  IO.println("drawn: " + picture.toAbsolutePath());
}
