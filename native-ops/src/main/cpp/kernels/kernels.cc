#define WSAM_KERNELS kBaselineKernels
#define WSAM_INSTRUCTION_SET "baseline"
#include "kernels.inc"

namespace wsam {

const Kernels& kernels() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx2") ? kAvx2Kernels : kBaselineKernels;
#else
  return kBaselineKernels;
#endif
}

}  // namespace wsam
