"""The CAD kernel: the only room, with `exporters`, that knows Open CASCADE.

`contain.py` runs it in processes of its own; everything else here runs inside of them. Importing
this package, or `mesh`, `render` and `contain`, does not load the kernel.
"""
