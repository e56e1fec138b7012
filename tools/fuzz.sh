# ./dev fuzz: builds the fuzzers and runs each from its corpus. Sourced by ./dev and by its tests.

# A number as protobuf writes it.
varint() { # NUMBER
    local n=$1 octal
    while [ "$n" -ge 128 ]; do
        printf -v octal '%03o' $((n % 128 + 128))
        printf "\\$octal"
        n=$((n / 128))
    done
    printf -v octal '%03o' "$n"
    printf "\\$octal"
}

# A model and its inputs as one trial (fuzz/model/trial.h): each input is field 1005 behind the model.
print_trial() { # FOLDER
    local input k=0 first=$1/test_data_set_0
    cat "$1/model.onnx"
    while input=$first/input_$k.pb && [ -f "$input" ]; do
        varint $((1005 * 8 + 2))
        varint "$(stat -c %s "$input")"
        cat "$input"
        k=$((k + 1))
    done
}

largest_seed=655360 # bytes: larger files are slow to run and rarely reach more

# What a fuzzer begins with: the files kept in fuzz/seeds/NAME, and the cases of the specification and real models where they are small.
seed_corpus() { # NAME
    local corpus=build/fuzz/corpus/$1 folders folder file
    mkdir -p "$corpus"
    [ ! -d "fuzz/seeds/$1" ] || cp "fuzz/seeds/$1"/* "$corpus/"
    [ ! -f "$corpus/.seeded" ] || return 0
    if ! folders=$(conformance_folders); then folders=; fi
    [ ! -d ../shared/corpus ] || [ "$1" != fuzz_model ] || folders+=" ../shared/corpus"
    # shellcheck disable=SC2086 # a list of folders without blanks
    if [ -z "$folders" ]; then
        say "fuzz: there are no cases of the specification; $1 begins with fuzz/seeds alone"
    elif [ "$1" = fuzz_model ]; then
        find $folders -name model.onnx -size -$((largest_seed / 1024 + 1))k -printf '%h\n' | LC_ALL=C sort | while read -r folder; do
            print_trial "$folder" >"$corpus/${folder##*/}"
        done
        find "$corpus" -type f -size +$((largest_seed / 1024))k -delete
        python3 fuzz/model/operators.py fuzz/model/operators.txt "$corpus"
    else
        find $folders \( -name model.onnx -o -name 'input_0.pb' \) -size -4k | LC_ALL=C sort | while read -r file; do
            cp "$file" "$corpus/$(sha1sum <"$file" | cut -c1-20)"
        done
    fi
    touch "$corpus/.seeded"
}

wanted_coverage=85 # per cent of the lines of src/onnx and src/ops, where whole models are fuzzed

# Line coverage that the corpora reach, by folder, from a build of its own.
print_coverage() { # NAME...
    local build=build/fuzz-coverage name objects=() llvm least=0
    llvm=$(command -v llvm-cov-14 >/dev/null && echo -14 || true)
    [ -f $build/build.ninja ] || cmake --preset fuzz -B $build -DCMAKE_C_COMPILER="$(command -v clang-14 || echo clang)" -DSDX_SANITIZE=fuzzer-no-link \
        -DCMAKE_C_FLAGS='-fprofile-instr-generate -fcoverage-mapping' --log-level=WARNING
    cmake --build $build -j "$(jobs_wanted)" --target "$@"
    rm -f $build/*.profraw
    for name in "$@"; do
        LLVM_PROFILE_FILE=$build/$name.profraw "$build/bin/$name" -runs=0 "build/fuzz/corpus/$name" 2>/dev/null
        objects+=(${objects:+-object} "$build/bin/$name")
        [ "$name" != fuzz_model ] || least=$wanted_coverage
    done
    "llvm-profdata$llvm" merge -o $build/all.profdata $build/*.profraw
    "llvm-cov$llvm" report "${objects[@]}" -instr-profile=$build/all.profdata | awk -v least="$least" '
        function row(name, hit, all) { printf "%-28s %6d of %6d lines  %6.2f %%\n", name, hit, all, 100 * hit / all }
        /^src\/(wire|onnx|ops)\// && $8 > 0 {
            folder = $1
            sub(/\/[^\/]*$/, "", folder)
            if (!(folder in lines)) folders[++n] = folder
            lines[folder] += $8
            hit[folder] += $8 - $9
            if (folder != "src/wire") { all += $8; reached += $8 - $9 }
        }
        END {
            for (i = 1; i <= n; i++) row(folders[i], hit[folders[i]], lines[folders[i]])
            row("src/onnx and src/ops", reached, all)
            if (100 * reached < least * all) { printf "found less than the %d %% that are wanted\n", least; exit 1 }
        }'
}

run_fuzzers() { # [NAME...]
    local name names=("$@") passed=0 failed=0 log
    . tools/parts.sh
    build_preset fuzz
    if [ ${#names[@]} -eq 0 ]; then
        for name in fuzz/*.c; do
            [ ! -f "$name" ] || names+=("$(basename "$name" .c)")
        done
    fi
    [ ${#names[@]} -gt 0 ] || die "fuzz: fuzz/ holds no fuzzer, expected fuzz/fuzz_*.c"
    mkdir -p build/fuzz/crashes
    for name in "${names[@]}"; do
        [ -x "build/fuzz/bin/$name" ] || die "fuzz: '$name' is not known, expected one of fuzz/*.c"
        seed_corpus "$name"
        log=build/fuzz/$name.log
        say "$name: $option_seconds seconds"
        if "build/fuzz/bin/$name" -max_total_time="$option_seconds" -timeout=20 -rss_limit_mb=2048 -artifact_prefix="build/fuzz/crashes/$name-" \
            "build/fuzz/corpus/$name" >"$log" 2>&1; then
            passed=$((passed + 1))
            tail -n 1 "$log"
        else
            failed=$((failed + 1))
            tail -n 40 "$log"
            say "repeat with: build/fuzz/bin/$name $(ls -t build/fuzz/crashes/"$name"-* 2>/dev/null | head -n 1)"
        fi
    done
    if [ "$option_coverage" = yes ] && ! print_coverage "${names[@]}"; then failed=$((failed + 1)); fi
    counts $passed $failed 0
    [ $failed -eq 0 ]
}
