#!/bin/sh
# Prints the size of an installed Seva by part, in MiB.
#   size.sh PREFIX CACHE
set -eu
packages="$1/lib/python3.10/site-packages"
mib() { du -sm --apparent-size "$@" | awk '{sum += $1} END {print sum}'; }
row() { printf '%-44s %6s\n' "$1" "$2"; }
row "Rasa's TensorFlow, Keras and JAX" "$(mib "$packages"/tensorflow* "$packages"/keras "$packages"/jax* )"
row "Seva: code, catalogue, forms, fonts" "$(mib "$packages/nlu" "$packages/api" "$packages/actions")"
row "the whole environment" "$(mib "$1")"
row "sentence encoder and speech weights" "$(mib "$2")"
row "together" "$(mib "$1" "$2")"
