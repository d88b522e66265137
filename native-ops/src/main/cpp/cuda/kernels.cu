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
  for (unsigned half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
  }
  return sums[threadIdx.x];
}

// lists: g, or w and g. sums[block] = sum of g^2, or (|w| g)^2 with the product rounded to the accumulation type; in double
template <class T, bool kWeighted>
WSAM_DEVICE void sum_of_squares(const Chunk& chunk, double* sums) {
  Part part(chunk);
  const T *w = part.list<T>(0), *g = part.list<T>(kWeighted ? 1 : 0);
  double sum = 0;
  part.for_each([&](int64_t i) {
    double x = kWeighted ? read(w[i]) * read(g[i]) : read(g[i]);
    sum += x * x;
  });
  sum = sum_over_threads(sum);
  if (threadIdx.x == 0) sums[chunk.blocks_before + blockIdx.x] = sum;
}

// lists: perturbed, w, g. perturbed = w + e
template <class T, class A>
WSAM_DEVICE void perturb(const Chunk& chunk, const PerturbScalars& s) {
  Part part(chunk);
  A* perturbed = part.list<A>(0);
  const T *w = part.list<T>(1), *g = part.list<T>(2);
  auto with = [&](auto f) { part.for_each([&](int64_t i) { perturbed[i] = f(read(w[i]), read(g[i])); }); };
  s.adaptive ? with(Perturb<A, true>(s)) : with(Perturb<A, false>(s));
}

// lists: blended, which may be g1; g1; g2, in the accumulation type
template <class T, class A>
WSAM_DEVICE void blend(const Chunk& chunk, const BlendScalars& s) {
  Part part(chunk);
  T* blended = part.list<T>(0);
  const T* g1 = part.list<T>(1);
  const A* g2 = part.list<A>(2);
  Blend<A> f(s);
  part.for_each([&](int64_t i) { write(blended[i], f(read(g1[i]), g2[i])); });
}

// lists: w, the slots, g1; g2, in the accumulation type. f steps in place.
template <class T, class A, int kSlots, class F>
WSAM_DEVICE void step_with(const Chunk& chunk, const F& f) {
  Part part(chunk);
  T* w = part.list<T>(0);
  const T* g1 = part.list<T>(kSlots + 1);
  const A* g2 = part.list<A>(kSlots + 2);
  part.for_each([&](int64_t i) {
    A weight = read(w[i]), slots[kSlots + 1];
    for (int k = 0; k < kSlots; k++) slots[k] = read(part.list<T>(k + 1)[i]);
    f(weight, slots, read(g1[i]), g2[i]);
    for (int k = 0; k < kSlots; k++) write(part.list<T>(k + 1)[i], slots[k]);
    write(w[i], weight);
  });
}

template <class T, class A, int kSlots, class Base>
WSAM_DEVICE void base_step(const Chunk& chunk, const StepScalars& s, bool decoupled) {
  decoupled ? step_with<T, A, kSlots>(chunk, BaseStep<A, Base, true>(s))
            : step_with<T, A, kSlots>(chunk, BaseStep<A, Base, false>(s));
}

}  // namespace

// A kernel has the name of its op and of a type.
#define WSAM_STEP(op, type, step)                                                                               \
  extern "C" __global__ void op##_##type(Chunk chunk, StepPointers scalars, [[maybe_unused]] bool decoupled) { \
    StepScalars s = values(scalars);                                                                           \
    step;                                                                                                      \
  }
#define WSAM_KERNELS(type, T, A)                                                                                            \
  extern "C" __global__ void GlobalNorm_##type(Chunk chunk, double* sums) { sum_of_squares<T, false>(chunk, sums); }        \
  extern "C" __global__ void AdaptiveNorm_##type(Chunk chunk, double* sums) { sum_of_squares<T, true>(chunk, sums); }       \
  extern "C" __global__ void Perturb_##type(Chunk chunk, PerturbPointers scalars) { perturb<T, A>(chunk, values(scalars)); } \
  extern "C" __global__ void Blend_##type(Chunk chunk, BlendPointers scalars) { blend<T, A>(chunk, values(scalars)); }      \
  WSAM_STEP(ApplyDecoupled, type, (step_with<T, A, 0>(chunk, Decoupled<A>(s))))                                             \
  WSAM_STEP(ApplyGradientDescent, type, (base_step<T, A, 0, GradientDescent<A>>(chunk, s, decoupled)))                      \
  WSAM_STEP(ApplyMomentum, type,                                                                                            \
            (s.nesterov ? base_step<T, A, 1, Momentum<A, true>>(chunk, s, decoupled)                                        \
                        : base_step<T, A, 1, Momentum<A, false>>(chunk, s, decoupled)))                                     \
  WSAM_STEP(ApplyAdam, type, (base_step<T, A, 2, Adam<A>>(chunk, s, decoupled)))

WSAM_KERNELS(float, float, float)
WSAM_KERNELS(double, double, double)
WSAM_KERNELS(half, Half, float)
WSAM_KERNELS(bfloat16, Bfloat16, float)

// norm = sqrt(sum of sums), by one block
extern "C" __global__ void RootOfSum(const double* sums, int64_t count, double* norm) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += kThreads) sum += sums[i];
  sum = sum_over_threads(sum);
  if (threadIdx.x == 0) *norm = root(sum);
}

}  // namespace wsam
