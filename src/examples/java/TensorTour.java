// A walk through tensors: making them, changing them in place, looking at parts of them, and
// gradients; --device cpu or cuda.
import module dev.chagres;

void main(String... args) {
  Chagres.manualSeed(42);

  // Making tensors
  IO.println(Tensor.zeros(2, 4));
  IO.println(Tensor.eye(3));
  IO.println(Tensor.ones(2, 3));
  IO.println(Tensor.arange(0, 10, 2));
  IO.println(Tensor.zeros(DType.INT64, 5, 3));
  IO.println(Tensor.of(5.5, 3));
  IO.println(Tensor.rand(2, 3));
  IO.println(Tensor.randn(2, 3));

  // New ones after the model of others
  var x = Tensor.of(5.5, 3).newOnes(DType.FLOAT64, 5, 3);
  x = x.randnLike(DType.FLOAT32);
  IO.println(x.shape() + " " + x.dtype());

  // Adding: a new result, a given one, and in place
  var y = Tensor.rand(5, 3);
  var sum = x.add(y);
  var result = Tensor.empty(5, 3);
  Out.add(x, y, result);
  IO.println("out= is the same: " + result.equal(sum));
  y.add_(x);
  IO.println("in place is the same: " + y.equal(sum));

  // Parts are views
  IO.println(x.at(":, 1"));
  x.put("0, 1", 2);
  IO.println("x[0, 1] = " + x.get(0, 1).item());

  // Other shapes of the same memory
  var square = Tensor.randn(4, 4);
  IO.println(square.view(16).shape() + " " + square.view(-1, 8).shape());
  var matrix = Tensor.ones(2, 3);
  var same = matrix.view(1, 6);
  same.put("0, 1", 2);
  IO.println("through the view: " + matrix);
  var copy = matrix.newTensor(matrix.view(1, 6));
  copy.put("0, 1", 3);
  var another = matrix.view(1, 6).clone().detach();
  IO.println("not through a copy: " + matrix.get(0, 1).item() + ", " + another.shape());

  // Memory shared with Java
  try (var arena = Arena.ofConfined()) {
    var memory = arena.allocateFrom(ValueLayout.JAVA_DOUBLE, 1, 1, 1, 1, 1);
    var shared = Tensor.of(memory, DType.FLOAT64, 5);
    memory.setAtIndex(ValueLayout.JAVA_DOUBLE, 0, 2);
    shared.add_(1);
    IO.println(shared + ", and in the memory " + memory.getAtIndex(ValueLayout.JAVA_DOUBLE, 0));
  }

  // Devices
  int at = List.of(args).indexOf("--device");
  var device = at < 0 ? Device.cpu() : Device.of(args[at + 1]);
  IO.println("on " + x.onesLike().to(device).device());

  // Gradients
  var a = Tensor.randn(2, 2);
  a = a.mul(3).div(a.sub(1));
  IO.println("requires grad: " + a.requiresGrad());
  a.requiresGrad_();
  var b = a.mul(a).sum();
  IO.println("requires grad: " + b.requiresGrad() + ", made by " + b.gradFn().name());
  b.backward(Backward.Option.RETAIN_GRAPH);
  IO.println("d(sum a^2)/da = 2a: " + a.grad().allclose(a.detach().mul(2)));
  b.backward();
  IO.println("they add up: " + a.grad().allclose(a.detach().mul(4)));
  a.grad().zero_();

  // Of a vector: with the gradient of what comes after
  var v = Tensor.of(1, 2, 3.0).requiresGrad_();
  v.mul(v).backward(Tensor.of(1, 0.1, 0.01));
  IO.println(v.grad());

  // Without recording
  Autograd.noGrad(() -> IO.println("inside noGrad: " + v.mul(2).requiresGrad()));
  IO.println("detached: " + v.detach().requiresGrad());
}
