"""Random pairs of typed formulas and the truth about them, found without the product: the judge of `same_formula`."""
