package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.List;

/**
 * Connectionist temporal classification (Graves et al., 2006): the probability of all ways to read
 * the targets, with blanks between them, is worked out step by step for the whole batch.
 */
final class CtcLosses {
  private static final String NAME = "ctcLoss";

  /** The logarithm of 0, finite so that no difference of two is NaN. */
  private static final double NEVER = -1e30;

  private CtcLosses() {}

  static Tensor loss(
      Tensor logProbs,
      Tensor targets,
      Tensor inputLengths,
      Tensor targetLengths,
      CTCLoss.Options options) {
    given(NAME, "logProbs", logProbs);
    given(NAME, "targets", targets);
    given(NAME, "inputLengths", inputLengths);
    given(NAME, "targetLengths", targetLengths);
    given(NAME, "options", options);
    if (logProbs.dim() == 2) {
      Tensor loss =
          loss(
              logProbs.unsqueeze(1),
              targets.dim() == 1 ? targets.unsqueeze(0) : targets,
              inputLengths.reshape(-1),
              targetLengths.reshape(-1),
              options);
      return options.reduction() == Reduction.NONE ? loss.squeeze(0) : loss;
    }
    check(logProbs, targets, inputLengths, targetLengths, options.blank());
    long[] inputs = inputLengths.toLong().toLongArray();
    long[] lengths = targetLengths.toLong().toLongArray();
    Tensor padded = padded(targets, lengths, logProbs.size(1));
    checkLengths(logProbs, padded, inputs, lengths);
    Tensor wanted = Tensor.of(lengths).to(logProbs.device());
    Tensor losses =
        losses(logProbs, padded, Tensor.of(inputs).to(logProbs.device()), wanted, options);
    return switch (options.reduction()) {
      case NONE -> losses;
      case SUM -> losses.sum();
      case MEAN -> losses.div(wanted.clampMin(1).to(losses.dtype())).mean();
    };
  }

  private static Tensor losses(
      Tensor logProbs, Tensor targets, Tensor inputs, Tensor lengths, CTCLoss.Options options) {
    long n = logProbs.size(1);
    long most = targets.size(1);
    // blank, first, blank, second, …, blank
    Tensor blanks = Tensor.full(targets.device(), targets.shape(), options.blank(), DType.INT64);
    Tensor last = blanks.newFull(Shape.of(n, 1), options.blank());
    Tensor symbols =
        Tensor.cat(List.of(Tensor.stack(List.of(blanks, targets), 2).flatten(1), last), 1);
    Tensor skips = skips(symbols, options.blank());
    // (steps, n, symbols)
    Tensor emitted =
        logProbs
            .clampMin(NEVER)
            .gather(2, symbols.unsqueeze(0).expand(logProbs.size(0), n, 2 * most + 1));
    Tensor first = Tensor.arange(logProbs.device(), 2 * most + 1).lt(2);
    Tensor paths = emitted.select(0, 0).maskedFill(first.logicalNot(), NEVER);
    for (long t = 1; t < logProbs.size(0); t++) {
      Tensor next = paths.logaddexp(shifted(paths, 1));
      if (most > 1) {
        next = next.logaddexp(shifted(paths, 2).maskedFill(skips.logicalNot(), NEVER));
      }
      next = next.add(emitted.select(0, t)).clampMin(NEVER);
      paths = Tensor.where(inputs.gt(t).unsqueeze(1), next, paths);
    }
    Tensor end = lengths.mul(2).unsqueeze(1);
    Tensor blank = paths.gather(1, end);
    Tensor symbol = paths.gather(1, end.sub(1).clampMin(0)).maskedFill(end.eq(0), NEVER);
    Tensor losses = blank.logaddexp(symbol).squeeze(1).neg();
    Tensor never = losses.detach().ge(-NEVER / 2).logicalOr(inputs.eq(0).logicalAnd(lengths.gt(0)));
    Tensor impossible =
        losses.maskedFill(
            never, options.infinite() == CTCLoss.Infinite.ZERO ? 0 : Double.POSITIVE_INFINITY);
    return impossible.maskedFill(inputs.eq(0).logicalAnd(lengths.eq(0)), 0);
  }

  /** Where a path may come from two symbols before: to one that is no blank, and not the same. */
  private static Tensor skips(Tensor symbols, long blank) {
    long size = symbols.size(1);
    if (size < 3) {
      return symbols.ne(symbols);
    }
    Tensor here = symbols.narrow(1, 2, size - 2);
    Tensor allowed = here.ne(blank).logicalAnd(here.ne(symbols.narrow(1, 0, size - 2)));
    Tensor start = allowed.newZeros(symbols.size(0), 2);
    return Tensor.cat(List.of(start, allowed), 1);
  }

  private static Tensor shifted(Tensor paths, long by) {
    Tensor start = paths.newFull(Shape.of(paths.size(0), by), NEVER);
    return Tensor.cat(List.of(start, paths.narrow(1, 0, paths.size(1) - by)), 1);
  }

  /** Targets as rows, which may hold anything behind their lengths. */
  private static Tensor padded(Tensor targets, long[] lengths, long n) {
    if (targets.dim() == 2) {
      Tensor ends = Tensor.of(lengths).to(targets.device()).unsqueeze(1);
      Tensor behind = Tensor.arange(targets.device(), targets.size(1)).ge(ends);
      return targets.toLong().maskedFill(behind, 0);
    }
    long most = 0;
    long sum = 0;
    for (long length : lengths) {
      most = Math.max(most, length);
      sum += length;
    }
    if (sum != targets.size(0)) {
      throw new IllegalArgumentException(
          NAME + ": the lengths of targets add up to " + sum + ", not " + targets.size(0));
    }
    Tensor rows = Tensor.zeros(targets.device(), DType.INT64, n, most);
    long start = 0;
    for (int i = 0; i < lengths.length; i++) {
      rows.select(0, i).narrow(0, 0, lengths[i]).copy_(targets.narrow(0, start, lengths[i]));
      start += lengths[i];
    }
    return rows;
  }

  private static void check(
      Tensor logProbs, Tensor targets, Tensor inputLengths, Tensor targetLengths, long blank) {
    if (logProbs.dim() != 3
        || logProbs.dtype() != DType.FLOAT32 && logProbs.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(
          NAME
              + ": needs log-probabilities (steps, n, classes) or (steps, classes) of float32 or"
              + " float64, not "
              + logProbs.dtype()
              + " "
              + logProbs.shape());
    }
    if (blank < 0 || blank >= logProbs.size(2)) {
      throw new IllegalArgumentException(
          NAME + ": the blank " + blank + " is none of " + logProbs.size(2) + " classes");
    }
    if (!targets.dtype().isInteger()
        || targets.dim() != 1 && (targets.dim() != 2 || targets.size(0) != logProbs.size(1))) {
      throw new IllegalArgumentException(
          NAME
              + ": needs targets of integers, (n, length) or one after the other, not "
              + targets.dtype()
              + " "
              + targets.shape());
    }
    for (Tensor lengths : List.of(inputLengths, targetLengths)) {
      if (!lengths.dtype().isInteger()
          || lengths.dim() != 1
          || lengths.size(0) != logProbs.size(1)) {
        throw new IllegalArgumentException(
            NAME
                + ": needs a length for each of "
                + logProbs.size(1)
                + " samples, not "
                + lengths.dtype()
                + " "
                + lengths.shape());
      }
    }
  }

  private static void checkLengths(Tensor logProbs, Tensor targets, long[] inputs, long[] lengths) {
    for (int i = 0; i < lengths.length; i++) {
      if (inputs[i] < 0 || inputs[i] > logProbs.size(0)) {
        throw new IllegalArgumentException(
            NAME + ": the length " + inputs[i] + " of an input of " + logProbs.size(0) + " steps");
      }
      if (lengths[i] < 0 || lengths[i] > targets.size(1)) {
        throw new IllegalArgumentException(
            NAME + ": the length " + lengths[i] + " of a target of " + targets.size(1));
      }
    }
  }
}
