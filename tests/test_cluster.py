"""The same data set from a cluster: a Ray of two workers on this machine, one of them killed."""

from __future__ import annotations

import os
import time
from threading import Thread

import psutil
import pytest
from test_prepare import block, contents, write

from cadcomplete.data.prepare import prepare
from cadcomplete.data.prepare.settings import Settings
from cadcomplete.errors import InputError

SETTINGS = Settings(points=64, size=32, views=2, per_shard=2)


def tasks():
    """The processes in which Ray's workers do a chunk."""
    below = psutil.Process(os.getpid()).children(recursive=True)
    return [p for p in below if "do_chunk" in title(p)]


def title(process):
    try:
        return " ".join(process.cmdline()[:1])
    except psutil.Error:  # it has ended
        return ""


@pytest.mark.timeout(600)
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(tmp_path):
    source, killed = tmp_path / "source", []
    for n in range(8):
        write(source, f"block{n}_1", block(n))

    def kill_one():
        while not killed:
            for process in tasks():
                process.kill()
                killed.append(process.pid)
            time.sleep(0.05)  # to look through all processes takes as long

    Thread(target=kill_one, daemon=True).start()
    report = prepare(source, tmp_path / "cluster", SETTINGS, workers=2, ray="local")
    assert killed
    assert report["parts"] == 8
    prepare(source, tmp_path / "here", SETTINGS)
    assert contents(tmp_path / "cluster") == contents(tmp_path / "here")


def test_an_address_where_no_cluster_is_gets_one_line(tmp_path):
    write(tmp_path / "source", "block_1", block(1))
    with pytest.raises(InputError, match="no Ray cluster there"):
        prepare(tmp_path / "source", tmp_path / "out", SETTINGS, ray="127.0.0.1:1")
