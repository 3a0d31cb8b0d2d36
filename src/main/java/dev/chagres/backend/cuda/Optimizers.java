package dev.chagres.backend.cuda;

import dev.chagres.backend.OptimizerKernels;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.ElementStep.Rule;
import dev.chagres.primitive.SgdStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Steps of optimizers: one launch for as many parameters of one dtype as its arguments hold. */
final class Optimizers implements OptimizerKernels {
  private static final String FILE = "optim.cu";

  /** As in the {@code struct Parameters} of {@code optim.cu}. */
  private static final int MOST_PARAMETERS = 64;

  private static final int MOST_TENSORS = 5;
  private static final long CHUNK = 4096;
  private static final int NUMBERS = 12;

  private final CudaDevice device;

  Optimizers(CudaDevice device) {
    this.device = device;
  }

  /** The {@code struct Hyper} of {@code optim.cu}. */
  private static long[] words(boolean first, boolean second, double... numbers) {
    long[] words = new long[NUMBERS + 2];
    for (int i = 0; i < numbers.length; i++) {
      words[i] = Double.doubleToRawLongBits(numbers[i]);
    }
    words[NUMBERS] = first ? 1 : 0;
    words[NUMBERS + 1] = second ? 1 : 0;
    return words;
  }

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    boolean momentum = step.momentum() != 0;
    long[] hyper =
        numbers(
            step,
            step.replayed(),
            each -> {
              checkKind("SGD", "momentum", momentum == (each.momentum() != 0));
              return words(each);
            });
    run("Sgd<", ", " + momentum, momentum ? 1 : 0, hyper, updates);
  }

  private static long[] words(SgdStep step) {
    return words(
        step.step() == 1,
        step.nesterov(),
        -step.lr(),
        step.momentum(),
        1 - step.dampening(),
        step.weightDecay(),
        step.maximize() ? -1 : 1,
        (double) step.step());
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    boolean amsgrad = step.amsgrad();
    long[] hyper =
        numbers(
            step,
            step.replayed(),
            each -> {
              checkKind("Adam", "amsgrad", amsgrad == each.amsgrad());
              return words(each);
            });
    run("Adam<", ", " + amsgrad, amsgrad ? 3 : 2, hyper, updates);
  }

  private static long[] words(AdamStep step) {
    return words(
        step.decay() == AdamStep.Decay.DECOUPLED,
        step.maximize(),
        step.lr(),
        step.beta1(),
        step.beta2(),
        step.eps(),
        step.weightDecay(),
        step.biasCorrection1(),
        step.biasCorrection2(),
        Math.sqrt(step.biasCorrection2()),
        (double) step.step());
  }

  @Override
  public void elementStep(ElementStep step, List<Update> updates) {
    Rule rule = step.rule();
    int shape = shape(step);
    long[] hyper =
        numbers(
            step,
            step.replayed(),
            each -> {
              checkKind(rule.name(), "momentum or centered", shape == shape(each));
              boolean later = each.is(ElementStep.Form.LATER);
              long[] words = words(false, false, each.all(NUMBERS));
              int flags = (each.decay() != 0 ? 1 : 0) + (later ? 2 : 0);
              words[NUMBERS] = flags;
              return words;
            });
    run(
        "Rule<",
        ", CH_RULE_" + rule + ", " + step.kept() + ", " + shape,
        step.kept(),
        hyper,
        updates);
  }

  /** The flags of {@code rules.h} that say what is kept. */
  private static int shape(ElementStep step) {
    return (step.is(ElementStep.Form.MOMENTUM) ? 4 : 0)
        + (step.is(ElementStep.Form.CENTERED) ? 8 : 0);
  }

  private <S> long[] numbers(S step, @Nullable Supplier<S> replayed, Function<S, long[]> words) {
    long[] hyper =
        Capture.numbers(
            device, NUMBERS + 2, () -> words.apply(replayed == null ? step : replayed.get()));
    return Arrays.copyOf(hyper, NUMBERS + 5);
  }

  private static void checkKind(String optimizer, String option, boolean isSame) {
    if (!isSame) {
      throw new IllegalStateException(
          "replay: the graph has steps of another kind: "
              + optimizer
              + "'s option "
              + option
              + " has changed, so capture it again");
    }
  }

  private void run(String step, String form, int kept, long[] hyper, List<Update> updates) {
    Map<DType, List<Update>> byType = new LinkedHashMap<>();
    for (Update update : updates) {
      if (update.parameter().numel() > 0) {
        byType.computeIfAbsent(update.parameter().dtype(), _ -> new ArrayList<>()).add(update);
      }
    }
    byType.forEach(
        (dtype, alike) -> {
          String expression = "each_parameter<" + step + Types.of(dtype) + form + ">>";
          int from = 0;
          while (from < alike.size()) {
            int to = end(alike, from);
            launch(expression, hyper, kept, alike.subList(from, to));
            from = to;
          }
        });
  }

  /**
   * Returns where the updates of a launch end: those of one have no order, so none writes what
   * another one reads or writes.
   */
  private static int end(List<Update> updates, int from) {
    IdentityHashMap<Storage, Boolean> written = new IdentityHashMap<>();
    int to = from;
    while (to < updates.size()
        && to - from < MOST_PARAMETERS
        && isApart(updates.get(to), written)) {
      Update update = updates.get(to++);
      written.putIfAbsent(update.gradient().storage(), false);
      written.put(update.parameter().storage(), true);
      update.state().forEach(buffer -> written.put(buffer.storage(), true));
    }
    return to;
  }

  private static boolean isApart(Update update, IdentityHashMap<Storage, Boolean> written) {
    boolean apart =
        !written.containsKey(update.parameter().storage())
            && !written.getOrDefault(update.gradient().storage(), false);
    for (Strided buffer : update.state()) {
      apart = apart && !written.containsKey(buffer.storage());
    }
    return apart;
  }

  private void launch(String expression, long[] hyper, int kept, List<Update> updates) {
    Launch launch = device.launch(FILE, expression);
    Capture.Omission omission = Capture.omission(device);
    if (omission != null) {
      hyper[NUMBERS + 3] = launch.use(omission.found());
      hyper[NUMBERS + 4] = launch.use(omission.missed());
    }
    launch.struct(hyper);
    long[] table = new long[1 + MOST_PARAMETERS * (1 + MOST_TENSORS) + MOST_PARAMETERS / 2];
    int tensors = 1 + MOST_PARAMETERS;
    int firsts = tensors + MOST_TENSORS * MOST_PARAMETERS;
    table[0] = updates.size();
    long blocks = 0;
    for (int i = 0; i < updates.size(); i++) {
      Update update = updates.get(i);
      table[1 + i] = update.parameter().numel();
      table[tensors + i] = launch.use(update.parameter());
      table[tensors + MOST_PARAMETERS + i] = launch.use(update.gradient());
      for (int k = 0; k < kept; k++) {
        table[tensors + (2 + k) * MOST_PARAMETERS + i] = launch.use(update.state().get(k));
      }
      table[firsts + i / 2] |= blocks << (i % 2 * Integer.SIZE);
      blocks += Math.ceilDiv(update.parameter().numel(), CHUNK);
    }
    launch.struct(table).run(Grid.of(Math.toIntExact(blocks)), Grid.of(CudaDevice.BLOCK), 0);
  }
}
