// What is handed to a kernel: parts of lists of tensors.
#pragma once

#include "../kernels/types.h"

namespace wsam {

constexpr int kThreads = 256;           // of a block
constexpr int kElementsOfBlock = 8192;  // at most: a block works on one tensor
constexpr int kMaxTensors = 64;         // a power of two
constexpr int kMaxLists = 5;            // variables, two lists of slots, two of gradients

// So many tensors that a kernel's parameters stay below 4 KiB. Which block has which elements follows from the lengths alone:
// sums are made in the same order, so have the same bits, on each device.
struct Chunk {
  void* lists[kMaxLists][kMaxTensors];
  int64_t lengths[kMaxTensors];     // none is 0
  uint32_t first_block[kMaxTensors];  // of each tensor; past the last one: more than there are blocks
  uint32_t blocks;
  int64_t blocks_before;  // in the chunks before
};

static_assert(sizeof(Chunk) + sizeof(StepPointers) + sizeof(bool) <= 4096, "the limit of CUDA");

}  // namespace wsam
