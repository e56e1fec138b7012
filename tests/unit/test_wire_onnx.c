/* The tables of ONNX: well-formed, and real models of the corpus survive decoding and encoding. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/limits.h"
#include "wire/onnx_proto.h"

static const sdx_message_def *const all[] = {
    &sdx_pb_attribute_def,
    &sdx_pb_value_info_def,
    &sdx_pb_node_def,
    &sdx_pb_int_int_list_def,
    &sdx_pb_node_device_def,
    &sdx_pb_sharding_spec_def,
    &sdx_pb_sharded_dim_def,
    &sdx_pb_simple_sharded_dim_def,
    &sdx_pb_training_info_def,
    &sdx_pb_model_def,
    &sdx_pb_device_def,
    &sdx_pb_string_pair_def,
    &sdx_pb_tensor_annotation_def,
    &sdx_pb_graph_def,
    &sdx_pb_segment_def,
    &sdx_pb_tensor_def,
    &sdx_pb_sparse_tensor_def,
    &sdx_pb_dimension_def,
    &sdx_pb_shape_def,
    &sdx_pb_type_tensor_def,
    &sdx_pb_type_sequence_def,
    &sdx_pb_type_map_def,
    &sdx_pb_type_optional_def,
    &sdx_pb_type_sparse_tensor_def,
    &sdx_pb_type_opaque_def,
    &sdx_pb_type_def,
    &sdx_pb_opset_def,
    &sdx_pb_function_def,
    &sdx_pb_sequence_def,
    &sdx_pb_map_def,
    &sdx_pb_optional_def,
};
enum { N_ALL = sizeof all / sizeof *all };

static size_t member_size(const sdx_field_def *field) {
    if (field->label == SDX_FIELD_MANY_VIEW) return sizeof(sdx_wire_view);
    if (field->label != SDX_FIELD_ONE || field->kind == SDX_FIELD_MESSAGE) return sizeof(void *);
    if (field->kind >= SDX_FIELD_STRING) return sizeof(sdx_str);
    return field->kind == SDX_FIELD_INT64 || field->kind == SDX_FIELD_DOUBLE ? 8 : 4;
}

static void tables_are_well_formed(void **state) {
    (void)state;
    for (size_t m = 0; m < N_ALL; m++) {
        const sdx_message_def *const def = all[m];
        uint32_t before = 0;
        assert_true(def->n_fields > 0);
        for (size_t i = 0; i < def->n_fields; i++) {
            const sdx_field_def *const field = &def->fields[i];
            assert_true(field->number > before && field->number <= SDX_WIRE_MAX_NUMBER);
            before = field->number;
            assert_true(field->offset + member_size(field) <= def->size);
            assert_int_equal(field->kind == SDX_FIELD_MESSAGE, field->message != NULL);
            const bool number = field->kind < SDX_FIELD_STRING;
            if (field->label == SDX_FIELD_ONE && number) {
                assert_int_equal(field->extra, field->offset + member_size(field));
            } else if (field->label == SDX_FIELD_MANY || field->label == SDX_FIELD_MANY_PACKED) {
                assert_int_equal(field->extra, field->offset + sizeof(void *));
            }
        }
    }
}

/* No member was left out of its table: the sizes of the members in rows add up to the struct. A
 * number counts twice, for its has_ and the padding behind that. */
static void rows_cover_the_structs(void **state) {
    (void)state;
    for (size_t m = 0; m < N_ALL; m++) {
        size_t covered = 0;
        for (size_t i = 0; i < all[m]->n_fields; i++) {
            const sdx_field_def *const field = &all[m]->fields[i];
            size_t size = member_size(field);
            if (field->label == SDX_FIELD_MANY || field->label == SDX_FIELD_MANY_PACKED) size += 8;
            if (field->label == SDX_FIELD_ONE && field->kind < SDX_FIELD_STRING) size += size;
            covered += size;
        }
        assert_true(covered >= all[m]->size - all[m]->size % 8);
    }
}

static const sdx_field_def *row(const sdx_message_def *def, const char *name) {
    for (size_t i = 0; i < def->n_fields; i++) {
        if (strcmp(def->fields[i].name, name) == 0) return &def->fields[i];
    }
    fail_msg("%s has no '%s'", def->name, name);
    return NULL;
}

/* ONNX: the rows that differ from their neighbours in more than number and name. */
static void special_rows(void **state) {
    (void)state;
    assert_int_equal(row(&sdx_pb_tensor_def, "float_data")->label, SDX_FIELD_MANY_VIEW);
    assert_int_equal(row(&sdx_pb_tensor_def, "double_data")->label, SDX_FIELD_MANY_VIEW);
    assert_int_equal(row(&sdx_pb_tensor_def, "int64_data")->label, SDX_FIELD_MANY_PACKED);
    assert_int_equal(row(&sdx_pb_tensor_def, "dims")->label, SDX_FIELD_MANY);
    assert_int_equal(row(&sdx_pb_attribute_def, "floats")->label, SDX_FIELD_MANY);
    assert_int_equal(row(&sdx_pb_type_def, "denotation")->oneof, 0);
    assert_true(row(&sdx_pb_type_def, "opaque_type")->oneof != 0);
    assert_true(row(&sdx_pb_dimension_def, "dim_param")->oneof != 0);
    assert_int_equal(row(&sdx_pb_simple_sharded_dim_def, "num_shards")->oneof, 0);
}

/* A model as protobuf's own encoder writes it, y = x * 2, with a symbolic dim. */
static const char small_model[] =
    "\x08\x08:T\x0a\x14\x0a\x01x\x0a\x01w\x12\x01y\x1a\x04node\x22\x03Mul\x12\x01g*\x0d"
    "\x08\x01\x10\x01"
    "B\x01wJ\x04\x00\x00\x00@Z\x1b\x0a\x01x\x12\x16\x0a\x14\x08\x01"
    "\x12\x10\x0a\x07\x12\x05"
    "batch\x0a\x05\x08\xff\xff\xff\x7f"
    "b\x0d\x0a\x01y\x12"
    "\x08\x0a\x06\x08\x01\x12\x02\x0a\x00"
    "B\x04\x0a\x00\x10\x11";

static void a_model_is_read(void **state) {
    (void)state;
    sdx_arena arena;
    sdx_pb_model model;
    sdx_arena_init(&arena, sdx_heap_global());
    const sdx_status status =
        sdx_wire_decode(&sdx_pb_model_def, small_model, sizeof small_model - 1, &arena, &model);
    if (status) fail_msg("%s", sdx_status_text(status));
    assert_true(model.has_ir_version && model.ir_version == 8);
    assert_false(model.has_model_version);
    assert_int_equal(model.n_opset_import, 1);
    assert_int_equal(model.opset_import[0].version, 17);
    assert_int_equal(model.graph->n_node, 1);
    assert_true(sdx_str_is(model.graph->node[0].op_type, "Mul"));
    assert_int_equal(model.graph->node[0].n_input, 2);
    const sdx_pb_tensor *const w = &model.graph->initializer[0];
    assert_true(w->n_dims == 1 && w->dims[0] == 1 && w->data_type == SDX_FLOAT32);
    assert_int_equal(w->raw_data.len, 4);
    const sdx_pb_shape *const shape = model.graph->input[0].type->tensor_type->shape;
    assert_int_equal(shape->n_dim, 2);
    assert_true(sdx_str_is(shape->dim[0].dim_param, "batch") && !shape->dim[0].has_dim_value);
    assert_true(shape->dim[1].has_dim_value && !shape->dim[1].dim_param.ptr);
    sdx_arena_deinit(&arena);
}

static void cut_models_are_errors(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof small_model - 1; size++) {
        sdx_arena arena;
        sdx_pb_model model;
        sdx_arena_init(&arena, sdx_heap_global());
        const sdx_status status =
            sdx_wire_decode(&sdx_pb_model_def, small_model, size, &arena, &model);
        /* It may be cut between two fields of the model. */
        if (size != 0 && size != 2 && size != 88) assert_non_null(status);
        sdx_status_free(status);
        sdx_arena_deinit(&arena);
    }
}

static char *read_file(const char *path, size_t *size) {
    FILE *const file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *const bytes = malloc(*size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static void write_again(const char *path, const char *bytes, size_t size) {
    sdx_arena arena;
    sdx_pb_model model;
    sdx_pb_model again;
    sdx_buf first;
    sdx_buf second;
    sdx_arena_init(&arena, sdx_heap_global());
    sdx_buf_init(&first, sdx_heap_global(), SIZE_MAX);
    sdx_buf_init(&second, sdx_heap_global(), SIZE_MAX);
    const sdx_status status = sdx_wire_decode(&sdx_pb_model_def, bytes, size, &arena, &model);
    if (status) fail_msg("%s: %s", path, sdx_status_text(status));
    assert_null(sdx_wire_encode(&sdx_pb_model_def, &model, &first));
    assert_null(sdx_wire_decode(&sdx_pb_model_def, first.ptr, first.size, &arena, &again));
    assert_null(sdx_wire_encode(&sdx_pb_model_def, &again, &second));
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.ptr, second.ptr, first.size);
    sdx_buf_deinit(&first);
    sdx_buf_deinit(&second);
    sdx_arena_deinit(&arena);
}

static void models_of_the_corpus_survive(void **state) {
    (void)state;
    DIR *const corpus = opendir("../shared/corpus");
    if (!corpus) skip();
    size_t n = 0;
    for (const struct dirent *entry; (entry = readdir(corpus));) {
        char path[512];
        size_t size = 0;
        snprintf(path, sizeof path, "../shared/corpus/%.200s/model.onnx", entry->d_name);
        char *const bytes = read_file(path, &size);
        if (!bytes) continue;
        write_again(path, bytes, size);
        free(bytes);
        n++;
    }
    closedir(corpus);
    assert_true(n > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_well_formed), cmocka_unit_test(rows_cover_the_structs),
        cmocka_unit_test(special_rows),           cmocka_unit_test(a_model_is_read),
        cmocka_unit_test(cut_models_are_errors),  cmocka_unit_test(models_of_the_corpus_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
