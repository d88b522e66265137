package io.github.tfwsam.examples.profile;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a timeline in Chrome's trace event format, the JSON object form, which Perfetto and
 * chrome://tracing open.
 *
 * <p>The first process, "phases", has a thread a phase: when any operation of it ran. Then each
 * device is a process with its operations. TensorFlow does not tell which of its threads ran an
 * operation, so the threads are lanes: an operation is in the first that is free.
 *
 * <p>Source: <a
 * href="https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU">Trace
 * Event Format</a>.
 */
final class ChromeTrace {
  private static final int PHASES = 1;
  private static final int FIRST_DEVICE = 2;
  private static final String LOCAL = "/job:localhost/replica:0/task:0/device:";

  private final JsonGenerator json;

  private ChromeTrace(JsonGenerator json) {
    this.json = json;
  }

  /**
   * Writes a timeline.
   *
   * @param timeline what to write
   * @param stream where to
   * @throws IOException if it cannot
   */
  static void write(StepTimeline timeline, OutputStream stream) throws IOException {
    try (JsonGenerator json = new JsonMapper().createGenerator(stream)) {
      json.writeStartObject();
      json.writeStringField("displayTimeUnit", "ms");
      json.writeObjectFieldStart("otherData");
      json.writeNumberField("step", timeline.step());
      json.writeEndObject();
      json.writeArrayFieldStart("traceEvents");
      new ChromeTrace(json).events(timeline);
      json.writeEndArray();
      json.writeEndObject();
    }
  }

  private void events(StepTimeline timeline) throws IOException {
    process(PHASES, "phases");
    int thread = 0;
    for (Phase phase : Phase.values()) {
      List<Interval> times = StepTimeline.busy(timeline.of(phase));
      if (!times.isEmpty()) {
        thread(PHASES, ++thread, phase.toString());
      }
      for (Interval time : times) {
        event(PHASES, thread, phase.toString(), phase, time);
        json.writeEndObject();
      }
    }
    int process = FIRST_DEVICE;
    for (String device :
        timeline.operations().stream().map(TracedOperation::device).distinct().toList()) {
      process(process, device.startsWith(LOCAL) ? device.substring(LOCAL.length()) : device);
      operations(
          process, timeline.operations().stream().filter(o -> o.device().equals(device)).toList());
      process++;
    }
  }

  private void operations(int process, List<TracedOperation> operations) throws IOException {
    List<Long> laneEnds = new ArrayList<>();
    for (TracedOperation operation : operations) {
      int lane = 0;
      while (lane < laneEnds.size() && laneEnds.get(lane) > operation.time().start()) {
        lane++;
      }
      if (lane == laneEnds.size()) {
        laneEnds.add(0L);
        thread(process, lane + 1, "lane " + (lane + 1));
      }
      laneEnds.set(lane, operation.time().end());
      event(process, lane + 1, operation.name(), operation.phase(), operation.time());
      arguments(operation);
      json.writeEndObject();
    }
  }

  private void arguments(TracedOperation operation) throws IOException {
    json.writeObjectFieldStart("args");
    json.writeStringField("type", operation.type());
    json.writeArrayFieldStart("outputs");
    for (String output : operation.outputs()) {
      json.writeString(output);
    }
    json.writeEndArray();
    json.writeNumberField("allocated_bytes", operation.allocatedBytes());
    if (operation.queued().isPresent()) {
      json.writeNumberField("queued_us", operation.queued().getAsLong() / 1e3);
    }
    json.writeEndObject();
  }

  /** Begins an event of some duration, and leaves it open. */
  private void event(int process, int thread, String name, Phase phase, Interval time)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("ph", "X");
    json.writeStringField("name", name);
    json.writeStringField("cat", phase.toString());
    json.writeNumberField("ts", time.start() / 1e3);
    json.writeNumberField("dur", time.length() / 1e3);
    json.writeNumberField("pid", process);
    json.writeNumberField("tid", thread);
  }

  private void process(int process, String name) throws IOException {
    metadata("process_name", "name", name, process, 0);
    metadata("process_sort_index", "sort_index", process, process, 0);
  }

  private void thread(int process, int thread, String name) throws IOException {
    metadata("thread_name", "name", name, process, thread);
    metadata("thread_sort_index", "sort_index", thread, process, thread);
  }

  private void metadata(String what, String key, Object value, int process, int thread)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("ph", "M");
    json.writeStringField("name", what);
    json.writeNumberField("pid", process);
    json.writeNumberField("tid", thread);
    json.writeObjectFieldStart("args");
    json.writeObjectField(key, value);
    json.writeEndObject();
    json.writeEndObject();
  }
}
