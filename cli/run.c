/* sardonyx run: one model, inputs from files or made up, outputs shown and written. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/draw.h"
#include "cli/inputs.h"
#include "cli/memory.h"
#include "cli/os.h"
#include "cli/outputs.h"
#include "cli/session.h"
#include "cli/top.h"

struct settings {
    struct session_settings session;
    struct input_settings input;
    struct output_settings output;
    uint64_t top, repeat;
    const char *labels;
    bool show, json;
};

static const struct option options[] = {
    {"top", "K", "print the K best classes of the first output that has some", OPTION_COUNT,
     offsetof(struct settings, top)},
    {"labels", "FILE", "names of the classes, one a line (default: the model's)", OPTION_TEXT,
     offsetof(struct settings, labels)},
    {"show", NULL, "draw the pictures as the model sees them", OPTION_FLAG,
     offsetof(struct settings, show)},
    {"repeat", "N", "run N times and print the median time (default: 1)", OPTION_COUNT,
     offsetof(struct settings, repeat)},
    {"json", NULL, "print outputs and times as JSON", OPTION_FLAG, offsetof(struct settings, json)},
};

struct run {
    struct session session;
    struct inputs inputs;
    struct labels labels;
    sdx_value **outputs; /* owned, and so is each */
    double load_ns, run_ns;
};

static int by_size(const void *a, const void *b) {
    const double one = *(const double *)a;
    const double other = *(const double *)b;
    return (one > other) - (one < other);
}

static void release_outputs(struct run *run) {
    for (size_t i = 0; run->outputs != NULL && i < sdx_model_n_outputs(run->session.model); i++) {
        sdx_value_release(run->outputs[i]);
        run->outputs[i] = NULL;
    }
}

static bool execute(const struct settings *settings, struct run *run, struct fault *fault) {
    enum { MAX_REPEAT = 1000000 };
    const size_t n_outputs = sdx_model_n_outputs(run->session.model);
    const size_t repeat = settings->repeat < 1            ? 1
                          : settings->repeat > MAX_REPEAT ? MAX_REPEAT
                                                          : (size_t)settings->repeat;
    double *const times = mem_new(repeat, sizeof *times);
    bool good = true;
    run->outputs = mem_new(n_outputs, sizeof *run->outputs);
    for (size_t i = 0; good && i < repeat; i++) {
        release_outputs(run);
        const uint64_t start = os_now();
        good = fault_check(fault, sdx_context_run(run->session.context, run->inputs.values,
                                                  run->inputs.n, run->outputs, n_outputs, NULL));
        times[i] = (double)(os_now() - start);
    }
    qsort(times, repeat, sizeof *times, by_size);
    run->run_ns = times[repeat / 2];
    mem_free(times);
    return good;
}

/* ---- showing ---- */

static uint64_t memory_of(const struct run *run) {
    sdx_memory memory = {.struct_size = sizeof memory};
    sdx_context_memory(run->session.context, &memory);
    return (uint64_t)memory.weights + memory.packs + memory.graph + memory.slab + memory.dynamic;
}

static void print_json(const struct settings *settings, const struct run *run) {
    struct json_out out = {0};
    const sdx_value *const best =
        settings->top > 0 ? top_output(run->outputs, sdx_model_n_outputs(run->session.model))
                          : NULL;
    json_open(&out, NULL, '{');
    outputs_json(&out, run->session.model, run->outputs);
    if (best != NULL) {
        const size_t most =
            (size_t)(settings->top < sdx_tensor_len(best) ? settings->top : sdx_tensor_len(best));
        struct top_class *const classes = mem_new(most, sizeof *classes);
        json_open(&out, "top", '[');
        for (size_t row = 0; row < top_rows(best); row++) {
            top_json(&out, &run->labels, classes, top_classes(best, row, most, classes));
        }
        json_close(&out, ']');
        mem_free(classes);
    }
    json_number(&out, "load_ms", run->load_ns / 1e6);
    json_number(&out, "run_ms", run->run_ns / 1e6);
    json_uint(&out, "memory", memory_of(run));
    json_close(&out, '}');
    json_print(&out);
}

/* What there is to show of picture or row `index`: name, drawing, best classes. */
static bool fill_block(const struct settings *settings, const struct run *run, size_t index,
                       const struct terminal *terminal, struct block *block, struct fault *fault) {
    const sdx_value *const best =
        settings->top > 0 ? top_output(run->outputs, sdx_model_n_outputs(run->session.model))
                          : NULL;
    if (index < run->inputs.n_pictures) {
        const char *const name = path_name(run->inputs.picture_files[index]);
        text_safe(block_add(block, str_columns(str_of(name))), str_of(name));
        if (settings->show && !image_draw(&run->inputs.pictures[index], terminal, block, fault)) {
            return false;
        }
    }
    if (best != NULL && index < top_rows(best)) {
        const size_t most =
            (size_t)(settings->top < sdx_tensor_len(best) ? settings->top : sdx_tensor_len(best));
        struct top_class *const classes = mem_new(most, sizeof *classes);
        top_lines(&run->labels, classes, top_classes(best, index, most, classes), terminal, block);
        mem_free(classes);
    }
    return true;
}

static bool print_blocks(const struct settings *settings, const struct run *run,
                         const struct terminal *terminal, struct fault *fault) {
    const sdx_value *const best =
        settings->top > 0 ? top_output(run->outputs, sdx_model_n_outputs(run->session.model))
                          : NULL;
    const size_t rows = best != NULL ? top_rows(best) : 0;
    const size_t pictures = settings->show || best != NULL ? run->inputs.n_pictures : 0;
    const size_t n = rows > pictures ? rows : pictures;
    struct block *const blocks = mem_new(n, sizeof *blocks);
    bool good = true;
    for (size_t i = 0; good && i < n; i++) {
        good = fill_block(settings, run, i, terminal, &blocks[i], fault);
    }
    if (good) {
        blocks_print(blocks, n, terminal);
    }
    for (size_t i = 0; i < n; i++) {
        block_free(&blocks[i]);
    }
    mem_free(blocks);
    return good;
}

static bool print_text(const struct settings *settings, const struct run *run,
                       struct fault *fault) {
    const struct terminal terminal = terminal_look(false);
    struct text line = {0};
    if (settings->top > 0 || settings->show) {
        if (!print_blocks(settings, run, &terminal, fault)) {
            return false;
        }
    }
    if (settings->top == 0) {
        outputs_print(run->session.model, run->outputs, &terminal);
        printf("\n");
    }
    text_add(&line, "loaded in ");
    text_time(&line, run->load_ns);
    text_add(&line, ", ran in ");
    text_time(&line, run->run_ns);
    if (settings->repeat > 1) {
        text_add(&line, " (median of %llu)", (unsigned long long)settings->repeat);
    }
    text_add(&line, ", memory ");
    text_size(&line, memory_of(run));
    printf("%s%s%s\n", terminal_paint(&terminal, PAINT_DIM), text_get(&line),
           terminal_paint(&terminal, PAINT_PLAIN));
    text_free(&line);
    return true;
}

/* ---- the command ---- */

static bool run_model(const struct settings *settings, const char *path, struct fault *fault) {
    struct run run = {0};
    const uint64_t start = os_now();
    bool good = session_open(&settings->session, path, &run.session, fault) &&
                session_context(&settings->session, &run.session, fault);
    run.load_ns = (double)(os_now() - start);
    good = good && outputs_check(&settings->output, run.session.model, fault) &&
           labels_read(settings->labels, run.session.model, &run.labels, fault) &&
           inputs_gather(&settings->input, run.session.model, &run.inputs, fault) &&
           execute(settings, &run, fault) &&
           outputs_write(&settings->output, run.session.model, run.outputs, fault);
    if (good && settings->json) {
        print_json(settings, &run);
    } else if (good && !outputs_take_stdout(&settings->output)) {
        good = print_text(settings, &run, fault);
    }
    release_outputs(&run);
    mem_free(run.outputs);
    inputs_free(&run.inputs);
    labels_free(&run.labels);
    session_close(&run.session);
    return good;
}

int command_run(const struct command *command, int n, char **arguments) {
    struct settings settings = {.input.fill = NAN};
    const struct option_group groups[] = {
        {input_options, n_input_options, &settings.input},
        {prepare_options, n_prepare_options, &settings.input.prepare},
        {output_options, n_output_options, &settings.output},
        {options, sizeof options / sizeof *options, &settings},
        {session_options, n_session_options, &settings.session}};
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, groups, sizeof groups / sizeof *groups, n, arguments, &rest,
                      &fault)) {
        if (rest.n != 1) {
            fault_set(&fault, EXIT_USAGE, "run: %zu models given, expected one: sardonyx run MODEL",
                      rest.n);
        } else {
            (void)run_model(&settings, rest.items[0], &fault);
        }
    }
    text_list_free(&rest);
    session_settings_free(&settings.session);
    input_settings_free(&settings.input);
    text_list_free(&settings.output.files);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
