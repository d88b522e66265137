// WsamGlobalNorm: norm = sqrt(sum_i |tensors_i|^2).  WsamAdaptiveNorm: norm = sqrt(sum_i | |variables_i| gradients_i |^2).
// Both are accumulated in double.

#include <cmath>

#include "../cuda/gpu.h"
#include "op.h"

namespace wsam {
namespace {

const Op kGlobalNorm = {"GlobalNorm", {}, {"tensors"}, {}, {}, {}, "norm: double"};
const Op kAdaptiveNorm = {"AdaptiveNorm", {}, {"variables", "gradients"}, {}, {}, {}, "norm: double"};

void set_norm(const Context& context, double sum_of_squares) {
  *reinterpret_cast<double*>(context.allocate_output(0, Type::kDouble, {}).data()) = std::sqrt(sum_of_squares);
}

template <bool kGpu>
void global_norm(const Context& context, const Attributes& a) {
  std::vector<Tensor> tensors = context.list(0, "tensors");
  if (kGpu) return norm_on_gpu(context, a, kGlobalNorm, {memory_of(tensors)}, lengths_of(tensors));
  size_t size = bytes_of(a.type);
  Blocks blocks(lengths_of(tensors));
  set_norm(context, sum_over_parts(threads_of(context.get()), blocks, [&](size_t i, int64_t start, int64_t n) {
    return kernels().sum_of_squares(a.type, tensors[i].data() + start * size, n);
  }));
}

template <bool kGpu>
void adaptive_norm(const Context& context, const Attributes& a) {
  std::vector<Tensor> w = context.list(0, "variables");
  std::vector<Tensor> g = context.list(1, "gradients", &w);
  if (kGpu) return norm_on_gpu(context, a, kAdaptiveNorm, {memory_of(w), memory_of(g)}, lengths_of(w));
  size_t size = bytes_of(a.type);
  Blocks blocks(lengths_of(w));
  set_norm(context, sum_over_parts(threads_of(context.get()), blocks, [&](size_t i, int64_t start, int64_t n) {
    return kernels().sum_of_weighted_squares(a.type, w[i].data() + start * size, g[i].data() + start * size, n);
  }));
}

}  // namespace

void register_norms(bool gpu) {
  register_op<kGlobalNorm, global_norm<false>, global_norm<true>>(gpu);
  register_op<kAdaptiveNorm, adaptive_norm<false>, adaptive_norm<true>>(gpu);
}

}  // namespace wsam
