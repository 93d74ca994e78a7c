#!/usr/bin/env bash
# The README as somebody goes through it who has never seen this: in a new Debian 12, as an ordinary user, from `git
# clone` to fio with statistics. Prints what is typed and what comes. Fails where a command does, and where the
# statistics do not tell of every request that fio has made. The log in the README is one of these.
#
#     tests/newcomer.sh [DIRECTORY]       where the Debian is made and stays (target/newcomer)
#
# Needs root, debootstrap, a mirror and a crate registry, and takes some minutes. Only what is committed counts. Rust is
# that of this machine, since Debian 12 has an older one and rustup has servers of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for tool in debootstrap unshare setpriv rustc git; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: no $tool on this machine"
        exit 77
    fi
done

root=$(realpath -m "${1:-${CARGO_TARGET_DIR:-target}/newcomer}")
rust=$(rustc --print sysroot)
packages="gcc libc6-dev git ca-certificates fio"
# What fio is asked for below: 64 MiB in blocks of 4 KiB.
requests=16384

[ ! -e "$root" ] || { echo "$root is there already; remove it first"; exit 1; }
mkdir -p "$root"
debootstrap --variant=minbase bookworm "$root" http://deb.debian.org/debian >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log"; exit 1; }

# How this machine reaches the mirror and the registry: names, proxies, certificates.
for file in etc/resolv.conf etc/hosts etc/apt/apt.conf.d etc/ssl/certs usr/local/share/ca-certificates; do
    if [ -e "/$file" ]; then
        mkdir -p "$root/${file%/*}"
        cp -rL "/$file" "$root/${file%/*}/"
    fi
done
network=(PATH=/usr/sbin:/usr/bin:/sbin:/bin)
while IFS= read -r variable; do
    network+=("$variable")
done < <(env | grep -iE '^(ssl_cert_|curl_ca_|git_ssl_|cargo_http_|https?_proxy=|no_proxy=)')

mkdir "$root/rust"
git clone --quiet --bare . "$root/srv/uaio.git"

cat >"$root/prepare" <<END
set -e
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends $packages
useradd --create-home newcomer
chown -R newcomer /srv/uaio.git
END

cat >"$root/session" <<'END'
set -euo pipefail
export HOME=/home/newcomer repository=/srv/uaio.git
export PATH=$HOME/.local/bin:/rust/bin:/usr/bin:/bin
cd
# Shows a command and runs it. The crates that cargo gets and compiles are left out.
try() {
    echo "\$ $1"
    eval "$1" > >(awk '!/^ *(Downloaded|Compiling) / { print; cut = 0; next } !cut { print "    …"; cut = 1 }') 2>&1
    wait "$!"
    echo
}
try 'git clone --quiet "$repository" uaio && cd uaio'
try './install --prefix "$HOME/.local"'
try 'cd && uaio doctor .'
fio='fio --name=t --thread --ioengine=posixaio --rw=randread --bs=4k --size=64m --iodepth=32'
try "$fio | grep IOPS"
try "uaio run --stats -- $fio | grep IOPS"
END

# inside COMMAND...: in the new Debian, as root; what is mounted for it goes with the process.
inside() {
    unshare --mount bash -euc '
        root=$1 rust=$2
        shift 2
        # So that the root is a mount there, as on any system.
        mount --bind "$root" "$root"
        for directory in proc sys dev; do mount --rbind "/$directory" "$root/$directory"; done
        mount --bind -o ro "$rust" "$root/rust"
        cd "$root"
        exec chroot . "$@"' inside "$root" "$rust" env -i "${network[@]}" "$@"
}

inside bash /prepare >>"$root.log" 2>&1 || { tail -n 20 "$root.log"; exit 1; }
inside setpriv --reuid newcomer --regid newcomer --clear-groups bash /session | tee "$root.session"

told=$(awk '$2 == "read" && $3 ~ /^[0-9]+$/ { sum += $3 } END { print sum + 0 }' "$root.session")
[ "$told" = "$requests" ] || { echo "the statistics tell of $told requests, fio made $requests"; exit 1; }
