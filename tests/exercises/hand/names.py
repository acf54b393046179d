"""Which keys of the table of slips say what we call a kind."""

from __future__ import annotations

from collections.abc import Mapping

FORGOTTEN = {
    "local derivative forgotten",
    "softmax derivative forgotten",
    "factor left out",
    "gradient of another value",
}
FACTOR = {
    "local derivative forgotten",
    "factor forgotten",
    "factor left out",
    "weights of the logarithms",
    "constant forgotten",
    "gradient of another value",
}
VALUE = {"not differentiated", "argument for derivative", "a value for a gradient"}
HALF = {"only a part of the derivative", "quotient rule", "factor left out"}
ANOTHER_FACTOR = {"another value for a factor", "own factor"}
DIAGONAL = {"softmax without its diagonal", "softmax only the sum", "path forgotten"}
SOFTMAX_SIGNS = {"sign of the sum of softmax", "sign off the diagonal", "quotient rule", "sign of a part"}

KINDS: Mapping[str, set[str]] = {
    "sign": {"sign"},
    "path sign": {"sign of a part", "quotient rule"},
    "slope sign": {"sign inside the derivative", "sign of a part"},
    "log sign": {"sign inside the derivative", "sign of a part"},
    "twice": {"factor 2", "factor 2 of a part", "constant forgotten"},
    "two constants": {"constants forgotten"},
    "half": {"factor 1/2", "factor 1/2 of a part", "exponent not in front"},
    "upstream": {"upstream forgotten", "factor alone", "the Jacobian itself"},
    "path": {"path forgotten", "a number for a parameter", "softmax only the sum", "softmax without the sum"},
    "paths multiplied": {"paths multiplied"},
    "slope forgotten": FORGOTTEN,
    "slope twice": {"local derivative twice"},
    "slope divided": {"local derivative divided by"},
    "slope value": VALUE,
    "slope elsewhere": {"derivative taken elsewhere"},
    "slope other function": {"derivative of another function", "the other side of a kink"},
    "slope half": HALF,
    "square of all": {"square of all"},
    "1/m too much in a part": {"factor of a length of a part"},
    "log base": {"base of the logarithm"},
    "exponent": {"exponent not lowered", "quotient rule"},
    "exponent constant": {"exponent not in front"},
    "log weight": {"weight of a logarithm", *FACTOR},
    "own factor": {"own factor"},
    "factor too much": {"factor too much", "local derivative twice"},
    "another factor": ANOTHER_FACTOR,
    "another output": {"another value for a"},
    "exchanged": {"a and y exchanged"},
    "factor forgotten": {*FACTOR, "quotient rule"},
    "not transposed": {"not transposed"},
    "elementwise product": {"not summed"},
    "not summed": {"not summed"},
    "mean": {"mean for sum", "1/m twice"},
    "sum for mean": {"factor of a length of a part", "1/m forgotten"},
    "axis kept": {"axis kept"},
    "only first": {"only the first"},
    "wrong axis": {"wrong axis", "another length"},
    "every axis": {"wrong axis", "summed too far", "1/m twice"},
    "1/m forgotten": {"1/m forgotten", "constant forgotten"},
    "1/m twice": {"1/m twice", "mean for sum"},
    "softmax element": {"softmax element by element", "the Jacobian itself"},
    "softmax exp": {"softmax as an exponential", "path forgotten", "softmax without the sum"},
    "softmax no diagonal": DIAGONAL,
    "softmax only sum": {"softmax only the sum"},
    "softmax sign of sum": SOFTMAX_SIGNS,
    "softmax without weights": {"sum without weights"},
    "softmax over examples": {"softmax summed over the examples"},
    "softmax jacobian": {"the Jacobian itself"},
    "transposed": {"transposed"},
    "another step": {"gradient of another step", "gradient of another value"},
    "another cost": {"another cost", "gradient of another cost", "gradient of another step"},
    "after update": {"after the update"},
}
