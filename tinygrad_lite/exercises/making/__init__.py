"""The numbers of an exercise: points, the graph of the cost at each, and its right backward pass."""
