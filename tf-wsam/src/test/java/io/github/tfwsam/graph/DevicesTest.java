package io.github.tfwsam.graph;

import static com.google.common.truth.Truth.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DevicesTest {
  @ParameterizedTest
  @CsvSource({
    "/job:worker/replica:0/task:1/device:GPU:2, /job:worker/replica:0/task:1/device:GPU:2",
    "/device:CPU:0, /device:CPU:0",
    "/cpu:0, /device:CPU:0",
    "/gpu:1, /device:GPU:1",
    "/device:GPU:*, /device:GPU:*",
    "/job:ps, /job:ps",
    "'', ''",
  })
  void readsWhatTensorFlowWrites(String device, String expected) {
    assertThat(Devices.parse(device).toString()).isEqualTo(expected);
  }
}
