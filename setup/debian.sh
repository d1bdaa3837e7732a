#!/bin/sh
# Sees to it that the packages of debian-packages.txt are installed. Installs what is missing as
# root or with a sudo that asks no password; otherwise says what to install by hand, and exits 3.
# BONDWATCH_WITHOUT_DEBIAN=1 goes on without them.
set -eu

list="$(dirname "$0")/debian-packages.txt"

if ! command -v dpkg-query >/dev/null; then
    echo "==> This is no Debian; install the counterparts of these yourself:"
    grep -v '^#' "$list"
    exit 0
fi

missing=""
for package in $(sed 's/#.*//' "$list" | awk '{print $1}'); do
    state="$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)"
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
        as_root="nobody"
    else
        as_root="sudo -n"
    fi
fi

by_hand() {
    echo "bondwatch set-up: $1; install by hand, as root:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends$missing" >&2
    echo "They are needed for:" >&2
    for package in $missing; do grep "^$package " "$list" | sed 's/^/  /' >&2; done
    echo "Or go on without those parts: BONDWATCH_WITHOUT_DEBIAN=1 make setup" >&2
    [ "${BONDWATCH_WITHOUT_DEBIAN:-}" = 1 ] || exit 3
    exit 0
}

[ "$as_root" != nobody ] || by_hand "Debian packages are missing, and this user may not install any"

echo "==> Installing Debian packages:$missing"
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120"
$apt update || by_hand "the list of Debian packages cannot be fetched"
# shellcheck disable=SC2086 - the names are words apart
$apt install --yes --no-install-recommends $missing || by_hand "apt-get failed"
