"""Statements, hints, solutions and verdicts, for terminals, notebooks and pages."""
