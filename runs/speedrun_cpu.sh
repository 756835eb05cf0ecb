#!/usr/bin/env bash
# runs/speedrun.sh in ten minutes on two cores, without any data from elsewhere: synthetic parts,
# a smaller model, a few held-out parts. The figures are those of ten minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

out="${OUT:-runs/out/ten_minutes}" run=.venv/bin/cadcomplete
[ -d "$out/parts" ] || "$run" synthesize "$out/parts" -n 800
[ -f "$out/data/report.json" ] ||
    "$run" prepare "$out/parts" "$out/data" --views 1 --size 112 --points 4096

[ -f "$out/small/model.safetensors" ] ||
    "$run" train configs/small.toml --set output="$out" --set data.sources="[\"$out/data\"]" \
        --set model.decoder.width=128 --set model.decoder.layers=4 --set model.decoder.heads=2 \
        --set model.decoder.kv_heads=1 --set model.decoder.feed_forward=384 \
        --set data.synthetic=0 --set data.variants=4 --set train.batch=16 --set train.evaluate_every=100

[ -f "$out/small/ranker.json" ] || {
    .venv/bin/python benchmarks/ranking.py "$out/data" --model "$out/small" \
        --examples "$out/ranking" --most 10 --cuts 4
    .venv/bin/python benchmarks/ranking.py "$out/data" --model "$out/small" \
        --examples "$out/ranking" --fit
}

"$run" evaluate "$out/data" --baseline retrieval --most 6 -o "$out/evaluate/retrieval"
"$run" evaluate "$out/data" --model "$out/small" --most 6 --conditions none,points \
    -o "$out/evaluate/small"
"$run" evaluate --compare "$out/evaluate/small" --compare "$out/evaluate/retrieval" \
    -o "$out/evaluate/report"
