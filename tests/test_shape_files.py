"""Files of shapes from other programs: all formats, what columns and keys mean, units and axes."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import trimesh
from conftest import ROOT, mesh_of

from cadcomplete.clouds.cloud import sample_cloud
from cadcomplete.clouds.read import SCANS, read_scan
from cadcomplete.clouds.rows import _unpacked
from cadcomplete.clouds.shape import UNITS, UP, turn
from cadcomplete.errors import InputError
from cadcomplete.kernel.contain import Kernel

CASES = Path(__file__).parent / "shapes"
BOX = "sketch 0 0 0 +z +x\nloop 0 0\nline 40 0\nline 40 30\nline 0 30\nclose\nextrude new to 10 0\n"
LOW, HIGH = [0, 0, 0], [40, 30, 10]


@pytest.fixture(scope="module")
def mesh():
    return mesh_of(BOX)


@pytest.fixture(scope="module")
def cloud(mesh):
    return sample_cloud(mesh, 600)


@pytest.fixture(scope="module")
def rows(cloud):
    """Places and normals, (600, 6)."""
    return np.concatenate([cloud.millimetres, cloud.normals], axis=1)


def is_box(scan, low=LOW, high=HIGH):
    points = scan.cloud.millimetres
    near = 0.03 * np.ptp(np.array([low, high]), axis=0).max()
    return np.allclose(points.min(axis=0), low, atol=near) and np.allclose(
        points.max(axis=0), high, atol=near
    )


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# --- meshes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["obj", "off", "ply", "stl"])
def test_meshes_of_other_programs_are_sampled(mesh, tmp_path, kind):
    content = trimesh.Trimesh(mesh.vertices, mesh.triangles).export(file_type=kind)
    scan = read_scan(written(tmp_path, f"a.{kind.upper()}", content), points=500)
    assert is_box(scan) and scan.mesh is not None
    assert scan.mesh.volume == pytest.approx(12000)
    assert np.abs(scan.cloud.normals).max(axis=1) == pytest.approx(1)


def test_a_glb_is_in_metres_and_y_points_up_in_it_unless_it_is_said_otherwise(mesh, tmp_path):
    own = trimesh.Trimesh(mesh.vertices / 1000 @ turn("y"), mesh.triangles)
    path = written(tmp_path, "a.glb", own.export(file_type="glb"))
    scan = read_scan(path)
    assert is_box(scan) and (scan.units, scan.up) == ("m", "y")
    wrong = trimesh.Trimesh(mesh.vertices, mesh.triangles)  # millimetres, z up
    path = written(tmp_path, "b.glb", wrong.export(file_type="glb"))
    assert is_box(read_scan(path, units="mm", up="z"))


def test_all_bodies_of_a_scene_are_read_where_they_are(mesh, tmp_path):
    scene, body = trimesh.Scene(), trimesh.Trimesh(mesh.vertices, mesh.triangles)
    moved = np.eye(4)
    moved[:3, 3] = 100, 0, 0
    scene.add_geometry(body)
    scene.add_geometry(body, transform=moved)
    path = written(tmp_path, "a.glb", scene.export(file_type="glb"))
    assert is_box(read_scan(path, units="mm", up="z"), LOW, [140, 30, 10])


def threemf(mesh, unit="millimeter", build='<item objectid="1"/>', more="", files=()):
    vertices = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in mesh.vertices)
    triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in mesh.triangles)
    model = (
        f'<model unit="{unit}" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02" '
        'xmlns:p="http://schemas.microsoft.com/3dmanufacturing/production/2015/06">'
        f'<resources><object id="1" type="model"><mesh><vertices>{vertices}</vertices>'
        f"<triangles>{triangles}</triangles></mesh></object>{more}</resources>"
        f"<build>{build}</build></model>"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("3D/3dmodel.model", model)
        for name, text in files:
            archive.writestr(name, text)
    return content.getvalue()


def test_a_3mf_says_its_unit(mesh, tmp_path):
    inches = threemf(mesh, unit="inch")
    scan = read_scan(written(tmp_path, "a.3mf", inches))
    assert scan.units == "inch"
    assert is_box(scan, LOW, [25.4 * v for v in HIGH])
    assert is_box(read_scan(tmp_path / "a.3mf", units="mm"))


def test_components_of_a_3mf_are_placed_by_their_matrices(mesh, tmp_path):
    more = (
        '<object id="2"><components><component objectid="1" '
        'transform="0 1 0 -1 0 0 0 0 1 5 0 0"/></components></object>'  # x to y, then 5 along x
    )
    placed = '<item objectid="2" transform="1 0 0 0 1 0 0 0 1 0 0 7"/>'
    path = written(tmp_path, "a.3mf", threemf(mesh, build=placed, more=more))
    assert is_box(read_scan(path), [-25, 0, 7], [5, 40, 17])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"build": ""}, "a mesh without triangles"),
        ({"build": '<item objectid="7"/>'}, "got no object 7"),
        (
            {
                "build": '<item objectid="2"/>',
                "more": '<object id="2"><components><component objectid="2"/></components>'
                "</object>",
            },
            "components within components without end",
        ),
        ({"unit": "furlong"}, "not a unit: expected mm, cm, .* got furlong"),
    ],
)
def test_a_3mf_that_cannot_be_built_is_one_line(mesh, tmp_path, changes, message):
    path = written(tmp_path, "a.3mf", threemf(mesh, **changes))
    with pytest.raises(InputError, match=message) as caught:
        read_scan(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_polygons_are_cut_into_triangles(tmp_path):
    corners = "v 0 0 0\nv 40 0 0\nv 40 30 0\nv 0 30 0\nv 0 0 10\nv 40 0 10\nv 40 30 10\nv 0 30 10\n"
    faces = "f 4 3 2 1\nf 5 6 7 8\nf 1 2 6 5\nf 2 3 7 6\nf 3 4 8 7\nf -8 -4 -1 -5\n"
    scan = read_scan(written(tmp_path, "a.obj", corners + faces))
    assert scan.mesh is not None and scan.mesh.volume == pytest.approx(12000)


@pytest.mark.parametrize("order", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_a_ply_with_polygons_and_lists_at_its_vertices_is_read(tmp_path, order):
    """A pentagonal prism's lid of one pentagon and one triangle, a list at each vertex."""
    corners = [(0, 0, 0), (40, 0, 0), (40, 30, 0), (20, 40, 0), (0, 30, 0), (20, 10, 9)]
    faces = [(0, 1, 2, 3, 4), (0, 5, 1)]
    header = (
        f"ply\nformat {order} 1.0\nelement vertex 6\nproperty float x\nproperty float y\n"
        "property float z\nproperty list uchar int view\nelement face 2\n"
        "property list uchar int vertex_indices\nend_header\n"
    ).encode()
    if order == "ascii":
        lines = [f"{x} {y} {z} {i % 3}{' 7' * (i % 3)}" for i, (x, y, z) in enumerate(corners)]
        lines += [" ".join(map(str, (len(f), *f))) for f in faces]
        body = "\n".join(lines).encode()
    else:
        end, body = "<" if "little" in order else ">", b""
        for i, corner in enumerate(corners):
            body += np.array(corner, f"{end}f4").tobytes() + bytes([i % 3])
            body += np.full(i % 3, 7, f"{end}i4").tobytes()
        for face in faces:
            body += bytes([len(face)]) + np.array(face, f"{end}i4").tobytes()
    scan = read_scan(written(tmp_path, "a.ply", header + body))
    assert scan.mesh is not None
    made = {frozenset(triangle) for triangle in scan.mesh.triangles.tolist()}
    assert made == {frozenset(t) for t in ((0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 5, 1))}
    for end in (1, 9, 21):
        path = written(tmp_path, "cut.ply", (header + body)[:-end])
        with pytest.raises(InputError, match="a PLY file cut short"):
            read_scan(path)


# --- points -------------------------------------------------------------------------------------


def text_of(rows, apart=" "):
    return "".join(apart.join(f"{v:.6f}" for v in row) + "\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "head", "apart"),
    [
        ("a.xyz", "", " "),
        ("a.txt", "# a scan\n\n", "\t"),
        ("a.pts", "600\n", "  "),
        ("a.csv", "x,y,z,nx,ny,nz\n", ","),
        ("a.asc", "X;Y;Z;Nx;Ny;Nz\n", "; "),
    ],
)
def test_texts_of_points_are_read_with_their_normals(rows, tmp_path, name, head, apart):
    scan = read_scan(written(tmp_path, name, head + text_of(rows, apart)))
    assert scan.notices == () and is_box(scan)
    assert np.allclose(scan.cloud.normals, rows[:, 3:], atol=1e-5)


def test_columns_are_found_by_their_names(rows, tmp_path):
    mixed = np.concatenate([rows[:, 3:], 100 + rows[:, :1], rows[:, [2, 1, 0]]], axis=1)
    path = written(tmp_path, "a.csv", "nx,ny,nz,intensity,z,y,x\n" + text_of(mixed, ","))
    scan = read_scan(path)
    assert scan.notices == () and is_box(scan)


def test_a_line_that_is_no_point_is_named(rows, tmp_path):
    path = written(tmp_path, "a.xyz", text_of(rows[:, :3]) + "1.0 2.0\n")
    with pytest.raises(
        InputError, match=r"at line 601: not a point: expected 3 numbers, got 1.0 2"
    ):
        read_scan(path)


def pcd(rows, data, names="x y z normal_x normal_y normal_z rgb", kind="F F F F F F U"):
    count = len(rows)
    head = (
        f"# .PCD v0.7\nVERSION 0.7\nFIELDS {names}\nSIZE 4 4 4 4 4 4 4\nTYPE {kind}\n"
        f"COUNT 1 1 1 1 1 1 1\nWIDTH {count}\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\n"
        f"POINTS {count}\nDATA {data}\n"
    ).encode()
    columns = [rows[:, i].astype("<f4") for i in range(6)] + [np.full(count, 255, "<u4")]
    if data == "ascii":
        table = "\n".join(" ".join(map(str, row)) for row in zip(*columns, strict=True))
        return head + table.encode()
    if data == "binary":
        return head + b"".join(c.tobytes() for row in zip(*columns, strict=True) for c in row)
    flat = b"".join(column.tobytes() for column in columns)
    packed = b"".join(  # runs of new bytes alone: valid LZF, if not a short one
        bytes([len(flat[i : i + 32]) - 1]) + flat[i : i + 32] for i in range(0, len(flat), 32)
    )
    return head + np.array([len(packed), len(flat)], "<u4").tobytes() + packed


@pytest.mark.parametrize("data", ["ascii", "binary", "binary_compressed"])
def test_pcd_files_are_read_and_points_without_a_place_left_out(rows, tmp_path, data):
    seen = rows.copy()
    seen[5, :3] = np.nan
    scan = read_scan(written(tmp_path, "a.pcd", pcd(seen, data)))
    assert scan.notices == ("1 points without a place are left out",)
    assert is_box(scan) and len(scan.cloud.points) == 599
    whole = pcd(rows, data)
    with pytest.raises(InputError, match="not a PCD file that can be read"):
        read_scan(written(tmp_path, "cut.pcd", whole[: len(whole) - 40]))


def test_packed_bytes_may_repeat_what_was_there():
    # "ab", then 6 bytes from 2 back, then 10 from 1 back with the long form: liblzf's format.
    packed = bytes([1]) + b"ab" + bytes([4 << 5, 1]) + bytes([7 << 5, 1, 0])
    assert _unpacked(packed, 18) == b"abababab" + b"b" * 10


# --- what columns and keys mean -----------------------------------------------------------------


def test_colours_are_not_taken_as_normals(rows, tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (600, 3)).astype(float)
    for name, columns in (("rgb", colours), ("unit", colours / 255), ("grey", 0 * colours + 0.7)):
        np.save(tmp_path / f"{name}.npy", np.concatenate([rows[:, :3], columns], axis=1))
        scan = read_scan(tmp_path / f"{name}.npy")
        assert "columns 4, 5, 6" in scan.notices[0] and "not used" in scan.notices[0]
        assert scan.cloud.estimated and is_box(scan)
    np.save(tmp_path / "first.npy", np.concatenate([colours, rows[:, :3]], axis=1))
    scan = read_scan(tmp_path / "first.npy")
    assert is_box(scan) and "columns 1 to 3 look like colours" in scan.notices[0]


def test_normals_are_found_behind_other_columns(rows, tmp_path):
    table = np.concatenate([rows[:, :3], np.full((600, 3), 200.0), rows[:, 3:]], axis=1)
    np.save(tmp_path / "a.npy", table)
    scan = read_scan(tmp_path / "a.npy")
    assert np.allclose(scan.cloud.normals, rows[:, 3:]) and not scan.cloud.estimated
    assert scan.notices == (
        "columns 4, 5, 6 (colours?) are no normals: not vectors of length 1, and not used",
    )


def test_a_fourth_column_is_left_out(rows, tmp_path):
    np.save(tmp_path / "a.npy", rows[:, :4])
    scan = read_scan(tmp_path / "a.npy")
    assert is_box(scan) and scan.notices[0] == "column 4 is no normal, and not used"


def test_an_array_may_be_turned_or_one_of_a_batch_or_have_named_columns(rows, tmp_path):
    np.save(tmp_path / "turned.npy", rows.T)
    np.save(tmp_path / "batch.npy", rows[None])
    table = np.zeros(600, [("nx", "f4"), ("ny", "f4"), ("nz", "f4"), *((n, "f8") for n in "zyx")])
    for i, name in enumerate(("x", "y", "z", "nx", "ny", "nz")):
        table[name] = rows[:, i]
    np.save(tmp_path / "named.npy", table)
    for name in ("turned", "batch", "named"):
        scan = read_scan(tmp_path / f"{name}.npy")
        assert is_box(scan) and not scan.cloud.estimated
        assert np.allclose(scan.cloud.normals, rows[:, 3:], atol=1e-6)


@pytest.mark.parametrize("key", ["points_xyz", "pos", "Coordinates", "pc", "whatever"])
def test_the_key_of_an_archive_is_chosen_by_its_meaning(rows, tmp_path, key):
    colours = np.random.default_rng(0).integers(0, 256, (600, 3)).astype(float)
    arrays = {"colors": colours, key: rows[:, :3], "Normals": rows[:, 3:], "labels": np.zeros(600)}
    np.savez(tmp_path / "a.npz", **arrays)
    scan = read_scan(tmp_path / "a.npz")
    assert is_box(scan) and np.allclose(scan.cloud.normals, rows[:, 3:])
    assert scan.notices == (f"{key!r} is taken as the points (others: colors, Normals, labels)",)


def test_an_archive_with_faces_is_a_mesh(mesh, tmp_path):
    np.savez(tmp_path / "a.npz", vertices=mesh.vertices, faces=mesh.triangles)
    scan = read_scan(tmp_path / "a.npz")
    assert scan.mesh is not None and scan.mesh.volume == pytest.approx(12000)


def test_points_in_space_are_no_surface(rows, tmp_path):
    np.savez(tmp_path / "a.npz", points=rows[:, :3], occupancies=np.zeros(600, bool))
    with pytest.raises(InputError, match="points in space, not on a surface: got also 'occup"):
        read_scan(tmp_path / "a.npz")


def test_an_archive_without_points_lists_what_it_has(tmp_path):
    np.savez(tmp_path / "a.npz", weights=np.zeros(7), label=np.zeros((2, 2)))
    with pytest.raises(InputError, match=r"no points among the arrays: .*weights: 7, label: 2 × 2"):
        read_scan(tmp_path / "a.npz")


# --- units, axes, byte order marks, gz ----------------------------------------------------------


@pytest.mark.parametrize("unit", [*UNITS, "meters", "2.5"])
def test_a_unit_is_a_name_or_a_number_of_millimetres(rows, tmp_path, unit):
    factor = UNITS.get(unit, {"meters": 1000.0, "2.5": 2.5}.get(unit, 0))
    np.save(tmp_path / "a.npy", rows / [*[factor] * 3, 1, 1, 1])
    scan = read_scan(tmp_path / "a.npy", units=unit)
    assert np.allclose(scan.cloud.millimetres, rows[:, :3], atol=1e-9)


@pytest.mark.parametrize("up", UP)
def test_the_axis_that_points_upwards_is_turned_there(rows, tmp_path, up):
    matrix = turn(up)
    assert np.linalg.det(matrix) == pytest.approx(1)
    np.save(tmp_path / "a.npy", np.concatenate([rows[:, :3] @ matrix, rows[:, 3:] @ matrix], 1))
    scan = read_scan(tmp_path / "a.npy", up=up)
    assert np.allclose(scan.cloud.millimetres, rows[:, :3])
    assert np.allclose(scan.cloud.normals, rows[:, 3:])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": "parsec"}, "at --units: not a unit: expected mm, cm"),
        ({"units": "-1"}, "not a unit"),
        ({"units": "nan"}, "not a unit"),
        ({"up": "w"}, "at --up: not an axis: expected z, y, x"),
    ],
)
def test_units_and_axes_that_do_not_exist_are_named(rows, tmp_path, options, message):
    np.save(tmp_path / "a.npy", rows)
    with pytest.raises(InputError, match=message):
        read_scan(tmp_path / "a.npy", **options)


def test_byte_order_marks_of_editors_are_passed_over(rows, tmp_path):
    assert is_box(read_scan(CASES / "asc_bom.stl"))
    with Kernel(time_limit=60) as kernel:
        assert is_box(kernel.run(read_scan, CASES / "bom.step"))
    text = text_of(rows)
    for encoding in ("utf-8-sig", "utf-16"):
        assert is_box(read_scan(written(tmp_path, "a.xyz", text.encode(encoding))))


def test_a_packed_file_is_unpacked(mesh, tmp_path):
    content = trimesh.Trimesh(mesh.vertices, mesh.triangles).export(file_type="stl")
    assert is_box(read_scan(written(tmp_path, "a.stl.gz", gzip.compress(content))))
    path = written(tmp_path, "b.stl.gz", gzip.compress(content)[:60])
    with pytest.raises(InputError, match=r"b\.stl\.gz: not a whole \.gz file"):
        read_scan(path)
    with pytest.raises(InputError, match="not a shape's file"):
        read_scan(written(tmp_path, "c.las.gz", gzip.compress(b"")))


def test_a_surface_that_is_inside_out_is_turned_with_a_notice(mesh, rows, tmp_path):
    turned = trimesh.Trimesh(mesh.vertices, mesh.triangles[:, ::-1], process=False)
    scan = read_scan(written(tmp_path, "a.stl", turned.export(file_type="stl")))
    assert scan.notices == ("the mesh was inside out and is turned",)
    assert scan.mesh is not None and scan.mesh.volume == pytest.approx(12000)
    np.save(tmp_path / "a.npy", rows * [1, 1, 1, -1, -1, -1])
    scan = read_scan(tmp_path / "a.npy")
    assert scan.notices == ("the normals pointed inwards and are turned",)
    assert np.allclose(scan.cloud.normals, rows[:, 3:])


# --- what is broken -----------------------------------------------------------------------------


def test_a_mesh_cut_off_within_its_faces_is_refused():
    with pytest.raises(InputError, match="a PLY file cut short: expected 256 faces"):
        read_scan(CASES / "cut_ascii_mesh.ply")


def test_a_step_whose_numbers_are_none_is_a_sentence():
    message = "a STEP file whose surface cannot be drawn"
    with Kernel(time_limit=60) as kernel, pytest.raises(InputError, match=message):
        kernel.run(read_scan, CASES / "nanstep.step")


def test_damaged_files_of_every_kind_are_a_sentence_or_a_shape(mesh, rows, tmp_path):
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles)
    whole = {
        ".obj": body.export(file_type="obj").encode(),
        ".off": body.export(file_type="off").encode(),
        ".glb": body.export(file_type="glb"),
        ".3mf": threemf(mesh),
        ".xyz": text_of(rows[:40]).encode(),
        ".pcd": pcd(rows[:40], "binary_compressed"),
        ".ply": body.export(file_type="ply"),
    }
    assert whole.keys() <= SCANS.keys()
    random = np.random.default_rng(1)
    for suffix, content in whole.items():
        for _ in range(25):
            broken = bytearray(content)
            for at in random.integers(len(broken), size=random.integers(1, 6)):
                broken[at] = random.integers(256)
            cut = random.choice([len(broken), random.integers(1, len(broken))])
            path = written(tmp_path, f"a{suffix}", bytes(broken[:cut]))
            try:
                made = read_scan(path, points=20).cloud
            except InputError as error:
                assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
            else:
                assert np.isfinite(made.points).all() and np.isfinite(made.normals).all()


def test_every_kind_of_file_is_named_by_the_help_of_the_command_line():
    page = (ROOT / "docs" / "shapes.md").read_text(encoding="utf-8")
    assert [suffix for suffix in SCANS if f"`{suffix}`" not in page] == []
