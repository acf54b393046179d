"""The exercises that come with the package: a way through the lecture."""

from tinygrad_lite.exercises.path.activations import ACTIVATIONS
from tinygrad_lite.exercises.path.entropy import ENTROPY
from tinygrad_lite.exercises.path.nets import NETS
from tinygrad_lite.exercises.path.neuron import NEURON
from tinygrad_lite.exercises.path.softmax import SOFTMAX

__all__ = ["PATH"]

PATH = (*NEURON, *ENTROPY, *SOFTMAX, *ACTIVATIONS, *NETS)
"""The exercises, in the order of the lecture."""
