"""Law 12, of shapes: every kind of file, every way to take points, every unit and axis."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest
import trimesh
from conftest import mesh_of

from cadcomplete import readers
from cadcomplete.clouds import cloud as clouds
from cadcomplete.clouds.cloud import METHODS, choose_numpy, sample_cloud
from cadcomplete.clouds.read import SCANS, read_scan
from cadcomplete.clouds.shape import UNITS, UP, millimetres, turn
from cadcomplete.history.geometry import BoundingBox
from cadcomplete.history.kinds import AXES, write_direction
from cadcomplete.language.lines import decode

BOX = "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 10 0\n"


@pytest.fixture(scope="module")
def mesh():
    """A box of 40 × 30 × 10 mm with a corner in the origin."""
    return mesh_of(BOX)


# --- files --------------------------------------------------------------------------------------


def threemf(vertices, triangles) -> bytes:
    corners = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in vertices)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in triangles)
    space = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
    model = (
        f'<model unit="millimeter" xmlns="{space}"><resources><object id="1"><mesh>'
        f"<vertices>{corners}</vertices><triangles>{faces}</triangles></mesh></object></resources>"
        '<build><item objectid="1"/></build></model>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("3D/3dmodel.model", model)
    return buffer.getvalue()


def pcd(rows) -> bytes:
    head = "VERSION 0.7\nFIELDS x y z normal_x normal_y normal_z\nSIZE 8 8 8 8 8 8\n"
    head += f"TYPE F F F F F F\nCOUNT 1 1 1 1 1 1\nWIDTH {len(rows)}\nHEIGHT 1\n"
    head += f"POINTS {len(rows)}\nDATA binary\n"
    return head.encode() + np.ascontiguousarray(rows, dtype="<f8").tobytes()


def stl(mesh) -> bytes:
    corners = mesh.vertices[mesh.triangles].astype("<f4")
    pieces = [struct.pack("<12fH", 0, 0, 0, *three.reshape(-1), 0) for three in corners]
    return b"\0" * 80 + struct.pack("<I", len(pieces)) + b"".join(pieces)


def step(tmp_path) -> bytes:
    from cadcomplete.exporters import convert

    path = tmp_path / "made.step"
    convert(readers.from_sequence(decode(BOX)), path)
    return path.read_bytes()


def shape_files(mesh, tmp_path):
    """What to write into a file of each suffix, so that a box is in it."""
    cloud = sample_cloud(mesh, 3000)
    rows = np.concatenate([cloud.millimetres, cloud.normals], axis=1)
    other = trimesh.Trimesh(mesh.vertices, mesh.triangles)
    upright = trimesh.Trimesh(mesh.vertices / 1000 @ turn("y"), mesh.triangles)  # metres, y up
    arrays, archive = io.BytesIO(), io.BytesIO()
    np.save(arrays, rows)
    np.savez(archive, points=rows[:, :3], normals=rows[:, 3:])
    text = "".join(" ".join(f"{value:.9g}" for value in row) + "\n" for row in rows)
    exported = {kind: other.export(file_type=kind) for kind in ("ply", "obj", "off")}
    return {
        ".npy": arrays.getvalue(),
        ".npz": archive.getvalue(),
        ".stl": stl(mesh),
        ".step": lambda: step(tmp_path),
        ".stp": lambda: step(tmp_path),
        ".glb": upright.export(file_type="glb"),
        ".3mf": threemf(mesh.vertices, mesh.triangles),
        ".pcd": pcd(rows),
        **{f".{kind}": content for kind, content in exported.items()},
        **dict.fromkeys((".xyz", ".pts", ".asc", ".txt"), text),
        ".csv": "x,y,z,nx,ny,nz\n" + text.replace(" ", ","),
    }


@pytest.mark.parametrize("suffix", SCANS)
def test_every_kind_of_shape_is_read_in_millimetres_upright_and_with_normals(
    mesh, tmp_path, suffix
):
    content = shape_files(mesh, tmp_path)[suffix]
    content = content() if callable(content) else content
    path = tmp_path / f"box{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    scan = read_scan(path, points=3000)
    box = BoundingBox.of(scan.cloud.millimetres)
    assert box.minimum == pytest.approx((0, 0, 0), abs=0.4)  # 3,000 points come near to corners
    assert box.maximum == pytest.approx((40, 30, 10), abs=0.4)
    assert np.abs(scan.cloud.points).max() == pytest.approx(1.0)
    assert not scan.cloud.estimated
    assert np.linalg.norm(scan.cloud.normals, axis=1) == pytest.approx(1.0)
    outwards = (scan.cloud.points * scan.cloud.normals).sum(axis=1).mean()
    assert outwards > 0  # by Gauss, of a closed surface that is not inside out
    assert scan.file == str(path)
    if scan.mesh is not None:
        assert scan.mesh.volume == pytest.approx(12_000, rel=1e-5)


def test_there_are_at_least_sixteen_kinds_of_files_of_shapes(mesh, tmp_path):
    assert len(SCANS) >= 16
    assert set(shape_files(mesh, tmp_path)) == set(SCANS)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_takes_points_of_the_surface(mesh, monkeypatch, name):
    monkeypatch.setattr(clouds, "_choose", lambda: choose_numpy)  # nothing to compile first
    cloud = sample_cloud(mesh, 200, method=name)
    points, normals = cloud.millimetres, cloud.normals
    on_a_side = np.abs(points).min(axis=1)
    on_another = np.abs(points - np.array([40, 30, 10])).min(axis=1)
    assert np.minimum(on_a_side, on_another).max() < 1e-9
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("name", UNITS)
def test_every_unit_is_known_by_its_name_and_by_its_millimetres(name):
    assert millimetres(f" {name.upper()} ") == millimetres(str(UNITS[name])) == UNITS[name]


@pytest.mark.parametrize(
    ("said", "size"),
    [("in", 25.4), ("inches", 25.4), ("feet", 304.8), ("metre", 1000.0), ("micron", 1e-3)],
)
def test_units_have_other_names(said, size):
    assert millimetres(said) == size


@pytest.mark.parametrize("name", UP)
def test_every_axis_is_turned_upwards_by_a_rotation(name):
    matrix = turn(name)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    axis = AXES[name if name.startswith("-") else f"+{name}"]
    assert tuple(matrix @ np.array(axis)) == (0.0, 0.0, 1.0)
    assert len(UP) == len(AXES) == 6


@pytest.mark.parametrize("name", AXES)
def test_every_direction_along_an_axis_has_its_name(name):
    assert write_direction(AXES[name]) == name
    noisy = tuple(value + 1e-12 for value in AXES[name])
    assert write_direction(noisy) == name
