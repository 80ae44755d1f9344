#!/bin/bash
# Runs commands for the host. Reads lines "<id> <base64 of a shell script>" and answers each, in whatever order they
# finish, with "<id> <exit code> <base64 of its output>". Ends when its standard input does.
mkdir -p /run/lab /run/pptp
: >/etc/ppp/options
echo "ready 0 "

answer() {
  bash /run/lab/"$1".sh </dev/null >/run/lab/"$1".out 2>&1
  status=$?
  # One answer is one line: the lock keeps concurrent ones apart.
  {
    flock 9
    printf '%s %s %s\n' "$1" "$status" "$(base64 -w0 <"/run/lab/$1.out")"
  } 9>/run/lab/lock
  rm -f "/run/lab/$1.sh" "/run/lab/$1.out"
}

while read -r id script; do
  base64 -d <<<"$script" >"/run/lab/$id.sh"
  answer "$id" &
done
