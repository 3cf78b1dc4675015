#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the autograder's image.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"

usable() {
    command -v "$1" >/dev/null &&
        "$1" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

install_packages() {
    local python="" version
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libseccomp2
    for version in 3.14 3.13 3.12 3.11; do
        usable "python$version" || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version" "python$version-venv" || continue
        usable "python$version" && python="python$version" && break
    done
    if [ -z "$python" ]; then
        echo "Python 3.11 or later is needed: choose a newer base image in the autograder's settings." >&2
        exit 1
    fi
    "$python" -m venv "$root/venv"
    "$root/venv/bin/python" -m pip install --quiet --constraint "$root/source/course/constraints.txt" "$root/source/course"
    if [ -f "$root/source/packages.txt" ]; then # what the assignment's policy names under `packages`
        "$root/venv/bin/python" -m pip install --quiet --constraint "$root/source/course/constraints.txt" --requirement "$root/source/packages.txt"
    fi
}

[ -n "${AUTOGRADER_PYTHON:-}" ] || install_packages # the variable is set if the image has the kit installed
# Only root may read the answers. Student code runs under another user id.
chmod -R go= "$root/source"
