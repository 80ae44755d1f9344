#!/bin/sh
# Runs inside the image's build stage, in the build context: puts what the image needs at run time into a folder.
# usage: build.sh FOLDER
set -eu

case $(uname -m) in
  x86_64) platform=linux-x64 ;;
  aarch64) platform=linux-arm64 ;;
  *)
    echo "build.sh: there is no Node 24 package for $(uname -m); use x86_64 or aarch64" >&2
    exit 1
    ;;
esac
node=node_modules/node-$platform/bin/node

# The checkout's own packages serve if they are for this platform; then the build needs no network.
if [ ! -x "$node" ]; then
  echo "build.sh: installing npm packages"
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates nodejs npm
  npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error
fi
"$node" scripts/image/collect.ts "$1"
