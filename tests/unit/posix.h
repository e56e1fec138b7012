/* What tests use of POSIX, under the same names on Windows. Where that system has no such thing, a
 * test asks HAS_FORK, HAS_LINKS, HAS_DEVICES or REPLACES_MAPPED first and skips. Define
 * _DEFAULT_SOURCE before the first header. */
#ifndef SDX_TESTS_POSIX_H
#define SDX_TESTS_POSIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(_WIN32)

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HAS_FORK = true, HAS_LINKS = true, HAS_DEVICES = true, REPLACES_MAPPED = true };

#else

#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Links need a right that users seldom have. */
enum { HAS_FORK = false, HAS_LINKS = false, HAS_DEVICES = false, REPLACES_MAPPED = false };

#define mkdir(path, mode) _mkdir(path)
#define lstat(path, info) stat(path, info)
#define S_ISLNK(mode) ((void)(mode), false)
char *mkdtemp(char *name); /* ends in "XXXXXX" */
int setenv(const char *name, const char *value, int replace);

/* Never called. */
int symlink(const char *target, const char *path);
int mkfifo(const char *path, int mode);
pid_t fork(void);
pid_t waitpid(pid_t process, int *status, int options);
#define WIFEXITED(status) ((void)(status), false)
#define WEXITSTATUS(status) ((void)(status), -1)

#endif

/* Where tests put their files: $TMPDIR or the system's folder. */
const char *temporary_folder(void);
/* Removes a folder with all that it holds; 0: gone. */
int remove_folder(const char *path);
/* Processor time of this process so far, all threads together. */
uint64_t cpu_time_ns(void);
/* Resident bytes of this process; 0: not known. */
size_t resident_bytes(void);

#endif
