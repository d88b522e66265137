// What the steps have in common, whatever the device.
#pragma once

#include "op.h"

namespace wsam {

// Copies memory of the op's device, before anything that is launched after it.
using CopyMemory = void (*)(TF_OpKernelContext*, void* to, const void* from, size_t bytes);

// TensorFlow calls it to give a variable memory of its own.
template <CopyMemory kCopy>
void copy_tensor(TF_OpKernelContext* context, TF_Tensor* source, TF_Tensor* target) {
  Tensor from(source), to(target);
  kCopy(context, to.data(), from.data(), from.bytes());
}

// Where the scalars of an op are, by their names.
StepPointers step_scalars(const Op& op, const Context& context, const Attributes& a);

// The lists of tensors of a step, checked: variables, slots, gradients. No gradient shares memory with what is written: where it
// would (TensorFlow hands on a variable's memory as a gradient where the two are equal) it is a copy.
class StepLists {
 public:
  StepLists(const Op& op, const Context& context, const Attributes& a, bool resources, CopyMemory copy, TF_CopyFunction);

  const std::vector<int64_t>& lengths() const { return lengths_; }

  // memory()[list][tensor]
  const std::vector<std::vector<char*>>& memory() const { return memory_; }

 private:
  std::vector<Tensor> first_gradients_, second_gradients_, copies_;
  Variables variables_;
  std::vector<int64_t> lengths_;
  std::vector<std::vector<char*>> memory_;
};

}  // namespace wsam
