#!/usr/bin/env bash
# Puts in place what the build needs, and says what it does. `make setup` runs it; running it again does nothing.
#
#   checked, never installed   rustc and cargo
#   installed where missing    g++, pkg-config, libgdal-dev (and python3-pip, for the download below), with apt
#   unpacked into .torch/      libtorch, from the PyTorch wheel; no Python package is installed anywhere
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

rust_min=1.94
gdal_min=3.4
# torch 2.11.0 is the version that the crate tch 0.24 binds. The two small NVIDIA packages are what libtorch_cpu.so
# itself links to, with or without a GPU.
wheels=(torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
download_mb=544
disk_needed_mb=3000

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
# Whether version $2 is at least $1.
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | sed -n 1p)" = "$1" ]; }

# Two set-ups of one checkout at a time would unpack over each other.
if have flock; then
    exec 9<.
    flock -n 9 || { say "waiting for another set-up of this checkout" && flock 9; }
fi

check_rust() {
    local how="get it with: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    have rustc && have cargo || fail "Rust (rustc and cargo, $rust_min or newer) is missing" "$how"
    local version
    version=$(rustc --version | cut -d' ' -f2)
    at_least "$rust_min" "$version" ||
        fail "rustc is $version, but $rust_min or newer is needed" \
            "update it with 'rustup update stable', or $how"
    say "rustc $version: found"
}

torch_is_there() {
    [ -f .torch/torch/lib/libtorch_cpu.so ] && [ "$(cat .torch/.complete 2>/dev/null)" = "${wheels[*]}" ]
}

has_gdal() { have pkg-config && pkg-config --atleast-version="$gdal_min" gdal; }
# Something that can unpack wheels: pip itself, or a Python that can make an environment with pip.
has_pip() { have python3 && { python3 -m pip --version || python3 -c 'import ensurepip, venv'; } >/dev/null 2>&1; }

# Debian's names of what is missing, one a line.
missing_packages() {
    have c++ || echo g++
    have pkg-config || echo pkg-config
    has_gdal || echo libgdal-dev
    torch_is_there || has_pip || echo python3-pip
}

# Runs a command with its output kept aside, which is shown only if it fails.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

install_packages() {
    local packages=() as_root=()
    mapfile -t packages < <(missing_packages)
    if [ ${#packages[@]} -eq 0 ]; then
        say "C++ compiler, pkg-config, libgdal $(pkg-config --modversion gdal): found"
        return
    fi
    have apt-get || fail "missing: ${packages[*]} (Debian's names)" \
        "no apt-get here: install a C++ compiler, pkg-config, GDAL $gdal_min or newer with its headers, and" \
        "python3 with pip, by your system's own means, then run this again"
    local install=(apt-get install -y -q --no-install-recommends "${packages[@]}")
    if [ "$(id -u)" -ne 0 ]; then
        have sudo && sudo -n true 2>/dev/null || fail "missing: ${packages[*]}" \
            "this user may not install packages; run the next line, then this again" \
            "    sudo apt-get update && sudo ${install[*]}"
        as_root=(sudo -n)
    fi
    say "installing ${packages[*]} with apt, because the build needs them (a minute or two)"
    local quiet=(env DEBIAN_FRONTEND=noninteractive)
    quietly ${as_root[@]+"${as_root[@]}"} "${quiet[@]}" apt-get update -q ||
        say "apt-get update failed; going on with the package lists that are there"
    quietly ${as_root[@]+"${as_root[@]}"} "${quiet[@]}" "${install[@]}" ||
        fail "apt could not install ${packages[*]}; its last lines are above"
    if ! has_gdal; then
        local version
        version=$(pkg-config --modversion gdal 2>/dev/null || echo missing)
        fail "libgdal is $version, but $gdal_min or newer is needed" \
            "Debian 12 and Ubuntu 22.04 have it; on an older system build GDAL, or use a newer release"
    fi
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} -eq 0 ] || fail "still missing after apt: ${packages[*]}"
    say "C++ compiler, pkg-config, libgdal $(pkg-config --modversion gdal): installed"
}

unpack_wheels() {
    local partial=$1 python=python3 options=()
    if ! python3 -m pip --version >/dev/null 2>&1; then
        quietly python3 -m venv "$partial/venv" || fail "python3 cannot make an environment with pip"
        python=$partial/venv/bin/python
    fi
    [ -t 1 ] || options=(--quiet --progress-bar off)
    # Nothing of Python is used, only the libraries and headers: so the wheels are those of Python 3.12 whatever
    # python3 is here. A folder of its own for temporary files, because a small /tmp cannot hold the wheel.
    # With --target pip leaves the system's packages alone (and skips "externally-managed-environment").
    local settings=(TMPDIR="$PWD/$partial/tmp" PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
        PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore)
    env "${settings[@]}" "$python" -m pip install --target "$partial/site" --no-deps --no-compile \
        --only-binary=:all: --python-version 3.12 ${options[@]+"${options[@]}"} "${wheels[@]}" ||
        fail "pip could not fetch ${wheels[*]}" "if the network is at fault, run this again: nothing was kept"
}

# Keeps libraries, headers and licences; libtorch_cuda.so stays, so that a GPU can be used.
prune_wheels() {
    local site=$1
    find "$site/torch" -mindepth 1 -maxdepth 1 ! -name lib ! -name include -exec rm -rf {} +
    rm -f "$site/torch/lib/libtorch_python.so"
    find "$site" -mindepth 1 -maxdepth 1 ! -name torch ! -name nvidia ! -name '*.dist-info' -exec rm -rf {} +
}

unpack_torch() {
    if torch_is_there; then
        say "libtorch (${wheels[0]}) in .torch: found"
        return
    fi
    [ "$(uname -s)" = Linux ] || fail "the libtorch that is fetched here is for Linux; this is $(uname -s)"
    local free_mb partial=.torch.partial
    free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')
    [ "$free_mb" -ge "$disk_needed_mb" ] ||
        fail "unpacking libtorch takes $disk_needed_mb MB of disk for a moment; $free_mb MB are free here"
    say "fetching libtorch (${wheels[0]}, $download_mb MB) from PyPI into .torch, because the networks run on it"
    # Unpacked aside and renamed at the end: a set-up that was killed is never taken for a finished one.
    trap 'rm -rf .torch.partial' EXIT
    rm -rf "$partial"
    mkdir -p "$partial/site" "$partial/tmp"
    unpack_wheels "$partial"
    prune_wheels "$partial/site"
    local library=$partial/site/torch/lib/libtorch_cpu.so
    [ -f "$library" ] || fail "the wheel of ${wheels[0]} holds no libtorch_cpu.so"
    if have ldd && ldd "$library" | grep 'not found' >&2; then
        fail "libtorch_cpu.so misses the libraries above"
    fi
    printf '%s\n' "${wheels[*]}" >"$partial/site/.complete"
    rm -rf .torch
    mv "$partial/site" .torch
    say "libtorch (${wheels[0]}) in .torch: unpacked, $(du -sm .torch | cut -f1) MB"
}

check_rust
install_packages
unpack_torch
say "all is in place"
