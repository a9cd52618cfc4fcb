#!/bin/sh
# The QGIS tests and the GUI tour on every QGIS that is supported: this system's own, and two more in chroots of Debian.
#   ./dev matrix [--chroots FOLDER] [--only-build] [VERSION ...] [-- PYTEST ARGUMENTS]        versions: host 3.40 3.44
# A chroot takes about 9 GB (2.5 GB of them QGIS) and is kept for the next time. Chroots and mounts need root.
set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd -P)
CHROOTS=${MATRIX_CHROOTS:-$HOME/.cache/imagery-deep-learning-matrix}
PACKAGES="qgis python3-qgis python3-venv python3-pip git xvfb xauth"
COMPLETE=.complete
VERSIONS= BUILD_ONLY=no OPEN=

say() { printf '%s\n' "$*" >&2; }
fail() { say "matrix: $*"; exit 1; }
suite_of() { case $1 in 3.40) echo trixie ;; 3.44) echo forky ;; *) return 1 ;; esac; }

# --- chroots -------------------------------------------------------------------------------------------------------

is_mounted() { grep -q " $1 " /proc/mounts; }
mount_all() { # FOLDER: what programs in it need; taken away again however this script ends
    OPEN=$1
    is_mounted "$1/proc" || mount -t proc proc "$1/proc"
    is_mounted "$1/dev" || mount --bind /dev "$1/dev"
}
unmount_all() {
    [ -n "$OPEN" ] || return 0
    for part in dev proc; do
        while is_mounted "$OPEN/$part"; do umount "$OPEN/$part" || umount -l "$OPEN/$part"; done
    done
    OPEN=
}
trap unmount_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

within() { # FOLDER COMMAND...: run it in a chroot with a clean environment
    folder=$1
    shift
    set -- HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "$@"
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        eval "value=\${$name:-}"
        [ -z "$value" ] || set -- "$name=$value" "$@"
    done
    chroot "$folder" env -i "$@"
}

make_chroot() { # SUITE FOLDER: Debian with QGIS; 1 when it cannot be fetched
    [ -e "$2/$COMPLETE" ] && return 0
    for part in proc dev; do ! is_mounted "$2/$part" || fail "$2/$part is still mounted: umount it, then run again"; done
    rm -rf "$2"
    mkdir -p "$2"
    mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources 2>/dev/null)
    script=/usr/share/debootstrap/scripts/$1
    [ -e "$script" ] || script=/usr/share/debootstrap/scripts/sid # older than the suite: all of them are made alike
    say "Building $2 (Debian $1 with QGIS, about 5 minutes)"
    debootstrap --variant=minbase --include=ca-certificates "$1" "$2" "${mirror:-http://deb.debian.org/debian}" \
        "$script" >"$2.log" 2>&1 || return 1
    cp /etc/resolv.conf /etc/hosts "$2/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$2/etc/ssl/certs/"
    [ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$2/etc/"
    printf '#!/bin/sh\nexit 101\n' >"$2/usr/sbin/policy-rc.d" # no daemon starts in there
    chmod +x "$2/usr/sbin/policy-rc.d"
    mount_all "$2"
    # a mirror that lags behind is good enough; its signatures are checked
    echo 'Acquire::Check-Valid-Until "false";' >"$2/etc/apt/apt.conf.d/90-lagging-mirror"
    { within "$2" apt-get update -q && within "$2" apt-get install -y -q --no-install-recommends $PACKAGES; } \
        >>"$2.log" 2>&1 || return 1
    rm -f "$2"/var/cache/apt/archives/*.deb
    unmount_all
    touch "$2/$COMPLETE"
}

copy_tree() { # FOLDER: the working tree as git sees it; the environments of an earlier run stay
    mkdir -p "$1"
    find "$1" -mindepth 1 -maxdepth 1 ! -name '.venv-*' -exec rm -rf {} +
    (cd "$ROOT" && git ls-files -coz --exclude-standard | xargs -0 -r ls -d 2>/dev/null | tar -cf - -T -) | tar -xf - -C "$1"
}

# --- one version ---------------------------------------------------------------------------------------------------

PROOF="python3 -c 'from qgis.core import Qgis; print(Qgis.QGIS_VERSION)'"

in_chroot() { # VERSION ARGUMENTS...: 0 passed, 1 failed, 2 skipped
    version=$1 suite=$(suite_of "$1")
    shift
    folder=$CHROOTS/$suite
    if [ "$(id -u)" != 0 ]; then
        say "QGIS $version skipped: a chroot needs root; run as root (sudo ./dev matrix $version)"
        return 2
    fi
    if ! command -v debootstrap >/dev/null; then
        say "QGIS $version skipped: debootstrap is missing (apt-get install -y debootstrap)"
        return 2
    fi
    make_chroot "$suite" "$folder" || { unmount_all; say "QGIS $version skipped: Debian $suite cannot be fetched, see $folder.log"; return 2; }
    copy_tree "$folder/root/repo"
    mount_all "$folder"
    status=0
    within "$folder" sh -c 'cd /root/repo && ./dev setup --no-system' >"$folder.setup.log" 2>&1 || {
        unmount_all
        say "QGIS $version skipped: the engine's environment cannot be made there, see $folder.setup.log"
        return 2
    }
    if [ $BUILD_ONLY = no ]; then
        say "== QGIS $(within "$folder" sh -c "$PROOF" 2>/dev/null) ($suite)"
        within "$folder" sh -c 'cd /root/repo && ./dev test "$@"' sh "${@:-tests/qgis}" || status=1
        within "$folder" sh -c 'cd /root/repo && ./dev tour' || status=1
        mkdir -p "$ROOT/dist/tour"
        rm -rf "$ROOT/dist/tour/$version"
        cp -r "$folder/root/repo/dist/tour/host" "$ROOT/dist/tour/$version" 2>/dev/null || true
    fi
    unmount_all
    return $status
}

on_host() { # ARGUMENTS...: the QGIS of this system
    [ $BUILD_ONLY = no ] || return 0
    say "== QGIS $(/usr/bin/env PATH=/usr/bin:/bin QT_QPA_PLATFORM=offscreen sh -c "$PROOF" 2>/dev/null) (this system)"
    status=0
    "$ROOT/dev" test "${@:-tests/qgis}" || status=1
    "$ROOT/dev" tour || status=1
    return $status
}

# --- all of them ---------------------------------------------------------------------------------------------------

while [ $# -gt 0 ]; do
    case $1 in
    --chroots) [ $# -gt 1 ] || fail "--chroots needs a folder"; CHROOTS=$2; shift ;;
    --only-build) BUILD_ONLY=yes ;;
    host | 3.40 | 3.44) VERSIONS="$VERSIONS $1" ;;
    --) shift; break ;;
    *) fail "unknown argument $1 (there are host, 3.40, 3.44, --chroots FOLDER, --only-build, and -- before arguments of pytest)" ;;
    esac
    shift
done
mkdir -p "$CHROOTS"
CHROOTS=$(cd "$CHROOTS" && pwd -P)
report= failed=0
for version in ${VERSIONS:-host 3.40 3.44}; do
    begun=$(date +%s) outcome=0
    if [ "$version" = host ]; then on_host "$@" || outcome=$?; else in_chroot "$version" "$@" || outcome=$?; fi
    minutes=$((($(date +%s) - begun + 30) / 60))
    case $outcome in
    0) word=passed ;;
    2) word="skipped, see above" ;;
    *) word=FAILED failed=1 ;;
    esac
    report="$report
  $version: $word, $minutes minutes"
done
say "== matrix$report"
exit $failed
