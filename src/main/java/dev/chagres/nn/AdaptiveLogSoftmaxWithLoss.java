package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The negative log-likelihood of many classes that are numbered by how often they are wanted, the
 * most frequent first (Grave et al., 2017). The first ones have scores of their own, and each
 * cluster of the others has one score among them; the scores within a cluster are computed only of
 * the inputs whose target is there, from fewer features the rarer its classes are. Called with
 * inputs (n, in) and class indices (n), or (in) and a number, it returns the mean; {@link #run} has
 * the log-likelihood of each input too, {@link #logProb} those of all classes.
 */
public final class AdaptiveLogSoftmaxWithLoss extends Loss {
  private static final String NAME = "AdaptiveLogSoftmaxWithLoss";

  /** Where each cluster ends; the first ones are the classes with scores of their own. */
  private final long[] ends;

  private final Linear head;
  private final ModuleList<Sequential> tail;

  /**
   * How scores are computed.
   *
   * @param divValue by how much the features of a cluster are fewer than those of the one before
   * @param headBias whether the scores of the first classes and of the clusters have a bias
   */
  public record Options(double divValue, Bias headBias) {
    /** Checks the options. */
    public Options {
      if (!(divValue > 0)) {
        throw new IllegalArgumentException(NAME + ": divValue " + divValue + " is not positive");
      }
      given(NAME, "headBias", headBias);
    }

    /** Returns these options with another quotient of the numbers of features. */
    public Options divValue(double divValue) {
      return new Options(divValue, headBias);
    }

    /** Returns these options with or without a bias. */
    public Options headBias(Bias headBias) {
      return new Options(divValue, headBias);
    }
  }

  /**
   * What the loss is made of.
   *
   * @param output the logarithm of the probability of each target (n), or a number
   * @param loss the mean of its negatives
   */
  public record Result(Tensor output, Tensor loss) {
    /** Checks that both are there. */
    public Result {
      given(NAME, "output", output);
      given(NAME, "loss", loss);
    }
  }

  /** Returns PyTorch's defaults: a quarter of the features in each further cluster, no bias. */
  public static Options options() {
    return new Options(4, Bias.NONE);
  }

  /** Makes the loss with the defaults. */
  public AdaptiveLogSoftmaxWithLoss(long inFeatures, long nClasses, long... cutoffs) {
    this(inFeatures, nClasses, options(), cutoffs);
  }

  /**
   * Makes the loss.
   *
   * @param cutoffs the first class of each cluster, which grow, from 1 to the last class
   * @throws IllegalArgumentException if there is no cutoff, or they are others
   */
  public AdaptiveLogSoftmaxWithLoss(
      long inFeatures, long nClasses, Options options, long... cutoffs) {
    Lines.atLeast(NAME, "the number of features", 0, inFeatures);
    given(NAME, "options", options);
    this.ends = Arrays.copyOf(given(NAME, "cutoffs", cutoffs), cutoffs.length + 1);
    ends[cutoffs.length] = nClasses;
    long last = 0;
    for (long end : ends) {
      if (end <= last || cutoffs.length == 0) {
        throw new IllegalArgumentException(
            NAME
                + ": cutoffs grow from 1 to at most "
                + (nClasses - 1)
                + " for "
                + nClasses
                + " classes, not "
                + Arrays.toString(cutoffs));
      }
      last = end;
    }
    this.head =
        register("head", new Linear(inFeatures, ends[0] + cutoffs.length, options.headBias));
    this.tail = register("tail", new ModuleList<>());
    for (int i = 0; i < cutoffs.length; i++) {
      double divisor = Math.pow(options.divValue, i + 1);
      // Rounded down as by Python's //, by which 7 has 0.1 as often as 69 times.
      long hidden = (long) Math.rint((inFeatures - inFeatures % divisor) / divisor);
      tail.append(
          new Sequential(
              new Linear(inFeatures, hidden, Bias.NONE),
              new Linear(hidden, ends[i + 1] - ends[i], Bias.NONE)));
    }
  }

  /** Returns the layer of the first classes and the clusters, in this order. */
  public Linear head() {
    return head;
  }

  /** Returns the layers of each cluster. */
  public ModuleList<Sequential> tail() {
    return tail;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit
   * @throws IndexOutOfBoundsException if a target is none of the classes
   */
  @Override
  public Tensor forward(Tensor input, Tensor target) {
    return result(input, target).loss;
  }

  /**
   * Returns the log-likelihood of each input's target, and the loss, which hooks see. On a GPU the
   * program waits for the numbers of targets in each cluster.
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit
   * @throws IndexOutOfBoundsException if a target is none of the classes
   */
  public Result run(Tensor input, Tensor target) {
    return call(
        List.of(given(NAME, "input", input), given(NAME, "target", target)),
        in -> {
          Checks.inputs(this, 2, "an input and a target", in);
          return result(in.get(0), in.get(1));
        },
        Result::loss,
        (made, loss) -> new Result(made.output, loss));
  }

  private Result result(Tensor input, Tensor target) {
    given(NAME, "input", input);
    given(NAME, "target", target);
    boolean alone = target.dim() == 0;
    if (target.dim() > 1
        || input.dim() != target.dim() + 1
        || !alone && input.size(0) != target.size(0)) {
      throw new IllegalArgumentException(
          NAME
              + ": needs inputs (n, in) and targets (n), or (in) and a number, not "
              + input.shape()
              + " and "
              + target.shape());
    }
    if (!target.dtype().isInteger()) {
      throw new IllegalArgumentException(
          NAME + ": the target must be of integers, not " + target.dtype());
    }
    Tensor output =
        alone
            ? logProbOf(input.unsqueeze(0), target.toLong().unsqueeze(0)).squeeze(0)
            : logProbOf(input, target.toLong());
    return new Result(output, output.neg().mean());
  }

  private Tensor logProbOf(Tensor x, Tensor target) {
    checkClasses(target);
    Tensor heads = head.call(x).logSoftmax(1);
    Tensor places = target;
    Tensor within = heads.newZeros(x.size(0));
    for (int i = 0; i + 1 < ends.length; i++) {
      Tensor rows = target.ge(ends[i]).logicalAnd(target.lt(ends[i + 1])).nonzero().flatten();
      if (rows.numel() > 0) {
        Tensor wanted = target.indexSelect(0, rows).sub(ends[i]).unsqueeze(1);
        Tensor logs = tail.get(i).call(x.indexSelect(0, rows)).logSoftmax(1);
        within = within.indexCopy(0, rows, logs.gather(1, wanted).squeeze(1));
        places = places.indexFill(0, rows, ends[0] + i);
      }
    }
    return within.add(heads.gather(1, places.unsqueeze(1)).squeeze(1));
  }

  private void checkClasses(Tensor target) {
    long count = ends[ends.length - 1];
    Tensor others = target.maskedSelect(target.lt(0).logicalOr(target.ge(count)));
    if (others.numel() > 0) {
      throw new IndexOutOfBoundsException(
          NAME + ": target " + others.get(0).itemLong() + " is not one of " + count + " classes");
    }
  }

  /**
   * Returns the logarithms of the probabilities of all classes (n, classes), of inputs (n, in).
   *
   * @throws IllegalArgumentException if these are others
   */
  public Tensor logProb(Tensor input) {
    return logProb(checked(input), head.call(input));
  }

  private Tensor logProb(Tensor x, Tensor scores) {
    Tensor heads = scores.logSoftmax(1);
    List<Tensor> parts = new ArrayList<>();
    parts.add(heads.narrow(1, 0, ends[0]));
    for (int i = 0; i + 1 < ends.length; i++) {
      Tensor cluster = heads.narrow(1, ends[0] + i, 1);
      parts.add(tail.get(i).call(x).logSoftmax(1).add(cluster));
    }
    return Tensor.cat(parts, 1);
  }

  /**
   * Returns the class of the greatest probability (n) of each of inputs (n, in). Clusters are
   * computed only of those for which one of them has the greatest score, for whose number a program
   * on a GPU waits.
   *
   * @throws IllegalArgumentException if inputs are others
   */
  public Tensor predict(Tensor input) {
    Tensor scores = head.call(checked(input));
    Tensor classes = scores.argmax(1);
    Tensor rows = classes.ge(ends[0]).nonzero().flatten();
    if (rows.numel() == 0) {
      return classes;
    }
    Tensor logs = logProb(input.indexSelect(0, rows), scores.indexSelect(0, rows));
    return classes.indexCopy(0, rows, logs.argmax(1));
  }

  private static Tensor checked(Tensor input) {
    if (given(NAME, "input", input).dim() != 2) {
      throw new IllegalArgumentException(NAME + ": needs inputs (n, in), not " + input.shape());
    }
    return input;
  }
}
