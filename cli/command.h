/* The commands: one row of the table in commands.c each. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

extern const struct command commands[];
extern const size_t n_commands;

int command_run(const struct command *command, int n, char **arguments);
int command_info(const struct command *command, int n, char **arguments);
int command_check(const struct command *command, int n, char **arguments);
int command_verify(const struct command *command, int n, char **arguments);
int command_bench(const struct command *command, int n, char **arguments);
int command_profile(const struct command *command, int n, char **arguments);
int command_explain(const struct command *command, int n, char **arguments);
int command_convert(const struct command *command, int n, char **arguments);
int command_docs(const struct command *command, int n, char **arguments);
int command_completion(const struct command *command, int n, char **arguments);
int command_dump(const struct command *command, int n, char **arguments);
int command_ops(const struct command *command, int n, char **arguments);

#endif
