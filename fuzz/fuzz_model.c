/* Any bytes as a model: import, rewrites, program and two runs must end with results or errors, and
 * give all memory back. Memory is limited, a deadline ends loops that do not; a trial (trial.h) may
 * say which request for memory is refused. Mutations keep the protobuf structure (mutate.c). */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/trial.h"
#include "sardonyx/graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_PORTS = 16, LIMIT = 64 << 20, DEADLINE_NS = 200 * 1000 * 1000 };

/* ---- memory that may be refused -------------------------------------------------------------- */

typedef struct memory {
    const fuzz_trial *trial;
    atomic_size_t requests, blocks;
} memory;

static void *allocate(void *self, size_t size, size_t alignment) {
    memory *const m = self;
    const size_t request = atomic_fetch_add(&m->requests, 1) + 1;
    const fuzz_trial *const t = m->trial;
    void *block = NULL;
    if (t->fail_at != 0 && (request == t->fail_at || (t->fail_after && request > t->fail_at)))
        return NULL;
    if (alignment < sizeof(void *)) alignment = sizeof(void *);
    if (size > LIMIT || posix_memalign(&block, alignment, size) != 0) return NULL;
    atomic_fetch_add(&m->blocks, 1);
    return block;
}

static void deallocate(void *self, void *ptr, size_t size) {
    memory *const m = self;
    (void)size;
    atomic_fetch_sub(&m->blocks, 1);
    free(ptr);
}

/* ---- running --------------------------------------------------------------------------------- */

/* Files have every offset; those with names of odd length are missing. */
static bool read_file(void *user, sdx_str name, uint64_t offset, void *data, size_t length) {
    (void)user;
    memset(data, (int)(offset & 0xff), length);
    return name.len % 2 == 0;
}

typedef struct ports {
    sdx_value *inputs[MAX_PORTS], *outputs[MAX_PORTS];
    size_t n_in, n_out;
} ports;

static void make_inputs(ports *p, const sdx_model *model, const fuzz_trial *trial, unsigned round) {
    for (size_t i = 0; i < p->n_in; i++) {
        sdx_port_info port;
        const sdx_status status = sdx_model_input(model, i, &port);
        sdx_value_release(p->inputs[i]);
        p->inputs[i] = NULL;
        if (status == NULL && (!port.has_default || (trial->choices & FUZZ_GIVE_DEFAULTS)))
            p->inputs[i] = fuzz_input(trial, &port, i, round);
        sdx_status_free(status);
    }
}

static void drop(sdx_value **values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        sdx_value_release(values[i]);
        values[i] = NULL;
    }
}

static void run_twice(sdx_context *context, const sdx_model *model, const fuzz_trial *trial) {
    ports p = {.n_in = sdx_model_n_inputs(model), .n_out = sdx_model_n_outputs(model)};
    bool wanted[MAX_PORTS];
    if (p.n_in > MAX_PORTS || p.n_out > MAX_PORTS) return;
    for (size_t k = 0; k < p.n_out; k++) {
        wanted[k] = k % 2 == 0;
    }
    for (unsigned round = 0; round < 2; round++) {
        make_inputs(&p, model, trial, round);
        if (trial->choices & FUZZ_BIND_FIRST)
            sdx_status_free(sdx_context_bind(context, p.inputs, p.n_in));
        sdx_context_set_deadline(context, DEADLINE_NS);
        sdx_status_free(sdx_context_run(context, p.inputs, p.n_in, p.outputs, p.n_out,
                                        trial->choices & FUZZ_FEW_OUTPUTS ? wanted : NULL));
        if (!(trial->choices & FUZZ_KEEP_OUTPUTS)) drop(p.outputs, p.n_out);
    }
    sdx_context_trim(context);
    drop(p.inputs, p.n_in);
    drop(p.outputs, p.n_out);
}

/* The graph as ONNX, and that as a model: whatever a file made of it, both end. */
static void write_and_load(sdx_runtime *runtime, sdx_model *model, const sdx_allocator *allocator) {
    void *bytes;
    size_t size;
    sdx_model *copy = NULL;
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.memory_limit = LIMIT;
    options.graph_only = true;
    const sdx_status status = sdx_model_serialize(model, allocator, NULL, &bytes, &size);
    if (status == NULL) {
        sdx_status_free(sdx_model_load_memory(runtime, bytes, size, &options, &copy));
        sdx_model_release(copy);
        allocator->deallocate(allocator->self, bytes, size);
    }
    sdx_status_free(status);
}

static void load_and_run(sdx_runtime *runtime, const uint8_t *data, size_t size,
                         const fuzz_trial *trial, const sdx_allocator *allocator) {
    sdx_model *model = NULL;
    sdx_context *context = NULL;
    sdx_model_options options;
    sdx_model_options_init(&options);
    options.memory_limit = LIMIT;
    options.load = trial->choices & FUZZ_COPY ? SDX_LOAD_COPY : SDX_LOAD_MAP;
    options.optimize = !(trial->choices & FUZZ_AS_IT_IS);
    options.read = trial->choices & FUZZ_NO_FOLDER ? NULL : read_file;
    sdx_context_options place;
    sdx_context_options_init(&place);
    place.threads = trial->choices & FUZZ_TWO_LANES ? 2 : 1;
    place.keep_denormals = (trial->choices & FUZZ_DENORMALS) != 0;
    place.memory_limit = LIMIT;
    sdx_status_free(sdx_model_load_memory(runtime, data, size, &options, &model));
    if (model != NULL) sdx_status_free(sdx_context_create(model, &place, &context));
    if (context != NULL) run_twice(context, model, trial);
    if (model != NULL && size % 4 == 0) write_and_load(runtime, model, allocator);
    sdx_context_destroy(context);
    sdx_model_release(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    sdx_arena arena;
    fuzz_trial trial = {0};
    sdx_arena_init(&arena, sdx_heap_global());
    sdx_status_free(sdx_wire_decode(&fuzz_trial_def, data, size, &arena, &trial));
    memory m = {.trial = &trial};
    const sdx_allocator allocator = {allocate, deallocate, &m};
    sdx_runtime_options options;
    sdx_runtime_options_init(&options);
    options.allocator = &allocator;
    sdx_runtime *runtime = NULL;
    sdx_status_free(sdx_runtime_create(&options, &runtime));
    if (runtime != NULL) load_and_run(runtime, data, size, &trial, &allocator);
    sdx_runtime_release(runtime);
    if (atomic_load(&m.blocks) != 0) abort(); /* a block was lost */
    sdx_arena_deinit(&arena);
    return 0;
}
