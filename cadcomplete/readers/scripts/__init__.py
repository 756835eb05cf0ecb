"""Python scripts of build123d and CadQuery that draw sketches and extrude them, read, never run.

A script is parsed with `ast` and walked by an interpreter that knows constants, arithmetic, names,
tuples, lists, loops over them, conditions, its own functions, and the functions that the two
libraries' modules here list: nothing else exists for it, so nothing else can happen. Lengths are
millimetres as they stand.

`values.py` is what an expression can be, `expressions.py` works one out, `machine.py` walks the
statements, `survey.py` names what is not supported; where the walk ends early `stop.py` says what
of, and `ending.py` what had been made. `frames.py`, `shapes.py` and `areas.py` draw, `solids.py` is
what is extruded, `history.py` makes a history of it.
"""
