#include "gpu.h"

// Eigen's StreamInterface and GpuDevice, as far as they are used, in TensorFlow 2.16.2. Not in a namespace without a name, as
// in tensorflow/threads.cc.
struct WsamEigenStream {
  virtual ~WsamEigenStream() = default;
  virtual void* const& stream() const = 0;
};

struct WsamEigenGpuDevice {
  const WsamEigenStream* stream;
};

#if defined(__linux__)
// Eigen::GpuDevice const& tensorflow::OpKernelContext::eigen_device<Eigen::GpuDevice>() const
extern "C" const WsamEigenGpuDevice* wsam_eigen_gpu_device(const TF_OpKernelContext*) __asm__(
    "_ZNK10tensorflow15OpKernelContext12eigen_deviceIN5Eigen9GpuDeviceEEERKT_v") __attribute__((weak));
#else
static const WsamEigenGpuDevice* (*const wsam_eigen_gpu_device)(const TF_OpKernelContext*) = nullptr;
#endif

namespace wsam {

void* stream_of(TF_OpKernelContext* context) {
  if (wsam_eigen_gpu_device == nullptr) throw OpError(TF_FAILED_PRECONDITION, "this TensorFlow does not show its CUDA streams");
  return wsam_eigen_gpu_device(context)->stream->stream();
}

std::string kernel_name(const Op& op, Type type) {
  const char* types[] = {"_float", "_double", "_half", "_bfloat16"};
  return op.name + types[int(type)];
}

void norm_on_gpu(const Context& context, const Attributes& a, const Op& op, const std::vector<std::vector<char*>>& lists,
                 const std::vector<int64_t>& lengths) {
  std::vector<Chunk> chunks = chunks_of(lists, lengths);
  Tensor sums = context.allocate_temporary(Type::kDouble, blocks_of(chunks));
  Tensor norm = context.allocate_output(0, Type::kDouble, {});
  launch_norm(current_launcher(), kernel_name(op, a.type), chunks, stream_of(context.get()),
              reinterpret_cast<double*>(sums.data()), reinterpret_cast<double*>(norm.data()));
}

void copy_on_gpu(TF_OpKernelContext* context, void* to, const void* from, size_t bytes) {
  try {
    copy_on_stream(to, from, bytes, stream_of(context));
  } catch (const OpError& error) {
    TF_Log(TF_LOG_ERROR, "%s", error.what());
  }
}

}  // namespace wsam
