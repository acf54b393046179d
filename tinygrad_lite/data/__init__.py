"""Data to train on: digits that come with the package, MNIST, any IDX file, mini-batches."""

from typing import TYPE_CHECKING

from tinygrad_lite.data.datasets import MNIST_MIRRORS, Dataset, batches, digits, mnist
from tinygrad_lite.data.idx import read_idx
from tinygrad_lite.spellings import not_here

__all__ = ["MNIST_MIRRORS", "Dataset", "batches", "digits", "mnist", "read_idx"]


def __dir__() -> list[str]:
    return sorted(__all__)


if not TYPE_CHECKING:  # for a type checker every name would exist
    __getattr__ = not_here(__name__)
