/* A loaded model: immutable once made, shared by all threads. */
#ifndef SDX_EXEC_MODEL_H
#define SDX_EXEC_MODEL_H

#include "base/file.h"
#include "base/log.h"
#include "base/map.h"
#include "base/thread.h"
#include "onnx/import.h"
#include "ops/custom/custom.h"
#include "plan/partition.h"
#include "plan/program.h"

struct sdx_runtime {
    sdx_refs refs;
    sdx_allocator allocator;
    bool has_allocator;
    sdx_logger logger;
    sdx_heap heap;           /* of what follows */
    sdx_mutex mutex;         /* of the lists */
    sdx_custom *custom;      /* registered operators, the latest first; owned */
    sdx_provider *providers; /* loaded ones, the latest first; owned references */
};

/* The operators that were registered until now; they live as long as the runtime. Thread-safe. */
const sdx_op_set *sdx_runtime_operators(sdx_runtime *runtime);

/* Ways to read a file: inputs with an initializer as constants (nearly always), or as inputs that a
 * caller may give, or to look at the graph: without a program, whose packs would take the elements
 * of constants, and tidied. */
typedef enum sdx_variant_kind {
    SDX_VARIANT_FIXED,
    SDX_VARIANT_OVERRIDABLE,
    SDX_VARIANT_VIEW
} sdx_variant_kind;

typedef struct sdx_variant {
    sdx_arena arena;
    sdx_onnx_model onnx;
    sdx_packer packer;
    const sdx_file *file; /* of the model */
    sdx_program *program;
    sdx_partition partition; /* of its targets; none without providers */
    size_t graph_bytes;      /* of the arena, for the graph without copies */
    bool made;
} sdx_variant;

struct sdx_model {
    sdx_refs refs;
    sdx_runtime *runtime;     /* retained */
    const sdx_op_set *custom; /* the runtime's operators when it was loaded */
    sdx_heap heap;
    sdx_file file;
    void *copy; /* bytes of a model from memory, owned; NULL: the caller's or the file's */
    const void *bytes;
    size_t size;
    sdx_model_options options; /* its strings are copied into `strings` */
    sdx_target *targets;       /* in `strings`; n_targets, each with a reference to its provider */
    uint32_t n_targets;
    sdx_map symbols; /* texts of dims that callers asked for, kept once each in `strings` */
    sdx_arena strings;
    sdx_variant fixed;       /* made at load */
    sdx_variant overridable; /* made when a caller first gives an input that has an initializer */
    atomic_bool has_overridable;
    sdx_variant view; /* made when a caller first looks at the graph; `fixed` with graph_only */
    atomic_bool has_view;
    sdx_mutex mutex;
};

sdx_status sdx_model_make(sdx_runtime *runtime, const char *path, const void *bytes, size_t size,
                          const sdx_model_options *options, sdx_model **out) SDX_NODISCARD;
void sdx_model_free(sdx_model *model);

/* providers.c */
enum { SDX_MAX_TARGETS = 16 }; /* of a model */
/* Opens a provider: from `path`, or `open` when it is not NULL. */
sdx_status sdx_runtime_add_provider(sdx_runtime *runtime, const char *path, sdx_ep_open_fn *open,
                                    const char *options, const char **name) SDX_NODISCARD;
void sdx_runtime_drop_providers(sdx_runtime *runtime);
/* The device "name@number" of a runtime's provider, which gets a reference. */
sdx_status sdx_runtime_find_target(sdx_runtime *runtime, sdx_str name, sdx_target *out)
    SDX_NODISCARD;
sdx_status sdx_model_choose_targets(sdx_model *model) SDX_NODISCARD; /* as its options say */
void sdx_model_drop_targets(sdx_model *model);
/* The second variant, made now if it was not needed before. Thread-safe. */
sdx_status sdx_model_overridable(sdx_model *model, const sdx_variant **out) SDX_NODISCARD;
/* The variant to look at, likewise. */
sdx_status sdx_model_view(sdx_model *model, const sdx_variant **out) SDX_NODISCARD;

#endif
