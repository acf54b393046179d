"""Keywords that other libraries have where we have none: what to write here instead.

Written by hand, by the name of the function as users write it. Names are in spellings.py and hints.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, cast

from tinygrad_lite.errors import UnsupportedError

__all__ = ["KEYWORDS", "METHOD", "answering", "refuse_others", "refused"]

F = TypeVar("F", bound=Callable[..., Any])

_NO_DEVICE = "leave it out: the values are NumPy arrays in the memory of this machine"
_LEAVE_OUT = "leave it out: there is nothing to choose"
_ONE_LIST = "write the sizes of all layers as one list: tg.nn.MLP([2, 3, 1])"
_OWN = "derive a class from tg.optim.Optimizer, with direction(i, gradient)"
_SUMMED = "a cost sums over the outputs and averages over the examples; a factor changes that, and tg.vmap gives it for each example"
_WEIGHTED = "write the weighted sum in NumPy: its gradient is found"
_UNPACK = "all comes at once: x_train, y_train, x_test, y_test = tg.data.mnist()"
_NONE = "leave it out: zero_grad() always sets the gradients to None"


def _first(parameter: str) -> dict[str, str]:
    """What other libraries call the first parameter."""
    return dict.fromkeys(("input", "x", "logits", "tensor"), f"write {parameter}=, or give it first, without a name")


def _functions(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "write f=, or give it first, without a name")


METHOD = {
    "dim": "write axis=", "keepdim": "write keepdims=", "unbiased": "write ddof=",
    "input": "leave it out: the Tensor stands before the dot",
}  # fmt: skip
"""Keywords of a Tensor's methods that are NumPy's functions."""

_ALONG = {**_first("z"), "dim": "write axis=", "dtype": "write z.astype(dtype)"}
_ELEMENTWISE = {**_first("z"), "inplace": "leave it out: a graph needs the old values"}
_COST = {
    **_first("a"), **dict.fromkeys(("target", "targets", "labels", "y_true"), "write y="), "y_pred": "write a=",
    **dict.fromkeys(("reduction", "reduce", "size_average"), _SUMMED),
    **dict.fromkeys(("weight", "pos_weight", "class_weights", "sample_weight"), _WEIGHTED),
    "from_logits": "write tg.cross_entropy_with_logits(z, y), or tg.log_likelihood_with_logits(z, y)",
    "label_smoothing": "write -np.sum(t * tg.log_softmax(z)) / m, with t = (1 - s) * tg.one_hot(y, n) + s / n",
    "ignore_index": "leave the rows out: z[keep] and y[keep]",
}  # fmt: skip
_LOGITS = {**_COST, **_first("z"), "y_pred": "write z="}
_TRANSFORM = {
    **_functions("fun", "func", "function"), "argnum": "write argnums=", "inputs": "call what it gives, as in tg.grad(f)(x)",
    "holomorphic": "leave it out: derivatives are those of real functions",
    "allow_int": "leave it out: make the numbers floats, 3.0 for 3",
    "create_graph": "leave it out: derivatives nest, as in tg.jacobian(tg.grad(f))",
    **dict.fromkeys(("vectorize", "strategy", "chunk_size", "allow_unused", "strict"), _LEAVE_OUT),
}  # fmt: skip
_OPTIMISER = {
    "params": "write parameters=, or give them first, without a name",
    **dict.fromkeys(("learning_rate", "eta", "step_size"), "write lr="),
    "maximize": "take steps on the negative: (-objective).backward()", "amsgrad": _OWN, "nesterov": _OWN, "dampening": _OWN,
    "decay": "write weight_decay=",
    **dict.fromkeys(("foreach", "fused", "capturable", "differentiable"), _LEAVE_OUT),
}  # fmt: skip
_LAYER = {
    "device": _NO_DEVICE, "in_features": "write n_in=", "out_features": "write n_out=", "use_bias": "write bias=",
    **dict.fromkeys(("seed", "random_state", "key"), "write rng=, with a seed or a generator"),
    "activation": "write it after the layer: tg.nn.Sequential(tg.nn.Linear(2, 3), tg.relu)",
}  # fmt: skip

KEYWORDS: Mapping[str, Mapping[str, str]] = {
    "tg.Tensor": {
        "device": _NO_DEVICE, "pin_memory": _NO_DEVICE, "copy": "leave it out: a Tensor has always its own copy",
        "label": "write name=", "trainable": "write requires_grad=",
    },
    "t.backward": {
        "retain_graph": "leave it out: a graph is kept as long as its result, and backward() may be called again",
        "inputs": "write tg.pull_back([loss], [1.0], inputs)",
    },
    "t.flatten": {name: "write t.reshape(len(t), -1)" for name in ("start_dim", "end_dim")},
    **dict.fromkeys(("tg.sigmoid", "tg.tanh", "tg.relu"), _ELEMENTWISE),
    "tg.leaky_relu": {**_ELEMENTWISE, **dict.fromkeys(("negative_slope", "alpha"), "write slope=")},
    "tg.softplus": {**_ELEMENTWISE, "beta": "write tg.softplus(beta * z) / beta", "threshold": "leave it out: no z is too large"},
    "tg.softmax": _ALONG, "tg.log_softmax": _ALONG, "tg.logsumexp": {**_ALONG, "keepdim": "write keepdims="},
    **dict.fromkeys(("tg.quadratic_cost", "tg.cross_entropy", "tg.log_likelihood"), _COST),
    **dict.fromkeys(("tg.cross_entropy_with_logits", "tg.log_likelihood_with_logits"), _LOGITS),
    "tg.one_hot": {"num_classes": "write classes=", "depth": "write classes=", "tensor": "write y=", "labels": "write y="},
    **dict.fromkeys(("tg.grad", "tg.value_and_grad", "tg.jacobian", "tg.hessian"), _TRANSFORM),
    "tg.vmap": {
        "in_dims": "write in_axes=", "out_dims": "write out_axes=", **_functions("fun", "func", "function"),
        **dict.fromkeys(("axis_name", "axis_size", "chunk_size", "randomness"), _LEAVE_OUT),
    },
    "tg.compile": {
        **dict.fromkeys(("mode", "backend", "fullgraph", "dynamic", "options", "inline"), _LEAVE_OUT),
        **dict.fromkeys(("static_argnums", "static_argnames"), "leave it out: what is neither an array nor a float counts with its value"),
        **dict.fromkeys(("donate_argnums", "device"), _NO_DEVICE),
    },
    "tg.draw": {"rankdir": "write direction=", "format": "the ending says it: tg.draw(C).save('graph.svg')", "params": "write t.name = …"},
    "tg.nn.Linear": _LAYER,
    "tg.nn.MLP": {
        **dict.fromkeys(("hidden", "hidden_sizes", "hidden_layer_sizes", "layers", "layer_sizes", "input_size"), _ONE_LIST),
        **{name: _LAYER[name] for name in ("device", "seed", "random_state", "key")},
    },
    "tg.nn.Sequential": {"layers": "write the layers one after the other: tg.nn.Sequential(a, b)"},
    "tg.nn.l2": {**dict.fromkeys(("lam", "lmbda", "weight_decay", "alpha", "l"), "write strength="), "params": "write parameters="},
    "model.zero_grad": {"set_to_none": _NONE},
    "model.load_state_dict": {
        "strict": "all keys must fit: {**model.state_dict(), **state} adds those that are missing",
        "assign": "leave it out: the values are copied",
    },
    "model.summary": dict.fromkeys(("input_size", "input_shape"), "give an example of the inputs: model.summary(np.zeros((1, 4)))"),
    "optimiser.zero_grad": {"set_to_none": _NONE},
    "tg.optim.SGD": {**_OPTIMISER, "betas": "write momentum=", "eps": "leave it out: there is no quotient"},
    "tg.optim.Adam": {
        **_OPTIMISER, "epsilon": "write eps=",
        **dict.fromkeys(("momentum", "b1", "b2", "beta1", "beta2", "beta_1", "beta_2"), "write betas=(0.9, 0.999)"),
    },
    "tg.data.batches": {
        "batch_size": "write size=", "generator": "write rng=", "random": "write shuffle=",
        **dict.fromkeys(("seed", "random_state"), "make rng = np.random.default_rng(seed) once, before the epochs, and write rng=rng"),
        **dict.fromkeys(("num_workers", "pin_memory", "collate_fn", "sampler"), "leave it out: rows are taken from arrays"),
    },
    "tg.data.mnist": {
        **dict.fromkeys(("root", "data_dir", "path", "data_home"), "write directory="), "train": _UNPACK, "split": _UNPACK,
        "download": "leave it out: what is not there is downloaded once",
        "transform": "compute with the arrays that it gives", "flatten": "write x.reshape(-1, 28, 28) for pictures",
    },
    "tg.data.digits": {"random_state": "write seed=", "return_X_y": _UNPACK.replace("mnist", "digits")},
}  # fmt: skip


def refused(what: str, given: Iterable[str], known: Mapping[str, str] | None = None) -> UnsupportedError:
    """The error for keywords that a function does not take.

    known: the keywords of other libraries, by default those of KEYWORDS.

    >>> print(refused("tg.vmap", ["in_dims"]))
    tg.vmap takes no in_dims=; write in_axes=.
    """
    table = KEYWORDS.get(what, {}) if known is None else known
    said = [f"{name}=; {table[name]}." for name in given if name in table]
    return UnsupportedError(
        f"{what} takes no {' It takes no '.join(said)}"
        if said
        else f"{what} takes no {', '.join(f'{name}=' for name in given)}. See help({what}) for its keywords."
    )


def refuse_others(what: str, given: Mapping[str, Any]) -> None:
    """Raise UnsupportedError where a keyword of another library is given."""
    if what in KEYWORDS and not KEYWORDS[what].keys().isdisjoint(given):
        raise refused(what, given)


def answering(what: str) -> Callable[[F], F]:
    """A function that answers keywords of other libraries. what: as users write it, a key of KEYWORDS.

    Python itself refuses a keyword before the function runs, so that another one has to stand before it. That costs a call:
    backward() and zero_grad(), which run in every step of a training, take the keyword instead and refuse it themselves.
    """

    def answered(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs:
                refuse_others(what, kwargs)
            return function(*args, **kwargs)

        return cast(F, call)

    return answered
