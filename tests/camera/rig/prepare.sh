#!/bin/bash
# prepare.sh FOLDER - puts into FOLDER what a virtual machine with camera drivers boots from: Debian's own kernel, its
# modules with v4l2loopback beside them, and a first file system that goes over to the host's root. Everything comes from
# the package archives this machine is set up for. Does nothing where FOLDER has it all already.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
target=$1
[ -e "$target/complete" ] && exit 0
fail() { echo "tests/camera/rig: $*" >&2; exit 1; }
[ "$(uname -m)" = x86_64 ] || fail "the virtual machine is made for x86-64 only; give DEVICE=/dev/videoN instead"
for tool in apt-get dpkg busybox cpio depmod modprobe xz make gcc qemu-system-x86_64; do
    command -v $tool >/dev/null || fail "$tool is missing; on Debian: apt-get install qemu-system-x86 busybox-static cpio kmod" \
        "xz-utils make gcc-12 libc6-dev v4l-utils xvfb"
done
mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$(dirname "$target")/preparing.XXXXXX")
trap 'rm -rf "$work"' EXIT

# The kernel this Debian would install, and what it takes to build a module for it.
image=$(apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
[ -n "$image" ] || fail "no linux-image-amd64 among the packages on offer (apt-get update?)"
release=${image#linux-image-}
series=$(echo "$release" | cut -d. -f1,2)
mkdir "$work/packages" "$work/image" "$work/sources"
(cd "$work/packages" && apt-get download "$image" "linux-headers-$release" "linux-headers-${release%-amd64}-common" \
    "linux-kbuild-$series" v4l2loopback-dkms) >"$work/download.log" 2>&1 || {
    tail -n 5 "$work/download.log" >&2
    fail "the kernel's packages cannot be downloaded"
}
for package in "$work"/packages/*.deb; do
    case ${package##*/} in linux-image-*) dpkg -x "$package" "$work/image" ;; *) dpkg -x "$package" "$work/sources" ;; esac
done

# v4l2loopback is no part of the kernel. Its Makefile looks for the common headers where they would have been installed.
source=$work/sources/usr/src
sed -i "s#/usr/src/#$source/#g" "$source/linux-headers-$release/Makefile"
loopback=$(echo "$source"/v4l2loopback-*)
make -s -C "$source/linux-headers-$release" M="$loopback" modules >"$work/module.log" 2>&1 || {
    tail -n 5 "$work/module.log" >&2
    fail "v4l2loopback cannot be built"
}
mkdir -p "$work/image/lib/modules/$release/extra"
cp "$loopback/v4l2loopback.ko" "$work/image/lib/modules/$release/extra/"
depmod -b "$work/image" "$release"

# Unpacked, the kernel starts seconds sooner where the processor is emulated; packed, it starts everywhere.
packed=$work/image/boot/vmlinuz-$release
offset=$(LC_ALL=C grep -abom1 $'\xfd7zXZ\x00' "$packed" | head -n 1 | cut -d: -f1)
tail -c "+$((offset + 1))" "$packed" 2>/dev/null | xz -dcq --single-stream >"$work/kernel" 2>/dev/null || true
[ "$(head -c 4 "$work/kernel" | tail -c 3)" = ELF ] || cp "$packed" "$work/kernel"

# The first file system: busybox, and the modules for the way to the host's files.
first=$work/first
mkdir -p "$first"/{bin,modules,proc,sys,dev,host,own,root}
cp "$(command -v busybox)" "$first/bin/busybox"
number=100
for wanted in virtio_pci 9pnet_virtio 9p overlay; do
    while read -r verb path _; do
        [ "$verb" = insmod ] || continue
        ls "$first"/modules/*-"${path##*/}" >/dev/null 2>&1 && continue
        cp "$path" "$first/modules/$number-${path##*/}"
        number=$((number + 1))
    done < <(modprobe -d "$work/image" -S "$release" --show-depends $wanted)
done
cp "$(dirname "$0")/init" "$first/init"
chmod +x "$first/init"
(cd "$first" && find . -print0 | cpio --null --create --format=newc --quiet) | gzip -1 >"$work/first.gz"

mkdir "$work/done"
mv "$work/kernel" "$work/first.gz" "$work/done/"
mv "$work/image/lib" "$work/done/lib"
echo "$release" >"$work/done/complete"
rm -rf "$target"
mv "$work/done" "$target"
