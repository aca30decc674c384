#!/bin/bash
# boot.sh [-m MIB] [-t SECONDS] COMMAND... - boots the virtual machine and runs COMMAND in it, as root, in this folder, with
# the host's files (what is written there is lost). Shows its output as it comes, returns its status; 124 after SECONDS.
#
# Modules are loaded there with `modprobe -d $RIG_MODULES`. RIG_CACHE: where the kernel is kept (default: in ~/.cache).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${RIG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/digitcam-rig}
memory=1024 limit=1200
while getopts m:t: option; do
    case $option in m) memory=$OPTARG ;; t) limit=$OPTARG ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
"$here/prepare.sh" "$cache"
share=$(mktemp -d)
machine="" viewer=""
finish() {
    [ -z "$machine" ] || kill "$machine" 2>/dev/null || true
    [ -z "$viewer" ] || kill "$viewer" 2>/dev/null || true
    rm -rf "$share"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Only what the command is to see of our environment.
passed=$(export -p | grep -E '^declare -x (DIGITCAM|WEIGHTS|ROUNDS|UVC_ROUNDS|CHECKS|CC|RIG_)' || true)
cat >"$share/guest.sh" <<GUEST
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
$passed
export RIG_MODULES=${cache@Q}
dmesg -n 1
/bin/busybox ip link set lo up
cd ${PWD@Q} && ${*@Q} </dev/null >/run/rig/output 2>&1
echo \$? >/run/rig/status
dmesg >/run/rig/dmesg
sync
echo o >/proc/sysrq-trigger
sleep 60
GUEST
: >"$share/output"
tail -f "$share/output" &
viewer=$!

# A /dev/kvm without the processor's own support behind it (in a nested machine, say) does not boot an ordinary kernel.
# Emulated, "rep movs" is slower than plain moves, and some protections cost without protecting anything.
accelerator=tcg processor=max,-erms,-fsrm,-smap,-smep,-la57
if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
    accelerator=kvm processor=host
fi
export_of() { echo "local,path=$1,mount_tag=$2,security_model=none,multidevs=remap$3"; }
timeout -k 10 "$limit" qemu-system-x86_64 -accel $accelerator -cpu $processor -M q35 -smp 1 -m "$memory" -nodefaults \
    -display none -no-reboot -kernel "$cache/kernel" -initrd "$cache/first.gz" -append "console=ttyS0 quiet panic=-1" \
    -serial "file:$share/console" -virtfs "$(export_of / host ,readonly=on)" -virtfs "$(export_of "$share" rig '')" \
    </dev/null >"$share/machine" 2>&1 &
machine=$!
status=0
wait "$machine" || status=$?
machine=""
sleep 1 # for the viewer's last look
kill "$viewer" 2>/dev/null || true
wait "$viewer" 2>/dev/null || true
viewer=""
[ ! -s "$share/status" ] || exit "$(cat "$share/status")"
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    echo "rig: not done after $limit s" >&2
    exit 124
fi
echo "rig: the machine ended early (status $status):" >&2
tail -n 15 "$share/machine" "$share/console" >&2
exit 125
