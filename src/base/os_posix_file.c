/* Files, POSIX. Only regular files are read: a folder, a pipe or a device in the place of a model
 * is an error, and opening one never waits. A file that changes size while it is opened is looked
 * at again. */
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* madvise, realpath; strerror_r as POSIX has it */
#endif
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"

enum {
    PATH_CAP = 4096,        /* bytes of a path with its NUL */
    TRIES = 4,              /* at a file that changes under our eyes */
    IO_BLOCK = 1024 * 1024, /* bytes of one read or write in a copy */
};

/* "file 'm.onnx': cannot be opened (permission denied)" */
SDX_COLD SDX_NEVER_NULL static sdx_status file_error(const char *path, const char *what,
                                                     int error) {
    char reason[128];
    if (strerror_r(error, reason, sizeof reason) != 0) {
        (void)snprintf(reason, sizeof reason, "error %d", error);
    }
    if (reason[0] >= 'A' && reason[0] <= 'Z') reason[0] = (char)(reason[0] - 'A' + 'a');
    if (error == ENOENT || error == ENOTDIR) {
        return sdx_fail(SDX_NOT_FOUND, "file '%s': %s; check the path", path, reason);
    }
    const sdx_code code = error == ENOMEM ? SDX_OUT_OF_MEMORY : SDX_IO;
    return sdx_fail(code, "file '%s': %s (%s)", path, what, reason);
}

static const char *kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

static sdx_status regular_size(int fd, const char *path, size_t *size) {
    struct stat info;
    if (fstat(fd, &info) != 0) return file_error(path, "cannot be examined", errno);
    if (!S_ISREG(info.st_mode)) {
        return sdx_fail(SDX_IO, "file '%s': is %s, expected a regular file", path,
                        kind_of(info.st_mode));
    }
    if (info.st_size < 0 || (uint64_t)info.st_size > SIZE_MAX / 2) {
        return sdx_fail(SDX_LIMIT, "file '%s': is larger than the address space", path);
    }
    *size = (size_t)info.st_size;
    return NULL;
}

static sdx_status open_regular(const char *path, int flags, int *out, size_t *size) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    if (fd < 0) return file_error(path, "cannot be opened", errno);
    const sdx_status status = regular_size(fd, path, size);
    if (status) {
        (void)close(fd);
        return status;
    }
    *out = fd;
    return NULL;
}

static sdx_status changes(const char *path) {
    return sdx_fail(SDX_IO, "file '%s': changes its size while it is read, expected a file at rest",
                    path);
}

/* Maps the whole of `fd`. Pages beyond the end of a file that shrank would kill the process when
 * touched, so the size is asked again once the map stands. */
static sdx_status map_fd(int fd, const char *path, size_t size, sdx_file *out) {
    for (int i = 0; i < TRIES; i++) {
        void *data = NULL;
        if (size > 0) {
            data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
            if (data == MAP_FAILED) return file_error(path, "cannot be mapped", errno);
        }
        size_t now = 0;
        const sdx_status status = regular_size(fd, path, &now);
        if (!status && now == size) {
            *out = (sdx_file){.data = data, .size = size, .mapped = true};
            return NULL;
        }
        if (data) (void)munmap(data, size);
        SDX_TRY(status);
        size = now;
    }
    return changes(path);
}

static sdx_status open_and_map(const char *path, int flags, sdx_file *out) {
    int fd = -1;
    size_t size = 0;
    SDX_TRY(open_regular(path, flags, &fd, &size));
    const sdx_status status = map_fd(fd, path, size, out);
    (void)close(fd);
    return status;
}

sdx_status sdx_file_map(const char *path, sdx_file *out) { return open_and_map(path, 0, out); }

/* Reads up to `size` bytes, fewer only at the end of the file. */
static sdx_status read_bytes(int fd, const char *path, void *bytes, size_t size, size_t *n_read) {
    size_t done = 0;
    while (done < size) {
        const size_t rest = size - done;
        const ssize_t n = read(fd, (char *)bytes + done, rest < INT_MAX ? rest : INT_MAX);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_error(path, "cannot be read", errno);
        if (n == 0) break;
        done += (size_t)n;
    }
    *n_read = done;
    return NULL;
}

static sdx_status write_bytes(int fd, const char *path, const void *bytes, size_t size) {
    size_t done = 0;
    while (done < size) {
        const size_t rest = size - done;
        const ssize_t n = write(fd, (const char *)bytes + done, rest < INT_MAX ? rest : INT_MAX);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return file_error(path, "cannot be written", n < 0 ? errno : EIO);
        done += (size_t)n;
    }
    return NULL;
}

/* One attempt at a file of `size` bytes. *whole is false when it was not of that size after all. */
static sdx_status read_once(int fd, const char *path, void *bytes, size_t size, bool *whole) {
    if (lseek(fd, 0, SEEK_SET) != 0) return file_error(path, "cannot be read", errno);
    size_t n = 0;
    SDX_TRY(read_bytes(fd, path, bytes, size, &n));
    char beyond;
    size_t n_beyond = 0;
    SDX_TRY(read_bytes(fd, path, &beyond, 1, &n_beyond));
    *whole = n == size && n_beyond == 0;
    return NULL;
}

static sdx_status read_fd(int fd, const char *path, size_t size, sdx_heap *heap, sdx_file *out) {
    for (int i = 0; i < TRIES; i++) {
        void *bytes;
        SDX_TRY(sdx_in(sdx_heap_alloc(heap, size, &bytes), "file '%s'", path));
        bool whole = false;
        sdx_status status = read_once(fd, path, bytes, size, &whole);
        if (!status && whole) {
            *out = (sdx_file){.data = bytes, .size = size, .heap = heap};
            return NULL;
        }
        sdx_heap_free(heap, bytes, size);
        SDX_TRY(status);
        SDX_TRY(regular_size(fd, path, &size));
    }
    return changes(path);
}

sdx_status sdx_file_read(const char *path, sdx_heap *heap, sdx_file *out) {
    int fd = -1;
    size_t size = 0;
    SDX_TRY(open_regular(path, 0, &fd, &size));
    const sdx_status status = read_fd(fd, path, size, heap, out);
    (void)close(fd);
    return status;
}

void sdx_file_close(sdx_file *file) {
    if (file->mapped) {
        if (file->size > 0) (void)munmap((void *)(uintptr_t)file->data, file->size);
    } else if (file->heap) {
        sdx_heap_free(file->heap, (void *)(uintptr_t)file->data, file->size);
    }
    *file = (sdx_file){0};
}

void sdx_file_release_pages(const sdx_file *file, const void *data, size_t size) {
    const uintptr_t begin = (uintptr_t)data;
    const uintptr_t start = (uintptr_t)file->data;
    if (!file->mapped || begin < start || begin - start > file->size) return;
    if (size > file->size - (begin - start)) return;
    const long page = sysconf(_SC_PAGESIZE);
    if (page <= 0) return;
    /* Pages that reach beyond the range at either side belong to others as well. */
    const uintptr_t mask = (uintptr_t)page - 1;
    const uintptr_t first = (begin + mask) & ~mask;
    const uintptr_t last = (begin + size) & ~mask;
    if (first < last) (void)madvise((void *)first, last - first, MADV_DONTNEED);
}

/* ---- snapshots ---- */

/* A temporary file without a name, where large files may lie. */
static sdx_status open_unnamed(int *out) {
    static const char *const templates[] = {"/var/tmp/sardonyx-XXXXXX", "/tmp/sardonyx-XXXXXX"};
    int error = 0;
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        char path[32];
        (void)snprintf(path, sizeof path, "%s", templates[i]);
        const int fd = mkstemp(path);
        error = errno;
        if (fd < 0) continue;
        (void)unlink(path);
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        *out = fd;
        return NULL;
    }
    return file_error(templates[1], "cannot be made for a snapshot", error);
}

static sdx_status copy_bytes(int from, const char *path, int to, size_t *size) {
    void *block;
    SDX_TRY(sdx_heap_alloc(sdx_heap_global(), IO_BLOCK, &block));
    sdx_status status = NULL;
    size_t total = 0;
    for (;;) {
        size_t n = 0;
        status = read_bytes(from, path, block, IO_BLOCK, &n);
        if (status || n == 0) break;
        status = write_bytes(to, "snapshot", block, n);
        if (status) break;
        total += n;
    }
    sdx_heap_free(sdx_heap_global(), block, IO_BLOCK);
    *size = total;
    return status;
}

sdx_status sdx_file_snapshot(const char *path, sdx_file *out) {
    int from = -1;
    size_t size = 0;
    SDX_TRY(open_regular(path, 0, &from, &size));
    int to = -1;
    sdx_status status = open_unnamed(&to);
    if (!status) status = copy_bytes(from, path, to, &size);
    if (!status) status = map_fd(to, path, size, out);
    if (to >= 0) (void)close(to);
    (void)close(from);
    return status;
}

/* ---- names from a model ---- */

sdx_str sdx_file_folder(const char *path) { return sdx_path_folder(path, SDX_PATHS_POSIX); }

sdx_status sdx_file_map_beneath(const char *dir, sdx_str name, sdx_file *out) {
    SDX_TRY(sdx_path_check(name, SDX_PATHS_POSIX));
    if (!dir || dir[0] == '\0') dir = ".";
    char path[2 * PATH_CAP];
    const int len = snprintf(path, sizeof path, "%s/%.*s", dir, (int)name.len, name.ptr);
    if (len < 0 || (size_t)len >= sizeof path) return sdx_path_refuse(name, "the path is too long");

    char *const folder = realpath(dir, NULL);
    if (!folder) return file_error(dir, "cannot be resolved", errno);
    char *const target = realpath(path, NULL);
    sdx_status status = NULL;
    if (!target) {
        status = file_error(path, "cannot be resolved", errno);
    } else if (!sdx_path_beneath(target, folder)) {
        status = sdx_path_refuse(name, "a symbolic link leads out of the model's folder");
    } else {
        status = open_and_map(target, O_NOFOLLOW, out); /* no link is left in a real path */
    }
    free(target);
    free(folder);
    return status;
}

/* ---- writing ---- */

static sdx_status write_and_close(int fd, const char *path, const void *bytes, size_t size,
                                  bool sync) {
    sdx_status status = write_bytes(fd, path, bytes, size);
    if (!status && sync && fsync(fd) != 0) status = file_error(path, "cannot be written", errno);
    if (close(fd) != 0 && !status) status = file_error(path, "cannot be written", errno);
    return status;
}

/* A pipe or a device is written to as it is: it must not be replaced by a file. */
static sdx_status write_in_place(const char *path, const void *bytes, size_t size) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return file_error(path, "cannot be opened for writing", errno);
    return write_and_close(fd, path, bytes, size, false);
}

static sdx_status write_beside(const char *path, const void *bytes, size_t size) {
    char other[PATH_CAP];
    int fd = -1;
    for (int i = 0; i < TRIES && fd < 0; i++) {
        const int len = snprintf(other, sizeof other, "%s.%ld-%llu.tmp", path, (long)getpid(),
                                 (unsigned long long)sdx_clock_ns());
        if (len < 0 || (size_t)len >= sizeof other) {
            return sdx_fail(SDX_INVALID_ARGUMENT,
                            "file '%.200s...': the path is longer than %d bytes", path, PATH_CAP);
        }
        fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST) break;
    }
    if (fd < 0) return file_error(path, "cannot be written", errno);
    sdx_status status = write_and_close(fd, path, bytes, size, true);
    if (!status && rename(other, path) != 0) status = file_error(path, "cannot be replaced", errno);
    if (status) (void)unlink(other);
    return status;
}

sdx_status sdx_file_write(const char *path, const void *bytes, size_t size) {
    struct stat info;
    if (stat(path, &info) != 0) return write_beside(path, bytes, size);
    if (S_ISDIR(info.st_mode))
        return sdx_fail(SDX_IO, "file '%s': is a folder, expected the name of a file", path);
    if (!S_ISREG(info.st_mode)) return write_in_place(path, bytes, size);
    char *const target = realpath(path, NULL); /* the file, not the link to it, is replaced */
    if (!target) return file_error(path, "cannot be resolved", errno);
    const sdx_status status = write_beside(target, bytes, size);
    free(target);
    return status;
}
