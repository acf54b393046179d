"""Names that other libraries have where we have none: what to write here instead.

Written by hand, for modules, models and optimisers; those of a Tensor are in tensor/hints.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from tinygrad_lite.errors import SpellingError, SpellingImportError, TinygradLiteError
from tinygrad_lite.tensor.hints import Elsewhere

__all__ = ["MODEL", "MODULES", "OPTIMISER", "elsewhere", "not_here", "spelled_otherwise"]

_NO_DEVICE = "leave it out: the values are NumPy arrays in the memory of this machine"
_DRAW = "write tg.Tensor(rng.normal(size=shape)), with rng = np.random.default_rng(seed)"
_RULE = "write the function in NumPy, and its derivative is found; a rule of your own makes a primitive (guide, Add something)"
_BATCHES = "write `for x, y in tg.data.batches(x_train, y_train, 32, np.random.default_rng(0)):`"
_LOGITS = "write tg.log_likelihood_with_logits(z, labels)"
_BINARY = "write tg.cross_entropy_with_logits(z, y), which sums over the outputs"
_SQUARES = "write tg.quadratic_cost(a, y): half of the squares, summed over the outputs, averaged over the examples"
_COMPOSE = "write it as a function of arrays, under @tg.composite to see it as one box"
_MASK = "no layer computes otherwise while it learns: write the mask or the mean in __call__, where it is used"
_OPTIMISER = "derive a class from tg.optim.Optimizer, with direction(i, gradient)"
_IN_LISTS = "write a list or a dict: a Module finds the parameters of what is in it"
_NO_MODES = "there are no modes, because no layer computes otherwise while it learns"
_ATTRIBUTE = "assign it to an attribute: self.name = …"
_IN_BETWEEN = "for what a layer gives, call the layers one after the other: for layer in model.layers"
_PARTS = "the layers of a Sequential are in model.layers, those of a Module in its attributes; print(model.summary()) shows all"

_TOP = {
    **dict.fromkeys(("device", "cuda", "backends"), _NO_DEVICE),
    **dict.fromkeys(("randn", "rand", "randint", "randperm"), _DRAW),
    **dict.fromkeys(("from_numpy", "as_tensor", "Variable"), "write tg.Tensor(array)"),
    **dict.fromkeys(("inference_mode", "set_grad_enabled"), "write `with tg.no_grad():`"),
    **dict.fromkeys(("jacrev", "jacfwd"), "write tg.jacobian(f)"),
    **dict.fromkeys(("custom_vjp", "custom_jvp"), _RULE),
    **dict.fromkeys(("gelu", "silu", "elu"), _COMPOSE),
    **dict.fromkeys(("tree_map", "tree_util"), "gradients are nested as the arguments are: write a comprehension"),
    "enable_grad": "gradients are tracked wherever no tg.no_grad() is around",
    "autograd": f"tg.grad(f) differentiates functions, tg.pull_back Tensors. For a Function {_RULE}",
    "func": "write tg.grad, tg.vmap, tg.jvp … themselves", "numpy": "import numpy as np: its functions work on Tensors",
    "jit": "write tg.compile(f)", "grad_and_value": "write tg.value_and_grad(f), which gives the value first",
    "hessian_vector_product": "write tg.hvp(f, x, v)", "make_vjp": "write tg.vjp(f, x)", "make_jvp": "write tg.jvp(f, x, v)",
    "elementwise_grad": "write tg.vmap(tg.grad(f))", "lax": "loops are Python's, choices np.where; tg.stop_gradient is there",
    "cat": "write np.concatenate(tensors, axis=0)", "mm": "write a @ b", "bmm": "write a @ b", "clamp": "write np.clip(t, low, high)",
    "save": "write model.save(path), or np.savez(path, **arrays)", "load": "write model.load(path), or np.load(path)",
    "manual_seed": "pass a seed to what draws: np.random.default_rng(seed), tg.nn.MLP(…, rng=seed)",
    "set_default_dtype": "pass dtype=np.float32 to layers and Tensors", "utils": _BATCHES,
    "mse_loss": _SQUARES, "nll_loss": "write tg.log_likelihood(a, labels) of probabilities",
    "binary_cross_entropy": "write tg.cross_entropy(a, y)", "binary_cross_entropy_with_logits": _BINARY,
}  # fmt: skip

_NN = {
    name: f"write the function tg.{function} itself, as in Sequential(Linear(2, 3), tg.{function})"
    for name, function in {
        "ReLU": "relu", "LeakyReLU": "leaky_relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softmax": "softmax",
        "LogSoftmax": "log_softmax", "Softplus": "softplus",
    }.items()
} | {
    **dict.fromkeys(("ModuleList", "ModuleDict", "ParameterList", "ParameterDict"), _IN_LISTS),
    **dict.fromkeys(("Dropout", "BatchNorm1d", "BatchNorm2d", "LayerNorm"), _MASK),
    **dict.fromkeys(("Conv1d", "Conv2d", "MaxPool2d", "AvgPool2d", "RNN", "LSTM", "GRU", "MultiheadAttention", "GELU", "SiLU", "ELU"), _COMPOSE),
    "Parameter": "write tg.Tensor(array, requires_grad=True)",
    "Embedding": "write E[ids], with E = tg.Tensor(array, requires_grad=True)",
    "Flatten": "write lambda x: x.reshape(len(x), -1)", "Identity": "write lambda x: x",
    "CrossEntropyLoss": _LOGITS, "NLLLoss": "write tg.log_likelihood(a, labels) of probabilities",
    "BCELoss": "write tg.cross_entropy(a, y), which sums over the outputs", "BCEWithLogitsLoss": _BINARY, "MSELoss": _SQUARES,
    "functional": f"activations and costs are functions of tg itself: tg.relu, tg.softmax; for F.cross_entropy {_LOGITS}",
    "init": "pass init= and rng= to Linear and MLP, or write layer.weight.data = array",
    "utils": "write `for t in model.parameters(): t.grad = t.grad * factor` to clip gradients",
}  # fmt: skip

_OPTIM = {
    **dict.fromkeys(("AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "LBFGS"), _OPTIMISER),
    "lr_scheduler": "write optimiser.lr = … in the loop",
}

_DATA = dict.fromkeys(("DataLoader", "TensorDataset", "random_split"), _BATCHES)

MODULES: Mapping[str, Mapping[str, str]] = {
    "tinygrad_lite": _TOP, "tinygrad_lite.nn": _NN, "tinygrad_lite.optim": _OPTIM, "tinygrad_lite.data": _DATA,
}  # fmt: skip

MODEL = {
    "train": f"{_NO_MODES}. Leave it out",
    "eval": "there are no modes. Leave it out, or write `with tg.no_grad():` around what needs no graph",
    "training": _NO_MODES,
    "forward": "define __call__(self, x), and write model(x)",
    "predict": "write model(x)",
    "fit": "write the loop: optimiser.zero_grad(), cost(model(x), y).backward(), optimiser.step()",
    "count_params": "write model.summary().parameters",
    "requires_grad_": "write `for t in model.parameters(): t.requires_grad = False`",
    **dict.fromkeys(("to", "cuda", "cpu"), _NO_DEVICE),
    **dict.fromkeys(("float", "double", "half"), "pass dtype= to the layers, as in MLP([2, 3, 1], dtype=np.float32)"),
    **dict.fromkeys(("modules", "named_modules", "children", "named_children", "buffers", "apply"), _PARTS),
    **dict.fromkeys(
        ("append", "extend", "insert", "pop"), "the layers of a Sequential are a list: write model.layers.append(layer)"
    ),
    **dict.fromkeys(("register_buffer", "register_parameter", "add_module"), _ATTRIBUTE),
    **dict.fromkeys(("register_forward_hook", "register_full_backward_hook"), _IN_BETWEEN),
}

OPTIMISER = {
    "param_groups": "write optimiser.lr = … for all, and an optimiser for each group that has a rate of its own",
    "add_param_group": "make an optimiser for each group",
}


def elsewhere(owner: type, what: str, names: Mapping[str, str]) -> None:
    """Answer names that the owner does not have. Not written into the class, where type checkers would find them."""
    for name, said in names.items():
        setattr(owner, name, Elsewhere(f"{what} has no .{name}: {said}."))


def not_here(module: str) -> Callable[[str], Any]:
    """A `__getattr__` of a module, which says what to write for a name of another library.

    >>> not_here("tinygrad_lite.nn")("ReLU")
    Traceback (most recent call last):
    tinygrad_lite.errors.SpellingError: tg.nn has no ReLU: write the function tg.relu itself, as in Sequential(Linear(2, 3), tg.relu).
    """

    def __getattr__(name: str) -> Any:
        said = MODULES[module].get(name)
        if said is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise spelled_otherwise(module, name, said, sys._getframe(1))

    return __getattr__


def spelled_otherwise(module: str, name: str, said: str, asking: FrameType) -> TinygradLiteError:
    """The error for a name of another library. asking: the frame of who asks for it.

    hasattr() needs an AttributeError. `from … import` makes an ImportError of it that leaves out what it said, so that
    it gets an ImportError from here. The instruction that the frame is at tells the two apart.
    """
    from opcode import opmap

    imports = asking.f_code.co_code[asking.f_lasti] == opmap["IMPORT_FROM"]
    kind = SpellingImportError if imports else SpellingError
    return kind(f"{module.replace('tinygrad_lite', 'tg', 1)} has no {name}: {said}.")
