// The kernels on plain memory: one range of one tensor a call, on one thread. No TensorFlow type, no allocation.
#pragma once

#include <stdint.h>

#include "formulas.h"
#include "types.h"

namespace wsam {

enum class Step { kDecoupled, kGradientDescent, kMomentum, kAdam };

// How many variables of its shape a step keeps for each variable it trains.
constexpr int slots_of(Step step) { return step == Step::kAdam ? 2 : step == Step::kMomentum ? 1 : 0; }

constexpr int kMaxSlots = 2;

struct Kernels {
  const char* name;  // the instruction set

  // Sum of g^2 in double, in an order that depends on n alone.
  double (*sum_of_squares)(Type type, const void* g, int64_t n);

  // Sum of (|w| g)^2. The product is rounded to the accumulation type, as the stock ops do.
  double (*sum_of_weighted_squares)(Type type, const void* w, const void* g, int64_t n);

  // perturbed = w + e, in the accumulation type. streamed: past the caches, for what does not fit in them.
  void (*perturb)(Type type, const PerturbScalars& scalars, void* perturbed, const void* w, const void* g, int64_t n, bool streamed);

  // blend = (1 - alpha) first_factor g1 + alpha second_factor g2. It may be g1 itself. Here and below g2 is of the accumulation
  // type: a second pass of 16 bits would lose the perturbation.
  void (*blend)(Type type, const BlendScalars& scalars, void* blend, const void* g1, const void* g2, int64_t n, bool streamed);

  // A step in place, on w and its slots. g1 and g2 share no memory with these.
  void (*step)(Step step, Type type, bool decoupled, const StepScalars& scalars, void* w, void* const* slots, const void* g1,
               const void* g2, int64_t n);
};

extern const Kernels kBaselineKernels;
#ifdef __x86_64__
extern const Kernels kAvx2Kernels;
#endif

// Those of the best instruction set that this machine has.
const Kernels& kernels();

}  // namespace wsam
