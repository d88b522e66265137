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

#include <algorithm>
#include <map>

#include "op.h"

namespace wsam {
namespace {

Op step_op(const std::string& name, const std::vector<std::string>& slots, const std::vector<std::string>& scalars,
           const std::vector<std::string>& flags) {
  Op op = {"Apply" + name,
           {"variables"},
           {"first_gradients"},
           {"second_gradients"},
           {"learning_rate", "alpha", "first_factor", "second_factor"},
           flags,
           Output::kNothing,
           ""};
  op.variables.insert(op.variables.end(), slots.begin(), slots.end());
  op.scalars.insert(op.scalars.end(), scalars.begin(), scalars.end());
  return op;
}

const Op kDecoupled = step_op("Decoupled", {}, {}, {});
const Op kGradientDescent = step_op("GradientDescent", {}, {"penalty"}, {"decoupled"});
const Op kMomentum = step_op("Momentum", {"accumulators"}, {"momentum", "penalty"}, {"decoupled", "use_nesterov"});
const Op kAdam = step_op("Adam", {"first_moments", "second_moments"},
                         {"beta1", "beta2", "epsilon", "beta1_power", "beta2_power", "penalty", "decay"}, {"decoupled"});

// Scalars have the names of the members of StepScalars.
const std::map<std::string, double StepScalars::*> kMembers = {
    {"learning_rate", &StepScalars::learning_rate}, {"alpha", &StepScalars::alpha},
    {"first_factor", &StepScalars::first_factor},   {"second_factor", &StepScalars::second_factor},
    {"penalty", &StepScalars::penalty},             {"decay", &StepScalars::decay},
    {"momentum", &StepScalars::momentum},           {"epsilon", &StepScalars::epsilon},
    {"beta1", &StepScalars::beta1},                 {"beta2", &StepScalars::beta2},
    {"beta1_power", &StepScalars::beta1_power},     {"beta2_power", &StepScalars::beta2_power}};

StepScalars read_scalars(const Op& op, const Context& context, const Attributes& a) {
  StepScalars scalars = {};
  scalars.nesterov = a.use_nesterov;
  int lists = int(op.variables.size() + op.lists.size() + op.wide_lists.size());
  for (size_t i = 0; i < op.scalars.size(); i++) {
    scalars.*kMembers.at(op.scalars[i]) = context.scalar(lists, int(i), op.scalars[i]);
  }
  return scalars;
}

// TensorFlow calls it to give a variable memory of its own.
void copy(TF_OpKernelContext*, TF_Tensor* source, TF_Tensor* target) {
  Tensor from(source), to(target);
  memcpy(to.data(), from.data(), from.bytes());
}

// The memory of gradients, none of it shared with variables that are to be written: what is shared (TensorFlow hands on a
// variable's memory as a gradient where the two are equal) is copied.
class SeparateGradients {
 public:
  explicit SeparateGradients(const Variables& variables) {
    for (const auto& list : variables.lists()) {
      for (const Tensor& variable : list) ranges_.emplace_back(variable.data(), variable.data() + variable.bytes());
    }
    std::sort(ranges_.begin(), ranges_.end());
  }

  std::vector<const char*> of(const std::vector<Tensor>& gradients) {
    std::vector<const char*> memory;
    memory.reserve(gradients.size());
    for (const Tensor& gradient : gradients) {
      memory.push_back(gradient.data());
      size_t bytes = gradient.bytes();
      auto above = std::lower_bound(ranges_.begin(), ranges_.end(), Range(memory.back() + bytes, nullptr));
      if (above != ranges_.begin() && std::prev(above)->second > memory.back()) {
        copies_.emplace_back(new char[bytes]);
        memory.back() = static_cast<char*>(memcpy(copies_.back().get(), memory.back(), bytes));
      }
    }
    return memory;
  }

 private:
  using Range = std::pair<const char*, const char*>;
  std::vector<Range> ranges_;  // of variables, in the order of memory
  std::vector<std::unique_ptr<char[]>> copies_;
};

template <Step kStep, const Op& kOp, bool kResources>
void step(const Context& context, const Attributes& a) {
  constexpr int kSlots = slots_of(kStep);
  StepScalars scalars = read_scalars(kOp, context, a);
  std::vector<Tensor> g1 = context.list(kSlots + 1, "first_gradients");
  std::vector<Tensor> g2 = context.list(kSlots + 2, "second_gradients", &g1);
  Variables variables(context, kOp.variables, g1, kResources, a.use_locking, copy);
  SeparateGradients separate(variables);
  std::vector<const char*> first = separate.of(g1), second = separate.of(g2);
  Blocks blocks = blocks_of(g1);

  // From here on nothing can fail: the step is taken whole.
  size_t size = bytes_of(a.type), wide_size = bytes_of(accumulation_type(a.type));
  for_each_part(threads_of(context.get()), blocks, [&](size_t tensor, int64_t start, int64_t n) {
    void* memory[kSlots + 1];
    for (int i = 0; i <= kSlots; i++) memory[i] = variables.lists()[i][tensor].data() + start * size;
    kernels().step(kStep, a.type, a.decoupled, scalars, memory[0], memory + 1, first[tensor] + start * size,
                   second[tensor] + start * wide_size, n);
  });
}

template <Step kStep, const Op& kOp>
void register_step() {
  register_op_on_variables<kOp, step<kStep, kOp, false>, step<kStep, kOp, true>>();
}

}  // namespace

void register_steps() {
  register_step<Step::kDecoupled, kDecoupled>();
  register_step<Step::kGradientDescent, kGradientDescent>();
  register_step<Step::kMomentum, kMomentum>();
  register_step<Step::kAdam, kAdam>();
}

}  // namespace wsam
