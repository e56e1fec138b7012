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
    find models build/bench/models -name '*.onnx' 2>/dev/null | LC_ALL=C sort
}

run_bench() { # [MODEL...]
    local models=("$@") model
    build_command
    mkdir -p build/bench
    # shellcheck disable=SC2207 # paths without blanks
    [ ${#models[@]} -gt 0 ] || models=($(bench_models))
    for model in "${models[@]}"; do
        build/release/bin/sardonyx bench "$model" --threads 1 || say "bench: $model was not measured"
    done
}
