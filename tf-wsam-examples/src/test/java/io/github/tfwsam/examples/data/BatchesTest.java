package io.github.tfwsam.examples.data;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchesTest {
  private static List<Integer> epoch(Batches batches, int epoch) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < batches.perEpoch(); i++) {
      for (int number : batches.get((long) epoch * batches.perEpoch() + i)) {
        numbers.add(number);
      }
    }
    return numbers;
  }

  @Test
  void inFileOrderTheyBeginAnewEachEpochAndDropTheRest() {
    var batches = new Batches(7, 3, false, 1);
    assertThat(batches.perEpoch()).isEqualTo(2);
    assertThat(batches.get(0)).isEqualTo(new int[] {0, 1, 2});
    assertThat(batches.get(1)).isEqualTo(new int[] {3, 4, 5});
    assertThat(batches.get(2)).isEqualTo(new int[] {0, 1, 2});
  }

  @Test
  void shuffledTheyTakeEachExampleOnceAnEpochInAnotherOrder() {
    var batches = new Batches(100, 10, true, 1);
    List<Integer> all = IntStream.range(0, 100).boxed().toList();
    assertThat(epoch(batches, 0)).containsExactlyElementsIn(all);
    assertThat(epoch(batches, 1)).containsExactlyElementsIn(all);
    assertThat(epoch(batches, 0)).isNotEqualTo(all);
    assertThat(epoch(batches, 0)).isNotEqualTo(epoch(batches, 1));
  }

  @Test
  void shuffledTheyDropOthersEachEpoch() {
    var batches = new Batches(7, 3, true, 1);
    List<Integer> seen = new ArrayList<>();
    for (int epoch = 0; epoch < 20; epoch++) {
      assertThat(epoch(batches, epoch)).hasSize(6);
      seen.addAll(epoch(batches, epoch));
    }
    assertThat(seen).containsAtLeastElementsIn(IntStream.range(0, 7).boxed().toList());
  }

  @Test
  void theSeedDecides() {
    var batches = new Batches(100, 10, true, 1);
    assertThat(epoch(new Batches(100, 10, true, 1), 3)).isEqualTo(epoch(batches, 3));
    assertThat(epoch(new Batches(100, 10, true, 2), 3)).isNotEqualTo(epoch(batches, 3));
    assertThat(epoch(new Batches(100, 10, true, 2), 0)).isNotEqualTo(epoch(batches, 1));
  }

  @Test
  void theBatchAtAPositionDoesNotDependOnThoseAskedForBefore() {
    var all = new Batches(23, 5, true, 9);
    List<int[]> inTurn = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      inTurn.add(all.get(i));
    }
    for (int start : new int[] {0, 3, 4, 17, 39}) {
      var resumed = new Batches(23, 5, true, 9);
      for (int i = start; i < 40; i++) {
        assertThat(resumed.get(i)).isEqualTo(inTurn.get(i));
      }
    }
  }

  @Test
  void aBatchIsNotLargerThanTheData() {
    assertThat(new Batches(5, 5, true, 1).perEpoch()).isEqualTo(1);
    var e = assertThrows(IllegalArgumentException.class, () -> new Batches(5, 6, true, 1));
    assertThat(e).hasMessageThat().contains("a batch of 6 cannot be had from 5 examples");
  }
}
