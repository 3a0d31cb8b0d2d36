package dev.chagres.optim;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adam (Kingma and Ba, 2015). With g the gradient plus {@code weightDecay} times the parameter:
 * {@code m = beta1 m + (1 - beta1) g}, {@code v = beta2 v + (1 - beta2) g^2}, and at step t the
 * parameter loses {@code lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)}. With AMSGrad
 * (Reddi et al., 2018) the greatest v so far takes the place of v there.
 */
public final class Adam extends AdamFamily {

  /** The numbers of a group. */
  public static final class Options implements Optimizer.Options<Options> {
    final double lr;
    final double beta1;
    final double beta2;
    final double eps;
    final double weightDecay;
    final boolean amsgrad;
    final boolean maximize;

    private Options(Values values) {
      check("learning rate", values.lr, Double.POSITIVE_INFINITY);
      check("eps", values.eps, Double.POSITIVE_INFINITY);
      check("first beta", values.beta1, 1);
      check("second beta", values.beta2, 1);
      check("weight decay", values.weightDecay, Double.POSITIVE_INFINITY);
      this.lr = values.lr;
      this.beta1 = values.beta1;
      this.beta2 = values.beta2;
      this.eps = values.eps;
      this.weightDecay = values.weightDecay;
      this.amsgrad = values.amsgrad;
      this.maximize = values.maximize;
    }

    /** Options while they change. */
    private static final class Values {
      double lr = 1e-3;
      double beta1 = 0.9;
      double beta2 = 0.999;
      double eps = 1e-8;
      double weightDecay;
      boolean amsgrad;
      boolean maximize;
    }

    private static void check(String name, double value, double end) {
      if (!(value >= 0 && value < end)) {
        throw new IllegalArgumentException(
            "Adam: the "
                + name
                + " "
                + value
                + " is not "
                + (end == 1 ? "in [0, 1)" : "0 or more, and finite"));
      }
    }

    private Values values() {
      Values values = new Values();
      values.lr = lr;
      values.beta1 = beta1;
      values.beta2 = beta2;
      values.eps = eps;
      values.weightDecay = weightDecay;
      values.amsgrad = amsgrad;
      values.maximize = maximize;
      return values;
    }

    @Override
    public double lr() {
      return lr;
    }

    @Override
    public Options lr(double lr) {
      Values values = values();
      values.lr = lr;
      return new Options(values);
    }

    /**
     * Returns these options with other factors, in [0, 1), of the moving averages of the gradient
     * and of its square.
     */
    public Options betas(double beta1, double beta2) {
      Values values = values();
      values.beta1 = beta1;
      values.beta2 = beta2;
      return new Options(values);
    }

    /** Returns these options with another number, at least 0, added to the denominator. */
    public Options eps(double eps) {
      Values values = values();
      values.eps = eps;
      return new Options(values);
    }

    /** Returns these options with another weight decay, at least 0. */
    public Options weightDecay(double weightDecay) {
      Values values = values();
      values.weightDecay = weightDecay;
      return new Options(values);
    }

    /** Returns these options with AMSGrad. */
    public Options amsgrad() {
      Values values = values();
      values.amsgrad = true;
      return new Options(values);
    }

    /** Returns these options with steps up, not down. */
    public Options maximize() {
      Values values = values();
      values.maximize = true;
      return new Options(values);
    }

    @Override
    public Map<String, Tensor> toTensors() {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put("lr", number(lr));
      tensors.put("betas", Tensor.of(new double[] {beta1, beta2}, DType.FLOAT64));
      tensors.put("eps", number(eps));
      tensors.put("weight_decay", number(weightDecay));
      tensors.put("amsgrad", flag(amsgrad));
      tensors.put("maximize", flag(maximize));
      return tensors;
    }

    @Override
    public Options from(Map<String, Tensor> tensors) {
      Values values = new Values();
      values.lr = value(tensors, "lr");
      Tensor betas = tensors.get("betas");
      if (betas == null || betas.numel() != 2) {
        throw new IllegalArgumentException(
            "loadStateDict: the option betas is missing, or not two numbers");
      }
      double[] pair = betas.toDoubleArray();
      values.beta1 = pair[0];
      values.beta2 = pair[1];
      values.eps = value(tensors, "eps");
      values.weightDecay = value(tensors, "weight_decay");
      values.amsgrad = value(tensors, "amsgrad") != 0;
      values.maximize = value(tensors, "maximize") != 0;
      return new Options(values);
    }
  }

  /**
   * Returns PyTorch's defaults: a learning rate of 1e-3, betas 0.9 and 0.999, eps 1e-8, no weight
   * decay.
   */
  public static Options options() {
    return new Options(new Options.Values());
  }

  /** Makes an optimizer with the defaults. */
  public Adam(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public Adam(Collection<? extends Tensor> parameters, Options options) {
    super(parameters, options, false);
  }
}
