#!/bin/bash
# The same as init.sh where the host's own kernel has PPP: process 1 of a PID and mount namespace inside a network
# namespace that is configured already. Private /run, /etc/ppp and /var/log keep the host's untouched.
for directory in /run /etc/ppp /var/log; do mount -t tmpfs tmpfs "$directory"; done
bash "$LAB_DIRECTORY/agent.sh"
