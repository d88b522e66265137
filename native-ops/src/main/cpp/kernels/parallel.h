// Work on a list of tensors, cut into blocks that threads claim one after the other.
#pragma once

#include <stdint.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace wsam {

// Where helpers come from: so many threads beside the calling one, and how to have one of them run something.
struct Scheduler {
  int helpers;
  std::function<void(std::function<void()>)> schedule;
};

// So often a thread looks whether the others are done, a microsecond each time or less, before it sleeps.
constexpr int kYields = 100;

// Runs task(0) to task(count - 1). The calling thread works too, and waits only for tasks that were begun: a pool that is
// busy costs nothing, and a call from inside the pool cannot deadlock. Tasks must not throw.
template <class Task>
void parallel_for(const Scheduler& scheduler, int64_t count, const Task& task) {
  struct Job {
    int64_t count;
    int64_t threads;
    const Task* task;
    std::atomic<int64_t> next{0};
    std::atomic<int64_t> done{0};
    std::mutex mutex;
    std::condition_variable all_done;

    void work() {
      int64_t finished = 0;
      for (int64_t first = next; first < count;) {
        // Long runs of neighbours are read faster from memory; short ones at the end let all threads end together.
        int64_t end = first + std::max<int64_t>(1, (count - first) / (4 * threads));
        if (!next.compare_exchange_weak(first, end)) continue;
        for (int64_t i = first; i < end; i++) (*task)(i);
        finished += end - first;
        first = next;
      }
      if (finished == 0) return;
      if (done.fetch_add(finished) + finished == count) {
        std::lock_guard<std::mutex> lock(mutex);
        all_done.notify_all();
      }
    }
  };
  int64_t helpers = std::min<int64_t>(scheduler.helpers, count - 1);
  if (helpers < 1) {
    for (int64_t i = 0; i < count; i++) task(i);
    return;
  }
  // A helper that starts late finds the job, and nothing left to do.
  auto job = std::make_shared<Job>();
  job->count = count;
  job->threads = helpers + 1;
  job->task = &task;
  for (int64_t i = 0; i < helpers; i++) scheduler.schedule([job] { job->work(); });
  job->work();
  // What others still do takes microseconds; to sleep and be woken takes longer.
  for (int i = 0; i < kYields && job->done < count; i++) std::this_thread::yield();
  std::unique_lock<std::mutex> lock(job->mutex);
  job->all_done.wait(lock, [&] { return job->done == job->count; });
}

// The concatenation of tensors in blocks of a fixed number of elements. Sums of blocks, added up in their order, are the
// same bits for any number of threads; lists of many small tensors and of one large one are balanced alike.
class Blocks {
 public:
  static constexpr int64_t kElements = 1 << 14;

  explicit Blocks(const std::vector<int64_t>& lengths) : offsets_(1, 0) {
    for (int64_t length : lengths) offsets_.push_back(offsets_.back() + length);
  }

  int64_t elements() const { return offsets_.back(); }
  int64_t count() const { return (elements() + kElements - 1) / kElements; }

  // visit(tensor, start, length) for each tensor's part of a block.
  template <class Visit>
  void visit(int64_t block, const Visit& visit) const {
    int64_t start = block * kElements, end = std::min(elements(), start + kElements);
    size_t tensor = std::upper_bound(offsets_.begin(), offsets_.end(), start) - offsets_.begin() - 1;
    for (; start < end; tensor++) {
      int64_t stop = std::min(end, offsets_[tensor + 1]);
      if (stop > start) visit(tensor, start - offsets_[tensor], stop - start);
      start = stop;
    }
  }

 private:
  std::vector<int64_t> offsets_;
};

// visit(tensor, start, length) for all parts of all blocks, in parallel.
template <class Visit>
void for_each_part(const Scheduler& scheduler, const Blocks& blocks, const Visit& visit) {
  parallel_for(scheduler, blocks.count(), [&](int64_t block) { blocks.visit(block, visit); });
}

// The sum of sum(tensor, start, length) over all parts.
template <class Sum>
double sum_over_parts(const Scheduler& scheduler, const Blocks& blocks, const Sum& sum) {
  std::vector<double> sums(blocks.count(), 0.0);
  parallel_for(scheduler, blocks.count(), [&](int64_t block) {
    blocks.visit(block, [&](size_t tensor, int64_t start, int64_t length) { sums[block] += sum(tensor, start, length); });
  });
  double total = 0;
  for (double s : sums) total += s;
  return total;
}

}  // namespace wsam
