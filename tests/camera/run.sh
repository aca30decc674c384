#!/bin/sh
# Tries ./digitcam on real V4L2 drivers in a virtual machine: vivid (the kernel's virtual camera), uvcvideo with an
# emulated USB camera, and v4l2loopback.
#
#   VMRUN=PROGRAM [VM_DIR=FOLDER] [DIGITCAM=./digitcam] [WEIGHTS=FILE] sh tests/camera/run.sh [CHECK...]
#
# VMRUN   boots a machine and runs a program of this one in it: VMRUN -d vivid|uvc|loopback|none [-m MIB] [-t SECONDS]
#         [-b COMMAND, run in the background once the driver is there] -- PROGRAM ARGUMENTS
# VM_DIR  has uvcemu.c (the emulated USB camera) and loopwriter.c (writes frames into a loopback device); by default
#         the folder of VMRUN
# ROUNDS  how often the camera is unplugged and plugged in again; 50 without
# CHECK   names of checks to run; all without
#
# Emulated machines are slow: nothing here asks for an exact frame rate, or for no dropped frame.
set -u
cd "$(dirname "$0")/../.." || exit 2
[ -x "$(command -v "${VMRUN:-}")" ] || { echo "tests/camera/run.sh: set VMRUN to a vmrun program"; exit 2; }
digitcam=${DIGITCAM:-./digitcam}
[ -x "$digitcam" ] || { echo "tests/camera/run.sh: there is no $digitcam; run make build first"; exit 2; }
folder=${VM_DIR:-$(dirname "$VMRUN")}
live="$digitcam live --json --headless ${WEIGHTS:+--weights $WEIGHTS}"
work=build/tests/camera
wanted="$*" passed=0 failed=0

# ---- tools ------------------------------------------------------------------------------------------------------

# vm OPTIONS -- COMMAND: leaves $work/out, $work/err and $status.
vm() {
    timeout 700 "$VMRUN" -m 1024 -t 600 "$@" >$work/out 2>$work/err
    status=$?
}

wants() {
    [ -z "$wanted" ] && return 0
    case " $wanted " in *" $1 "*) return 0 ;; esac
    return 1
}

# result NAME: passed where the function before it said so; else what the machine said is shown.
result() {
    if [ "$ok" = yes ]; then
        passed=$((passed + 1))
        echo "passed: $1${note:+ ($note)}"
    else
        failed=$((failed + 1))
        echo "FAILED: $1: $reason"
        sed 's/^/    out: /' $work/out | cut -c1-200 | tail -n 4
        sed 's/^/    err: /' $work/err | cut -c1-300 | tail -n 8
    fi
}

begin() { ok=yes reason="" note=""; }
refute() { ok=no reason="$reason${reason:+; }$1"; }

expect_status() { [ "$status" -eq "$1" ] || refute "exit status $status, expected $1"; }
expect_said() { grep -q -e "$1" $work/err || refute "no message with '$1'"; }
expect_lines() {
    lines=$(grep -c '^{"source":.*"numbers":.*}$' $work/out)
    [ "$lines" -ge "$1" ] && [ "$lines" -le "$2" ] || refute "$lines lines of JSON, expected $1 to $2"
}

numbers_of() { tail -n 1 "$1" | sed 's/.*"numbers"://' | grep -o '"text":"[0-9]*"' | grep -o '[0-9]*' | tr '\n' ' '; }

# expect_numbers NUMBERS JPEG: the last frame has the numbers that stand on the page. Where it has not, what is read
# from the page as a file tells whether the way through the camera is to blame.
expect_numbers() {
    note=$(numbers_of $work/out)
    [ "$note" = "$1 " ] && return
    $digitcam read --json ${WEIGHTS:+--weights $WEIGHTS} "$2" >$work/file.json
    refute "read '$note' instead of '$1 ' (from a file: '$(numbers_of $work/file.json)')"
}

# ---- what is fed ------------------------------------------------------------------------------------------------

mkdir -p $work
${MAKE:-make} -s $work/demo_page $work/capture_check $work/replug_check || exit 2
for tool in uvcemu loopwriter; do
    ${CC:-cc} -O2 -w -o $work/$tool "$folder/$tool.c" || exit 2
done
# One frame over and over: what stands on it does not change, and every camera can send it at any time.
large_numbers=$($work/demo_page jpeg 1280x720 1 $work/large.jpg) || exit 2
small_numbers=$($work/demo_page jpeg 640x480 1 $work/small.jpg) || exit 2
$work/demo_page yuyv 640x480 1 $work/small.yuyv >$work/out || exit 2
uvc_modes="YUYV:640:480:$work/small.yuyv MJPG:640:480:$work/small.jpg MJPG:1280:720:$work/large.jpg"

# ---- the checks -------------------------------------------------------------------------------------------------

if wants vivid; then
    begin
    vm -d vivid -- $live --frames 50 /dev/video0
    expect_status 0
    expect_lines 50 50
    result "vivid: 50 frames"
fi

if wants formats; then
    begin
    vm -d vivid -- sh -c "for f in GREY NV12 YU12 YUYV UYVY RGB3; do
        $live --frames 1 --size 640x360 --format \$f 0 || exit 1; done"
    expect_status 0
    expect_lines 6 6
    result "vivid: each format, by number"
    begin
    vm -d vivid -- $live --frames 2 --format MJPG 0
    expect_status 1
    expect_said "no format MJPG"
    result "vivid: a format it does not have is refused"
fi

if wants mjpg; then
    begin
    vm -d uvc -b "$work/uvcemu none $uvc_modes" -- $live --frames 4 --size 1280x720 /dev/video0
    expect_status 0
    expect_lines 4 4
    expect_numbers "$large_numbers" $work/large.jpg
    result "uvc: a page of digits as MJPG"
fi

if wants yuyv; then
    begin
    vm -d uvc -b "$work/uvcemu none $uvc_modes" -- $live --frames 4 --size 640x480 emulated
    expect_status 0
    expect_lines 4 4
    expect_numbers "$small_numbers" $work/small.jpg
    result "uvc: a page of digits as YUYV, by a part of its name"
fi

if wants loopback; then
    begin
    vm -d loopback -b "$work/loopwriter /dev/video0 640 480 YUYV $work/small.yuyv 15 3000" -- \
        sh -c "sleep 2; $live --frames 4 /dev/video0"
    expect_status 0
    expect_lines 4 4
    expect_numbers "$small_numbers" $work/small.jpg
    result "loopback: a page of digits as YUYV"
    begin
    vm -d loopback -- $live --frames 5 /dev/video0
    expect_status 1
    expect_said "takes pictures instead of giving them"
    result "loopback: without a writer"
    # A writer that stops is no error to the driver, only silence; then there is no camera, until the next writer comes.
    begin
    vm -d loopback -b "$work/loopwriter /dev/video0 640 480 YUYV $work/small.yuyv 15 150; sleep 6;
        $work/loopwriter /dev/video0 640 480 YUYV $work/small.yuyv 15 3000" -- \
        sh -c "sleep 2; timeout 200 $work/capture_check /dev/video0 200 640x480 15 YUYV"
    expect_status 0
    grep -q ': 200 frames, 0 unusable' $work/out || refute "not 200 good frames"
    grep -q 'waiting: camera unplugged, waiting' $work/out || refute "it did not wait for the next writer"
    note=$(tail -n 1 $work/out)
    result "loopback: the writer ends, another one begins"
fi

# What vivid can be made to do by its controls while it streams.
if wants faults; then
    if command -v v4l2-ctl >/dev/null; then
        for fault in disconnect inject_fatal_streaming_error inject_v4l2_buf_flag_error; do
            begin
            vm -d vivid -b "sleep 8; v4l2-ctl -d /dev/video0 -c $fault=1" -- \
                timeout 200 $work/capture_check /dev/video0 120 320x180 10
            expect_status 0
            grep -q ': 120 frames, 0 unusable' $work/out || refute "not 120 good frames"
            grep -q 'waiting: camera unplugged, waiting\|, 1 dropped' $work/out || refute "the fault was not met"
            note=$(tail -n 1 $work/out)
            result "vivid: goes on after $fault"
        done
    else
        echo "skipped: faults (needs v4l2-ctl)"
    fi
fi

if wants window; then
    begin
    vm -x -d vivid -- $digitcam live ${WEIGHTS:+--weights $WEIGHTS} --frames 5 --size 640x360 /dev/video0
    expect_status 0
    result "vivid: shown in a window"
fi

if wants cameras; then
    begin
    vm -d uvc -b "$work/uvcemu none $uvc_modes" -- $digitcam cameras --json
    expect_status 0
    [ "$(grep -c '"path":"/dev/video' $work/out)" -eq 1 ] || refute "not exactly one camera"
    grep -q '"/dev/video1"' $work/out && refute "the metadata node is listed"
    for format in YUYV MJPG; do
        grep -q "\"$format\"" $work/out || refute "$format is not listed"
    done
    result "uvc: the list of cameras has the camera, and not its metadata"
fi

if wants metadata; then
    begin
    vm -d uvc -b "$work/uvcemu none $uvc_modes" -- $live --frames 5 /dev/video1
    expect_status 1
    expect_said "/dev/video1.*not pictures"
    result "uvc: the metadata node is refused"
fi

if wants permission; then
    begin
    vm -d vivid -- setpriv --reuid=65534 --regid=65534 --clear-groups $live --frames 5 /dev/video0
    expect_status 1
    expect_said "usermod -aG video"
    result "vivid: permission denied"
fi

if wants busy; then
    begin
    vm -d uvc -b "$work/uvcemu none $uvc_modes" -- \
        sh -c "$live --size 640x480 0 >/dev/null 2>&1 & sleep 5; $live --frames 5 0; status=\$?; kill \$!; exit \$status"
    expect_status 1
    expect_said "is busy: $(basename "$digitcam") (process [0-9]*) has it open"
    result "uvc: another program uses the camera"
fi

if wants unplug; then
    begin
    vm -d uvc -b "$work/uvcemu unplug@20 $uvc_modes" -- $live --exit-on-unplug --frames 1000 /dev/video0
    expect_status 1
    expect_lines 1 20
    expect_said "unplugged\|does not answer"
    result "uvc: unplugged while running, with --exit-on-unplug"
fi

# The emulated camera stays silent, also when it is opened again.
if wants silence; then
    begin
    vm -d uvc -b "$work/uvcemu stall@30 $uvc_modes" -- $work/capture_check /dev/video0 60 640x480 30 MJPG
    expect_status 1
    grep -q 'waiting: camera sends nothing; opened again' $work/out || refute "the silence was not noticed"
    grep -Eq ': (2[0-9]|30) frames, 0 unusable' $work/out || refute "not most of the 30 frames before it" # the newest only
    result "uvc: a silent camera is noticed and opened again"
fi

# The second time it is another program's camera: the same name, other modes.
if wants replug; then
    begin
    vm -d uvc -b "$work/uvcemu unplug@20 $uvc_modes; sleep 3; $work/uvcemu none MJPG:640:480:$work/small.jpg" -- \
        timeout 300 $live --frames 25 --size 640x480 /dev/video0
    expect_status 0
    expect_lines 25 25
    expect_numbers "$small_numbers" $work/small.jpg
    expect_said "camera unplugged, waiting"
    expect_said "the camera is back: .*MJPG"
    [ "$(grep -c 'camera unplugged' $work/err)" -eq 1 ] || refute "said more than once"
    result "uvc: unplugged, and back with other modes"
    begin
    vm -d vivid -- $work/replug_check /dev/video0 "${ROUNDS:-50}" vivid.0 /sys/bus/platform/drivers/vivid/unbind \
        /sys/bus/platform/drivers/vivid/bind
    expect_status 0
    note=$(tail -n 1 $work/out)
    result "vivid: unplugged and back, ${ROUNDS:-50} times"
fi

# Without the recogniser, which an emulated machine is too slow for: here every frame is looked at.
if wants damage; then
    for fault in error short; do
        begin
        vm -d uvc -b "$work/uvcemu $fault@30 $uvc_modes" -- $work/capture_check /dev/video0 60 640x480 30 MJPG
        expect_status 0
        grep -q ': 60 frames, 0 unusable, 0 dropped' $work/out && refute "the damaged frame was not noticed"
        note=$(tail -n 1 $work/out)
        result "uvc: goes on after a damaged frame ($fault)"
    done
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
