#!/bin/bash
# Process 1 of a node of the lab, in PID, mount and UTS namespaces of its own: runs the node's programs and starts each
# again when it ends, as systemd would. When this process ends, the kernel ends everything on the node.
# usage: node.sh NAME FOLDER PROGRAM FLAG...; FLAGs of several programs are parted by `--`.
hostname "$1"
cd "$2" || exit 1
shift 2

supervise() {
  name=$(basename "$1")
  while :; do
    "$@" >>"$name.log" 2>&1 </dev/null
    echo "node.sh: $name ended with $?" >>"$name.log"
    sleep 0.5
  done
}

command=()
for word in "$@" --; do
  if [ "$word" = -- ]; then
    supervise "${command[@]}" &
    command=()
  else
    command+=("$word")
  fi
done
wait
