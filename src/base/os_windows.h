/* What os_windows*.c share: windows.h as all of them want it, and texts. Only they include this. */
#ifndef SDX_BASE_OS_WINDOWS_H
#define SDX_BASE_OS_WINDOWS_H

#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#if !defined(_WIN32_WINNT)
#define _WIN32_WINNT 0x0A00 /* Windows 10 */
#endif
#include <windows.h>

#include "base/str.h"

enum { SDX_WINDOWS_PATH = 4096 }; /* room for a path with its NUL, in bytes or units of UTF-16 */

/* What the system says of an error, as a part of a sentence; at least its number. */
void sdx_windows_reason(DWORD error, char *text, size_t size);
/* The two below write up to SDX_WINDOWS_PATH units with a NUL; false: see GetLastError. */
bool sdx_windows_widen(sdx_str text, WCHAR *wide); /* UTF-16 of UTF-8 */
/* The full path, in the form that the system takes at any length. */
bool sdx_windows_full_path(const char *path, WCHAR *full);

#endif
