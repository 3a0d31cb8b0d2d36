package dev.chagres.observe;

import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;

/** Whether Java's flight recorder records anything; only loaded where it is there. */
final class FlightRecording implements FlightRecorderListener {

  /** Follows the recorder without starting it, which would take a while. */
  static void follow() {
    FlightRecorder.addListener(new FlightRecording());
  }

  @Override
  public void recorderInitialized(FlightRecorder recorder) {
    refresh(recorder);
  }

  @Override
  public void recordingStateChanged(Recording recording) {
    refresh(FlightRecorder.getFlightRecorder());
  }

  private static void refresh(FlightRecorder recorder) {
    Observation.recording(
        recorder.getRecordings().stream()
            .anyMatch(recording -> recording.getState() == RecordingState.RUNNING));
  }
}
