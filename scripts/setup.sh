#!/bin/sh
# Prepares a checkout for make: `setup.sh node` brings the npm packages, `setup.sh lab` also the Debian packages of the
# client lab, `setup.sh cluster` also those of the Kubernetes lab, `setup.sh pptpd` also the server to compare with (all need root). Installs only what is missing and says so; otherwise silent.
set -eu

fail() {
  echo "setup: $*" >&2
  exit 1
}

node_packages() {
  command -v node >/dev/null || fail "no Node.js found; install Node 20 or newer (Debian: apt-get install nodejs npm)"
  version=$(node --version)
  major=${version#v}
  [ "${major%%.*}" -ge 20 ] || fail "Node 20 or newer is needed, $(command -v node) is $version"
  command -v npm >/dev/null || fail "no npm found; install it (Debian: apt-get install npm)"
  if ! npm ls --all >/dev/null 2>&1; then
    echo "setup: installing the npm packages of package-lock.json (npm ci)"
    npm ci --no-audit --no-fund --loglevel=error || fail "npm ci failed; see the lines above"
  fi
}

# Prints a package if its program is not there.
unless() {
  PATH=/usr/sbin:/sbin:$PATH command -v "$1" >/dev/null || printf '%s ' "$2"
}

missing_packages() {
  unless ip iproute2
  unless ping iputils-ping
  unless nft nftables
  unless tcpdump tcpdump
  unless curl curl
  unless sysctl procps
  unless pppd ppp
  unless pptp pptp-linux
  # Where the kernel has no PPP, the client runs in User Mode Linux.
  if [ ! -c /dev/ppp ]; then
    unless linux.uml user-mode-linux
    unless insmod kmod
    # See test/support/lab/guest/amx-ptrace.c.
    if grep -qw amx_tile /proc/cpuinfo; then
      unless gcc gcc
      [ -e /usr/include/stdio.h ] || printf 'libc6-dev '
    fi
  fi
}

missing_cluster_packages() {
  unless containerd containerd
  unless runc runc
  unless buildah buildah
  unless mmdebstrap mmdebstrap
  [ -x /usr/lib/cni/bridge ] || printf 'containernetworking-plugins '
}

debian_packages() {
  [ "$(id -u)" -eq 0 ] || fail "run this as root: it makes network namespaces and TUN devices"
  [ -c /dev/net/tun ] || fail "/dev/net/tun is missing; load the kernel's tun module, or give it to the container"
  missing=$(
    missing_packages
    [ "$1" != cluster ] || missing_cluster_packages
    [ "$1" != pptpd ] || unless pptpd pptpd
  )
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || fail "please install: $missing(no apt-get here to do it)"
  echo "setup: installing Debian packages: $missing"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  # shellcheck disable=SC2086 # a list of packages
  if apt-get -o DPkg::Lock::Timeout=300 update >"$log" 2>&1 &&
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing >>"$log" 2>&1; then
    rm -f "$log"
    # Debian starts what it installs; ours is wanted inside a guest only.
    case $missing in *pptpd*) [ ! -d /run/systemd/system ] || systemctl disable --now pptpd ;; esac
  else
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install: $missing"
  fi
}

cd "$(dirname "$0")/.."
case ${1:-} in
  node) node_packages ;;
  lab | cluster | pptpd)
    debian_packages "$1"
    node_packages
    ;;
  *) fail "usage: setup.sh node|lab|cluster|pptpd" ;;
esac
