package dev.chagres.primitive;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of one step by a rule that changes each element by itself, as in {@code torch.optim}.
 * With g the gradient, plus {@code decay} times the parameter, each rule says what it keeps, what
 * that becomes, and what the parameter loses; the parameter is multiplied by {@code shrink} first.
 *
 * @param rule the rule
 * @param forms what differs from its plain form
 * @param decay the part of the parameter that is added to its gradient
 * @param shrink what is left of the parameter before it changes, 1 without a decoupled decay
 * @param numbers the rule's own
 * @param replayed gives the numbers of each replay of a CUDA graph that the step is captured in;
 *     null if they are always these
 */
public record ElementStep(
    Rule rule,
    Set<Form> forms,
    double decay,
    double shrink,
    List<Double> numbers,
    @Nullable Supplier<ElementStep> replayed) {

  /** What is done to an element. */
  public enum Rule {
    /**
     * Keeps {@code s = alpha s + fresh g^2}, perhaps a momentum and a mean of g; loses {@code rate
     * g / (sqrt(s) + eps)}. Its numbers: alpha, fresh, eps, momentum, -rate.
     */
    RMSPROP(1),
    /** Keeps {@code s + g^2}; loses {@code rate g / (sqrt(s) + eps)}. Its numbers: eps, -rate. */
    ADAGRAD(1),
    /**
     * Keeps averages s of g^2 and a of d^2 with {@code d = sqrt(a + eps) / sqrt(s + eps) g}; loses
     * {@code rate d}. Its numbers: rho, fresh, eps, -rate.
     */
    ADADELTA(2),
    /**
     * Keeps an average m of g and {@code u = max(beta2 u, |g| + eps)}; loses {@code rate m / u}.
     * Its numbers: fresh, beta2, eps, -rate.
     */
    ADAMAX(2),
    /**
     * Keeps averages m of g and s of g^2; loses {@code (a g + b m) / (sqrt(s / correction) + eps)}.
     * Its numbers: fresh, beta2, fresh of squares, eps, correction, -a, -b.
     */
    NADAM(2),
    /**
     * Keeps averages m of g and s of g^2; loses {@code rate m / correction}, later times {@code
     * root * rectification / (sqrt(s) + eps)}. Its numbers: fresh, beta2, fresh of squares, eps,
     * correction, rate, root, rectification.
     */
    RADAM(2),
    /**
     * Loses {@code rate g}, and keeps what that leaves, later with a weight in an average. Its
     * numbers: -rate, weight.
     */
    ASGD(1),
    /**
     * Keeps g, or 0 where its sign has changed, and a step size that shrinks there and grows
     * elsewhere; loses it by the sign of what is kept. Its numbers: the factors of shrinking and
     * growing, the least and the greatest size.
     */
    RPROP(2);

    private final int kept;

    Rule(int kept) {
      this.kept = kept;
    }
  }

  /** What differs from the plain form of a rule. */
  public enum Form {
    /** The step goes up, not down. */
    MAXIMIZE,
    /** A later step of RAdam, whose squares count, or of ASGD, whose average is one. */
    LATER,
    /** RMSprop keeps a momentum. */
    MOMENTUM,
    /** RMSprop keeps a mean of the gradient. */
    CENTERED
  }

  /** Numbers that are the same in each replay of a graph. */
  public ElementStep(
      Rule rule, Set<Form> forms, double decay, double shrink, List<Double> numbers) {
    this(rule, forms, decay, shrink, numbers, null);
  }

  /** Returns the same step, whose replays have numbers of their own. */
  public ElementStep replayed(@Nullable Supplier<ElementStep> replays) {
    return new ElementStep(rule, forms, decay, shrink, numbers, replays);
  }

  /** Returns whether the step has a form. */
  public boolean is(Form form) {
    return forms.contains(form);
  }

  /** Returns how many tensors are kept about a parameter. */
  public int kept() {
    return rule.kept + (is(Form.MOMENTUM) ? 1 : 0) + (is(Form.CENTERED) ? 1 : 0);
  }

  /** Returns all numbers in the order of {@code rules.h}, so many with zeros at the end. */
  public double[] all(int count) {
    double[] all = new double[count];
    all[0] = decay;
    all[1] = is(Form.MAXIMIZE) ? -1 : 1;
    all[2] = shrink;
    Arrays.setAll(all, i -> i < 3 ? all[i] : i - 3 < numbers.size() ? numbers.get(i - 3) : 0);
    return all;
  }
}
