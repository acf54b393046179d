"""What to write instead: NumPy functions that have no meaning on Tensors, and names that other libraries use.

Written by hand. Whoever gives a NumPy function a meaning takes its line out of here.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite.errors import SpellingError

__all__ = ["HINTS", "IN_PLACE", "NAMES", "Elsewhere", "instead_of"]

_COMPLEX = "complex numbers are outside of this engine, whose derivatives are those of real functions"
_STRINGS = "a Tensor holds real numbers, no text; str(t) and t.tolist() give what to print"
_WRITES = "it writes into an array, and a graph needs the old values: use np.where(mask, new, t), or np.stack of a list"
_PLACES = "it gives places or counts, which have no derivative"
_BITS = "it works on the bits of numbers or on integers, which has no derivative"
_FILES = "it makes text or a file, where no gradient can go; a model has .save(path)"
_POLYNOMIALS = "write the polynomial out: c[0] + c[1] * x + c[2] * x**2"
_STEPS = "write 10.0 ** np.linspace(start, stop, n), or np.exp of np.linspace between the logarithms"
_ROWS = "call the function on the rows and np.stack the results, or give it an axis"
_PERIODS = "write t - 2 * np.pi * k, with k from t.detach()"

_GROUPS = {
    _COMPLEX: "sort_complex roots poly linalg.eig linalg.eigvals",
    _WRITES: "copyto place put put_along_axis putmask fill_diagonal",
    _PLACES: "histogram histogram2d histogramdd histogram_bin_edges lexsort ravel_multi_index unravel_index ix_ "
    "diag_indices_from tril_indices_from triu_indices_from intersect1d setdiff1d setxor1d union1d unique_all "
    "unique_counts unique_inverse unique_values",
    _BITS: "bitwise_count ldexp frexp nextafter spacing packbits unpackbits",
    _FILES: "array2string array_repr array_str save savetxt savez savez_compressed datetime_as_string",
    _POLYNOMIALS: "polyadd polysub polymul polydiv polyder polyint polyfit",
    _STEPS: "logspace geomspace",
    _ROWS: "apply_along_axis apply_over_axes",
    _PERIODS: "unwrap",
}  # fmt: skip

_ONE_BY_ONE = {
    "cbrt": "np.sign(t) * np.abs(t) ** (1 / 3)",
    "astype": "t.astype(dtype)",
    "bincount": "tg.one_hot(places, n).T @ weights for sums of weights; counts have no derivative",
}  # fmt: skip

# Functions that are not reached by one name in `np`: a whole module has one reason.
_MODULES = {
    "np.fft.": _COMPLEX,
    "np.lib.scimath.": _COMPLEX,
    "np.emath.": _COMPLEX,
    "np.strings.": _STRINGS,
    "np.char.": _STRINGS,
}

HINTS = {f"np.{name}": reason for reason, names in _GROUPS.items() for name in names.split()} | {
    f"np.{name}": f"write {spelling}" for name, spelling in _ONE_BY_ONE.items()
}

# They write into their first argument.
IN_PLACE = {getattr(np, name) for name in _GROUPS[_WRITES].split()}


def instead_of(name: str) -> str:
    """What to write in the place of a NumPy function, or why it is not there.

    >>> instead_of("np.fft.rfft")
    'complex numbers are outside of this engine, whose derivatives are those of real functions'
    """
    for module, reason in _MODULES.items():
        if name.startswith(module):
            return reason
    if name.endswith(".at"):
        return _WRITES
    return HINTS.get(name, "compose it of functions in tg.supported()")


# --- names after a dot -----------------------------------------------------------------------------------------------

_NUMPY = "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square sin cos tan sinh cosh arctan sign floor ceil maximum minimum isnan"
_FUNCTIONS = "relu leaky_relu sigmoid tanh softmax log_softmax softplus logsumexp one_hot"
_CHANGES = "add_ sub_ mul_ div_ copy_ fill_ clamp_ fill put itemset assign at setflags"
_LEAVE_OUT = "leave it out: the values are a NumPy array in the memory of this machine"

NAMES: dict[str, str] = {
    **{name: f"write np.{name}(t)" for name in _NUMPY.split()},
    **{name: f"write tg.{name}(t)" for name in _FUNCTIONS.split()},
    **dict.fromkeys(_CHANGES.split(), "a graph needs the old values: write np.where(mask, new, t), or for a leaf t.data = new"),
    **dict.fromkeys(("cpu", "cuda", "contiguous", "realize"), _LEAVE_OUT),
    **dict.fromkeys(("real", "imag"), _COMPLEX),
    **dict.fromkeys(("matmul", "mm", "bmm", "mv"), "write t @ other"),
    **dict.fromkeys(("numel", "nelement", "element_size"), "write t.size, without brackets"),
    **dict.fromkeys(("device", "is_cuda"), _LEAVE_OUT), **dict.fromkeys(("scatter", "scatter_", "index_add_"), _WRITES),
    **dict.fromkeys(("new_zeros", "new_ones", "new_tensor"), "write np.zeros(shape), np.ones(shape) or tg.Tensor(data)"),
    "rsqrt": "write 1 / np.sqrt(t)", "abs": "write abs(t) or np.abs(t)", "pow": "write t ** n",
    "softmax": "write tg.softmax(t, axis=-1)", "log_softmax": "write tg.log_softmax(t, axis=-1)",
    "one_hot": "write tg.one_hot(labels, classes)",
    "add": "write t + other", "sub": "write t - other", "mul": "write t * other", "div": "write t / other",
    "neg": "write -t", "reciprocal": "write 1 / t", "eq": "write t == other", "gt": "write t > other",
    "lt": "write t < other", "to": f"write t.astype(dtype) for another dtype; for a device {_LEAVE_OUT}",
    "float": "write t.astype(np.float32), or t.item() for a number", "double": "write t.astype(np.float64)",
    "half": "write t.astype(np.float16)", "long": "write t.astype(int)", "int": "write t.astype(int)",
    "type": "write t.dtype, or t.astype(dtype)", "view": "write t.reshape(shape)", "view_as": "write t.reshape(other.shape)",
    "unsqueeze": "write np.expand_dims(t, axis), or t[:, None]", "permute": "write t.transpose(axes)",
    "t": "write t.T", "mT": "write np.matrix_transpose(t)", "expand": "write np.broadcast_to(t, shape)",
    "dim": "write t.ndim, without brackets", "flat": "write t.ravel()", "clone": "write t.copy()",
    "chunk": "write np.array_split(t, n, axis=0)", "split": "write np.split(t, n, axis=0)",
    "gather": "write np.take_along_axis(t, index, axis)", "index_select": "write np.take(t, index, axis)",
    "masked_fill": "write np.where(mask, value, t)", "masked_select": "write t[mask]", "norm": "write np.linalg.norm(t)",
    "clamp": "write np.clip(t, low, high)",
    "requires_grad_": "write t.requires_grad = True", "detach_": "write t = t.detach()",
    "zero_": "write t.zero_grad() to forget a gradient, model.zero_grad() or optimizer.zero_grad() for all of them",
    "grad_fn": "write t.primitive, the operation that made t, and t.inputs, what it was made from",
    "is_leaf": "write t.primitive is None",
    "register_hook": "write t.retain_grad() before backward(), and read t.grad after it",
}  # fmt: skip


class Elsewhere:
    """A name that other libraries use, in the place of an attribute: asking for it says what to write here.

    Python's way for missing names, __getattr__, is not used: a class that has it finds all its attributes more slowly,
    and one operation on small arrays took a fifth longer.
    """

    def __init__(self, said: str) -> None:
        self.said = said

    def __get__(self, instance: object, owner: type) -> Any:
        raise SpellingError(self.said)
