/* The operating system, Windows 10 and later: texts, memory, threads, time, waiting, the number of
 * CPUs. Files are in os_windows_file.c. */
#include "base/os_windows.h"

#include <malloc.h>
#include <process.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/checked.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/port.h"
#include "base/thread.h"

/* ---- texts ---- */

void sdx_windows_reason(DWORD error, char *text, size_t size) {
    WCHAR wide[256];
    DWORD len = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                   FORMAT_MESSAGE_MAX_WIDTH_MASK,
                               NULL, error, 0, wide, sizeof wide / sizeof *wide, NULL);
    while (len > 0 && (wide[len - 1] <= L' ' || wide[len - 1] == L'.'))
        len--;
    const int n = WideCharToMultiByte(CP_UTF8, 0, wide, (int)len, text, (int)size - 1, NULL, NULL);
    if (len == 0 || n <= 0) {
        (void)snprintf(text, size, "error %lu", error);
        return;
    }
    text[n] = '\0';
    if (text[0] >= 'A' && text[0] <= 'Z') text[0] = (char)(text[0] - 'A' + 'a');
}

bool sdx_windows_widen(sdx_str text, WCHAR *wide) {
    if (text.len >= SDX_WINDOWS_PATH) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return false;
    }
    const int n = text.len == 0 ? 0
                                : MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.ptr,
                                                      (int)text.len, wide, SDX_WINDOWS_PATH - 1);
    wide[n] = L'\0';
    return n > 0 || text.len == 0;
}

bool sdx_windows_full_path(const char *path, WCHAR *full) {
    enum { ROOM = 8, PLAIN = 240 }; /* for a prefix; a longer path has to begin with one */
    WCHAR given[SDX_WINDOWS_PATH];
    WCHAR *const at = full + ROOM;
    if (!sdx_windows_widen(sdx_str_from(path), given)) return false;
    const DWORD len = GetFullPathNameW(given, SDX_WINDOWS_PATH - ROOM, at, NULL);
    if (len == 0) return false;
    if (len >= SDX_WINDOWS_PATH - ROOM) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        return false;
    }
    const bool share = at[0] == L'\\' && at[1] == L'\\';
    const bool special = share && (at[2] == L'?' || at[2] == L'.');
    const WCHAR *prefix = share ? L"\\\\?\\UNC" : L"\\\\?\\";
    if (len < PLAIN || special) prefix = L"";
    const size_t n = wcslen(prefix);
    const size_t skip = share && n > 0 ? 1 : 0; /* of the two backslashes of a share */
    memmove(full + n, at + skip, (len - skip + 1) * sizeof *full);
    memcpy(full, prefix, n * sizeof *full);
    return true;
}

/* ---- memory ---- */

void *sdx_os_block_allocate(size_t size, size_t alignment) {
    return _aligned_malloc(size, alignment);
}

void sdx_os_block_free(void *ptr) { _aligned_free(ptr); }

static const size_t least_alignment = (size_t)2 << 20;

/* Addresses for the block and its alignment are reserved, memory is asked for the block alone.
 * Large pages need a right that few processes have: not asked for. */
void *sdx_os_pages_map(size_t size, size_t alignment) {
    const size_t align = alignment > least_alignment ? alignment : least_alignment;
    size_t room;
    if (!sdx_add_size(size, align, &room)) return NULL;
    char *const base = VirtualAlloc(NULL, room, MEM_RESERVE, PAGE_NOACCESS);
    if (!base) return NULL;
    char *const block = base + (align - (uintptr_t)base % align) % align;
    if (VirtualAlloc(block, size, MEM_COMMIT, PAGE_READWRITE)) return block;
    (void)VirtualFree(base, 0, MEM_RELEASE);
    return NULL;
}

void sdx_os_pages_unmap(void *ptr, size_t size) {
    MEMORY_BASIC_INFORMATION about;
    (void)size; /* a reservation ends whole */
    if (VirtualQuery(ptr, &about, sizeof about) == 0) return;
    (void)VirtualFree(about.AllocationBase, 0, MEM_RELEASE);
}

/* ---- time ---- */

enum { NS_PER_S = 1000000000, NS_PER_MS = 1000000 };

uint64_t sdx_clock_ns(void) {
    LARGE_INTEGER ticks;
    LARGE_INTEGER per_second;
    if (!QueryPerformanceCounter(&ticks) || !QueryPerformanceFrequency(&per_second)) return 0;
    const uint64_t count = (uint64_t)ticks.QuadPart;
    const uint64_t rate = (uint64_t)per_second.QuadPart;
    return count / rate * NS_PER_S + count % rate * NS_PER_S / rate;
}

/* ---- waiting ---- */

_Static_assert(sizeof(atomic_uint) == 4, "the system looks at 32 bits");

/* Rounded up, so that who waits for a deadline does not come back before it again and again. */
static DWORD milliseconds_until(uint64_t deadline) {
    const uint64_t now = sdx_clock_ns();
    if (deadline <= now) return 0;
    const uint64_t ms = (deadline - now) / NS_PER_MS + 1;
    return ms < INFINITE ? (DWORD)ms : INFINITE - 1;
}

void sdx_wait_word(const atomic_uint *word, unsigned expected, uint64_t deadline) {
    const DWORD ms = deadline == UINT64_MAX ? INFINITE : milliseconds_until(deadline);
    (void)WaitOnAddress((volatile void *)(uintptr_t)word, &expected, sizeof expected, ms);
}

void sdx_wake_word(const atomic_uint *word, unsigned n) {
    void *const address = (void *)(uintptr_t)word;
    if (n == UINT_MAX) {
        WakeByAddressAll(address);
    } else {
        for (; n > 0; n--)
            WakeByAddressSingle(address);
    }
}

/* ---- threads ---- */

enum { STACK_SIZE = 1 << 20 };

_Static_assert(sizeof(HANDLE) <= sizeof(((sdx_os_thread *)0)->id), "a handle fits");

typedef struct task {
    void *(*body)(void *arg);
    void *arg;
} task;

static unsigned __stdcall run_task(void *arg) {
    const task what = *(const task *)arg;
    free(arg);
    (void)what.body(what.arg);
    return 0;
}

bool sdx_os_thread_start(sdx_os_thread *thread, void *(*body)(void *arg), void *arg) {
    task *const what = malloc(sizeof *what);
    if (!what) return false;
    *what = (task){body, arg};
    const uintptr_t started =
        _beginthreadex(NULL, STACK_SIZE, run_task, what, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    if (started == 0) {
        free(what);
        return false;
    }
    const HANDLE handle = (HANDLE)started;
    memcpy(thread->id, &handle, sizeof handle);
    return true;
}

static HANDLE thread_handle(const sdx_os_thread *thread) {
    HANDLE handle;
    memcpy(&handle, thread->id, sizeof handle);
    return handle;
}

void sdx_os_thread_join(const sdx_os_thread *thread) {
    (void)WaitForSingleObject(thread_handle(thread), INFINITE);
    (void)CloseHandle(thread_handle(thread));
}

void sdx_os_thread_detach(const sdx_os_thread *thread) { (void)CloseHandle(thread_handle(thread)); }

void sdx_os_yield(void) { (void)SwitchToThread(); }

/* There is no fork. As a DLL we are told of the end when it is too late: the system has ended the
 * threads already, wherever they were, or else lets none end while it holds its lock. So a DLL with
 * threads stays until the process ends, and nothing is to be done then. */
bool sdx_os_at_fork_and_exit(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                             void (*leave)(void)) {
    (void)prepare;
    (void)parent;
    (void)child;
    static const char here = 0;
    HMODULE mine = NULL;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            (const WCHAR *)&here, &mine))
        return false;
    if (mine == GetModuleHandleW(NULL)) return atexit(leave) == 0;
    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                  GET_MODULE_HANDLE_EX_FLAG_PIN,
                              (const WCHAR *)&here, &mine) != 0;
}

/* ---- the processor ---- */

bool sdx_os_has_dot_product(void) {
#if defined(PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE)
    return IsProcessorFeaturePresent(PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE) != 0;
#else
    return false;
#endif
}

/* CPUs that the process may run on. Beyond 64 they come in groups; the mask of a process that is in
 * several is 0, or that of one. */
static unsigned affinity_count(void) {
    USHORT groups[64];
    USHORT n_groups = sizeof groups / sizeof *groups;
    unsigned count = 0;
    if (GetProcessGroupAffinity(GetCurrentProcess(), &n_groups, groups) && n_groups > 1) {
        for (USHORT i = 0; i < n_groups; i++)
            count += GetActiveProcessorCount(groups[i]);
        return count;
    }
    DWORD_PTR mine = 0;
    DWORD_PTR all = 0;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &mine, &all)) return 0;
    for (; mine != 0; mine &= mine - 1)
        count++;
    return count;
}

unsigned sdx_os_quota(const char *self, const char *root) {
    (void)self;
    (void)root;
    return 0;
}

/* What a job, such as a container, allows: hundredths of a per cent of all CPUs. 0: any number. */
static unsigned job_quota(void) {
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate = {0};
    const DWORD hard = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
    if (!QueryInformationJobObject(NULL, JobObjectCpuRateControlInformation, &rate, sizeof rate,
                                   NULL))
        return 0;
    if ((rate.ControlFlags & hard) != hard) return 0;
    const uint64_t all = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    return (unsigned)((all * rate.CpuRate + 9999) / 10000);
}

unsigned sdx_cpu_count(void) {
    const unsigned count = affinity_count();
    const unsigned quota = job_quota();
    const unsigned least = quota > 0 && quota < count ? quota : count;
    return least > 0 ? least : 1;
}
