/* sardonyx dump: the graph of a model, in the format that is asked for. */
#include "cli/dump.h"

#include <string.h>

#include "cli/command.h"
#include "cli/file.h"
#include "cli/os.h"
#include "cli/session.h"

struct settings {
    struct session_settings session;
    const char *format, *output;
    uint64_t opset; /* of ONNX; 0: the lowest */
    bool original, optimized;
};

static const struct option options[] = {
    {"format", "text|dot|json|onnx", "what to write (default: text)", OPTION_TEXT,
     offsetof(struct settings, format)},
    {"output", "FILE", "where to write (default: -, the standard output)", OPTION_TEXT,
     offsetof(struct settings, output)},
    {"optimized", NULL, "the graph as it runs (default)", OPTION_FLAG,
     offsetof(struct settings, optimized)},
    {"original", NULL, "the graph as it stands in the file", OPTION_FLAG,
     offsetof(struct settings, original)},
    {"disable-rule", "NAMES", "rewrites not to use, separated by commas", OPTION_TEXT,
     offsetof(struct settings, session.disabled_rules)},
    {"opset", "N", "of ONNX that is written (default: the lowest that says all)", OPTION_COUNT,
     offsetof(struct settings, opset)},
    {"custom-ops", "LIBRARY", "a shared library of operators; may be given several times",
     OPTION_LIST, offsetof(struct settings, session.custom_ops)},
    {"external-data", "DIR", "folder of external data (default: the model's)", OPTION_TEXT,
     offsetof(struct settings, session.folder)},
    {"memory-limit", "BYTES", "most memory for the model: 512M, 2G", OPTION_BYTES,
     offsetof(struct settings, session.memory_limit)},
};

static const struct format {
    const char *name;
    void (*write)(const struct dump *dump, struct text *out); /* NULL: ONNX */
} formats[] = {{"text", dump_text}, {"dot", dump_dot}, {"json", dump_json}, {"onnx", NULL}};
enum { N_FORMATS = sizeof formats / sizeof *formats };

static const struct format *find_format(const char *name, struct fault *fault) {
    for (size_t i = 0; i < N_FORMATS; i++) {
        if (strcmp(formats[i].name, name != NULL ? name : "text") == 0) {
            return &formats[i];
        }
    }
    fault_set(fault, EXIT_USAGE,
              "option '--format' has value '%s', expected text, dot, json or onnx", name);
    return NULL;
}

static bool write_onnx(sdx_model *model, uint64_t opset, const char *path, struct fault *fault) {
    sdx_save_options save;
    void *bytes;
    size_t size;
    sdx_save_options_init(&save);
    save.opset = opset < INT32_MAX ? (int64_t)opset : INT32_MAX;
    if (strcmp(path, "-") != 0) {
        return fault_check(fault, sdx_model_save(model, path, &save));
    }
    if (os_is_terminal(1)) {
        return fault_set(fault, EXIT_USAGE,
                         "dump: an ONNX file is not for a terminal; name one with '--output'");
    }
    if (!fault_check(fault, sdx_model_serialize(model, NULL, &save, &bytes, &size))) {
        return false;
    }
    const bool good = file_write(path, bytes, size, fault);
    sdx_bytes_free(bytes, size);
    return good;
}

static bool write_text(const struct format *format, struct dump *dump, const char *path,
                       struct fault *fault) {
    struct text text = {0};
    numbers_init(&dump->numbers, dump->graph);
    format->write(dump, &text);
    const bool good = file_write(path, text_get(&text), text.len, fault);
    numbers_free(&dump->numbers);
    text_free(&text);
    return good;
}

static bool dump_model(struct settings *settings, const char *path, struct fault *fault) {
    const struct format *const format = find_format(settings->format, fault);
    const char *const output = settings->output != NULL ? settings->output : "-";
    struct session session;
    if (format == NULL) {
        return false;
    }
    settings->session.no_optimize = settings->original;
    settings->session.graph_only = true;
    settings->session.allow_missing = true;
    if (!session_open(&settings->session, path, &session, fault)) {
        return false;
    }
    struct dump dump = {.model = session.model, .path = path};
    dump.to_terminal = strcmp(output, "-") == 0;
    bool good = fault_check(fault, sdx_model_graph(session.model, &dump.graph));
    if (good) {
        good = format->write == NULL ? write_onnx(session.model, settings->opset, output, fault)
                                     : write_text(format, &dump, output, fault);
    }
    session_close(&session);
    return good;
}

int command_dump(const struct command *command, int n, char **arguments) {
    struct settings settings = {0};
    const struct option_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, groups, 1, n, arguments, &rest, &fault)) {
        if (rest.n != 1) {
            fault_set(&fault, EXIT_USAGE,
                      "dump: %zu models given, expected one: sardonyx dump MODEL", rest.n);
        } else if (settings.original && settings.optimized) {
            fault_set(&fault, EXIT_USAGE,
                      "dump: '--original' and '--optimized' exclude each other; give one of them");
        } else {
            dump_model(&settings, rest.items[0], &fault);
        }
    }
    session_settings_free(&settings.session);
    text_list_free(&rest);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
