// Each kernel of each instruction set gives the bits of its formula, which is written here once more and computed an element and
// an operation at a time: in double for double, else in float, rounded by other means than the library's.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <xmmintrin.h>

#include <cmath>
#include <vector>

#include "kernels/kernels.h"

namespace wsam {
namespace {

template <class T> using Acc = typename Accumulation<T>::type;
template <class T> constexpr Type kType = std::is_same_v<T, double> ? Type::kDouble : std::is_same_v<T, Half> ? Type::kHalf
                                          : std::is_same_v<T, Bfloat16> ? Type::kBfloat16 : Type::kFloat;

template <class To, class From> To bit_cast(From from) { To to; memcpy(&to, &from, sizeof to); return to; }
template <class T> T wide(T x) { return x; }
float wide(Half x) { return bit_cast<_Float16>(x); }
float wide(Bfloat16 x) { return bit_cast<float>(x.bits << 16); }
template <class T> T narrow(Acc<T> x) { return x; }
template <> Half narrow<Half>(float x) { return bit_cast<Half>(_Float16(x)); }
template <> Bfloat16 narrow<Bfloat16>(float x) {
  if (std::isnan(x)) return {0x7fc0};
  double unit = std::ldexp(1, std::max(std::ilogb(x), -126) - 7);  // of the last of 8 digits, or of subnormals
  return {uint16_t(bit_cast<uint32_t>(std::isinf(x) ? x : float(std::nearbyint(x / unit) * unit)) >> 16)};
}
template <class T> bool same(T a, T b) { return memcmp(&a, &b, sizeof a) == 0 || (std::isnan(wide(a)) && std::isnan(wide(b))); }

template <class A> A perturbed(const PerturbScalars& s, A w, A g) {
  return w + A(s.rho) / (A(s.norm) + A(1e-12)) * (s.adaptive ? w * w * g : g);
}
template <class A> A blended(const BlendScalars& s, A g1, A g2) {
  return (1 - A(s.alpha)) * (A(s.first_factor) * g1) + A(s.alpha) * (A(s.second_factor) * g2);
}
template <class A> void stepped(Step step, bool decoupled, const StepScalars& s, A& w, A& m, A& v, A g1, A g2) {
  A rate = A(s.learning_rate), mu = A(s.momentum), clipped = A(s.first_factor) * g1;
  A g = decoupled || s.alpha == 0 ? clipped : blended(s, g1, g2);
  if (s.penalty != 0) g = g + A(s.penalty) * w;
  if (step != Step::kDecoupled && s.decay != 0) w = w - A(s.decay) * w;
  if (step == Step::kGradientDescent) w = w - rate * g;
  if (step == Step::kMomentum) m = mu * m + g, w = w - (s.nesterov ? rate * g + rate * (mu * m) : rate * m);
  if (step == Step::kAdam) {
    m = m + (1 - A(s.beta1)) * (g - m);
    v = v + (1 - A(s.beta2)) * (g * g - v);
    w = w - rate * std::sqrt(1 - A(s.beta2_power)) / (1 - A(s.beta1_power)) * m / (std::sqrt(v) + A(s.epsilon));
  }
  if (step == Step::kDecoupled || (decoupled && s.alpha != 0)) w = w - rate * A(s.alpha) * (A(s.second_factor) * g2 - clipped);
}

std::vector<const Kernels*> all_kernels() {
  if (__builtin_cpu_supports("avx2")) return {&kBaselineKernels, &kAvx2Kernels};
  return {&kBaselineKernels};
}

// Numbers between -2 and 2; if special, one in 16 is zero, infinite, NaN, subnormal, the least, the largest, or any bits.
template <class T> std::vector<T> values(int64_t n, uint64_t seed, bool special) {
  int fraction_bits = kType<T> == Type::kFloat ? 23 : kType<T> == Type::kDouble ? 52 : kType<T> == Type::kHalf ? 10 : 7;
  const uint64_t sign = uint64_t(1) << (8 * sizeof(T) - 1), least = uint64_t(1) << fraction_bits, infinite = sign - least;
  const uint64_t specials[] = {0, infinite, infinite | least / 2, 1, least - 1, least, infinite - 1};
  std::vector<T> values(n);
  for (T& value : values) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    value = narrow<T>(Acc<T>(double(seed >> 32) * 0x1p-30 - 2));
    uint64_t index = seed >> 40 & 7;
    if (special && seed >> 60 == 0) value = bit_cast<T>(index < 7 ? specials[index] | (seed >> 50 & 1) * sign : seed >> 4);
  }
  return values;
}

// Each instruction set makes of out what is expected, aligned or not; out ends where its memory ends.
template <class Out, class Run> void check(const std::vector<Out>& before, const std::vector<Out>& expected, const Run& run) {
  for (const Kernels* kernels : all_kernels()) {
    for (size_t offset : {0, 1}) {
      std::vector<Out> out(offset, Out());
      out.insert(out.end(), before.begin(), before.end());
      run(*kernels, out.data() + offset);
      size_t i = 0;
      while (i < expected.size() && same(out[offset + i], expected[i])) i++;
      INFO(kernels->name, ", offset ", offset);
      REQUIRE(i == expected.size());
    }
  }
}

template <class T> void check_kernels(int64_t n, int first_variant) {
  using A = Acc<T>;
  CAPTURE(n);
  std::vector<T> x[4];
  for (int k = 0; k < 4; k++) x[k] = values<T>(n + k % 2, 10 * n + k, true);
  T *w = x[0].data(), *m = x[1].data() + 1, *v = x[2].data(), *g1 = x[3].data() + 1;
  std::vector<A> second = values<A>(n, 10 * n + 4, true);
  const A* g2 = second.data();
  StepScalars s = {{9, 0.7, 0.6}, 0.1, 0.01, 0.02, 0.9, 0.9, 0.999, 1e-7, 0.81, 0.998, false};
  std::vector<A> moved(n);
  std::vector<T> blend(n), before(w, w + n), after(3 * n);
  for (int64_t i = 0; i < n; i++) blend[i] = narrow<T>(blended<A>(s, wide(g1[i]), g2[i]));
  for (int streamed : {0, 1}) {
    for (int adaptive : {0, 1}) {
      PerturbScalars p = {0.05, 1.7, adaptive != 0};
      for (int64_t i = 0; i < n; i++) moved[i] = perturbed<A>(p, wide(w[i]), wide(g1[i]));
      check<A>(std::vector<A>(n), moved, [&](auto& kernels, A* out) { kernels.perturb(kType<T>, p, out, w, g1, n, streamed); });
    }
    check<T>(std::vector<T>(n), blend, [&](auto& kernels, T* out) { kernels.blend(kType<T>, s, out, g1, g2, n, streamed); });
  }
  check<T>({g1, g1 + n}, blend, [&](auto& kernels, T* out) { kernels.blend(kType<T>, s, out, out, g2, n, false); });
  before.insert(before.end(), m, m + n);
  before.insert(before.end(), v, v + n);
  for (int variant = first_variant; variant < 32; variant++) {
    CAPTURE(variant);
    auto step = Step(variant / 4 % 4);
    s.alpha = variant < 16 ? 0 : 9;
    bool decoupled = variant & 1;
    s.nesterov = variant & 2;
    s.penalty = s.nesterov ? 0.01 : 0;
    s.decay = s.nesterov ? 0 : 0.02;
    for (int64_t i = 0; i < n; i++) {
      A y[] = {wide(w[i]), wide(m[i]), wide(v[i])};
      stepped<A>(step, decoupled, s, y[0], y[1], y[2], wide(g1[i]), g2[i]);
      for (int k = 0; k < 3; k++) after[k * n + i] = k <= slots_of(step) ? narrow<T>(y[k]) : before[k * n + i];
    }
    check<T>(before, after, [&](auto& kernels, T* out) {
      void* slots[] = {out + n, out + 2 * n};
      kernels.step(step, kType<T>, decoupled, s, out, slots, g1, g2, n);
    });
  }
}

template <class T> void check_sums(int64_t n) {
  auto w = values<T>(n + 1, 1, false), g = values<T>(n, 2, false);
  for (bool weighted : {false, true}) {
    auto sum_by = [&](const Kernels& kernels) {
      return weighted ? kernels.sum_of_weighted_squares(kType<T>, w.data() + 1, g.data(), n) : kernels.sum_of_squares(kType<T>, g.data(), n);
    };
    long double sum = 0;
    for (int64_t i = 0; i < n; i++) {
      long double x = weighted ? wide(w[i + 1]) * wide(g[i]) : wide(g[i]);
      sum += x * x;
    }
    CHECK(std::fabs(sum_by(kBaselineKernels) - sum) <= sum * (n / 16 + 32) * 0x1p-53L);
    CHECK(sum_by(*all_kernels().back()) == sum_by(kBaselineKernels));
    for (int64_t i = 0; i < std::min<int64_t>(n, 40); i++) {
      T finite = std::exchange(g[i], narrow<T>(i % 2 ? -INFINITY : NAN));
      for (const Kernels* kernels : all_kernels()) CHECK(same(sum_by(*kernels), i % 2 ? INFINITY : double(NAN)));
      g[i] = finite;
    }
  }
}

TEST_CASE_TEMPLATE("kernels", T, float, double, Half, Bfloat16) {
  for (int64_t n : {0, 1, 2, 6, 7, 8, 15, 16, 17, 4095, 4096, 4097}) check_kernels<T>(n, 0), check_sums<T>(n);
}

TEST_CASE_TEMPLATE("kernels on large tensors", T, float, double, Half, Bfloat16) {
  for (int64_t n : {9999999, 10000000, 10000001}) check_sums<T>(n);
  check_kernels<T>(10000001, 31);
}

TEST_CASE_TEMPLATE("16-bit types are read exactly and written to nearest, ties to even", T, Half, Bfloat16) {
  auto check_write = [](float x) {
    T written;
    write(written, x);
    if (!same(written, narrow<T>(x))) FAIL_CHECK("written ", x, " as ", written.bits);
  };
  for (uint32_t pattern = 0; pattern < 0x10000; pattern++) {
    T x = {uint16_t(pattern)}, next = {uint16_t(pattern + 1)}, back;
    write(back, read(x));
    if (!same(back, x) || !same(read(x), wide(x))) FAIL_CHECK("read ", x.bits, " as ", read(x));
    float tie = float((double(wide(x)) + wide(next)) / 2);
    for (float y : {tie, std::nextafter(tie, 0.0f), std::nextafter(tie, 2 * tie), -tie}) check_write(y);
  }
  for (uint64_t bits = 0; bits < uint64_t(1) << 32; bits += 2053) check_write(bit_cast<float>(uint32_t(bits)));
  for (float x : {65519.996f, 65520.0f, 3.3961775e38f, 3.3961773e38f, 3.4028235e38f, INFINITY}) check_write(x), check_write(-x);
}

TEST_CASE("subnormals of half are kept on threads that take those of float for zero, as TensorFlow's do") {
  std::vector<Half> halves(0x7c00), out(halves.size());
  std::vector<float> zeros(halves.size());
  for (size_t i = 0; i < halves.size(); i++) halves[i].bits = uint16_t(i);
  for (const Kernels* kernels : all_kernels()) {
    _mm_setcsr(_mm_getcsr() | 0x8040);
    kernels->blend(Type::kHalf, {0, 1, 1}, out.data(), halves.data(), zeros.data(), out.size(), false);
    _mm_setcsr(_mm_getcsr() & ~0x8040);
    CHECK(memcmp(out.data(), halves.data(), 2 * out.size()) == 0);
  }
}

TEST_CASE("the best instruction set is taken") { CHECK(&kernels() == all_kernels().back()); }

}  // namespace
}  // namespace wsam
