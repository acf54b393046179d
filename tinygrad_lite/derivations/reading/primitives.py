"""All index formulas of primitives: importing this file fills the register that the reader looks into."""

from tinygrad_lite.derivations.normal.elementwise import NoFormula, as_number
from tinygrad_lite.derivations.reading import places, products
from tinygrad_lite.derivations.reading.nodes import one_number
from tinygrad_lite.derivations.reading.reader import FORMULAS, Reader, formula, has_formula

__all__ = ["FORMULAS", "NoFormula", "Reader", "as_number", "formula", "has_formula", "one_number", "places", "products"]
