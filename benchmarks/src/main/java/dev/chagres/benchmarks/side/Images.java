package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.signed;

import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.nn.BatchNorm2d;
import dev.chagres.nn.Conv2d;
import dev.chagres.nn.Functional;
import dev.chagres.nn.MaxPool2d;
import dev.chagres.nn.Module;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What networks of images are made of: convolution, batch normalization and pooling. */
final class Images {

  private Images() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("convolution, features, kernel, stride, images", Images::convolution)
        .add(
            "convolution, forward and backward, features, kernel, stride, images",
            Images::convolutionGradients)
        .add(
            "batch norm, forward and backward, images",
            s -> gradients(new BatchNorm2d(s[1]), signed(1, s)))
        .add(
            "max pool, forward and backward, images",
            s ->
                gradients(
                    new MaxPool2d(3, MaxPool2d.options(3).stride(2).padding(1)), signed(1, s)));
  }

  private static Supplier<Tensor> forward(Tensor x, Tensor weight, long... s) {
    var options = Conv2d.options().stride(s[2]).padding(s[1] / 2);
    return () -> Functional.conv2d(x, weight, null, options);
  }

  private static Tensor images(long... s) {
    return signed(1, s[3], s[4], s[5], s[6]);
  }

  private static Tensor kernels(long... s) {
    return signed(2, s[0], s[4], s[1], s[1]);
  }

  private static Task<Tensor> convolution(long... s) {
    return forward(images(s), kernels(s), s)::get;
  }

  private static Task<Tensor> convolutionGradients(long... s) {
    var x = images(s).requiresGrad_();
    var weight = kernels(s).requiresGrad_();
    return gradients(forward(x, weight, s), List.of(weight, x));
  }

  private static Task<Tensor> gradients(Module module, Tensor images) {
    var x = images.requiresGrad_();
    List<Tensor> inputs = new ArrayList<>(List.of(x));
    inputs.addAll(module.parameters());
    return gradients(() -> module.call(x), inputs);
  }

  /** Makes the gradients of a result's sum with weights; the first of them is the result. */
  private static Task<Tensor> gradients(Supplier<Tensor> forward, List<Tensor> inputs) {
    var weights = List.of(signed(3, forward.get().shape().toArray()));
    return () -> Autograd.grad(List.of(forward.get()), inputs, weights).getFirst();
  }
}
