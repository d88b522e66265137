#include "context.h"

#include <numeric>
#include <utility>

namespace wsam {

void Status::check() const {
  if (TF_GetCode(status_.get()) != TF_OK) throw OpError(TF_GetCode(status_.get()), TF_Message(status_.get()));
}

std::vector<int64_t> Tensor::shape() const {
  std::vector<int64_t> shape(TF_NumDims(tensor_.get()));
  for (size_t i = 0; i < shape.size(); i++) shape[i] = TF_Dim(tensor_.get(), int(i));
  return shape;
}

bool Tensor::has_shape_of(const Tensor& other) const {
  int rank = TF_NumDims(tensor_.get());
  if (rank != TF_NumDims(other.tensor_.get())) return false;
  for (int i = 0; i < rank; i++) {
    if (TF_Dim(tensor_.get(), i) != TF_Dim(other.tensor_.get(), i)) return false;
  }
  return true;
}

std::string to_string(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); i++) text += (i > 0 ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

void check_shapes(const std::string& name, const std::vector<Tensor>& tensors, const std::vector<Tensor>& like) {
  for (size_t i = 0; i < tensors.size(); i++) {
    if (!tensors[i].has_shape_of(like[i])) {
      throw OpError(TF_INVALID_ARGUMENT, name + "[" + std::to_string(i) + "] has the shape " + to_string(tensors[i].shape()) +
                                             " and its fellow " + to_string(like[i].shape()));
    }
  }
}

Tensor Context::input(int index) const {
  TF_Tensor* tensor = nullptr;
  TF_GetInput(context_, index, &tensor, status_.get());
  Tensor owner(tensor);
  status_.check();
  return owner;
}

std::vector<Tensor> Context::list(int list, const std::string& name, const std::vector<Tensor>* like) const {
  std::vector<Tensor> tensors;
  tensors.reserve(list_length_);
  for (int i = 0; i < list_length_; i++) tensors.push_back(input(list * list_length_ + i));
  if (like != nullptr) check_shapes(name, tensors, *like);
  return tensors;
}

const double* Context::scalar(int lists, int scalar, const std::string& name) const {
  Tensor tensor = input(lists * list_length_ + scalar);
  if (!tensor.shape().empty()) {
    throw OpError(TF_INVALID_ARGUMENT, name + " must be a scalar; its shape is " + to_string(tensor.shape()));
  }
  return reinterpret_cast<const double*>(tensor.data());  // The context, too, keeps it.
}

Tensor Context::allocate_output(int output, Type type, const std::vector<int64_t>& shape) const {
  size_t bytes = bytes_of(type);
  for (int64_t dimension : shape) bytes *= dimension;
  Tensor tensor(
      TF_AllocateOutput(context_, output, to_tensorflow(type), shape.data(), int(shape.size()), bytes, status_.get()));
  status_.check();
  return tensor;
}

Tensor Context::allocate_temporary(Type type, int64_t elements) const {
  TF_AllocatorAttributes attributes = {sizeof attributes, 0};
  Tensor tensor(TF_AllocateTemp(context_, to_tensorflow(type), &elements, 1, &attributes, status_.get()));
  status_.check();
  return tensor;
}

Tensor Context::forward_or_allocate_output(int output, int input, const std::vector<int64_t>& shape) const {
  int forwarded_input = -1;
  Tensor tensor(TF_ForwardInputOrAllocateOutput(context_, &input, 1, output, shape.data(), int(shape.size()), &forwarded_input,
                                                status_.get()));
  status_.check();
  return tensor;
}

Variables::Variables(const Context& context, const std::vector<std::string>& names, const std::vector<Tensor>& like,
                     bool resources, bool use_locking, TF_CopyFunction copy) {
  int length = context.list_length(), count = int(names.size()) * length;
  auto describe = [&](int input) { return names[input / length] + "[" + std::to_string(input % length) + "]"; };
  auto check_distinct = [&](auto key_of) {
    std::vector<std::pair<decltype(key_of(0)), int>> keys;
    keys.reserve(count);
    for (int i = 0; i < count; i++) keys.emplace_back(key_of(i), i);
    std::sort(keys.begin(), keys.end());
    for (int i = 1; i < count; i++) {
      if (keys[i].first == keys[i - 1].first) {
        throw OpError(TF_INVALID_ARGUMENT, describe(keys[i].second) + " and " + describe(keys[i - 1].second) +
                                               " are one variable: each must be given once");
      }
    }
  };
  if (resources) {
    // Of a handle that is given twice the second tensor would be a copy, and one of two updates lost.
    check_distinct([&](int i) {
      Tensor handle = context.input(i);
      return std::string(handle.data(), handle.bytes());
    });
  }
  std::vector<int> inputs(count);
  std::iota(inputs.begin(), inputs.end(), 0);
  Status status;
  TF_MaybeLockVariableInputMutexesInOrder(context.get(), use_locking, false, inputs.data(), inputs.size(), copy, &lock_,
                                          status.get());
  try {
    status.check();
    for (int i = 0; i < count; i++) {
      if (i % length == 0) lists_.emplace_back().reserve(length);
      TF_Tensor* tensor = nullptr;
      TF_GetInputTensorFromVariable(context.get(), i, use_locking, false, false, copy, &tensor, status.get());
      lists_.back().emplace_back(tensor);
      if (tensor == nullptr) {
        // Of a resource TensorFlow has set the op's status by now, without saying which.
        TF_Log(TF_LOG_ERROR, "%s is not initialized", describe(i).c_str());
        throw OpError(TF_FAILED_PRECONDITION, describe(i) + " is not initialized");
      }
      // Of a resource nothing else has compared it.
      if (lists_.back().back().type() != like[i % length].type()) {
        throw OpError(TF_INVALID_ARGUMENT, describe(i) + " is of another type than the attribute T says");
      }
    }
    for (size_t list = 0; list < names.size(); list++) check_shapes(names[list], lists_[list], like);
    check_distinct([&](int i) {
      const Tensor& tensor = lists_[i / length][i % length];
      // What has no elements has no memory of its own.
      return reinterpret_cast<uintptr_t>(tensor.elements() == 0 ? static_cast<const void*>(&tensor) : tensor.data());
    });
  } catch (...) {
    release();
    throw;
  }
}

Variables::~Variables() { release(); }

void Variables::release() {
  lists_.clear();  // TensorFlow must find itself the only owner when others get the lock.
  if (lock_ != nullptr) TF_ReleaseVariableInputLockHolder(lock_);
}

}  // namespace wsam
