/* The tables of onnx_proto.h: number, kind and name of each field of each message, by rising
 * number. ONNX: onnx.proto (the ml variant) and onnx-data.proto, IR versions 1 to 14. */
#include "wire/onnx_proto.h"

/* One row each. T is the struct of the message; NUMBER(2, FLOAT, f) in AttributeProto gives
 *   {.number = 2, .kind = SDX_FIELD_FLOAT, .offset = offsetof(sdx_pb_attribute, f),
 *    .extra = offsetof(sdx_pb_attribute, has_f), .name = "f"} */
#define NUMBER(id, type, x) ROW(id, type, ONE, x, 0, offsetof(T, has_##x), NULL)
#define TEXT(id, type, x) ROW(id, type, ONE, x, 0, 0, NULL)
#define ONE_MESSAGE(id, x, m) ROW(id, MESSAGE, ONE, x, 0, 0, &sdx_pb_##m##_def)
#define ONEOF_NUMBER(id, type, x) ROW(id, type, ONE, x, 1, offsetof(T, has_##x), NULL)
#define ONEOF_TEXT(id, type, x) ROW(id, type, ONE, x, 1, 0, NULL)
#define ONEOF_MESSAGE(id, x, m) ROW(id, MESSAGE, ONE, x, 1, 0, &sdx_pb_##m##_def)
#define MANY(id, type, x) ROW(id, type, MANY, x, 0, offsetof(T, n_##x), NULL)
#define PACKED(id, type, x) ROW(id, type, MANY_PACKED, x, 0, offsetof(T, n_##x), NULL)
#define VIEW(id, type, x) ROW(id, type, MANY_VIEW, x, 0, 0, NULL)
#define MANY_MESSAGES(id, x, m) ROW(id, MESSAGE, MANY, x, 0, offsetof(T, n_##x), &sdx_pb_##m##_def)
#define ROW(id, type, how, x, group, more, table)                                             \
    {                                                                                         \
        .number = (id), .kind = SDX_FIELD_##type, .label = SDX_FIELD_##how, .oneof = (group), \
        .offset = offsetof(T, x), .extra = (more), .name = #x, .message = (table)             \
    }
/* MESSAGE(graph, "GraphProto") defines sdx_pb_graph_def over graph_fields. */
#define MESSAGE(m, title)                                                 \
    const sdx_message_def sdx_pb_##m##_def = {.name = (title),            \
                                              .size = sizeof(sdx_pb_##m), \
                                              .fields = m##_fields,       \
                                              .n_fields =                 \
                                                  sizeof m##_fields / sizeof m##_fields[0]}

#define T sdx_pb_attribute
static const sdx_field_def attribute_fields[] = {
    TEXT(1, STRING, name),
    NUMBER(2, FLOAT, f),
    NUMBER(3, INT64, i),
    TEXT(4, BYTES, s),
    ONE_MESSAGE(5, t, tensor),
    ONE_MESSAGE(6, g, graph),
    MANY(7, FLOAT, floats),
    MANY(8, INT64, ints),
    MANY(9, BYTES, strings),
    MANY_MESSAGES(10, tensors, tensor),
    MANY_MESSAGES(11, graphs, graph),
    TEXT(13, STRING, doc_string),
    ONE_MESSAGE(14, tp, type),
    MANY_MESSAGES(15, type_protos, type),
    NUMBER(20, ENUM, type),
    TEXT(21, STRING, ref_attr_name),
    ONE_MESSAGE(22, sparse_tensor, sparse_tensor),
    MANY_MESSAGES(23, sparse_tensors, sparse_tensor),
};
MESSAGE(attribute, "AttributeProto");
#undef T

#define T sdx_pb_value_info
static const sdx_field_def value_info_fields[] = {
    TEXT(1, STRING, name),
    ONE_MESSAGE(2, type, type),
    TEXT(3, STRING, doc_string),
    MANY_MESSAGES(4, metadata_props, string_pair),
};
MESSAGE(value_info, "ValueInfoProto");
#undef T

#define T sdx_pb_node
static const sdx_field_def node_fields[] = {
    MANY(1, STRING, input),
    MANY(2, STRING, output),
    TEXT(3, STRING, name),
    TEXT(4, STRING, op_type),
    MANY_MESSAGES(5, attribute, attribute),
    TEXT(6, STRING, doc_string),
    TEXT(7, STRING, domain),
    TEXT(8, STRING, overload),
    MANY_MESSAGES(9, metadata_props, string_pair),
    MANY_MESSAGES(10, device_configurations, node_device),
};
MESSAGE(node, "NodeProto");
#undef T

#define T sdx_pb_int_int_list
static const sdx_field_def int_int_list_fields[] = {
    NUMBER(1, INT64, key),
    MANY(2, INT64, value),
};
MESSAGE(int_int_list, "IntIntListEntryProto");
#undef T

#define T sdx_pb_node_device
static const sdx_field_def node_device_fields[] = {
    TEXT(1, STRING, configuration_id),
    MANY_MESSAGES(2, sharding_spec, sharding_spec),
    NUMBER(3, INT32, pipeline_stage),
};
MESSAGE(node_device, "NodeDeviceConfigurationProto");
#undef T

#define T sdx_pb_sharding_spec
static const sdx_field_def sharding_spec_fields[] = {
    TEXT(1, STRING, tensor_name),
    MANY(2, INT64, device),
    MANY_MESSAGES(3, index_to_device_group_map, int_int_list),
    MANY_MESSAGES(4, sharded_dim, sharded_dim),
};
MESSAGE(sharding_spec, "ShardingSpecProto");
#undef T

#define T sdx_pb_sharded_dim
static const sdx_field_def sharded_dim_fields[] = {
    NUMBER(1, INT64, axis),
    MANY_MESSAGES(2, simple_sharding, simple_sharded_dim),
};
MESSAGE(sharded_dim, "ShardedDimProto");
#undef T

#define T sdx_pb_simple_sharded_dim
static const sdx_field_def simple_sharded_dim_fields[] = {
    ONEOF_NUMBER(1, INT64, dim_value),
    ONEOF_TEXT(2, STRING, dim_param),
    NUMBER(3, INT64, num_shards),
};
MESSAGE(simple_sharded_dim, "SimpleShardedDimProto");
#undef T

#define T sdx_pb_training_info
static const sdx_field_def training_info_fields[] = {
    ONE_MESSAGE(1, initialization, graph),
    ONE_MESSAGE(2, algorithm, graph),
    MANY_MESSAGES(3, initialization_binding, string_pair),
    MANY_MESSAGES(4, update_binding, string_pair),
};
MESSAGE(training_info, "TrainingInfoProto");
#undef T

#define T sdx_pb_model
static const sdx_field_def model_fields[] = {
    NUMBER(1, INT64, ir_version),
    TEXT(2, STRING, producer_name),
    TEXT(3, STRING, producer_version),
    TEXT(4, STRING, domain),
    NUMBER(5, INT64, model_version),
    TEXT(6, STRING, doc_string),
    ONE_MESSAGE(7, graph, graph),
    MANY_MESSAGES(8, opset_import, opset),
    MANY_MESSAGES(14, metadata_props, string_pair),
    MANY_MESSAGES(20, training_info, training_info),
    MANY_MESSAGES(25, functions, function),
    MANY_MESSAGES(26, configuration, device),
};
MESSAGE(model, "ModelProto");
#undef T

#define T sdx_pb_device
static const sdx_field_def device_fields[] = {
    TEXT(1, STRING, name),
    NUMBER(2, INT32, num_devices),
    MANY(3, STRING, device),
};
MESSAGE(device, "DeviceConfigurationProto");
#undef T

#define T sdx_pb_string_pair
static const sdx_field_def string_pair_fields[] = {
    TEXT(1, STRING, key),
    TEXT(2, STRING, value),
};
MESSAGE(string_pair, "StringStringEntryProto");
#undef T

#define T sdx_pb_tensor_annotation
static const sdx_field_def tensor_annotation_fields[] = {
    TEXT(1, STRING, tensor_name),
    MANY_MESSAGES(2, quant_parameter_tensor_names, string_pair),
};
MESSAGE(tensor_annotation, "TensorAnnotation");
#undef T

#define T sdx_pb_graph
static const sdx_field_def graph_fields[] = {
    MANY_MESSAGES(1, node, node),
    TEXT(2, STRING, name),
    MANY_MESSAGES(5, initializer, tensor),
    TEXT(10, STRING, doc_string),
    MANY_MESSAGES(11, input, value_info),
    MANY_MESSAGES(12, output, value_info),
    MANY_MESSAGES(13, value_info, value_info),
    MANY_MESSAGES(14, quantization_annotation, tensor_annotation),
    MANY_MESSAGES(15, sparse_initializer, sparse_tensor),
    MANY_MESSAGES(16, metadata_props, string_pair),
};
MESSAGE(graph, "GraphProto");
#undef T

#define T sdx_pb_segment
static const sdx_field_def segment_fields[] = {
    NUMBER(1, INT64, begin),
    NUMBER(2, INT64, end),
};
MESSAGE(segment, "TensorProto.Segment");
#undef T

#define T sdx_pb_tensor
static const sdx_field_def tensor_fields[] = {
    MANY(1, INT64, dims),
    NUMBER(2, INT32, data_type),
    ONE_MESSAGE(3, segment, segment),
    VIEW(4, FLOAT, float_data),
    PACKED(5, INT32, int32_data),
    MANY(6, BYTES, string_data),
    PACKED(7, INT64, int64_data),
    TEXT(8, STRING, name),
    TEXT(9, BYTES, raw_data),
    VIEW(10, DOUBLE, double_data),
    PACKED(11, UINT64, uint64_data),
    TEXT(12, STRING, doc_string),
    MANY_MESSAGES(13, external_data, string_pair),
    NUMBER(14, ENUM, data_location),
    MANY_MESSAGES(16, metadata_props, string_pair),
};
MESSAGE(tensor, "TensorProto");
#undef T

#define T sdx_pb_sparse_tensor
static const sdx_field_def sparse_tensor_fields[] = {
    ONE_MESSAGE(1, values, tensor),
    ONE_MESSAGE(2, indices, tensor),
    MANY(3, INT64, dims),
};
MESSAGE(sparse_tensor, "SparseTensorProto");
#undef T

#define T sdx_pb_dimension
static const sdx_field_def dimension_fields[] = {
    ONEOF_NUMBER(1, INT64, dim_value),
    ONEOF_TEXT(2, STRING, dim_param),
    TEXT(3, STRING, denotation),
};
MESSAGE(dimension, "TensorShapeProto.Dimension");
#undef T

#define T sdx_pb_shape
static const sdx_field_def shape_fields[] = {
    MANY_MESSAGES(1, dim, dimension),
};
MESSAGE(shape, "TensorShapeProto");
#undef T

#define T sdx_pb_type_tensor
static const sdx_field_def type_tensor_fields[] = {
    NUMBER(1, INT32, elem_type),
    ONE_MESSAGE(2, shape, shape),
};
MESSAGE(type_tensor, "TypeProto.Tensor");
#undef T

#define T sdx_pb_type_sequence
static const sdx_field_def type_sequence_fields[] = {
    ONE_MESSAGE(1, elem_type, type),
};
MESSAGE(type_sequence, "TypeProto.Sequence");
#undef T

#define T sdx_pb_type_map
static const sdx_field_def type_map_fields[] = {
    NUMBER(1, INT32, key_type),
    ONE_MESSAGE(2, value_type, type),
};
MESSAGE(type_map, "TypeProto.Map");
#undef T

#define T sdx_pb_type_optional
static const sdx_field_def type_optional_fields[] = {
    ONE_MESSAGE(1, elem_type, type),
};
MESSAGE(type_optional, "TypeProto.Optional");
#undef T

#define T sdx_pb_type_sparse_tensor
static const sdx_field_def type_sparse_tensor_fields[] = {
    NUMBER(1, INT32, elem_type),
    ONE_MESSAGE(2, shape, shape),
};
MESSAGE(type_sparse_tensor, "TypeProto.SparseTensor");
#undef T

#define T sdx_pb_type_opaque
static const sdx_field_def type_opaque_fields[] = {
    TEXT(1, STRING, domain),
    TEXT(2, STRING, name),
};
MESSAGE(type_opaque, "TypeProto.Opaque");
#undef T

#define T sdx_pb_type
static const sdx_field_def type_fields[] = {
    ONEOF_MESSAGE(1, tensor_type, type_tensor),
    ONEOF_MESSAGE(4, sequence_type, type_sequence),
    ONEOF_MESSAGE(5, map_type, type_map),
    TEXT(6, STRING, denotation),
    ONEOF_MESSAGE(7, opaque_type, type_opaque),
    ONEOF_MESSAGE(8, sparse_tensor_type, type_sparse_tensor),
    ONEOF_MESSAGE(9, optional_type, type_optional),
};
MESSAGE(type, "TypeProto");
#undef T

#define T sdx_pb_opset
static const sdx_field_def opset_fields[] = {
    TEXT(1, STRING, domain),
    NUMBER(2, INT64, version),
};
MESSAGE(opset, "OperatorSetIdProto");
#undef T

#define T sdx_pb_function
static const sdx_field_def function_fields[] = {
    TEXT(1, STRING, name),
    MANY(4, STRING, input),
    MANY(5, STRING, output),
    MANY(6, STRING, attribute),
    MANY_MESSAGES(7, node, node),
    TEXT(8, STRING, doc_string),
    MANY_MESSAGES(9, opset_import, opset),
    TEXT(10, STRING, domain),
    MANY_MESSAGES(11, attribute_proto, attribute),
    MANY_MESSAGES(12, value_info, value_info),
    TEXT(13, STRING, overload),
    MANY_MESSAGES(14, metadata_props, string_pair),
};
MESSAGE(function, "FunctionProto");
#undef T

#define T sdx_pb_sequence
static const sdx_field_def sequence_fields[] = {
    TEXT(1, STRING, name),
    NUMBER(2, INT32, elem_type),
    MANY_MESSAGES(3, tensor_values, tensor),
    MANY_MESSAGES(4, sparse_tensor_values, sparse_tensor),
    MANY_MESSAGES(5, sequence_values, sequence),
    MANY_MESSAGES(6, map_values, map),
    MANY_MESSAGES(7, optional_values, optional),
};
MESSAGE(sequence, "SequenceProto");
#undef T

#define T sdx_pb_map
static const sdx_field_def map_fields[] = {
    TEXT(1, STRING, name),       NUMBER(2, INT32, key_type),       MANY(3, INT64, keys),
    MANY(4, BYTES, string_keys), ONE_MESSAGE(5, values, sequence),
};
MESSAGE(map, "MapProto");
#undef T

#define T sdx_pb_optional
static const sdx_field_def optional_fields[] = {
    TEXT(1, STRING, name),
    NUMBER(2, INT32, elem_type),
    ONE_MESSAGE(3, tensor_value, tensor),
    ONE_MESSAGE(4, sparse_tensor_value, sparse_tensor),
    ONE_MESSAGE(5, sequence_value, sequence),
    ONE_MESSAGE(6, map_value, map),
    ONE_MESSAGE(7, optional_value, optional),
};
MESSAGE(optional, "OptionalProto");
#undef T
