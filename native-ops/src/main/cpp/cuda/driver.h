// How kernels are run: the part that needs no TensorFlow.
#pragma once

#include <string>
#include <vector>

#include "chunk.h"

namespace wsam {

// What runs kernels: a CUDA context, or in tests a stand-in for one. All blocks have kThreads threads.
class Launcher {
 public:
  virtual ~Launcher() = default;
  virtual void* find(const std::string& kernel) = 0;  // throws if there is none
  virtual void launch(void* kernel, uint32_t blocks, void** parameters, void* stream) = 0;
};

// The CUDA context that is current to this thread; the first time, the kernels are compiled for its device.
Launcher& current_launcher();

// The kernels in PTX for an architecture, 80 for sm_80. Devices that are newer than sm_90 get the PTX for that, which they run.
std::string compile_kernels(int architecture);

void copy_on_stream(void* to, const void* from, size_t bytes, void* stream);

inline int64_t blocks_of(const std::vector<Chunk>& chunks) {
  return chunks.empty() ? 0 : chunks.back().blocks_before + chunks.back().blocks;
}

// Cuts lists of tensors, lists[list][tensor], into chunks. Tensors without elements are left out.
inline std::vector<Chunk> chunks_of(const std::vector<std::vector<char*>>& lists, const std::vector<int64_t>& lengths) {
  std::vector<Chunk> chunks;
  int count = kMaxTensors;
  for (size_t i = 0; i < lengths.size(); i++) {
    if (lengths[i] == 0) continue;
    if (count == kMaxTensors) {
      int64_t before = blocks_of(chunks);
      chunks.emplace_back().blocks_before = before;
      for (uint32_t& block : chunks.back().first_block) block = UINT32_MAX;
      count = 0;
    }
    Chunk& chunk = chunks.back();
    for (size_t list = 0; list < lists.size(); list++) chunk.lists[list][count] = lists[list][i];
    chunk.lengths[count] = lengths[i];
    chunk.first_block[count++] = chunk.blocks;
    chunk.blocks += uint32_t((lengths[i] + kElementsOfBlock - 1) / kElementsOfBlock);
  }
  return chunks;
}

// Launches a kernel for each chunk, which is its first parameter.
template <class... Parameters>
void launch(Launcher& launcher, void* kernel, std::vector<Chunk> chunks, void* stream, Parameters... parameters) {
  for (Chunk& chunk : chunks) {
    void* addresses[] = {&chunk, &parameters...};
    launcher.launch(kernel, chunk.blocks, addresses, stream);
  }
}

// norm = sqrt(sum of the sums that a kernel makes for the blocks of all chunks)
inline void launch_norm(Launcher& launcher, const std::string& kernel, const std::vector<Chunk>& chunks, void* stream,
                        double* sums, double* norm) {
  void *sum = launcher.find(kernel), *root = launcher.find("RootOfSum");
  int64_t count = blocks_of(chunks);
  void* addresses[] = {&sums, &count, &norm};
  launch(launcher, sum, chunks, stream, sums);
  launcher.launch(root, 1, addresses, stream);
}

}  // namespace wsam
