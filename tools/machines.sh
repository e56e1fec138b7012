# Other machines: the parts of ./dev test that cross-compile and run what comes out. Sourced by parts.sh.

# Debian's names of machines: each is a preset, a toolchain file cmake/NAME.cmake and a group of tools/packages.txt. What runs their programs
# here stands in their toolchain files too, for ctest; musl's run as they are.
machines=(arm64 riscv64 armhf i386 musl)
declare -A emulator=(
    [arm64]="qemu-aarch64 -L /usr/aarch64-linux-gnu"
    [riscv64]="qemu-riscv64 -L /usr/riscv64-linux-gnu"
    [armhf]="qemu-arm -L /usr/arm-linux-gnueabihf"
    [i386]="/usr/i686-linux-gnu/lib/ld-linux.so.2 --library-path /usr/i686-linux-gnu/lib"
    [musl]=""
)

# Cross compilers are packaged for x86-64 as for nothing else.
need_x86_64() { # PART
    [ "$(uname -m)" = x86_64 ] || skip_part "$1: this machine is $(uname -m), the cross compilers are asked for on x86_64"
}

# The line of apt's sources for what the distribution's own packages were made of.
source_line() {
    local keyring
    # shellcheck disable=SC2016 # for apt to expand
    apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
        awk '($1 == "Debian" || $1 == "Ubuntu") && $2 !~ /-/ && ($4 == "main" || $4 == "universe") { print $3, $2, $4 }' >where
    [ -s where ] || { echo "apt lists no packages of Debian or Ubuntu"; return 1; }
    keyring=$(compgen -G '/usr/share/keyrings/*-archive-keyring.gpg' | grep -E '/(debian|ubuntu)-' | head -n 1)
    awk -v by="${keyring:+[signed-by=$keyring] }" '{ print "deb-src " by $0 }' where | sort -u >sources.list
}

# The sources of cmocka as the distribution has them, in build/cmocka/source, for machines whose library it does not carry. apt works in that
# folder, so neither the system's lists nor the right to change them are needed. Fails with apt's words in build/cmocka/log.
fetch_cmocka() {
    local folder=$PWD/build/cmocka apt
    [ ! -f "$folder/source/src/cmocka.c" ] || return 0
    rm -rf "$folder"
    mkdir -p "$folder/lists/partial" "$folder/archives/partial"
    apt=(apt-get -qq -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder")
    (
        cd "$folder" && source_line && "${apt[@]}" update && "${apt[@]}" source --download-only cmocka &&
            cmake -E tar xf cmocka_*.orig.tar.?z && mv cmocka-*/ source && rm -rf lists archives ./*.bin
    ) >"$folder/log" 2>&1 || return 1
    rm -f build/*/build.ninja # cmake looks anew for what is there now
}

# The bits that models/digits gives for made-up inputs under strict numerics.
strict_bits() { # COMMAND...
    local seed
    for seed in 1 2 3 4; do
        "$@" run models/digits/digits.onnx --seed $seed --numerics strict --output build/test/strict.raw >/dev/null || echo "$1: seed $seed failed"
        cksum <build/test/strict.raw
    done
}

# Our own models and the bits of strict numerics: what runs a second and says most.
smoke_test() { # MACHINE [EMULATOR...]
    local command=("${@:2}" "build/$1/bin/sardonyx")
    build_command
    "${command[@]}" check models
    if [ "$(strict_bits build/release/bin/sardonyx)" = "$(strict_bits "${command[@]}")" ]; then
        counts 1 0 0
    else
        say "strict numerics: models/digits has other bits on $1 than here"
        counts 0 1 0
    fi
}

# All of the specification's cases, or a sample of them.
machine_conformance() { # COMMAND...
    local cases
    if [ "$option_all" = yes ]; then cases=$(conformance_folders) || return 0; else cases=$(conformance_sample) || return 0; fi
    # shellcheck disable=SC2086 # a list of folders without blanks
    "$@" check $cases "${conformance_limits[@]}"
}

# Everything that runs here, under what runs the machine's programs.
test_machine() { # MACHINE
    local run
    need_x86_64 "$1"
    read -ra run <<<"${emulator[$1]}"
    fetch_cmocka || say "unit tests left out: the sources of cmocka could not be fetched (build/cmocka/log)"
    build_preset "$1"
    smoke_test "$1" "${run[@]}"
    [ ! -f build/cmocka/source/src/cmocka.c ] || unit_tests "$1"
    "${run[@]}" "build/$1/bin/checkop"
    machine_conformance "${run[@]}" "build/$1/bin/sardonyx"
}

# Whether the kernels with NEON's dot product run on a processor of qemu's.
has_dot_product() { # PROCESSOR
    qemu-aarch64 -cpu "$1" -L /usr/aarch64-linux-gnu build/arm64/bin/checkop --kernel sum_i8 | grep -q '^ok .* neondot'
}

# All of it with the dot product, which qemu's standard processor has; then one without has to find its way.
part_arm64() {
    test_machine arm64
    if has_dot_product cortex-a76 && ! has_dot_product cortex-a53; then counts 1 0 0; else counts 0 1 0; fi
    smoke_test arm64 qemu-aarch64 -cpu cortex-a53 -L /usr/aarch64-linux-gnu
}

part_riscv64() { test_machine riscv64; }
part_armhf() { test_machine armhf; }
part_i386() { test_machine i386; }
part_musl() { test_machine musl; }

# Windows, whose compiler and emulator a distribution may not have: then the part says so. Cases take no process of their own there.
part_windows() {
    local folders
    need_x86_64 windows
    (need_packages windows) || skip_part "windows: mingw-w64 and wine cannot be installed here (tools/packages.txt, group windows)"
    export WINEPREFIX=$PWD/build/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" DISPLAY=
    fetch_cmocka || say "unit tests left out: the sources of cmocka could not be fetched (build/cmocka/log)"
    build_preset mingw
    wine build/mingw/bin/sardonyx.exe --version || skip_part "windows: wine does not start here"
    wine build/mingw/bin/sardonyx.exe check models
    tests/install/windows.sh build/mingw build/install-windows
    [ ! -f build/cmocka/source/src/cmocka.c ] || unit_tests mingw
    wine build/mingw/bin/checkop.exe | tr -d '\r' # its lines end as that system has it
    folders=$(conformance_folders) || return 0
    # shellcheck disable=SC2086 # a list of folders without blanks
    wine build/mingw/bin/sardonyx.exe check $folders "${conformance_limits[@]:1}" # but --fork
}

# A machine that cannot be supported says so when it compiles the library.
refuses() { # SENTENCE COMPILER...
    local sentence=$1 said
    shift
    said=$("$@" -std=c17 -D_POSIX_C_SOURCE=200809L -Isrc -Iinclude -fsyntax-only src/base/cpu.c 2>&1 || true)
    if [[ $said == *"$sentence"* ]]; then
        counts 1 0 0
    else
        printf '%s: expected "%s", found:\n%s\n' "$1" "$sentence" "$said"
        counts 0 1 0
    fi
}

refused_machines() {
    local big=(cc -U__BYTE_ORDER__ -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__)
    ! command -v s390x-linux-gnu-gcc >/dev/null || big=(s390x-linux-gnu-gcc)
    refuses "needs a little-endian machine" "${big[@]}"
    ! command -v i686-linux-gnu-gcc >/dev/null || refuses "compile with -msse2 -mfpmath=sse" i686-linux-gnu-gcc
}

# What every change has to keep: that the library and the command compile for other machines, and start there.
part_cross() {
    local machine run
    need_x86_64 cross
    refused_machines
    for machine in arm64 riscv64; do
        build_preset $machine sardonyx libraries
        read -ra run <<<"${emulator[$machine]}"
        smoke_test $machine "${run[@]}"
    done
    build_preset mingw sardonyx libraries
    counts 1 0 0
}
