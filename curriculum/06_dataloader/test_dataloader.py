"""Step tests of module 06."""

import numpy as np

from tinytorch import data
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import step


class Counting(data.Dataset):
    """The whole numbers below `length`; counts how many were asked for."""

    def __init__(self, length):
        self.length = length
        self.fetched = 0

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        self.fetched += 1
        return int(index), 10 * int(index)


def pairs(count):
    """Row i is (i, 10 i), so that a pair that is torn apart shows."""
    return data.TensorDataset(Tensor(np.arange(count)), Tensor(10 * np.arange(count)))


def shuffled(count, batch_size, rng, **settings):
    return data.DataLoader(pairs(count), batch_size, shuffle=True, generator=rng, **settings)


def lists(loader):
    """The first half of the pairs of each batch."""
    return [batch[0].tolist() for batch in loader]


def numbers(loader):
    """The first half of all pairs of an epoch, in the order in which they came."""
    return [number for batch in lists(loader) for number in batch]


def same(one, other):
    """In how many places two orders hold the same example."""
    return sum(a == b for a, b in zip(one, other, strict=True))


@step("iterate")
def test_batches_that_come_out_even(expect):
    loader = data.DataLoader(pairs(6), batch_size=3)
    expect(lists(loader)).equals(
        [[0, 1, 2], [3, 4, 5]], because="6 examples are two batches of 3, in the order they have"
    )


@step("iterate")
def test_a_batch_has_both_halves_of_its_pairs(expect):
    (first, second) = list(data.DataLoader(pairs(4), batch_size=2))
    expect(first).equals(([0, 1], [0, 10]), because="a batch of pairs is a pair of batches")
    expect(second).equals(([2, 3], [20, 30]), because="the second batch goes on behind the first")


@step("iterate")
def test_what_is_left_over_is_a_batch(expect):
    loader = data.DataLoader(pairs(10), batch_size=4)
    expect(lists(loader)).equals(
        [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]], because="the two that are left over are a short batch"
    )


@step("iterate")
def test_drop_last_leaves_the_short_batch_out(expect):
    loader = data.DataLoader(pairs(10), batch_size=4, drop_last=True)
    expect(lists(loader)).equals(
        [[0, 1, 2, 3], [4, 5, 6, 7]], because="with drop_last every batch has 4 examples"
    )
    whole = data.DataLoader(pairs(8), batch_size=4, drop_last=True)
    expect(lists(whole)).equals(
        [[0, 1, 2, 3], [4, 5, 6, 7]], because="the last batch of 8 is no short one"
    )


@step("iterate")
def test_a_batch_may_be_larger_than_the_dataset(expect):
    expect(lists(data.DataLoader(pairs(3), batch_size=5))).equals(
        [[0, 1, 2]], because="3 examples are one short batch of 5"
    )
    expect(lists(data.DataLoader(pairs(3), batch_size=5, drop_last=True))).equals(
        [], because="with drop_last no batch of 5 is left"
    )


@step("iterate")
def test_every_loop_begins_anew(expect):
    loader = data.DataLoader(pairs(5), batch_size=2)
    expect(lists(loader)).equals([[0, 1], [2, 3], [4]], because="the first epoch has 5 examples")
    expect(lists(loader)).equals(
        [[0, 1], [2, 3], [4]], because="a second loop is a second epoch, as long as the first"
    )


@step("iterate")
def test_two_loops_at_once(expect):
    loader = data.DataLoader(pairs(5), batch_size=2)
    met = [(one[0].tolist(), two[0].tolist()) for one, two in zip(loader, loader, strict=False)]
    expect(met).equals(
        [([0, 1], [0, 1]), ([2, 3], [2, 3]), ([4], [4])],
        because="two loops over one loader have a place each",
    )


@step("iterate")
def test_a_batch_is_made_when_it_is_asked_for(expect):
    dataset = Counting(1000)
    batches = iter(data.DataLoader(dataset, batch_size=4))
    first = next(batches)
    expect(first).equals(([0, 1, 2, 3], [0, 10, 20, 30]), because="the first batch is 0 to 3")
    expect(dataset.fetched).equals(4, because="one batch of 4 was asked for, so 4 were fetched")


@step("iterate")
def test_the_loaders_own_collate_fn_makes_the_batch(expect):
    loader = data.DataLoader(Counting(5), batch_size=2, collate_fn=lambda samples: list(samples))
    expect(list(loader)).equals(
        [[(0, 0), (1, 10)], [(2, 20), (3, 30)], [(4, 40)]],
        because="this collate_fn leaves the samples of a batch in a list",
    )


@step("iterate")
def test_a_part_of_a_dataset_is_a_dataset(expect):
    part = data.Subset(pairs(9), [7, 1, 4])
    expect(lists(data.DataLoader(part, batch_size=2))).equals(
        [[7, 1], [4]], because="example 0 of this part is number 7"
    )


@step("iterate")
def test_shuffled_every_example_comes_once(expect, rng):
    loader = shuffled(10, 4, rng)
    expect([len(batch) for batch in lists(loader)]).equals(
        [4, 4, 2], because="a new order changes nothing about the sizes"
    )
    expect(sorted(numbers(loader))).equals(
        list(range(10)), because="in every order each of the 10 examples comes once"
    )


@step("iterate")
def test_shuffled_pairs_stay_together(expect, rng):
    for left, right in shuffled(50, 16, rng):
        expect(right).equals(
            [10 * number for number in left.tolist()], because="each number has its own tenfold"
        )


@step("iterate")
def test_shuffled_and_with_drop_last_nothing_comes_twice(expect, rng):
    came = numbers(shuffled(50, 16, rng, drop_last=True))
    expect((len(came), len(set(came)))).equals(
        (48, 48), because="three batches of 16 hold 48 of the 50 examples"
    )


@step("iterate")
def test_each_epoch_has_an_order_of_its_own(expect, rng):
    loader = shuffled(50, 16, rng)
    first, second = numbers(loader), numbers(loader)
    expect(same(first, range(50))).between(
        0, 14, because="a loader that shuffles leaves about 1 example of 50 in its old place"
    )
    expect(same(first, second)).between(
        0, 14, because="of two orders of 50 examples, about 1 place holds the same in both"
    )


@step("iterate")
def test_one_seed_gives_one_row_of_orders(expect, rng):
    seed = int(rng.integers(1000))
    one, other = (shuffled(50, 16, np.random.default_rng(seed)) for _ in range(2))
    expect(numbers(one)).equals(
        numbers(other), because="all chance comes from the loader's generator, so a seed repeats it"
    )
    expect(numbers(one)).equals(numbers(other), because="a seed repeats the second epoch as well")


@step("iterate")
def test_any_two_examples_may_meet_in_a_batch(expect, rng):
    loader = shuffled(10, 5, rng)
    met = sum(any({0, 1} <= set(batch) for batch in lists(loader)) for _ in range(300))
    expect(met / 300).between(
        0.28, 0.61, because="0 and 1 share one of two batches of 5 in 4 of 9 epochs"
    )


@step("iterate")
def test_any_example_may_be_the_first(expect, rng):
    loader = shuffled(3, 2, rng)
    first = [numbers(loader)[0] for _ in range(300)]
    for number in range(3):
        expect(first.count(number) / 300).between(
            0.19, 0.48, because="each of 3 examples is the first in a third of the epochs"
        )
