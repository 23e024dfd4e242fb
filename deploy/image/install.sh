#!/bin/sh
# Installs what build.sh made into a virtual environment: exactly the locked versions, by their
# hashes, and Seva.
#   install.sh OUT PREFIX [PYTHON]
set -eu
out=$1
prefix=$2
uv="$(dirname "$0")/../../.ci/uv"
cd "$(dirname "$0")/../.."
"$uv" venv --quiet --python "${3:-python3.10}" "$prefix"
into="--quiet --python $prefix/bin/python"
"$uv" pip sync $into --require-hashes "$out/requirements.txt"
"$uv" pip install $into --no-deps "$out"/seva-*.whl
install -m 755 deploy/image/entry.sh "$prefix/bin/entry"
install -m 755 deploy/image/healthy.py "$prefix/bin/healthy"
