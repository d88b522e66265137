// CUDA's driver and its run-time compiler, looked for when they are first needed: without them the library loads all the same.
#include "driver.h"

#include <dlfcn.h>

#include <map>
#include <memory>
#include <mutex>

#include "../tensorflow/context.h"

// The texts that are compiled, inside the library.
#if defined(__linux__)
#define WSAM_TEXT(name, file)                                                                \
  __asm__(".pushsection .rodata\n" #name ": .incbin \"" file "\"\n .byte 0\n.popsection\n"); \
  extern "C" const char name[] __attribute__((visibility("hidden")))
#else
#define WSAM_TEXT(name, file) static const char name[] = "#error there is no CUDA here"
#endif
WSAM_TEXT(wsam_kernels_cu, "cuda/kernels.cu");
WSAM_TEXT(wsam_chunk_h, "cuda/chunk.h");
WSAM_TEXT(wsam_types_h, "kernels/types.h");
WSAM_TEXT(wsam_formulas_h, "kernels/formulas.h");

namespace wsam {
namespace {

// Calls a function of a library; 0 is success. Arguments must be of the very types that cuda.h and nvrtc.h name.
template <class... Arguments>
int call(const char* library, const char* name, Arguments... arguments) {
  void* loaded = dlopen(library, RTLD_NOW);  // once; later it is found quickly
  void* function = loaded == nullptr ? nullptr : dlsym(loaded, name);
  if (function == nullptr) {
    throw OpError(TF_FAILED_PRECONDITION, std::string(dlerror()) + ": put the libraries of CUDA 12, NVRTC among them, on " +
                                              "LD_LIBRARY_PATH, or do without native ops on GPUs (-Dtf.wsam.cuda=false)");
  }
  return reinterpret_cast<int (*)(Arguments...)>(function)(arguments...);
}

void check(const char* name, int result) {
  if (result != 0) throw OpError(TF_INTERNAL, std::string(name) + " failed with error " + std::to_string(result) + " of CUDA");
}

template <class... Arguments>
void driver(const char* name, Arguments... arguments) {
  check(name, call("libcuda.so.1", name, arguments...));
}

template <class... Arguments>
void nvrtc(const char* name, Arguments... arguments) {
  check(name, call("libnvrtc.so.12", name, arguments...));
}

class CudaContext : public Launcher {
 public:
  CudaContext() {
    int device = 0, major = 0, minor = 0;
    driver("cuCtxGetDevice", &device);
    driver("cuDeviceGetAttribute", &major, 75, device);  // of the compute capability
    driver("cuDeviceGetAttribute", &minor, 76, device);
    std::string ptx = compile_kernels(10 * major + minor);
    driver("cuModuleLoadData", &module_, static_cast<const void*>(ptx.c_str()));
  }

  void* find(const std::string& kernel) override {
    void* function = nullptr;
    driver("cuModuleGetFunction", &function, module_, kernel.c_str());
    return function;
  }

  void launch(void* kernel, uint32_t blocks, void** parameters, void* stream) override {
    driver("cuLaunchKernel", kernel, blocks, 1u, 1u, unsigned(kThreads), 1u, 1u, 0u, stream, parameters, (void**)nullptr);
  }

 private:
  void* module_ = nullptr;  // as long as the process runs, like the context
};

}  // namespace

std::string compile_kernels(int architecture) {
  constexpr int kNewest = 90;  // of CUDA 12.0 to 12.6
  std::string option = "--gpu-architecture=compute_" + std::to_string(architecture < kNewest ? architecture : kNewest);
  const char* options[] = {option.c_str(), "--std=c++17", "--fmad=false", "--device-as-default-execution-space"};
  const char* headers[] = {wsam_chunk_h, wsam_types_h, wsam_formulas_h};
  const char* names[] = {"chunk.h", "../kernels/types.h", "formulas.h"};
  void* program = nullptr;
  nvrtc("nvrtcCreateProgram", &program, &wsam_kernels_cu[0], "kernels.cu", 3, &headers[0], &names[0]);
  bool compiled = call("libnvrtc.so.12", "nvrtcCompileProgram", program, 4, &options[0]) == 0;
  size_t size = 0;
  nvrtc(compiled ? "nvrtcGetPTXSize" : "nvrtcGetProgramLogSize", program, &size);
  std::string text(size, 0);
  nvrtc(compiled ? "nvrtcGetPTX" : "nvrtcGetProgramLog", program, text.data());
  nvrtc("nvrtcDestroyProgram", &program);
  if (!compiled) throw OpError(TF_INTERNAL, "NVRTC does not compile the kernels with " + option + ": " + text);
  return text;
}

Launcher& current_launcher() {
  static std::mutex mutex;
  static std::map<void*, std::unique_ptr<CudaContext>> contexts;
  void* current = nullptr;
  driver("cuCtxGetCurrent", &current);
  std::lock_guard<std::mutex> lock(mutex);
  auto& context = contexts[current];
  if (context == nullptr) context = std::make_unique<CudaContext>();
  return *context;
}

void copy_on_stream(void* to, const void* from, size_t bytes, void* stream) {
  driver("cuMemcpyDtoDAsync_v2", reinterpret_cast<uint64_t>(to), reinterpret_cast<uint64_t>(from), bytes, stream);
}

}  // namespace wsam
