# device.sh - the checks of one camera, whichever it is: `check_device /dev/videoN`. A camera of the kernel's vivid driver is
# put through its faults, too. Nothing here asks for an exact frame rate, or for no dropped frame.

# What `digitcam cameras --json` says of it, on one line.
describe() { timeout 60 $digitcam cameras --json 2>/dev/null | grep "\"path\":\"$1\""; }
driver_of() { describe "$1" | sed 's/.*"driver":"\([^"]*\)".*/\1/'; }
usable_formats() {
    describe "$1" | sed 's/.*"formats"://; s/"settings":.*//' | grep -o '"format":"[A-Z0-9]*","description":"[^"]*","compressed":[a-z]*,"emulated":false' |
        sed 's/"format":"\([A-Z0-9]*\)".*/\1/' | grep -E '^(NV12|YU12|YUYV|UYVY|GREY|RGB3|MJPG)$'
}

# The value a control has now, by the name its driver gives it.
control_of() { describe "$1" | grep -o "{\"name\":\"$2\",[^}]*" | sed 's/.*"value":\(-\{0,1\}[0-9]*\).*/\1/' | head -n 1; }

check_listed() {
    run timeout 60 $digitcam cameras --json
    expect_status 0
    expect_out "\"path\":\"$1\""
    result "$2: listed, as JSON"
    run timeout 60 $digitcam cameras
    expect_status 0
    expect_out "^$1  "
    expect_out "frames/s: \|[0-9]x[0-9]"
    result "$2: listed, as text"
}

check_frames() {
    run $live --frames 10 --size 640x360 "$1"
    expect_status 0
    expect_lines 10 10
    expect_said "$1.*: [0-9]*x[0-9]* [A-Z0-9]*.*: ."
    expect_said "10 frames read"
    note=$(delays)
    result "$2: 10 frames"
}

check_formats() {
    for format in $(usable_formats "$1"); do
        run $live --frames 1 --size 320x180 --format "$format" "$1"
        expect_status 0
        expect_lines 1 1
        expect_said "format as asked"
        result "$2: format $format"
    done
    run $live --frames 1 --format Q0Q0 "$1"
    expect_status 1
    expect_said "no format Q0Q0"
    result "$2: a format it does not have is refused"
}

check_nearest() {
    run $live --frames 1 --size 333x207 "$1"
    expect_status 0
    expect_said "size as asked\|is the nearest it has to the 333x207 asked for\|the driver gives this instead of"
    result "$2: a size that it has not: says which is the nearest"
}

# One is set while it runs, and as before afterwards.
check_controls() {
    run $live --frames 1 --control nonsense=1 "$1"
    expect_status 1
    expect_said "it has no control nonsense"
    result "$2: a control it has not is refused"
    for control in Brightness Gain; do
        before=$(control_of "$1" $control)
        [ -n "$before" ] && break
    done
    [ -n "$before" ] || { skip "$2: has neither brightness nor gain to set"; return; }
    wished=$((before + 3))
    $live --size 320x180 --control $control=$wished "$1" >$work/live.out 2>&1 &
    child=$!
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        sleep 1
        [ -s $work/live.out ] && during=$(control_of "$1" $control)
        [ "${during:-}" = "$wished" ] && break
    done
    run true
    kill $child
    wait $child 2>/dev/null
    [ "$during" = "$wished" ] || refute "$control is $during while it runs, not $wished"
    after=$(control_of "$1" $control)
    [ "$after" = "$before" ] || refute "$control is $after afterwards, not $before"
    note="$control $before, $during, $after"
    result "$2: a control is set, and put back by a signal to end"
}

# Many drivers let several programs look, but only one stream.
check_busy() {
    $live --size 320x180 "$1" >$work/live.out 2>&1 &
    child=$!
    for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 0.5
        grep -q '"source"' $work/live.out && break
    done
    run $live --frames 1 "$1"
    kill $child
    wait $child 2>/dev/null
    expect_status 1
    expect_said "is busy: .* (process [0-9]*) has it open"
    note=$(head -n 1 $work/err | cut -c1-120)
    result "$2: another program uses it"
}

check_permission() {
    [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null || { skip "$2: permission denied (needs root and setpriv)"; return; }
    run setpriv --reuid=65534 --regid=65534 --clear-groups $live --frames 1 "$1"
    expect_status 1
    expect_said "usermod -aG video"
    result "$2: permission denied"
}

# Where the driver's own way to be taken off lies: of a USB camera the whole device, as if the cable were pulled.
check_replug() {
    [ "$(id -u)" -eq 0 ] || { skip "$2: unplugged and back (needs root)"; return; }
    place=$(readlink -f "/sys/class/video4linux/${1##*/}/device")
    case $(driver_of "$1") in
    vivid) bound=${place##*/} switch=/sys/bus/platform/drivers/vivid ;;
    uvcvideo) bound=${place##*/} bound=${bound%:*} switch=/sys/bus/usb/drivers/usb ;;
    *) skip "$2: unplugged and back (not with this driver)"; return ;;
    esac
    run timeout 600 $work/replug_check "$1" "${ROUNDS:-50}" "$bound" $switch/unbind $switch/bind
    expect_status 0
    note=$(tail -n 1 $work/out)
    result "$2: unplugged and back, ${ROUNDS:-50} times"
}

# ---- vivid's faults: what it can be made to do by its controls ------------------------------------------------------

vivid() { v4l2-ctl -d "$device" -c "$1"; }

# fault MET NAME...: while it streams; frames must go on coming, and the output must show, by MET, that the fault was met.
fault() {
    met=$1
    shift
    settings=$(printf ',%s=1' "$@")
    : >$work/out
    (
        for attempt in $(seq 100); do
            [ -s $work/out ] && break
            sleep 0.1
        done
        sleep 1
        vivid "${settings#,}"
    ) >/dev/null 2>&1 &
    committing=$!
    run timeout 120 $work/capture_check "$device" 200 320x180 25
    wait $committing
    expect_status 0
    expect_out ': 200 frames, 0 unusable'
    expect_out "$met"
    note=$(tail -n 1 $work/out | sed 's/.*frames, //; s/, sequence.*//')
    grep -q 'waiting: ' $work/out && note="$note; $(grep -m 1 'waiting: ' $work/out)"
    result "vivid: goes on after $*"
}

# refused CONTROL WORDS: opening fails once, in words, and works the next time.
refused() {
    vivid "$1=1"
    run $live --frames 1 --size 320x180 "$device"
    expect_status 1
    expect_said "$2"
    note=$(tail -n 1 $work/err | cut -c1-120)
    result "vivid: $1 at opening"
    run $live --frames 1 --size 320x180 "$device"
    expect_status 0
    result "vivid: opens again after $1"
}

check_vivid() {
    device=$1
    [ "$(driver_of "$1")" = vivid ] && command -v v4l2-ctl >/dev/null || { skip "vivid's faults (needs vivid and v4l2-ctl)"; return; }
    fault 'waiting: camera unplugged' disconnect
    fault 'waiting: camera unplugged' inject_fatal_streaming_error
    fault '([1-9][0-9]* torn)' inject_v4l2_buf_flag_error
    fault 'waiting: ' inject_vidioc_qbuf_error
    fault 'waiting: ' disconnect inject_vidioc_streamon_error
    refused inject_vidioc_reqbufs_error "requesting buffers"
    refused inject_vidioc_streamon_error "starting the stream"
    vivid percentage_of_dropped_buffers=30
    run timeout 120 $work/capture_check "$device" 60 320x180 25
    vivid percentage_of_dropped_buffers=0
    expect_status 0
    expect_out ': 60 frames, 0 unusable, [1-9][0-9]* dropped'
    note=$(tail -n 1 $work/out | sed 's/.*frames, //; s/, sequence.*//')
    result "vivid: 30% dropped buffers are counted"
    for control in wrap_sequence_number wrap_timestamp; do
        vivid $control=1
        run timeout 120 $work/capture_check "$device" 200 320x180 50
        vivid $control=0
        expect_status 0
        expect_out ': 200 frames, 0 unusable'
        oldest=$(sed -n 's/.*oldest \([0-9]*\) ms.*/\1/p' $work/out)
        [ "${oldest:-99999}" -lt 5000 ] || refute "a frame seemed $oldest ms old"
        last=$(sed -n 's/.*sequence [0-9]* to \([0-9]*\),.*/\1/p' $work/out)
        [ "${last:-9999999}" -lt 5000 ] || refute "the sequence jumped to $last"
        note=$(tail -n 1 $work/out | sed 's/.*frames, //; s/, mean.*//')
        result "vivid: $control"
    done
}

check_device() {
    name=$(driver_of "$1")
    name=${name:-$1}
    [ -n "$(describe "$1")" ] || { run timeout 60 $digitcam cameras; refute "$1 is not among the cameras"; result "$1"; return; }
    wants listed && check_listed "$1" "$name"
    wants frames && check_frames "$1" "$name"
    wants formats && check_formats "$1" "$name"
    wants nearest && check_nearest "$1" "$name"
    wants controls && check_controls "$1" "$name"
    wants busy && check_busy "$1" "$name"
    wants permission && check_permission "$1" "$name"
    wants replug && check_replug "$1" "$name"
    wants faults && [ "$name" = vivid ] && check_vivid "$1"
}
