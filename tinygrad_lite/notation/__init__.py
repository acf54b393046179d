"""Formulas as they are written, for every reader: Unicode, LaTeX, MathML."""
