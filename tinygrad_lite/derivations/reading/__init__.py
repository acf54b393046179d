"""From a graph to formulas: which axes are one, how each primitive reads, which values have names."""
