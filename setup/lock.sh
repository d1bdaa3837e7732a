#!/bin/sh
# Makes uv.lock anew from pyproject.toml, and setup/uv.txt, from PyPI alone: no local index, no
# local wheels and no setting of pip or uv on this machine may leave a trace in them.
# Arguments go to `uv lock`, for example --upgrade.
set -eu
cd "$(dirname "$0")/.."

for name in $(env | sed -n 's/^\(\(PIP\|UV\)_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export PIP_CONFIG_FILE=/dev/null
uv="$PWD/.tools/bin/uv"
"$uv" lock --no-config "$@"
sed -n 's/^\(uv==[0-9.]*\).*/\1/p' setup/uv.txt |
    "$uv" pip compile --quiet --no-config --universal --generate-hashes --no-header \
        --no-annotate --output-file setup/uv.txt -
