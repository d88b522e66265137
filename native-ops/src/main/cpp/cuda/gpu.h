// How an op runs on a GPU. The kernel in kernels.cu that does its work has its name: "Blend_half" is WsamBlend's for half.
#pragma once

#include "../ops/op.h"
#include "driver.h"

namespace wsam {

// TensorFlow's own stream: what it launched before is done before, and what it launches later sees what is done.
void* stream_of(TF_OpKernelContext* context);

std::string kernel_name(const Op& op, Type type);

// lists and parameters are those of the kernel. What can fail does so before the first launch, unless the device is lost.
template <class... Parameters>
void run_on_gpu(const Context& context, const Attributes& a, const Op& op, const std::vector<std::vector<char*>>& lists,
                const std::vector<int64_t>& lengths, Parameters... parameters) {
  Launcher& launcher = current_launcher();
  void* kernel = launcher.find(kernel_name(op, a.type));
  launch(launcher, kernel, chunks_of(lists, lengths), stream_of(context.get()), parameters...);
}

void norm_on_gpu(const Context& context, const Attributes& a, const Op& op, const std::vector<std::vector<char*>>& lists,
                 const std::vector<int64_t>& lengths);

// To be called by TensorFlow, so it does not throw: where it fails, so does the launch that follows.
void copy_on_gpu(TF_OpKernelContext* context, void* to, const void* from, size_t bytes);

}  // namespace wsam
