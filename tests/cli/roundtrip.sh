#!/usr/bin/env bash
# Writes each model of the cases below the folders as ONNX and puts it beside the case's data, so that `sardonyx check WORK` runs what was
# written:
#
#     tests/cli/roundtrip.sh COMMAND WORK --original|--optimized FOLDER...
#
# A model that cannot be written although it can be loaded is told and counted; the last line says how many there were.
set -uo pipefail
command=$1 work=$2 graph=$3
shift 3
written=0 refused=0
rm -rf "$work"
while IFS= read -r folder; do
    target=$work/$(basename "$(dirname "$folder")")/$(basename "$folder")
    mkdir -p "$target"
    if ! "$command" dump "$folder/model.onnx" "$graph" --format onnx --output "$target/model.onnx" 2>"$target/error"; then
        # what this build cannot load at all is the business of other tests
        if "$command" info "$folder/model.onnx" >/dev/null 2>&1; then
            echo "$folder: $(cat "$target/error")"
            refused=$((refused + 1))
        fi
        rm -rf "$target"
        continue
    fi
    rm "$target/error"
    # links where the file system has them: the data are many
    for data in "$folder"/test_data_set_* "$folder/tolerance"; do
        [ ! -e "$data" ] || cp -rl "$data" "$target" 2>/dev/null || cp -r "$data" "$target"
    done
    written=$((written + 1))
done < <(find "$@" -name model.onnx -printf '%h\n' | LC_ALL=C sort)
echo "$written models written, $refused refused"
[ "$refused" -eq 0 ] && [ "$written" -gt 0 ]
