/* Compiler extensions: the only place that names one. Everything else in the tree is plain C17. */
#ifndef SDX_BASE_ATTR_H
#define SDX_BASE_ATTR_H

#define SDX_NODISCARD __attribute__((warn_unused_result))
#define SDX_NEVER_NULL __attribute__((returns_nonnull))
/* As C has it: to mingw "printf" means the formats of Microsoft's library, which ours are not. */
#define SDX_PRINTF(format_index, first) SDX_PRINTF_(SDX_PRINTF_KIND, format_index, first)
#define SDX_PRINTF_(kind, format_index, first) __attribute__((format(kind, format_index, first)))
#if defined(__MINGW32__)
#define SDX_PRINTF_KIND gnu_printf
#else
#define SDX_PRINTF_KIND printf
#endif
#define SDX_INLINE static inline __attribute__((always_inline))
#define SDX_NOINLINE __attribute__((noinline))
#define SDX_COLD __attribute__((cold, noinline))
#define SDX_UNUSED __attribute__((unused))
#define SDX_LIKELY(x) __builtin_expect(!!(x), 1)
#define SDX_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define SDX_ALIGNED(n) __attribute__((aligned(n)))
#define SDX_ASSUME_ALIGNED(p, n) __builtin_assume_aligned((p), (n))
#define SDX_PREFETCH(p) __builtin_prefetch((p), 0, 3)
#define SDX_PREFETCH_FAR(p) __builtin_prefetch((p), 0, 2) /* into the second-level cache */

/* SDX_UNROLL(8) before a loop of constant length, at most 8, asks for straight code in its place;
 * the count is a literal. (clang leaves alone a loop that is shorter than a count: hence full.) */
#define SDX_PRAGMA_(x) _Pragma(#x)
#if defined(__clang__)
#define SDX_UNROLL(n) SDX_PRAGMA_(clang loop unroll(full))
#else
#define SDX_UNROLL(n) SDX_PRAGMA_(GCC unroll n)
#endif

#endif
