// The ops that step in place, in one sweep over all variables and slots. g is the blend of the gradients plus penalty w.
// With "decoupled", g is first_factor first_gradients plus penalty w, and the sharpness term is subtracted after the rest,
// w -= learning_rate alpha (second_factor second_gradients - first_factor first_gradients).
//
//   WsamApplyDecoupled         the sharpness term alone
//   WsamApplyGradientDescent   w -= learning_rate g
//   WsamApplyMomentum          m = momentum m + g, w -= learning_rate m; use_nesterov: w -= learning_rate (g + momentum m)
//   WsamApplyAdam              w -= decay w (AdamW), m += (g - m) (1 - beta1), v += (g^2 - v) (1 - beta2),
//                              w -= learning_rate sqrt(1 - beta2_power) / (1 - beta1_power) m / (sqrt(v) + epsilon)

#include <string.h>

#include <map>

#include "steps.h"

namespace wsam {
namespace {

Op step_op(const std::string& name, const std::vector<std::string>& slots, const std::vector<std::string>& scalars,
           const std::vector<std::string>& flags) {
  Op op = {"Apply" + name,
           {"variables"},
           {"first_gradients", "second_gradients"},
           {"learning_rate", "alpha", "first_factor", "second_factor"},
           flags,
           Output::kNothing,
           ""};
  op.variables.insert(op.variables.end(), slots.begin(), slots.end());
  op.scalars.insert(op.scalars.end(), scalars.begin(), scalars.end());
  return op;
}

// Scalars have the names of the members of StepPointers.
const std::map<std::string, const double* StepPointers::*> kMembers = {
    {"learning_rate", &StepPointers::learning_rate}, {"alpha", &StepPointers::alpha},
    {"first_factor", &StepPointers::first_factor},   {"second_factor", &StepPointers::second_factor},
    {"penalty", &StepPointers::penalty},             {"decay", &StepPointers::decay},
    {"momentum", &StepPointers::momentum},           {"epsilon", &StepPointers::epsilon},
    {"beta1", &StepPointers::beta1},                 {"beta2", &StepPointers::beta2},
    {"beta1_power", &StepPointers::beta1_power},     {"beta2_power", &StepPointers::beta2_power}};

void copy_memory(TF_OpKernelContext*, void* to, const void* from, size_t bytes) { memcpy(to, from, bytes); }

template <Step kStep, const Op& kOp, bool kResources>
void step(const Context& context, const Attributes& a) {
  constexpr int kSlots = slots_of(kStep);
  StepScalars scalars = values(step_scalars(kOp, context, a));
  StepLists lists(kOp, context, a, kResources, copy_memory, copy_tensor<copy_memory>);
  Blocks blocks(lists.lengths());

  // From here on nothing can fail: the step is taken whole.
  size_t size = bytes_of(a.type);
  for_each_part(threads_of(context.get()), blocks, [&](size_t tensor, int64_t start, int64_t n) {
    void* memory[kSlots + 3];
    for (int i = 0; i < kSlots + 3; i++) memory[i] = lists.memory()[i][tensor] + start * size;
    kernels().step(kStep, a.type, a.decoupled, scalars, memory[0], memory + 1, memory[kSlots + 1], memory[kSlots + 2], n);
  });
}

template <Step kStep, const Op& kOp>
void register_step() {
  register_op_on_variables<kOp, step<kStep, kOp, false>, step<kStep, kOp, true>>();
}

}  // namespace

const Op kApplyDecoupled = step_op("Decoupled", {}, {}, {});
const Op kApplyGradientDescent = step_op("GradientDescent", {}, {"penalty"}, {"decoupled"});
const Op kApplyMomentum = step_op("Momentum", {"accumulators"}, {"momentum", "penalty"}, {"decoupled", "use_nesterov"});
const Op kApplyAdam = step_op("Adam", {"first_moments", "second_moments"},
                         {"beta1", "beta2", "epsilon", "beta1_power", "beta2_power", "penalty", "decay"}, {"decoupled"});

StepPointers step_scalars(const Op& op, const Context& context, const Attributes& a) {
  StepPointers scalars = {};
  scalars.nesterov = a.use_nesterov;
  int lists = int(op.variables.size() + op.lists.size());
  for (size_t i = 0; i < op.scalars.size(); i++) {
    scalars.*kMembers.at(op.scalars[i]) = context.scalar(lists, int(i), op.scalars[i]);
  }
  return scalars;
}

StepLists::StepLists(const Op& op, const Context& context, const Attributes& a, bool resources, CopyMemory copy,
                     TF_CopyFunction copy_tensor)
    : first_gradients_(context.list(int(op.variables.size()), op.lists[0])),
      second_gradients_(context.list(int(op.variables.size()) + 1, op.lists[1], &first_gradients_)),
      variables_(context, op.variables, first_gradients_, resources, a.use_locking, copy_tensor),
      lengths_(lengths_of(first_gradients_)) {
  std::map<const char*, const char*> end_of;
  for (const auto& list : variables_.lists()) {
    auto& memory = memory_.emplace_back();
    for (const Tensor& variable : list) {
      memory.push_back(variable.data());
      end_of.emplace(variable.data(), variable.data() + variable.bytes());
    }
  }
  for (const auto* gradients : {&first_gradients_, &second_gradients_}) {
    auto& memory = memory_.emplace_back();
    for (const Tensor& gradient : *gradients) {
      memory.push_back(gradient.data());
      auto above = end_of.lower_bound(gradient.data() + gradient.bytes());
      if (above != end_of.begin() && std::prev(above)->second > gradient.data()) {
        copies_.push_back(context.allocate_temporary(a.type, gradient.elements()));
        memory.back() = copies_.back().data();
        copy(context.get(), memory.back(), gradient.data(), gradient.bytes());
      }
    }
  }
}

void register_steps() {
  register_step<Step::kDecoupled, kApplyDecoupled>();
  register_step<Step::kGradientDescent, kApplyGradientDescent>();
  register_step<Step::kMomentum, kApplyMomentum>();
  register_step<Step::kAdam, kApplyAdam>();
}

}  // namespace wsam
