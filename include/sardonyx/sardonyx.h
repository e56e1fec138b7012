/* Sardonyx: runs ONNX models. The public interface of libsardonyx.
 *
 *   runtime   allocator, log, limits: what an application decides once
 *   model     a loaded file: immutable, shared by all threads, owns weights
 *   context   one place to run it: a slab of memory, used by one thread at a time
 *   value     a tensor, sequence, map or optional: counted by reference, handed in and out
 *   status    NULL when all is well, else an error that the caller frees
 *
 * Conventions. Functions that can fail return sdx_status and write their results only on success. A
 * handle is opaque; `create`, `load` and `new` give one to own, `release` or `destroy` ends it and
 * takes NULL, every other verb lends a view that lives as long as what it came from. A handle that
 * a function works on is not NULL unless its comment says so. Nothing is printed, nothing aborts,
 * no signal or locale is touched.
 *
 * Growth. Option structs begin with struct_size and are filled by their init function: one from an
 * older header is taken with the defaults of what it lacks, one from a newer header is refused.
 * Structs of facts that the caller has filled begin with struct_size where they may grow: the
 * caller sets it to the struct's size, and no more than that is written. The other structs stay as
 * they are.
 *
 * Errors. Besides what a comment names, each function that makes something may answer
 * SDX_OUT_OF_MEMORY, and SDX_INVALID_ARGUMENT for NULL where there must be something.
 *
 * Threads. Each section says for its functions which threads may call them; the comment of a
 * function comes before that. Since 0.1.0 unless a function says otherwise. */
#ifndef SARDONYX_H
#define SARDONYX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the library exports. Windows exports by a list that the build makes of these marks. */
#if defined(_WIN32)
#define SDX_API
#else
#define SDX_API __attribute__((visibility("default")))
#endif

/* The version of this header. */
#define SDX_VERSION_MAJOR 0
#define SDX_VERSION_MINOR 1
#define SDX_VERSION_PATCH 0

/* The version of the library that is linked, as "0.1.0"; static text. Threads: any. */
SDX_API const char *sdx_version(void);

/* ---- status ----------------------------------------------------------------------------------
 * Threads: a status belongs to one thread at a time; names of codes are for any. */

/* What kind of error: SDX_OK, SDX_INVALID_MODEL, ...: one enumerator for each line of status.def.
 */
typedef enum sdx_code {
#define SDX_CODE(value, NAME, name, meaning) SDX_##NAME = value,
#include "sardonyx/status.def"
#undef SDX_CODE
} sdx_code;

/* NULL: success. Else an error object; the receiver owns it and ends it with sdx_status_free. One
 * thread at a time. */
typedef struct sdx_error *sdx_status;

/* SDX_OK for NULL */
SDX_API sdx_code sdx_status_code(const struct sdx_error *status);
/* "place: found, expected; fix"; "ok" for NULL; lives as long as the status */
SDX_API const char *sdx_status_text(const struct sdx_error *status);
/* "invalid_model"; "unknown" for a number that is not a code; static text */
SDX_API const char *sdx_code_name(sdx_code code);
/* What the code means, as a line for people; "unknown" for a number that is not one; static text */
SDX_API const char *sdx_code_meaning(sdx_code code);
/* Ends a status; takes NULL */
SDX_API void sdx_status_free(sdx_status status);

/* ---- text, memory, log -----------------------------------------------------------------------
 * Threads: the library calls these functions from any thread. */

/* A view of bytes, not terminated, usually UTF-8. Also the element of a string tensor. */
typedef struct sdx_str {
    const char *ptr; /* may be NULL when len is 0 */
    size_t len;      /* bytes */
} sdx_str;

/* Where memory comes from. Must live as long as what was made with it. */
typedef struct sdx_allocator {
    /* alignment is a power of two; NULL: out of memory */
    void *(*allocate)(void *self, size_t size, size_t alignment);
    /* ptr is not NULL; size as in allocate */
    void (*deallocate)(void *self, void *ptr, size_t size);
    void *self;
} sdx_allocator;

/* How urgent a line of the log is. */
typedef enum sdx_log_level {
    SDX_LOG_ERROR,
    SDX_LOG_WARN,
    SDX_LOG_INFO,
    SDX_LOG_DEBUG
} sdx_log_level;

/* Receives one `line` without its end, which lives as long as the call; `level` says how urgent it
 * is. Must not call back into Sardonyx. */
typedef void sdx_log_fn(void *user, sdx_log_level level, const char *line);

/* ---- element types ---------------------------------------------------------------------------
 * Threads: any. */

/* The 26 element types of ONNX, numbered as in TensorProto.DataType: one enumerator for each line
 * of dtype.def. */
typedef enum sdx_dtype {
    SDX_UNDEFINED = 0,
#define SDX_DTYPE(id, NAME, name, bits, kind) SDX_##NAME = id,
#include "sardonyx/dtype.def"
#undef SDX_DTYPE
} sdx_dtype;

/* "float32"; "undefined" for what is no type; static text */
SDX_API const char *sdx_dtype_name(sdx_dtype dtype);
/* The type called `name`; SDX_UNDEFINED when there is none */
SDX_API sdx_dtype sdx_dtype_from_name(const char *name);
/* bits of one element in memory; 0 for what is no type */
SDX_API unsigned sdx_dtype_bits(sdx_dtype dtype);

/* ---- values ----------------------------------------------------------------------------------
 * Threads: counting references is for any thread; the content belongs to one thread at a time while
 * somebody writes to it, else to all. Lent views live as long as the value. */

enum { SDX_MAX_RANK = 16 }; /* dimensions of a tensor, at most */

/* What a value is. */
typedef enum sdx_kind { SDX_TENSOR = 1, SDX_SEQUENCE, SDX_MAP, SDX_OPTIONAL } sdx_kind;

/* A tensor, sequence, map or optional, counted by reference. */
typedef struct sdx_value sdx_value;

/* One more owner; returns `value` */
SDX_API sdx_value *sdx_value_retain(sdx_value *value);
/* One owner less; the last one frees it; takes NULL */
SDX_API void sdx_value_release(sdx_value *value);
/* What it is */
SDX_API sdx_kind sdx_value_kind(const sdx_value *value);

/* A tensor that owns its elements, set to zero (strings: empty). Memory comes from `allocator`
 * (NULL: malloc). `dims` has `rank` numbers of elements, none negative. Types below 8 bits are
 * packed, the first element in the lowest bits. `out` receives a value to own. Errors:
 * SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY, SDX_LIMIT. */
SDX_API sdx_status sdx_tensor_create(const sdx_allocator *allocator, sdx_dtype dtype, size_t rank,
                                     const int64_t *dims, sdx_value **out);

/* A tensor over the caller's elements `data`, row-major and without gaps, `size` bytes. `free_data`
 * (may be NULL) is called with `user` and data when the last owner lets go, on that owner's thread;
 * without it the elements must outlive the value. Not for strings. `rank` and `dims` as above;
 * `out` receives a value to own. Errors: SDX_INVALID_ARGUMENT where size is not what dims need. */
SDX_API sdx_status sdx_tensor_wrap(sdx_dtype dtype, size_t rank, const int64_t *dims, void *data,
                                   size_t size, void (*free_data)(void *user, void *data),
                                   void *user, sdx_value **out);

/* A string tensor with copies of `n` `strings`, n being the product of the `rank` numbers of
 * `dims`. Memory comes from `allocator` (NULL: malloc); `out` receives a value to own. Errors:
 * SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY, SDX_LIMIT. */
SDX_API sdx_status sdx_tensor_strings(const sdx_allocator *allocator, size_t rank,
                                      const int64_t *dims, const sdx_str *strings, size_t n,
                                      sdx_value **out);

/* SDX_UNDEFINED for what is no tensor */
SDX_API sdx_dtype sdx_tensor_dtype(const sdx_value *tensor);
/* Dimensions; 0 for a scalar */
SDX_API size_t sdx_tensor_rank(const sdx_value *tensor);
/* rank numbers; borrowed */
SDX_API const int64_t *sdx_tensor_dims(const sdx_value *tensor);
/* Number of elements */
SDX_API size_t sdx_tensor_len(const sdx_value *tensor);
/* bytes of all elements (strings: of their sdx_str views) */
SDX_API size_t sdx_tensor_size(const sdx_value *tensor);
/* row-major elements, borrowed; sdx_str[len] for strings; NULL when len is 0 */
SDX_API void *sdx_tensor_data(const sdx_value *tensor);

/* A sequence of the `n` values of `items` (each is retained). `element` types an empty one and is
 * checked against the others. Memory comes from `allocator` (NULL: malloc); `out` receives a value
 * to own. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_sequence_create(const sdx_allocator *allocator, sdx_dtype element,
                                       sdx_value *const *items, size_t n, sdx_value **out);
/* A map from a 1-D tensor of distinct `keys` (int64 or string) to the same number of `values`, a
 * tensor whose first dimension is that number; both are retained. Memory comes from `allocator`
 * (NULL: malloc); `out` receives a value to own. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY.
 */
SDX_API sdx_status sdx_map_create(const sdx_allocator *allocator, sdx_value *keys,
                                  sdx_value *values, sdx_value **out);
/* An optional with a value, which is retained, or an empty one (NULL). Memory comes from
 * `allocator` (NULL: malloc); `out` receives a value to own. Errors: SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_optional_create(const sdx_allocator *allocator, sdx_value *value,
                                       sdx_value **out);

/* Number of values; 0 for what is no sequence */
SDX_API size_t sdx_sequence_len(const sdx_value *sequence);
/* borrowed; NULL beyond the end */
SDX_API sdx_value *sdx_sequence_at(const sdx_value *sequence, size_t index);
/* borrowed: a 1-D tensor */
SDX_API sdx_value *sdx_map_keys(const sdx_value *map);
/* borrowed: a tensor, one row a key */
SDX_API sdx_value *sdx_map_values(const sdx_value *map);
/* borrowed; NULL when it is empty */
SDX_API sdx_value *sdx_optional_get(const sdx_value *optional);

/* Reads a serialised TensorProto, SequenceProto, MapProto or OptionalProto, as `kind` says, of
 * `size` bytes. The result, `out` to own with memory from `allocator` (NULL: malloc), does not
 * refer to `bytes`. `name` (may be NULL) receives a borrowed view into `bytes` of the proto's name.
 * Errors: SDX_INVALID_MODEL, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_value_parse(const sdx_allocator *allocator, sdx_kind kind, const void *bytes,
                                   size_t size, sdx_value **out, sdx_str *name);
/* Writes a value as such a proto called `name` into a new block of `allocator`: `bytes` receives it
 * to own and `size` its bytes, and the caller gives it back with the allocator's `deallocate` (NULL
 * allocator: sdx_bytes_free). Errors: SDX_OUT_OF_MEMORY, SDX_LIMIT. */
SDX_API sdx_status sdx_value_serialize(const sdx_allocator *allocator, const sdx_value *value,
                                       const char *name, void **bytes, size_t *size);
/* Frees a block of `size` `bytes` that a function gave; takes NULL. Threads: any. */
SDX_API void sdx_bytes_free(void *bytes, size_t size);

/* ---- runtime ---------------------------------------------------------------------------------
 * Threads: any, also at once. */

/* What an application decides once: memory and log. Counted by the models made with it. */
typedef struct sdx_runtime sdx_runtime;

/* How a runtime is made. */
typedef struct sdx_runtime_options {
    size_t struct_size;             /* set by init */
    const sdx_allocator *allocator; /* copied; default: NULL, malloc */
    sdx_log_fn *log;                /* default: NULL, silent */
    void *log_user;                 /* passed to log; default: NULL */
    sdx_log_level log_level;        /* most detailed level wanted; default: SDX_LOG_INFO */
} sdx_runtime_options;

/* Sets all but struct_size, which says how much of `options` there is, to the defaults. */
SDX_API void sdx_runtime_options_defaults(sdx_runtime_options *options);
/* Sets `options` to the defaults; the size is that of this header's struct. */
static inline void sdx_runtime_options_init(sdx_runtime_options *options) {
    options->struct_size = sizeof *options;
    sdx_runtime_options_defaults(options);
}
/* A runtime; `options` may be NULL. `out` receives a handle to own; models keep their runtime
 * alive. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_runtime_create(const sdx_runtime_options *options, sdx_runtime **out);
/* Ends the caller's part of it; takes NULL */
SDX_API void sdx_runtime_release(sdx_runtime *runtime);

/* ---- custom operators ------------------------------------------------------------------------
 * Threads: any, also at once. sardonyx/op.h says what an operator is. */

/* A table of operators of the application. */
struct sdx_op_library;

/* Adds the operators of `library` to those of the runtime: all of them or, after an error, none.
 * Models loaded from now on may use them. The table is copied; the functions it names must stay as
 * long as the runtime, which its models keep alive. A name that is built in or was registered
 * before is refused; a function of a model goes before both. Errors: SDX_INVALID_ARGUMENT (a row
 * breaks a rule, a name is taken), SDX_UNSUPPORTED (made for another version of op.h),
 * SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_runtime_register_ops(sdx_runtime *runtime,
                                            const struct sdx_op_library *library);
/* The same from the shared library `path` (a bare name is a file in the current folder), which
 * exports sdx_op_library_open. Its code is trusted: it runs with all rights of the process. It
 * stays loaded as long as the runtime. Errors: SDX_NOT_FOUND, SDX_UNSUPPORTED (not a library with
 * operators for this version), SDX_INVALID_ARGUMENT, SDX_LIMIT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_runtime_load_ops(sdx_runtime *runtime, const char *path);

/* ---- model -----------------------------------------------------------------------------------
 * Threads: any, also at once. What a function lends lives as long as the model. */

/* A loaded file: immutable, counted by reference. */
typedef struct sdx_model sdx_model;

/* How the bytes of a file are held: mapped in place (the file must not change while the model
 * lives), copied to memory, or mapped from a private unlinked copy. */
typedef enum sdx_load_mode { SDX_LOAD_MAP, SDX_LOAD_COPY, SDX_LOAD_SNAPSHOT } sdx_load_mode;

/* How float32 is computed. Each gives the same bits in every run and on any number of threads. */
typedef enum sdx_numerics {
    SDX_NUMERICS_AUTO, /* what SDX_NUMERICS in the environment says, else DEFAULT */
    /* the fastest kernels of this CPU: fused multiply-adds, sums in an order of their own */
    SDX_NUMERICS_DEFAULT,
    /* every product and every sum of the kernels rounded, in one order: the same bits on every
     * instruction set, given one C library, whose functions some operators call; much slower where
     * products, sums and transcendental functions are what takes the time */
    SDX_NUMERICS_STRICT
} sdx_numerics;

/* Reads external data: fills `data` with `length` bytes of file `name` from `offset`. Returns false
 * when it cannot. Called while the model loads, on the loading thread, and by runs that read a
 * constant again, on any. */
typedef bool sdx_read_fn(void *user, sdx_str name, uint64_t offset, void *data, size_t length);

/* How a model is loaded. */
typedef struct sdx_model_options {
    size_t struct_size; /* set by init */
    sdx_load_mode load; /* default: SDX_LOAD_MAP */
    /* bytes for the graph, copies of weights and packs; 0: none; default: 0 */
    size_t memory_limit;
    bool optimize;         /* rewrite the graph; default: true */
    sdx_numerics numerics; /* default: SDX_NUMERICS_AUTO */
    /* names of rewrites not to use, separated by commas; default: NULL */
    const char *disabled_rules;
    /* where external data lies; default: NULL, the folder of the file (none for a model from
     * memory) */
    const char *folder;
    sdx_read_fn *read; /* reads external data instead of the file system; default: NULL */
    void *read_user;   /* passed to read; default: NULL */
    /* operators that this build lacks are no error: such a model can be described, not run;
     * default: false */
    bool allow_missing;
    /* nothing is prepared to run: the model can be described, looked at and written (graph.h);
     * default: false */
    bool graph_only;
    /* providers that may take parts of it, by name, separated by commas, the first choice first;
     * "@" and a number: which of its devices, "cuda@1" (provider.h); default: NULL, all on the CPU
     */
    const char *providers;
    /* a node that runs on the CPU although a provider could be asked is an error; default: false */
    bool require_provider;
} sdx_model_options;

/* Sets all but struct_size, which says how much of `options` there is, to the defaults. */
SDX_API void sdx_model_options_defaults(sdx_model_options *options);
/* Sets `options` to the defaults; the size is that of this header's struct. */
static inline void sdx_model_options_init(sdx_model_options *options) {
    options->struct_size = sizeof *options;
    sdx_model_options_defaults(options);
}

/* Loads the ONNX file at `path`: reads, checks, upgrades and optimises the graph. `options` may be
 * NULL. All operators that are not available are reported in one error. `out` receives a handle to
 * own. Errors: SDX_NOT_FOUND, SDX_IO, SDX_INVALID_MODEL, SDX_UNSUPPORTED_OPERATOR, SDX_UNSUPPORTED,
 * SDX_TYPE_MISMATCH, SDX_SHAPE_MISMATCH, SDX_LIMIT, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_model_load(sdx_runtime *runtime, const char *path,
                                  const sdx_model_options *options, sdx_model **out);
/* The same from `size` `bytes` of memory, which are copied unless load is SDX_LOAD_MAP: then they
 * must live and not change as long as the model. `out` receives a handle to own. Errors: the same.
 */
SDX_API sdx_status sdx_model_load_memory(sdx_runtime *runtime, const void *bytes, size_t size,
                                         const sdx_model_options *options, sdx_model **out);
/* One more owner; returns `model` */
SDX_API sdx_model *sdx_model_retain(sdx_model *model);
/* One owner less; the last one frees it; takes NULL */
SDX_API void sdx_model_release(sdx_model *model);

/* An input or output as the file declares it, completed by inference. */
typedef struct sdx_port_info {
    sdx_str name;
    sdx_kind kind;
    /* of the tensor, or of the elements of the sequence or optional; of the values of a map */
    sdx_dtype dtype;
    sdx_dtype key;    /* of a map */
    bool has_rank;    /* else rank and dims say nothing */
    bool has_default; /* an input with an initializer: may be left out */
    size_t rank;
    int64_t dims[SDX_MAX_RANK];    /* -1: not known before the run */
    sdx_str symbols[SDX_MAX_RANK]; /* name or expression of an unknown dim ("batch"), else empty */
} sdx_port_info;

/* Number of inputs and of outputs that the file declares */
SDX_API size_t sdx_model_n_inputs(const sdx_model *model);
SDX_API size_t sdx_model_n_outputs(const sdx_model *model);
/* Input and output `index`. Errors: SDX_INVALID_ARGUMENT beyond the last, SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_model_input(const sdx_model *model, size_t index, sdx_port_info *out);
SDX_API sdx_status sdx_model_output(const sdx_model *model, size_t index, sdx_port_info *out);

/* What is known of a model as a whole. */
typedef struct sdx_model_summary {
    size_t struct_size; /* set by the caller */
    sdx_str producer, producer_version, graph_name, domain, doc;
    int64_t ir_version, model_version;
    size_t n_nodes;       /* in the file, functions and subgraphs included */
    size_t n_nodes_final; /* after optimisation, subgraphs included */
    size_t n_functions;   /* model-local */
    size_t n_initializers;
    uint64_t n_parameters; /* elements of all float initializers */
    /* multiply-adds times two of one run, for the declared dims with unknown ones as 1 */
    uint64_t flops;
    size_t file_size; /* bytes, external data not included */
} sdx_model_summary;

/* Fills as much of `out` as its struct_size says. */
SDX_API void sdx_model_summarize(const sdx_model *model, sdx_model_summary *out);
/* Opsets that the file imports: their number; `domain` ("" for ai.onnx) and `version` of each.
 * Errors: SDX_INVALID_ARGUMENT beyond the last. */
SDX_API size_t sdx_model_n_opsets(const sdx_model *model);
SDX_API sdx_status sdx_model_opset(const sdx_model *model, size_t index, sdx_str *domain,
                                   int64_t *version);
/* Metadata of the file: number of pairs; `key` and `value` of each. Errors: SDX_INVALID_ARGUMENT
 * beyond the last. */
SDX_API size_t sdx_model_n_metadata(const sdx_model *model);
SDX_API sdx_status sdx_model_metadata(const sdx_model *model, size_t index, sdx_str *key,
                                      sdx_str *value);

/* Operators of the file, sorted by name: their number; `domain`, `name` and in `count` how often
 * each occurs. Errors: SDX_INVALID_ARGUMENT beyond the last. */
SDX_API size_t sdx_model_n_operators(const sdx_model *model);
SDX_API sdx_status sdx_model_operator(const sdx_model *model, size_t index, sdx_str *domain,
                                      sdx_str *name, size_t *count);

/* An operator that this build lacks; see sdx_model_options.allow_missing. */
typedef struct sdx_missing_info {
    sdx_str domain, name;
    sdx_str node;    /* the first that uses it */
    int64_t version; /* of its domain */
    size_t count;    /* nodes that use it, functions inlined */
} sdx_missing_info;

/* Such operators, sorted by domain and name: their number, 0 where the model can run; and each.
 * Errors: SDX_INVALID_ARGUMENT beyond the last. */
SDX_API size_t sdx_model_n_missing(const sdx_model *model);
SDX_API sdx_status sdx_model_missing(const sdx_model *model, size_t index, sdx_missing_info *out);

/* The optimised graph as text: `text` receives a new block to own (sdx_bytes_free), `size` its
 * bytes with the terminating 0. Errors: SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_model_dump(const sdx_model *model, void **text, size_t *size);

/* ---- context ---------------------------------------------------------------------------------
 * Threads: a context belongs to one thread at a time; cancel and wait are for any. */

/* One place to run a model: a slab of memory and what a run needs besides. */
typedef struct sdx_context sdx_context;

/* How a context is made. */
typedef struct sdx_context_options {
    size_t struct_size; /* set by init */
    /* lanes of a run, the caller included; 0: the CPUs this process may use; default: 0 */
    unsigned threads;
    /* bytes for the slab, scratch, dynamic values and outputs the engine makes; 0: none; default: 0
     */
    size_t memory_limit;
    /* compute with denormal numbers instead of flushing them to zero; default: false */
    bool keep_denormals;
} sdx_context_options;

/* Sets all but struct_size, which says how much of `options` there is, to the defaults. */
SDX_API void sdx_context_options_defaults(sdx_context_options *options);
/* Sets `options` to the defaults; the size is that of this header's struct. */
static inline void sdx_context_options_init(sdx_context_options *options) {
    options->struct_size = sizeof *options;
    sdx_context_options_defaults(options);
}
/* A place to run `model`, which it keeps alive. `options` may be NULL. `out` receives a handle to
 * own. Errors: SDX_INVALID_ARGUMENT, SDX_OUT_OF_MEMORY, SDX_LIMIT. */
SDX_API sdx_status sdx_context_create(sdx_model *model, const sdx_context_options *options,
                                      sdx_context **out);
/* Ends a context; takes NULL. Waits for an asynchronous run; sdx_context_cancel makes that soon. In
 * the child of a fork a context whose run was on is left as it is. */
SDX_API void sdx_context_destroy(sdx_context *context);

/* Runs the model. `inputs` has `n_inputs` values in the order of the model's inputs, as many as
 * there are; NULL where the input has a default. `outputs` has one place for each of the
 * `n_outputs` outputs of the model: NULL receives a new value to own; a tensor is filled in place
 * and must have the right type and shape (the engine then allocates nothing in a steady state).
 * `wanted` (may be NULL: all) says which outputs are of interest; the others stay untouched. After
 * an error the context can run again; outputs then hold no new values. Errors:
 * SDX_INVALID_ARGUMENT, SDX_TYPE_MISMATCH, SDX_SHAPE_MISMATCH, SDX_OUT_OF_RANGE, SDX_UNSUPPORTED,
 * SDX_LIMIT, SDX_OUT_OF_MEMORY, SDX_CANCELLED, SDX_DEADLINE. */
SDX_API sdx_status sdx_context_run(sdx_context *context, sdx_value *const *inputs, size_t n_inputs,
                                   sdx_value **outputs, size_t n_outputs, const bool *wanted);

/* Called once when an asynchronous run has ended, on a thread of the library; `status` is the
 * receiver's to free. The context is free again: the callback may run it, also asynchronously, or
 * destroy it. */
typedef void sdx_done_fn(void *user, sdx_status status);

/* Starts what sdx_context_run does and returns; `done` is told the result. The `n_inputs` `inputs`
 * are retained and `wanted` is copied; `outputs` (`n_outputs` places, which receive values to own)
 * must live until then and is only written where the run succeeds.
 * Until it has ended, another run of the same context is refused; other contexts run beside it, on
 * one CPU too. When an error is returned `done` is not called. Errors: SDX_INVALID_ARGUMENT,
 * SDX_OUT_OF_MEMORY; all others come to `done`. */
SDX_API sdx_status sdx_context_run_async(sdx_context *context, sdx_value *const *inputs,
                                         size_t n_inputs, sdx_value **outputs, size_t n_outputs,
                                         const bool *wanted, sdx_done_fn *done, void *user);
/* Returns when no asynchronous run of the context is on; its callback may still be. From any
 * thread. In the child of a fork a run that was on never ends: this returns at once. */
SDX_API void sdx_context_wait(sdx_context *context);

/* Prepares for inputs of the shapes of the `n_inputs` values of `inputs`, whose elements are not
 * read: the next run with these shapes starts at once. Errors: those of sdx_context_run. */
SDX_API sdx_status sdx_context_bind(sdx_context *context, sdx_value *const *inputs,
                                    size_t n_inputs);

/* Ends a run at its next check with SDX_CANCELLED; without a run, does nothing. Threads: any. */
SDX_API void sdx_context_cancel(sdx_context *context);
/* A run that is not done `ns` nanoseconds after its start ends with SDX_DEADLINE; 0: never. */
SDX_API void sdx_context_set_deadline(sdx_context *context, uint64_t ns);
/* Gives the slab, scratch and dynamic memory back to the system; the next run takes what it needs
 * anew. */
SDX_API void sdx_context_trim(sdx_context *context);

/* Memory of a model or context in few numbers. */
typedef struct sdx_memory {
    size_t struct_size; /* set by the caller */
    size_t file;        /* bytes of the mapped or copied file */
    size_t weights;     /* bytes of initializers copied out of the file */
    size_t packs;       /* bytes of weights in kernel order */
    size_t graph;       /* bytes of the graph, program and tables */
    size_t slab;        /* bytes of the context's planned memory; 0 in the report of a model */
    /* the most bytes of planned values alive at once: no plan can do with less */
    size_t slab_bound;
    size_t dynamic;      /* bytes of values whose shape was found during the run */
    size_t context_peak; /* the most bytes the context ever had in use */
} sdx_memory;

/* Fills as much of `out` as its struct_size says. Threads: any. */
SDX_API void sdx_model_memory(const sdx_model *model, sdx_memory *out);
/* The same of a context: its own and its model's */
SDX_API void sdx_context_memory(const sdx_context *context, sdx_memory *out);

/* What memory is for: SDX_MEMORY_FILE, ...: one enumerator for each line of memory.def. */
typedef enum sdx_memory_kind {
#define SDX_MEMORY(NAME, name, counted, meaning) SDX_MEMORY_##NAME,
#include "sardonyx/memory.def"
#undef SDX_MEMORY
    SDX_MEMORY_N_KINDS
} sdx_memory_kind;

/* A piece of memory. Views live as long as the call that shows it. */
typedef struct sdx_memory_item {
    sdx_memory_kind kind;
    bool counted; /* comes from the allocator; the sum of these is all that a handle took from it */
    size_t size;  /* bytes */
    const void *data; /* of a mapped file: where it begins; else NULL */
    sdx_str name;     /* of the constant; of the external file; else empty */
    sdx_str detail;   /* weights: why they were copied; packs: their format */
    sdx_str node;     /* packs: the first that asked for it */
} sdx_memory_item;

/* Is shown an `item`. */
typedef void sdx_memory_fn(void *user, const sdx_memory_item *item);

/* Shows every piece of memory of a model to `fn`, with `user`, which must not call back into it;
 * the same of a context without its model. */
SDX_API void sdx_model_memory_each(const sdx_model *model, sdx_memory_fn *fn, void *user);
SDX_API void sdx_context_memory_each(const sdx_context *context, sdx_memory_fn *fn, void *user);
/* "packs" and "weights in the order that kernels read"; static texts, NULL for what is no kind */
SDX_API const char *sdx_memory_kind_name(sdx_memory_kind kind);
SDX_API const char *sdx_memory_kind_meaning(sdx_memory_kind kind);

/* ---- profile ---------------------------------------------------------------------------------
 * Threads: those of the context. */

/* Counts what each step of each following run takes, forgetting what was counted before.
 * `max_spans` is the length of a time line, 0: none; its memory is taken now, and what no longer
 * fits is dropped and counted. Not while the context runs. Errors: SDX_OUT_OF_MEMORY. */
SDX_API sdx_status sdx_context_profile_start(sdx_context *context, size_t max_spans);
/* Ends counting. What was counted can be asked for until the next start. */
SDX_API void sdx_context_profile_stop(sdx_context *context);

/* What was counted over all runs. */
typedef struct sdx_profile_summary {
    size_t struct_size; /* set by the caller */
    uint64_t runs;
    uint64_t run_ns;             /* of all runs */
    uint64_t bind_ns;            /* of that: binding new shapes, subgraphs included */
    uint64_t n_spans, n_dropped; /* calls on the time line, and those that found no place */
    unsigned lanes;              /* that a loop may have, the caller included */
} sdx_profile_summary;

/* Fills as much of `out` as its struct_size says. */
SDX_API void sdx_context_profile_summarize(const sdx_context *context, sdx_profile_summary *out);

/* A node of the optimised graph, over all its calls. */
typedef struct sdx_node_profile {
    sdx_str name, domain, op; /* live as long as the model */
    uint32_t depth;           /* subgraphs around it; 0: the main graph */
    uint64_t calls;
    uint64_t ns, self_ns; /* with and without the nodes of its subgraphs */
    uint64_t min_ns, max_ns;
    double flops;     /* operations, a multiply-add being two */
    double bytes;     /* of inputs and outputs, each counted once a call */
    uint32_t id;      /* of the node in its model */
    unsigned lanes;   /* the most that took part in one of its loops, the caller included */
    uint64_t loop_ns; /* of self_ns: in loops that can be shared among lanes */
    uint64_t busy_ns; /* what the lanes worked in them, together: loop_ns where one did it all */
} sdx_node_profile;

/* Is shown a `node`, which lives as long as the call. */
typedef void sdx_profile_fn(void *user, const sdx_node_profile *node);

/* Shows every node that ran to `fn`, with `user`, in the order of execution, those of subgraphs
 * after those of the graph around. */
SDX_API void sdx_context_profile_each(const sdx_context *context, sdx_profile_fn *fn, void *user);

/* One call of a node, or what another lane than the caller's did in a loop of it. */
typedef struct sdx_profile_span {
    sdx_str name, op;
    uint32_t depth;
    uint64_t start_ns, ns; /* since sdx_context_profile_start */
    uint32_t id;           /* of the node */
    unsigned lane;         /* 0: the call; else the lane that took part */
    uint64_t busy_ns;      /* of another lane: at work; of a call: ns */
} sdx_profile_span;

/* Is shown a `span`, which lives as long as the call. */
typedef void sdx_span_fn(void *user, const sdx_profile_span *span);

/* Shows the time line to `fn`, with `user`: calls in the order of their ends, what other lanes did
 * before the call that it belongs to. */
SDX_API void sdx_context_profile_spans(const sdx_context *context, sdx_span_fn *fn, void *user);

/* What this machine gives at most: the measure of what a node reaches. A node that does `flops`
 * operations on `bytes` cannot be done before flops / peak.flops, nor, where its data come from
 * memory, before bytes / peak.bytes; data that caches hold can be faster. */
typedef struct sdx_machine_peak {
    size_t struct_size; /* set by the caller */
    unsigned threads;
    double flops; /* a second: float32 multiply-adds in registers, each being two */
    double bytes; /* a second, read and written: the sum of two arrays of 32 MiB into a third */
} sdx_machine_peak;

/* Measures it on `threads` threads (0: sdx_effective_threads()) with the kernels of
 * sdx_isa_in_use() and fills as much of `out` as its struct_size says. Takes some tenths of a
 * second and 96 MiB; what else runs on the machine lowers the result. Threads: any. Errors:
 * SDX_OUT_OF_MEMORY, SDX_INVALID_ARGUMENT. */
SDX_API sdx_status sdx_machine_measure(unsigned threads, sdx_machine_peak *out);

/* ---- explanations ----------------------------------------------------------------------------
 * Threads: those of the context; what is asked of a model, any. */

/* What loading made of a node of the file. Texts live as long as the model. */
typedef struct sdx_change_info {
    const char *rule; /* "upgrade", "inline", or a rewrite: a name of sdx_rule_info */
    sdx_str node, op; /* what there was; op outside of ai.onnx: "com.microsoft::Gelu" */
    /* the node or value that stands for it now, for "inline" how the names of its nodes begin;
     * empty: nothing does */
    sdx_str into;
    sdx_str into_op; /* of that node, written like op; empty: it is no node */
    /* of "upgrade": the opset version of the node and the one whose meaning it has now; else 0 */
    int version, into_version;
} sdx_change_info;

/* Is shown a `change`. */
typedef void sdx_change_fn(void *user, const sdx_change_info *change);

/* Shows every change to `fn`, with `user`, in the order in which they were made. */
SDX_API void sdx_model_changes_each(const sdx_model *model, sdx_change_fn *fn, void *user);

/* When a node of the optimised graph is computed. */
typedef enum sdx_when {
    SDX_WHEN_RUN,  /* in each run */
    SDX_WHEN_BIND, /* once for each new set of shapes: its content follows from them */
    SDX_WHEN_NEVER /* its output is its input's memory under another shape */
} sdx_when;

/* How a node of the optimised graph is computed, and from what. Texts live as long as the model,
 * `dims` as long as the binding. */
typedef struct sdx_step_info {
    uint32_t id; /* of the node in its model, as in sdx_node_profile */
    sdx_str name, domain, op;
    sdx_str origin; /* names in the file, joined with '+' where nodes became one */
    uint32_t depth; /* subgraphs around it; 0: the main graph */
    uint32_t graph; /* number of the graph it is in; 0: the main graph */
    uint32_t owner; /* id of the node that has this graph; UINT32_MAX: the main graph */
    sdx_when when;
    const char *place; /* the provider: "cpu" */
    /* kernel or algorithm and the reason; NULL: the operator has one way, or its shapes are not
     * bound yet */
    const char *how;
    /* numbers of the values that it reads and makes, those of one graph; UINT32_MAX: absent */
    const uint32_t *reads, *makes;
    size_t n_reads, n_makes;
    sdx_dtype dtype; /* of output 0; SDX_UNDEFINED: not bound yet, or no tensor */
    size_t rank;
    const int64_t *dims; /* rank numbers */
} sdx_step_info;

/* Is shown a `step`, which lives as long as the call. */
typedef void sdx_step_fn(void *user, const sdx_step_info *step);

/* Shows every node to `fn`, with `user`, in the order of execution, those of subgraphs after those
 * of the graph around. What depends on shapes is told for those of the last binding. Not while the
 * context runs; `fn` must not call back into it. */
SDX_API void sdx_context_steps_each(const sdx_context *context, sdx_step_fn *fn, void *user);

/* ---- this build ------------------------------------------------------------------------------
 * Threads: any. Texts are static. */

/* "avx512": the instruction set of the kernels */
SDX_API const char *sdx_isa_in_use(void);
/* the CPUs this process may use: affinity and cgroup quota */
SDX_API unsigned sdx_effective_threads(void);
/* parallel loops so far that were shared out: for tests and tuning */
SDX_API uint64_t sdx_split_loops(void);

/* Environment knobs: `name`, default (`standard`) and `help` of each; false beyond the last. */
SDX_API bool sdx_knob_info(size_t index, const char **name, const char **standard,
                           const char **help);

/* Rewrites of graphs: the `name` that disabled_rules takes and `help`, what it does; false beyond
 * the last. */
SDX_API bool sdx_rule_info(size_t index, const char **name, const char **help);

/* Operators of this build, by families, then those registered with `runtime` (NULL: none), in that
 * order and for as long as it lives: `domain` ("" for ai.onnx), `name`, first (`since`) and last
 * (`until`, 0: still there) opset version known; false beyond the last. */
SDX_API bool sdx_operator_info(sdx_runtime *runtime, size_t index, const char **domain,
                               const char **name, int *since, int *until);

/* The schema of an operator: what a node of it may look like. */
typedef struct sdx_operator_schema {
    size_t struct_size; /* set by the caller */
    const char *domain; /* "" for ai.onnx */
    const char *name;
    int since;  /* first opset version that has it */
    int until;  /* last one; 0: it is still there */
    int newest; /* version of the semantics that the other facts are of; older nodes are upgraded */
    size_t n_inputs, n_outputs, n_attributes;
    bool random;  /* results differ from run to run */
    bool control; /* runs subgraphs */
} sdx_operator_schema;

/* Fills as much of `out` as its struct_size says with the operator that sdx_operator_info has at
 * `index`, with the same `runtime`; false beyond the last. */
SDX_API bool sdx_operator_describe(sdx_runtime *runtime, size_t index, sdx_operator_schema *out);

/* An input or output of an operator. */
typedef struct sdx_operator_port {
    size_t struct_size; /* set by the caller */
    const char *name;
    const char *variable;               /* ports with the same one have one type: "T" */
    uint64_t types;                     /* tensors it takes or makes: bit d for the sdx_dtype d */
    bool sequence, map, optional_value; /* it may be one of these, too */
    bool optional;                      /* a node may leave it out */
    bool variadic;                      /* stands for any number of values */
    bool mixed;                         /* variadic ones may differ in type */
} sdx_operator_port;

/* Fill as much of `out` as its struct_size says with input (output) `port` of the operator at
 * `index`; false beyond the last. */
SDX_API bool sdx_operator_input(sdx_runtime *runtime, size_t index, size_t port,
                                sdx_operator_port *out);
SDX_API bool sdx_operator_output(sdx_runtime *runtime, size_t index, size_t port,
                                 sdx_operator_port *out);

/* An attribute of an operator. */
typedef struct sdx_operator_attribute {
    size_t struct_size; /* set by the caller */
    const char *name;
    const char *type; /* "int", "float", "string", "tensor", "graph", "ints", ... */
    bool required;    /* every node has it */
    bool has_default; /* else it may be absent, which has a meaning of its own */
    int64_t i;        /* default where type is "int" */
    float f;          /* default where type is "float" */
    const char *s;    /* default where type is "string"; else NULL */
} sdx_operator_attribute;

/* Fills as much of `out` as its struct_size says with an attribute of the operator at `index`;
 * false beyond the last. */
SDX_API bool sdx_operator_attribute_at(sdx_runtime *runtime, size_t index, size_t attribute,
                                       sdx_operator_attribute *out);

#ifdef __cplusplus
}
#endif
#endif
