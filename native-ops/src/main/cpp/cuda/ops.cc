// The ops on a GPU. A kernel of cuda/kernels.cu that does an op's work has its name: "Blend_half" is WsamBlend's for half. Scalars
// are read by the kernels, where the graph computed them: the host would have to wait for the device.

#include "../ops/steps.h"
#include "driver.h"

#ifdef __linux__

// Eigen's StreamInterface and GpuDevice, as far as they are used, in TensorFlow 2.16.2. Not in a namespace without a name, as in
// tensorflow/threads.cc.
struct WsamEigenStream {
  virtual ~WsamEigenStream() = default;
  virtual void* const& stream() const = 0;
};

struct WsamEigenGpuDevice {
  const WsamEigenStream* stream;
};

// Eigen::GpuDevice const& tensorflow::OpKernelContext::eigen_device<Eigen::GpuDevice>() const
extern "C" const WsamEigenGpuDevice* wsam_eigen_gpu_device(const TF_OpKernelContext*) __asm__(
    "_ZNK10tensorflow15OpKernelContext12eigen_deviceIN5Eigen9GpuDeviceEEERKT_v") __attribute__((weak));

namespace wsam {
namespace {

// TensorFlow's own: what it launched before is done before, and what it launches later sees what is done here.
void* stream_of(TF_OpKernelContext* context) { return wsam_eigen_gpu_device(context)->stream->stream(); }

void* find_kernel(const Op& op, Type type) {
  const char* types[] = {"_float", "_double", "_half", "_bfloat16"};
  return current_launcher().find(op.name + types[int(type)]);
}

std::vector<char*> memory_of(const std::vector<Tensor>& tensors) {
  std::vector<char*> memory;
  for (const Tensor& tensor : tensors) memory.push_back(tensor.data());
  return memory;
}

template <const Op& kOp>
void norm(const Context& context, const Attributes& a) {
  void* kernel = find_kernel(kOp, a.type);
  std::vector<Tensor> tensors = context.list(0, kOp.lists[0]);
  std::vector<std::vector<char*>> memory = {memory_of(tensors)};
  if (kOp.lists.size() > 1) memory.push_back(memory_of(context.list(1, kOp.lists[1], &tensors)));
  std::vector<Chunk> chunks = chunks_of(memory, lengths_of(tensors));
  Tensor sums = context.allocate_temporary(Type::kDouble, blocks_of(chunks));
  Tensor norm = context.allocate_output(0, Type::kDouble, {});
  launch_norm(current_launcher(), kernel, chunks, stream_of(context.get()), reinterpret_cast<double*>(sums.data()),
              reinterpret_cast<double*>(norm.data()));
}

void perturb(const Context& context, const Attributes& a) {
  void* kernel = find_kernel(kPerturb, a.type);
  PerturbPointers scalars = {context.scalar(2, 0, "rho"), context.scalar(2, 1, "norm"), a.adaptive};
  std::vector<Tensor> w = context.list(0, "variables");
  std::vector<Tensor> g = context.list(1, "gradients", &w);
  std::vector<Tensor> perturbed;
  for (int i = 0; i < a.list_length; i++) {
    perturbed.push_back(context.allocate_output(i, accumulation_type(a.type), w[i].shape()));
  }
  launch(current_launcher(), kernel, chunks_of({memory_of(perturbed), memory_of(w), memory_of(g)}, lengths_of(w)),
         stream_of(context.get()), scalars);
}

void blend(const Context& context, const Attributes& a) {
  void* kernel = find_kernel(kBlend, a.type);
  BlendPointers scalars = {context.scalar(2, 0, "alpha"), context.scalar(2, 1, "first_factor"),
                           context.scalar(2, 2, "second_factor")};
  std::vector<Tensor> g1 = context.list(0, "first_gradients");
  std::vector<Tensor> g2 = context.list(1, "second_gradients", &g1);
  std::vector<Tensor> blended = context.forward_or_allocate_list(&g1);
  std::vector<char*> first = memory_of(blended);
  for (size_t i = 0; i < first.size(); i++) first[i] = g1[i] ? g1[i].data() : first[i];
  launch(current_launcher(), kernel, chunks_of({memory_of(blended), first, memory_of(g2)}, lengths_of(g2)),
         stream_of(context.get()), scalars);
}

// TensorFlow calls it, so it must not throw. Where it fails, so does the launch that follows.
void copy_memory(TF_OpKernelContext* context, void* to, const void* from, size_t bytes) {
  try {
    copy_on_stream(to, from, bytes, stream_of(context));
  } catch (const OpError& error) {
    TF_Log(TF_LOG_ERROR, "%s", error.what());
  }
}

template <const Op& kOp, bool kResources>
void step(const Context& context, const Attributes& a) {
  void* kernel = find_kernel(kOp, a.type);
  StepPointers scalars = step_scalars(kOp, context, a);
  StepLists lists(kOp, context, a, kResources, copy_memory, copy_tensor<copy_memory>);
  // From here on only a device that is lost can fail.
  launch(current_launcher(), kernel, chunks_of(lists.memory(), lists.lengths()), stream_of(context.get()), scalars, a.decoupled);
}

template <const Op& kOp, Compute kCompute>
void register_op_on_gpu() {
  internal::register_kernels("Wsam" + kOp.name, "GPU", internal::guarded<kCompute>);
}

template <const Op& kOp>
void register_step_on_gpu() {
  register_op_on_gpu<kOp, step<kOp, false>>();
  internal::register_kernels("WsamResource" + kOp.name, "GPU", internal::guarded<step<kOp, true>>, kOp.variables);
}

}  // namespace

void register_gpu_kernels() {
  if (wsam_eigen_gpu_device == nullptr) throw OpError(TF_FAILED_PRECONDITION, "TensorFlow does not show its CUDA streams");
  register_op_on_gpu<kGlobalNorm, norm<kGlobalNorm>>();
  register_op_on_gpu<kAdaptiveNorm, norm<kAdaptiveNorm>>();
  register_op_on_gpu<kPerturb, perturb>();
  register_op_on_gpu<kBlend, blend>();
  register_step_on_gpu<kApplyDecoupled>();
  register_step_on_gpu<kApplyGradientDescent>();
  register_step_on_gpu<kApplyMomentum>();
  register_step_on_gpu<kApplyAdam>();
}

}  // namespace wsam

#else

void wsam::register_gpu_kernels() { throw OpError(TF_FAILED_PRECONDITION, "native ops run on GPUs under Linux only"); }

#endif
