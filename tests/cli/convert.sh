#!/usr/bin/env bash
# sardonyx convert from outside: every form is written, read again, checked by the command itself and by what it says. convert.sh [EMULATOR...] SARDONYX
set -uo pipefail

sardonyx=("$@")
digits=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/models/digits/digits.onnx
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

# smaller FILE FILE: the first has less than three quarters of the bytes of the second.
smaller() {
    [ $((4 * $(stat -c %s "$1"))) -lt $((3 * $(stat -c %s "$2"))) ] || { echo "$1 is not much smaller than $2"; failed=1; }
}

# ---- protobuf by hand, in hexadecimal digits

text() { printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n'; }
varint() {
    local n=$1
    while [ "$n" -ge 128 ]; do
        printf '%02x' $((n % 128 + 128))
        n=$((n / 128))
    done
    printf '%02x' "$n"
}
# field NUMBER CONTENT: a field with a length.
field() {
    varint $(($1 * 8 + 2))
    varint $((${#2} / 2))
    printf '%s' "$2"
}
number() { varint $(($1 * 8)) && varint "$2"; }
node() { # OPERATOR OUTPUT INPUT...
    local operator=$1 output=$2 content='' input
    shift 2
    for input in "$@"; do content+=$(field 1 "$(text "$input")"); done
    field 1 "$content$(field 2 "$(text "$output")")$(field 4 "$(text "$operator")")"
}
port() { # FIELD NAME: float32 [batch, 256]
    local dims
    dims=$(field 1 "$(field 2 "$(text batch)")")$(field 1 "$(number 1 256)")
    field "$1" "$(field 1 "$(text "$2")")$(field 2 "$(field 1 "$(number 1 1)$(field 2 "$dims")")")"
}
# constant NAME WORD: float32 [256], the first element these four bytes, the others 0.5.
constant() {
    local data=$2 i
    for ((i = 1; i < 256; i++)); do data+=0000003f; done
    field 5 "$(number 1 256)$(number 2 1)$(field 8 "$(text "$1")")$(field 9 "$data")"
}
# z = Add(Mul(Relu(x), w), v), w beginning with 1e30 (beyond float16), v with 0.1 (rounded).
model() {
    local graph
    graph=$(node Relu a x)$(node Mul y a w)$(node Add z y v)$(field 2 "$(text g)")
    graph+=$(constant w caf24971)$(constant v cdcccc3d)$(port 11 x)$(port 12 z)
    printf '%s' "$(number 1 8)$(field 7 "$graph")$(field 8 "$(number 2 13)")" | sed 's/../\\x&/g'
}
# shellcheck disable=SC2059 # the bytes are the format
printf "$(model)" >m.onnx
expect 0 '^z +float32 +batch x 256' info m.onnx

# ---- as it is, and of another opset

expect 0 '^probabilities ' convert "$digits" same.onnx
expect 0 '"ratio": 0$' convert m.onnx up.onnx --opset 21 --json
expect 0 '^opsets +ai.onnx 21' info up.onnx
expect 0 '"checked": false' convert "$digits" same.onnx --no-check --json
expect 0 '^probabilities +0 ' convert "$digits" same.onnx --data "${digits%/*}/test_data_set_0"
expect 2 'expected two: sardonyx convert MODEL OUTPUT' convert m.onnx
expect 2 'would be written over' convert m.onnx m.onnx
expect 3 'opset' convert m.onnx low.onnx --opset 5

# ---- weights

expect 0 '^weights +[1-9][0-9]* as float16' convert "$digits" half.onnx --weights fp16
smaller half.onnx "$digits"
expect 0 '^Cast ' info half.onnx
expect 0 '^weights +[1-9][0-9]* as bfloat16' convert "$digits" brain.onnx --weights bf16
expect 0 '^weights +[1-9][0-9]* as float32' convert half.onnx wide.onnx --weights fp32
if "${sardonyx[@]}" info wide.onnx | grep -q '^Cast '; then echo 'wide.onnx: its weights are still cast'; failed=1; fi
expect 1 'times what is allowed' convert "$digits" half.onnx --weights fp16 --limit 1e-9
expect 0 '^w stays float32: it has 1e\+30, which float16 cannot hold' convert m.onnx half.onnx --weights fp16
expect 0 '^weights +2 as bfloat16' convert m.onnx brain.onnx --weights bf16
expect 2 "has value 'fp8', expected fp16, bf16 or fp32" convert m.onnx half.onnx --weights fp8

# ---- external data out and in

expect 0 '^probabilities ' convert "$digits" out.onnx --external 1K
[ -s out.onnx.data ] || { echo 'out.onnx.data is missing'; failed=1; }
smaller out.onnx "$digits"
expect 0 '^probabilities ' convert out.onnx in.onnx
rm out.onnx.data
expect 10 'out.onnx.data' run out.onnx
expect 0 '^probabilities ' run in.onnx

# ---- cuts and shapes

expect 0 '^y ' convert m.onnx part.onnx --from a --to y
expect 0 '^a +float32 +batch x 256' info part.onnx
expect 0 '"Mul": 1' info part.onnx --json
expect 0 '^z ' convert m.onnx tail.onnx --from y --set batch=2
expect 0 '^y +float32 +2 x 256' info tail.onnx
expect 10 "option '--from': the graph has no value 'q'" convert m.onnx part.onnx --from q
expect 0 '^z ' convert m.onnx fixed.onnx --shape x=4x256
expect 0 '^z +float32 +4 x 256' info fixed.onnx
expect 2 'the model declares 4 x 256' run fixed.onnx --shape x=5x256
expect 0 '^z ' convert m.onnx all.onnx --set batch=2 --weights bf16 --external 1K --opset 18 --to z
expect 0 '^x +float32 +2 x 256' info all.onnx

exit $failed
