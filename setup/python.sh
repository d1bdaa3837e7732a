#!/bin/sh
# Makes .venv and installs exactly what uv.lock pins. Run it again at any time.
#
# uv lives in .tools, apart, so that the environment holds nothing but the project. Settings for
# pip and uv are honoured: where one of them names an index (a mirror), packages come from there,
# and the lock's hashes still say which bytes are right.
set -eu
cd "$(dirname "$0")/.."

python="${PYTHON:-python3}"
fail() {
    echo "bondwatch set-up: $1; $2" >&2
    exit 3
}

"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null ||
    fail "$python is no Python 3.11 to 3.13" "name one: make setup PYTHON=/path/to/python3"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make virtual environments" "apt-get install python3-venv"

if ! cmp -s setup/uv.txt .tools/installed.txt; then
    echo "==> Installing uv"
    rm -rf .tools
    "$python" -m venv .tools
    .tools/bin/python -m pip install --quiet --disable-pip-version-check \
        --require-hashes --requirement setup/uv.txt ||
        fail "uv cannot be installed" "see pip's message; a mirror is set with PIP_INDEX_URL"
    cp setup/uv.txt .tools/installed.txt
fi

if ! .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
    2>/dev/null; then
    echo "==> Making .venv"
    rm -rf .venv
    "$python" -m venv .venv
fi

pip_setting() { .tools/bin/python -m pip config get "global.$1" 2>/dev/null || true; }

export UV_PYTHON=.venv/bin/python UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=.venv
export VIRTUAL_ENV="$PWD/.venv"
[ -n "${SSL_CERT_FILE:-}" ] || SSL_CERT_FILE="${PIP_CERT:-$(pip_setting cert)}"
if [ -n "$SSL_CERT_FILE" ]; then export SSL_CERT_FILE; else unset SSL_CERT_FILE; fi
mirror="${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-${PIP_INDEX_URL:-$(pip_setting index-url)}}}"

echo "==> Installing Python packages"
if [ -z "$mirror" ]; then
    .tools/bin/uv sync --frozen --all-groups --no-group peers ||
        fail "Python packages cannot be installed" "see uv's message; is PyPI reachable?"
else
    # The lock pins PyPI's own addresses; through a mirror the hashes do the pinning.
    wanted="$(mktemp)"
    trap 'rm -f "$wanted"' EXIT
    .tools/bin/uv export --quiet --frozen --all-groups --no-group peers --no-emit-project \
        --output-file "$wanted"
    export UV_DEFAULT_INDEX="$mirror"
    .tools/bin/uv pip sync --require-hashes "$wanted" &&
        .tools/bin/uv pip install --no-deps --editable . ||
        fail "Python packages cannot be installed from the index that is set" "see uv's message"
fi
