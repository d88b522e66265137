// WsamBlend: blended = (1 - alpha) first_factor first_gradients + alpha second_factor second_gradients, where the factors are
// those of clipping. It is written where first_gradients was, if nothing else uses that memory.

#include "../cuda/gpu.h"
#include "op.h"

namespace wsam {
namespace {

const Op kBlend = {"Blend", {}, {"first_gradients"}, {"second_gradients"}, {"alpha", "first_factor", "second_factor"}, {},
                   "blended: N * T"};

template <bool kGpu>
void blend(const Context& context, const Attributes& a) {
  BlendPointers pointers = {context.scalar(2, 0, "alpha"), context.scalar(2, 1, "first_factor"),
                            context.scalar(2, 2, "second_factor")};
  std::vector<Tensor> g1 = context.list(0, "first_gradients");
  std::vector<Tensor> g2 = context.list(1, "second_gradients", &g1);
  std::vector<Tensor> blended;
  std::vector<char*> first = memory_of(g1);  // The context keeps what it is not told to forward.
  for (int i = 0; i < a.list_length; i++) {
    g1[i] = Tensor();  // TensorFlow forwards only what nobody holds.
    blended.push_back(context.forward_or_allocate_output(i, i, g2[i].shape()));
  }
  std::vector<char*> to = memory_of(blended);
  if (kGpu) return run_on_gpu(context, a, kBlend, {to, first, memory_of(g2)}, lengths_of(g2), pointers);

  BlendScalars scalars = values(pointers);
  size_t size = bytes_of(a.type), wide_size = bytes_of(accumulation_type(a.type));
  Blocks blocks(lengths_of(g2));
  bool streamed = exceed_caches(blocks, a.type);
  for_each_part(threads_of(context.get()), blocks, [&](size_t tensor, int64_t start, int64_t n) {
    kernels().blend(a.type, scalars, to[tensor] + start * size, first[tensor] + start * size,
                    g2[tensor].data() + start * wide_size, n, streamed && first[tensor] != to[tensor]);
  });
}

}  // namespace

void register_blend(bool gpu) { register_op<kBlend, blend<false>, blend<true>>(gpu); }

}  // namespace wsam
