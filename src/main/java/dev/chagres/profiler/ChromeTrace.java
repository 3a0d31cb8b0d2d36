package dev.chagres.profiler;

import com.google.gson.stream.JsonWriter;
import dev.chagres.core.Shape;
import dev.chagres.profiler.Profile.Allocation;
import dev.chagres.profiler.Profile.Call;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A profile in Chrome's trace event format: a bar for each call of a kernel, on the line of its
 * thread, and a curve of the memory in use. Times are in microseconds.
 */
final class ChromeTrace {
  private final JsonWriter json;
  private final long process = ProcessHandle.current().pid();
  private final Set<Long> named = new HashSet<>();

  private ChromeTrace(JsonWriter json) {
    this.json = json;
  }

  static void write(Profile profile, Path file) throws IOException {
    try (JsonWriter json = new JsonWriter(Files.newBufferedWriter(file))) {
      new ChromeTrace(json).write(profile);
    }
  }

  private void write(Profile profile) throws IOException {
    json.beginObject().name("displayTimeUnit").value("ms").name("traceEvents").beginArray();
    name("process_name", 0, "chagres");
    for (Call call : profile.calls()) {
      if (named.add(call.threadId())) {
        String thread = call.thread();
        name("thread_name", call.threadId(), thread.isEmpty() ? "virtual thread" : thread);
      }
      write(call);
    }
    for (Allocation allocation : profile.allocations()) {
      begin("memory in use", "C", allocation.threadId());
      json.name("ts").value(micros(allocation.atNanos()));
      json.name("args").beginObject().name("bytes").value(allocation.liveBytes()).endObject();
      json.endObject();
    }
    json.endArray().endObject();
  }

  private void name(String what, long thread, String name) throws IOException {
    begin(what, "M", thread);
    json.name("args").beginObject().name("name").value(name).endObject();
    json.endObject();
  }

  private void write(Call call) throws IOException {
    boolean isItsKernel = call.kernel().equals(call.operation());
    begin(
        isItsKernel ? call.kernel() : call.operation() + ": " + call.kernel(),
        "X",
        call.threadId());
    json.name("cat").value("kernel");
    json.name("ts").value(micros(call.startNanos()));
    json.name("dur").value(micros(call.nanos()));
    json.name("args").beginObject();
    json.name("operation").value(call.operation());
    json.name("kernel").value(call.kernel());
    json.name("dtype").value(call.dtype().toString());
    json.name("shapes")
        .value(call.shapes().stream().map(Shape::toString).collect(Collectors.joining(", ")));
    json.name("bytes").value(call.bytes());
    if (call.floatingOperations() > 0) {
      json.name("floating operations").value(call.floatingOperations());
    }
    json.endObject().endObject();
  }

  /** Begins an event, which the caller ends. */
  private void begin(String name, String phase, long thread) throws IOException {
    json.beginObject().name("name").value(name).name("ph").value(phase);
    json.name("pid").value(process).name("tid").value(thread);
  }

  private static double micros(long nanos) {
    return nanos / 1e3;
  }
}
