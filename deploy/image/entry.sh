#!/bin/sh
# Starts a role: `entry.sh serve`. A secret is a file that is named as its variable,
# /run/secrets/SEVA_LOG_KEY; so no secret stands in a manifest or in what an engine shows of a
# container.
set -eu
for file in "${SECRETS_DIR:-/run/secrets}"/SEVA_*; do
  [ -f "$file" ] || continue
  value=$(cat "$file")
  export "$(basename "$file")=$value"
done
# What a role writes is its user's alone, also in a volume that came open to others.
umask 077
mkdir -p "${SEVA_VAR_DIR:-var}"
exec "$(dirname "$0")/seva" "$@"
