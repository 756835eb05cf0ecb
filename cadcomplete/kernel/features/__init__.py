"""What a solid is made of: a base shape, holes, pockets, bosses, roundings.

`find.py` puts it together, `anatomy.py` says what there is to find. `faces.py` reads the solid
once, `outlines.py` names flat shapes, `rounds.py` and `prisms.py` find what is round and what is
straight.
"""
