/* os.h for POSIX systems. */
#include "cli/os.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/memory.h"

void os_begin(int *n, char ***arguments) {
    (void)n;
    (void)arguments;
}

FILE *os_open(const char *path, const char *mode) { return fopen(path, mode); }

bool os_is_separator(char c) { return c == '/'; }

bool os_is_terminal(int stream) { return isatty(stream) == 1; }

enum os_colours os_colours(void) {
    const char *const term = getenv("TERM");
    const char *const depth = getenv("COLORTERM");
    if (!os_is_terminal(1) || term == NULL || strcmp(term, "dumb") == 0) {
        return OS_NO_COLOURS;
    }
    const bool all =
        depth != NULL && (strcmp(depth, "truecolor") == 0 || strcmp(depth, "24bit") == 0);
    return all ? OS_ALL_COLOURS : OS_SOME_COLOURS;
}

unsigned os_columns(void) {
    struct winsize size = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

uint64_t os_now(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t os_resident(void) {
    FILE *const file = fopen("/proc/self/statm", "r");
    unsigned long total = 0;
    unsigned long resident = 0;
    const long page = sysconf(_SC_PAGESIZE);
    if (file == NULL) {
        return 0;
    }
    const bool good = fscanf(file, "%lu %lu", &total, &resident) == 2 && page > 0;
    (void)fclose(file);
    return good ? (uint64_t)resident * (uint64_t)page : 0;
}

static bool is_one_of(const void *const *mapped, size_t n, uint64_t begin) {
    for (size_t i = 0; i < n; i++) {
        if ((uint64_t)(uintptr_t)mapped[i] == begin) {
            return true;
        }
    }
    return false;
}

/* The bytes of a line "Rss:   12 kB" if it has this name. */
static bool kilobytes(const char *line, const char *name, uint64_t *out) {
    const size_t len = strlen(name);
    if (strncmp(line, name, len) != 0 || line[len] != ':') {
        return false;
    }
    *out = (uint64_t)strtoull(line + len + 1, NULL, 10) * 1024;
    return true;
}

static uint64_t peak_of_process(void) {
    FILE *const file = fopen("/proc/self/status", "r");
    char line[256];
    uint64_t peak = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL &&
           !kilobytes(line, "VmHWM", &peak)) {
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return peak;
}

/* A mapping begins with a line "7f00-7f80 r--p ..."; the lines behind it tell its sizes. */
bool os_footprint(const void *const *mapped, size_t n, struct os_footprint *out) {
    FILE *const file = fopen("/proc/self/smaps", "r");
    struct os_footprint sum = {0};
    char line[8192]; /* with the path of a file */
    bool wanted = false;
    if (file == NULL) {
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *end = NULL;
        uint64_t size = 0;
        const uint64_t begin = (uint64_t)strtoull(line, &end, 16);
        if (end != line && *end == '-') {
            wanted = is_one_of(mapped, n, begin);
        } else if (kilobytes(line, "Rss", &size)) {
            sum.resident += size;
            sum.mapped += wanted ? size : 0;
        } else if (kilobytes(line, "Pss", &size)) {
            sum.proportional += size;
        } else if (kilobytes(line, "Anonymous", &size)) {
            sum.anonymous += size;
        }
    }
    (void)fclose(file);
    sum.peak = peak_of_process();
    *out = sum;
    return true;
}

bool os_footprint_reset(void) {
    FILE *const file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL) {
        return false;
    }
    const bool good = fputs("5", file) >= 0;
    return fclose(file) == 0 && good;
}

enum os_kind os_kind_of(const char *path) {
    struct stat about;
    if (stat(path, &about) != 0) {
        return OS_NOTHING;
    }
    return S_ISDIR(about.st_mode) ? OS_FOLDER : OS_FILE;
}

static enum os_kind kind_without_links(const char *folder, const char *name) {
    struct text path = {0};
    struct stat about;
    text_add(&path, "%s/%s", folder, name);
    enum os_kind kind = OS_NOTHING;
    if (lstat(text_get(&path), &about) == 0) {
        const enum os_kind target =
            S_ISLNK(about.st_mode) ? os_kind_of(text_get(&path)) : OS_NOTHING;
        kind = S_ISDIR(about.st_mode)                        ? OS_FOLDER
               : S_ISREG(about.st_mode) || target == OS_FILE ? OS_FILE
                                                             : OS_NOTHING;
    }
    text_free(&path);
    return kind;
}

bool os_list(const char *path, struct os_listing *out, struct fault *fault) {
    DIR *const folder = opendir(path);
    if (folder == NULL) {
        return fault_code(fault, errno == ENOENT ? SDX_NOT_FOUND : SDX_IO, "folder '%s': %s", path,
                          strerror(errno));
    }
    struct os_listing list = {0};
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        os_listing_add(&list, entry->d_name, kind_without_links(path, entry->d_name));
    }
    (void)closedir(folder);
    os_listing_sort(&list);
    *out = list;
    return true;
}

bool os_make_folder(const char *path, struct fault *fault) {
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && os_kind_of(path) == OS_FOLDER)) {
        return true;
    }
    return fault_code(fault, SDX_IO, "folder '%s': %s", path, strerror(errno));
}

void *os_library(const char *const *names) {
    void *library = NULL;
    for (; library == NULL && *names != NULL; names++) {
        library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
    }
    return library;
}

const char *os_library_advice(const char *install) {
    return dlopen(NULL, RTLD_NOW) != NULL ? install
                                          : "use a command that is not static (this one loads no "
                                            "libraries)";
}

bool os_function(void *library, const char *name, void *function) {
    void *const address = dlsym(library, name);
    memcpy(function, &address, sizeof address); /* POSIX: a function's address fits a void * */
    return address != NULL;
}

/* Reads until the child closes its end or the time is over. Returns false when it is over. */
static bool collect(int from, double seconds, struct text *answer) {
    const uint64_t end = seconds > 0 ? os_now() + (uint64_t)(seconds * 1e9) : UINT64_MAX;
    char block[4096];
    for (;;) {
        const uint64_t now = os_now();
        if (now >= end) {
            return false;
        }
        struct pollfd wait = {.fd = from, .events = POLLIN};
        const uint64_t left = (end - now) / 1000000u + 1;
        if (poll(&wait, 1, end == UINT64_MAX ? -1 : left > 60000 ? 60000 : (int)left) <= 0) {
            continue;
        }
        const ssize_t len = read(from, block, sizeof block);
        if (len <= 0) {
            return true;
        }
        text_bytes(answer, block, (size_t)len);
    }
}

static void run_child(int to, os_job *job, void *user) {
    struct text answer = {0};
    job(user, &answer);
    for (size_t done = 0; done < answer.len;) {
        const ssize_t len = write(to, answer.ptr + done, answer.len - done);
        if (len <= 0) {
            break;
        }
        done += (size_t)len;
    }
    _exit(0);
}

bool os_can_isolate(void) { return true; }

bool os_isolate(os_job *job, void *user, double seconds, struct text *answer, struct fault *fault) {
    int ends[2];
    (void)fflush(NULL); /* else the child would print what is still in our buffers */
    if (pipe(ends) != 0) {
        return fault_code(fault, SDX_IO, "pipe: %s", strerror(errno));
    }
    const pid_t child = fork();
    if (child < 0) {
        (void)close(ends[0]);
        (void)close(ends[1]);
        return fault_code(fault, SDX_IO, "fork: %s", strerror(errno));
    }
    if (child == 0) {
        (void)close(ends[0]);
        run_child(ends[1], job, user);
    }
    (void)close(ends[1]);
    const bool in_time = collect(ends[0], seconds, answer);
    (void)close(ends[0]);
    if (!in_time) {
        (void)kill(child, SIGKILL);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!in_time) {
        return fault_code(fault, SDX_DEADLINE, "not done after %g s", seconds);
    }
    if (WIFSIGNALED(status)) {
        return fault_code(fault, SDX_INTERNAL, "ended by signal %d (%s)", WTERMSIG(status),
                          strsignal(WTERMSIG(status)));
    }
    if (WEXITSTATUS(status) != 0) {
        return fault_code(fault, SDX_INTERNAL, "ended with exit status %d", WEXITSTATUS(status));
    }
    return true;
}
