package dev.chagres.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.profiler.Profile;
import dev.chagres.profiler.Profiler;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.EventType;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;
import jdk.jfr.SettingDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Java's flight recorder gets to see. */
class FlightObserverTest {
  private static final String OPERATION = "dev.chagres.Operation";
  private static final String ALLOCATION = "dev.chagres.Allocation";

  @TempDir private Path folder;

  private List<RecordedEvent> recorded(Recording recording, Runnable code) throws IOException {
    Path file = folder.resolve("recording.jfr");
    try (recording) {
      recording.start();
      code.run();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("dev.chagres."))
        .filter(event -> event.getThread().getJavaThreadId() == Thread.currentThread().threadId())
        .toList();
  }

  private static List<RecordedEvent> of(String type, List<RecordedEvent> events) {
    return events.stream().filter(event -> event.getEventType().getName().equals(type)).toList();
  }

  private static Recording all() {
    Recording recording = new Recording();
    recording.enable(OPERATION).withoutThreshold();
    recording.enable(ALLOCATION).withoutThreshold();
    return recording;
  }

  @Test
  void operationsAndAllocationsAreEvents() throws IOException {
    Tensor a = Tensor.ones(2, 3);
    Tensor b = Tensor.ones(3, 4).requiresGrad_();
    List<RecordedEvent> events = recorded(all(), () -> a.matmul(b).sum().backward());

    List<RecordedEvent> kernels = of(OPERATION, events);
    assertEquals(
        List.of("matmul matmul", "sum sum", "backward copy", "MmBackward matmul"),
        kernels.stream()
            .map(event -> event.getString("operation") + " " + event.getString("kernel"))
            .toList());
    RecordedEvent product = kernels.getFirst();
    assertEquals("float32", product.getString("dtype"));
    assertEquals("(2, 3), (3, 4), (2, 4)", product.getString("shapes"));
    assertEquals(24 + 48 + 32, product.getLong("bytes"));
    assertEquals(48, product.getLong("floatingOperations"));
    assertTrue(product.getDuration().compareTo(Duration.ZERO) > 0);
    assertTrue(
        product.getStackTrace().getFrames().stream()
            .map(RecordedFrame::getMethod)
            .anyMatch(
                method -> method.getType().getName().equals(FlightObserverTest.class.getName())));

    List<RecordedEvent> allocations = of(ALLOCATION, events);
    assertEquals(
        List.of("matmul 32", "sum 4", "backward 4", "MmBackward 48"),
        allocations.stream()
            .map(event -> event.getString("operation") + " " + event.getLong("bytes"))
            .toList());
    assertTrue(allocations.getFirst().getLong("live") >= 24 + 48 + 32);
  }

  @Test
  void eventsHaveLabelsAndAThreshold() throws IOException {
    Tensor x = Tensor.ones(3);
    assertEquals(2, recorded(all(), () -> x.add(1)).size());
    List<EventType> types =
        FlightRecorder.getFlightRecorder().getEventTypes().stream()
            .filter(type -> type.getName().startsWith("dev.chagres."))
            .toList();
    assertEquals(2, types.size());
    for (EventType type : types) {
      assertEquals(List.of("Chagres"), type.getCategoryNames());
      assertTrue(type.getLabel().startsWith("Tensor "));
      assertTrue(type.getDescription().contains("threshold"));
      assertEquals(
          List.of("1 ms"),
          type.getSettingDescriptors().stream()
              .filter(setting -> setting.getName().equals("threshold"))
              .map(SettingDescriptor::getDefaultValue)
              .toList());
    }
  }

  @Test
  void whatIsFasterThanTheThresholdIsNoEvent() throws IOException {
    Tensor x = Tensor.ones(3);
    Recording recording = new Recording();
    recording.enable(OPERATION).withThreshold(Duration.ofMinutes(1));
    recording.enable(ALLOCATION).withThreshold(Duration.ofMinutes(1));
    assertEquals(List.of(), recorded(recording, () -> x.add(1)));
  }

  @Test
  void whatARecordingDoesNotAskForIsNoEvent() throws IOException {
    Tensor x = Tensor.ones(3);
    Recording recording = new Recording();
    recording.disable(OPERATION);
    recording.enable(ALLOCATION).withoutThreshold();
    List<RecordedEvent> events = recorded(recording, () -> x.add(1));
    assertEquals(1, events.size());
    assertEquals(1, of(ALLOCATION, events).size());
  }

  @Test
  void aProfilerSeesTheSameMeanwhile() throws IOException {
    Tensor x = Tensor.ones(3);
    Profile[] profile = new Profile[1];
    List<RecordedEvent> events =
        recorded(all(), () -> profile[0] = Profiler.run(() -> x.add(1).mul(x)));
    assertEquals(2, of(OPERATION, events).size());
    assertEquals(2, of(ALLOCATION, events).size());
    assertEquals(2, profile[0].total().calls());
    assertEquals(2, profile[0].total().allocations());
    assertEquals(24, profile[0].total().allocatedBytes());
  }

  @Test
  void allIsThereWithoutTheRecordersModule() throws IOException, InterruptedException {
    Path program = folder.resolve("Program.java");
    Files.writeString(
        program,
        """
        import module dev.chagres;

        void main() {
          IO.println(ModuleLayer.boot().findModule("jdk.jfr").isPresent());
          IO.println(Profiler.run(() -> Tensor.ones(3).add(1)).total().calls());
        }
        """);
    assertEquals(
        List.of("false", "2"),
        Programs.run(
            "java",
            "@" + Programs.OPTIONS,
            "--limit-modules=dev.chagres,org.knowm.xchart,jdk.compiler",
            program.toString()));
  }
}
