#!/usr/bin/env bash
# usage: windows.sh BUILD WORK
# What run.sh does, for a build by mingw-w64: installs BUILD into WORK/prefix, builds examples/consumer over it in each way that a user has, runs
# it under wine, and looks at what the libraries export and need.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/$1 work=$root/$2 prefix=$root/$2/prefix
cc=x86_64-w64-mingw32-gcc-win32 objdump=x86_64-w64-mingw32-objdump
passed=0 failed=0

check() { # NAME COMMAND...
    local name=$1
    shift
    if "$@" >"$work/$name.log" 2>&1; then
        passed=$((passed + 1)) && echo "install: $name: ok"
    else
        failed=$((failed + 1)) && echo "install: $name: failed" && cat "$work/$name.log"
    fi
}

# The DLL is found in the folder of the program, as Windows has it.
find_package() {
    cmake -G Ninja -S "$root/examples/consumer" -B "$work/find_package" -DCMAKE_TOOLCHAIN_FILE="$root/cmake/mingw.cmake" \
        -DCMAKE_PREFIX_PATH="$prefix" && cmake --build "$work/find_package" &&
        cp "$prefix/bin/libsardonyx-0.dll" "$work/find_package" && wine "$work/find_package/consumer.exe"
}

consumer_flags=(-std=c17 -Wall -Wextra -Wpedantic -Wconversion -Werror)
pkg() { PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig pkg-config "$@" sardonyx; }

pkg_config() {
    mkdir -p "$work/dynamic"
    # shellcheck disable=SC2046 # words of a command line
    "$cc" "${consumer_flags[@]}" $(pkg --cflags) "$root/examples/consumer/main.c" -o "$work/dynamic/consumer.exe" $(pkg --libs) &&
        cp "$prefix/bin/libsardonyx-0.dll" "$work/dynamic" && wine "$work/dynamic/consumer.exe"
}

pkg_config_static() {
    # shellcheck disable=SC2046
    "$cc" "${consumer_flags[@]}" $(pkg --cflags) "$root/examples/consumer/main.c" -o "$work/static.exe" \
        $(pkg --static --libs | sed 's/-lsardonyx/-l:libsardonyx.a/') && wine "$work/static.exe"
}

# Whatever the DLL exports is declared in a public header, and the other way round; a program that has the library in it exports nothing.
exports() {
    "$objdump" -p "$prefix/bin/libsardonyx-0.dll" | awk '/^\[Ordinal\/Name/ { on = 1; next } /^$/ { on = 0 } on { print $NF }' | LC_ALL=C sort >"$work/exported"
    sed -nE '/^SDX_API/ { s/\((.*)//; s/.*[ *](sdx_[a-z0-9_]+)$/\1/p }' "$prefix"/include/sardonyx/*.h | LC_ALL=C sort >"$work/declared"
    [ -s "$work/declared" ] && diff "$work/declared" "$work/exported" && ! "$objdump" -p "$prefix/bin/sardonyx.exe" | grep -F '[Ordinal/Name'
}

# The libraries of the system alone: none of the compiler's.
needs() {
    local names
    names=$("$objdump" -p "$prefix/bin/libsardonyx-0.dll" "$prefix/bin/sardonyx.exe" |
        awk '/DLL Name:/ && tolower($3) !~ /^(kernel32|msvcrt|shell32|ucrtbase|api-ms-win-[a-z0-9-]*)\.dll$/ { print $3 }')
    echo "$names"
    [ -z "$names" ]
}

# The stack is aligned to 16 bytes: no wider vector may be moved as if it lay on its own boundary.
unaligned_moves() {
    ! "$objdump" -d "$prefix/lib/libsardonyx.a" | grep -E 'vmov(aps|apd|dqa|dqa32|dqa64) .*%[yz]mm.*\((%rsp|%rbp)|vmov(aps|apd|dqa|dqa32|dqa64) .*\((%rsp|%rbp)\),%[yz]mm' | head
}

rm -rf "$work" && mkdir -p "$work"
check install cmake --install "$build" --prefix "$prefix"
check find_package find_package
check pkg_config pkg_config
check pkg_config_static pkg_config_static
check exports exports
check needs needs
check unaligned_moves unaligned_moves
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
