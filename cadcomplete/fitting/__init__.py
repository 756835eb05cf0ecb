"""Fitting: from the cloud of a wanted part to the operations that come next."""

from cadcomplete.fitting.extrudes import next_extrudes
from cadcomplete.fitting.finishing import finish
from cadcomplete.fitting.proposals import Proposal
from cadcomplete.fitting.settling import settled
from cadcomplete.fitting.sketches import next_sketches
from cadcomplete.fitting.solids import occupancy
from cadcomplete.fitting.wanted import Wanted, wanted

__all__ = [
    "Proposal",
    "Wanted",
    "finish",
    "next_extrudes",
    "next_sketches",
    "occupancy",
    "settled",
    "wanted",
]
