#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that the list names and this machine lacks; says which when it can't.
# usage: tests/deps.sh packages.txt
set -u
missing=
while read -r package; do
    [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | cut -c1-2)" = ii ] ||
        missing="$missing $package"
done <"$1"
[ -n "$missing" ] || exit 0
fail() {
    echo "deps: $1" >&2
    echo "deps: missing:$missing" >&2
    exit 1
}
command -v apt-get >/dev/null || fail "this is no Debian system: install these (or their like) yourself"
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "not root, and there is no sudo: as root, run apt-get install$missing"
    sudo="sudo DEBIAN_FRONTEND=noninteractive"
fi
export DEBIAN_FRONTEND=noninteractive
echo "deps: installing$missing"
$sudo apt-get update -q || fail "the package lists cannot be fetched"
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends $missing || fail "apt-get failed"
