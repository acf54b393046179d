"""Listings: a function and its gradients as NumPy code for people, with closed forms."""

from __future__ import annotations

from tinygrad_lite.listing.writing import source

__all__ = ["source"]
