"""What commands import, so that it is there when they begin; this is all that is in here."""
# ruff: noqa: F401

import multiprocessing.popen_forkserver

import numpy.ma
import pebble.pool.process
import rich.console
import rich.status
import typer._adapters

from cadcomplete.cli import app
from cadcomplete.completion import by_model, engine, wording, writing
from cadcomplete.model import loading
from cadcomplete.reports import answering, completions
