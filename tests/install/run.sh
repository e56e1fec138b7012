#!/usr/bin/env bash
# usage: run.sh BUILD WORK
# Installs BUILD into WORK/prefix and builds examples/consumer over it, in each way that a user has, and custom operators; looks at what the
# library exports and needs.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/$1 work=$root/$2 prefix=$root/$2/prefix
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

find_package() {
    cmake -G Ninja -S "$root/examples/consumer" -B "$work/find_package" -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build "$work/find_package" && "$work/find_package/consumer"
}

# The library's own flags do not leak into the consumer's: warnings are off there, and the consumer may ask for -Werror itself.
add_subdirectory() {
    local launcher=()
    ! command -v ccache >/dev/null || launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    cmake -G Ninja -S "$root/examples/consumer" -B "$work/add_subdirectory" -DSARDONYX_SOURCE="$root" -DCMAKE_BUILD_TYPE=Debug "${launcher[@]}" &&
        cmake --build "$work/add_subdirectory" && "$work/add_subdirectory/consumer"
}

consumer_flags=(-std=c17 -Wall -Wextra -Wpedantic -Wconversion -Werror)
pkg() { PKG_CONFIG_PATH=$prefix/lib/pkgconfig pkg-config "$@" sardonyx; }

pkg_config() {
    # shellcheck disable=SC2046 # words of a command line
    cc "${consumer_flags[@]}" $(pkg --cflags) "$root/examples/consumer/main.c" -o "$work/dynamic" $(pkg --libs) -Wl,-rpath,"$prefix/lib" && "$work/dynamic"
}

pkg_config_static() {
    # shellcheck disable=SC2046
    cc "${consumer_flags[@]}" $(pkg --cflags) "$root/examples/consumer/main.c" -o "$work/static" $(pkg --static --libs | sed 's/-lsardonyx/-l:libsardonyx.a/') && "$work/static"
}

# Custom operators need the installed headers alone, and the installed command runs them.
custom_ops() {
    local name libraries=()
    for name in custom_op custom_op_dynamic; do
        cc "${consumer_flags[@]}" -I"$prefix/include" -fPIC -shared "$root/examples/$name.c" -o "$work/$name.so" || return
        libraries+=(--custom-ops "$work/$name.so")
    done
    python3 "$root/tests/install/custom_op_model.py" >"$work/custom.onnx" && echo '[[1, 2], [3, 4], [0, 1]]' >"$work/x.json" || return
    ! "$prefix/bin/sardonyx" run "$work/custom.onnx" --input "x=$work/x.json" || return # without them
    "$prefix/bin/sardonyx" run "${libraries[@]}" "$work/custom.onnx" --input "x=$work/x.json" --output "positions=$work/y.json" || return
    cat "$work/y.json" && grep -q '\[0,1\]' <(tr -d ' \n' <"$work/y.json")
}

# A model made by calls, with the installed headers alone; graph.h is C++ as well.
build_model() {
    # shellcheck disable=SC2046
    cc "${consumer_flags[@]}" $(pkg --cflags) "$root/examples/build_model.c" -o "$work/build_model" $(pkg --libs) -Wl,-rpath,"$prefix/lib" || return
    echo '#include <sardonyx/graph.h>' >"$work/graph.cc"
    c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" -fsyntax-only "$work/graph.cc" || return
    "$work/build_model" | tee "$work/build_model.txt" && grep -q '^y = 14.5 26$' "$work/build_model.txt" && grep -q '^Gemm: 3 inputs' "$work/build_model.txt"
}

# So does a provider, and the installed command computes with it.
provider() {
    cc "${consumer_flags[@]}" -I"$prefix/include" -fPIC -shared "$root/examples/provider.c" -o "$work/provider.so" &&
        "$prefix/bin/sardonyx" check "$root/models" --provider "$work/provider.so" &&
        "$prefix/bin/sardonyx" info --partition --provider "$work/provider.so" "$root/models/digits/digits.onnx" | grep -q 'example#0'
}

# Whatever the shared library exports is declared in a public header, and the other way round.
exports() {
    nm -D --defined-only "$prefix/lib/libsardonyx.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort >"$work/exported"
    sed -nE '/^SDX_API/ { s/\((.*)//; s/.*[ *](sdx_[a-z0-9_]+)$/\1/p }' "$prefix"/include/sardonyx/*.h | LC_ALL=C sort >"$work/declared"
    diff "$work/declared" "$work/exported"
}

# The library needs libc and libm alone.
needs() {
    local names
    names=$(objdump -p "$prefix/lib/libsardonyx.so" | awk '$1 == "NEEDED" && $2 !~ /^(libc|libm|ld-linux[a-z0-9_-]*)\.so/ { print $2 }')
    echo "$names"
    [ -z "$names" ]
}

# Each command has its page, and the completion of bash knows it.
manual() {
    local name
    [ -s "$prefix/share/man/man1/sardonyx.1" ] || return 1
    bash -n "$prefix/share/bash-completion/completions/sardonyx" || return 1
    for name in $("$prefix/bin/sardonyx" --help | sed -nE '/^commands:/,/^$/ s/^  ([a-z]+) .*/\1/p'); do
        echo "$name"
        [ -s "$prefix/share/man/man1/sardonyx-$name.1" ] || return 1
        grep -q "$name:-\*)" "$prefix/share/bash-completion/completions/sardonyx" || return 1
    done
}

rm -rf "$work" && mkdir -p "$work"
check install cmake --install "$build" --prefix "$prefix"
check find_package find_package
check pkg_config pkg_config
check pkg_config_static pkg_config_static
check add_subdirectory add_subdirectory
check custom_ops custom_ops
check build_model build_model
check provider provider
check exports exports
check needs needs
check manual manual
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ]
