# machine.sh - the checks that need drivers of their own: run by run.sh inside the virtual machine, as root. See rig/.

load() { modprobe -d "$RIG_MODULES" "$@" 2>$work/load || { cat $work/load; exit 2; }; }
unload() { modprobe -d "$RIG_MODULES" -r "$@" 2>/dev/null; }
wait_for() {
    for attempt in $(seq 100); do
        [ -e "$1" ] && return
        sleep 0.1
    done
}

# plug FAULT MODE...: the USB camera, under $camera.
plug() {
    $work/usb_camera "$@" 2>>$work/usb_camera.log &
    camera=$!
    wait_for /dev/video0
}

pull() {
    kill $camera 2>/dev/null
    wait $camera 2>/dev/null
    for attempt in $(seq 50); do
        [ -e /dev/video0 ] || return
        sleep 0.1
    done
}

# ---- vivid ----------------------------------------------------------------------------------------------------------

rig_vivid() {
    load vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0 num_outputs=0
    wait_for /dev/video0
    check_device /dev/video0
    wants pattern && rig_pattern
    wants window && rig_window
    unload vivid
}

# The luma of vivid's colour bars, the same in every format it offers: within what rounding and range conversion may do.
rig_pattern() {
    v4l2-ctl -d /dev/video0 -c test_pattern=0 -c horizontal_movement=3 -c osd_text_mode=2 >/dev/null 2>&1
    reference=""
    for format in $(usable_formats /dev/video0); do
        run timeout 60 $work/capture_check /dev/video0 2 640x360 25 "$format"
        mean=$(sed -n 's/.*mean luma \([0-9]*\).*/\1/p' $work/out)
        reference=${reference:-$mean}
        expect_status 0
        [ -n "$mean" ] && [ $((mean - reference)) -le 12 ] && [ $((reference - mean)) -le 12 ] || refute "mean luma $mean, not $reference"
        note="mean luma $mean"
        result "vivid: the test pattern as $format"
    done
}

rig_window() {
    command -v Xvfb >/dev/null || { skip "a window (needs Xvfb)"; return; }
    Xvfb :77 -screen 0 800x600x24 >/dev/null 2>&1 &
    server=$!
    wait_for /tmp/.X11-unix/X77
    sleep 1
    # Mesa's compiled-at-run-time drawing crashes in an emulated processor; SDL's own does not.
    export DISPLAY=:77 SDL_FRAMEBUFFER_ACCELERATION=0 SDL_RENDER_DRIVER=software
    run timeout 120 $digitcam live $weights --frames 5 --size 640x360 /dev/video0
    expect_status 0
    expect_said "to the picture: median"
    note=$(delays)
    result "vivid: shown in a window"
    unset DISPLAY SDL_FRAMEBUFFER_ACCELERATION SDL_RENDER_DRIVER
    kill $server
    wait $server 2>/dev/null
}

# ---- a USB camera ---------------------------------------------------------------------------------------------------

rig_uvc() {
    load -a vhci-hcd uvcvideo
    if wants uvc; then
        plug none $uvc_modes
        CHECKS=${CHECKS:-listed nearest controls busy permission replug} ROUNDS=${UVC_ROUNDS:-5} check_device /dev/video0
        rig_uvc_reading
        rig_uvc_controls
        pull
    fi
    wants damage && rig_uvc_damage
    wants unplug && rig_uvc_unplug
    unload uvcvideo vhci-hcd
}

rig_uvc_reading() {
    run $live --frames 6 --size 1280x720 --fps 5 /dev/video0
    expect_status 0
    expect_lines 6 6
    expect_said "1280x720 MJPG.*: size as asked; rate as asked; MJPG since"
    expect_said "adjusting to the light"
    expect_numbers "$large_numbers" $work/large.jpg
    note="$note; $(delays)"
    result "uvcvideo: a page of digits as MJPG 1280x720"
    run $live --frames 6 --size 640x480 --fps 5 "Rig camera"
    expect_status 0
    expect_lines 6 6
    expect_said "640x480 YUYV.*YUYV needs no decoding"
    expect_numbers "$small_numbers" $work/small.jpg
    note="$note; $(delays)"
    result "uvcvideo: a page of digits as YUYV 640x480, by its name"
    run $live --frames 5 /dev/video1
    expect_status 1
    expect_said "/dev/video1.*not pictures"
    result "uvcvideo: the metadata node is refused"
    run timeout 60 $digitcam cameras --json
    [ "$(grep -c '"path":"/dev/video' $work/out)" -eq 1 ] || refute "not exactly one camera"
    expect_out '"settings":\[{"name":"exposure","words":\["auto"\],"min":3,"max":2047}'
    result "uvcvideo: listed without its metadata node, with its settings"
}

rig_uvc_controls() {
    run $live --frames 1 --size 640x480 --fps 5 --control exposure=100 --control gain=33 --control focus=77 \
        --control white-balance=5000 --control flicker=60 /dev/video0
    expect_status 0
    result "uvcvideo: exposure, gain, focus, white balance and flicker are set"
    run v4l2-ctl -d /dev/video0 -C auto_exposure,exposure_time_absolute,gain,focus_automatic_continuous,power_line_frequency
    for line in "auto_exposure: 3" "exposure_time_absolute: 250" "gain: 20" "focus_automatic_continuous: 1" "power_line_frequency: 1"; do
        expect_out "^$line"
    done
    result "uvcvideo: and they are as before"
    run $live --frames 2 --control gain=900 /dev/video0
    expect_status 1
    expect_said "its gain takes 0 to 100, not 900"
    result "uvcvideo: a value out of range is refused"
}

# Without the recogniser, which an emulated machine is too slow for: here every frame is looked at that is taken in time.
# The driver may throw away any frame of a machine that is busy, the short ones among them: then once more.
rig_uvc_damage() {
    for fault in error short corrupt; do
        case $fault in
        error) met=': 60 frames, 0 unusable, [1-9][0-9]* dropped' ;; # uvcvideo keeps such a frame to itself: a gap
        short) met=': 60 frames, \([1-9][0-9]* unusable\|.*([1-9][0-9]* torn)\)' ;;
        corrupt) met=': 60 frames' ;; # such a one may be decoded without complaint
        esac
        for attempt in 1 2 3 4 5; do
            plug $fault@30 $uvc_modes
            run timeout 120 $work/capture_check /dev/video0 60 640x480 30 MJPG
            pull
            [ $fault = short ] && [ "$status" -eq 0 ] && ! grep -q -e "$met" $work/out || break
        done
        expect_status 0
        expect_out "$met"
        note=$(tail -n 1 $work/out | sed 's/.*frames, //; s/, sequence.*//')
        result "uvcvideo: goes on after a damaged frame ($fault)"
    done
    plug stall@30 $uvc_modes
    run timeout 120 $work/capture_check /dev/video0 60 640x480 30 MJPG
    pull
    expect_out 'waiting: camera sends nothing; opened again'
    expect_out ': 60 frames, '
    result "uvcvideo: a silent camera is noticed, opened again, and goes on"
}

rig_uvc_unplug() {
    plug unplug@20 $uvc_modes
    run $live --exit-on-unplug --frames 1000 --size 640x480 --format MJPG /dev/video0
    pull
    expect_status 1
    expect_lines 1 20
    expect_said "unplugged\|does not answer"
    note=$(grep -h 'unplugged\|does not answer' $work/err | head -n 1)
    result "uvcvideo: unplugged while running, with --exit-on-unplug"
    # The second time it is another program's camera: the same name, other modes.
    (
        $work/usb_camera unplug@20 $uvc_modes
        sleep 2
        exec $work/usb_camera none MJPG:640:480:$work/small.jpg
    ) 2>/dev/null &
    camera=$!
    wait_for /dev/video0
    run $live --frames 9 --size 640x480 --fps 15 /dev/video0
    pull
    expect_status 0
    expect_lines 9 9
    expect_numbers "$small_numbers" $work/small.jpg
    expect_said "camera unplugged, waiting"
    expect_said "the camera is back: .*MJPG"
    [ "$(grep -c 'camera unplugged' $work/err)" -eq 1 ] || refute "said more than once"
    result "uvcvideo: unplugged, and back with other modes"
}

# ---- a loopback device ----------------------------------------------------------------------------------------------

rig_loopback() {
    load v4l2loopback devices=1 video_nr=0 exclusive_caps=1 card_label=Loop
    wait_for /dev/video0
    run $live --frames 5 /dev/video0
    expect_status 1
    expect_said "takes pictures instead of giving them"
    result "loopback: without a writer"
    run timeout 60 $digitcam live --headless --frames 1
    expect_said "/dev/video0 (Loop).*first start the program that writes into it"
    result "loopback: without a writer, and no camera named"
    $work/loop_writer /dev/video0 640 480 YUYV $work/small.yuyv 15 3000 2>/dev/null &
    writer=$!
    sleep 1
    run $live --frames 4 /dev/video0
    kill $writer
    wait $writer 2>/dev/null
    expect_status 0
    expect_lines 4 4
    expect_numbers "$small_numbers" $work/small.jpg
    result "loopback: a page of digits as YUYV"
    # A writer that stops is no error to the driver, only silence; then there is no camera, until the next writer comes.
    (
        $work/loop_writer /dev/video0 640 480 YUYV $work/small.yuyv 15 60
        sleep 5
        exec $work/loop_writer /dev/video0 640 480 YUYV $work/small.yuyv 15 3000
    ) 2>/dev/null &
    writer=$!
    sleep 1
    run timeout 120 $work/capture_check /dev/video0 90 640x480 15 YUYV
    kill $writer
    wait $writer 2>/dev/null
    expect_status 0
    expect_out ': 90 frames, 0 unusable'
    expect_out 'waiting: camera unplugged, waiting'
    note=$(tail -n 1 $work/out | sed 's/.*frames, //; s/, sequence.*//')
    result "loopback: the writer ends, another one begins"
    unload v4l2loopback
}

check_rig() {
    run timeout 60 $digitcam live --headless --frames 1
    expect_status 0
    expect_said "no camera found; showing the built-in demo"
    result "no camera at all: the demo"
    rig_uvc
    wants loopback && rig_loopback
    rig_vivid
}
