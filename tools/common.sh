# Shared by ./dev and its parts: messages, options, packages, builds. Sourced from the root of the tree. No process substitution: a bare root
# may have no /proc, and then no /dev/fd.

say() { printf '%s\n' "$*"; }
die() {
    printf 'dev: %s\n' "$*" >&2
    exit 2
}

option_help=no option_yes=no option_fix=no option_coverage=no option_all=no option_seconds=60 args=()

parse_options() {
    while [ $# -gt 0 ]; do
        case $1 in
            --help | -h) option_help=yes ;;
            --yes | -y) option_yes=yes ;;
            --fix) option_fix=yes ;;
            --coverage) option_coverage=yes ;;
            --all) option_all=yes ;;
            --seconds)
                [[ ${2:-} =~ ^[0-9]+$ ]] || die "--seconds: found '${2:-}', expected a number; e.g. --seconds 600"
                option_seconds=$2
                shift
                ;;
            -*) die "option '$1' is not known; ./dev $command --help lists them" ;;
            *) args+=("$1") ;;
        esac
        shift
    done
}

# For a command that reads its own options: --help and --yes are ours, the rest is left as it stands.
parse_some_options() {
    local argument
    for argument in "$@"; do
        case $argument in
            --help | -h) option_help=yes ;;
            --yes | -y) option_yes=yes ;;
            *) args+=("$argument") ;;
        esac
    done
}

# ---- packages --------------------------------------------------------------------------------------

is_there() { # command NAME | file PATTERN
    case $1 in
        command) command -v "$2" >/dev/null ;;
        file) compgen -G "/usr/$2" >/dev/null || compgen -G "/usr/local/$2" >/dev/null ;;
    esac
}

missing_packages() { # GROUP...
    local group package kind what
    while read -r group package kind what; do
        [[ " $* " == *" $group "* ]] || continue
        is_there "$kind" "$what" || printf '%s\n' "$package"
    done <tools/packages.txt
}

# Installs what tools/packages.txt lists for the groups and is not there. Asks on a terminal.
need_packages() {
    local missing run=() answer
    missing=$(missing_packages "$@" | sort -u | tr '\n' ' ')
    missing=${missing% }
    [ -n "$missing" ] || return 0
    say "missing packages: $missing"
    local install="apt-get install -y --no-install-recommends $missing"
    command -v apt-get >/dev/null || die "packages: this system has no apt-get; install by its own means: $missing"
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null || { [ ! -t 0 ] && ! sudo -n true 2>/dev/null; }; then
            die "packages: no right to install; type as root: apt-get update && $install"
        fi
        run=(sudo)
    fi
    if [ "$option_yes" = no ] && [ -z "${CI:-}" ] && [ -t 0 ] && [ -t 1 ]; then
        read -r -p "install them with ${run[*]:+${run[*]} }apt-get? [Y/n] " answer
        [[ $answer =~ ^([Yy].*)?$ ]] || die "packages: not installed; type: ${run[*]:+${run[*]} }$install"
    fi
    say "installing them with apt-get"
    run+=(env DEBIAN_FRONTEND=noninteractive)
    "${run[@]}" apt-get update -qq || die "packages: apt-get update ended with an error, see above"
    # shellcheck disable=SC2086 # the words of the command
    "${run[@]}" $install -qq -o Dpkg::Use-Pty=0 >/dev/null || die "packages: not installed, see above; type: $install"
    rm -f build/*/build.ninja # cmake looks anew for what is there now
}

# ---- builds ----------------------------------------------------------------------------------------

jobs_wanted() { nproc 2>/dev/null || echo 2; }

# Configures where needed, then builds the targets. cmake looks for new files by itself.
build_preset() { # PRESET [TARGET...]
    local preset=$1 options=()
    shift
    [ "$preset" != fuzz ] || options=(-DCMAKE_C_COMPILER="$(command -v clang-14 || echo clang)")
    # An empty build log from cmake is good news; its errors come through.
    [ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" "${options[@]}" --log-level=WARNING
    cmake --build "build/$preset" -j "$(jobs_wanted)" ${1:+--target "$@"}
}

# The command, built for release. Costs a look at the dates of files when nothing has changed.
build_command() {
    local binary=build/release/bin/sardonyx
    if [ -x $binary ] && [ -z "$(find CMakeLists.txt CMakePresets.json cmake include src cli -newer $binary -print -quit)" ]; then
        return
    fi
    build_preset release sardonyx
    touch $binary
}

# Python with what a requirements.txt lists, in a virtual environment of the build folder; prints the interpreter. Fails with pip's words
# in build/pip.log.
python_with() { # REQUIREMENTS VENV
    local wanted=$1 venv=$2
    if ! cmp -s "$wanted" "$venv/requirements.txt"; then
        mkdir -p build
        { python3 -m venv "$venv" && "$venv/bin/python" -m pip install --quiet -r "$wanted"; } >build/pip.log 2>&1 || return 1
        cp "$wanted" "$venv/requirements.txt"
    fi
    echo "$venv/bin/python"
}

python_with_onnx() { python_with tests/conformance/requirements.txt build/venv; }
