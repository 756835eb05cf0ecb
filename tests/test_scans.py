"""Point clouds from files of users: all formats, one frame, normals, and what may be wrong."""

from __future__ import annotations

import pickle
from contextlib import suppress

import numpy as np
import pytest
import trimesh
from conftest import PARTS
from hypothesis import given, settings
from hypothesis import strategies as st

from cadcomplete import readers
from cadcomplete.clouds.cloud import PointCloud, sample_cloud
from cadcomplete.clouds.estimate import estimate_normals
from cadcomplete.clouds.read import SCANS, read_scan
from cadcomplete.data.modalities import cloud_of
from cadcomplete.errors import CadCompleteError, InputError
from cadcomplete.exporters import convert
from cadcomplete.kernel.build import build
from cadcomplete.kernel.contain import Kernel
from cadcomplete.kernel.tessellate import tessellate
from cadcomplete.meshes.mesh import Mesh
from cadcomplete.model.inputs import surface

NAMES = ("bracket", "base_plate", "clevis", "flange", "housing", "stepped_shaft")


def mesh_of_part(name) -> Mesh:
    solid = build(readers.read(PARTS / f"{name}.json").sequence)
    assert solid is not None
    return tessellate(solid)


@pytest.fixture(scope="module")
def mesh():
    return mesh_of_part("bracket")


@pytest.fixture(scope="module")
def cloud(mesh):
    return sample_cloud(mesh, 2000, seed=1)


def ply_text(points, normals, kind="ascii"):
    """A PLY file by hand: an unknown property among those that count."""
    names = ("x", "y", "z", "quality", "nx", "ny", "nz")
    header = [
        "ply",
        f"format {kind} 1.0",
        "comment by hand",
        f"element vertex {len(points)}",
        *(f"property {'double' if n == 'quality' else 'float'} {n}" for n in names),
        "end_header\n",
    ]
    rows = np.concatenate([points, np.zeros((len(points), 1)), normals], axis=1)
    if kind == "ascii":
        return (
            "\n".join(header).encode()
            + "".join(" ".join(f"{v:.9g}" for v in row) + "\n" for row in rows).encode()
        )
    order = "<" if "little" in kind else ">"
    record = np.dtype([(n, order + ("f8" if n == "quality" else "f4")) for n in names])
    table = np.array([tuple(row) for row in rows], dtype=record)
    return "\n".join(header).encode() + table.tobytes()


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_files_of_points_keep_places_and_normals(cloud, tmp_path, kind):
    path = tmp_path / "cloud.ply"
    path.write_bytes(ply_text(cloud.millimetres, cloud.normals, kind))
    scan = read_scan(path)
    assert scan.notices == ()
    assert np.allclose(scan.cloud.millimetres, cloud.millimetres, atol=1e-4)
    assert np.allclose(scan.cloud.normals, cloud.normals, atol=1e-6)


def test_a_ply_of_trimesh_without_normals_is_read_with_a_notice(cloud, tmp_path):
    trimesh.PointCloud(cloud.millimetres).export(tmp_path / "cloud.ply")
    scan = read_scan(tmp_path / "cloud.ply")
    assert scan.notices == (
        "normals were estimated from the points: answers are rougher than from a mesh",
    )
    assert np.allclose(scan.cloud.millimetres, cloud.millimetres, atol=1e-4)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("columns", [3, 6])
def test_arrays_are_read_with_or_without_normals(cloud, tmp_path, suffix, columns):
    rows = np.concatenate([cloud.millimetres, 5 * cloud.normals], axis=1)[:, :columns]
    path = tmp_path / f"cloud{suffix}"
    (np.save if suffix == ".npy" else np.savez)(path, rows)
    scan = read_scan(path)
    assert np.allclose(scan.cloud.millimetres, cloud.millimetres)
    assert np.allclose(scan.cloud.points, cloud.points)
    assert np.allclose(np.linalg.norm(scan.cloud.normals, axis=1), 1)
    assert bool(scan.notices) == (columns == 3)
    if columns == 6:  # of any length
        assert np.allclose(scan.cloud.normals, cloud.normals)


def test_a_cloud_of_a_data_set_is_taken_as_it_is(cloud, tmp_path):
    path = tmp_path / "cloud.npz"
    np.savez(
        path,
        points=cloud.points,
        normals=cloud.normals,
        center=cloud.center,
        scale=cloud.scale,
    )
    scan = read_scan(path)
    assert np.array_equal(scan.cloud.points, cloud.points)
    assert np.array_equal(scan.cloud.normals, cloud.normals)
    assert np.array_equal(surface(scan.cloud, count=500, seed=3), surface(cloud, count=500, seed=3))


def test_a_cloud_of_a_data_set_is_seen_alike_by_training_and_from_arrays(cloud, tmp_path):
    # As shards have it: points in single, normals in half precision.
    points, normals = cloud.points.astype(np.float32), cloud.normals.astype(np.float16)
    frame = {"center": cloud.center, "scale": cloud.scale}
    stored = cloud_of({"points": points.reshape(-1), "normals": normals.reshape(-1), **frame})
    trained = surface(stored, count=500, seed=3)
    np.save(tmp_path / "a.npy", np.concatenate([stored.points, stored.normals], axis=1))
    np.save(tmp_path / "b.npy", np.concatenate([stored.millimetres, stored.normals], axis=1))
    np.savez(tmp_path / "c.npz", points=points, normals=normals, **frame)
    np.savez(tmp_path / "d.npz", points=points.reshape(-1), normals=normals.reshape(-1), **frame)
    np.savez(tmp_path / "e.npz", normals=normals, points=stored.millimetres, unused=np.zeros(2))
    for path in sorted(tmp_path.iterdir()):
        scan = read_scan(path)
        assert scan.notices == ()
        assert np.array_equal(surface(scan.cloud, count=500, seed=3), trained), path.name


def test_a_frame_that_does_not_fit_is_put_right(cloud, tmp_path):
    np.savez(
        tmp_path / "a.npz",
        points=3 * cloud.points + 1,
        normals=7 * cloud.normals,
        center=cloud.center - cloud.scale / 3,
        scale=cloud.scale / 3,
    )
    scan = read_scan(tmp_path / "a.npz")
    assert np.allclose(scan.cloud.points, cloud.points)
    assert np.allclose(scan.cloud.normals, cloud.normals)
    assert np.allclose(scan.cloud.millimetres, cloud.millimetres)


def test_a_frame_without_normals_is_kept(cloud, tmp_path):
    frame = {"center": cloud.center, "scale": cloud.scale}
    np.savez(tmp_path / "a.npz", points=cloud.points, **frame)
    scan = read_scan(tmp_path / "a.npz")
    assert scan.notices == (
        "normals were estimated from the points: answers are rougher than from a mesh",
    )
    assert np.array_equal(scan.cloud.points, cloud.points)
    assert np.allclose(scan.cloud.millimetres, cloud.millimetres)


@pytest.mark.parametrize("kind", ["stl", "stl_ascii", "ply", "ply_ascii"])
def test_meshes_are_read_as_text_and_as_binary(mesh, tmp_path, kind):
    file, _, _ = kind.partition("_")
    whole = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    options = {"encoding": "ascii"} if kind == "ply_ascii" else {}
    content = whole.export(file_type=kind if file == "stl" else "ply", **options)
    content = content.encode() if isinstance(content, str) else content
    (tmp_path / f"a.{file}").write_bytes(content)
    scan = read_scan(tmp_path / f"a.{file}", points=500, seed=4)
    known = sample_cloud(mesh, 500, seed=4)
    assert np.allclose(scan.cloud.millimetres, known.millimetres, atol=1e-3)
    assert (np.abs(scan.cloud.normals - known.normals).max(axis=1) < 1e-2).mean() > 0.99
    (tmp_path / f"cut.{file}").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=f"cut.{file}: "):
        read_scan(tmp_path / f"cut.{file}")


def test_a_binary_stl_may_begin_as_one_of_text_does(mesh, tmp_path):
    content = trimesh.Trimesh(mesh.vertices, mesh.triangles).export(file_type="stl")
    (tmp_path / "a.stl").write_bytes(b"solid part".ljust(80) + content[80:])
    assert read_scan(tmp_path / "a.stl", points=100).cloud.points.shape == (100, 3)


def test_a_step_in_metres_is_read_in_millimetres(tmp_path):
    with Kernel(time_limit=60) as kernel:
        kernel.run(convert, readers.read(PARTS / "bracket.json"), tmp_path / "mm.step")
        text = (tmp_path / "mm.step").read_text()
        assert "SI_UNIT(.MILLI.,.METRE.)" in text
        changed = text.replace("SI_UNIT(.MILLI.,.METRE.)", "SI_UNIT($,.METRE.)")
        (tmp_path / "m.step").write_text(changed)
        scales = [
            kernel.run(read_scan, tmp_path / name).cloud.scale for name in ("mm.step", "m.step")
        ]
    assert scales[1] == pytest.approx(1000 * scales[0])


def test_a_broken_step_costs_an_error_and_not_the_kernel(tmp_path):
    with Kernel(time_limit=60) as kernel:
        kernel.run(convert, readers.read(PARTS / "bracket.json"), tmp_path / "a.step")
        text = (tmp_path / "a.step").read_text()
        for number, end in enumerate(np.linspace(0.1, 0.9, 5)):
            (tmp_path / f"{number}.step").write_text(text[: int(end * len(text))])
            with pytest.raises(CadCompleteError):
                kernel.run(read_scan, tmp_path / f"{number}.step")
        assert len(kernel.run(read_scan, tmp_path / "a.step").cloud.points) == 8192


def write_edge(path):
    """Write a STEP file that has a line and nothing else: a job."""
    from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeEdge
    from OCP.gp import gp_Pnt
    from OCP.STEPControl import STEPControl_AsIs, STEPControl_Writer

    writer = STEPControl_Writer()
    edge = BRepBuilderAPI_MakeEdge(gp_Pnt(0, 0, 0), gp_Pnt(1, 2, 3)).Edge()
    writer.Transfer(edge, STEPControl_AsIs)
    writer.Write(str(path))


def test_a_step_of_lines_alone_has_no_surface(tmp_path):
    with Kernel(time_limit=60) as kernel:
        kernel.run(write_edge, tmp_path / "a.step")
        with pytest.raises(InputError, match=r"a\.step: a STEP file without a surface"):
            kernel.run(read_scan, tmp_path / "a.step")


def test_numbers_that_overflow_still_give_a_unit_normal(cloud, tmp_path):
    rows = np.concatenate([cloud.points, cloud.normals * 1e300], axis=1)
    np.save(tmp_path / "a.npy", rows)
    assert np.allclose(read_scan(tmp_path / "a.npy").cloud.normals, cloud.normals)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".ply", ".stl"])
def test_a_broken_file_is_an_error_or_a_cloud(mesh, cloud, suffix, tmp_path):
    rows, random = (
        np.concatenate([cloud.points, cloud.normals], axis=1)[:20],
        np.random.default_rng(2),
    )
    box, path, written = trimesh.creation.box(), tmp_path / f"a{suffix}", []
    if suffix in (".npy", ".npz"):
        (np.save if suffix == ".npy" else np.savez_compressed)(path, rows)
        written.append(path.read_bytes())
    else:
        for options in (
            {},
            {"encoding": "ascii"} if suffix == ".ply" else {"file_type": "stl_ascii"},
        ):
            content = box.export(**{"file_type": suffix[1:], **options})
            written.append(content if isinstance(content, bytes) else content.encode())
    for whole in written * 60:
        broken = bytearray(whole)
        for at in random.integers(len(broken), size=random.integers(1, 5)):
            broken[at] = random.integers(256)
        path.write_bytes(broken[: random.choice([len(broken), random.integers(len(broken))])])
        with suppress(InputError):
            made = read_scan(path, points=20).cloud
            assert np.isfinite(made.points).all() and np.isfinite(made.normals).all()


@pytest.mark.parametrize("suffix", [".stl", ".step"])
def test_meshes_and_solids_are_sampled_on_their_surface(mesh, tmp_path, suffix):
    path = tmp_path / f"part{suffix}"
    with Kernel(time_limit=60) as kernel:
        kernel.run(convert, readers.read(PARTS / "bracket.json"), path)
        scan = kernel.run(read_scan, path)
    points = scan.cloud.millimetres
    assert len(points) == 8192 and scan.notices == ()
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    assert np.allclose(points.min(axis=0), low, atol=0.02 * (high - low).max())
    assert np.allclose(points.max(axis=0), high, atol=0.02 * (high - low).max())
    surface_mesh = trimesh.Trimesh(mesh.vertices, mesh.triangles)
    # the nearest corner of a triangle is far, its plane is not: distances along the normals
    chosen = np.random.default_rng(0).choice(len(points), 60, replace=False)
    corners = mesh.vertices[mesh.triangles]
    for point in points[chosen]:
        distance = np.linalg.norm(
            trimesh.triangles.closest_point(corners, np.tile(point, (len(corners), 1))) - point,
            axis=1,
        )
        assert distance.min() < 0.05
    assert surface_mesh.is_watertight


def test_points_are_in_one_frame_wherever_they_were_and_however_large(cloud, tmp_path):
    np.save(tmp_path / "moved.npy", 250 * cloud.points + np.array([1e3, -50, 7]))
    moved = read_scan(tmp_path / "moved.npy").cloud
    assert np.allclose(moved.points, cloud.points, atol=1e-9)
    assert moved.scale == pytest.approx(250)
    assert np.allclose(moved.center, [1e3, -50, 7], atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_estimated_normals_lie_along_the_true_ones_and_point_outwards(name):
    cloud = sample_cloud(mesh_of_part(name), 4096)
    agree = (estimate_normals(cloud.points) * cloud.normals).sum(axis=1)
    # A box with walls thinner than the points lie apart: their sides cannot be told apart.
    assert (np.abs(agree) > 0.9).mean() > (0.75 if name == "housing" else 0.95)
    assert (agree > 0.9).mean() > (0.4 if name == "housing" else 0.95)


def test_normals_of_zero_are_estimated_with_a_notice(cloud, tmp_path):
    normals = cloud.normals.copy()
    normals[:3] = 0
    np.save(tmp_path / "cloud.npy", np.concatenate([cloud.points, normals], axis=1))
    notices = read_scan(tmp_path / "cloud.npy").notices
    assert notices[0] == "3 normals are zero, so all are estimated"


def test_a_large_cloud_without_normals_is_thinned_with_a_notice(mesh, tmp_path):
    np.save(tmp_path / "cloud.npy", sample_cloud(mesh, 20_000).millimetres)
    scan = read_scan(tmp_path / "cloud.npy")
    assert len(scan.cloud.points) == 16_384
    assert scan.notices[0] == "16,384 of 20,000 points are used"


# --- what is wrong ------------------------------------------------------------------------------


def good():
    return np.random.default_rng(0).normal(size=(50, 3))


def with_value(value):
    points = good()
    points[7, 1] = points[9, 0] = value
    return points


WRONG_ARRAYS = {
    "nan": (with_value(np.nan), "points that are not numbers.*2 of 50 rows with NaN"),
    "infinity": (with_value(np.inf), "points that are not numbers"),
    "few": (good()[:10], "too few points: expected at least 16, got 10"),
    "two columns": (good()[:, :2], "not the points of a cloud: expected N × 3 .*got 50 × 2"),
    "one place": (np.ones((50, 3)), "all in one place"),
    "text": (np.array([["a"] * 3] * 50), "not the points of a cloud"),
    "one number": (np.array(5.0), "not the points of a cloud"),
}


@pytest.mark.parametrize("name", WRONG_ARRAYS)
def test_arrays_that_are_no_cloud_are_named_in_one_line(name, tmp_path):
    array, message = WRONG_ARRAYS[name]
    np.save(tmp_path / "cloud.npy", array)
    with pytest.raises(InputError, match=message) as caught:
        read_scan(tmp_path / "cloud.npy")
    assert str(caught.value).startswith(f"{tmp_path / 'cloud.npy'}: ")
    assert "\n" not in str(caught.value)


def test_normals_that_are_not_numbers_are_an_error(tmp_path):
    normals = good() / np.linalg.norm(good(), axis=1, keepdims=True)
    normals[7, 1] = normals[9, 0] = np.nan
    np.save(tmp_path / "cloud.npy", np.concatenate([good(), normals], axis=1))
    with pytest.raises(InputError, match="normals that are not numbers"):
        read_scan(tmp_path / "cloud.npy")


def test_an_array_that_would_run_code_is_refused(tmp_path):
    np.save(tmp_path / "cloud.npy", np.array([object()] * 20), allow_pickle=True)
    with pytest.raises(InputError, match=r"not a file of arrays: .* Object arrays"):
        read_scan(tmp_path / "cloud.npy")
    (tmp_path / "cloud.npz").write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(InputError, match="not a file of arrays"):
        read_scan(tmp_path / "cloud.npz")


@pytest.mark.parametrize("suffix", SCANS)
@pytest.mark.parametrize("content", [None, b"", b"something else entirely\n" * 9])
def test_files_that_are_missing_empty_or_something_else(suffix, content, tmp_path):
    path = tmp_path / f"cloud{suffix}"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_scan(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian"])
def test_a_ply_cut_short_is_an_error(cloud, tmp_path, kind):
    content = ply_text(cloud.points, cloud.normals, kind)
    (tmp_path / "cloud.ply").write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="a PLY file cut short: expected 2000 vertices"):
        read_scan(tmp_path / "cloud.ply")


def test_an_unknown_suffix_lists_the_known_ones(tmp_path):
    with pytest.raises(InputError, match=r"expected \.npy, \.npz, \.ply, \.stl, \.step, \.stp"):
        read_scan(tmp_path / "cloud.las")


def arrays(**changes):
    return {"points": good(), "normals": good(), "center": np.zeros(3), "scale": 1.0, **changes}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (arrays(normals=good()[:30]), "not the normals: expected 50 × 3, got 30 × 3"),
        (arrays(scale=0.0), "not a frame: expected a finite center and a scale above 0"),
        (arrays(scale=np.nan), "not a frame"),
        (arrays(center=np.zeros(2)), "not a frame: expected a center of 3 numbers"),
        (arrays(points=good().reshape(-1)[:149]), "not the points of a cloud"),
        ({}, "not a file of arrays: .* got no array"),
    ],
)
def test_archives_that_are_no_cloud_are_named_in_one_line(content, message, tmp_path):
    np.savez(tmp_path / "a.npz", **content)
    with pytest.raises(InputError, match=message) as caught:
        read_scan(tmp_path / "a.npz")
    assert str(caught.value).startswith(f"{tmp_path / 'a.npz'}: ")


def test_an_archive_with_the_suffix_of_an_array_says_so(tmp_path):
    np.savez(tmp_path / "a.npz", good())
    with pytest.raises(InputError, match=r"got an archive of arrays, whose suffix is \.npz"):
        read_scan((tmp_path / "a.npz").rename(tmp_path / "a.npy"))


def test_a_cloud_without_points_has_no_surface():
    with pytest.raises(InputError, match="a point cloud without points"):
        surface(PointCloud(np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(3), 1.0), count=4, seed=0)


# --- as the encoder reads them ------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 120), st.integers(0, 5))
def test_a_surface_has_as_many_rows_as_asked_for_all_of_the_cloud(have, count, seed):
    random = np.random.default_rng(have)
    cloud = PointCloud(random.normal(size=(have, 3)), random.normal(size=(have, 3)), np.zeros(3), 1)
    rows = surface(cloud, count=count, seed=seed)
    assert rows.shape == (count, 6) and rows.dtype == np.float32
    known = {row.tobytes() for row in surface(cloud, count=have, seed=0)}
    assert {row.tobytes() for row in rows} <= known
    assert len({row.tobytes() for row in rows}) == min(have, count)
    assert np.array_equal(rows, surface(cloud, count=count, seed=seed))
