#!/bin/sh
# Prepares the system of the final image: the user, the folders that are written to, tini, which
# hands signals on from the first moment and takes in processes that lost their parent, and
# PostgreSQL's client programs, which `seva backup` calls.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends tini postgresql-client >/dev/null
apt-get clean
rm -rf /var/lib/apt/lists/*
useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin seva
install -d -o seva -g seva -m 700 /var/lib/seva
install -d -o root -g root -m 755 /var/lib/seva-models
