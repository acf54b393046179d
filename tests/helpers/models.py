"""A small network, its input, and whether its weights are still the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygrad_lite import nn

X = np.random.default_rng(0).standard_normal((5, 4))


def model(rng: Any = 0, **kwargs: Any) -> nn.MLP:
    return nn.MLP([4, 3, 2], rng=rng, **kwargs)


def unchanged(m: nn.Module, before: dict[str, Any]) -> bool:
    after = m.state_dict()
    return list(after) == list(before) and all(np.array_equal(after[k], before[k]) for k in before)
