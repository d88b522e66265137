#ifdef __x86_64__
#pragma GCC target("avx2")
#define WSAM_KERNELS kAvx2Kernels
#define WSAM_INSTRUCTION_SET "avx2"
#include "kernels.inc"
#endif
