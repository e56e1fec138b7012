/* sardonyx convert: writes a model in another form and shows that it still gives the same. */
#include "cli/convert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/os.h"
#include "cli/table.h"

static const struct option options[] = {
    {"opset", "N", "opset of ai.onnx to write (default: as low as it can be)", OPTION_COUNT,
     offsetof(struct convert_settings, opset)},
    {"weights", "fp16|bf16|fp32", "type in which weights are held", OPTION_TEXT,
     offsetof(struct convert_settings, weights)},
    {"external", "BYTES", "put tensors of so many bytes and more into OUTPUT.data", OPTION_BYTES,
     offsetof(struct convert_settings, external)},
    {"from", "VALUE", "cut: begin at this value; may be repeated", OPTION_LIST,
     offsetof(struct convert_settings, from)},
    {"to", "VALUE", "cut: end at this value; may be repeated", OPTION_LIST,
     offsetof(struct convert_settings, to)},
    {"no-check", NULL, "do not run the old and the new model", OPTION_FLAG,
     offsetof(struct convert_settings, no_check)},
    {"data", "DIR", "check: inputs from a folder test_data_set_N, not made up", OPTION_TEXT,
     offsetof(struct convert_settings, data)},
    {"limit", "T", "check: largest |a-b| by the largest |b| (default: by types and nodes)",
     OPTION_NUMBER, offsetof(struct convert_settings, limit)},
    {"json", NULL, "print as JSON", OPTION_FLAG, offsetof(struct convert_settings, json)},
};

/* What there is to tell. */
struct result {
    const struct conversion *conversion;
    sdx_model_summary summary; /* of the new model */
    struct convert_check check;
    bool checked;
};

static void print_json(const struct result *result) {
    const struct conversion *const c = result->conversion;
    struct json_out out = {0};
    json_open(&out, NULL, '{');
    json_text(&out, "output", c->settings->output);
    json_uint(&out, "nodes", result->summary.n_nodes);
    json_uint(&out, "weights converted", c->n_weights);
    json_uint(&out, "numbers converted", c->n_numbers);
    json_uint(&out, "numbers rounded to zero", c->n_zeros);
    json_text(&out, "stay", text_get(&c->stay));
    json_bool(&out, "checked", result->checked);
    json_open(&out, "outputs", '[');
    for (size_t i = 0; i < result->check.n; i++) {
        json_open(&out, NULL, '{');
        json_text(&out, "name", result->check.outputs[i].name);
        json_number(&out, "difference", result->check.outputs[i].difference);
        json_number(&out, "largest", result->check.outputs[i].largest);
        json_number(&out, "ratio", result->check.outputs[i].ratio);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    json_print(&out);
}

static void print_check(const struct convert_check *check, const struct terminal *terminal) {
    static const struct table_column columns[] = {{"output", TABLE_LEFT},
                                                  {"largest |a-b|", TABLE_RIGHT},
                                                  {"largest |b|", TABLE_RIGHT},
                                                  {"of limit", TABLE_RIGHT}};
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < check->n; i++) {
        text_safe(table_cell(&table), str_of(check->outputs[i].name));
        struct text *const difference = table_cell(&table);
        if (check->outputs[i].number) {
            text_number(difference, check->outputs[i].difference);
        }
        struct text *const largest = table_cell(&table);
        if (check->outputs[i].number) {
            text_number(largest, check->outputs[i].largest);
        }
        text_add(table_cell(&table), "%.2g", check->outputs[i].ratio);
    }
    printf("\n");
    table_print(&table, terminal);
}

static void print_text(const struct result *result) {
    const struct conversion *const c = result->conversion;
    const struct terminal terminal = terminal_look(false);
    struct text text = {0};
    text_add(&text, "written  %s, ", c->settings->output);
    text_size(&text, result->summary.file_size);
    text_add(&text, ", %zu nodes\n", result->summary.n_nodes);
    if (c->weights != SDX_UNDEFINED) {
        text_add(&text, "weights  %zu as %s", c->n_weights, sdx_dtype_name(c->weights));
        if (c->n_zeros > 0) {
            text_add(&text, "; of %llu numbers %llu were rounded to zero",
                     (unsigned long long)c->n_numbers, (unsigned long long)c->n_zeros);
        }
        text_add(&text, "\n%s", text_get(&c->stay));
    }
    printf("%s", text_get(&text));
    text_free(&text);
    if (result->check.n > 0) {
        print_check(&result->check, &terminal);
    }
}

static bool write_model(const struct conversion *c, sdx_model *model, struct fault *fault) {
    sdx_save_options save;
    sdx_save_options_init(&save);
    save.opset = (int64_t)c->settings->opset;
    save.external_from = c->settings->external > 0 ? (size_t)c->settings->external : SIZE_MAX;
    return fault_check(fault, sdx_model_save(model, c->settings->output, &save));
}

static bool convert(struct conversion *c, const char *path, struct fault *fault) {
    struct result result = {.conversion = c, .summary = {.struct_size = sizeof result.summary}};
    struct session_settings describing = {.graph_only = true, .allow_missing = true};
    struct session written = {0};
    sdx_model *model = NULL;
    const bool as_it_is = !c->cut && !c->fixed && c->weights == SDX_UNDEFINED;
    bool good = as_it_is || convert_build(c, &model, fault);
    good = good && write_model(c, as_it_is ? c->source.model : model, fault);
    sdx_model_release(model);
    describing.no_optimize = true;
    describing.custom_ops = c->settings->session.custom_ops;
    good = good && session_open(&describing, c->settings->output, &written, fault);
    if (!good) {
        return false;
    }
    sdx_model_summarize(written.model, &result.summary);
    session_close(&written);
    if (!c->settings->no_check) {
        result.checked = true;
        good = convert_check(c, path, c->settings->output, &result.check, fault);
    }
    if (c->settings->json) {
        print_json(&result);
    } else {
        print_text(&result);
    }
    convert_check_free(&result.check);
    return good;
}

static bool check_line(struct convert_settings *settings, const struct text_list *rest,
                       struct fault *fault) {
    if (rest->n != 2) {
        return fault_set(fault, EXIT_USAGE,
                         "convert: found %zu files, expected two: sardonyx convert MODEL OUTPUT",
                         rest->n);
    }
    settings->output = rest->items[1];
    if (strcmp(rest->items[0], rest->items[1]) == 0) {
        return fault_set(fault, EXIT_USAGE,
                         "convert: '%s' would be written over; name another file", rest->items[0]);
    }
    return settings->opset <= INT32_MAX ||
           fault_set(fault, EXIT_USAGE,
                     "convert: option '--opset' has value %llu, expected a "
                     "version such as 21",
                     (unsigned long long)settings->opset);
}

int command_convert(const struct command *command, int n, char **arguments) {
    struct convert_settings settings = {.limit = NAN, .input = {.fill = NAN}};
    const struct option_group groups[] = {{options, sizeof options / sizeof *options, &settings},
                                          {input_options, n_input_options, &settings.input},
                                          {session_options, n_session_options, &settings.session}};
    struct text_list rest = {0};
    struct fault fault = {0};
    struct conversion conversion = {0};
    if (options_parse(command, groups, 3, n, arguments, &rest, &fault) &&
        check_line(&settings, &rest, &fault) &&
        conversion_open(&settings, rest.items[0], &conversion, &fault)) {
        (void)convert(&conversion, rest.items[0], &fault);
    }
    conversion_close(&conversion);
    text_list_free(&settings.from);
    text_list_free(&settings.to);
    input_settings_free(&settings.input);
    session_settings_free(&settings.session);
    text_list_free(&rest);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
