package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A copy of a model whose parameters are averages of those that the model has had: PyTorch's {@code
 * torch.optim.swa_utils}.
 *
 * <pre>{@code
 * var averaged = new AveragedModel(model, Net::new, AveragedModel.ema(0.999));
 * for (Batch batch : loader) {
 *   ... // a step of training
 *   averaged.updateParameters(model);
 * }
 * AveragedModel.updateBn(loader, Batch::x, averaged);
 * }</pre>
 *
 * <p>Names in its state dict are PyTorch's: {@code n_averaged}, and those of the model behind
 * {@code module.}.
 */
public final class AveragedModel extends Module {
  private final Module module;
  private final Averaging averaging;
  private final Buffers buffers;
  private final Tensor count;

  /** How an average takes in one more value. */
  @FunctionalInterface
  public interface Averaging {
    /**
     * Changes an average.
     *
     * @param averaged the average so far, which is changed in place
     * @param value the new value
     * @param count of how many values the average is, at least 1
     */
    void update(Tensor averaged, Tensor value, long count);
  }

  /** What becomes of the buffers, such as running means. */
  public enum Buffers {
    /** They are the model's as of the last update. */
    COPIED,
    /** Those of floating dtypes are averaged like parameters. */
    AVERAGED
  }

  /** Returns the mean of all values (Izmailov et al., 2018). */
  public static Averaging mean() {
    return (averaged, value, count) ->
        given("mean", "averaged", averaged).lerp_(value, 1.0 / (count + 1));
  }

  /**
   * Returns the mean with weights that fall exponentially: {@code decay} times the average, and
   * {@code 1 - decay} times the value.
   *
   * @throws IllegalArgumentException if the decay is not from 0 to 1
   */
  public static Averaging ema(double decay) {
    if (!(decay >= 0 && decay <= 1)) {
      throw new IllegalArgumentException("ema: the decay " + decay + " is not between 0 and 1");
    }
    return (averaged, value, _) -> given("ema", "averaged", averaged).lerp_(value, 1 - decay);
  }

  /** Makes one that takes the mean. */
  public AveragedModel(Module model, Supplier<? extends Module> maker) {
    this(model, maker, mean());
  }

  /** Makes one that averages as it is told, and copies buffers. */
  public AveragedModel(Module model, Supplier<? extends Module> maker, Averaging averaging) {
    this(model, maker, averaging, Buffers.COPIED);
  }

  /**
   * Makes one.
   *
   * @param maker makes a module like the model, for {@link Module#copy}
   * @throws IllegalArgumentException if what it makes is not like the model
   */
  public AveragedModel(
      Module model, Supplier<? extends Module> maker, Averaging averaging, Buffers buffers) {
    given("AveragedModel", "model", model);
    given("AveragedModel", "maker", maker);
    this.averaging = given("AveragedModel", "averaging", averaging);
    this.buffers = given("AveragedModel", "buffers", buffers);
    this.module = register("module", model.<Module>copy(maker));
    this.count = registerBuffer("n_averaged", Tensor.zeros(DType.INT64));
  }

  /** Returns the copy. */
  public Module module() {
    return module;
  }

  /**
   * Takes in what a model has now; the first time that replaces what is here.
   *
   * @throws IllegalArgumentException if it has more or fewer parameters or buffers
   */
  public void updateParameters(Module model) {
    given("updateParameters", "model", model);
    long before = count.itemLong();
    try (var _ = Autograd.noGrad()) {
      update(module.parameters(), model.parameters(), before, true);
      update(module.buffers(), model.buffers(), before, buffers == Buffers.AVERAGED);
      count.add_(1);
    }
  }

  private void update(
      List<? extends Tensor> averages,
      List<? extends Tensor> values,
      long before,
      boolean isAveraged) {
    if (averages.size() != values.size()) {
      throw new IllegalArgumentException(
          "updateParameters: the model has "
              + values.size()
              + " parameters or buffers, the average "
              + averages.size());
    }
    for (int i = 0; i < averages.size(); i++) {
      Tensor averaged = averages.get(i).detach();
      Tensor value = values.get(i).detach().to(averaged.device());
      if (before == 0 || !isAveraged || !averaged.dtype().isFloating()) {
        averaged.copy_(value);
      } else {
        averaging.update(averaged, value.to(averaged.dtype()), before);
      }
    }
  }

  @Override
  public Tensor forward(Tensor x) {
    return module.call(x);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    return inputs.length == 1 ? module.call(inputs[0]) : module.call(inputs);
  }

  /**
   * Learns the running statistics of all batch normalization in a model anew, as means over some
   * batches, which those of averaged parameters are not otherwise.
   *
   * @param batches such as a {@code DataLoader}
   * @param input what of a batch the model is called with, such as {@code Batch::x}; on the model's
   *     device
   */
  public static <B> void updateBn(
      Iterable<B> batches, Function<? super B, Tensor> input, Module model) {
    given("updateBn", "batches", batches);
    given("updateBn", "input", input);
    List<BatchNorm> layers =
        given("updateBn", "model", model).modules().stream()
            .filter(BatchNorm.class::isInstance)
            .map(BatchNorm.class::cast)
            .toList();
    if (layers.isEmpty()) {
      return;
    }
    boolean wasTraining = model.isTraining();
    try (var _ = Autograd.noGrad()) {
      layers.forEach(BatchNorm::resetRunningStats);
      layers.forEach(layer -> layer.setMeans(true));
      model.train();
      for (B batch : batches) {
        model.call(given("updateBn", "an input", input.apply(batch)));
      }
    } finally {
      layers.forEach(layer -> layer.setMeans(false));
      if (!wasTraining) {
        model.eval();
      }
    }
  }
}
