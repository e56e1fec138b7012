#!/usr/bin/env bash
# The programs of ./dev bench answer as its driver expects. runner.sh FOLDER-OF-PROGRAMS MODEL NAME-OF-INPUT
set -uo pipefail

programs=$1 model=$2 input=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# says PATTERN: standard input has a line that matches.
says() {
    local said
    said=$(cat)
    grep -qE -- "$1" <<<"$said" || { printf 'expected /%s/ in\n%s\n' "$1" "$said"; failed=1; }
}

{ printf '1 4 1 1 28 28 3136 %s\n' "$input" && head -c 3136 /dev/zero; } >"$work/in"
number='[0-9.]+'
answers=$(printf 'turn 0.001\noutputs %s\nmemory\nidle 0.001\n' "$work/out" | "$programs/bench_run_sardonyx" "$model" "$work/in" threads=2)
says "^ready $number $number $number$" <<<"$answers"
says "^turn $number $number [0-9]+ $number $number [0-9]+$" <<<"$answers"
says '^outputs 1$' <<<"$answers"
says '^memory [1-9][0-9]+ [1-9][0-9]+ [1-9][0-9]+$' <<<"$answers"
says "^idle $number$" <<<"$answers"
head -n 1 "$work/out" | says '^1 2 1 10 40 '

"$programs/bench_run_sardonyx" "$model" "$work/in" once=1 | says '^ready '
"$programs/bench_run_sardonyx" "$work/nix.onnx" "$work/in" | says '^error .*nix.onnx'
echo dance | "$programs/bench_run_sardonyx" "$model" "$work/in" | says "^error found 'dance'"
: >"$work/none"
"$programs/bench_run_sardonyx" "$model" "$work/none" | says "^error no input '$input'"
"$programs/bench_run_onnxruntime" "$model" "$work/in" library="$work/nix.so" | says '^error .*nix.so'
"$programs/bench_spawn" 2 /bin/sh -c : | says "^spawn $number $number$"
exit $failed
