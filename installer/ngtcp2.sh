#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# ngtcp2.sh [--list]: makes sure that there is an ngtcp2 1.11 or newer to build with. If the system's is older, as on Debian 12, it
# downloads Debian's -dev packages from bookworm-backports and unpacks them into build/ngtcp2, which all presets of this clone
# share. It needs no root and changes nothing outside build/: apt uses a package list that is kept there. If the library is
# there already, it does nothing and needs no network. --list prints what is missing and downloads nothing.
# ADIT_NGTCP2=system in the environment (and -DADIT_NGTCP2=system for CMake) builds with the system's ngtcp2, whatever its version.
# packages.sh calls it for the section `build`.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
minimum=1.11
place=$root/build/ngtcp2
suite=bookworm-backports
packages=(libngtcp2-dev libngtcp2-crypto-gnutls-dev)

[ "${ADIT_NGTCP2-}" != system ] || exit 0

# new_enough [PKG-CONFIG DIRECTORY]: whether pkg-config finds both libraries, in that directory or in the system.
new_enough() {
  [ $# = 0 ] || local -x PKG_CONFIG_LIBDIR=$1
  pkg-config --exists "libngtcp2 >= $minimum" "libngtcp2_crypto_gnutls >= $minimum" 2>/dev/null
}
! new_enough || exit 0
for directory in "$place"/usr/lib/*/pkgconfig; do
  [ ! -d "$directory" ] || ! new_enough "$directory" || exit 0
done
if [ "${1-}" = --list ]; then
  printf '%s/'"$suite"'\n' "${packages[@]}"
  exit 0
fi

give_up() {
  printf 'ngtcp2.sh: %s\n' "$@" "Adit needs ngtcp2 $minimum for the congestion control BBR; this system has $(pkg-config --modversion libngtcp2 2>/dev/null || echo none)." \
    "Try again when the package mirror can be reached, or install ngtcp2 $minimum yourself (PKG_CONFIG_PATH is honoured). To build with the" \
    "system's older one (CUBIC only, slow where packets are lost): ADIT_NGTCP2=system ./installer/quickstart, or cmake -DADIT_NGTCP2=system." >&2
  exit 1
}

codename=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME-}") || true
[ "$codename" = bookworm ] || give_up "Debian's backport of ngtcp2 fits Debian 12 (bookworm) only, and this is '${codename:-another system}'."

mkdir -p "$root/build"
fresh=$(mktemp -d "$root/build/ngtcp2.XXXXXX")
trap 'rm -rf "$fresh"' EXIT
mkdir -p "$fresh/apt/lists/partial" "$fresh/apt/cache/archives/partial" "$fresh/packages" "$fresh/root"
log=$fresh/log

# apt as it is set up here (proxies, credentials), with lists and caches of our own.
run_apt() {
  apt-get -q -o "Dir::State::lists=$fresh/apt/lists" -o "Dir::Cache=$fresh/apt/cache" -o Dir::Cache::pkgcache= \
    -o Dir::Cache::srcpkgcache= -o "APT::Sandbox::User=$(id -un)" -o Acquire::Retries=2 "$@"
}
ours=(-o "Dir::Etc::sourcelist=$fresh/apt/sources.list" -o Dir::Etc::sourceparts=-)

# The mirror this system takes Debian from: what apt would ask for first.
mirror=$(run_apt update --print-uris 2>/dev/null | sed -n "s|^'\(.*\)/dists/bookworm/\(In\)\?Release'.*|\1|p" | head -n 1) || true
mirror=${mirror:-http://deb.debian.org/debian}
echo "deb $mirror $suite main" >"$fresh/apt/sources.list"

echo "Taking ngtcp2 from $mirror ($suite) into build/ngtcp2 ..."
run_apt "${ours[@]}" update >"$log" 2>&1 && (cd "$fresh/packages" && run_apt "${ours[@]}" download "${packages[@]/%//$suite}") >>"$log" 2>&1 || {
  grep -E '^[EW]:' "$log" | tail -n 8 >&2 || true
  give_up "apt-get could not take ${packages[*]} from $mirror ($suite)."
}
for package in "$fresh"/packages/*.deb; do dpkg-deb -x "$package" "$fresh/root"; done
for directory in "$fresh"/root/usr/lib/*/pkgconfig; do
  new_enough "$directory" || give_up "What $mirror ($suite) has is not ngtcp2 $minimum."
done
chmod 755 "$fresh/root"
rm -rf "$place"
# Another run of this script may have been quicker; then its result is as good.
mv -T "$fresh/root" "$place" 2>/dev/null || [ -d "$place" ]
