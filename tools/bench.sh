# ./dev bench: what `sardonyx bench` measures, over a few models, one after the other. Sourced by ./dev.

bench_models() { # prints paths
    local python
    if [ ! -d build/bench/models ] && [ -f ../shared/bench/make_models.py ]; then
        if python=$(python_with_onnx); then
            "$python" ../shared/bench/make_models.py build/bench/part mobilenetv2 resnet50 squeezenet gpt2_decode >&2 && mv build/bench/part build/bench/models
        else
            say "bench: the onnx package of PyPI could not be installed (build/pip.log), the models of ../shared/bench are left out" >&2
        fi
    fi
    find models build/bench/models -type f -name '*.onnx' 2>/dev/null | LC_ALL=C sort
}

# The steps of a decoder whose past grows, against the same with every shape bound beforehand.
run_rebind() {
    local model=build/bench/models/gpt2_decode.onnx
    bench_models >/dev/null
    [ -f $model ] || die "bench: $model is not there; it is made from ../shared/bench with the onnx package of PyPI"
    build_preset release bench_rebind
    build/release/bin/bench_rebind $model
}

run_bench() { # [rebind | MODEL...]
    local models=("$@") model
    mkdir -p build/bench
    if [ "${1:-}" = rebind ]; then
        run_rebind
        return
    fi
    build_command
    # shellcheck disable=SC2207 # paths without blanks
    [ ${#models[@]} -gt 0 ] || models=($(bench_models))
    for model in "${models[@]}"; do
        build/release/bin/sardonyx bench "$model" --threads 1 || say "bench: $model was not measured"
    done
}
