#!/bin/sh
# Installs a release for every user of the container.
set -eu
releases=${SWA_APIM_RELEASES:-https://github.com/OWNER/swa-apim/releases/download}
script=$(mktemp)
trap 'rm -f "$script"' EXIT
curl -fsSL "$releases/v${VERSION:-0.1.0}/install.sh" -o "$script"
SWA_APIM_RELEASES=$releases SWA_APIM_INSTALL_DIR=${SWA_APIM_INSTALL_DIR:-/usr/local/bin} sh "$script" "${VERSION:-0.1.0}"
