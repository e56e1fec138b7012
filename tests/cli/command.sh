#!/usr/bin/env bash
# The command from outside: exit status, texts, formats and the verdicts of check. command.sh [EMULATOR...] SARDONYX
set -uo pipefail

sardonyx=("$@") sardonyx_file=${!#} # on Windows an .exe, without processes that fork and without pages that can be counted
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

# expect STATUS PATTERN ARGUMENT...: the command ends with this status and says what matches.
expect() {
    local wanted=$1 pattern=$2 said status
    shift 2
    said=$("${sardonyx[@]}" "$@" 2>&1)
    status=$?
    if [ $status -ne "$wanted" ] || ! grep -qE -- "$pattern" <<<"$said"; then
        printf 'sardonyx %s\n  status %d, expected %d; expected /%s/ in\n%s\n' "$*" $status "$wanted" "$pattern" "$said"
        failed=1
    fi
}

# same FILE FILE
same() {
    cmp -s "$1" "$2" || { printf '%s differs from %s\n' "$1" "$2"; failed=1; }
}

# model OPERATOR: y = OPERATOR(x), float32 [n, 3], as the bytes of ModelProto.
model() {
    local type='\x0a\x0d\x08\x01\x12\x09\x0a\x03\x12\x01n\x0a\x02\x08\x03'
    local node='\x0a\x01x\x12\x01y\x22\x08'$1
    printf '\x08\x08\x3a\x41\x0a\x10'"$node"'\x12\x01g\x5a\x14\x0a\x01x\x12\x0f'"$type"
    printf '\x62\x14\x0a\x01y\x12\x0f'"$type"'\x42\x02\x10\x0d'
}

# tensor BYTE: float32 [1, 3] of 0, 2 and the number whose third byte this is, as a TensorProto.
tensor() {
    printf '\x08\x01\x08\x03\x10\x01\x4a\x0c\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00'"$1"'\x3f'
}

model Identity >m.onnx
model Softplus >plus.onnx
model Nonesuch >unknown.onnx

expect 2 'usage: sardonyx COMMAND'
expect 0 '^  run ' --help
expect 0 '^sardonyx [0-9]+\.[0-9]+\.[0-9]+$' --version
expect 2 "no command 'chekc', did you mean 'check'" chekc
expect 2 "shell 'csh' is not known, expected bash, zsh or fish" completion csh
expect 0 'complete -F _sardonyx sardonyx' completion bash
expect 0 "'--load=\[how .*:value:\(map copy snapshot\)'" completion zsh
expect 0 "from run' -l load -x -a 'map copy snapshot'" completion fish
expect 2 'nothing to write' docs
expect 0 '^$' docs --man man --markdown docs
grep -q '^\.TH SARDONYX\\-RUN 1' man/sardonyx-run.1 || { echo 'no manual page of run'; failed=1; }
grep -q '^| 11 | io |' docs/cli/README.md || { echo 'no exit status in docs/cli'; failed=1; }
expect 2 "option '--shape': the model has no input 'z'; it has 'x'" run m.onnx --shape z=1x3
for command in run info check bench profile explain ops; do
    expect 0 "^  sardonyx $command" $command --help
    expect 2 "did you mean '--json'" $command --jsn
done
expect 2 'expected one: sardonyx run MODEL' run
expect 10 'nix.onnx' run nix.onnx
expect 11 'device' run /dev/null
expect 5 'lacks: Nonesuch' info unknown.onnx
expect 5 '^x +float32 +n x 3' info unknown.onnx
expect 5 '^Nonesuch +1 +missing' info unknown.onnx
expect 5 '"first": "Nonesuch#0"' info unknown.onnx --json
expect 5 '^sum ' info unknown.onnx --memory
expect 5 'Nonesuch' info unknown.onnx --dump

expect 0 'x +float32 +n x 3' info m.onnx
expect 0 '"Identity": 1' info m.onnx --json
expect 0 '^sum .* all that comes from the allocator$' info m.onnx --memory
[[ $sardonyx_file == *.exe ]] || expect 0 '^remainder ' info m.onnx --memory --shape x=4x3
expect 0 '"after a run": \{' info m.onnx --memory --json
expect 2 '^sum ' info m.onnx --memory --shape x=4x5
expect 0 'SDX_THREADS' info --knobs
expect 0 '^threads +[1-9]' info --build
expect 0 '^Identity +1 .* conformance' ops
expect 0 '^Clip: opset 1 and later, as of version 13; tested by: conformance' ops Clip
expect 0 '^Clip +in min +T +x +x +x' ops Clip --types
expect 0 '"default": "constant"' ops Pad --json
expect 10 "no operator 'Clop', did you mean 'Clip'" ops Clop
expect 10 "library 'no.so': no such file" ops --custom-ops no.so
expect 10 "library 'no.so': no such file" run m.onnx --custom-ops no.so
expect 0 '"runs": 5' bench m.onnx --runs 5 --json
expect 2 "no output 'q'; it has 'y'" run m.onnx --output q=y.npy
expect 0 'between the nodes' profile m.onnx --runs 3
expect 0 '"operator": "Softplus"' profile plus.onnx --runs 3 --json --trace trace.json
expect 0 'm.onnx: 1 nodes in the file, 1 now' explain m.onnx
expect 0 '^ +1 +Softplus +cpu' explain plus.onnx
expect 0 '^Softplus +.* 4x3 +cpu' explain plus.onnx --shape x=4x3 --nodes
expect 0 '"computed": "run"' explain plus.onnx --json --run
expect 2 '^ +1 +Softplus +cpu' explain plus.onnx --shape x=4x4
expect 2 'expected one: sardonyx explain MODEL' explain
grep -q '"cat": "Softplus"' trace.json || { echo 'trace.json: no call of Softplus'; failed=1; }

# Every format gives back what was written; the same seed gives the same numbers.
expect 0 '2x3' run m.onnx --set n=2 --seed 7 --output y.npy --output y.npz --output y.pb --output y.json --output y.raw
for file in y.npy y.npz y.pb y.json; do
    expect 0 '2x3' run m.onnx --input $file --output again.npy
    same y.npy again.npy
done
expect 8 'needs 60' run m.onnx --input x=y.raw --shape x=5x3
expect 0 '2x3' run m.onnx --input x=y.raw --output again.npy
same y.npy again.npy
expect 0 '4x3' run m.onnx --shape x=4x3 --fill 1.5
expect 2 'the model declares n x 3' run m.onnx --shape x=4x4
expect 2 "no input 'z'; it has 'x'" run m.onnx --input z=y.npy
expect 2 'says no format' run m.onnx --input m.onnx
head -c 100 y.npy >cut.npy
expect 3 'npy' run m.onnx --input x=cut.npy

# check: a case that passes, one that fails, one that cannot run, and the list of expected failures.
for name in good bad missing; do
    mkdir -p cases/$name/test_data_set_0
    cp m.onnx cases/$name/model.onnx
    tensor '\x80' >cases/$name/test_data_set_0/input_0.pb
    tensor '\x80' >cases/$name/test_data_set_0/output_0.pb
done
tensor '\x90' >cases/bad/test_data_set_0/output_0.pb
cp unknown.onnx cases/missing/model.onnx
expect 1 '^1 passed, 1 failed, 1 skipped$' check cases
fork=--fork
[[ $sardonyx_file != *.exe ]] || { fork=--verbose && expect 2 'not for this system' check cases --fork; }
expect 1 'element \[0,2\] is 1, expected 1.125' check cases $fork
expect 0 '^1 passed, 0 failed, 0 skipped$' check cases/bad --limit 0.1
expect 1 '^0 passed, 1 failed, 0 skipped$' check cases/bad --rtol 0.1 --atol 0
expect 0 '^0 passed, 0 failed, 1 skipped$' check cases --filter 'miss*'
expect 0 'Nonesuch +1 +1' check cases/missing --missing
expect 10 'matches the filter' check cases --filter nothing
printf '# known\nbad  rounding\n' >expected
expect 0 '^1 passed, 0 failed, 2 skipped$' check cases --expected-failures expected
printf 'good rounding\n' >expected
expect 1 'passes, though it is expected to fail \(rounding\)' check cases --expected-failures expected --filter good
expect 1 '"failed": 1' check cases --json

# dump: four formats of one graph; what is written is a model again.
expect 0 '^  sardonyx dump' dump --help
expect 2 'expected one: sardonyx dump MODEL' dump
expect 2 'expected text, dot, json or onnx' dump m.onnx --format svg
expect 2 'exclude each other' dump m.onnx --original --optimized
expect 0 '^0  Identity  x       float32\[n,3\]' dump m.onnx
expect 0 'far|Nonesuch' dump unknown.onnx
expect 0 '^"v0 g x" -> n0 \[label="float32\[n,3\]"\];$' dump m.onnx --format dot
expect 0 '"operator": "Identity"' dump m.onnx --format json --original
expect 3 'expected at most 28' dump m.onnx --format onnx --opset 99 --output no.onnx
expect 0 '^$' dump m.onnx --format onnx --opset 17 --output dumped.onnx
expect 0 'ai.onnx 17' info dumped.onnx
expect 0 '4x3' run m.onnx --shape x=4x3 --output one.npy
expect 0 '4x3' run dumped.onnx --shape x=4x3 --output two.npy
same one.npy two.npy
if command -v dot >/dev/null; then
    "${sardonyx[@]}" dump m.onnx --format dot | dot -Tsvg >m.svg && grep -q '</svg>' m.svg || { echo 'dot refuses what dump writes'; failed=1; }
fi
if command -v python3 >/dev/null; then
    "${sardonyx[@]}" dump m.onnx --format json | python3 -c 'import json, sys; assert json.load(sys.stdin)["graph"]["nodes"]' || failed=1
fi

# verify: one model on made-up inputs, folders with theirs.
expect 0 '^without fold_constants +same' verify m.onnx --set n=2
expect 0 '^2 passed, 0 failed, 1 skipped$' verify cases
expect 0 '^all +same' verify cases --filter good --verbose
expect 0 '"guilty": \[\]' verify m.onnx --set n=2 --json
expect 2 'no model given' verify
expect 10 'no folder with model.onnx' verify cases --filter nothing
expect 1 'cannot be run: ' verify m.onnx --set n=2 --memory-limit 1

exit $failed
