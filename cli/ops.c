/* sardonyx ops: the operators of this build. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/table.h"

struct settings {
    bool json;
};

static const struct option options[] = {
    {"json", NULL, "print as JSON", OPTION_FLAG, offsetof(struct settings, json)}};

static void print_json(void) {
    struct json_out out = {0};
    const char *domain = NULL;
    const char *name = NULL;
    int since = 0;
    int until = 0;
    json_open(&out, NULL, '[');
    for (size_t i = 0; sdx_operator_info(i, &domain, &name, &since, &until); i++) {
        json_open(&out, NULL, '{');
        json_text(&out, "domain", domain);
        json_text(&out, "name", name);
        json_int(&out, "since", since);
        json_int(&out, "until", until);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_print(&out);
}

static void print_text(void) {
    static const struct table_column columns[] = {
        {"operator", TABLE_LEFT}, {"since", TABLE_RIGHT}, {"until", TABLE_RIGHT}};
    const struct terminal terminal = terminal_look(false);
    const char *domain = NULL;
    const char *name = NULL;
    int since = 0;
    int until = 0;
    struct table table;
    table_init(&table, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; sdx_operator_info(i, &domain, &name, &since, &until); i++) {
        table_add(&table, "%s%s%s", domain, domain[0] != 0 ? "::" : "", name);
        table_add(&table, "%d", since);
        struct text *const last = table_cell(&table);
        if (until > 0) { /* else it is still in the newest opset */
            text_add(last, "%d", until);
        }
    }
    table_print(&table, &terminal);
}

int command_ops(const struct command *command, int n, char **arguments) {
    struct settings settings = {0};
    const struct option_group groups[] = {{options, sizeof options / sizeof *options, &settings}};
    struct text_list rest = {0};
    struct fault fault = {0};
    if (options_parse(command, groups, 1, n, arguments, &rest, &fault)) {
        if (rest.n > 0) {
            fault_set(&fault, EXIT_USAGE,
                      "ops: '%s' is too much; ops takes no model, 'sardonyx info' does",
                      rest.items[0]);
        } else if (settings.json) {
            print_json();
        } else {
            print_text();
        }
    }
    text_list_free(&rest);
    return fault.exit != EXIT_GOOD ? fault_report(&fault) : EXIT_GOOD;
}
