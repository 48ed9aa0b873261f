#!/bin/sh
# The first process of a machine of its own: its root is this machine's, seen through a layer that takes every change and
# vanishes with it. It becomes systemd. Started by tests/faults/systemd.py in namespaces of its own, as root.
#
#     systemd_machine.sh FOLDER CHECKOUT PYTHON SITE_PACKAGES SOCKETS
#
# FOLDER is empty and is covered by the layer; FOLDER.units holds the units, FOLDER.environment the settings; SOCKETS is
# PostgreSQL's folder of sockets. PYTHON (the folder that holds bin/ and lib/) and SITE_PACKAGES are those of the tests.
set -eu
folder=$1 checkout=$2 python=$3 packages=$4 sockets=$5

mount -t tmpfs -o mode=755 machine "$folder"
root=$folder/root
mkdir "$folder/upper" "$folder/work" "$folder/hotline" "$folder/hotline-work" "$root"
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" machine "$root"

# What the kernel shows is shown anew; what would change the kernel for everybody is read-only.
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys" && mount -o remount,bind,ro "$root/proc/sys"
mount --bind /sys "$root/sys" && mount -o remount,bind,ro "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 machine "$root/dev"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/full" c 1 7
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
mknod -m 666 "$root/dev/tty" c 5 0
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs -o mode=1777 machine "$root/dev/shm"
mount -t tmpfs -o mode=755 machine "$root/run"
mount -t tmpfs -o mode=1777 machine "$root/tmp"
hostname hotline-test

# Of the services that this machine has, none: only the milestones that ours name, the journal, and the bus by which
# systemd-run hears how its command went.
own=$root/etc/systemd/system base=$root/lib/systemd/system
mount -t tmpfs -o mode=755 machine "$own"
mount -t tmpfs -o mode=755 machine "$base"
mount -t tmpfs -o mode=755 machine "$root/lib/systemd/system-generators"
for unit in basic sysinit local-fs swap sockets timers paths slices network multi-user shutdown umount; do
    cp "/lib/systemd/system/$unit.target" "$base"
done
for unit in systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket dbus.service dbus.socket; do
    cp "/lib/systemd/system/$unit" "$base"
done
mkdir "$base/sysinit.target.wants" "$base/sockets.target.wants"
ln -s ../dbus.socket "$base/sockets.target.wants"
ln -s ../systemd-journald.service ../systemd-journald.socket ../systemd-journald-dev-log.socket "$base/sysinit.target.wants"

# As docs/operations.md sets it up.
for place in /opt/hotline /etc/hotline /var/lib/hotline /var/backups; do mkdir -p "$root$place"; done
for place in /etc/hotline /var/lib /var/backups /var/log; do mount -t tmpfs -o mode=755 machine "$root$place"; done
chroot "$root" id hotline >/dev/null 2>&1 ||
    chroot "$root" useradd --system --home /var/lib/hotline --shell /usr/sbin/nologin hotline
chroot "$root" install -d -m 0750 -g hotline /etc/hotline
install -m 0640 "$folder.environment" "$root/etc/hotline/environment"
chroot "$root" chgrp hotline /etc/hotline/environment
chroot "$root" install -d -m 0700 -o hotline /var/backups/hotline
cp "$folder.units"/* "$own"
mkdir "$root/run/postgresql"
mount --bind "$sockets" "$root/run/postgresql"

# The checkout with an environment of its own: the tests' Python may lie in somebody's home, which units do not see.
mount -t overlay -o "lowerdir=$checkout,upperdir=$folder/hotline,workdir=$folder/hotline-work" machine "$root/opt/hotline"
rm -rf "$root/opt/hotline/.venv" "$root/opt/hotline/.env"
if [ "$python" != /usr ]; then
    mkdir -p "$root/opt/python" && mount --bind "$python" "$root/opt/python"
    python=/opt/python
    # Its library before another of the same name: it was built to find that at home.
    echo "$python/lib" >"$root/etc/ld.so.conf.d/000-tests.conf"
    chroot "$root" ldconfig
fi
version=$(basename "$(dirname "$packages")")
mkdir -p "$root/opt/hotline/.venv/bin" "$root/opt/hotline/.venv/lib/$version/site-packages"
mount --bind "$packages" "$root/opt/hotline/.venv/lib/$version/site-packages"
ln -s "$python/bin/$version" "$root/opt/hotline/.venv/bin/python"
echo "home = $python/bin" >"$root/opt/hotline/.venv/pyvenv.cfg"

mkdir "$root/run/old" && cd "$root" && pivot_root . run/old
umount -l /run/old && rmdir /run/old
# It shares the network with this machine, and may not change it; nor its clock, nor the kernel.
exec env -i container=hotline-test PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv --inh-caps -all --bounding-set \
    -sys_time,-sys_module,-sys_rawio,-sys_boot,-syslog,-net_admin,-mac_admin,-mac_override,-audit_control,-audit_write \
    /lib/systemd/systemd --system --unit=multi-user.target --show-status=no --log-target=journal
