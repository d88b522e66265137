#define WSAM_KERNELS kBaselineKernels
#define WSAM_INSTRUCTION_SET "baseline"
#include "kernels.inc"

namespace wsam {

const Kernels& kernels() {
#ifdef __x86_64__
  static const bool avx2 = __builtin_cpu_supports("avx2");
  return avx2 ? kAvx2Kernels : kBaselineKernels;
#else
  return kBaselineKernels;
#endif
}

}  // namespace wsam
