#!/usr/bin/env bash
# The model that ships, from the open data to the report page. What is done is not done again:
# repeat it after a break, and it goes on where it was.
#
#   runs/speedrun.sh                         with a graphics card; without one it takes long: set PARTS
#   runs/speedrun_cpu.sh                     the same in ten minutes, on parts of our own
#
# Settings, as environment variables: DATA (default ../shared/data), OUT (runs/out), PARTS (how many
# held-out parts are asked about; default all).
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

data="${DATA:-../shared/data}" out="${OUT:-runs/out}" run=.venv/bin/cadcomplete
most=(${PARTS:+--most "$PARTS"})

for set in fusion360 omnicad; do
    [ -f "$out/data/$set/report.json" ] ||
        "$run" prepare "$data/$set" "$out/data/$set" --views 4 --styles all
done

# On a card: larger batches in half precision, many more variants of each part, synthetic parts.
if .venv/bin/python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    card=(--set train.compute=bfloat16 --set train.batch=256 --set data.variants=60
          --set data.synthetic=200000 --set train.workers=12)
else
    card=(--set train.workers=1)
fi
[ -f "$out/small/model.safetensors" ] ||
    "$run" train configs/small.toml --set output="$out" \
        --set data.sources="[\"$out/data/fusion360\", \"$out/data/omnicad\"]" "${card[@]}"

[ -f "$out/small/ranker.json" ] || {
    .venv/bin/python benchmarks/ranking.py "$out/data/fusion360" --model "$out/small" \
        --examples "$out/ranking" --most 206 --cuts 3
    .venv/bin/python benchmarks/ranking.py "$out/data/fusion360" --model "$out/small" \
        --examples "$out/ranking" --fit
}

sets=("$out/data/fusion360" "$out/data/omnicad")
for name in stop copy ngram retrieval; do
    "$run" evaluate "${sets[@]}" --baseline "$name" "${most[@]}" -o "$out/evaluate/$name"
done
"$run" evaluate "${sets[@]}" --model "$out/small" "${most[@]}" \
    --conditions none,caption,image,points,scan,all -o "$out/evaluate/small"
"$run" evaluate --compare "$out/evaluate/small" --compare "$out/evaluate/retrieval" \
    --compare "$out/evaluate/ngram" --compare "$out/evaluate/copy" \
    --compare "$out/evaluate/stop" -o "$out/evaluate/report"
