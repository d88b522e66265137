#include "op.h"

#include <algorithm>
#include <new>

namespace wsam::internal {
namespace {

void* create(TF_OpKernelConstruction* construction) {
  Status status;
  // Reads an attribute, if the op has it.
  auto read = [&](const char* name, auto get, auto* value) {
    if (TF_OpKernelConstruction_HasAttr(construction, name, status.get())) get(construction, name, value, status.get());
    status.check();
  };
  try {
    auto attributes = std::make_unique<Attributes>();
    read("N", TF_OpKernelConstruction_GetAttrInt32, &attributes->list_length);
    TF_DataType type = TF_FLOAT;
    read("T", TF_OpKernelConstruction_GetAttrType, &type);
    attributes->type = from_tensorflow(type);
    TF_DataType wide = to_tensorflow(accumulation_type(attributes->type)), given = wide;
    read("U", TF_OpKernelConstruction_GetAttrType, &given);
    if (given != wide) throw OpError(TF_INVALID_ARGUMENT, "U must be double if T is double, else float");
    read("adaptive", TF_OpKernelConstruction_GetAttrBool, &attributes->adaptive);
    read("decoupled", TF_OpKernelConstruction_GetAttrBool, &attributes->decoupled);
    read("use_nesterov", TF_OpKernelConstruction_GetAttrBool, &attributes->use_nesterov);
    read("use_locking", TF_OpKernelConstruction_GetAttrBool, &attributes->use_locking);
    return attributes.release();
  } catch (const OpError& error) {
    TF_SetStatus(status.get(), error.code, error.what());
    TF_OpKernelConstruction_Failure(construction, status.get());
    return nullptr;
  }
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

void fail(TF_OpKernelContext* context, TF_Code code, const std::string& message) {
  Status status;
  TF_StringView name = TF_GetOpKernelName(context);
  TF_SetStatus(status.get(), code, (std::string(name.data, name.len) + ": " + message).c_str());
  TF_OpKernelContext_Failure(context, status.get());
}

// A shape when the graph is built: -1 for a dimension that is not known then.
struct StaticShape {
  std::unique_ptr<TF_ShapeHandle, void (*)(TF_ShapeHandle*)> handle{TF_NewShapeHandle(), TF_DeleteShapeHandle};
  bool rank_known;
  std::vector<int64_t> dimensions;

  StaticShape(TF_ShapeInferenceContext* context, int input) {
    Status status;
    TF_ShapeInferenceContextGetInput(context, input, handle.get(), status.get());
    status.check();
    rank_known = TF_ShapeInferenceContextRankKnown(context, handle.get()) != 0;
    int64_t rank = rank_known ? TF_ShapeInferenceContextRank(context, handle.get()) : 0;
    std::unique_ptr<TF_DimensionHandle, void (*)(TF_DimensionHandle*)> d(TF_NewDimensionHandle(), TF_DeleteDimensionHandle);
    for (int64_t i = 0; i < rank; i++) {
      TF_ShapeInferenceContextDim(context, handle.get(), i, d.get());
      dimensions.push_back(TF_DimensionHandleValueKnown(d.get()) != 0 ? TF_DimensionHandleValue(d.get()) : -1);
    }
  }

  bool may_equal(const StaticShape& other) const {
    return !rank_known || !other.rank_known ||
           std::equal(dimensions.begin(), dimensions.end(), other.dimensions.begin(), other.dimensions.end(),
                      [](int64_t a, int64_t b) { return a == b || a == -1 || b == -1; });
  }
};

void set_output(TF_ShapeInferenceContext* context, int output, TF_ShapeHandle* shape) {
  Status status;
  TF_ShapeInferenceContextSetOutput(context, output, shape, status.get());
  status.check();
}

}  // namespace

void compute(Compute compute, void* attributes, TF_OpKernelContext* context) {
  auto& a = *static_cast<const Attributes*>(attributes);
  try {
    compute(Context(context, a.list_length), a);
  } catch (const OpError& error) {
    fail(context, error.code, error.what());
  } catch (const std::bad_alloc&) {
    fail(context, TF_RESOURCE_EXHAUSTED, "out of memory");
  } catch (const std::exception& error) {
    fail(context, TF_INTERNAL, error.what());
  }
}

void infer_shapes(const Op& op, bool resources, TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_SetStatus(status, TF_OK, "");
  try {
    std::vector<std::string> names = op.variables;
    names.insert(names.end(), op.lists.begin(), op.lists.end());
    names.insert(names.end(), op.wide_lists.begin(), op.wide_lists.end());
    int lists = int(names.size()), scalars = int(op.scalars.size());
    int inputs = int(TF_ShapeInferenceContextNumInputs(context));
    int length = (inputs - scalars) / lists;
    int first = resources ? int(op.variables.size()) : 0;  // The shape of a handle is not that of its variable.
    for (int i = 0; i < length; i++) {
      StaticShape shape(context, first * length + i);
      for (int list = first + 1; list < lists; list++) {
        StaticShape fellow(context, list * length + i);
        if (!shape.may_equal(fellow)) {
          throw OpError(TF_INVALID_ARGUMENT, names[list] + "[" + std::to_string(i) + "] has the shape " + to_string(fellow.dimensions) +
                                                 " and " + names[first] + "[" + std::to_string(i) + "] " + to_string(shape.dimensions));
        }
      }
      if (op.has_output_list()) set_output(context, i, shape.handle.get());
    }
    for (int i = 0; i < scalars; i++) {
      StaticShape scalar(context, inputs - scalars + i);
      if (!scalar.dimensions.empty()) {
        throw OpError(TF_INVALID_ARGUMENT, op.scalars[i] + " must be a scalar; its shape is " + to_string(scalar.dimensions));
      }
    }
    if (!op.output.empty() && !op.has_output_list()) {
      std::unique_ptr<TF_ShapeHandle, void (*)(TF_ShapeHandle*)> scalar(TF_ShapeInferenceContextScalar(context),
                                                                        TF_DeleteShapeHandle);
      set_output(context, 0, scalar.get());
    }
  } catch (const OpError& error) {
    TF_SetStatus(status, error.code, error.what());
  }
}

void register_definition(const Op& op, bool resources, TensorflowShapes shapes) {
  auto* builder = TF_NewOpDefinitionBuilder(((resources ? "WsamResource" : "Wsam") + op.name).c_str());
  auto add_attribute = [&](const std::string& text) { TF_OpDefinitionBuilderAddAttr(builder, text.c_str()); };
  add_attribute("N: int >= 1");
  add_attribute("T: {float, double, half, bfloat16}");
  if (!op.wide_lists.empty() || op.output.find("* U") != std::string::npos) add_attribute("U: {float, double}");
  for (const auto& flag : op.flags) add_attribute(flag + ": bool = false");
  if (!op.variables.empty()) add_attribute("use_locking: bool = false");

  auto add_input = [&](const std::string& text) { TF_OpDefinitionBuilderAddInput(builder, text.c_str()); };
  for (const auto& list : op.variables) add_input(list + (resources ? ": N * resource" : ": Ref(N * T)"));
  for (const auto& list : op.lists) add_input(list + ": N * T");
  for (const auto& list : op.wide_lists) add_input(list + ": N * U");
  for (const auto& scalar : op.scalars) add_input(scalar + ": double");

  if (!op.output.empty()) TF_OpDefinitionBuilderAddOutput(builder, op.output.c_str());
  if (!op.variables.empty()) TF_OpDefinitionBuilderSetIsStateful(builder, true);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(builder, shapes);
  Status status;
  TF_RegisterOpDefinition(builder, status.get());
  status.check();
}

void register_kernels(const std::string& name, const char* device, TensorflowCompute compute,
                      const std::vector<std::string>& host_memory) {
  for (TF_DataType type : {TF_FLOAT, TF_DOUBLE, TF_HALF, TF_BFLOAT16}) {
    Status status;
    auto* builder = TF_NewKernelBuilder(name.c_str(), device, create, compute, destroy);
    TF_KernelBuilder_TypeConstraint(builder, "T", type, status.get());
    status.check();
    for (const auto& argument : host_memory) TF_KernelBuilder_HostMemory(builder, argument.c_str());
    TF_RegisterKernelBuilder((name + device).c_str(), builder, status.get());
    status.check();
  }
}

}  // namespace wsam::internal

namespace wsam {

std::vector<int64_t> lengths_of(const std::vector<Tensor>& tensors) {
  std::vector<int64_t> lengths;
  for (const Tensor& tensor : tensors) lengths.push_back(tensor.elements());
  return lengths;
}

std::vector<char*> memory_of(const std::vector<Tensor>& tensors) {
  std::vector<char*> memory;
  for (const Tensor& tensor : tensors) memory.push_back(tensor.data());
  return memory;
}

bool exceed_caches(const Blocks& blocks, Type type) { return blocks.elements() * int64_t(bytes_of(type)) > 16 << 20; }

}  // namespace wsam
