#!/bin/sh
# Makes the sentence encoder and joins the speech weights, so that no process makes them at its
# start. Whoever runs Seva may only read them.
#   weights.sh PREFIX CACHE
set -eu
export SEVA_CACHE_DIR=$2 PYTHONDONTWRITEBYTECODE=1
cd /
"$1/bin/python" -m nlu.encoder.provision >/dev/null
"$1/bin/python" -m nlu.speech.weights >/dev/null
chmod -R a+rX,go-w "$2"
