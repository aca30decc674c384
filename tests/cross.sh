#!/bin/sh
# The arithmetic of net/ on processors that this machine is not: built for arm64 with a cross compiler and run by
# qemu, and the x86-64 build run by qemu as processors of different ages, so that an instruction a processor does
# not have is seen. Run it from the root of the project: sh tests/cross.sh. What is not installed is skipped, and
# said: Debian and Ubuntu have it in gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user.
set -u
cd "$(dirname "$0")/.." || exit 1
out=${BUILD:-build}/cross
failed=0
flags="-std=c11 -O2 -g -Wall -Wextra -Wno-psabi -fno-math-errno -I. -Itests/cross -Itests/support -D_GNU_SOURCE"
# The part of net/ that needs no library, and the tests of it.
sources="net/kernels.c net/kernels_*.c net/int8_*.c net/bench_peak.c"
tests="test_net_kernels test_net_int8 test_net_int8_network"

# build COMPILER FOLDER: every test, statically linked
build() {
    mkdir -p "$2" || return 1
    for source in $sources net/net.c net/net_int8.c net/weights.c net/weights_int8.c net/quantise.c net/rounding.c; do
        special=""
        case "$1:$source" in
        aarch64*:*dotprod.c) special="-march=armv8.2-a+dotprod" ;;
        aarch64*) ;;
        *kernels_avx2.c) special="-mavx2 -mfma" ;;
        *kernels_avx512*) special="-mavx512f -mavx512vl -mfma" ;;
        *int8_ssse3.c) special="-mssse3" ;;
        *int8_avx2.c) special="-mavx2" ;;
        *int8_avx512*) special="-mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni" ;;
        esac
        $1 $flags $special -c -o "$2/$(basename "$source" .c).o" "$source" || return 1
    done
    for test in $tests; do
        $1 $flags -static -o "$2/$test" "tests/$test.c" tests/cross/no_files.c "$2"/*.o -lm || return 1
    done
}

# check CASES COMMAND... : runs every test in $folder; so many cases of int8 layers, and of float layers, which
# qemu is slow at, a fiftieth
check() {
    cases=$1
    shift
    for test in $tests; do
        echo "== $* $test"
        case $test in
        *kernels) "$@" "$folder/$test" $((cases / 50)) ;;
        *int8) "$@" "$folder/$test" "$cases" ;;
        *) "$@" "$folder/$test" ;;
        esac || failed=1
    done
}

have() {
    command -v "$1" >/dev/null 2>&1 && return 0
    echo "skipped: $1 is not installed ($2)"
    return 1
}

if have aarch64-linux-gnu-gcc 'gcc-aarch64-linux-gnu, libc6-dev-arm64-cross' && have qemu-aarch64 qemu-user; then
    folder=$out/arm64
    if build aarch64-linux-gnu-gcc "$folder"; then
        check 10000 qemu-aarch64 -cpu cortex-a53 # Raspberry Pi 3: no dot products
        check 10000 qemu-aarch64 -cpu max
    else
        failed=1
    fi
fi
if [ "$(uname -m)" = x86_64 ] && have qemu-x86_64 qemu-user; then
    folder=$out/x86_64
    if build "${CC:-gcc}" "$folder"; then
        check 1000 qemu-x86_64 -cpu Nehalem # 2008: SSSE3
        check 1000 qemu-x86_64 -cpu Haswell # 2013: AVX2
    else
        failed=1
    fi
fi
[ $failed = 0 ] && echo "cross: fine" || echo "cross: FAILED"
exit $failed
