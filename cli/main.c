/* sardonyx: the table of commands. Exit status: 0 good, 1 a check failed, 2 wrong usage, 2 +
 * sdx_code for every other error (see fault.h). */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const struct command commands[] = {
    {
        .name = "check",
        .summary = "run models against the outputs that they should have",
        .usage = "DIR... [options]",
        .help = "\nEvery folder at or below DIR with a model.onnx and "
                "test_data_set_N/{input,output}_K.pb is a case. A floating-point output\n"
                "passes where max |a-b| <= T max |b| + 1e-6, T being 1e-3 or the number in the "
                "folder's file 'tolerance'; all else must be\n"
                "equal, but integers of models with quantised operators may differ by 1. Models "
                "with operators that this build does not\n"
                "have are skipped. Exit status 1 when a case failed.\n"
                "\n  sardonyx check models\n  sardonyx check tests/data --rtol 1e-3 --atol 1e-7 "
                "--fork --timeout 60\n"
                "  sardonyx check tests/data --filter 'test_resize_*' --verbose\n  sardonyx check "
                "tests/data --missing\n",
        .run = command_check,
    },
};
static const size_t n_commands = sizeof commands / sizeof *commands;

static void print_help(void) {
    printf("sardonyx %s: runs ONNX models\n\nusage: sardonyx COMMAND [options]\n\ncommands:\n",
           sdx_version());
    for (size_t i = 0; i < n_commands; i++) {
        printf("  %-10s%s\n", commands[i].name, commands[i].summary);
    }
    printf("\n'sardonyx COMMAND --help' says more, with examples. 'sardonyx --version' prints the "
           "version.\n"
           "Exit status: 0 good, 1 a check failed, 2 wrong usage");
    for (int code = SDX_INVALID_ARGUMENT; code <= SDX_INTERNAL; code++) {
        printf(",%s%d %s", code % 6 == 1 ? "\n  " : " ", EXIT_OF_CODE + code,
               sdx_code_name((sdx_code)code));
    }
    printf(".\n");
}

static int unknown_command(const char *name) {
    const char *words[sizeof commands / sizeof *commands];
    struct fault fault = {0};
    for (size_t i = 0; i < n_commands; i++) {
        words[i] = commands[i].name;
    }
    const char *const near = nearest_word(name, words, n_commands);
    fault_set(&fault, EXIT_USAGE, "no command '%s'%s%s%s; 'sardonyx --help' lists them", name,
              near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
              near != NULL ? "'" : "");
    return fault_report(&fault);
}

int main(int argc, char **argv) {
    const char *const name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help();
        return argc > 1 ? EXIT_GOOD : EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("sardonyx %s\n", sdx_version());
        return EXIT_GOOD;
    }
    for (size_t i = 0; i < n_commands; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(&commands[i], argc - 2, argv + 2);
        }
    }
    return unknown_command(name);
}
