#!/bin/sh
# The image's steps in a clean folder, where no container engine is at hand: what the Containerfile
# does, by the same scripts, then its check and its size.
#   steps.sh FOLDER [product|everything] [PYTHON]
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
"$here/build.sh" "$folder/dist" "${2:-product}"
"$here/install.sh" "$folder/dist" "$folder/opt/seva" "${3:-python3.10}"
"$here/weights.sh" "$folder/opt/seva" "$folder/opt/cache"
"$here/trim.sh" "$folder/opt/seva"
"$here/check.sh" "$folder/opt/seva" "$folder/opt/cache"
"$here/size.sh" "$folder/opt/seva" "$folder/opt/cache"
