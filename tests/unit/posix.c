/* See posix.h. */
#include "posix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)

#include <windows.h>

#include <psapi.h>

char *mkdtemp(char *name) {
    char *const end = name + strlen(name) - 6;
    for (unsigned i = 0; i < 1000; i++) {
        (void)snprintf(end, 7, "%06lu", (GetCurrentProcessId() * 1000ul + i) % 1000000ul);
        if (_mkdir(name) == 0) return name;
    }
    return NULL;
}

int setenv(const char *name, const char *value, int replace) {
    return replace || !getenv(name) ? _putenv_s(name, value) : 0;
}

int symlink(const char *target, const char *path) {
    (void)target;
    (void)path;
    return -1;
}

int mkfifo(const char *path, int mode) {
    (void)path;
    (void)mode;
    return -1;
}

pid_t fork(void) { return -1; }

pid_t waitpid(pid_t process, int *status, int options) {
    (void)process;
    (void)status;
    (void)options;
    return -1;
}

const char *temporary_folder(void) {
    const char *const folder = getenv("TMPDIR");
    return folder ? folder : getenv("TEMP");
}

int remove_folder(const char *path) {
    char command[700];
    (void)snprintf(command, sizeof command, "rmdir /s /q \"%s\"", path);
    for (char *at = command + strlen("rmdir /s /q "); *at; at++)
        if (*at == '/') *at = '\\';
    return system(command);
}

uint64_t cpu_time_ns(void) {
    FILETIME started, ended, kernel, user;
    if (!GetProcessTimes(GetCurrentProcess(), &started, &ended, &kernel, &user)) return 0;
    const uint64_t high = (uint64_t)kernel.dwHighDateTime + user.dwHighDateTime;
    return ((high << 32) + kernel.dwLowDateTime + user.dwLowDateTime) * 100;
}

size_t resident_bytes(void) {
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof counters};
    return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters)
               ? counters.WorkingSetSize
               : 0;
}

#else

const char *temporary_folder(void) {
    const char *const folder = getenv("TMPDIR");
    return folder ? folder : "/tmp";
}

int remove_folder(const char *path) {
    char command[700];
    (void)snprintf(command, sizeof command, "rm -r '%s'", path);
    return system(command);
}

uint64_t cpu_time_ns(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
}

size_t resident_bytes(void) {
    FILE *const file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (!file) return 0;
    if (fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
    (void)fclose(file);
    return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

#endif
