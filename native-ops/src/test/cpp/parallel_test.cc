// How work is cut and spread over threads; built with -fsanitize=thread too.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <thread>

#include "kernels/parallel.h"

namespace wsam {
namespace {

constexpr int64_t kBlock = Blocks::kElements;
const std::vector<std::vector<int64_t>> kLists = {
    {}, {0}, {1}, {0, 0, 5, 0}, {kBlock}, {kBlock - 1, 2, 0, kBlock}, {10 * kBlock + 3}, std::vector<int64_t>(5000, 7)};

// Runs body with so many helpers, which start at once; or some when all is over, and some never.
template <class Body> void with_helpers(const Body& body) {
  for (int count : {0, 1, 3}) {
    for (bool at_once : {true, false}) {
      std::mutex mutex;
      std::vector<std::thread> threads;
      std::vector<std::function<void()>> late;
      body(Scheduler{count, [&](std::function<void()> task) {
        std::lock_guard<std::mutex> lock(mutex);
        at_once ? (void)threads.emplace_back(task) : late.push_back(task);
      }});
      for (size_t i = 0; i < late.size(); i += 2) late[i]();
      for (auto& thread : threads) thread.join();
    }
  }
}

TEST_CASE("the parts of blocks are all elements, once, in order") {
  for (const auto& lengths : kLists) {
    std::vector<std::pair<size_t, int64_t>> expected, visited;
    for (size_t tensor = 0; tensor < lengths.size(); tensor++) {
      for (int64_t i = 0; i < lengths[tensor]; i++) expected.emplace_back(tensor, i);
    }
    Blocks blocks(lengths);
    for (int64_t block = 0; block < blocks.count(); block++) {
      CHECK(int64_t(visited.size()) == block * kBlock);
      blocks.visit(block, [&](size_t tensor, int64_t start, int64_t length) {
        for (int64_t i = start; i < start + length; i++) visited.emplace_back(tensor, i);
      });
    }
    CHECK(visited == expected);
  }
}

TEST_CASE("each task runs once, even one that is parallel itself, and what it wrote is seen") {
  for (int64_t count : {0, 1, 2, 3, 500}) {
    with_helpers([&](const Scheduler& scheduler) {
      std::vector<int> runs(3 * count);
      parallel_for(scheduler, count, [&](int64_t i) { parallel_for(scheduler, 3, [&](int64_t j) { runs[3 * i + j]++; }); });
      CHECK(runs == std::vector<int>(3 * count, 1));
    });
  }
}

TEST_CASE("a sum is the same bits, whoever helps") {
  for (const auto& lengths : kLists) {
    Blocks blocks(lengths);
    auto sum = [](size_t tensor, int64_t start, int64_t n) {
      if (n == kBlock) std::this_thread::sleep_for(std::chrono::microseconds(200));  // Time for helpers to come.
      return double(n) / (3.0 + double(tensor) + double(start));
    };
    double alone = sum_over_parts({0, nullptr}, blocks, sum);
    with_helpers([&](const Scheduler& scheduler) {
      CHECK(sum_over_parts(scheduler, blocks, sum) == alone);
      std::atomic<int64_t> elements{0};
      for_each_part(scheduler, blocks, [&](size_t, int64_t, int64_t n) { elements += n; });
      CHECK(elements == blocks.elements());
    });
  }
}

}  // namespace
}  // namespace wsam
