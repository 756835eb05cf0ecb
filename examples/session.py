"""A part while it is drawn: what may come next is proposed, taken, refused, and taken back."""

from pathlib import Path

import cadcomplete

PART = Path(__file__).resolve().parent / "parts" / "bracket.json"

with cadcomplete.Completer.load() as completer:
    # A person has drawn one sketch. What may follow comes as it is verified, the likeliest first.
    session = cadcomplete.PartSession(completer, completer.read(PART, keep=1))
    first, *others = session.next(n=2)
    print("proposed:", first.words, f"({first.score:.2f})")

    # It is not what was meant: neither it nor its like comes back.
    session.reject(first)
    second = next(session.next(n=1))
    print("instead:", second.words)

    # That is taken. The model reads what was added, and nothing else once more.
    session.accept(second)
    print("taken:", len(session.part.sequence), "operations")

    # Whole parts are looked for in the background. One is enough: what is left is stopped.
    with session.stream(of="parts") as stream:
        print("whole:", next(stream).words)

    # The person draws on.
    session.draw(PART, keep=3)
    print("drawn:", len(session.part.sequence), "operations")

    session.undo()
    session.undo()
    print("taken back:", len(session.part.sequence), "operation")
