// WsamBlend: blended = (1 - alpha) first_factor first_gradients + alpha second_factor second_gradients, where the factors are
// those of clipping. It is written where first_gradients was, if nothing else uses that memory.

#include "op.h"

namespace wsam {

const Op kBlend = {"Blend",
                   {},
                   {"first_gradients", "second_gradients"},
                   {"alpha", "first_factor", "second_factor"},
                   {},
                   Output::kList,
                   "blended"};

namespace {

void blend(const Context& context, const Attributes& a) {
  BlendScalars scalars = values(BlendPointers{context.scalar(2, 0, "alpha"), context.scalar(2, 1, "first_factor"),
                                              context.scalar(2, 2, "second_factor")});
  std::vector<Tensor> g1 = context.list(0, "first_gradients");
  std::vector<Tensor> g2 = context.list(1, "second_gradients", &g1);
  std::vector<Tensor> blended = context.forward_or_allocate_list(&g1);

  size_t size = bytes_of(a.type);
  Blocks blocks(lengths_of(g2));
  bool streamed = exceed_caches(blocks, a.type);
  for_each_part(threads_of(context.get()), blocks, [&](size_t tensor, int64_t start, int64_t n) {
    const Tensor& first = g1[tensor] ? g1[tensor] : blended[tensor];
    kernels().blend(a.type, scalars, blended[tensor].data() + start * size, first.data() + start * size,
                    g2[tensor].data() + start * size, n, streamed && g1[tensor]);
  });
}

}  // namespace

void register_blend() { register_op<kBlend, blend>(); }

}  // namespace wsam
