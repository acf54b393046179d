"""Numbers that change in a page: the graph as a flat program, and how JavaScript computes its primitives."""
