#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# packages.sh SECTION...: installs the missing packages of these sections of packages.txt. If none is missing it needs no network,
# no root and no password. --list prints what is missing and installs nothing.
# For the section `build` it also runs ngtcp2.sh, which needs no root.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

list_only=no
sections=()
for argument in "$@"; do
  case $argument in
    --list) list_only=yes ;;
    build | run | test | bench | windows) sections+=("$argument") ;;
    *) echo "packages.sh: '$argument' is not a section; use build, run, test, bench, windows or --list" >&2; exit 2 ;;
  esac
done
[ ${#sections[@]} -gt 0 ] || { echo "usage: packages.sh [--list] SECTION..." >&2; exit 2; }

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "packages.sh: this system is not Debian; install the packages in $here/packages.txt by hand" >&2
  exit 1
fi

# Packages of which only the program is needed: another one on PATH will do.
provided() {
  case $1 in
    nodejs) command -v node >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' ;;
    python3) command -v python3 >/dev/null && python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' ;;
    nginx-light) command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] ;;
    curl | git | wrk | strace) command -v "$1" >/dev/null ;;
    *) return 1 ;;
  esac
}

missing=()
architecture=$(dpkg --print-architecture)
while read -r section name only _; do
  case $section in '' | '#'*) continue ;; esac
  [[ " ${sections[*]} " == *" $section "* ]] || continue
  [ "${only:-$architecture}" = "$architecture" ] || continue
  [[ " ${missing[*]-} " != *" $name "* ]] || continue
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)" != installed ] || continue
  provided "$name" 2>/dev/null || missing+=("$name")
done <"$here/packages.txt"

# Runs ngtcp2.sh for the section `build`, after the packages are installed, because it needs pkg-config.
beyond() {
  [[ " ${sections[*]} " != *" build "* ]] || "$here/ngtcp2.sh" "$@"
}

if [ $list_only = yes ]; then
  [ ${#missing[@]} -eq 0 ] || printf '%s\n' "${missing[@]}"
  beyond --list
  exit 0
fi
if [ ${#missing[@]} -eq 0 ]; then
  beyond
  exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || {
    echo "These packages are missing, and installing them needs root (there is no sudo here). As root, run:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi

log=$(mktemp "${TMPDIR:-/tmp}/adit-packages.XXXXXX")
policy=/usr/sbin/policy-rc.d
made_policy=no
finish() {
  if [ $made_policy = yes ]; then "${as_root[@]}" rm -f "$policy"; fi
  rm -f "$log"
}
trap finish EXIT

# Installing nginx for the benchmark must not start a web server on port 80 of somebody's machine.
if [[ " ${missing[*]} " == *" nginx-light "* ]] && [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod 755 "$policy"
  made_policy=yes
fi

apt_get() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1
}

echo "Installing ${#missing[@]} packages: ${missing[*]}"
# An outdated package list is the usual reason for a failed install, so the lists are updated first. An unreachable mirror matters only
# if the install then fails, too.
apt_get update || echo "(apt-get update failed; trying with the old lists)" >&2
if ! apt_get install --no-install-recommends "${missing[@]}"; then
  tail -n 20 "$log" >&2
  echo "packages.sh: apt-get could not install: ${missing[*]}" >&2
  echo "The package names are those of Debian 12 (bookworm)." >&2
  exit 1
fi
beyond
