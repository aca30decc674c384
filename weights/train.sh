#!/bin/sh
# Trains the weights files again, from a folder of IDX sets: sh weights/train.sh DATA   (or: make train DATA=...)
# weights/README.md says which sets, where they come from, and what comes out. An interrupted training goes on where it
# stopped when this is run again. TRAIN_OUT=FOLDER writes somewhere else than weights/.
set -eu
[ $# -eq 1 ] && [ -d "$1" ] || { echo "usage: sh weights/train.sh DATA   (a folder of IDX files)" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
out=${TRAIN_OUT:-$here}
program=${DIGITCAM:-$here/../digitcam}

# Threads that wait should sleep rather than spin: it costs nothing alone and much where others work beside it.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

train() { # FILE OPTIONS...
    file=$1; shift
    resume=""
    [ ! -e "$file.checkpoint" ] || resume=--resume
    echo "training $file"
    "$program" train --out "$file" $resume "$@"
}

train "$out/lenet5.safetensors" --net lenet5 --epochs 30 --seed 1 "$1"

mkdir -p "$out/teachers"
# The default network learns the answers of two others of its shape too. Those are kept, so that they are trained once.
for seed in 2 3; do
    [ -e "$out/teachers/seed-$seed.safetensors" ] && [ ! -e "$out/teachers/seed-$seed.safetensors.checkpoint" ] ||
        train "$out/teachers/seed-$seed.safetensors" --net digits --epochs 27 --crops 480000 --repeat 3 --seed $seed "$1"
done
train "$out/digits.safetensors" --net digits --epochs 22 --crops 480000 --repeat 3 --seed 1 --int8 \
    --teacher "$out/teachers/seed-2.safetensors" --teacher "$out/teachers/seed-3.safetensors" "$1"
