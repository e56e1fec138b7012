/* The messages of ONNX as plain structs, decoded and encoded by the tables at the end
 * (wire/fields.h says how a field looks in its struct). Only the shape of the data stands here:
 * what it means is the business of tensor/ and onnx/.
 *
 * Members have the names and the order of onnx.proto and onnx-data.proto, IR versions 1 to 14.
 * Every scalar is optional: ask has_x, or `x.ptr != NULL` for texts; a message is NULL when absent.
 * All views and pointers are borrowed from the input and the arena of sdx_wire_decode, or from
 * whoever fills the struct for sdx_wire_encode. */
#ifndef SDX_WIRE_ONNX_PROTO_H
#define SDX_WIRE_ONNX_PROTO_H

#include "wire/fields.h"

typedef struct sdx_pb_attribute sdx_pb_attribute;
typedef struct sdx_pb_value_info sdx_pb_value_info;
typedef struct sdx_pb_node sdx_pb_node;
typedef struct sdx_pb_int_int_list sdx_pb_int_int_list;
typedef struct sdx_pb_node_device sdx_pb_node_device;
typedef struct sdx_pb_sharding_spec sdx_pb_sharding_spec;
typedef struct sdx_pb_sharded_dim sdx_pb_sharded_dim;
typedef struct sdx_pb_simple_sharded_dim sdx_pb_simple_sharded_dim;
typedef struct sdx_pb_training_info sdx_pb_training_info;
typedef struct sdx_pb_model sdx_pb_model;
typedef struct sdx_pb_device sdx_pb_device;
typedef struct sdx_pb_string_pair sdx_pb_string_pair;
typedef struct sdx_pb_tensor_annotation sdx_pb_tensor_annotation;
typedef struct sdx_pb_graph sdx_pb_graph;
typedef struct sdx_pb_segment sdx_pb_segment;
typedef struct sdx_pb_tensor sdx_pb_tensor;
typedef struct sdx_pb_sparse_tensor sdx_pb_sparse_tensor;
typedef struct sdx_pb_dimension sdx_pb_dimension;
typedef struct sdx_pb_shape sdx_pb_shape;
typedef struct sdx_pb_type_tensor sdx_pb_type_tensor;
typedef struct sdx_pb_type_sequence sdx_pb_type_sequence;
typedef struct sdx_pb_type_map sdx_pb_type_map;
typedef struct sdx_pb_type_optional sdx_pb_type_optional;
typedef struct sdx_pb_type_sparse_tensor sdx_pb_type_sparse_tensor;
typedef struct sdx_pb_type_opaque sdx_pb_type_opaque;
typedef struct sdx_pb_type sdx_pb_type;
typedef struct sdx_pb_opset sdx_pb_opset;
typedef struct sdx_pb_function sdx_pb_function;
typedef struct sdx_pb_sequence sdx_pb_sequence;
typedef struct sdx_pb_map sdx_pb_map;
typedef struct sdx_pb_optional sdx_pb_optional;

/* ONNX: onnx.proto AttributeProto.AttributeType. 0 (undefined) is what files before IR 2 have. */
typedef enum sdx_pb_attribute_type {
    SDX_PB_ATTRIBUTE_UNDEFINED = 0,
    SDX_PB_ATTRIBUTE_FLOAT = 1,
    SDX_PB_ATTRIBUTE_INT = 2,
    SDX_PB_ATTRIBUTE_STRING = 3,
    SDX_PB_ATTRIBUTE_TENSOR = 4,
    SDX_PB_ATTRIBUTE_GRAPH = 5,
    SDX_PB_ATTRIBUTE_FLOATS = 6,
    SDX_PB_ATTRIBUTE_INTS = 7,
    SDX_PB_ATTRIBUTE_STRINGS = 8,
    SDX_PB_ATTRIBUTE_TENSORS = 9,
    SDX_PB_ATTRIBUTE_GRAPHS = 10,
    SDX_PB_ATTRIBUTE_SPARSE_TENSOR = 11,
    SDX_PB_ATTRIBUTE_SPARSE_TENSORS = 12,
    SDX_PB_ATTRIBUTE_TYPE_PROTO = 13,
    SDX_PB_ATTRIBUTE_TYPE_PROTOS = 14
} sdx_pb_attribute_type;

/* ONNX: onnx.proto TensorProto.DataLocation. (TensorProto.DataType is sardonyx/dtype.def.) */
typedef enum sdx_pb_data_location {
    SDX_PB_LOCATION_DEFAULT = 0,
    SDX_PB_LOCATION_EXTERNAL = 1 /* in the file that external_data names */
} sdx_pb_data_location;

/* ONNX: onnx-data.proto SequenceProto.DataType and OptionalProto.DataType. */
typedef enum sdx_pb_element_type {
    SDX_PB_ELEMENT_UNDEFINED = 0,
    SDX_PB_ELEMENT_TENSOR = 1,
    SDX_PB_ELEMENT_SPARSE_TENSOR = 2,
    SDX_PB_ELEMENT_SEQUENCE = 3,
    SDX_PB_ELEMENT_MAP = 4,
    SDX_PB_ELEMENT_OPTIONAL = 5
} sdx_pb_element_type;

/* ONNX: onnx.proto AttributeProto. */
struct sdx_pb_attribute {
    sdx_str name;
    sdx_str ref_attr_name; /* inside a function body: the attribute of the calling node */
    sdx_str doc_string;
    int32_t type; /* sdx_pb_attribute_type */
    bool has_type;
    float f;
    bool has_f;
    int64_t i;
    bool has_i;
    sdx_str s; /* bytes */
    const sdx_pb_tensor *t;
    const sdx_pb_graph *g;
    const sdx_pb_sparse_tensor *sparse_tensor;
    const sdx_pb_type *tp;
    const float *floats;
    size_t n_floats;
    const int64_t *ints;
    size_t n_ints;
    const sdx_str *strings; /* bytes */
    size_t n_strings;
    const sdx_pb_tensor *tensors;
    size_t n_tensors;
    const sdx_pb_graph *graphs;
    size_t n_graphs;
    const sdx_pb_sparse_tensor *sparse_tensors;
    size_t n_sparse_tensors;
    const sdx_pb_type *type_protos;
    size_t n_type_protos;
};

/* ONNX: onnx.proto ValueInfoProto. */
struct sdx_pb_value_info {
    sdx_str name;
    const sdx_pb_type *type;
    sdx_str doc_string;
    const sdx_pb_string_pair *metadata_props;
    size_t n_metadata_props;
};

/* ONNX: onnx.proto NodeProto. */
struct sdx_pb_node {
    const sdx_str *input;
    size_t n_input;
    const sdx_str *output;
    size_t n_output;
    sdx_str name;
    sdx_str op_type;
    sdx_str domain;
    sdx_str overload;
    const sdx_pb_attribute *attribute;
    size_t n_attribute;
    sdx_str doc_string;
    const sdx_pb_string_pair *metadata_props;
    size_t n_metadata_props;
    const sdx_pb_node_device *device_configurations;
    size_t n_device_configurations;
};

/* ONNX: onnx.proto IntIntListEntryProto. */
struct sdx_pb_int_int_list {
    int64_t key;
    bool has_key;
    const int64_t *value;
    size_t n_value;
};

/* ONNX: onnx.proto NodeDeviceConfigurationProto. */
struct sdx_pb_node_device {
    sdx_str configuration_id;
    const sdx_pb_sharding_spec *sharding_spec;
    size_t n_sharding_spec;
    int32_t pipeline_stage;
    bool has_pipeline_stage;
};

/* ONNX: onnx.proto ShardingSpecProto. */
struct sdx_pb_sharding_spec {
    sdx_str tensor_name;
    const int64_t *device;
    size_t n_device;
    const sdx_pb_int_int_list *index_to_device_group_map;
    size_t n_index_to_device_group_map;
    const sdx_pb_sharded_dim *sharded_dim;
    size_t n_sharded_dim;
};

/* ONNX: onnx.proto ShardedDimProto. */
struct sdx_pb_sharded_dim {
    int64_t axis;
    bool has_axis;
    const sdx_pb_simple_sharded_dim *simple_sharding;
    size_t n_simple_sharding;
};

/* ONNX: onnx.proto SimpleShardedDimProto: at most one of dim_value and dim_param. */
struct sdx_pb_simple_sharded_dim {
    int64_t dim_value;
    bool has_dim_value;
    sdx_str dim_param;
    int64_t num_shards;
    bool has_num_shards;
};

/* ONNX: onnx.proto TrainingInfoProto. */
struct sdx_pb_training_info {
    const sdx_pb_graph *initialization;
    const sdx_pb_graph *algorithm;
    const sdx_pb_string_pair *initialization_binding;
    size_t n_initialization_binding;
    const sdx_pb_string_pair *update_binding;
    size_t n_update_binding;
};

/* ONNX: onnx.proto ModelProto. */
struct sdx_pb_model {
    int64_t ir_version;
    bool has_ir_version;
    const sdx_pb_opset *opset_import;
    size_t n_opset_import;
    sdx_str producer_name;
    sdx_str producer_version;
    sdx_str domain;
    int64_t model_version;
    bool has_model_version;
    sdx_str doc_string;
    const sdx_pb_graph *graph;
    const sdx_pb_string_pair *metadata_props;
    size_t n_metadata_props;
    const sdx_pb_training_info *training_info;
    size_t n_training_info;
    const sdx_pb_function *functions;
    size_t n_functions;
    const sdx_pb_device *configuration;
    size_t n_configuration;
};

/* ONNX: onnx.proto DeviceConfigurationProto. */
struct sdx_pb_device {
    sdx_str name;
    int32_t num_devices;
    bool has_num_devices;
    const sdx_str *device;
    size_t n_device;
};

/* ONNX: onnx.proto StringStringEntryProto. */
struct sdx_pb_string_pair {
    sdx_str key;
    sdx_str value;
};

/* ONNX: onnx.proto TensorAnnotation. */
struct sdx_pb_tensor_annotation {
    sdx_str tensor_name;
    const sdx_pb_string_pair *quant_parameter_tensor_names;
    size_t n_quant_parameter_tensor_names;
};

/* ONNX: onnx.proto GraphProto. */
struct sdx_pb_graph {
    const sdx_pb_node *node;
    size_t n_node;
    sdx_str name;
    const sdx_pb_tensor *initializer;
    size_t n_initializer;
    const sdx_pb_sparse_tensor *sparse_initializer;
    size_t n_sparse_initializer;
    sdx_str doc_string;
    const sdx_pb_value_info *input;
    size_t n_input;
    const sdx_pb_value_info *output;
    size_t n_output;
    const sdx_pb_value_info *value_info;
    size_t n_value_info;
    const sdx_pb_tensor_annotation *quantization_annotation;
    size_t n_quantization_annotation;
    const sdx_pb_string_pair *metadata_props;
    size_t n_metadata_props;
};

/* ONNX: onnx.proto TensorProto.Segment. */
struct sdx_pb_segment {
    int64_t begin;
    bool has_begin;
    int64_t end;
    bool has_end;
};

/* ONNX: onnx.proto TensorProto. */
struct sdx_pb_tensor {
    const int64_t *dims;
    size_t n_dims;
    int32_t data_type; /* sdx_dtype */
    bool has_data_type;
    const sdx_pb_segment *segment;
    sdx_wire_view float_data;
    const int32_t *int32_data;
    size_t n_int32_data;
    const sdx_str *string_data; /* bytes */
    size_t n_string_data;
    const int64_t *int64_data;
    size_t n_int64_data;
    sdx_str name;
    sdx_str doc_string;
    sdx_str raw_data;          /* bytes, little-endian */
    const sdx_pb_string_pair * /* The table of each message above. */
        external_data;
    size_t n_external_data;
    int32_t data_location; /* sdx_pb_data_location */
    bool has_data_location;
    sdx_wire_view double_data;
    const uint64_t *uint64_data;
    size_t n_uint64_data;
    const sdx_pb_string_pair *metadata_props;
    size_t n_metadata_props;
};

/* ONNX: onnx.proto SparseTensorProto. */
struct sdx_pb_sparse_tensor {
    const sdx_pb_tensor *values;
    const sdx_pb_tensor *indices;
    const int64_t *dims;
    size_t n_dims;
};

/* ONNX: onnx.proto TensorShapeProto.Dimension: at most one of dim_value and dim_param. */
struct sdx_pb_dimension {
    int64_t dim_value;
    bool has_dim_value;
    sdx_str dim_param;
    sdx_str denotation;
};

/* ONNX: onnx.proto TensorShapeProto. */
struct sdx_pb_shape {
    const sdx_pb_dimension *dim;
    size_t n_dim;
};

/* ONNX: onnx.proto TypeProto.Tensor. */
struct sdx_pb_type_tensor {
    int32_t elem_type; /* sdx_dtype */
    bool has_elem_type;
    const sdx_pb_shape *shape;
};

/* ONNX: onnx.proto TypeProto.Sequence. */
struct sdx_pb_type_sequence {
    const sdx_pb_type *elem_type;
};

/* ONNX: onnx.proto TypeProto.Map. */
struct sdx_pb_type_map {
    int32_t key_type; /* sdx_dtype */
    bool has_key_type;
    const sdx_pb_type *value_type;
};

/* ONNX: onnx.proto TypeProto.Optional. */
struct sdx_pb_type_optional {
    const sdx_pb_type *elem_type;
};

/* ONNX: onnx.proto TypeProto.SparseTensor. */
struct sdx_pb_type_sparse_tensor {
    int32_t elem_type; /* sdx_dtype */
    bool has_elem_type;
    const sdx_pb_shape *shape;
};

/* ONNX: onnx.proto TypeProto.Opaque. */
struct sdx_pb_type_opaque {
    sdx_str domain;
    sdx_str name;
};

/* ONNX: onnx.proto TypeProto: at most one of the first six. */
struct sdx_pb_type {
    const sdx_pb_type_tensor *tensor_type;
    const sdx_pb_type_sequence *sequence_type;
    const sdx_pb_type_map *map_type;
    const sdx_pb_type_optional *optional_type;
    const sdx_pb_type_sparse_tensor *sparse_tensor_type;
    const sdx_pb_type_opaque *opaque_type;
    sdx_str denotation;
};

/* ONNX: onnx.proto OperatorSetIdProto. */
struct sdx_pb_opset {
    sdx_str domain;
    int64_t version;
    bool has_version;
};

/* ONNX: onnx.proto FunctionProto. */
struct sdx_pb_function {
    sdx_str name;
    const sdx_str *input;
    size_t n_input;
    const sdx_str *output;
    size_t n_output;
    const sdx_str *attribute;
    size_t n_attribute;
    const sdx_pb_attribute *attribute_proto;
    size_t n_attribute_proto;
    const sdx_pb_node *node;
    size_t n_node;
    sdx_str doc_string;
    const sdx_pb_opset *opset_import;
    size_t n_opset_import;
    sdx_str domain;
    sdx_str overload;
    const sdx_pb_value_info *value_info;
    size_t n_value_info;
    const sdx_pb_string_pair *metadata_props;
    size_t n_metadata_props;
};

/* ONNX: onnx-data.proto SequenceProto. */
struct sdx_pb_sequence {
    sdx_str name;
    int32_t elem_type; /* sdx_pb_element_type */
    bool has_elem_type;
    const sdx_pb_tensor *tensor_values;
    size_t n_tensor_values;
    const sdx_pb_sparse_tensor *sparse_tensor_values;
    size_t n_sparse_tensor_values;
    const sdx_pb_sequence *sequence_values;
    size_t n_sequence_values;
    const sdx_pb_map *map_values;
    size_t n_map_values;
    const sdx_pb_optional *optional_values;
    size_t n_optional_values;
};

/* ONNX: onnx-data.proto MapProto. */
struct sdx_pb_map {
    sdx_str name;
    int32_t key_type; /* sdx_dtype */
    bool has_key_type;
    const int64_t *keys;
    size_t n_keys;
    const sdx_str *string_keys; /* bytes */
    size_t n_string_keys;
    const sdx_pb_sequence *values;
};

/* ONNX: onnx-data.proto OptionalProto. */
struct sdx_pb_optional {
    sdx_str name;
    int32_t elem_type; /* sdx_pb_element_type */
    bool has_elem_type;
    const sdx_pb_tensor *tensor_value;
    const sdx_pb_sparse_tensor *sparse_tensor_value;
    const sdx_pb_sequence *sequence_value;
    const sdx_pb_map *map_value;
    const sdx_pb_optional *optional_value;
};

extern const sdx_message_def sdx_pb_attribute_def;
extern const sdx_message_def sdx_pb_value_info_def;
extern const sdx_message_def sdx_pb_node_def;
extern const sdx_message_def sdx_pb_int_int_list_def;
extern const sdx_message_def sdx_pb_node_device_def;
extern const sdx_message_def sdx_pb_sharding_spec_def;
extern const sdx_message_def sdx_pb_sharded_dim_def;
extern const sdx_message_def sdx_pb_simple_sharded_dim_def;
extern const sdx_message_def sdx_pb_training_info_def;
extern const sdx_message_def sdx_pb_model_def;
extern const sdx_message_def sdx_pb_device_def;
extern const sdx_message_def sdx_pb_string_pair_def;
extern const sdx_message_def sdx_pb_tensor_annotation_def;
extern const sdx_message_def sdx_pb_graph_def;
extern const sdx_message_def sdx_pb_segment_def;
extern const sdx_message_def sdx_pb_tensor_def;
extern const sdx_message_def sdx_pb_sparse_tensor_def;
extern const sdx_message_def sdx_pb_dimension_def;
extern const sdx_message_def sdx_pb_shape_def;
extern const sdx_message_def sdx_pb_type_tensor_def;
extern const sdx_message_def sdx_pb_type_sequence_def;
extern const sdx_message_def sdx_pb_type_map_def;
extern const sdx_message_def sdx_pb_type_optional_def;
extern const sdx_message_def sdx_pb_type_sparse_tensor_def;
extern const sdx_message_def sdx_pb_type_opaque_def;
extern const sdx_message_def sdx_pb_type_def;
extern const sdx_message_def sdx_pb_opset_def;
extern const sdx_message_def sdx_pb_function_def;
extern const sdx_message_def sdx_pb_sequence_def;
extern const sdx_message_def sdx_pb_map_def;
extern const sdx_message_def sdx_pb_optional_def;

#endif
