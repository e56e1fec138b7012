#!/usr/bin/env bash
# Lets digits.onnx read the pictures beside it and shows what the command can do: demo.sh SARDONYX
set -euo pipefail

if [ $# -ne 1 ] || [ ! -x "$1" ]; then
    echo "usage: models/digits/demo.sh SARDONYX (after ./dev build: build/release/bin/sardonyx)" >&2
    exit 2
fi
here=$(dirname "${BASH_SOURCE[0]}")
model=$here/digits.onnx

read_pictures() {
    local picture inputs=()
    for picture in "$@"; do inputs+=(--input "$picture"); done
    "$sardonyx" run "$model" "${inputs[@]}" --show --top 3 --repeat 100
}

sardonyx=$1
printf 'Ten handwritten digits, none of them seen in training, in one run:\n\n'
read_pictures "$here"/pictures/?.png
printf '\nFour as a camera sees them: uneven light, small and off centre, chalk on a board:\n\n'
read_pictures "$here"/pictures/photo-*
cat <<END

The model is ours: a convolutional network of 88 kB, trained by
$here/train.py. Go on with a picture of your own:

  $sardonyx run $model --input YOUR-PICTURE.jpg --show --top 3

with what the model is made of, and with how fast it runs:

  $sardonyx info $model
  $sardonyx bench $model
END
