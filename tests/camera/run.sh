#!/bin/sh
# run.sh - digitcam on real camera drivers. Run from anywhere; needs ./digitcam built.
#
#     run.sh                        in a virtual machine with the kernel's drivers (rig/): vivid, a USB camera on uvcvideo,
#                                   v4l2loopback
#     DEVICE=/dev/videoN run.sh     with that camera; as root, and with `modprobe vivid`, more of the checks
#
# CHECKS: only these, of listed frames formats nearest controls busy permission replug faults, and in the machine uvc damage
# unplug loopback pattern window. ROUNDS: how often it is unplugged. DIGITCAM: another program. WEIGHTS: another network.
# Exit status 0: every check passed.
set -u
cd "$(dirname "$0")/../.." || exit 2
. tests/camera/tools.sh
. tests/camera/device.sh
. tests/camera/machine.sh
if [ "${1:-}" = in-the-machine ]; then
    large_numbers=$(cat $work/large.txt) small_numbers=$(cat $work/small.txt)
    uvc_modes="YUYV:640:480:$work/small.yuyv MJPG:640:480:$work/small.jpg MJPG:1280:720:$work/large.jpg"
    check_rig
    total
    exit
fi
[ -x "$digitcam" ] || { echo "tests/camera/run.sh: there is no $digitcam; run make build first"; exit 2; }
${MAKE:-make} -s $work/capture_check $work/replug_check $work/demo_page $work/usb_camera $work/loop_writer || exit 2
if [ -n "${DEVICE:-}" ]; then
    check_device "$DEVICE"
    total
    exit
fi
# What is fed: one frame over and over. What stands on it does not change, and every camera can send it at any time.
$work/demo_page jpeg 1280x720 1 $work/large.jpg 12 >$work/large.txt || exit 2
$work/demo_page jpeg 640x480 1 $work/small.jpg 12 >$work/small.txt || exit 2
$work/demo_page yuyv 640x480 1 $work/small.yuyv 12 >/dev/null || exit 2
exec tests/camera/rig/boot.sh sh tests/camera/run.sh in-the-machine
