// CUDA on the CPU, for tests: kernels.cu compiled as C++. Blocks run one after the other, the threads of a block as fibers,
// each until its next barrier, in one order or the reverse. The memory of the device is that of the host.
#pragma once

#include <ucontext.h>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "cuda/driver.h"

namespace shim {

struct Index { uint32_t x; };
struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  int barrier;  // the line where it waits; 0: it has ended
};

inline Index thread, block;
inline Fiber fibers[wsam::kThreads];
inline ucontext_t scheduler;
inline std::function<void()> body;  // of a kernel

__attribute__((noinline)) inline void wait_at(int line) {
  fibers[thread.x].barrier = line;
  swapcontext(&fibers[thread.x].context, &scheduler);
}

// Throws if not all threads come to the same barriers.
inline void run_block(bool reverse) {
  constexpr size_t kStackBytes = 64 << 10;
  for (Fiber& fiber : fibers) {
    if (fiber.stack == nullptr) fiber.stack.reset(new char[kStackBytes]);
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.get();
    fiber.context.uc_stack.ss_size = kStackBytes;
    makecontext(&fiber.context, +[] { body(), wait_at(0); }, 0);
  }
  do {
    for (int i = 0; i < wsam::kThreads; i++) {
      thread.x = reverse ? wsam::kThreads - 1 - i : i;
      swapcontext(&scheduler, &fibers[thread.x].context);
    }
    for (const Fiber& fiber : fibers) {
      if (fiber.barrier != fibers[0].barrier) throw std::logic_error("the threads of a block wait at different barriers");
    }
  } while (fibers[0].barrier != 0);
}

// A kernel, given the addresses of its parameters.
using Kernel = std::function<void(void**)>;

template <class... P, size_t... i>
Kernel kernel_of(void (*f)(P...), std::index_sequence<i...>) {
  return [f](void** addresses) { f(*static_cast<P*>(addresses[i])...); };
}
template <class... P>
Kernel kernel_of(void (*f)(P...)) {
  return kernel_of(f, std::index_sequence_for<P...>());
}

struct Launcher : wsam::Launcher {
  std::map<std::string, Kernel> kernels;  // by name
  bool reverse = false;
  void* find(const std::string& kernel) override { return &kernels.at(kernel); }
  void launch(void* kernel, uint32_t blocks, void** parameters, void*) override {
    body = [=] { (*static_cast<Kernel*>(kernel))(parameters); };
    for (block.x = 0; block.x < blocks; block.x++) run_block(reverse);
  }
};

}  // namespace shim

#define __global__
#define __shared__ static
#define __syncthreads() shim::wait_at(__LINE__)
#define threadIdx shim::thread
#define blockIdx shim::block
#include "cuda/kernels.cu"
