/* What tests cannot do under a sanitizer. */
#ifndef SDX_TESTS_SANITIZER_H
#define SDX_TESTS_SANITIZER_H

#include <stdbool.h>

/* The thread sanitizer does not let the child of a process with threads start any. */
#if defined(__SANITIZE_THREAD__)
enum { SDX_CHILD_HAS_THREADS = false };
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
enum { SDX_CHILD_HAS_THREADS = false };
#else
enum { SDX_CHILD_HAS_THREADS = true };
#endif
#else
enum { SDX_CHILD_HAS_THREADS = true };
#endif

#endif
