package dev.chagres.observe;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import org.jspecify.annotations.Nullable;

/** One allocation of a tensor's memory. */
@Name("dev.chagres.Allocation")
@Label("Tensor Allocation")
@Category("Chagres")
@Description("An allocation that took longer than the threshold")
@Threshold("1 ms")
final class AllocationEvent extends Event {
  @Label("Operation")
  @Description("The function that the program called, or the node of a backward pass")
  @Nullable String operation;

  @Label("Bytes")
  @DataAmount
  long bytes;

  @Label("Live Bytes")
  @Description("How many bytes of the device's memory are in use, with these")
  @DataAmount
  long live;
}
