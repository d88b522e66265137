// What the Java side calls.
#pragma once

// Registers the ops with the TensorFlow that is loaded; once in a process, since TensorFlow aborts it where an op is defined
// twice. tensorflow_threads: see allow_tensorflow_threads. cuda: kernels on GPUs as well; only for a TensorFlow
// whose C++ classes are known to be laid out as cuda/gpu.cc says. Returns what went wrong, an empty text if nothing did.
const char* wsam_register_ops(bool tensorflow_threads, bool cuda);
