#!/bin/sh
# Makes what an image is installed from: a wheel, and the versions of the lock file with their
# hashes. Neither torch nor a development tool is among them.
#   build.sh OUT [product|everything]
set -eu
out=$1
kind=${2:-product}
[ "$kind" = everything ] && kind=
cd "$(dirname "$0")/../.."
SEVA_WHEEL=$kind ./.ci/uv build --quiet --wheel --out-dir "$out"
./.ci/uv export --quiet --frozen --no-default-groups --no-emit-project \
  --output-file "$out/requirements.txt" >/dev/null
