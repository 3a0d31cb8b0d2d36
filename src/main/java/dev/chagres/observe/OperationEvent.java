package dev.chagres.observe;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** One call of a kernel. */
@Name("dev.chagres.Operation")
@Label("Tensor Operation")
@Category("Chagres")
@Description("A kernel that ran for longer than the threshold")
@Threshold("1 ms")
final class OperationEvent extends Event {
  @Label("Operation")
  @Description("The function that the program called, or the node of a backward pass")
  @Nullable String operation;

  @Label("Kernel")
  @Nullable String kernel;

  @Label("Element Type")
  @Nullable String dtype;

  @Label("Shapes")
  @Description("The shapes of operands and results")
  @Nullable String shapes;

  @Label("Bytes")
  @Description("How many bytes were read and written")
  @DataAmount
  long bytes;

  @Label("Floating-Point Operations")
  @Description("Of products and convolutions")
  long floatingOperations;
}
