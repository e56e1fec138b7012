/* Which node of a model runs where: groups of providers, reasons of the CPU. */
#ifndef CLI_PARTITION_H
#define CLI_PARTITION_H

#include "sardonyx/provider.h"

enum partition_form { PARTITION_TABLE, PARTITION_JSON, PARTITION_DOT };

void partition_print(const sdx_model *model, enum partition_form form);

#endif
