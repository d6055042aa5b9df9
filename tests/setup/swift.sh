# Swift for Linux: Debian trixie's `swiftlang` in a root of its own, because Debian 12 has no Swift compiler and the
# other package registries have none. Sourced by tests/run and by bindings/swift/test.
#
#   setup_swift              makes the root when it is not there (two to four minutes, 2.7 GB)
#   in_swift_root DIR CMD…   runs a command inside the root, in a folder of this checkout
#
# The root lies outside the checkout, in ${CRM_TOOLS:-~/.cache/crm-tools}/swift-root. Its last step marks it as whole, so
# that a setup that was interrupted begins again.

CRM_TOOLS=${CRM_TOOLS:-$HOME/.cache/crm-tools}
SWIFT_ROOT=$CRM_TOOLS/swift-root
SWIFT_MIRROR=${SWIFT_MIRROR:-http://deb.debian.org/debian}

# Returns 77 and says in `missing` why, if this machine cannot have it.
setup_swift() {
    [ -e "$SWIFT_ROOT/.crm-ready" ] && return
    if [ "$(id -u)" -ne 0 ]; then
        missing='the Swift root is made with debootstrap, which only root can'
        return 77
    fi
    if ! command -v debootstrap >/dev/null; then
        echo 'installing debootstrap'
        { apt-get update && apt-get install -y debootstrap; } >/dev/null || {
            missing="debootstrap is not installed, and 'apt-get install debootstrap' failed"
            return 77
        }
    fi
    echo "making $SWIFT_ROOT (two to four minutes, 2.7 GB)"
    rm -rf --one-file-system -- "$SWIFT_ROOT"
    mkdir -p -- "$CRM_TOOLS"
    # The compiler links with gold and needs the headers of C and C++.
    debootstrap --variant=minbase \
        --include=swiftlang,libc6-dev,libstdc++-14-dev,binutils-gold,ca-certificates,valgrind \
        trixie "$SWIFT_ROOT" "$SWIFT_MIRROR" >"$CRM_TOOLS/swift-root.log" 2>&1 || {
        tail -n 5 "$CRM_TOOLS/swift-root.log"
        missing="debootstrap failed, see $CRM_TOOLS/swift-root.log"
        return 77
    }
    rm -rf -- "$SWIFT_ROOT"/var/cache/apt/archives/*.deb
    touch "$SWIFT_ROOT/.crm-ready"
}

# The checkout has the same path inside. The mounts are those of this one process and end with it.
in_swift_root() {
    local dir=$1 checkout
    shift
    checkout=$(git -C "$dir" rev-parse --show-toplevel) || return
    mkdir -p -- "$SWIFT_ROOT$checkout"
    # shellcheck disable=SC2016  # expanded by the inner shell
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PKG_CONFIG_PATH="$dir/.prefix/lib/pkgconfig" LD_LIBRARY_PATH="$dir/.prefix/lib" \
        unshare --mount sh -c '
            root=$1 checkout=$2 dir=$3
            shift 3
            mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
                mount --bind "$checkout" "$root$checkout" &&
                exec chroot "$root" sh -c '\''cd -- "$1" && shift && exec "$@"'\'' sh "$dir" "$@"
        ' sh "$SWIFT_ROOT" "$checkout" "$dir" "$@"
}
