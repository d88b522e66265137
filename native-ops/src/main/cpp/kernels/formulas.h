// The formulas, an element at a time: the same text for the CPU (kernels.inc) and for the GPU (cuda/kernels.cu).
//
// A is the accumulation type: double for double, float for the rest. No product and sum is contracted into one rounding,
// so what TensorFlow's stock ops compute in this order is computed here with the same bits.
//
// Everything has internal linkage: this text is compiled for several instruction sets in one library.
#pragma once

#ifdef __CUDACC__
#define WSAM_DEVICE __device__ __forceinline__
#else
#define WSAM_DEVICE inline __attribute__((always_inline))
#endif

namespace wsam {

// The scalars that the formulas depend on. S is double, or const double*: an op reads them where the graph computed them, which
// on a GPU is the device's memory.

template <class S>
struct PerturbScalarsOf {
  S rho;
  S norm;  // of g; adaptive: of |w| g
  bool adaptive;
};

// How two gradients become one: each is scaled by its clipping factor first. alpha = gamma / (1 - gamma).
template <class S>
struct BlendScalarsOf {
  S alpha;
  S first_factor;
  S second_factor;
};

// Each step takes what it needs.
template <class S>
struct StepScalarsOf : BlendScalarsOf<S> {
  S learning_rate;
  S penalty;  // weight decay in the gradient: g + penalty w
  S decay;    // weight decay apart from it: w -= decay w
  S momentum;
  S beta1, beta2;
  S epsilon;                   // added to sqrt(v)
  S beta1_power, beta2_power;  // beta^t in step t
  bool nesterov;
};

using PerturbScalars = PerturbScalarsOf<double>;
using BlendScalars = BlendScalarsOf<double>;
using StepScalars = StepScalarsOf<double>;
using PerturbPointers = PerturbScalarsOf<const double*>;
using BlendPointers = BlendScalarsOf<const double*>;
using StepPointers = StepScalarsOf<const double*>;

namespace {

// 0 for a scalar that an op does not have.
WSAM_DEVICE double value(const double* p) { return p == nullptr ? 0 : *p; }
WSAM_DEVICE PerturbScalars values(const PerturbPointers& p) { return {value(p.rho), value(p.norm), p.adaptive}; }
WSAM_DEVICE BlendScalars values(const BlendPointers& p) {
  return {value(p.alpha), value(p.first_factor), value(p.second_factor)};
}
WSAM_DEVICE StepScalars values(const StepPointers& p) {
  const BlendPointers& blend = p;
  return {values(blend),  value(p.learning_rate), value(p.penalty),     value(p.decay),       value(p.momentum), value(p.beta1),
          value(p.beta2), value(p.epsilon),       value(p.beta1_power), value(p.beta2_power), p.nesterov};
}

#ifdef __CUDACC__
WSAM_DEVICE float root(float x) { return sqrtf(x); }
WSAM_DEVICE double root(double x) { return sqrt(x); }
#else
WSAM_DEVICE float root(float x) { return __builtin_sqrtf(x); }
WSAM_DEVICE double root(double x) { return __builtin_sqrt(x); }
#endif

// w + e,  e = rho g / (norm + 1e-12);  adaptive: e = rho w^2 g / (norm + 1e-12)
template <class A, bool kAdaptive>
struct Perturb {
  A scale;
  WSAM_DEVICE explicit Perturb(const PerturbScalars& s) : scale(A(s.rho) / (A(s.norm) + A(1e-12))) {}
  WSAM_DEVICE A operator()(A w, A g) const { return w + (kAdaptive ? w * w * g : g) * scale; }
};

// (1 - alpha) g1 + alpha g2
template <class A>
struct Blend {
  A alpha, complement, first_factor, second_factor;
  WSAM_DEVICE explicit Blend(const BlendScalars& s)
      : alpha(A(s.alpha)), complement(A(1) - A(s.alpha)), first_factor(A(s.first_factor)), second_factor(A(s.second_factor)) {}
  WSAM_DEVICE A operator()(A g1, A g2) const { return first_factor * g1 * complement + second_factor * g2 * alpha; }
};

// The sharpness term of the decoupled form:  w -= learning_rate alpha (g2 - g1)
template <class A>
struct Decoupled {
  A rate, first_factor, second_factor;
  WSAM_DEVICE explicit Decoupled(const StepScalars& s)
      : rate(A(s.learning_rate) * A(s.alpha)), first_factor(A(s.first_factor)), second_factor(A(s.second_factor)) {}
  WSAM_DEVICE void operator()(A& w, A*, A g1, A g2) const { w -= (second_factor * g2 - first_factor * g1) * rate; }
};

// w -= learning_rate g
template <class A>
struct GradientDescent {
  A learning_rate;
  WSAM_DEVICE explicit GradientDescent(const StepScalars& s) : learning_rate(A(s.learning_rate)) {}
  WSAM_DEVICE void operator()(A& w, A*, A g) const { w -= g * learning_rate; }
};

// m = momentum m + g,  w -= learning_rate m;  Nesterov: w -= learning_rate (g + momentum m)
template <class A, bool kNesterov>
struct Momentum {
  A learning_rate, momentum;
  WSAM_DEVICE explicit Momentum(const StepScalars& s) : learning_rate(A(s.learning_rate)), momentum(A(s.momentum)) {}
  WSAM_DEVICE void operator()(A& w, A* slots, A g) const {
    A& m = slots[0];
    m = m * momentum + g;
    w -= kNesterov ? g * learning_rate + m * momentum * learning_rate : m * learning_rate;
  }
};

// m += (g - m) (1 - beta1),  v += (g^2 - v) (1 - beta2),  w -= rate m / (sqrt(v) + epsilon),
// rate = learning_rate sqrt(1 - beta2^t) / (1 - beta1^t)
template <class A>
struct Adam {
  A rate, beta1_complement, beta2_complement, epsilon;
  WSAM_DEVICE explicit Adam(const StepScalars& s)
      : rate(A(s.learning_rate) * root(A(1) - A(s.beta2_power)) / (A(1) - A(s.beta1_power))),
        beta1_complement(A(1) - A(s.beta1)),
        beta2_complement(A(1) - A(s.beta2)),
        epsilon(A(s.epsilon)) {}
  WSAM_DEVICE void operator()(A& w, A* slots, A g) const {
    A &m = slots[0], &v = slots[1];
    m += (g - m) * beta1_complement;
    v += (g * g - v) * beta2_complement;
    w -= m * rate / (root(v) + epsilon);
  }
};

// A base step with the sharpness term in the same sweep.
// Coupled: the base steps with the blend. Decoupled: it steps with g1, and the sharpness term is subtracted after it.
// With alpha 0 it is the base step with g1 alone, also where a gradient is infinite, of which 0 times is not 0.
template <class A, class Base, bool kDecoupled>
struct BaseStep {
  Base base;
  Blend<A> blend;
  Decoupled<A> decoupled;
  A penalty, decay;
  WSAM_DEVICE explicit BaseStep(const StepScalars& s)
      : base(s), blend(s), decoupled(s), penalty(A(s.penalty)), decay(A(s.decay)) {}
  WSAM_DEVICE void operator()(A& w, A* slots, A g1, A g2) const {
    bool first_alone = blend.alpha == 0;
    A g = kDecoupled || first_alone ? blend.first_factor * g1 : blend(g1, g2);
    if (penalty != 0) g += w * penalty;
    if (decay != 0) w -= w * decay;
    base(w, slots, g);
    if (kDecoupled && !first_alone) decoupled(w, slots, g1, g2);
  }
};

}  // namespace
}  // namespace wsam
