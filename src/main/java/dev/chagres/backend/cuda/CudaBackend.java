package dev.chagres.backend.cuda;

import dev.chagres.backend.Backend;
import dev.chagres.backend.ComposedFeedForward;

/** A GPU: which class launches the kernels of each family. */
final class CudaBackend {
  private CudaBackend() {}

  static Backend of(CudaDevice device) {
    var elementwise = new Elementwise(device);
    var reductions = new Reductions(device, elementwise);
    var scans = new Scans(device, elementwise);
    var ordering = new Ordering(device, elementwise);
    var products = new Products(device, elementwise);
    return new Backend(
        elementwise,
        new Formulas(device),
        new Transfers(device),
        reductions,
        new Softmaxes(device, elementwise, reductions),
        new Normalizing(device, elementwise, reductions),
        new Attention(device),
        new RecurrentSteps(device),
        new Indexing(device, elementwise),
        new Counting(device, reductions, scans),
        ordering,
        scans,
        products,
        new Epilogues(products, new ComposedFeedForward(elementwise, reductions, products)),
        new Factoring(device),
        new Convolution(device, products, elementwise),
        new Gradients(device, reductions),
        new Optimizers(device),
        new RandomNumbers(device, scans, ordering),
        new PhiloxStates());
  }
}
