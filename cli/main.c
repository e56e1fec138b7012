/* sardonyx: finds the command and runs it. Exit status: 0 good, 1 a check failed, 2 wrong usage, 2
 * + sdx_code for every other error (see fault.h). */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/os.h"

static void print_help(void) {
    printf("sardonyx %s: runs ONNX models\n\nusage: sardonyx COMMAND [options]\n\ncommands:\n",
           sdx_version());
    for (size_t i = 0; i < n_commands; i++) {
        printf("  %-12s%s\n", commands[i].name, commands[i].summary);
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
    struct text_list words = {0};
    struct fault fault = {0};
    for (size_t i = 0; i < n_commands; i++) {
        text_list_add(&words, commands[i].name);
    }
    const char *const near = nearest_word(name, words.items, words.n);
    text_list_free(&words);
    fault_set(&fault, EXIT_USAGE, "no command '%s'%s%s%s; 'sardonyx --help' lists them", name,
              near != NULL ? ", did you mean '" : "", near != NULL ? near : "",
              near != NULL ? "'" : "");
    return fault_report(&fault);
}

int main(int argc, char **argv) {
    os_begin(&argc, &argv);
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
