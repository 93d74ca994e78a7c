#!/usr/bin/env bash
# Builds the Debian packages from the tracked files, as dpkg-buildpackage does it in a clone; has lintian look at
# them; unpacks them side by side, builds a program against them and runs it.
# usage: tests/debian.sh [DIRECTORY for the packages, default target/debian]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

for tool in dpkg-buildpackage dh lintian; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: no $tool on this machine (packages dpkg-dev, debhelper, lintian)"
        exit 77
    fi
done

CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR
out=$(realpath -m "${1:-$CARGO_TARGET_DIR/debian}")
rm -rf "$out"
mkdir -p "$out/uaio"
# Root may build what another user has cloned; and there may be no clone, only files.
files() {
    git -c safe.directory="$root" ls-files -z 2>/dev/null ||
        find . \( -name target -o -name .git \) -prune -o ! -type d -print0
}
files | xargs -0 cp --parents --no-dereference -t "$out/uaio"

(cd "$out/uaio" && dpkg-buildpackage --build=binary --no-sign >"$out/build.log" 2>&1) ||
    { tail -n 40 "$out/build.log"; exit 1; }

version=$(dpkg-parsechangelog --show-field Version)
for package in libuaio1 libuaio-dev uaio; do
    deb=$out/${package}_${version}_amd64.deb
    dpkg-deb --info "$deb" >/dev/null
    dpkg-deb --extract "$deb" "$out/tree"
done

# As root lintian only asks to be somebody else.
lintian --allow-root --fail-on error,warning "$out"/*.changes

libdir=$out/tree/usr/lib/x86_64-linux-gnu
cc -Wall -Wextra -Werror -o "$out/program" tests/installed/pkgconfig.c -I "$out/tree/usr/include/uaio" \
    -L "$libdir" -luaio
crate=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
[ "$(LD_LIBRARY_PATH=$libdir timeout 60 "$out/program")" = "$crate" ]
[ "$(env -u LD_PRELOAD -u UAIO_LIBRARY timeout 60 "$out/tree/usr/bin/uaio" run -- sh -c 'echo $LD_PRELOAD')" \
    = "$(realpath "$libdir/libuaio.so.1")" ]
for page in man1/uaio.1 man7/libuaio.7 man3/aiowrite.3; do
    [ -e "$out/tree/usr/share/man/$page.gz" ] || { echo "no page $page"; exit 1; }
done
echo "packages, built and looked at: $(cd "$out" && echo ./*.deb)"
