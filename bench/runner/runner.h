/* One program for each engine, so that all are measured by the same loop: main.c speaks with the
 * driver and takes the time, tensors.c reads and writes tensors, engine_NAME.c is the one file that
 * knows an engine. Programs end at the first error, with one line that says what it was. */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_RANK = 16, MAX_NAME = 512, STRING_DTYPE = 8 };

/* A dense tensor, row-major. */
struct tensor {
    char name[MAX_NAME];
    int dtype; /* number of TensorProto.DataType */
    size_t rank;
    int64_t dims[MAX_RANK];
    size_t len;     /* elements */
    size_t size;    /* bytes of data; of all strings */
    void *data;     /* 64-byte aligned; NULL for strings */
    char **strings; /* len of them, terminated; NULL for other types */
};

struct tensors {
    struct tensor *items;
    size_t n;
};

struct options {
    const char *library; /* of a peer: the file to open */
    const char *model, *inputs;
    unsigned threads;
    bool spin;     /* threads of the engine may wait by spinning after a run */
    bool optimize; /* the graph is rewritten */
    bool once;     /* end after the first run */
};

/* ---- what an engine_NAME.c gives ---- */

/* Opens the library and what it wants once for a process. */
void engine_open(const struct options *options);
/* Loads the model: all that comes before the first run. */
void engine_load(const struct options *options);
/* Binds inputs by name, as cheaply for later runs as the engine allows; the tensors stay. */
void engine_bind(const struct tensors *inputs);
void engine_run(void);
/* What the last run made, valid until the next: views, data belongs to the engine. Outputs that
 * are no tensors have dtype 0. */
struct tensors engine_outputs(void);
void engine_close(void);

/* ---- what it may use ---- */

#if defined(__GNUC__)
__attribute__((noreturn, format(printf, 1, 2)))
#endif
void fail(const char *format, ...);
/* `n` objects of zeros; ends the program when there is no memory */
void *new_array(size_t n, size_t size);
/* bits of an element of a TensorProto.DataType; 0 for what is not known */
unsigned dtype_bits(int dtype);

struct tensors tensors_read(const char *path);
void tensors_write(const struct tensors *tensors, const char *path);
void tensors_free(struct tensors *tensors);
const struct tensor *tensors_find(const struct tensors *tensors, const char *name, size_t len);

#endif
