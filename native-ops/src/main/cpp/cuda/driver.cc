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

constexpr char kDriver[] = "libcuda.so.1", kNvrtc[] = "libnvrtc.so.12";

// Calls a function of a library. Arguments must be of the very types that cuda.h and nvrtc.h name; 0 is success.
template <class... Arguments>
int result_of(const char* library, const char* name, Arguments... arguments) {
  void* loaded = dlopen(library, RTLD_NOW);  // once; later it is found quickly
  void* function = loaded == nullptr ? nullptr : dlsym(loaded, name);
  if (function == nullptr) {
    throw OpError(TF_FAILED_PRECONDITION, std::string(dlerror()) + ": put the libraries of CUDA 12, NVRTC among them, on " +
                                              "LD_LIBRARY_PATH, or do without native ops on GPUs (-Dtf.wsam.cuda=false)");
  }
  return reinterpret_cast<int (*)(Arguments...)>(function)(arguments...);
}

template <class... Arguments>
void call(const char* library, const char* name, Arguments... arguments) {
  int result = result_of(library, name, arguments...);
  if (result != 0) throw OpError(TF_INTERNAL, std::string(name) + " failed with error " + std::to_string(result) + " of CUDA");
}

class CudaContext : public Launcher {
 public:
  CudaContext() {
    int device = 0, major = 0, minor = 0;
    call(kDriver, "cuCtxGetDevice", &device);
    call(kDriver, "cuDeviceGetAttribute", &major, 75, device);  // of the compute capability
    call(kDriver, "cuDeviceGetAttribute", &minor, 76, device);
    std::string ptx = compile_kernels(10 * major + minor);
    call(kDriver, "cuModuleLoadData", &module_, static_cast<const void*>(ptx.c_str()));
  }

  void* find(const std::string& kernel) override {
    void* function = nullptr;
    call(kDriver, "cuModuleGetFunction", &function, module_, kernel.c_str());
    return function;
  }

  void launch(void* kernel, uint32_t blocks, void** parameters, void* stream) override {
    call(kDriver, "cuLaunchKernel", kernel, blocks, 1u, 1u, unsigned(kThreads), 1u, 1u, 0u, stream, parameters, (void**)nullptr);
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
  call(kNvrtc, "nvrtcCreateProgram", &program, &wsam_kernels_cu[0], "kernels.cu", 3, &headers[0], &names[0]);
  bool compiled = result_of(kNvrtc, "nvrtcCompileProgram", program, 4, &options[0]) == 0;
  size_t size = 0;
  call(kNvrtc, compiled ? "nvrtcGetPTXSize" : "nvrtcGetProgramLogSize", program, &size);
  std::string text(size, 0);
  call(kNvrtc, compiled ? "nvrtcGetPTX" : "nvrtcGetProgramLog", program, text.data());
  call(kNvrtc, "nvrtcDestroyProgram", &program);
  if (!compiled) throw OpError(TF_INTERNAL, "NVRTC does not compile the kernels with " + option + ": " + text);
  return text;
}

Launcher& current_launcher() {
  static std::mutex mutex;
  static std::map<void*, std::unique_ptr<CudaContext>> contexts;
  void* current = nullptr;
  call(kDriver, "cuCtxGetCurrent", &current);
  std::lock_guard<std::mutex> lock(mutex);
  auto& context = contexts[current];
  if (context == nullptr) context = std::make_unique<CudaContext>();
  return *context;
}

void copy_on_stream(void* to, const void* from, size_t bytes, void* stream) {
  call(kDriver, "cuMemcpyDtoDAsync_v2", reinterpret_cast<uint64_t>(to), reinterpret_cast<uint64_t>(from), bytes, stream);
}

}  // namespace wsam
