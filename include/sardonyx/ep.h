/* Sardonyx: the interface of execution providers, version 0: free to change until 1.
 *
 * A provider is a shared library that computes parts of a model in a place of its own: a GPU,
 * another library. It sees this header alone and links to nothing of Sardonyx. It exports one
 * function, sdx_ep_open, which gets the host's table of functions and gives its own.
 *
 *   load     claim: looks at each graph and names sets of nodes that it would take
 *            the host cuts sets into groups that can run as one step, and drops those that do not
 * pay compile: once for each group; constants can be read now and no longer shapes   bind: once for
 * each context and each new set of input shapes run      copy in, run, copy out: put in a stream,
 * in order; the host waits only for what it reads
 *
 * Memory. A tensor is on the host, dense and row-major, or in the memory of a device, where its
 * form is the provider's own: size_of says how many bytes it needs and copy converts. The host asks
 * for blocks and places tensors in them; it never touches what is in them,
 * and copies no empty tensor. Types below 8 bits are
 * packed on the host, the first element in the lowest bits. Strings, sequences, maps, optionals
 * stay on the host; no node that has them can be claimed.
 *
 * Shapes. Content that follows from shapes alone (the operands of a Reshape, mostly) is never
 * copied: it is an input that is on the host, there when bind is called. An output whose shape
 * depends on elements is made during run, by host->output.
 *
 * Errors. A function that can fail returns an sdx_ep_code and may say why in words: found,
 * expected. SDX_EP_DECLINED is no error: the host computes the group itself. Whatever a provider
 * returns is checked; what makes no sense is an error that names it.
 *
 * Threads. Functions are called from any thread, also several at once; a stream, and what bind
 * made, is used by one thread at a time. Nothing here may be called from a signal handler, nor in
 * the child of a fork that began with models of this provider loaded. */
#ifndef SARDONYX_EP_H
#define SARDONYX_EP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what a provider exports. */
#if defined(_WIN32)
#define SDX_EP_EXPORT __declspec(dllexport)
#else
#define SDX_EP_EXPORT __attribute__((visibility("default")))
#endif

#define SDX_EP_VERSION 0u      /* of this header: host and provider must have the same */
#define SDX_EP_NONE UINT32_MAX /* no value */

enum { SDX_EP_MAX_RANK = 16, SDX_EP_TEXT = 512 };

/* How a call ended. */
typedef enum sdx_ep_code {
    SDX_EP_OK,
    SDX_EP_DECLINED,      /* compile, bind, run: "not this one"; it runs on the CPU */
    SDX_EP_CANCELLED,     /* the run was to end, see host->cancelled */
    SDX_EP_OUT_OF_MEMORY, /* of the device or the host */
    SDX_EP_FAILED
} sdx_ep_code;

/* Words for a code that is not SDX_EP_OK: "found float64, supported: float32". Empty before a call;
 * cut after SDX_EP_TEXT - 1 bytes. */
typedef struct sdx_ep_why {
    char text[SDX_EP_TEXT];
} sdx_ep_why;

/* A view of text. */
typedef struct sdx_ep_str {
    const char *ptr; /* UTF-8, not terminated */
    size_t len;      /* bytes */
} sdx_ep_str;

/* Type, shape and place of a tensor. */
typedef struct sdx_ep_tensor {
    int32_t dtype;                 /* the number of TensorProto.DataType; 0: not known */
    int32_t rank;                  /* -1: not known */
    int64_t dims[SDX_EP_MAX_RANK]; /* -1: not known */
    void *block;                   /* on a device: from allocate; on the host: an address */
    size_t offset;                 /* in bytes, where it begins in the block */
    size_t size;                   /* in bytes: as size_of says, or dense on the host */
    bool on_host;
    void *holder; /* the host's; set by evaluate, for discard */
} sdx_ep_tensor;

/* ---- what the host offers ---------------------------------------------------------------------
 */

/* A graph, read-only, as long as claim or compile lasts. Nodes are numbered in an order in which
 * they could run, values in any; both from 0. Each graph of a model (bodies of If, Loop, Scan) is
 * offered by itself. */
typedef struct sdx_ep_graph sdx_ep_graph;
/* Where a group runs: for one context. Lives from the first bind until unbind. */
typedef struct sdx_ep_session sdx_ep_session;

/* A node of a graph. */
typedef struct sdx_ep_node {
    sdx_ep_str name, domain, op; /* domain "": ai.onnx */
    /* opset version of what it means: nodes of old files have been upgraded. `revision` is not 0
     * where the newest version cannot say what an old one meant */
    int64_t version;
    int revision;
    const uint32_t *inputs, *outputs; /* values; SDX_EP_NONE: absent */
    uint32_t n_inputs, n_outputs;
    uint32_t n_attributes;
    bool claimable;
    const char *because; /* why it is not claimable; else "" */
    double flops, bytes; /* of one run, unknown dims as 1; bytes: inputs and outputs */
} sdx_ep_node;

/* A value of a graph: an input, a constant, or what a node makes. */
typedef struct sdx_ep_value {
    sdx_ep_str name;
    /* of a constant with its elements, on the host, maybe misaligned; dtype 0: no tensor */
    sdx_ep_tensor tensor;
    bool is_constant;
    bool is_input, is_output; /* of the graph */
    bool
        from_shapes; /* its content follows from shapes: as an input of a group it is on the host */
} sdx_ep_value;

/* What an attribute holds. */
typedef enum sdx_ep_kind {
    SDX_EP_ABSENT, /* optional, not given, without a default */
    SDX_EP_FLOAT,
    SDX_EP_INT,
    SDX_EP_STRING,
    SDX_EP_TENSOR,
    SDX_EP_GRAPH,
    SDX_EP_FLOATS,
    SDX_EP_INTS,
    SDX_EP_STRINGS,
    SDX_EP_OTHER
} sdx_ep_kind;

/* An attribute; defaults are filled in. Which member counts is told by kind. */
typedef struct sdx_ep_attribute {
    sdx_ep_str name;
    sdx_ep_kind kind;
    size_t n; /* of lists */
    float f;
    int64_t i;
    sdx_ep_str s;
    sdx_ep_tensor tensor; /* on the host */
    const float *floats;
    const int64_t *ints;
    const sdx_ep_str *strings;
    const sdx_ep_graph *graph; /* a subgraph */
} sdx_ep_attribute;

/* What claiming a set is worth. */
typedef struct sdx_ep_gain {
    double speedup; /* how many times faster than one CPU; above 0 */
    bool always;    /* take it whatever the copies cost */
} sdx_ep_gain;

/* How urgent a line of the log is. */
typedef enum sdx_ep_level { SDX_EP_ERROR, SDX_EP_WARN, SDX_EP_INFO, SDX_EP_DEBUG } sdx_ep_level;

/* The host's functions. `self` goes with those that have no graph or session. The table lives as
 * long as the provider is open. Functions that return bool are false for a number that is none. */
typedef struct sdx_ep_host {
    size_t struct_size;
    uint32_t version; /* SDX_EP_VERSION of the host */
    void *self;

    void (*log)(void *self, sdx_ep_level level, const char *line);

    /* the graph; in claim and compile */
    sdx_ep_str (*graph_name)(const sdx_ep_graph *graph);
    uint32_t (*n_nodes)(const sdx_ep_graph *graph);
    uint32_t (*n_values)(const sdx_ep_graph *graph);
    bool (*node)(const sdx_ep_graph *graph, uint32_t node, sdx_ep_node *out);
    bool (*value)(const sdx_ep_graph *graph, uint32_t value, sdx_ep_value *out);
    bool (*attribute)(const sdx_ep_graph *graph, uint32_t node, uint32_t index,
                      sdx_ep_attribute *out);
    bool (*attribute_named)(const sdx_ep_graph *graph, uint32_t node, const char *name,
                            sdx_ep_attribute *out);

    /* in claim: this provider takes these nodes, which it could compute together. May be called
     * again for other nodes. Codes: SDX_EP_FAILED (no such node, not claimable, claimed before) */
    int (*claim)(const sdx_ep_graph *graph, const uint32_t *nodes, uint32_t n,
                 const sdx_ep_gain *gain, sdx_ep_why *why);
    /* in claim: why it leaves a node, for the report; the text is copied */
    void (*decline)(const sdx_ep_graph *graph, uint32_t node, const char *because);

    /* in run, on its thread: makes output k, whose shape bind did not know, on the device */
    int (*output)(sdx_ep_session *session, uint32_t k, int32_t rank, const int64_t *dims,
                  sdx_ep_tensor *out, sdx_ep_why *why);
    /* Computes a node on the CPU as the host itself would, from any thread while the session lives.
     * Inputs are on the host (dtype 0: absent). Each output is given a place that `discard` takes
     * back; one that the node does not have gets dtype 0. Codes: SDX_EP_FAILED,
     * SDX_EP_OUT_OF_MEMORY */
    int (*evaluate)(sdx_ep_session *session, uint32_t node, const sdx_ep_tensor *inputs,
                    uint32_t n_inputs, sdx_ep_tensor *outputs, uint32_t n_outputs, sdx_ep_why *why);
    void (*discard)(sdx_ep_session *session, sdx_ep_tensor *outputs, uint32_t n_outputs);
    /* the caller of the run wants it to end: long work asks now and then, from any thread */
    bool (*cancelled)(const sdx_ep_session *session);
} sdx_ep_host;

/* ---- what a provider offers -------------------------------------------------------------------
 */

/* A place to compute, and what it costs to go there. */
typedef struct sdx_ep_device {
    const char *name;                 /* "Tesla T4"; lives as long as the provider */
    uint64_t memory;                  /* bytes in all; 0: not known */
    size_t alignment;                 /* of tensors in a block: a power of two, at least 1 */
    double launch_ns;                 /* to start a group */
    double copy_ns;                   /* to start a copy */
    double in_bytes_ns, out_bytes_ns; /* bytes copied in a nanosecond; above 0 */
} sdx_ep_device;

/* Nodes that run as one step. Numbers are those of the graph. */
typedef struct sdx_ep_group {
    const sdx_ep_graph *graph;
    const uint32_t *nodes; /* in an order in which they could run */
    uint32_t n_nodes;
    /* values from outside, but for constants; those with from_shapes are on the host */
    const uint32_t *inputs;
    uint32_t n_inputs;
    const uint32_t *outputs; /* values that are read outside */
    uint32_t n_outputs;
} sdx_ep_group;

/* A group with the shapes of one context. */
typedef struct sdx_ep_binding {
    const sdx_ep_tensor *inputs; /* shapes; elements of those that are on the host */
    uint32_t n_inputs;
    const sdx_ep_tensor *outputs; /* shapes; some may not be known: host->output makes those */
    uint32_t n_outputs;
    size_t workspace; /* to be set: bytes of device memory that run needs; 0 */
} sdx_ep_binding;

/* Valid during the call alone; blocks and host elements until the work is done. */
typedef struct sdx_ep_run {
    const sdx_ep_tensor *inputs;
    uint32_t n_inputs;
    const sdx_ep_tensor *outputs; /* those that bind did not know have no block: host->output */
    uint32_t n_outputs;
    void *workspace; /* a block; NULL where bind asked for none */
    size_t workspace_offset;
} sdx_ep_run;

/* A provider. Set by sdx_ep_open, unchanged until close. Functions that return int give an
 * sdx_ep_code; results count only with SDX_EP_OK. No function is NULL but those said to be. */
typedef struct sdx_ep {
    size_t struct_size; /* sizeof(sdx_ep) */
    uint32_t version;   /* SDX_EP_VERSION */
    const char *name;   /* "cuda": letters, digits, '_' and '-' */
    void *self;

    /* device `index`; false beyond the last. There is at least one */
    bool (*device)(void *self, uint32_t index, sdx_ep_device *out);

    /* calls host->claim and host->decline for this graph */
    int (*claim)(void *self, uint32_t device, const sdx_ep_graph *graph, sdx_ep_why *why);
    int (*compile)(void *self, uint32_t device, const sdx_ep_group *group, void **compiled,
                   sdx_ep_why *why);
    void (*release)(void *self, void *compiled);

    /* `*bound` is NULL at first, and what the last call left afterwards, also where that failed */
    int (*bind)(void *self, void *compiled, sdx_ep_session *session, sdx_ep_binding *binding,
                void **bound, sdx_ep_why *why);
    void (*unbind)(void *self, void *bound); /* not for NULL */
    /* puts the group's work into the stream, or does it at once. Outputs that bind did not know are
     * made before it returns */
    int (*run)(void *self, void *bound, void *stream, const sdx_ep_run *run, sdx_ep_why *why);

    /* a stream does what is put into it in that order, beside the host */
    int (*open_stream)(void *self, uint32_t device, void **stream, sdx_ep_why *why);
    void (*close_stream)(void *self, void *stream); /* nothing is in it */
    /* a mark behind all that is in the stream; later marks are greater */
    int (*record)(void *self, void *stream, uint64_t *mark, sdx_ep_why *why);
    /* returns when all before the mark is done, with *done true, or after `ns` nanoseconds, with
     * *done false; 0: asks only. The code tells what went wrong in the stream since the last wait
     */
    int (*wait)(void *self, void *stream, uint64_t mark, uint64_t ns, bool *done, sdx_ep_why *why);

    /* bytes of a tensor of known type and shape on the device */
    int (*size_of)(void *self, uint32_t device, const sdx_ep_tensor *tensor, size_t *size,
                   sdx_ep_why *why);
    int (*allocate)(void *self, uint32_t device, size_t size, void **block, sdx_ep_why *why);
    void (*deallocate)(void *self, uint32_t device, void *block, size_t size); /* nobody uses it */
    /* puts a copy into the stream: one of the tensors or none is on the host. Both have the same
     * type and shape; host memory stays until the copy is done */
    int (*copy)(void *self, void *stream, const sdx_ep_tensor *to, const sdx_ep_tensor *from,
                sdx_ep_why *why);

    /* bytes in use on the device by this provider, and the most so far; may be NULL */
    void (*memory)(void *self, uint32_t device, uint64_t *used, uint64_t *peak);

    void (*close)(void *self); /* the last call; everything it made has been released */
} sdx_ep;

/* The one function that a provider exports. `options` is text that the user gave, "" for none.
 * `host` and `*out` live until close. Codes: SDX_EP_FAILED where options make no sense or the
 * device is not there, SDX_EP_OUT_OF_MEMORY. */
typedef int sdx_ep_open_fn(const sdx_ep_host *host, const char *options, const sdx_ep **out,
                           sdx_ep_why *why);
SDX_EP_EXPORT int sdx_ep_open(const sdx_ep_host *host, const char *options, const sdx_ep **out,
                              sdx_ep_why *why);

#ifdef __cplusplus
}
#endif
#endif
