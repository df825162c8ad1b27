#!/bin/sh
# Installs a release of swa-apim for the current user:
#
#   install.sh [VERSION]
#
# The archive is downloaded, compared with the checksums of the release, and unpacked. Nothing is run as root.
#   SWA_APIM_INSTALL_DIR  where the program is put; default: ~/.local/bin
#   SWA_APIM_RELEASES     where releases are; default: the releases of the repository
set -eu

default_version='@VERSION@'
default_releases='@RELEASES@'

fail() {
    printf 'error: %s\n' "$1" >&2
    if [ -n "${2:-}" ]; then printf 'hint: %s\n' "$2" >&2; fi
    exit 1
}

has() {
    command -v "$1" > /dev/null 2>&1
}

platform() {
    machine=$(uname -m)
    case $machine in
        amd64) machine=x86_64 ;;
        arm64) machine=aarch64 ;;
    esac
    case "$(uname -s) $machine" in
        'Linux x86_64' | 'Linux aarch64') echo "$machine-unknown-linux-musl" ;;
        'Darwin x86_64' | 'Darwin aarch64') echo "$machine-apple-darwin" ;;
        *) return 1 ;;
    esac
}

# Plain http is only for this machine, as in a test.
download() {
    case $1 in
        https://* | http://127.0.0.1:* | http://localhost:*) ;;
        *) fail "$1 is not an https address" ;;
    esac
    if has curl; then
        curl --fail --silent --show-error --location --retry 3 --output "$2" "$1"
    elif has wget; then
        wget --quiet --output-document "$2" "$1"
    else
        fail 'there is neither curl nor wget'
    fi
}

checksum() {
    if has sha256sum; then
        sha256sum "$1"
    elif has shasum; then
        shasum -a 256 "$1"
    else
        fail 'there is neither sha256sum nor shasum to compare checksums with'
    fi | cut -d' ' -f1
}

main() {
    version=${1:-$default_version}
    version=${version#v}
    releases=${SWA_APIM_RELEASES:-$default_releases}
    folder=${SWA_APIM_INSTALL_DIR:-${HOME:?HOME is not set}/.local/bin}
    target=$(platform) || fail "there is no release for $(uname -s) on $(uname -m)" 'build it: cargo install --locked --path .'
    name=swa-apim-$version-$target
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM

    download "$releases/v$version/$name.tar.gz" "$work/archive" || fail "$name.tar.gz could not be downloaded" "see $releases"
    download "$releases/v$version/SHA256SUMS" "$work/sums" || fail 'the checksums could not be downloaded' "see $releases"
    expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\.tar\.gz\$/\1/p" "$work/sums")
    [ -n "$expected" ] || fail "SHA256SUMS does not list $name.tar.gz"
    actual=$(checksum "$work/archive")
    [ "$actual" = "$expected" ] || fail "the checksum of $name.tar.gz is $actual, expected $expected" 'nothing was installed; try again'

    mkdir -p "$folder"
    gzip -dc "$work/archive" | tar -xf - -C "$work"
    # Beside the old program and then over it, so that there is one at every moment.
    cp "$work/$name/swa-apim" "$folder/.swa-apim.$$"
    chmod 755 "$folder/.swa-apim.$$"
    mv -f "$folder/.swa-apim.$$" "$folder/swa-apim"
    printf 'installed swa-apim %s as %s\n' "$version" "$folder/swa-apim"
    # shellcheck disable=SC2016 # the user's shell expands it
    case ":$PATH:" in
        *":$folder:"*) ;;
        *) printf 'hint: add the directory to PATH: export PATH="%s:$PATH"\n' "$folder" ;;
    esac
}

main "$@"
