#!/bin/sh
# Makes the secrets of compose.yml, each in a file of its own. What is there already stays.
#   secrets.sh [FOLDER]
set -eu
folder=${1:-"$(dirname "$0")/secrets"}
umask 022
mkdir -p -m 700 "$folder"
cd "$folder"
random() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
key() { head -c 32 /dev/urandom | base64 | tr '+/' '-_'; }
# Readable for all who get into the folder, which is its owner's alone: a container's user is not
# the one who made them.
keep() { [ -s "$1" ] || { printf '%s' "$2" > "$1.new"; chmod 444 "$1.new"; mv "$1.new" "$1"; }; }
keep postgres_password "$(random)"
keep SEVA_DATABASE_URL "postgresql://seva:$(cat postgres_password)@postgres/seva"
for name in SEALING HASHING DOCUMENTS_SEALING; do keep "SEVA_${name}_KEY" "$(key)"; done
for name in LOG_KEY NOTICES_KEY API_KEYS WHATSAPP_APP_SECRET WHATSAPP_ACCESS_TOKEN \
  WHATSAPP_VERIFY_TOKEN; do
  keep "SEVA_$name" "$(random)"
done
