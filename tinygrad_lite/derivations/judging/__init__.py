"""Judging typed formulas: whether two are the same, and whether an answer is a gradient."""
