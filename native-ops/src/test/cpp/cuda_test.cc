// The kernels for GPUs, on the CPU: over lists of several chunks each gives the bits of its formula in a plain loop. Sums are
// near those in plain order, and the same bits in whichever order threads run.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <string.h>

#include <cmath>

#include "cuda_shim.h"

namespace wsam {
namespace {

#define WSAM_REGISTER(op, type) shim::kernels[#op "_" #type] = shim::kernel_of(op##_##type);
#define WSAM_REGISTER_ALL(type)                                                                                          \
  WSAM_REGISTER(GlobalNorm, type) WSAM_REGISTER(AdaptiveNorm, type) WSAM_REGISTER(Perturb, type)                         \
  WSAM_REGISTER(Blend, type) WSAM_REGISTER(ApplyDecoupled, type) WSAM_REGISTER(ApplyGradientDescent, type)               \
  WSAM_REGISTER(ApplyMomentum, type) WSAM_REGISTER(ApplyAdam, type)
const bool registered = [] {
  WSAM_REGISTER_ALL(float) WSAM_REGISTER_ALL(double) WSAM_REGISTER_ALL(half) WSAM_REGISTER_ALL(bfloat16)
  return shim::kernels["RootOfSum"] = shim::kernel_of(RootOfSum), true;
}();

template <class T> const std::string kSuffix = std::is_same_v<T, double> ? "_double" : std::is_same_v<T, Half> ? "_half"
                                               : std::is_same_v<T, Bfloat16> ? "_bfloat16" : "_float";
template <class T> using List = std::vector<std::vector<T>>;  // of tensors

// Each tensor has memory of its own, so that what lies beyond it is noticed.
template <class T> List<T> random_list(uint64_t seed, int tensors = 150) {
  List<T> list;
  for (int i = 0; i < tensors; i++) {
    constexpr int lengths[] = {0, 1, 7, 255, 256, 257, 5000, 8191, 8192, 8193, 20000};
    for (T& x : list.emplace_back(lengths[i % 11])) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      write(x, typename Accumulation<T>::type(double(seed >> 32) * 0x1p-31));
    }
  }
  return list;
}
template <class T> std::vector<char*> memory_of(List<T>& list) {
  std::vector<char*> memory;
  for (auto& tensor : list) memory.push_back(reinterpret_cast<char*>(tensor.data()));
  return memory;
}
template <class T> std::vector<int64_t> lengths_of(const List<T>& list) {
  std::vector<int64_t> lengths;
  for (auto& tensor : list) lengths.push_back(tensor.size());
  return lengths;
}
template <class F> void for_each_element(const std::vector<int64_t>& lengths, F f) {
  for (size_t t = 0; t < lengths.size(); t++) for (int64_t i = 0; i < lengths[t]; i++) f(t, i);
}
template <class T> bool same(const List<T>& a, const List<T>& b) {
  for (size_t t = 0; t < a.size(); t++) if (!a[t].empty() && memcmp(a[t].data(), b[t].data(), a[t].size() * sizeof(T)) != 0) return false;
  return a.size() == b.size();
}

template <class T> void check_norm(List<T> w, List<T> g, bool adaptive) {
  double sum = 0;
  for_each_element(lengths_of(g), [&](int t, int i) {
    double x = adaptive ? read(w[t][i]) * read(g[t][i]) : read(g[t][i]);
    sum += x * x;
  });
  auto chunks = adaptive ? chunks_of({memory_of(w), memory_of(g)}, lengths_of(g)) : chunks_of({memory_of(g)}, lengths_of(g));
  shim::Launcher launcher;
  double norm[2];
  for (double& result : norm) {
    std::vector<double> sums(blocks_of(chunks), NAN);
    void* kernel = launcher.find((adaptive ? "AdaptiveNorm" : "GlobalNorm") + kSuffix<T>);
    launch_norm(launcher, kernel, chunks, nullptr, sums.data(), &result);
    launcher.reverse = true;
  }
  CHECK(std::fabs(norm[0] - std::sqrt(sum)) <= 1e-13 * norm[0]);
  CHECK(norm[0] == norm[1]);
}

// What the scalars of a step point to; nothing where one is 0.
StepPointers pointers_to(const StepScalars& s) {
  auto to = [](const double& x) { return x == 0 ? nullptr : &x; };
  return {{to(s.alpha), to(s.first_factor), to(s.second_factor)}, to(s.learning_rate), to(s.penalty), to(s.decay), to(s.momentum),
          to(s.beta1), to(s.beta2), to(s.epsilon), to(s.beta1_power), to(s.beta2_power), s.nesterov};
}

template <class T, int kSlots, class F> void check_step(const std::string& op, const StepScalars& s, bool decoupled) {
  CAPTURE(op);
  CAPTURE(decoupled);
  std::vector<List<T>> lists, expected;
  std::vector<std::vector<char*>> memory;
  for (int k = 0; k < kSlots + 3; k++) lists.push_back(random_list<T>(k));
  expected = lists;
  for (auto& list : lists) memory.push_back(memory_of(list));
  shim::Launcher launcher;
  launch(launcher, launcher.find(op + kSuffix<T>), chunks_of(memory, lengths_of(lists[0])), nullptr, pointers_to(s), decoupled);
  for_each_element(lengths_of(lists[0]), [&](int t, int i) {
    typename Accumulation<T>::type x[kSlots + 3];
    for (int k = 0; k < kSlots + 3; k++) x[k] = read(expected[k][t][i]);
    F{s}(x[0], x + 1, x[kSlots + 1], x[kSlots + 2]);
    for (int k = 0; k <= kSlots; k++) write(expected[k][t][i], x[k]);
  });
  for (int k = 0; k < kSlots + 3; k++) CHECK(same(lists[k], expected[k]));
}
template <class T, int kSlots, class Base> void check_base_step(const std::string& op, const StepScalars& s) {
  check_step<T, kSlots, BaseStep<typename Accumulation<T>::type, Base, false>>(op, s, false);
  check_step<T, kSlots, BaseStep<typename Accumulation<T>::type, Base, true>>(op, s, true);
}

TEST_CASE_TEMPLATE("norms", T, float, double, Half, Bfloat16) {
  for (int tensors : {1, 2, 64, 70, 150}) {
    for (bool adaptive : {false, true}) check_norm(random_list<T>(1, tensors), random_list<T>(2, tensors), adaptive);
  }
}

TEST_CASE_TEMPLATE("perturb and blend", T, float, double, Half, Bfloat16) {
  using A = typename Accumulation<T>::type;
  List<T> w = random_list<T>(1), g = random_list<T>(2), blended = w;
  std::vector<int64_t> lengths = lengths_of(w);
  shim::Launcher launcher;
  for (bool adaptive : {false, true}) {
    PerturbScalars s = {0.05, 1.7, adaptive};
    List<A> perturbed = random_list<A>(3), expected = perturbed;
    launch(launcher, launcher.find("Perturb" + kSuffix<T>), chunks_of({memory_of(perturbed), memory_of(w), memory_of(g)}, lengths),
           nullptr, PerturbPointers{&s.rho, &s.norm, adaptive});
    for_each_element(lengths, [&](int t, int i) {
      A x = read(w[t][i]), y = read(g[t][i]);
      expected[t][i] = adaptive ? Perturb<A, true>(s)(x, y) : Perturb<A, false>(s)(x, y);
    });
    CHECK(same(perturbed, expected));
  }
  BlendScalars s = {9, 0.7, 0.6};
  launch(launcher, launcher.find("Blend" + kSuffix<T>), chunks_of({memory_of(blended), memory_of(blended), memory_of(g)}, lengths),
         nullptr, BlendPointers{&s.alpha, &s.first_factor, &s.second_factor});
  for_each_element(lengths, [&](int t, int i) { write(w[t][i], Blend<A>(s)(read(w[t][i]), read(g[t][i]))); });
  CHECK(same(blended, w));
}

TEST_CASE_TEMPLATE("steps", T, float, double, Half, Bfloat16) {
  using A = typename Accumulation<T>::type;
  StepScalars s = {{9, 0.7, 0.6}, 0.1, 0, 0.02, 0.9, 0.9, 0.999, 1e-7, 0.81, 0.998, false};
  StepScalars nesterov = {{9, 0.7, 0.6}, 0.1, 0.01, 0, 0.9, 0.9, 0.999, 1e-7, 0.81, 0.998, true};
  check_step<T, 0, Decoupled<A>>("ApplyDecoupled", s, false);
  check_base_step<T, 0, GradientDescent<A>>("ApplyGradientDescent", nesterov);
  check_base_step<T, 1, Momentum<A, false>>("ApplyMomentum", s);
  check_base_step<T, 1, Momentum<A, true>>("ApplyMomentum", nesterov);
  check_base_step<T, 2, Adam<A>>("ApplyAdam", s);
}

}  // namespace
}  // namespace wsam
