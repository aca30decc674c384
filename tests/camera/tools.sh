# tools.sh - what the checks share: running a program, saying what it should have done, counting. Read by run.sh's parts.
work=build/tests/camera
digitcam=${DIGITCAM:-./digitcam}
weights=${WEIGHTS:+--weights $WEIGHTS}
live="timeout 120 $digitcam live --json --headless $weights"
passed=0 failed=0 skipped=0
mkdir -p $work

# wants NAME: was this check asked for? CHECKS: names, separated by spaces; empty: all.
wants() {
    [ -z "${CHECKS:-}" ] && return 0
    case " $CHECKS " in *" $1 "*) return 0 ;; esac
    return 1
}

# run COMMAND...: leaves $work/out, $work/err and $status; nothing is refuted yet.
run() {
    reason="" note=""
    "$@" >$work/out 2>$work/err </dev/null
    status=$?
}

refute() { reason="$reason${reason:+; }$1"; }
expect_status() { [ "$status" -eq "$1" ] || refute "exit status $status, expected $1"; }
expect_said() { grep -q -e "$1" $work/err || refute "no message with '$1'"; }
expect_out() { grep -q -e "$1" $work/out || refute "no output with '$1'"; }
count_lines() { grep -c '^{"source":.*"numbers":.*}$' $work/out; }
expect_lines() {
    lines=$(count_lines)
    [ "$lines" -ge "$1" ] && [ "$lines" -le "$2" ] || refute "$lines lines of JSON, expected $1 to $2"
}

# What was read in the last line of JSON of a file.
numbers_of() {
    grep '"numbers":' "$1" | tail -n 1 | sed 's/.*"numbers"://' | grep -o '"text":"[0-9]*"' | grep -o '[0-9]*' | tr '\n' ' '
}

# expect_numbers NUMBERS PICTURE: the last frame has the numbers that stand on the page. Where it has not, what is read
# from the page as a file tells whether the way through the camera is to blame.
expect_numbers() {
    note=$(numbers_of $work/out)
    [ "$note" = "$1 " ] && return
    $digitcam read --json $weights "$2" >$work/file.json
    refute "read '$note' instead of '$1 ' (from a file: '$(numbers_of $work/file.json)')"
}

# The delays that live measured, for the note, and how much of them the reading itself took.
delays() {
    took=$(grep '"total":' $work/out | tail -n 1 | sed 's/.*"total":\([0-9]*\).*/\1/')
    grep -h 'delay to the reading' $work/err | sed "s/.*delay to/delay to/; s/\$/; the last took $((${took:-0} / 1000)) ms to read/"
}

# result NAME: passed where nothing was refuted since the last run; else what the program said is shown.
result() {
    if [ -z "$reason" ]; then
        passed=$((passed + 1))
        echo "passed: $1${note:+ ($note)}"
    else
        failed=$((failed + 1))
        echo "FAILED: $1: $reason"
        cut -c1-200 $work/out | tail -n 4 | sed 's/^/    out: /'
        cut -c1-300 $work/err | tail -n 8 | sed 's/^/    err: /'
    fi
}

skip() {
    skipped=$((skipped + 1))
    echo "skipped: $1"
}

total() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
}
