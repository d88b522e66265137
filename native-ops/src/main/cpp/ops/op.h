// How an op is defined to TensorFlow. All of ours take lists of N tensors of type T, then scalars of type double.
#pragma once

#include <string>
#include <vector>

#include "../tensorflow/context.h"
#include "../tensorflow/threads.h"

namespace wsam {

struct Op {
  std::string name;  // without the prefix: "WsamBlend" is "Blend"
  std::vector<std::string> variables;  // lists of tensors that are written in place
  std::vector<std::string> lists;
  std::vector<std::string> wide_lists;  // of the accumulation type of T, which the attribute U names
  std::vector<std::string> scalars;
  std::vector<std::string> flags;  // attributes of type bool, false by default
  std::string output;  // "name: double", "name: N * T", "name: N * U", or nothing

  bool has_output_list() const { return output.find("N *") != std::string::npos; }
};

// What an op's attributes say; those that it does not have keep their defaults.
struct Attributes {
  int list_length = 0;
  Type type = Type::kFloat;
  unsigned char adaptive = 0, decoupled = 0, use_nesterov = 0, use_locking = 0;
};

// Throws what goes wrong.
using Compute = void (*)(const Context&, const Attributes&);

namespace internal {

using TensorflowCompute = void (*)(void*, TF_OpKernelContext*);
using TensorflowShapes = void (*)(TF_ShapeInferenceContext*, TF_Status*);

void compute(Compute compute, void* attributes, TF_OpKernelContext* context);
void infer_shapes(const Op& op, bool resources, TF_ShapeInferenceContext* context, TF_Status* status);
void register_definition(const Op& op, bool resources, TensorflowShapes shapes);

// A kernel for each T. host_memory: the arguments that are in the host's memory, whatever the device.
void register_kernels(const std::string& name, const char* device, TensorflowCompute compute,
                      const std::vector<std::string>& host_memory = {});

template <Compute kCompute>
void guarded(void* attributes, TF_OpKernelContext* context) {
  compute(kCompute, attributes, context);
}

template <const Op& kOp, bool kResources>
void shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  infer_shapes(kOp, kResources, context, status);
}

}  // namespace internal

std::vector<int64_t> lengths_of(const std::vector<Tensor>& tensors);
std::vector<char*> memory_of(const std::vector<Tensor>& tensors);

// True of results that are too large to be found in the caches again.
bool exceed_caches(const Blocks& blocks, Type type);

// Registers "Wsam" + name, and a kernel on the CPU for each T; with "gpu" also on GPUs. kOp has no variables.
template <const Op& kOp, Compute kOnCpu, Compute kOnGpu>
void register_op(bool gpu) {
  internal::register_definition(kOp, false, internal::shapes<kOp, false>);
  internal::register_kernels("Wsam" + kOp.name, "CPU", internal::guarded<kOnCpu>);
  if (gpu) internal::register_kernels("Wsam" + kOp.name, "GPU", internal::guarded<kOnGpu>);
}

// The same for an op on variables: with references as "Wsam" + name, with resources as "WsamResource" + name.
template <const Op& kOp, Compute kOnCpu, Compute kResourcesOnCpu, Compute kOnGpu, Compute kResourcesOnGpu>
void register_op_on_variables(bool gpu) {
  register_op<kOp, kOnCpu, kOnGpu>(gpu);
  internal::register_definition(kOp, true, internal::shapes<kOp, true>);
  std::string name = "WsamResource" + kOp.name;
  internal::register_kernels(name, "CPU", internal::guarded<kResourcesOnCpu>);
  if (gpu) internal::register_kernels(name, "GPU", internal::guarded<kResourcesOnGpu>, kOp.variables);  // the handles
}

// The registrations of all ops.
void register_norms(bool gpu);
void register_perturb(bool gpu);
void register_blend(bool gpu);
void register_steps(bool gpu);

}  // namespace wsam
