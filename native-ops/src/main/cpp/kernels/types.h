// The element types, and how each is read into its accumulation type and written back (to nearest, ties to even).
// Plain integer arithmetic without branches, so that compilers vectorise it; NaN stays NaN, its payload does not.
#pragma once

#ifdef __CUDACC_RTC__  // which has no headers
using int64_t = long long;
using uint16_t = unsigned short;
using uint32_t = unsigned int;
#else
#include <stdint.h>
#endif

#include "formulas.h"

namespace wsam {

enum class Type { kFloat, kDouble, kHalf, kBfloat16 };

struct Half { uint16_t bits; };
struct Bfloat16 { uint16_t bits; };

namespace {

#ifdef __CUDACC__
WSAM_DEVICE uint32_t bits_of(float x) { return __float_as_uint(x); }
WSAM_DEVICE float float_of(uint32_t u) { return __uint_as_float(u); }
#else
WSAM_DEVICE uint32_t bits_of(float x) { uint32_t u; __builtin_memcpy(&u, &x, 4); return u; }
WSAM_DEVICE float float_of(uint32_t u) { float x; __builtin_memcpy(&x, &u, 4); return x; }
#endif

template <class T> struct Accumulation { using type = float; };
template <> struct Accumulation<double> { using type = double; };

WSAM_DEVICE float read(float x) { return x; }
WSAM_DEVICE double read(double x) { return x; }
WSAM_DEVICE float read(Bfloat16 x) { return float_of(uint32_t(x.bits) << 16); }
WSAM_DEVICE float read(Half x) {
  // The exponent's bias goes from 15 to 127. A subnormal is taken as the digits after 2^-14, which is subtracted again. On the
  // way no float is subnormal: TensorFlow's threads take these for zero.
  uint32_t magnitude = uint32_t(x.bits & 0x7fff) << 13;
  uint32_t subnormal = bits_of(float_of(magnitude + (113u << 23)) - float_of(113u << 23));
  uint32_t finite = magnitude < 0x00800000u ? subnormal : magnitude + (112u << 23);
  uint32_t value = magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : finite;
  return float_of(value | uint32_t(x.bits & 0x8000) << 16);
}

WSAM_DEVICE void write(float& to, float x) { to = x; }
WSAM_DEVICE void write(double& to, double x) { to = x; }
WSAM_DEVICE void write(Bfloat16& to, float x) {
  uint32_t u = bits_of(x);
  uint32_t rounded = (u + 0x7fff + (u >> 16 & 1)) >> 16;
  to.bits = uint16_t((u & 0x7fffffff) > 0x7f800000u ? u >> 16 | 0x40 : rounded);
}
WSAM_DEVICE void write(Half& to, float x) {
  uint32_t u = bits_of(x), magnitude = u & 0x7fffffff;
  // Normal: rebias and round away the 13 low bits. Subnormal: adding 0.5 lets the FPU round at the place of 2^-24.
  uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
  uint32_t value = magnitude < 0x38800000u ? subnormal : normal;
  value = magnitude >= 0x477ff000u ? 0x7c00 : value;  // 65520 and more
  value = magnitude > 0x7f800000u ? 0x7e00 : value;
  to.bits = uint16_t(value | (u >> 16 & 0x8000));
}

}  // namespace
}  // namespace wsam
