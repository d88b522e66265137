// TensorFlow's C ABI with owners for what must be deleted and exceptions for what can fail.
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../kernels/kernels.h"
#include "c_api.h"

namespace wsam {

// What a kernel reports: it becomes the status of the op.
struct OpError : std::runtime_error {
  OpError(TF_Code code, const std::string& message) : std::runtime_error(message), code(code) {}
  TF_Code code;
};

class Status {
 public:
  TF_Status* get() { return status_.get(); }
  // Throws what a call that was given this status found wrong.
  void check() const;

 private:
  std::unique_ptr<TF_Status, void (*)(TF_Status*)> status_{TF_NewStatus(), TF_DeleteStatus};
};

class Tensor {
 public:
  explicit Tensor(TF_Tensor* tensor = nullptr) : tensor_(tensor, TF_DeleteTensor) {}

  char* data() const { return static_cast<char*>(TF_TensorData(tensor_.get())); }
  int64_t elements() const { return TF_TensorElementCount(tensor_.get()); }
  size_t bytes() const { return TF_TensorByteSize(tensor_.get()); }
  TF_DataType type() const { return TF_TensorType(tensor_.get()); }
  std::vector<int64_t> shape() const;
  bool has_shape_of(const Tensor& other) const;

 private:
  std::unique_ptr<TF_Tensor, void (*)(TF_Tensor*)> tensor_;
};

// "[2,3]"
std::string to_string(const std::vector<int64_t>& shape);

// Throws, with the names, where fellows of two lists differ in shape.
void check_shapes(const std::string& name, const std::vector<Tensor>& tensors, const std::vector<Tensor>& like);

constexpr TF_DataType kTypes[] = {TF_FLOAT, TF_DOUBLE, TF_HALF, TF_BFLOAT16};  // in the order of Type
inline TF_DataType to_tensorflow(Type type) { return kTypes[int(type)]; }
inline Type from_tensorflow(TF_DataType type) { return Type(std::find(std::begin(kTypes), std::end(kTypes), type) - kTypes); }
inline size_t bytes_of(Type type) { return type == Type::kDouble ? 8 : type == Type::kFloat ? 4 : 2; }
inline Type accumulation_type(Type type) { return type == Type::kDouble ? Type::kDouble : Type::kFloat; }

// A running op. Inputs are lists of equal length one after the other, then scalars of type double.
class Context {
 public:
  Context(TF_OpKernelContext* context, int list_length) : context_(context), list_length_(list_length) {}

  TF_OpKernelContext* get() const { return context_; }
  int list_length() const { return list_length_; }

  // The tensors of the list-th list; each must have the shape of its fellow in "like", if that is given.
  std::vector<Tensor> list(int list, const std::string& name, const std::vector<Tensor>* like = nullptr) const;

  // The scalar-th input after so many lists, in the memory of the op's device.
  const double* scalar(int lists, int scalar, const std::string& name) const;

  Tensor allocate_output(int output, Type type, const std::vector<int64_t>& shape) const;

  // Memory for as long as the op runs; on a GPU, until what it launched is done.
  Tensor allocate_temporary(Type type, int64_t elements) const;

  // An output in the memory of an input if nothing else uses that, else in new memory. The caller must not hold the input.
  Tensor forward_or_allocate_output(int output, int input, const std::vector<int64_t>& shape) const;

  Tensor input(int index) const;

 private:
  TF_OpKernelContext* context_;
  int list_length_;
  mutable Status status_;  // One for all calls: there may be hundreds of tensors.
};

// Variables that are written in place, which are the first lists of an op's inputs; locked, if asked for, as long as this
// lives.
class Variables {
 public:
  // Throws if a variable is given twice, is not initialized, or has not the type and shape of its fellow in "like".
  Variables(const Context& context, const std::vector<std::string>& names, const std::vector<Tensor>& like, bool resources,
            bool use_locking, TF_CopyFunction copy);
  ~Variables();
  Variables(const Variables&) = delete;

  const std::vector<std::vector<Tensor>>& lists() const { return lists_; }

 private:
  void release();

  TF_VariableInputLockHolder* lock_ = nullptr;
  std::vector<std::vector<Tensor>> lists_;
};

}  // namespace wsam
