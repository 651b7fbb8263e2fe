# What the stages share. Sourced; `set -euo pipefail` is the caller's.
# shellcheck shell=bash disable=SC2034
images=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_root=$(dirname "$images")
out=${UBUGOE_IMAGE_OUT:-$source_root/target/image}
tools=$out/tools

say() { printf '\n== %s\n' "$*"; }
fail() {
    printf 'image: %s\n' "$*" >&2
    exit 1
}

# settings TARGET PROFILE: reads the data files; afterwards everything of this image has a name.
settings() {
    target=$1 profile=$2
    [[ -f $images/targets/$target.conf ]] || fail "no target $target: $(cd "$images/targets" && echo *.conf)"
    [[ -f $images/profiles/$profile.conf ]] || fail "no profile $profile: $(cd "$images/profiles" && echo *.conf)"
    # shellcheck source=/dev/null
    source "$images/release.conf" && source "$images/targets/$target.conf" && source "$images/profiles/$profile.conf"
    image=$out/$target-$profile
    base=$out/base-$target-$profile
    version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$source_root/Cargo.toml")
    # Two builds of one commit are to be the same bytes: no clock but the commit's.
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$source_root" log -1 --format=%ct 2>/dev/null || echo 1767225600)}
    build_id=${UBUGOE_IMAGE_BUILD:-$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M)}
    export SOURCE_DATE_EPOCH TZ=UTC LC_ALL=C.UTF-8
}

# in_root FOLDER CMD…: CMD with FOLDER as its root, the output folder at /out, in a mount namespace that ends with it.
in_root() {
    local root=$1
    shift
    mkdir -p "$root/out"
    # shellcheck disable=SC2016
    unshare --mount --propagation private sh -euc '
        root=$1 out=$2; shift 2
        mount --bind "$out" "$root/out"; mount -t proc proc "$root/proc"; mount --rbind /dev "$root/dev"
        exec chroot "$root" "$@"' sh "$root" "$out" "$@"
}
in_tools() { in_root "$tools" "$@"; }

# images_keys: the folder with the keys that sign updates. Without UBUGOE_IMAGE_KEYS one is made for trying out, and every
# image made with it says so.
images_keys() { echo "${UBUGOE_IMAGE_KEYS:-$out/keys}"; }
