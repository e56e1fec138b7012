/* The commands: one row of the table in main.c each. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

int command_run(const struct command *command, int n, char **arguments);
int command_info(const struct command *command, int n, char **arguments);
int command_check(const struct command *command, int n, char **arguments);
int command_verify(const struct command *command, int n, char **arguments);
int command_bench(const struct command *command, int n, char **arguments);
int command_profile(const struct command *command, int n, char **arguments);
int command_ops(const struct command *command, int n, char **arguments);

#endif
