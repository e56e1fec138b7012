# The parts of ./dev test. Each is a function part_NAME that prints what it does and, where it counts cases, ends with the line
# "N passed, N failed, N skipped"; without that line its exit status counts as one case. skip_part says why a part cannot run.

. tools/machines.sh

standard_parts=(build unit checkop models conformance corpus providers verify differential install asan cross)
further_parts=(clang tsan roundtrip sweeps fuzz "${machines[@]}" windows)

skip_part() {
    say "skipped: $*"
    exit 77
}

part_build() { build_preset release; }

# Runs the unit tests of a build and turns ctest's account into ours: failures are counted, not returned.
unit_tests() { # PRESET
    local log=build/test/ctest-$1.log line failed all skipped
    ctest --test-dir "build/$1" -L unit -j "$(jobs_wanted)" --output-on-failure --no-tests=error >"$log" 2>&1 ||
        grep -vE '^ +Start |  Passed  ' "$log" || true
    line=$(grep -E 'tests? passed, .* failed out of' "$log") || return 1
    failed=$(sed -E 's/.*, ([0-9]+) tests? failed.*/\1/' <<<"$line")
    all=$(sed -E 's/.*out of ([0-9]+).*/\1/' <<<"$line")
    skipped=$(grep -c 'Skipped *[0-9.]* sec' "$log" || true)
    counts $((all - failed - skipped)) "$failed" "$skipped"
}

# What a part has tested, against the table of `sardonyx ops`; one more case of the part.
tested() { # TEST FILE
    local said
    said=$(tools/tested "$1" "$2" || true)
    say "$said"
}

part_unit() {
    build_preset release
    rm -f build/test/tested-unit
    export SDX_TESTED=$PWD/build/test/tested-unit
    unit_tests release
    [ ! -e "$SDX_TESTED" ] || tested unit "$SDX_TESTED"
}

part_checkop() {
    build_preset release checkop
    build/release/bin/checkop
}

part_models() {
    build_command
    build/release/bin/sardonyx check models
}

conformance_limits=(--fork --timeout 120 --rtol 1e-3 --atol 1e-7 --expected-failures tests/conformance/expected_failures.txt)

# Prints the folders of the specification's cases: those of ../shared, unpacked once for each edition of the archive, else what
# the onnx package of PyPI writes.
conformance_folders() {
    local archive=../shared/onnx/backend-tests-opset28.tar.gz root=build/conformance edition python kind
    mkdir -p $root
    if [ -f $archive ]; then
        edition=$(stat -c '%s-%Y' $archive)
        if [ "$(cat $root/edition 2>/dev/null)" != "$edition" ]; then
            rm -rf $root/edition $root/bt_data
            tar -xzf $archive -C $root
            echo "$edition" >$root/edition
        fi
        for kind in node simple pytorch-converted pytorch-operator; do echo $root/bt_data/$kind; done
        return
    fi
    if [ ! -f $root/generated/complete ]; then
        python=$(python_with_onnx) || return 1
        "$python" tests/conformance/generate.py $root/generated >&2 || return 1
        touch $root/generated/complete
    fi
    echo $root/generated
}

part_conformance() {
    local folders
    build_command
    folders=$(conformance_folders) ||
        skip_part "conformance: ../shared/onnx/backend-tests-opset28.tar.gz is not there and the onnx package of PyPI could not be installed (build/pip.log)"
    # shellcheck disable=SC2086 # a list of folders without blanks
    build/release/bin/sardonyx check $folders "${conformance_limits[@]}" --operators build/test/tested-conformance
    # Another edition of the specification has other cases.
    [ ! -f ../shared/onnx/backend-tests-opset28.tar.gz ] || tested conformance build/test/tested-conformance
}

part_corpus() {
    [ -d ../shared/corpus ] || skip_part "corpus: the folder ../shared/corpus is not there"
    build_command
    build/release/bin/sardonyx check ../shared/corpus --operators build/test/tested-corpus
    tested corpus build/test/tested-corpus
}

# What the null provider claims; `full` adds all cases and more choices.
provider_choices=(alternate)
provider_cases=conformance_sample

part_providers() {
    local folders choice library=build/release/lib/sardonyx_null.so
    build_preset release sardonyx sardonyx_null
    folders=$($provider_cases) || return 1
    for choice in all "${provider_choices[@]}"; do
        # shellcheck disable=SC2086 # a list of folders without blanks
        build/release/bin/sardonyx check $folders "${conformance_limits[@]}" --provider "$library:$choice"
        [ ! -d ../shared/corpus ] || build/release/bin/sardonyx check ../shared/corpus --provider "$library:$choice"
    done
}

differential_graphs=300

part_differential() {
    local python
    python=$(python_with tests/differential/requirements.txt build/venv-differential) ||
        skip_part "differential: onnxruntime of PyPI could not be installed (build/pip.log)"
    build_command
    "$python" tests/differential/main.py --count "$differential_graphs"
}

part_verify() {
    [ -d ../shared/corpus ] || skip_part "verify: the folder ../shared/corpus is not there"
    build_command
    build/release/bin/sardonyx verify ../shared/corpus
}

part_install() {
    build_preset release
    tests/install/run.sh build/release build/install
}

# Every fourth case: enough to pass through all families of operators, and soon done.
conformance_sample() {
    local folders
    folders=$(conformance_folders) || return 1
    # shellcheck disable=SC2086 # a list of folders without blanks
    find $folders -name model.onnx -printf '%h\n' | LC_ALL=C sort | awk 'NR % 4 == 1'
}

part_asan() {
    local sample
    [ -e /proc/self/exe ] || skip_part "asan: the sanitizers need /proc; type as root: mount -t proc proc /proc"
    build_preset asan
    unit_tests asan
    sample=$(conformance_sample) || return 0
    # shellcheck disable=SC2086 # a list of folders without blanks
    build/asan/bin/sardonyx check $sample "${conformance_limits[@]}"
}

part_clang() {
    [ -f build/clang/build.ninja ] ||
        cmake --preset release -B build/clang -DCMAKE_C_COMPILER="$(command -v clang-14 || echo clang)" --log-level=WARNING
    cmake --build build/clang -j "$(jobs_wanted)"
    unit_tests clang
}

part_tsan() {
    build_preset tsan
    unit_tests tsan
}

# Writes every model of the cases as ONNX, as it stands in the file and after the rewrites, and checks what was written.
roundtrip() { # FOLDERS LIMIT...
    local folders=$1 graph
    shift
    for graph in original optimized; do
        # shellcheck disable=SC2086 # a list of folders without blanks
        tests/cli/roundtrip.sh build/release/bin/sardonyx build/test/roundtrip --$graph $folders
        build/release/bin/sardonyx check build/test/roundtrip --fork --timeout 120 "$@"
    done
    rm -rf build/test/roundtrip
}

part_roundtrip() {
    local folders=models
    build_command
    [ ! -d ../shared/corpus ] || folders+=" ../shared/corpus"
    roundtrip "$folders"
    folders=$(conformance_folders) || return 0
    roundtrip "$folders" "${conformance_limits[@]}"
}

part_sweeps() {
    local program status passed=0 failed=0 skipped=0
    build_preset release
    for program in build/release/bin/sweep_*; do
        [ -x "$program" ] || continue
        "$program" && status=0 || status=$?
        case $status in
            0) passed=$((passed + 1)) ;;
            77) skipped=$((skipped + 1)) ;;
            *) failed=$((failed + 1)) ;;
        esac
    done
    counts $passed $failed $skipped
}

part_fuzz() {
    . tools/fuzz.sh
    option_seconds=30
    run_fuzzers
}

# ---- counting --------------------------------------------------------------------------------------

counts() { printf '%d passed, %d failed, %d skipped\n' "$1" "$2" "$3"; }

passed=0 failed=0 skipped=0 part_failures=0 summary=()

# Runs one part in a shell of its own and adds what it counted. A part may count several times (asan: unit tests, then cases). Not to be
# called as a condition: the part would go on after an error.
run_part() { # PART
    local part=$1 log=build/test/$1.log status started=$SECONDS p=0 f=0 s=0
    say "== $part"
    set +e
    (
        set -e
        "part_$part"
    ) 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    set -e
    if [ "$status" -eq 77 ]; then
        s=1
        [[ ,${SDX_REQUIRE:-}, != *,$part,* ]] || { s=0 f=1 && say "SDX_REQUIRE names '$part': skipped counts as failed"; }
    else
        read -r p f s <<<"$(awk '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5 } END { print p + 0, f + 0, s + 0 }' "$log")"
        [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
        [ $((p + f + s)) -gt 0 ] || p=1
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    summary+=("$(printf '%-12s %5d passed %5d failed %5d skipped %5d s' "$part" "$p" "$f" "$s" $((SECONDS - started)))")
    part_failures=$f
}

run_parts() { # [PART...]
    local part parts=("$@") groups=(demo test)
    [ ${#parts[@]} -gt 0 ] || parts=("${standard_parts[@]}")
    [ "${parts[*]}" != full ] || parts=("${standard_parts[@]}" "${further_parts[@]}") differential_graphs=3000 \
        provider_choices=(none alternate alternate,sync random:1 random:2,delay=100 random:3) provider_cases=conformance_folders
    for part in "${parts[@]}"; do
        [[ " ${standard_parts[*]} ${further_parts[*]} " == *" $part "* ]] ||
            die "test: part '$part' is not known, expected ${standard_parts[*]} ${further_parts[*]} or full"
        case $part in
            clang | fuzz) groups+=(fuzz) ;;
            cross | arm64 | riscv64 | armhf | i386 | musl) [ "$(uname -m)" != x86_64 ] || groups+=("$part") ;;
        esac
    done
    need_packages "${groups[@]}"
    mkdir -p build/test
    for part in "${parts[@]}"; do
        run_part "$part"
        [ "$part" != build ] || [ "$part_failures" -eq 0 ] || break
    done
    say
    say "${summary[@]/%/$'\n'}" | sed -E 's/^ //; /^$/d'
    counts $passed $failed $skipped
    [ $failed -eq 0 ]
}
