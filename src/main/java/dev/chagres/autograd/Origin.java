package dev.chagres.autograd;

import dev.chagres.check.Place;
import org.jspecify.annotations.Nullable;

/**
 * Where an operation was made: the program's lines, and, if a gradient rule made it, of which
 * operation.
 *
 * @param rule the name of the operation whose rule it was, or null
 * @param of where that one was made, or null
 */
record Origin(Place place, @Nullable String rule, @Nullable Origin of) {
  static Origin here() {
    Node<?> running = Backward.runningNode();
    return running == null
        ? new Origin(Place.calls(), null, null)
        : new Origin(Place.calls(), running.name(), running.origin());
  }

  static String text(@Nullable Origin origin) {
    if (origin == null) {
      return "made before anomalies were detected";
    }
    String made = "made at " + origin.place.brief();
    return origin.rule == null
        ? made
        : made + ", as part of the gradient of " + origin.rule + ", " + text(origin.of);
  }
}
