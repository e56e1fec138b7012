/* The program: options, the loop over sets and lines, the closing count. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkop.h"

typedef struct options {
    const char *isa;    /* only this set, or NULL */
    const char *kernel; /* only this kernel, or NULL */
    uint64_t seed;
    bool bench;
} options;

typedef struct counts {
    int passed, failed, skipped;
} counts;

static const char usage[] = "checkop [--isa NAME] [--kernel NAME] [--bench] [--seed N]\n"
                            "example: checkop --isa avx2 --kernel exp_f32 --bench\n";

static int parse(options *o, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(argv[i], "--bench") == 0) {
            o->bench = true;
            continue;
        }
        if (strcmp(argv[i], "--isa") == 0 && value) {
            o->isa = value;
        } else if (strcmp(argv[i], "--kernel") == 0 && value) {
            o->kernel = value;
        } else if (strcmp(argv[i], "--seed") == 0 && value) {
            o->seed = strtoull(value, NULL, 0);
        } else {
            fputs(usage, strcmp(argv[i], "--help") == 0 ? stdout : stderr);
            return strcmp(argv[i], "--help") == 0 ? 0 : 2;
        }
        i++;
    }
    return -1;
}

static void report(counts *n, const check *c, bool ok) {
    const char *isa = sdx_isa_name(c->kernels->isa);
    if (!ok) {
        n->failed++;
        printf("FAIL %-22s %-10s %s\n", c->name, isa, c->reason);
        return;
    }
    n->passed++;
    if (c->bound > 0) {
        printf("ok   %-22s %-10s %5.2f of %g ulp %s\n", c->name, isa, c->worst, c->bound, c->speed);
    } else {
        printf("ok   %-22s %-10s exact %s\n", c->name, isa, c->speed);
    }
}

/* All lines on one set; a line that the set inherits from `lower` has been checked there.
 * K(exp_f32, unary_f32, ALL, exp, 1, OWN) calls check_unary_f32(&c, k->exp_f32) with oracle "exp".
 */
static void check_set(const options *o, const sdx_kernel_table *k, const sdx_kernel_table *lower,
                      counts *n) {
#define K(field, type, sets, reference, limit, bits)                                              \
    if ((!o->kernel || strcmp(o->kernel, #field) == 0) && !(lower && lower->field == k->field)) { \
        check c = {.kernels = k, .name = #field, .oracle = #reference, .bound = limit};           \
        c.bench = o->bench;                                                                       \
        check_seed(o->seed);                                                                      \
        report(n, &c, check_##type(&c, k->field));                                                \
    }
#include "kernels/kernels.def"
#undef K
}

int main(int argc, char **argv) {
    options o = {.seed = 1};
    const int status = parse(&o, argc, argv);
    if (status >= 0) return status;
    setvbuf(stdout, NULL, _IOLBF, 0); /* lines before a crash must be seen */
    printf("checkop --seed %llu\n", (unsigned long long)o.seed);
    counts n = {0};
    const sdx_kernel_table *lower = NULL;
    for (int isa = 0; isa < SDX_ISA_COUNT; isa++) {
        const char *name = sdx_isa_name((sdx_isa)isa);
        if (o.isa && strcmp(o.isa, name) != 0) continue;
        const sdx_kernel_table *k = sdx_kernels_of((sdx_isa)isa);
        if (!k) {
            n.skipped++;
            printf("skip %s: this CPU or this build lacks it\n", name);
            continue;
        }
        check_set(&o, k, lower, &n);
        lower = k;
    }
    printf("%d passed, %d failed, %d skipped\n", n.passed, n.failed, n.skipped);
    return n.failed != 0 || (n.passed == 0 && n.skipped == 0);
}
