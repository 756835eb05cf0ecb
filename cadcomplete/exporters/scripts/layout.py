"""Lines of code that are not too long: broken inside of brackets, as formatters break them."""

from __future__ import annotations

WIDTH = 88
_OPEN, _CLOSE = "([{", ")]}"

_LEAST = 3  # letters between brackets, so that breaking them is worth a line


def wrapped(line: str, indent: str = "") -> list[str]:
    """Return a statement as lines of at most `WIDTH` letters, where brackets let it be broken."""
    if len(indent) + len(line) <= WIDTH:
        return [indent + line]
    found = _breakable(line, WIDTH - len(indent))
    if found is None:
        return [indent + line]
    start, end = found
    head, body, tail = line[: start + 1], line[start + 1 : end], line[end:]
    inner = indent + "    "
    return [indent + head, *_body(body, inner), *wrapped(tail, indent)]


def _body(body: str, inner: str) -> list[str]:
    """Return what stands between brackets: in one line, by its commas, or by what is added."""
    if len(inner) + len(body) <= WIDTH:
        return [inner + body]
    for sign in (" for ", ", ", " + "):
        items = _split(body, sign)
        if len(items) > 1 and sign == ", ":
            return _filled(items, inner)
        if len(items) > 1:
            rest = (sign.lstrip() + item for item in items[1:])
            return [line for item in (items[0], *rest) for line in wrapped(item, inner)]
    return wrapped(body, inner)


def _filled(items: list[str], indent: str) -> list[str]:
    """Return items of a list, as many in a line as it holds; a long one has its own lines."""
    lines = [""]
    for item in items:
        grown = f"{lines[-1]} {item}," if lines[-1] else f"{item},"
        if len(indent) + len(grown) <= WIDTH:
            lines[-1] = grown
        else:
            lines += [f"{item},"]
    return [part for line in lines if line for part in wrapped(line, indent)]


def _split(text: str, sign: str) -> list[str]:
    """Split where a sign stands outside of all brackets."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if depth == 0 and text.startswith(sign, at):
            parts.append(text[start:at])
            start = at + len(sign)
    return [*parts, text[start:]]


def _breakable(line: str, width: int) -> tuple[int, int] | None:
    """Return where the last brackets of a line open and close of which the opening still fits.

    Those around next to nothing do not count. None if there are no others.
    """
    found, depth, start = [], 0, 0
    for at, letter in enumerate(line):
        if letter in _OPEN:
            start = at if depth == 0 else start
            depth += 1
        elif letter in _CLOSE:
            depth -= 1
            if depth == 0 and at - start > _LEAST:
                found.append((start, at))
    fitting = [one for one in found if one[0] < width]
    return max(fitting, default=found[0] if found else None)
