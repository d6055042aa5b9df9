# Swift for Linux: Debian trixie's `swiftlang` in a root of its own, because Debian 12 has no Swift compiler and the
# other package registries have none. Sourced by tests/run and by bindings/swift/test.
#
#   setup_swift              makes the root when it is not there (two to four minutes, 2.7 GB)
#   in_swift_root DIR CMD…   runs a command inside the root, in a folder of this checkout
#
# The root lies outside the checkout, in ${CRM_TOOLS:-~/.cache/crm-tools}/swift-root. Its last step marks it as whole, so
# that a setup that was interrupted begins again.

swift_root=${CRM_TOOLS:-$HOME/.cache/crm-tools}/swift-root
swift_mirror=${SWIFT_MIRROR:-http://deb.debian.org/debian}

# Returns 77 and says in `missing` why, if this machine cannot have it.
setup_swift() {
    [ -e "$swift_root/.crm-ready" ] && return
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
    echo "making $swift_root (two to four minutes, 2.7 GB)"
    rm -rf --one-file-system -- "$swift_root"
    mkdir -p -- "${swift_root%/*}"
    # The compiler links with gold and needs the headers of C and C++.
    debootstrap --variant=minbase \
        --include=swiftlang,libc6-dev,libstdc++-14-dev,binutils-gold,ca-certificates,valgrind \
        trixie "$swift_root" "$swift_mirror" >"$swift_root.log" 2>&1 || {
        tail -n 5 "$swift_root.log"
        missing="debootstrap failed, see $swift_root.log"
        return 77
    }
    rm -rf -- "$swift_root"/var/cache/apt/archives/*.deb
    touch "$swift_root/.crm-ready"
}

# The checkout and /tmp have the same paths inside. The mounts are those of this one process and end with it.
in_swift_root() {
    local dir=$1 checkout
    shift
    checkout=$(git -C "$dir" rev-parse --show-toplevel) || return
    mkdir -p -- "$swift_root$checkout"
    # shellcheck disable=SC2016  # expanded by the inner shell
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
        PKG_CONFIG_PATH="$dir/.prefix/lib/pkgconfig" LD_LIBRARY_PATH="$dir/.prefix/lib" \
        unshare --mount sh -c '
            root=$1 checkout=$2 dir=$3
            shift 3
            mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
                mount --bind /tmp "$root/tmp" && mount --bind "$checkout" "$root$checkout" &&
                exec chroot "$root" sh -c '\''cd -- "$1" && shift && exec "$@"'\'' sh "$dir" "$@"
        ' sh "$swift_root" "$checkout" "$dir" "$@"
}
