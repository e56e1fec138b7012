# ./dev bench: builds what bench/bench.py needs and lets it measure. Sourced by ./dev.

run_bench() { # ARGUMENT...
    local python
    python=$(python_with bench/requirements.txt build/venv-bench) ||
        die "bench: the packages of bench/requirements.txt could not be installed from PyPI, see build/pip.log"
    build_command
    build_preset release libraries bench_runners >build/bench-build.log || die "bench: the programs could not be built, see build/bench-build.log"
    "$python" bench/bench.py "$@"
}
