"""Folders of FreeCAD files as data: each body a part, with what it is called, by repository."""

from __future__ import annotations

import pytest
from freecad_files import body, document, packed, pad, rectangle, sketch, text

from cadcomplete import readers
from cadcomplete.data.prepare.inputs import InputFile
from cadcomplete.data.prepare.part import Prepared, Refused, prepare_part
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.data.read import read_samples
from cadcomplete.data.samples import Sample, design_of, find
from cadcomplete.errors import ReadError
from cadcomplete.readers.freecad.labels import caption_of


@pytest.mark.parametrize(
    ("labels", "caption"),
    [
        (("Body", "case-top"), "case top"),
        (("Body001", "Unnamed"), ""),
        (("Servo_support", "arm"), "Servo support"),
        (("Body-cover", ""), "cover"),
        (("RoundedWall002",), "Rounded Wall"),
        (('1/2" EMT Clamp',), '1/2" EMT Clamp'),
        (("axe_rotatif_009",), "axe rotatif"),
        (("車軸",), "車軸"),
        (("003", "M3"), ""),
        (("/home/ann/lid", "lid"), "lid"),
        (("ann@example.org", "C:\\Users\\ann\\lid"), ""),
        (("",), ""),
    ],
)
def test_a_label_is_a_caption_where_it_says_something(labels, caption):
    assert caption_of(*labels) == caption


def boxes(*bodies, title="Unnamed"):
    """A file of boxes: of each body its name, its label and its height."""
    things = []
    for number, (name, label, height) in enumerate(bodies):
        things += [
            sketch(f"Sketch{number}", *rectangle(0, 0, 20 + number, 10 + height)),
            pad(f"Pad{number}", f"Sketch{number}", height),
            body(name, f"Pad{number}", label),
        ]
    return packed(document(*things, head=text("Label", title)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("source")
    files = {
        "ears/box/case.FCStd": boxes(("Body", "Lid", 3), ("Body001", "Body001", 12), title="Case"),
        "ears/clip.FCStd": boxes(("Body", "Body", 5)),
        "robot/arm.fcstd": boxes(("Body", "Arm", 7)),
        "robot/broken.FCStd": boxes(("Body", "Arm", 7))[:200],
        "robot/mesh.FCStd": packed(document()),
    }
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


IDS = [
    "ears/box/case.FCStd#Body",
    "ears/box/case.FCStd#Body001",
    "ears/clip.FCStd#Body",
    "robot/arm.fcstd#Body",
]


def test_every_body_of_a_file_is_found_under_its_name(folder):
    found = [name for _, name in find(folder)]
    assert sorted(found) == sorted([*IDS, "robot/broken", "robot/mesh"])


@pytest.mark.parametrize(
    ("name", "design"),
    [
        ("ears/box/case.FCStd#Body001", "ears"),
        ("case_2.FCStd.gz#Body", "case_2"),
        ("ears/case_2", "case"),
        ("part#2_1", "part#2"),
    ],
)
def test_bodies_of_one_repository_are_one_design(name, design):
    assert design_of(name) == design


def test_samples_are_called_what_the_file_calls_them(folder):
    samples = {s.sequence.id: s for s in read_samples(folder) if isinstance(s, Sample)}
    assert [samples[name].caption for name in IDS] == ["Lid", "Case", None, "Arm"]
    assert {samples[name].design for name in IDS} == {"ears", "robot"}


def test_a_prepared_part_has_a_caption_a_design_and_its_file_or_a_reason(folder):
    settings = Settings(points=0, views=0)
    made = {name: prepare_part(InputFile(name, str(path)), settings) for path, name in find(folder)}
    parts = [made[name] for name in IDS]
    rows = [part.row for part in parts if isinstance(part, Prepared)]
    assert [row["caption"] for row in rows] == ["Lid", "Case", None, "Arm"]
    assert [row["design"] for row in rows] == ["ears", "ears", "ears", "robot"]
    assert rows[1]["source"] == "ears/box/case.FCStd" and rows[1]["format"] == "freecad"
    reasons = [made["robot/broken"], made["robot/mesh"]]
    assert [r.stage for r in reasons if isinstance(r, Refused)] == ["read", "read"]


def test_a_caption_that_is_given_goes_before_that_of_the_file(folder):
    item = InputFile(IDS[0], str(folder / IDS[0]), "a lid of a box")
    made = prepare_part(item, Settings(points=0, views=0))
    assert isinstance(made, Prepared) and made.row["caption"] == "a lid of a box"


def test_several_bodies_are_chosen_by_name_and_listed_otherwise(folder):
    case = folder / "ears" / "box" / "case.FCStd"
    assert readers.read(f"{case}#Lid").caption == "Lid"
    for given in (str(case), f"{case}#Floor"):
        with pytest.raises(ReadError, match=r"Body \(Lid\), Body001"):
            readers.read(given)
