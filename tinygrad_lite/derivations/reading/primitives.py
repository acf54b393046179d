"""The reader with all index formulas of primitives: importing this file fills the register that it looks into."""

from tinygrad_lite.derivations.reading import places, products
from tinygrad_lite.derivations.reading.reader import Reader, has_formula

__all__ = ["Reader", "has_formula", "places", "products"]
