"""Data: examples with their labels, split, shuffled, batched and prepared for a network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinytorch
from tinytorch.checks import checked, checked_flags, described
from tinytorch.layers import at_least_one, default_generator
from tinytorch.tensor import Tensor


class Dataset:
    """Anything with a length and an example for each whole number below it. Given."""

    def __len__(self) -> int:
        """The number of examples."""
        raise NotImplementedError(f"{type(self).__name__} has no __len__")

    def __getitem__(self, index: Any) -> Any:
        """The example at `index`; IndexError where there is none."""
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__")


class TensorDataset(Dataset):
    """Tensors whose rows belong together: row 5 of images and row 5 of labels."""

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Tensor) -> None:
        """Keep tensors of one length.

        Raises ValueError if their lengths differ or none came, TypeError for what is no Tensor.
        Given.
        """
        check_tensors("TensorDataset", *tensors)
        check_lengths(tensors)
        self.tensors = tensors

    def __len__(self) -> int:
        """The number of rows."""
        return self.tensors[0].shape[0]

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        """The same row, slice or list of rows of every tensor."""
        return tuple(tensor[index] for tensor in self.tensors)


class Spirals(Dataset):
    """Points on spirals around (0, 0), each made when it is asked for: (point, number of its arm).

    The arms wind `turns` times around the middle. Example i lies on arm i % arms, and its chance
    comes from the seed and i alone: it is the same point whenever it is asked for.
    """

    def __init__(self, length: int, arms: int = 2, turns: float = 1.0, seed: int = 0) -> None:
        """Keep the settings. Raises ValueError for a length or a number of arms below 1. Given."""
        self.length = at_least_one(length, "Spirals: length")
        self.arms = at_least_one(arms, "Spirals: arms")
        self.turns, self.seed = turns, seed

    def __len__(self) -> int:
        """The number of examples. Given."""
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Example `index`: a point (x, y), and its arm. Raises IndexError where there is none."""
        check_place(self, index)
        generator = np.random.default_rng([self.seed, index])
        arm = index % self.arms
        radius = generator.uniform(0, 1)
        angle = 2 * math.pi * (arm / self.arms + self.turns * radius)
        return Tensor([radius * math.cos(angle), radius * math.sin(angle)]), arm


class Subset(Dataset):
    """Some examples of another dataset, as if they were all."""

    dataset: Dataset
    indices: np.ndarray

    def __init__(self, dataset: Dataset, indices: Sequence[int] | np.ndarray) -> None:
        """Show `dataset[indices[0]]` as example 0, and so on. Raises IndexError for one not there.

        The examples stay where they are: nothing is copied. Given.
        """
        check_dataset("Subset", dataset)
        check_dataset("Subset: as indices, it", indices)
        check_indices(dataset, indices)
        self.dataset, self.indices = dataset, np.array(indices, dtype=np.int64)

    def __len__(self) -> int:
        """The number of examples chosen."""
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        """The example that was chosen as number `index`."""
        return self.dataset[self.indices[index]]


def random_split(
    dataset: Dataset, lengths: Sequence[float], generator: np.random.Generator | None = None
) -> list[Subset]:
    """`dataset` dealt out at random, each example to one part, as `torch.utils.data.random_split`.

    lengths: a number of examples for each part, or fractions of which the sum is 1.
    Raises ValueError unless the parts take up the whole dataset.
    """
    counts = split_counts(len(dataset), lengths)
    order = (generator or default_generator).permutation(len(dataset))
    parts: list[Subset] = []
    start = 0
    for count in counts:
        parts.append(Subset(dataset, order[start : start + count]))
        start += count
    return parts


def collate(samples: Sequence[Any]) -> Any:
    """One batch of many samples: [(x0, y0), (x1, y1), ...] becomes (all x, all y).

    Tensors, arrays and numbers are stacked along a new first dimension; whole numbers become
    int64, as labels are. Raises ValueError for no samples, or for lengths or shapes that differ.
    """
    check_samples(samples)
    if isinstance(samples[0], tuple | list):
        return tuple(collate(field) for field in zip(*samples, strict=True))
    return stack(samples)


class DataLoader:
    """Hands out a dataset in batches, once through an epoch, as `torch.utils.data.DataLoader`."""

    @checked_flags
    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        drop_last: bool = False,
        collate_fn: Callable[[Sequence[Any]], Any] = collate,
        generator: np.random.Generator | None = None,
    ) -> None:
        """Keep the settings.

        shuffle: a new order every epoch, drawn from `generator`.
        drop_last: leave out a last batch that is smaller than the others.
        collate_fn: makes a batch of a list of samples; the place to augment them.

        Raises ValueError for an empty dataset or a batch size below 1. Given.
        """
        self.batch_size = at_least_one(batch_size, "DataLoader: batch_size")
        check_dataset("DataLoader", dataset)
        if len(dataset) == 0:
            raise ValueError("DataLoader needs a dataset with at least one example")
        self.dataset, self.shuffle = dataset, shuffle
        self.drop_last, self.collate_fn, self.generator = drop_last, collate_fn, generator

    def __len__(self) -> int:
        """The number of batches in an epoch."""
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + 1 if rest and not self.drop_last else full

    def order(self) -> np.ndarray:
        """The index of every example, in the order of one epoch; new with `shuffle`."""
        if self.shuffle:
            return (self.generator or default_generator).permutation(len(self.dataset))
        return np.arange(len(self.dataset))

    def __iter__(self) -> Iterator[Any]:
        """The batches of one epoch."""
        order = self.order()
        for batch in range(len(self)):
            start = batch * self.batch_size
            indices = order[start : start + self.batch_size]
            yield fetch(self.dataset, indices, self.collate_fn)


@checked
def channel_statistics(images: Tensor) -> tuple[list[float], list[float]]:
    """The mean and the standard deviation of each channel of (batch, channels, height, width).

    Each is over all pixels of all images, floats or bytes, divided by their number.
    Raises ValueError for other dimensions, or for no pixels.
    """
    check_channels(images)
    pixels = images.data
    return pixels.mean((0, 2, 3)).tolist(), pixels.std((0, 2, 3)).tolist()


@checked
def normalize(images: Tensor, mean: Any, std: Any) -> Tensor:
    """(images - mean) / std, as torchvision's `normalize`.

    images: (…, channels, height, width). mean, std: a number, or one number a channel.
    Raises ValueError if a std is not above 0 or there are not as many as channels.
    """
    check_statistics(images, mean, std)
    return (images - per_channel(mean)) / per_channel(std)


@checked
def random_shift(
    images: Tensor, pixels: int, generator: np.random.Generator | None = None
) -> Tensor:
    """Each image moved by its own 0 to `pixels` steps, up or down and left or right; 0 comes in.

    images: (batch, …, height, width); the result has the same shape.
    Raises ValueError if `pixels` is negative or the images have fewer than three dimensions.
    """
    check_image_batch("random_shift", images)
    check_pixels(pixels)
    height, width = images.shape[-2:]
    framed = with_paper(images, pixels)
    corners = (generator or default_generator).integers(0, 2 * pixels + 1, (len(framed), 2))
    shifted = np.empty_like(images.data)
    for index, (top, left) in enumerate(corners):
        shifted[index] = framed[index, ..., top : top + height, left : left + width]
    return Tensor(shifted)


@checked
def random_rotation(
    images: Tensor, degrees: float, generator: np.random.Generator | None = None
) -> Tensor:
    """Each image turned about its centre by its own angle from -degrees to degrees; 0 comes in.

    images: (batch, …, height, width) of floats; the result has the same shape. A pixel of the
    result takes the ink that lies where it came from, between four pixels: bilinear.
    Raises TypeError if the images are not floats, ValueError if they have fewer than three
    dimensions or `degrees` is negative. Given.
    """
    check_image_batch("random_rotation", images)
    if not degrees >= 0:
        raise ValueError(f"random_rotation: degrees must be at least 0, not {degrees}")
    if images.dtype.kind != "f":
        raise TypeError(f"random_rotation needs images of floats, not {images.dtype}")
    *_, height, width = images.shape
    rows, columns = np.indices((height, width), dtype=np.float32)
    rows, columns = rows - (height - 1) / 2, columns - (width - 1) / 2
    angles = (generator or default_generator).uniform(-degrees, degrees, images.shape[0])
    turned = np.empty_like(images.data)
    for index, angle in enumerate(np.radians(angles)):
        from_row = rows * math.cos(angle) + columns * math.sin(angle) + (height - 1) / 2
        from_column = columns * math.cos(angle) - rows * math.sin(angle) + (width - 1) / 2
        turned[index] = bilinear(images.data[index], from_row, from_column)
    return Tensor(turned)


def load_digits() -> TensorDataset:
    """1797 real handwritten digits: images (1797, 1, 8, 8), ink from 0 to 1, and labels (1797,).

    Images are float32, labels int64 from 0 to 9. Source, licence and writers: `digits.txt`. Given.
    """
    with np.load(package_file("digits.npz")) as file:
        images, labels = file["images"], file["labels"]
    ink = images.astype(np.float32) / 16
    return TensorDataset(Tensor(ink.reshape(-1, 1, 8, 8)), Tensor(labels.astype(np.int64)))


def split_counts(total: int, lengths: Sequence[float]) -> list[int]:
    """`lengths` as numbers of examples; what fractions leave over goes one each, in turn. Given."""
    if not isinstance(lengths, Sequence):
        raise TypeError(f"random_split: lengths are a list, not {described(lengths)}")
    if any(length < 0 for length in lengths):
        raise ValueError(f"random_split: lengths must be at least 0, not {list(lengths)}")
    if math.isclose(sum(lengths), 1):
        counts = [math.floor(total * fraction) for fraction in lengths]
        for part in range(total - sum(counts)):
            counts[part % len(counts)] += 1
        return counts
    if sum(lengths) != total or any(length != int(length) for length in lengths):
        raise ValueError(
            f"random_split: lengths {list(lengths)} add up to {sum(lengths)}; the dataset has "
            f"{total}, which whole numbers must add up to, and fractions to 1"
        )
    return [int(length) for length in lengths]


def check_tensors(name: str, *values: Any) -> None:
    """Raises TypeError for the first of `values` that is no Tensor. Given."""
    for value in values:
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} takes tensors, not {described(value)}: Tensor(...) it")


def check_lengths(tensors: Sequence[Tensor]) -> None:
    """Raises ValueError unless there are tensors, all with as many rows. Given."""
    lengths = [tensor.shape[0] if tensor.ndim else None for tensor in tensors]
    if not lengths or None in lengths or len(set(lengths)) > 1:
        shapes = ", ".join(str(tensor.shape) for tensor in tensors) or "no tensors"
        raise ValueError(f"TensorDataset needs tensors of one length, not {shapes}")


def check_indices(dataset: Dataset, indices: Any) -> None:
    """Raises IndexError for the first index that is not in the dataset. Given."""
    for index in indices:
        if not 0 <= index < len(dataset) or index != int(index):
            raise IndexError(f"Subset: index {index} is not in a dataset of {len(dataset)}")


def check_dataset(name: str, value: Any) -> None:
    """Raises TypeError for what has no length or no examples. Given."""
    if not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        raise TypeError(
            f"{name} takes what has a length and can be indexed, not {described(value)}"
        )


def check_image_batch(name: str, images: Tensor) -> None:
    """Raises ValueError unless `images` are (batch, …, height, width). Given."""
    if images.ndim < 3:
        raise ValueError(f"{name} takes (batch, …, height, width), not {images.shape}")


def check_place(dataset: Dataset, index: int) -> None:
    """Raises IndexError, by which a `for` loop knows its end, for an index out of range. Given."""
    if not 0 <= index < len(dataset):
        raise IndexError(f"{type(dataset).__name__} has {len(dataset)} examples, none at {index}")


def check_samples(samples: Sequence[Any]) -> None:
    """Raises ValueError for no samples, or if one has more parts than another. Given."""
    if not samples:
        raise ValueError("collate needs at least one sample")
    if isinstance(samples[0], tuple | list):
        lengths = sorted({len(sample) for sample in samples})
        if len(lengths) > 1:
            raise ValueError(f"collate: one sample has {lengths[0]} parts, another {lengths[-1]}")


def check_channels(images: Tensor) -> None:
    """Raises ValueError unless `images` are (batch, channels, height, width), not empty. Given."""
    if images.ndim != 4 or images.size == 0:
        raise ValueError(
            "channel_statistics takes (batch, channels, height, width) with at least one pixel, "
            f"not {images.shape}"
        )


def check_statistics(images: Tensor, mean: Any, std: Any) -> None:
    """Raises ValueError for a std not above 0, or not one number, or one a channel. Given."""
    for name, value in (("mean", mean), ("std", std)):
        shape = np.shape(value)
        if shape and (images.ndim < 3 or shape != images.shape[-3:-2]):
            raise ValueError(
                f"normalize: {name} has shape {shape}, but images of shape {images.shape} "
                "need one number, or one a channel"
            )
    if not (np.asarray(std) > 0).all():  # nan is not above 0 either
        raise ValueError(f"normalize: std must be above 0, not {np.asarray(std).tolist()}")


def check_pixels(pixels: int) -> None:
    """Raises ValueError for a shift by less than nothing. Given."""
    if pixels < 0:
        raise ValueError(f"random_shift: pixels must be at least 0, not {pixels}")


def per_channel(value: Any) -> Tensor:
    """A number as a tensor; one number a channel in a shape that broadcasts: (C, 1, 1). Given."""
    numbers = np.asarray(value, dtype=np.float32)
    return Tensor(numbers.reshape(-1, 1, 1) if numbers.ndim else numbers)


def with_paper(images: Tensor, pixels: int) -> np.ndarray:
    """The images as an array, with a frame of zeros around each: `pixels` on all sides. Given."""
    return np.pad(images.data, [(0, 0)] * (images.ndim - 2) + [(pixels, pixels)] * 2)


def stack(values: Sequence[Any]) -> Tensor:
    """Values of one shape as one tensor with a new first dimension. Given."""
    arrays = [value.data if isinstance(value, Tensor) else value for value in values]
    shapes = {np.shape(array) for array in arrays}
    if len(shapes) > 1:
        raise ValueError(
            f"collate: shapes {', '.join(map(str, sorted(shapes)))} do not make one batch"
        )
    if hasattr(arrays[0], "dtype"):
        return Tensor(np.stack(arrays))
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in arrays)
    return Tensor(arrays, dtype=np.int64 if whole else None)


def fetch(dataset: Dataset, indices: np.ndarray, collate_fn: Callable[[Sequence[Any]], Any]) -> Any:
    """The batch at `indices`; rows of a TensorDataset in one step, which is faster. Given."""
    if collate_fn is collate and isinstance(dataset, TensorDataset):
        return dataset[indices]
    if isinstance(dataset, Subset):
        return fetch(dataset.dataset, dataset.indices[indices], collate_fn)
    return collate_fn([dataset[index] for index in indices.tolist()])


def bilinear(image: Any, rows: Any, columns: Any) -> Any:
    """`image` (…, height, width) read between its pixels, at `rows` and `columns`. Given."""
    padded = np.pad(image, [(0, 0)] * (image.ndim - 2) + [(1, 2)] * 2)
    height, width = image.shape[-2:]
    rows, columns = (np.clip(p + 1, 0, n + 1) for p, n in ((rows, height), (columns, width)))
    top, left = rows.astype(int), columns.astype(int)
    down, right = rows - top, columns - left
    upper = padded[..., top, left] * (1 - right) + padded[..., top, left + 1] * right
    lower = padded[..., top + 1, left] * (1 - right) + padded[..., top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def package_file(name: str) -> Path:
    """A file that the library ships, wherever a student's own modules come first. Given."""
    return next(file for f in tinytorch.__path__ if (file := Path(f) / name).exists())
