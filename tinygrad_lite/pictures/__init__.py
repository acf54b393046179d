"""Pictures: a graph as a picture, with the chain rule on it.

>>> from tinygrad_lite import Tensor, sigmoid
>>> from tinygrad_lite.pictures import draw
>>> draw(sigmoid(Tensor(0.0, requires_grad=True, name="z")))
<drawing of 2 boxes: .save('x.svg'), .save('x.html'), print(d.text())>
"""

from tinygrad_lite.pictures.comparing import compare
from tinygrad_lite.pictures.curves import Curves, curve, learning_curves
from tinygrad_lite.pictures.drawing import Drawing, draw

__all__ = ["Curves", "Drawing", "compare", "curve", "draw", "learning_curves"]


def __dir__() -> list[str]:
    return sorted(__all__)
