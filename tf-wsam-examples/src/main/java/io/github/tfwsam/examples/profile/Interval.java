package io.github.tfwsam.examples.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A stretch of time.
 *
 * @param start where it begins, in nanoseconds
 * @param end where it ends, in nanoseconds, not before its start
 */
record Interval(long start, long end) {

  long length() {
    return end - start;
  }

  /**
   * The time that is in any of some intervals.
   *
   * @param intervals any intervals
   * @return the same time in as few intervals as can be, in order
   */
  static List<Interval> union(List<Interval> intervals) {
    List<Interval> union = new ArrayList<>();
    for (Interval next :
        intervals.stream().sorted(Comparator.comparingLong(Interval::start)).toList()) {
      int last = union.size() - 1;
      if (last >= 0 && next.start <= union.get(last).end) {
        Interval before = union.get(last);
        union.set(last, new Interval(before.start, Math.max(before.end, next.end)));
      } else {
        union.add(next);
      }
    }
    return union;
  }

  static long total(List<Interval> intervals) {
    return intervals.stream().mapToLong(Interval::length).sum();
  }
}
