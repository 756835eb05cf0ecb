#!/usr/bin/env bash
# What a large card can tell and teach in fifteen minutes.
#
#   runs/card.sh pack            here: puts what travels into .card/ (wheels, and parts to learn from)
#   runs/card.sh measure         there, 200 seconds: Qwen3-8B on the card, as tables
#   runs/card.sh train           there, 540 seconds: the small model
#   runs/card.sh sweep NAME      there: several of them at once (SMALL has the settings), the best comes
#                                back; sweeps with other names may run beside it
#   runs/card.sh rehearse        here: both of them, every row and step, with tiny models on the CPU
#
# Results come to $OUT (default runs/out/card). Settings: DATA (prepared data sets; default
# runs/out/data/fusion360 runs/out/data/omnicad), PYTHON, LIMIT (seconds of measure or train), WORKERS.
set -euo pipefail
started=$(date +%s)
cd "$(dirname "$0")/.."
out=${OUT:-runs/out/card} python=${PYTHON:-python3} site=${TMPDIR:-/tmp}/cadcomplete-site
mkdir -p "$out"
export PYTHONUNBUFFERED=1 TOKENIZERS_PARALLELISM=false OMP_NUM_THREADS=1
export PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True

# The wheels that the card's machine lacks; it has torch, transformers and what they need.
wheels=(peft==0.21.2 cut-cross-entropy==25.1.1 bitsandbytes==0.50.2)

install() {
    "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade \
        --target "$site" .card/*.whl
    export PYTHONPATH=$PWD:$site${EXTRA:+:$EXTRA}
}

# bitsandbytes has a library for every version of CUDA, 40 MB of them: one is enough.
slim() {
    local whole=$1 inside
    inside=$(mktemp -d)
    "$python" - "$whole" "$inside" cuda130 <<'PY'
import sys, zipfile
from pathlib import Path
whole, inside, kept = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
slim = inside / whole.name
with zipfile.ZipFile(whole) as old, zipfile.ZipFile(slim, "w", zipfile.ZIP_DEFLATED) as new:
    names = [n for n in old.namelist() if not n.endswith(".so") or kept in n or "_cpu" in n]
    for name in names:
        content = old.read(name)
        if name.endswith("/RECORD"):
            lines = content.decode().splitlines(keepends=True)
            content = "".join(line for line in lines if line.split(",")[0] in names).encode()
        new.writestr(name, content)
slim.replace(whole)
PY
}

case ${1:-} in
pack)
    mkdir -p .card
    for tag in 2_28 2_27 2_24 2_17; do platforms+=(--platform "manylinux_${tag}_x86_64"); done
    "$python" -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 \
        --implementation cp "${platforms[@]}" --platform manylinux2014_x86_64 -d .card "${wheels[@]}"
    slim .card/bitsandbytes-*.whl
    read -r -a data <<<"${DATA:-runs/out/data/fusion360 runs/out/data/omnicad}"
    "$python" benchmarks/small_train.py pack "${data[@]}" --to .card/parts.xz
    ;;
measure)
    [ -d .card ] && install
    "$python" benchmarks/card.py --out "$out" --seconds "$((${LIMIT:-200} - 20))" ${REHEARSE:+--rehearse}
    ;;
train)
    [ -d .card ] && install
    read -r -a small <<<"${SMALL:-}"
    "$python" benchmarks/small_train.py train .card/parts.xz --out "$out/run" --evaluate 40 \
        --workers "${WORKERS:-15}" --by "$((started + ${LIMIT:-540} - 20))" "${small[@]}" ||
        echo "it ended early; what it had kept until then comes back" >&2
    # Pieces of 15 MB: cat model.tgz.* | tar xz
    tar cz -C "$out/run" --exclude state.pt numbers | split -b 15m - "$out/model.tgz."
    rm -rf "$out/run"
    ;;
sweep)
    site+=-$2 # two that install at once would be in each other's way
    [ -d .card ] && install
    eval "small=(${SMALL:-})"
    "$python" benchmarks/small_train.py sweep .card/parts.xz --out "$out/${2:?a name}" --evaluate 20 \
        --workers "${WORKERS:-12}" --by "$((started + ${LIMIT:-540} - 30))" "${small[@]}" \
        >"$out/$2.json" 2>"$out/$2.txt" || tail -5 "$out/$2.txt" >&2
    cat "$out/$2.json"
    for log in "$out/$2"/*/log.jsonl; do
        name=$(basename "$(dirname "$log")")
        sed "s/^{/{\"sweep\": \"$2\", \"model\": \"$name\", /" "$log" | grep nats >>"$out/$2.jsonl"
    done
    best=$("$python" -c 'import json, sys
found = [json.loads(line) for line in open(sys.argv[1])]
print(min(found, key=lambda one: one["nats_none"] + one["nats_points"])["folder"])' "$out/$2.json")
    tar cz -C "$(dirname "$best")" --exclude state.pt "$(basename "$best")" |
        split -b 15m - "$out/$2.tgz."
    rm -rf "${out:?}/$2"
    ;;
rehearse)
    OUT=$out REHEARSE=1 LIMIT=${LIMIT:-200} "$0" measure
    OUT=$out LIMIT=60 WORKERS=1 SMALL="--tokens 2048 --set model.decoder.width=32 \
        --set model.decoder.heads=2 --set model.decoder.kv_heads=1 --set model.decoder.layers=1" \
        "$0" train
    ls -l "$out"
    ;;
*)
    sed -n '2,14s/^# \?//p' "$0"
    exit 2
    ;;
esac
