"""Data to train on: digits that come with the package, MNIST, any IDX file, mini-batches."""

from tinygrad_lite.data.datasets import MNIST_MIRRORS, Dataset, batches, digits, mnist
from tinygrad_lite.data.idx import read_idx

__all__ = ["MNIST_MIRRORS", "Dataset", "batches", "digits", "mnist", "read_idx"]


def __dir__() -> list[str]:
    return sorted(__all__)
