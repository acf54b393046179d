"""What answers are compared with: the gradients of the points, found in two other ways."""

from __future__ import annotations

import numpy as np
import pytest

from tests.exercises.hand.costs import MADE, exercise
from tests.exercises.hand.truth import by_differences, by_engine
from tests.helpers.slow import slow
from tinygrad_lite.exercises import PATH

IDS = [*MADE, *(e.id for e in PATH)]
SOME = [*IDS[::6], *slow(*(id for n, id in enumerate(IDS) if n % 6))]


@pytest.mark.parametrize("id", SOME)
def test_the_gradients_of_a_point_are_those_of_the_engine(id: str) -> None:
    own = exercise(id)
    for point in (own.point(0), own.point(5)):
        for step in own.steps:
            np.testing.assert_allclose(point.truth[step], by_engine(point, step), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("id", SOME)
def test_the_gradients_by_parameters_are_quotients_of_differences(id: str) -> None:
    own = exercise(id)
    point = own.point(1)
    for step in set(own.steps) & set(own.parameters) if id != "curvature" and point.result.size == 1 else ():
        np.testing.assert_allclose(point.truth[step], by_differences(own, point, step), rtol=1e-5, atol=1e-8)
