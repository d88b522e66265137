#include "threads.h"

#include <thread>

// Eigen's ThreadPoolInterface and ThreadPoolDevice, as far as they are used, in TensorFlow 2.16.2. Not in a namespace without
// a name: the compiler would see that nothing implements the interface.
struct WsamEigenThreadPool {
  virtual void Schedule(std::function<void()> task) = 0;
};

struct WsamEigenDevice {
  WsamEigenThreadPool* pool;
  int threads;
};

#if defined(__linux__)
// Eigen::ThreadPoolDevice const& tensorflow::OpKernelContext::eigen_device<Eigen::ThreadPoolDevice>() const
extern "C" const WsamEigenDevice* wsam_eigen_device(const TF_OpKernelContext*) __asm__(
    "_ZNK10tensorflow15OpKernelContext12eigen_deviceIN5Eigen16ThreadPoolDeviceEEERKT_v") __attribute__((weak));
#else
static const WsamEigenDevice* (*const wsam_eigen_device)(const TF_OpKernelContext*) = nullptr;
#endif

namespace wsam {
namespace {
std::atomic<bool> allowed{false};
}

void allow_tensorflow_threads() { allowed = true; }

Scheduler threads_of(TF_OpKernelContext* context) {
  if (!allowed || wsam_eigen_device == nullptr) {
    return {int(std::thread::hardware_concurrency()) - 1, [](std::function<void()> task) { std::thread(task).detach(); }};
  }
  const WsamEigenDevice* device = wsam_eigen_device(context);
  WsamEigenThreadPool* pool = device->pool;
  return {device->threads - 1, [pool](std::function<void()> task) { pool->Schedule(std::move(task)); }};
}

}  // namespace wsam
