package dev.chagres.primitive;

import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * The gradients of parameters that have one, on loan until closed, so that whoever forgets them
 * later still frees them.
 *
 * @param <T> the type of tensors
 */
public final class BorrowedGradients<T extends Operand<T>> implements AutoCloseable {
  private final List<T> parameters = new ArrayList<>();
  private final List<T> gradients = new ArrayList<>();

  private BorrowedGradients() {}

  /** Borrows the gradients of parameters, of one that is there twice once. */
  public static <T extends Operand<T>> BorrowedGradients<T> of(Collection<? extends T> parameters) {
    BorrowedGradients<T> loan = new BorrowedGradients<>();
    IdentityHashMap<T, T> seen = new IdentityHashMap<>();
    for (T parameter : parameters) {
      T gradient =
          seen.put(parameter, parameter) == null
              ? Primitives.of(parameter).borrowGradient(parameter)
              : null;
      if (gradient != null) {
        loan.parameters.add(parameter);
        loan.gradients.add(gradient);
      }
    }
    return loan;
  }

  /** Returns the gradients. */
  public List<T> gradients() {
    return gradients;
  }

  @Override
  public void close() {
    for (int i = 0; i < gradients.size(); i++) {
      T parameter = parameters.get(i);
      Primitives.of(parameter).returnGradient(parameter, gradients.get(i));
    }
  }
}
