"""Data: pairs that stay together, every example once, seeded orders, splits, and real digits."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import affine_grid, grid_sample

from tinytorch.data import (
    DataLoader,
    Dataset,
    Spirals,
    Subset,
    TensorDataset,
    channel_statistics,
    collate,
    load_digits,
    normalize,
    random_rotation,
    random_shift,
    random_split,
)
from tinytorch.layers import manual_seed
from tinytorch.tensor import Tensor


class Squares(Dataset):
    """(i, i²) for i below `length`: a dataset that makes its examples when asked."""

    def __init__(self, length: int) -> None:
        self.length = length

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < self.length:
            raise IndexError(index)
        return Tensor([float(index)]), int(index) ** 2


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def rows(count: int) -> TensorDataset:
    """Row i is ([i, -i], 10 * i), so that a pair that is torn apart shows."""
    numbers = np.arange(count)
    return TensorDataset(Tensor(np.stack([numbers, -numbers], 1)), Tensor(10 * numbers))


def seen(batches: Any) -> list[int]:
    """The i of each row, after checking that its pair is still its own."""
    found: list[int] = []
    for pairs, tens in batches:
        assert len(pairs.data) == len(tens.data)
        assert (pairs.data[:, 0] * 10 == tens.data).all()
        assert (pairs.data[:, 1] == -pairs.data[:, 0]).all()
        found += pairs.data[:, 0].tolist()
    return found


def test_a_row_of_a_tensor_dataset_is_the_same_row_of_each() -> None:
    pair, ten = rows(5)[3]
    assert (pair.tolist(), ten.item()) == ([3, -3], 30)
    assert len(rows(5)) == 5
    assert rows(5)[[4, 1]][1].tolist() == [40, 10]
    assert sum(1 for _ in rows(4)) == 4  # IndexError ends it


@pytest.mark.parametrize(
    "tensors",
    [(), (Tensor(1.0),), (Tensor([1, 2]), Tensor([1, 2, 3]))],
)
def test_tensors_of_different_lengths_are_no_dataset(tensors: Any) -> None:
    with pytest.raises(ValueError, match="TensorDataset needs tensors of one length"):
        TensorDataset(*tensors)


@settings(max_examples=60)
@given(
    count=st.integers(1, 23),
    batch_size=st.integers(1, 8),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
    wrap=st.sampled_from(["tensors", "subset", "own collate"]),
)
def test_an_epoch_has_every_example_once_in_batches(
    count: int, batch_size: int, shuffle: bool, drop_last: bool, wrap: str
) -> None:
    dataset: Any = rows(count)
    if wrap == "subset":
        dataset = Subset(Subset(rows(count + 3), range(3, count + 3)), range(count))
    own = {"collate_fn": lambda samples: collate(samples)} if wrap == "own collate" else {}
    loader = DataLoader(
        dataset, batch_size, shuffle, drop_last=drop_last, generator=rng(count), **own
    )
    theirs = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.arange(count)), batch_size, drop_last=drop_last
    )
    batches = list(loader)
    assert [len(b[1].data) for b in batches] == [len(b[0]) for b in theirs]
    assert len(loader) == len(theirs) == len(batches)
    first = 3 if wrap == "subset" else 0
    found = seen(batches)
    assert len(set(found)) == len(found)
    assert set(found) <= set(range(first, first + count))
    if not drop_last:
        assert len(found) == count
    if not shuffle:
        assert found == list(range(first, first + len(found)))


def test_each_epoch_has_an_order_of_its_own_and_a_seed_gives_them_all_again() -> None:
    def three(seed: int) -> list[list[int]]:
        loader = DataLoader(rows(50), 7, shuffle=True, generator=rng(seed))
        return [seen(loader) for _ in range(3)]

    first, second, third = three(1)
    assert first != second != third != first
    assert three(1) == [first, second, third]
    assert three(2)[0] != first


def test_without_a_generator_the_order_comes_from_manual_seed() -> None:
    loader = DataLoader(rows(50), 50, shuffle=True)
    manual_seed(3)
    first = seen(loader)
    assert seen(loader) != first
    manual_seed(3)
    assert seen(loader) == first


def test_every_order_is_as_likely_as_any_other() -> None:
    loader = DataLoader(rows(3), 3, shuffle=True, generator=rng(5))
    counts = Counter(tuple(seen(loader)) for _ in range(600))
    assert len(counts) == 6
    expected = 600 / 6
    chi2 = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi2 < 20.5  # the 0.1 % point of chi-square with 5 degrees of freedom


def test_a_dataset_of_ones_own_is_collated() -> None:
    numbers, squares = next(iter(DataLoader(Squares(5), 3)))
    assert (numbers.shape, numbers.dtype) == ((3, 1), np.float32)
    assert (squares.tolist(), squares.dtype) == ([0, 1, 4], np.int64)
    last = list(DataLoader(Squares(5), 3))[-1]
    assert last[1].tolist() == [9, 16]


def test_collate_stacks_what_pytorchs_does() -> None:
    a = rng().normal(size=(3, 2, 4)).astype(np.float32)
    wide = a.astype(np.float64)
    ours = collate([(Tensor(x), i, (wide[i], True)) for i, x in enumerate(a)])
    theirs = torch.utils.data.default_collate(
        [(torch.from_numpy(x), i, (wide[i], True)) for i, x in enumerate(a)]
    )
    flat_ours = (*ours[:2], *ours[2])
    flat_theirs = (*theirs[:2], *theirs[2])
    for mine, their in zip(flat_ours, flat_theirs, strict=True):
        np.testing.assert_array_equal(mine.data, their.numpy())
        assert mine.dtype == their.numpy().dtype


def test_a_dataset_that_is_not_finished_says_what_it_lacks() -> None:
    with pytest.raises(NotImplementedError, match="Dataset has no __len__"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match="Dataset has no __getitem__"):
        Dataset()[0]


@pytest.mark.parametrize(
    ("make", "error", "parts"),
    [
        (lambda: DataLoader(rows(3), 0), ValueError, ["batch_size", "0"]),
        (lambda: DataLoader(Squares(0)), ValueError, ["at least one example"]),
        (lambda: collate([]), ValueError, ["at least one"]),
        (lambda: collate([np.ones(2), np.ones(3)]), ValueError, ["(2,)", "(3,)"]),
        (lambda: Subset(rows(3), [0, 3]), IndexError, ["3"]),
        (lambda: Subset(rows(3), [-1]), IndexError, ["-1"]),
        (lambda: random_split(rows(5), [2, 2]), ValueError, ["[2, 2]", "4", "5"]),
        (lambda: random_split(rows(5), [0.5, 0.4]), ValueError, ["0.9", "5"]),
        (lambda: random_split(rows(5), [7, -2]), ValueError, ["-2"]),
        (lambda: normalize(Tensor(np.ones((1, 2, 2))), 0, 0), ValueError, ["std", "0"]),
        (
            lambda: normalize(Tensor(np.ones((3, 2, 2))), [0, 0], 1),
            ValueError,
            ["mean", "(2,)", "(3, 2, 2)"],
        ),
        (lambda: random_shift(Tensor(np.ones((1, 2, 2))), -1), ValueError, ["-1"]),
        (lambda: Spirals(3)[3], IndexError, ["Spirals", "3"]),
        (lambda: Spirals(0), ValueError, ["Spirals: length", "0"]),
        (lambda: channel_statistics(Tensor(np.ones((2, 2)))), ValueError, ["(2, 2)"]),
        (lambda: channel_statistics(Tensor(np.ones((0, 1, 2, 2)))), ValueError, ["(0, 1, 2, 2)"]),
        (
            lambda: random_rotation(Tensor(np.ones((1, 2, 2), np.int64)), 5),
            TypeError,
            ["int64"],
        ),
    ],
)
def test_errors_name_what_came(make: Any, error: Any, parts: list[str]) -> None:
    with pytest.raises(error) as caught:
        make()
    assert all(part in str(caught.value) for part in parts)


@pytest.mark.filterwarnings("ignore:Length of split")
@settings(max_examples=40)
@given(
    count=st.integers(1, 40),
    lengths=st.sampled_from([[0.8, 0.2], [0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3], [1.0]]),
    seed=st.integers(0, 99),
)
def test_a_split_deals_out_every_example_to_one_part(
    count: int, lengths: list[float], seed: int
) -> None:
    parts = random_split(rows(count), lengths, rng(seed))
    theirs = torch.utils.data.random_split(range(count), lengths)  # type: ignore[arg-type]
    assert [len(part) for part in parts] == [len(part) for part in theirs]
    dealt = [part[i][0].tolist()[0] for part in parts for i in range(len(part))]
    assert sorted(dealt) == list(range(count))
    again = random_split(rows(count), lengths, rng(seed))
    assert [p.indices.tolist() for p in again] == [p.indices.tolist() for p in parts]


def test_a_split_by_numbers_is_at_random() -> None:
    first, second = random_split(rows(100), [60, 40], rng(0))
    assert (len(first), len(second)) == (60, 40)
    assert not np.array_equal(np.sort(first.indices), np.arange(60))
    assert not np.array_equal(first.indices, random_split(rows(100), [60, 40], rng(1))[0].indices)


def test_normalize_takes_a_number_or_one_a_channel() -> None:
    images = rng().normal(5, 2, size=(4, 3, 5, 6)).astype(np.float32)
    mean, std = [1.0, 5.0, -2.0], [0.5, 2.0, 4.0]
    ours = normalize(Tensor(images), mean, std).data
    for channel in range(3):
        expected = (images[:, channel] - mean[channel]) / std[channel]
        np.testing.assert_allclose(ours[:, channel], expected, rtol=1e-6)
    plain = normalize(Tensor(images), float(images.mean()), float(images.std())).data
    assert plain.dtype == np.float32
    assert abs(plain.mean()) < 1e-5
    assert abs(plain.std() - 1) < 1e-5


@settings(max_examples=20)
@given(count=st.integers(1, 5), channels=st.integers(1, 4), seed=st.integers(0, 99))
def test_the_statistics_of_channels_are_pytorchs(count: int, channels: int, seed: int) -> None:
    images = rng(seed).normal(3, 2, size=(count, channels, 5, 4)).astype(np.float32)
    mean, std = channel_statistics(Tensor(images))
    theirs = torch.std_mean(torch.from_numpy(images), (0, 2, 3), correction=0)
    np.testing.assert_allclose(std, theirs[0].numpy(), rtol=1e-5)
    np.testing.assert_allclose(mean, theirs[1].numpy(), rtol=1e-5)
    scaled = normalize(Tensor(images), mean, std)
    np.testing.assert_allclose(channel_statistics(scaled)[0], 0, atol=1e-5)
    np.testing.assert_allclose(channel_statistics(scaled)[1], 1, atol=1e-5)


@settings(max_examples=30)
@given(
    index=st.integers(0, 10**9 - 1),
    arms=st.integers(1, 6),
    turns=st.floats(0, 4),
    seed=st.integers(0, 99),
)
def test_a_point_of_a_spiral_lies_on_its_arm(
    index: int, arms: int, turns: float, seed: int
) -> None:
    dataset = Spirals(10**9, arms, turns, seed)
    point, arm = dataset[index]
    radius = float(np.hypot(*point.data))
    angle = 2 * math.pi * (arm / arms + turns * radius)
    wanted = [radius * math.cos(angle), radius * math.sin(angle)]
    assert arm == index % arms
    assert 0 <= radius <= 1
    np.testing.assert_allclose(point.data, wanted, atol=1e-5)
    assert dataset[index][0].tolist() == point.tolist()


@settings(max_examples=30)
@given(pixels=st.integers(0, 3), seed=st.integers(0, 999))
def test_a_shift_moves_each_image_by_its_own_whole_steps(pixels: int, seed: int) -> None:
    images = rng(seed).uniform(1, 2, size=(6, 2, 5, 7)).astype(np.float32)
    moved = random_shift(Tensor(images), pixels, rng(seed)).data
    assert moved.shape == images.shape
    framed = np.pad(images, [(0, 0), (0, 0), (3, 3), (3, 3)])
    steps = range(-pixels, pixels + 1)
    for image, result in zip(framed, moved, strict=True):
        places = [(d, r) for d in steps for r in steps]
        windows = [image[:, 3 - d : 8 - d, 3 - r : 10 - r] for d, r in places]
        assert sum(np.array_equal(result, window) for window in windows) == 1


def test_shifts_reach_every_direction_and_differ_within_a_batch() -> None:
    images = np.zeros((400, 1, 5, 5), np.float32)
    images[:, :, 2, 2] = 1
    moved = random_shift(Tensor(images), 1, rng(0)).data
    counts = moved.sum(axis=(0, 1))
    assert counts.sum() == 400
    assert (counts[1:4, 1:4] > 20).all()  # 44 are expected


@settings(max_examples=25)
@given(degrees=st.floats(1, 60), seed=st.integers(0, 99), side=st.integers(3, 9))
def test_a_rotation_is_pytorchs_bilinear_one(degrees: float, seed: int, side: int) -> None:
    images = rng(seed).normal(size=(3, 2, side, side)).astype(np.float32)
    turned = random_rotation(Tensor(images), degrees, rng(seed)).data
    angles = np.radians(rng(seed).uniform(-degrees, degrees, 3))
    assert len(set(angles)) == 3
    assert turned.shape == images.shape
    matrices = [[[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0]] for a in angles]
    grid = affine_grid(torch.tensor(matrices), list(images.shape), align_corners=False)
    theirs = grid_sample(torch.from_numpy(images), grid.float(), align_corners=False).numpy()
    np.testing.assert_allclose(turned, theirs, atol=2e-4)


def test_the_digits_are_the_test_set_that_uci_documents() -> None:
    images, labels = load_digits().tensors
    assert (images.shape, images.dtype) == ((1797, 1, 8, 8), np.float32)
    assert (labels.shape, labels.dtype) == ((1797,), np.int64)
    assert np.bincount(labels.data).tolist() == [
        *(178, 182, 177, 183, 181),
        *(182, 181, 179, 174, 180),
    ]
    ink = images.data * 16
    assert (ink == ink.round()).all()
    assert (ink.min(), ink.max()) == (0, 16)
    digest = hashlib.sha256(ink.astype("u1").tobytes() + labels.data.astype("u1").tobytes())
    assert digest.hexdigest() == DIGEST


def test_the_digits_are_found_where_a_students_modules_come_first(tmp_path: Path) -> None:
    package = Path(sys.modules["tinytorch"].__file__ or "").parent
    (tmp_path / "tinytorch").mkdir()
    for name in ("__init__.py", "data.py"):
        (tmp_path / "tinytorch" / name).write_text((package / name).read_text())
    program = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(package.parent)!r}]\n"
        "from tinytorch import data; print(data.__file__, len(data.load_digits()))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.split() == [str(tmp_path / "tinytorch" / "data.py"), "1797"], ran.stderr


DIGEST = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def test_a_split_never_drops_the_fraction_of_an_example() -> None:
    with pytest.raises(ValueError, match=r"\[2.5, 7.5\] add up to 10"):
        random_split(TensorDataset(Tensor(np.arange(10))), [2.5, 7.5])


def test_an_index_that_is_no_whole_number_is_not_rounded() -> None:
    with pytest.raises(IndexError, match=r"index 1\.5 is not in a dataset of 3"):
        Subset(TensorDataset(Tensor(np.arange(3))), [1.5])  # pyright: ignore[reportArgumentType]


def test_arrays_are_no_tensor_dataset() -> None:
    with pytest.raises(TypeError, match="TensorDataset takes tensors, not an ndarray"):
        TensorDataset(np.arange(3))  # pyright: ignore[reportArgumentType]


def test_samples_with_more_and_fewer_parts_are_no_batch() -> None:
    with pytest.raises(ValueError, match="one sample has 1 parts, another 2"):
        collate([(1, 2), (1,)])


@pytest.mark.parametrize("batch_size", [0, 2.5, "2"])
def test_a_batch_size_is_a_whole_number(batch_size: Any) -> None:
    with pytest.raises(ValueError, match="DataLoader: batch_size is a whole number"):
        DataLoader(TensorDataset(Tensor(np.arange(3))), batch_size)


@pytest.mark.parametrize("augment", [random_shift, random_rotation])
def test_augmentation_needs_a_batch_of_images(augment: Any) -> None:
    with pytest.raises(ValueError, match=rf"{augment.__name__} takes .* not \(2, 2\)"):
        augment(Tensor([[1.0, 2.0], [3.0, 4.0]]), 1)


def test_settings_of_augmentation_that_are_no_numbers_above_zero_are_refused() -> None:
    images = Tensor(np.ones((2, 1, 3, 3), np.float32))
    with pytest.raises(ValueError, match="degrees must be at least 0, not -5"):
        random_rotation(images, -5)
    with pytest.raises(ValueError, match="std must be above 0"):
        normalize(images, 0, math.nan)
