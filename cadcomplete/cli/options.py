"""Options that several commands share: files, which model answers, where, and how it draws."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PartFile = Annotated[
    Path,
    typer.Argument(
        metavar="PART",
        help="A history: .json, .lines, .h5, .FCStd or a script, .py; or packed: .gz.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON.")]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="A trained folder, or free. Default: the shipped model."),
]
TokenizerFolder = Annotated[
    Path | None,
    typer.Option("--tokenizer", help="Folder of a tokenizer. Default: the shipped model's."),
]
OutputFolder = Annotated[Path | None, typer.Option("-o", "--output", help="Folder for the files.")]
Keep = Annotated[int | None, typer.Option(help="Operations to keep. Default: all that are there.")]
Pictures = Annotated[
    list[Path] | None,
    typer.Option("--image", help="A picture of the wanted part; may be repeated."),
]
AnswerWithin = Annotated[
    float, typer.Option(help="Seconds until the answer, files too; reading --model not.")
]
KernelWithin = Annotated[float, typer.Option(min=0.01, help="Seconds the CAD kernel may take.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda. auto: the card where there is one.")]
BaseModel = Annotated[
    Path | None, typer.Option("--base", help="Where the base model lies, if not as in training.")
]
Temperature = Annotated[
    float | None, typer.Option(help="Of drawing. Default: as is best for the model, 0.7 or 0.9.")
]
TopP = Annotated[
    float | None, typer.Option("--top-p", help="Share that is drawn from. Default: 0.9 or 0.95.")
]
MaxNewTokens = Annotated[
    int | None, typer.Option(help="Longest continuation. Default: all that the model learned.")
]
RowCount = Annotated[
    int | None, typer.Option("--rows", help="Continuations that the model writes. Default: 16.")
]
