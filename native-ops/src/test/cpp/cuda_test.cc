// The kernels for GPUs, on the CPU: over lists of several chunks each gives the bits of its formula in a plain loop. Sums are
// near those in plain order, and the same bits in whichever order threads run.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <string.h>

#include <cmath>

#include "cuda_shim.h"

namespace wsam {
namespace {

template <class T> using Acc = typename Accumulation<T>::type;
template <class T> using List = std::vector<std::vector<T>>;  // of tensors, each in memory of its own
template <class T> const std::string kType = std::is_same_v<T, double> ? "double" : std::is_same_v<T, Half> ? "half"
                                             : std::is_same_v<T, Bfloat16> ? "bfloat16" : "float";

shim::Launcher launcher = [] {
  shim::Launcher launcher;
#define REGISTER(name) launcher.kernels[#name] = shim::kernel_of(name);
#define REGISTER_ALL(type)                                                                                      \
  REGISTER(GlobalNorm_##type) REGISTER(AdaptiveNorm_##type) REGISTER(Perturb_##type) REGISTER(Blend_##type)     \
  REGISTER(ApplyDecoupled_##type) REGISTER(ApplyGradientDescent_##type)                                         \
  REGISTER(ApplyMomentum_##type) REGISTER(ApplyAdam_##type)
  REGISTER_ALL(float) REGISTER_ALL(double) REGISTER_ALL(half) REGISTER_ALL(bfloat16) REGISTER(RootOfSum)
  return launcher;
}();

template <class T> List<T> random_list(uint64_t seed, int tensors = 140) {
  List<T> list;
  for (int i = 0; i < tensors; i++) {
    constexpr int lengths[] = {0, 1, 7, 255, 256, 257, 5000, 8191, 8192, 8193, 20000};
    for (T& x : list.emplace_back(lengths[i % 11])) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      write(x, Acc<T>(double(seed >> 32) * 0x1p-31));
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
template <class T, class F> void for_each_element(List<T>& list, F f) {
  for (size_t t = 0; t < list.size(); t++) for (size_t i = 0; i < list[t].size(); i++) f(list[t][i], t, i);
}
template <class T> bool same(List<T>& a, List<T>& b) {
  int different = 0;
  for_each_element(a, [&](T& x, int t, int i) { different += memcmp(&x, &b[t][i], sizeof x) != 0; });
  return different == 0;
}
template <class T, class... Parameters>
void run(const char* op, const std::vector<std::vector<char*>>& lists, const List<T>& like, Parameters... parameters) {
  launch(launcher, launcher.find(op + ("_" + kType<T>)), chunks_of(lists, lengths_of(like)), nullptr, parameters...);
}

TEST_CASE_TEMPLATE("norms", T, float, double, Half, Bfloat16) {
  for (int variant = 0; variant < 10; variant++) {
    bool adaptive = variant % 2;
    int tensors[] = {1, 2, 64, 70, 140};
    List<T> w = random_list<T>(1, tensors[variant / 2]), g = random_list<T>(2, tensors[variant / 2]);
    long double sum = 0;
    for_each_element(g, [&](T& x, int t, int i) {
      double product = adaptive ? read(w[t][i]) * read(x) : read(x);
      sum += product * product;
    });
    auto chunks = adaptive ? chunks_of({memory_of(w), memory_of(g)}, lengths_of(g)) : chunks_of({memory_of(g)}, lengths_of(g));
    double norm[2];
    for (bool reverse : {false, true}) {
      launcher.reverse = reverse;
      std::vector<double> sums(blocks_of(chunks), NAN);
      std::string kernel = (adaptive ? "AdaptiveNorm_" : "GlobalNorm_") + kType<T>;
      launch_norm(launcher, kernel, chunks, nullptr, sums.data(), &norm[reverse]);
    }
    CHECK(std::fabs(norm[0] - std::sqrt(double(sum))) <= 1e-14 * norm[0]);
    CHECK(norm[0] == norm[1]);
  }
}

TEST_CASE_TEMPLATE("perturb and blend", T, float, double, Half, Bfloat16) {
  List<T> w = random_list<T>(1), g = random_list<T>(2), expected = w;
  auto g2 = random_list<Acc<T>>(3);
  for (bool adaptive : {false, true}) {
    PerturbScalars s = {0.05, 1.7, adaptive};
    auto perturbed = random_list<Acc<T>>(3), moved = random_list<Acc<T>>(3);
    run("Perturb", {memory_of(perturbed), memory_of(w), memory_of(g)}, w, PerturbPointers{&s.rho, &s.norm, adaptive});
    for_each_element(moved, [&](Acc<T>& x, int t, int i) {
      Acc<T> a = read(w[t][i]), b = read(g[t][i]);
      x = adaptive ? Perturb<Acc<T>, true>(s)(a, b) : Perturb<Acc<T>, false>(s)(a, b);
    });
    CHECK(same(perturbed, moved));
  }
  BlendScalars s = {9, 0.7, 0.6};
  for_each_element(expected, [&](T& x, int t, int i) { write(x, Blend<Acc<T>>(s)(read(x), g2[t][i])); });
  run("Blend", {memory_of(w), memory_of(w), memory_of(g2)}, w, BlendPointers{&s.alpha, &s.first_factor, &s.second_factor});
  CHECK(same(w, expected));
}

template <class T, int kSlots, class F> void check_step(const char* op, const StepScalars& s, bool decoupled) {
  CAPTURE(op);
  std::vector<List<T>> lists, expected;
  std::vector<std::vector<char*>> memory;
  for (int k = 0; k < kSlots + 2; k++) expected.push_back(random_list<T>(k));
  lists = expected;
  for (auto& list : lists) memory.push_back(memory_of(list));
  auto g2 = random_list<Acc<T>>(kSlots + 2), same_g2 = g2;
  memory.push_back(memory_of(g2));
  auto to = [](const double& x) { return x == 0 ? nullptr : &x; };
  StepPointers pointers = {{to(s.alpha), to(s.first_factor), to(s.second_factor)}, to(s.learning_rate), to(s.penalty), to(s.decay),
                           to(s.momentum), to(s.beta1), to(s.beta2), to(s.epsilon), to(s.beta1_power), to(s.beta2_power),
                           s.nesterov};
  run(op, memory, lists[0], pointers, decoupled);
  for_each_element(expected[0], [&](T&, int t, int i) {
    Acc<T> x[kSlots + 2];
    for (int k = 0; k < kSlots + 2; k++) x[k] = read(expected[k][t][i]);
    F{s}(x[0], x + 1, x[kSlots + 1], g2[t][i]);
    for (int k = 0; k <= kSlots; k++) write(expected[k][t][i], x[k]);
  });
  for (int k = 0; k < kSlots + 2; k++) CHECK(same(lists[k], expected[k]));
  CHECK(same(g2, same_g2));
}
template <class T, int kSlots, class Base> void check_base_step(const char* op, const StepScalars& s) {
  check_step<T, kSlots, BaseStep<Acc<T>, Base, false>>(op, s, false);
  check_step<T, kSlots, BaseStep<Acc<T>, Base, true>>(op, s, true);
}

TEST_CASE_TEMPLATE("steps", T, float, double, Half, Bfloat16) {
  StepScalars s = {{9, 0.7, 0.6}, 0.1, 0, 0.02, 0.9, 0.9, 0.999, 1e-7, 0.81, 0.998, false};
  StepScalars nesterov = {{9, 0.7, 0.6}, 0.1, 0.01, 0, 0.9, 0.9, 0.999, 1e-7, 0.81, 0.998, true};
  check_step<T, 0, Decoupled<Acc<T>>>("ApplyDecoupled", s, false);
  check_base_step<T, 0, GradientDescent<Acc<T>>>("ApplyGradientDescent", nesterov);
  check_base_step<T, 1, Momentum<Acc<T>, false>>("ApplyMomentum", s);
  check_base_step<T, 1, Momentum<Acc<T>, true>>("ApplyMomentum", nesterov);
  check_base_step<T, 2, Adam<Acc<T>>>("ApplyAdam", s);
}

}  // namespace
}  // namespace wsam
