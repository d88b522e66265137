// perturbed = w + rho g / (norm + 1e-12);  adaptive: w + rho w^2 g / (norm + 1e-12). The variables stay as they are.

#include "../cuda/gpu.h"
#include "op.h"

namespace wsam {
namespace {

const Op kPerturb = {"Perturb", {}, {"variables", "gradients"}, {}, {"rho", "norm"}, {"adaptive"}, "perturbed: N * U"};

template <bool kGpu>
void perturb(const Context& context, const Attributes& a) {
  std::vector<Tensor> w = context.list(0, "variables");
  std::vector<Tensor> g = context.list(1, "gradients", &w);
  PerturbPointers pointers = {context.scalar(2, 0, "rho"), context.scalar(2, 1, "norm"), a.adaptive != 0};
  Type wide = accumulation_type(a.type);
  std::vector<Tensor> perturbed;
  for (int i = 0; i < a.list_length; i++) perturbed.push_back(context.allocate_output(i, wide, w[i].shape()));
  if (kGpu) return run_on_gpu(context, a, kPerturb, {memory_of(perturbed), memory_of(w), memory_of(g)}, lengths_of(w), pointers);

  PerturbScalars scalars = values(pointers);
  size_t size = bytes_of(a.type), wide_size = bytes_of(wide);
  Blocks blocks(lengths_of(w));
  bool streamed = exceed_caches(blocks, wide);
  for_each_part(threads_of(context.get()), blocks, [&](size_t tensor, int64_t start, int64_t n) {
    kernels().perturb(a.type, scalars, perturbed[tensor].data() + start * wide_size, w[tensor].data() + start * size,
                      g[tensor].data() + start * size, n, streamed);
  });
}

}  // namespace

void register_perturb(bool gpu) { register_op<kPerturb, perturb<false>, perturb<true>>(gpu); }

}  // namespace wsam
