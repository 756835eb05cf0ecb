"""What a part looks like: triangles, polyhedra and pictures. No CAD kernel."""
