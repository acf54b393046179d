"""Formulas as they are typed: from text to a tree, and from a tree to a graph."""
