"""Recorded functions as flat NumPy programs."""
