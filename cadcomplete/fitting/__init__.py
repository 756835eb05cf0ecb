"""Fitting: from the cloud of a wanted part to the operations that come next."""

from cadcomplete.fitting.drawn.extrudes import next_extrudes
from cadcomplete.fitting.drawn.finishing import finish
from cadcomplete.fitting.drawn.proposals import Proposal
from cadcomplete.fitting.drawn.sketches import next_sketches
from cadcomplete.fitting.scan.settling import settled
from cadcomplete.fitting.space.solids import occupancy
from cadcomplete.fitting.space.wanted import Wanted, wanted

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
