"""Rebuild real FreeCAD bodies, and compare each feature's solid with the one that is stored.

Prints for groups of bodies, each with a few kinds of features more than the one before, how many
agree after every feature, and what the others fail on or by which feature their histories end.
"""

# pyright: reportAttributeAccessIssue=false
# The kernel's bindings come without stubs.

from __future__ import annotations

import argparse
import json
import lzma
import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from OCP.BRepAdaptor import BRepAdaptor_Curve
from OCP.BRepGProp import BRepGProp
from OCP.collections import IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher
from OCP.GProp import GProp_GProps
from OCP.TopAbs import TopAbs_EDGE, TopAbs_FACE
from OCP.TopExp import TopExp
from OCP.TopoDS import TopoDS

from cadcomplete.errors import BuildError, CadCompleteError, InputError
from cadcomplete.history.sequence import CadSequence, truncate
from cadcomplete.kernel.build import build
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.jobs import examine
from cadcomplete.kernel.measure import measure
from cadcomplete.kernel.naming.topology import SolidEdges, edges_of
from cadcomplete.kernel.report import Report
from cadcomplete.readers import freecad
from cadcomplete.readers.freecad.document import BodyOfFeatures
from cadcomplete.readers.freecad.features import BevelledEdges, RoundedEdges
from cadcomplete.readers.freecad.stored import Stored, StoredEdge, StoredFace

Json = dict[str, Any]

CLOSE = 1e-3
"""Share by which a volume may be off, and a centre, of the diagonal of the part."""


@dataclass(frozen=True)
class Known:
    """A body: what was stored after each feature, and what of it is read here.

    `after` has, for each feature that is known, how many operations there are by then; `caption` is
    what the body is called, if that says something.
    """

    id: str
    kinds: tuple[str, ...]
    steps: tuple[Json, ...]
    sequence: CadSequence = field(default_factory=lambda: CadSequence(()))
    after: dict[str, int] = field(default_factory=dict)
    problem: str = ""
    caption: str = ""

    @property
    def ends_with(self) -> str:
        """Why it is not read whole, or ""."""
        return self.problem or ", ".join(self.sequence.unsupported)


def bodies(folder: Path) -> Iterator[Known]:
    """Read every body of a folder like `data/freecad`."""
    with lzma.open(folder / "steps.jsonl.xz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            document = lzma.decompress((folder / "xml" / f"{row['sha1']}.xml.xz").read_bytes())
            yield _known(row, document)


def _known(row: Json, document: bytes) -> Known:
    name, steps = f"{row['sha1'][:10]} {row['body']}", tuple(row["steps"])
    kinds = tuple(step["t"] for step in steps)
    parts = {key.partition(":")[2]: given for key, given in row["refs"].items()}
    try:
        body = freecad.body_of(document, body=row["body"])
        sequence = _history(body, parts, name)
        while more := _around_faces(body, sequence, parts) or _beside(body, sequence, parts, steps):
            parts |= more
            sequence = _history(body, parts, name)
    except InputError as error:
        return Known(name, kinds, steps, problem=str(error))
    after = {op.source: i + 1 for i, op in enumerate(sequence.operations) if op.builds}
    return Known(name, kinds, steps, sequence, after, caption=body.caption)


def _history(body: BodyOfFeatures, parts: Json, id: str) -> CadSequence:
    """What is read of a body, if faces and edges are what the folder has beside the documents."""

    def find(name: str, part: str) -> Stored | None:
        given = parts.get(f"{name}.{part}", {})
        if part.startswith("Face") and "n" in given:
            surface, radius, edges = given["t"].lower(), given.get("r", 0.0), given.get("edges", ())
            return StoredFace(surface, tuple(given["c"]), tuple(given["n"]), radius, edges)
        if part.startswith("Edge") and "a" in given:
            start, end, middle = (tuple(given[key]) for key in "abm")
            radius, within = given.get("r", 0.0), given.get("within")
            return StoredEdge(given["t"].lower(), start, end, middle, radius, within)
        return None

    return freecad.history(replace(body, stored=find), id=id)


def _around_faces(body: BodyOfFeatures, sequence: CadSequence, parts: Json) -> Json:
    """The faces that the next fillet or chamfer names, with their edges; {} if it names none.

    The folder has the centre and the area of a face, but not its edges. Which they are is asked
    of our own solid up to there.
    """
    of = {feature.name: feature for feature in body.features}
    next_one = of.get(sequence.rest[0].source) if sequence.rest else None
    edges = next_one.edges if isinstance(next_one, RoundedEdges | BevelledEdges) else None
    names = [f"{edges.object}.{part}" for part in edges.parts] if edges else []
    wanted = [n for n in names if "A" in parts.get(n, {}) and "edges" not in parts[n]]
    try:
        solid = build(sequence.known) if wanted else None
    except BuildError:
        solid = None
    if solid is None:
        return {}
    return {name: {**parts[name], "edges": _around(solid.shape, parts[name])} for name in wanted}


def _beside(
    body: BodyOfFeatures, sequence: CadSequence, parts: Json, steps: tuple[Json, ...]
) -> Json:
    """The faces at the edges of the next chamfer of two sizes, {} if there is none.

    The folder has neither the faces nor their order. They are those of our own solid up to there,
    in the order in which volume and centre are the stored ones; the same at each of many edges.
    """
    next_one = next((f for f in body.features if sequence.rest and f.name == _next(sequence)), None)
    if not isinstance(next_one, BevelledEdges) or next_one.by == "equal" or not next_one.edges:
        return {}
    names = [f"{next_one.edges.object}.{part}" for part in next_one.edges.parts]
    step = next((step for step in steps if step["n"] == next_one.name), None)
    if step is None or any("m" not in parts.get(n, {}) or "within" in parts[n] for n in names):
        return {}
    try:
        solid = build(sequence.known)
    except BuildError:
        return {}
    pairs = [_faces_at(edges_of(solid.shape), parts[n]["m"]) for n in names] if solid else []
    found: list[Json] = []
    for turned in _turns(len(pairs)):
        ordered = zip(names, pairs, turned, strict=True)
        found.append({n: {**parts[n], "within": w[::-1] if t else w} for n, w, t in ordered})
        made = _history(body, parts | found[-1], "").known
        ends = [i + 1 for i, op in enumerate(made.operations) if op.source == next_one.name]
        if ends and not _differs(truncate(made, ends[-1]), step):
            return found[-1]
    return found[0] if found else {}


def _next(sequence: CadSequence) -> str:
    return sequence.rest[0].source


def _turns(count: int) -> Iterator[tuple[bool, ...]]:
    yield from product((False, True), repeat=count) if count <= 4 else []
    yield from ((turned,) * count for turned in (False, True) if count > 4)


def _faces_at(edges: SolidEdges, middle: Any) -> tuple[Any, Any]:
    """Points a little way into the faces at the edge that is nearest, as far from its middle."""
    off = np.linalg.norm(edges.points - np.array(middle), axis=2)
    index, sample = np.unravel_index(off.argmin(), off.shape)
    inward = edges.within[index, :, sample] - edges.points[index, sample]
    one, other = (np.array(middle) + inward).tolist()
    return tuple(one), tuple(other)


def _differs(sequence: CadSequence, step: Json) -> bool:
    try:
        made = build(sequence)
    except BuildError:
        return True
    found = measure(made) if made else None
    off = CLOSE * math.dist(step["bb"][:3], step["bb"][3:])
    return (
        found is None
        or abs(found.volume / step["v"] - 1) > CLOSE
        or math.dist(found.center_of_mass, step["c"]) > off
    )


def _around(shape: Any, given: Json) -> tuple[StoredEdge, ...]:
    """The edges around the face of a solid that has this centre and area; none if none has."""
    for face in mapped(shape, TopAbs_FACE):
        about = GProp_GProps()
        BRepGProp.SurfaceProperties_s(face, about)
        center = about.CentreOfMass().Coord()
        if math.dist(center, given["c"]) < 1e-3 and math.isclose(
            about.Mass(), given["A"], rel_tol=CLOSE
        ):
            return tuple(map(_edge, mapped(face, TopAbs_EDGE)))
    return ()


def mapped(shape: Any, kind: Any) -> list[Any]:
    found = IndexedMap_TopoDS_Shape_TopTools_ShapeMapHasher()
    TopExp.MapShapes_s(shape, kind, found)
    return [found.FindKey(i) for i in range(1, found.Extent() + 1)]


def _edge(edge: Any) -> StoredEdge:
    curve = BRepAdaptor_Curve(TopoDS.Edge(edge))
    first, last = curve.FirstParameter(), curve.LastParameter()
    start, middle, end = (curve.Value(at).Coord() for at in (first, (first + last) / 2, last))
    return StoredEdge("line", start, end, middle)


def problem_of(report: Report | CadCompleteError, step: Json) -> str:
    """What is wrong with what was built, beside what is stored, or ""."""
    if isinstance(report, CadCompleteError):
        return type(report).__name__
    if report.measures is None or not report.valid:
        return "not built"
    if abs(report.measures.volume / step["v"] - 1) > CLOSE:
        return "volume differs"
    low, high = step["bb"][:3], step["bb"][3:]
    off = math.dist(report.measures.center_of_mass, step["c"])
    return "centre differs" if off > CLOSE * math.dist(low, high) else ""


def compare(known: list[Known], kernel: Kernel, *, verbose: bool) -> dict[str, str]:
    """Build every beginning that ends with a feature; return the first problem of each body."""
    asked = [
        (body, step, truncate(body.sequence, body.after[step["n"]]))
        for body in known
        for step in body.steps
        if step["n"] in body.after
    ]
    found: dict[str, str] = {}
    reports = kernel.map(examine, (sequence for _, _, sequence in asked))
    for number, ((body, step, _), report) in enumerate(zip(asked, reports, strict=True), 1):
        if verbose and not number % 250:
            print(f"{number} of {len(asked)} beginnings, up to {body.id}", flush=True)
        problem = problem_of(report, step)
        if problem and body.id not in found:
            found[body.id] = problem
            if verbose:
                print(f"{body.id} {step['n']}: {problem}: {_said(report, step)}", flush=True)
    return found


def _said(report: Report | CadCompleteError, step: Json) -> str:
    if isinstance(report, CadCompleteError) or report.measures is None:
        return str(report) if isinstance(report, CadCompleteError) else "; ".join(report.problems)
    return f"{report.measures.volume:.6g} for {step['v']:.6g} mm³"


EQUAL = "equal after each feature"

GROUPS = {
    "pad, pocket": {"Pad", "Pocket"},
    "and revolution, groove": {"Revolution", "Groove"},
    "and fillet, chamfer": {"Fillet", "Chamfer"},
    "and mirror, patterns": {
        *("Mirrored", "LinearPattern", "PolarPattern", "MultiTransform", "Scaled"),
    },
    "and hole": {"Hole"},
}
"""Kinds of features, each with those before it."""


def tables(known: list[Known], verdicts: dict[str, str]) -> None:
    """Print how many bodies of each group agree, and what is left of it."""
    kinds: set[str] = set()
    for title, more in GROUPS.items():
        kinds |= more
        table(title, [body for body in known if set(body.kinds) <= kinds], verdicts)
    table("all", known, verdicts)


def table(title: str, bodies: list[Known], verdicts: dict[str, str]) -> None:
    counts = Counter(verdicts[body.id] for body in bodies)
    total, equal = len(bodies), counts.pop(EQUAL, 0)
    print(f"\n{title}: {equal} of {total} bodies {EQUAL}, {100 * equal / (total or 1):.1f} %")
    for reason, count in counts.most_common():
        print(f"{count:6d}  {100 * count / total:5.1f} %  {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="bodies by the start of their id")
    parser.add_argument("--most", type=int, help="bodies to take")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a beginning")
    parser.add_argument("-o", "--out", type=Path, help="verdicts by id, as JSON; --only renews")
    parser.add_argument("-v", "--verbose", action="store_true", help="name each that differs")
    args = parser.parse_args()
    started = time.monotonic()
    read = list(bodies(args.folder))[: args.most]
    known = [b for b in read if not args.only or b.id.startswith(tuple(args.only))]
    with Kernel(workers=args.workers, time_limit=args.limit) as kernel:
        found = compare(known, kernel, verbose=args.verbose)
    verdicts = {b.id: found.get(b.id) or b.ends_with or EQUAL for b in known}
    if args.out:
        before = json.loads(args.out.read_text()) if args.only and args.out.exists() else {}
        verdicts = before | verdicts
        args.out.write_text(json.dumps(verdicts, indent=0))
        known = [b for b in read if b.id in verdicts]
    tables(known, verdicts)
    features = sum(len(body.kinds) for body in known)
    done = sum(len(body.after) for body in known)
    seconds = time.monotonic() - started
    print(f"\n{done} of {features} features are read; {seconds:.0f} s")


if __name__ == "__main__":
    main()
