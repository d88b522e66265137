#include "library.h"

#include <string>

#include "ops/op.h"

const char* wsam_register_ops(bool tensorflow_threads, bool cuda) {
  static std::string error;
  try {
    if (tensorflow_threads) wsam::allow_tensorflow_threads();
    wsam::register_norms(cuda);
    wsam::register_perturb(cuda);
    wsam::register_blend(cuda);
    wsam::register_steps(cuda);
  } catch (const std::exception& e) {
    error = e.what();
  }
  return error.c_str();
}
