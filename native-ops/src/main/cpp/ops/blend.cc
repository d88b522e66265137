// WsamBlend: blended = (1 - alpha) first_factor first_gradients + alpha second_factor second_gradients, where the factors are
// those of clipping. It is written where first_gradients was, if nothing else uses that memory.

#include "op.h"

namespace wsam {
namespace {

const Op kBlend = {"Blend",
                   {},
                   {"first_gradients"},
                   {"second_gradients"},
                   {"alpha", "first_factor", "second_factor"},
                   {},
                   Output::kList,
                   "blended"};

void blend(const Context& context, const Attributes& a) {
  BlendScalars scalars = {context.scalar(2, 0, "alpha"), context.scalar(2, 1, "first_factor"),
                          context.scalar(2, 2, "second_factor")};
  std::vector<Tensor> g1 = context.list(0, "first_gradients");
  std::vector<Tensor> g2 = context.list(1, "second_gradients", &g1);
  std::vector<Tensor> blended;
  std::vector<const char*> first;  // The context keeps what it is not told to forward.
  for (int i = 0; i < a.list_length; i++) {
    first.push_back(g1[i].data());
    g1[i] = Tensor();  // TensorFlow forwards only what nobody holds.
    blended.push_back(context.forward_or_allocate_output(i, i, g2[i].shape()));
  }

  size_t size = bytes_of(a.type), wide_size = bytes_of(accumulation_type(a.type));
  Blocks blocks = blocks_of(g2);
  bool streamed = exceed_caches(blocks, a.type);
  for_each_part(threads_of(context.get()), blocks, [&](size_t tensor, int64_t start, int64_t n) {
    bool forwarded = first[tensor] == blended[tensor].data();
    kernels().blend(a.type, scalars, blended[tensor].data() + start * size, first[tensor] + start * size,
                    g2[tensor].data() + start * wide_size, n, streamed && !forwarded);
  });
}

}  // namespace

void register_blend() { register_op<kBlend, blend>(); }

}  // namespace wsam
