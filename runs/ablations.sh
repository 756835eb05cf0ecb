#!/usr/bin/env bash
# The specification's own comparisons with a small model: 40 minutes on two free cores.
#
#   runs/ablations.sh                  what docs/experiments.md tells
#   runs/ablations.sh --steps 5 --room 16 --most 100     to see whether it works
#
# Options go to `benchmarks/ablations train`. A run that was stopped goes on where it was, and what
# is there already is not done again: remove the folder to begin anew.
set -euo pipefail
cd "$(dirname "$0")/.."

out=${OUT:-runs/out/ablations}
ablations=(nice -n 5 .venv/bin/python benchmarks/ablations --out "$out")
export OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false

# Two seeds, a process for each; each writes what it says to a file.
mkdir -p "$out"
"${ablations[@]}" train "$@" --seeds 0 2>"$out/first.txt" &
first=$!
{
    "${ablations[@]}" train "$@" --seeds 1
    "${ablations[@]}" boundaries
} 2>"$out/second.txt" &
second=$!
wait "$first"
wait "$second"

"${ablations[@]}" tell --picture docs/images/exposure_bias.png | tee "$out/tables.txt"
