// CUDA's driver and its run-time compiler, found when they are first needed: the library loads where they are not. Prototypes
// and numbers are those of cuda.h and nvrtc.h, version 12.

#ifdef __linux__

#include "driver.h"

#include <dlfcn.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "../tensorflow/context.h"

// The texts of the kernels, which the compiler gets.
#define WSAM_TEXT(name, file)                                                               \
  __asm__(".pushsection .rodata\n" #name ": .incbin \"" file "\"\n .byte 0\n.popsection\n"); \
  extern "C" const char name[] __attribute__((visibility("hidden")))

WSAM_TEXT(wsam_kernels_cu, "cuda/kernels.cu");
WSAM_TEXT(wsam_chunk_h, "cuda/chunk.h");
WSAM_TEXT(wsam_types_h, "kernels/types.h");
WSAM_TEXT(wsam_formulas_h, "kernels/formulas.h");

namespace wsam {
namespace {

template <class Signature>
class Function;

// A function of a library, which stays loaded. It returns 0 where it succeeds.
template <class... Arguments>
class Function<int(Arguments...)> {
 public:
  Function(const char* library, const char* name) : name_(name) {
    void* loaded = dlopen(library, RTLD_NOW);
    void* function = loaded == nullptr ? nullptr : dlsym(loaded, name);
    if (function == nullptr) {
      throw OpError(TF_FAILED_PRECONDITION, std::string(dlerror()) +
                        ": install CUDA 12 with NVRTC and put it on LD_LIBRARY_PATH, or do without native ops on the GPU "
                        "(-Dtf.wsam.cuda=false)");
    }
    function_ = reinterpret_cast<int (*)(Arguments...)>(function);
  }

  int result(Arguments... arguments) const { return function_(arguments...); }

  void operator()(Arguments... arguments) const {
    int result = function_(arguments...);
    if (result != 0) throw OpError(TF_INTERNAL, std::string(name_) + " failed with CUDA's error " + std::to_string(result));
  }

 private:
  const char* name_;
  int (*function_)(Arguments...);
};

#define WSAM_DRIVER(name, ...) const Function<int(__VA_ARGS__)> name{"libcuda.so.1", #name}
#define WSAM_NVRTC(name, ...) const Function<int(__VA_ARGS__)> name{"libnvrtc.so.12", #name}

struct Driver {
  WSAM_DRIVER(cuCtxGetCurrent, void** context);
  WSAM_DRIVER(cuCtxGetDevice, int* device);
  WSAM_DRIVER(cuDeviceGetAttribute, int* value, int attribute, int device);
  WSAM_DRIVER(cuModuleLoadData, void** module, const void* image);
  WSAM_DRIVER(cuModuleGetFunction, void** function, void* module, const char* name);
  WSAM_DRIVER(cuLaunchKernel, void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
              unsigned block_y, unsigned block_z, unsigned shared_bytes, void* stream, void** parameters, void** extra);
  WSAM_DRIVER(cuMemcpyDtoDAsync_v2, uintptr_t to, uintptr_t from, size_t bytes, void* stream);
};

struct Compiler {
  WSAM_NVRTC(nvrtcGetNumSupportedArchs, int* count);
  WSAM_NVRTC(nvrtcGetSupportedArchs, int* architectures);
  WSAM_NVRTC(nvrtcCreateProgram, void** program, const char* source, const char* name, int count, const char* const* headers,
             const char* const* names);
  WSAM_NVRTC(nvrtcCompileProgram, void* program, int count, const char* const* options);
  WSAM_NVRTC(nvrtcGetProgramLogSize, void* program, size_t* size);
  WSAM_NVRTC(nvrtcGetProgramLog, void* program, char* log);
  WSAM_NVRTC(nvrtcGetPTXSize, void* program, size_t* size);
  WSAM_NVRTC(nvrtcGetPTX, void* program, char* ptx);
  WSAM_NVRTC(nvrtcDestroyProgram, void** program);
};

const Driver& driver() {
  static const Driver driver;
  return driver;
}

class CudaContext : public Launcher {
 public:
  CudaContext() {
    int device, major, minor;
    driver().cuCtxGetDevice(&device);
    driver().cuDeviceGetAttribute(&major, 75, device);
    driver().cuDeviceGetAttribute(&minor, 76, device);
    driver().cuModuleLoadData(&module_, compile_kernels(10 * major + minor).c_str());
  }

  void* find(const std::string& kernel) override {
    void* function;
    driver().cuModuleGetFunction(&function, module_, kernel.c_str());
    return function;
  }

  void launch(void* kernel, uint32_t blocks, uint32_t threads, void** parameters, void* stream) override {
    driver().cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, 0, stream, parameters, nullptr);
  }

 private:
  void* module_;  // as long as the process runs, like the context
};

}  // namespace

std::string compile_kernels(int architecture) {
  const Compiler nvrtc;
  int count;
  nvrtc.nvrtcGetNumSupportedArchs(&count);
  std::vector<int> known(count);
  nvrtc.nvrtcGetSupportedArchs(known.data());
  auto above = std::upper_bound(known.begin(), known.end(), architecture);
  int target = above == known.begin() ? known.front() : *std::prev(above);

  const char* headers[] = {wsam_chunk_h, wsam_types_h, wsam_formulas_h};
  const char* names[] = {"chunk.h", "../kernels/types.h", "formulas.h"};
  void* program;
  nvrtc.nvrtcCreateProgram(&program, wsam_kernels_cu, "kernels.cu", 3, headers, names);
  std::string architecture_option = "--gpu-architecture=compute_" + std::to_string(target);
  const char* options[] = {architecture_option.c_str(), "--std=c++17", "--fmad=false", "--device-as-default-execution-space"};
  bool compiled = nvrtc.nvrtcCompileProgram.result(program, 4, options) == 0;
  size_t size;
  (compiled ? nvrtc.nvrtcGetPTXSize : nvrtc.nvrtcGetProgramLogSize)(program, &size);
  std::string text(size, 0);
  (compiled ? nvrtc.nvrtcGetPTX : nvrtc.nvrtcGetProgramLog)(program, text.data());
  nvrtc.nvrtcDestroyProgram(&program);
  if (!compiled) throw OpError(TF_INTERNAL, "NVRTC does not compile the kernels for " + architecture_option + ": " + text);
  return text;
}

Launcher& current_launcher() {
  static std::mutex mutex;
  static std::map<void*, std::unique_ptr<CudaContext>> contexts;
  void* current;
  driver().cuCtxGetCurrent(&current);
  std::lock_guard<std::mutex> lock(mutex);
  auto& context = contexts[current];
  if (context == nullptr) context = std::make_unique<CudaContext>();
  return *context;
}

void copy_on_stream(void* to, const void* from, size_t bytes, void* stream) {
  driver().cuMemcpyDtoDAsync_v2(reinterpret_cast<uintptr_t>(to), reinterpret_cast<uintptr_t>(from), bytes, stream);
}

}  // namespace wsam

#endif
