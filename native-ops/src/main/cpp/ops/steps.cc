// The ops that step in place, in one sweep over all variables and slots. g is the blend of the gradients plus penalty w.
// With "decoupled", g is first_factor first_gradients plus penalty w, and the sharpness term is subtracted after the rest,
// w -= learning_rate alpha (second_factor second_gradients - first_factor first_gradients). With alpha 0 all but ApplyDecoupled
// are the base's own step with first_factor first_gradients, whatever second_gradients are.
//
//   WsamApplyDecoupled         the sharpness term alone
//   WsamApplyGradientDescent   w -= learning_rate g
//   WsamApplyMomentum          m = momentum m + g, w -= learning_rate m; use_nesterov: w -= learning_rate (g + momentum m)
//   WsamApplyAdam              w -= decay w (AdamW), m += (g - m) (1 - beta1), v += (g^2 - v) (1 - beta2),
//                              w -= learning_rate sqrt(1 - beta2_power) / (1 - beta1_power) m / (sqrt(v) + epsilon)

#include <string.h>

#include <algorithm>
#include <map>

#include "../cuda/gpu.h"
#include "op.h"

namespace wsam {
namespace {

Op step_op(const std::string& name, const std::vector<std::string>& slots, const std::vector<std::string>& scalars,
           const std::vector<std::string>& flags) {
  Op op = {"Apply" + name, {"variables"}, {"first_gradients"}, {"second_gradients"},
           {"learning_rate", "alpha", "first_factor", "second_factor"}, flags, ""};
  op.variables.insert(op.variables.end(), slots.begin(), slots.end());
  op.scalars.insert(op.scalars.end(), scalars.begin(), scalars.end());
  return op;
}

const Op kDecoupled = step_op("Decoupled", {}, {}, {});
const Op kGradientDescent = step_op("GradientDescent", {}, {"penalty"}, {"decoupled"});
const Op kMomentum = step_op("Momentum", {"accumulators"}, {"momentum", "penalty"}, {"decoupled", "use_nesterov"});
const Op kAdam = step_op("Adam", {"first_moments", "second_moments"},
                         {"beta1", "beta2", "epsilon", "beta1_power", "beta2_power", "penalty", "decay"}, {"decoupled"});

// Scalars have the names of the members of StepPointers.
const std::map<std::string, const double* StepPointers::*> kMembers = {
    {"learning_rate", &StepPointers::learning_rate}, {"alpha", &StepPointers::alpha},
    {"first_factor", &StepPointers::first_factor},   {"second_factor", &StepPointers::second_factor},
    {"penalty", &StepPointers::penalty},             {"decay", &StepPointers::decay},
    {"momentum", &StepPointers::momentum},           {"epsilon", &StepPointers::epsilon},
    {"beta1", &StepPointers::beta1},                 {"beta2", &StepPointers::beta2},
    {"beta1_power", &StepPointers::beta1_power},     {"beta2_power", &StepPointers::beta2_power}};

StepPointers find_scalars(const Op& op, const Context& context, const Attributes& a) {
  StepPointers scalars = {};
  scalars.nesterov = a.use_nesterov != 0;
  int lists = int(op.variables.size() + op.lists.size() + op.wide_lists.size());
  for (size_t i = 0; i < op.scalars.size(); i++) {
    scalars.*kMembers.at(op.scalars[i]) = context.scalar(lists, int(i), op.scalars[i]);
  }
  return scalars;
}

template <bool kGpu>
void copy_memory(TF_OpKernelContext* context, void* to, const void* from, size_t bytes) {
  if (kGpu) return copy_on_gpu(context, to, from, bytes);
  memcpy(to, from, bytes);
}

// TensorFlow calls it to give a variable memory of its own.
template <bool kGpu>
void copy(TF_OpKernelContext* context, TF_Tensor* source, TF_Tensor* target) {
  Tensor from(source), to(target);
  copy_memory<kGpu>(context, to.data(), from.data(), from.bytes());
}

using Ranges = std::vector<std::pair<char*, char*>>;  // of variables, in the order of memory

// The memory of gradients, none of it shared with variables that are to be written: what is shared (TensorFlow hands on a
// variable's memory as a gradient where the two are equal) becomes one of the copies.
template <bool kGpu>
std::vector<char*> separate_memory(const Context& context, const std::vector<Tensor>& gradients, const Ranges& ranges,
                                   std::vector<Tensor>* copies) {
  std::vector<char*> memory = memory_of(gradients);
  for (size_t i = 0; i < memory.size(); i++) {
    size_t bytes = gradients[i].bytes();
    auto above = std::lower_bound(ranges.begin(), ranges.end(), std::make_pair(memory[i] + bytes, static_cast<char*>(nullptr)));
    if (above != ranges.begin() && std::prev(above)->second > memory[i]) {
      copies->push_back(context.allocate_temporary(from_tensorflow(gradients[i].type()), gradients[i].elements()));
      copy_memory<kGpu>(context.get(), copies->back().data(), memory[i], bytes);
      memory[i] = copies->back().data();
    }
  }
  return memory;
}

template <Step kStep, const Op& kOp, bool kResources, bool kGpu>
void step(const Context& context, const Attributes& a) {
  constexpr int kLists = slots_of(kStep) + 3;
  StepPointers pointers = find_scalars(kOp, context, a);
  std::vector<Tensor> g1 = context.list(kLists - 2, "first_gradients");
  std::vector<Tensor> g2 = context.list(kLists - 1, "second_gradients", &g1);
  Variables variables(context, kOp.variables, g1, kResources, a.use_locking, copy<kGpu>);
  std::vector<Tensor> copies;
  std::vector<std::vector<char*>> lists;
  Ranges ranges;
  for (const auto& list : variables.lists()) {
    lists.push_back(memory_of(list));
    for (const Tensor& variable : list) ranges.emplace_back(variable.data(), variable.data() + variable.bytes());
  }
  std::sort(ranges.begin(), ranges.end());
  lists.push_back(separate_memory<kGpu>(context, g1, ranges, &copies));
  lists.push_back(separate_memory<kGpu>(context, g2, ranges, &copies));
  if (kGpu) return run_on_gpu(context, a, kOp, lists, lengths_of(g1), pointers, a.decoupled != 0);

  StepScalars scalars = values(pointers);
  Blocks blocks(lengths_of(g1));
  size_t size = bytes_of(a.type), wide_size = bytes_of(accumulation_type(a.type));
  // From here on nothing can fail: the step is taken whole.
  for_each_part(threads_of(context.get()), blocks, [&](size_t tensor, int64_t start, int64_t n) {
    void* memory[kLists];
    for (int i = 0; i < kLists; i++) memory[i] = lists[i][tensor] + start * (i < kLists - 1 ? size : wide_size);
    kernels().step(kStep, a.type, a.decoupled, scalars, memory[0], memory + 1, memory[kLists - 2], memory[kLists - 1], n);
  });
}

template <Step kStep, const Op& kOp>
void register_step(bool gpu) {
  register_op_on_variables<kOp, step<kStep, kOp, false, false>, step<kStep, kOp, true, false>, step<kStep, kOp, false, true>,
                           step<kStep, kOp, true, true>>(gpu);
}

}  // namespace

void register_steps(bool gpu) {
  register_step<Step::kDecoupled, kDecoupled>(gpu);
  register_step<Step::kGradientDescent, kGradientDescent>(gpu);
  register_step<Step::kMomentum, kMomentum>(gpu);
  register_step<Step::kAdam, kAdam>(gpu);
}

}  // namespace wsam
