// The kernels on a GPU: the formulas of kernels/formulas.h, a thread an element, over the tensors of a chunk. NVRTC compiles
// them (driver.cc) without contraction of products and sums, so the bits are those of the CPU's kernels.

#include "chunk.h"

namespace wsam {
namespace {

// The elements of this block: some of one tensor, and those of its fellows in the other lists.
struct Part {
  const Chunk& chunk;
  int tensor = 0;
  int64_t start, end;

  WSAM_DEVICE explicit Part(const Chunk& c) : chunk(c) {
    for (int half = kMaxTensors / 2; half > 0; half /= 2) {
      if (c.first_block[tensor + half] <= blockIdx.x) tensor += half;
    }
    start = int64_t(blockIdx.x - c.first_block[tensor]) * kElementsOfBlock;
    end = start + kElementsOfBlock < c.lengths[tensor] ? start + kElementsOfBlock : c.lengths[tensor];
  }

  template <class T>
  WSAM_DEVICE T* list(int i) const { return static_cast<T*>(chunk.lists[i][tensor]); }

  template <class F>
  WSAM_DEVICE void for_each(F f) const {
    for (int64_t i = start + threadIdx.x; i < end; i += kThreads) f(i);
  }
};

// The sum of the summands of a block's threads, by a tree; thread 0 has it.
WSAM_DEVICE double sum_over_threads(double summand) {
  __shared__ double sums[kThreads];
  sums[threadIdx.x] = summand;
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  return sums[0];
}

// lists: g. sums[block] = sum of g^2, in double.
template <class T>
WSAM_DEVICE void sum_of_squares(const Chunk& chunk, double* sums) {
  Part part(chunk);
  const T* g = part.list<T>(0);
  double sum = 0;
  part.for_each([&](int64_t i) { double x = read(g[i]); sum += x * x; });
  sum = sum_over_threads(sum);
  if (threadIdx.x == 0) sums[chunk.blocks_before + blockIdx.x] = sum;
}

// lists: w, g. sums[block] = sum of (|w| g)^2, the product rounded to the accumulation type.
template <class T>
WSAM_DEVICE void sum_of_weighted_squares(const Chunk& chunk, double* sums) {
  Part part(chunk);
  const T *w = part.list<T>(0), *g = part.list<T>(1);
  double sum = 0;
  part.for_each([&](int64_t i) { double x = read(w[i]) * read(g[i]); sum += x * x; });
  sum = sum_over_threads(sum);
  if (threadIdx.x == 0) sums[chunk.blocks_before + blockIdx.x] = sum;
}

// lists: perturbed, w, g. perturbed = w + e
template <class T>
WSAM_DEVICE void perturb(const Chunk& chunk, const PerturbPointers& scalars) {
  using A = typename Accumulation<T>::type;
  Part part(chunk);
  A* perturbed = part.list<A>(0);
  const T *w = part.list<T>(1), *g = part.list<T>(2);
  auto with = [&](auto f) { part.for_each([&](int64_t i) { perturbed[i] = f(read(w[i]), read(g[i])); }); };
  PerturbScalars s = values(scalars);
  if (s.adaptive) with(Perturb<A, true>(s)); else with(Perturb<A, false>(s));
}

// lists: blended, which may be g1; g1, g2
template <class T>
WSAM_DEVICE void blend(const Chunk& chunk, const BlendPointers& scalars) {
  Part part(chunk);
  T* blended = part.list<T>(0);
  const T *g1 = part.list<T>(1), *g2 = part.list<T>(2);
  Blend<typename Accumulation<T>::type> f(values(scalars));
  part.for_each([&](int64_t i) { write(blended[i], f(read(g1[i]), read(g2[i]))); });
}

// lists: w, the slots, g1, g2. f steps in place.
template <class T, int kSlots, class F>
WSAM_DEVICE void step_with(const Chunk& chunk, const F& f) {
  using A = typename Accumulation<T>::type;
  Part part(chunk);
  T* w = part.list<T>(0);
  const T *g1 = part.list<T>(kSlots + 1), *g2 = part.list<T>(kSlots + 2);
  part.for_each([&](int64_t i) {
    A weight = read(w[i]), slots[kSlots + 1];
    for (int k = 0; k < kSlots; k++) slots[k] = read(part.list<T>(k + 1)[i]);
    f(weight, slots, read(g1[i]), read(g2[i]));
    for (int k = 0; k < kSlots; k++) write(part.list<T>(k + 1)[i], slots[k]);
    write(w[i], weight);
  });
}

template <class T, int kSlots, class Base>
WSAM_DEVICE void base_step(const Chunk& chunk, const StepScalars& s, bool decoupled) {
  using A = typename Accumulation<T>::type;
  if (decoupled) step_with<T, kSlots>(chunk, BaseStep<A, Base, true>(s)); else step_with<T, kSlots>(chunk, BaseStep<A, Base, false>(s));
}

template <class T>
WSAM_DEVICE void decoupled_step(const Chunk& chunk, const StepScalars& s, bool) {
  step_with<T, 0>(chunk, Decoupled<typename Accumulation<T>::type>(s));
}
template <class T>
WSAM_DEVICE void gradient_descent_step(const Chunk& chunk, const StepScalars& s, bool decoupled) {
  base_step<T, 0, GradientDescent<typename Accumulation<T>::type>>(chunk, s, decoupled);
}
template <class T>
WSAM_DEVICE void momentum_step(const Chunk& chunk, const StepScalars& s, bool decoupled) {
  using A = typename Accumulation<T>::type;
  if (s.nesterov) base_step<T, 1, Momentum<A, true>>(chunk, s, decoupled); else base_step<T, 1, Momentum<A, false>>(chunk, s, decoupled);
}
template <class T>
WSAM_DEVICE void adam_step(const Chunk& chunk, const StepScalars& s, bool decoupled) {
  base_step<T, 2, Adam<typename Accumulation<T>::type>>(chunk, s, decoupled);
}

}  // namespace

// A kernel has the name of its op and of a type.
#define WSAM_STEP(op, body, type, T) \
  extern "C" __global__ void op##_##type(Chunk chunk, StepPointers p, bool decoupled) { body<T>(chunk, values(p), decoupled); }
#define WSAM_KERNELS(type, T) \
  extern "C" __global__ void GlobalNorm_##type(Chunk chunk, double* sums) { sum_of_squares<T>(chunk, sums); } \
  extern "C" __global__ void AdaptiveNorm_##type(Chunk chunk, double* sums) { sum_of_weighted_squares<T>(chunk, sums); } \
  extern "C" __global__ void Perturb_##type(Chunk chunk, PerturbPointers scalars) { perturb<T>(chunk, scalars); } \
  extern "C" __global__ void Blend_##type(Chunk chunk, BlendPointers scalars) { blend<T>(chunk, scalars); } \
  WSAM_STEP(ApplyDecoupled, decoupled_step, type, T) \
  WSAM_STEP(ApplyGradientDescent, gradient_descent_step, type, T) \
  WSAM_STEP(ApplyMomentum, momentum_step, type, T) \
  WSAM_STEP(ApplyAdam, adam_step, type, T)

WSAM_KERNELS(float, float)
WSAM_KERNELS(double, double)
WSAM_KERNELS(half, Half)
WSAM_KERNELS(bfloat16, Bfloat16)

// norm = sqrt(sum of sums), by one block
extern "C" __global__ void RootOfSum(const double* sums, int64_t count, double* norm) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) sum += sums[i];
  sum = sum_over_threads(sum);
  if (threadIdx.x == 0) *norm = root(sum);
}

}  // namespace wsam
