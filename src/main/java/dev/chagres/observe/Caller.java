package dev.chagres.observe;

import dev.chagres.autograd.Backward;
import dev.chagres.check.Place;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which operation of the library the program called, by a look at the stack: the outermost function
 * of tensors between the program and here, or in a backward pass the node whose gradient is
 * computed. So nothing has to be kept up to date while nobody asks; an answer costs some
 * microseconds.
 */
public final class Caller {
  /** What an allocation is called that no operation of tensors asked for. */
  public static final String ALLOCATION = "allocate";

  private static final int FRAMES_AT_ONCE = 16;
  private static final StackWalker WALKER = StackWalker.getInstance(Set.of(), FRAMES_AT_ONCE);
  private static final String ROOT = "dev.chagres.";

  /** What calls functions that it is given: the operation is within it. */
  private static final Set<String> RUNNERS =
      Set.of(
          "nn.Module",
          "tensor.FunctionalAutograd",
          "tensor.Checkpoint",
          "tensor.Derivatives",
          "tensor.GradCheck");

  /** What lies between a function and what it calls, and is neither. */
  private static final Set<String> BETWEEN = Set.of("tensor.Function", "tensor.GradientMemory");

  /** What a class is, by its name. */
  private static final Map<String, Role> ROLES = new ConcurrentHashMap<>();

  private enum Role {
    /** The program, which calls operations. */
    FOREIGN,
    /** The engine, which calls rules of gradients in a backward pass. */
    ENGINE,
    RUNNER,
    /** Has operations, whose methods' names are theirs. */
    OPERATIONS,
    OTHER
  }

  private Caller() {}

  /**
   * Returns the operation's name, such as {@code softmax}, {@code add_}, {@code MulBackward} or
   * {@code Optimizer.step}.
   *
   * @param otherwise what to say if no operation is to be seen
   */
  public static String operation(String otherwise) {
    String found = WALKER.walk(Caller::find);
    return found == null ? otherwise : found;
  }

  /** The frames know their classes; a method's name is only asked for once, as that takes long. */
  private static @Nullable String find(Stream<StackWalker.StackFrame> frames) {
    StackWalker.StackFrame outermost = null;
    for (Iterator<StackWalker.StackFrame> each = frames.iterator(); each.hasNext(); ) {
      StackWalker.StackFrame frame = each.next();
      Role role = ROLES.computeIfAbsent(frame.getClassName(), _ -> role(frame));
      if (role == Role.FOREIGN || role == Role.RUNNER && outermost != null) {
        break;
      }
      String running = role == Role.ENGINE ? Backward.running() : null;
      if (running != null) {
        return running;
      }
      if (role == Role.OPERATIONS) {
        outermost = frame;
      }
    }
    return outermost == null ? null : name(outermost.getClassName(), outermost.getMethodName());
  }

  private static Role role(StackWalker.StackFrame frame) {
    if (Place.isForeign(frame)) {
      return Role.FOREIGN;
    }
    if (!frame.getClassName().startsWith(ROOT)) {
      return Role.OTHER;
    }
    String type = frame.getClassName().substring(ROOT.length());
    if (type.startsWith("autograd.")) {
      return Role.ENGINE;
    }
    if (RUNNERS.contains(type)) {
      return Role.RUNNER;
    }
    boolean hasOperations =
        type.startsWith("tensor.")
            || type.startsWith("linalg.")
            || type.startsWith("optim.")
            || type.equals("nn.Functional")
            || type.equals("nn.Init");
    return hasOperations && !BETWEEN.contains(type) ? Role.OPERATIONS : Role.OTHER;
  }

  /** Without what the compiler adds to the name of a lambda's body. */
  private static String name(String type, String method) {
    if (method.startsWith("<")) {
      return type.substring(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1);
    }
    if (type.startsWith(ROOT + "optim.") && method.equals("step")) {
      return "Optimizer.step";
    }
    return method.startsWith("lambda$") ? method.split("\\$", -1)[1] : method;
  }
}
