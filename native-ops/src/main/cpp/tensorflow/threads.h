// The threads that a kernel's work is spread over.
#pragma once

#include "../kernels/parallel.h"
#include "c_api.h"

namespace wsam {

// Allows TensorFlow's intra-op threads to be used, which the C ABI does not show. Only for a version of TensorFlow whose
// C++ classes are known to be laid out as threads.cc says.
void allow_tensorflow_threads();

// TensorFlow's intra-op threads of this session if allowed and there, else threads that are started for the purpose.
Scheduler threads_of(TF_OpKernelContext* context);

}  // namespace wsam
