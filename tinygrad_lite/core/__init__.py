"""What a graph is made of, and the sweep over it; README.md tells the life of `x * w`."""
