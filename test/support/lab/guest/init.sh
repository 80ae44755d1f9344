#!/bin/bash
# Process 1 of a User Mode Linux guest whose root is the host's file system, read-only: loads PPP, configures eth0 from
# the kernel's command line (LAB_ADDRESS, LAB_GATEWAY, LAB_DIRECTORY), then serves commands on the serial line ttyS0.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/run HOME=/run LC_ALL=C.UTF-8

mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts && mount -t devpts devpts /dev/pts
for directory in /run /etc/ppp /var/log; do mount -t tmpfs tmpfs "$directory"; done

modules=/usr/lib/uml/modules/$(uname -r)/kernel
for module in lib/crc-ccitt drivers/net/slip/slhc drivers/net/ppp/ppp_generic drivers/net/ppp/ppp_async \
  drivers/net/ppp/ppp_synctty lib/crypto/libarc4 crypto/arc4 drivers/net/ppp/ppp_mppe; do
  [ -e "$modules/$module.ko" ] && insmod "$modules/$module.ko"
done

ip link set lo up
ip addr add "$LAB_ADDRESS" dev eth0
ip link set eth0 up
ip route add default via "$LAB_GATEWAY"

stty raw -echo </dev/ttyS0
bash "$LAB_DIRECTORY/agent.sh" </dev/ttyS0 >/dev/ttyS0
poweroff -f
