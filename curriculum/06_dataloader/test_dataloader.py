"""Step tests of module 06."""

import math
from itertools import pairwise

import numpy as np

from tinytorch import data
from tinytorch.activations import log_softmax, softmax
from tinytorch.layers import manual_seed
from tinytorch.tensor import Tensor
from tinytorch_ls.gradients import gradients
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


@step("dataset")
def test_the_length_is_the_number_of_rows(expect):
    images = Tensor(np.zeros((5, 3, 4)))
    expect(len(data.TensorDataset(images, Tensor([1, 2, 3, 4, 5])))).equals(
        5, because="(5, 3, 4) are five images of 3 x 4, however many tensors there are"
    )
    expect(len(data.TensorDataset(Tensor([[7.0, 8.0]])))).equals(
        1, because="one tensor of one row is one example"
    )


@step("dataset")
def test_an_example_is_the_same_row_of_each(expect):
    dataset = data.TensorDataset(Tensor([[0.5, 1.0], [2.0, 3.0], [4.0, 5.0]]), Tensor([7, 8, 9]))
    expect(dataset[1]).equals(
        ([2.0, 3.0], 8), because="row 1 of the images and row 1 of the labels"
    )
    expect(dataset[2]).equals(([4.0, 5.0], 9), because="row 2 of both")


@step("dataset")
def test_one_tensor_or_three(expect):
    one, two, three = Tensor([1.0, 2.0]), Tensor([[3, 4], [5, 6]]), Tensor([[[7.0]], [[8.0]]])
    expect(data.TensorDataset(one)[1]).equals((2.0,), because="one tensor gives a tuple of one")
    expect(data.TensorDataset(one, two, three)[0]).equals(
        (1.0, [3, 4], [[7.0]]), because="three tensors give a triple"
    )


@step("dataset")
def test_many_rows_at_once(expect):
    dataset = data.TensorDataset(Tensor([[0.5], [1.5], [2.5], [3.5]]), Tensor([6, 7, 8, 9]))
    expect(dataset[1:3]).equals(([[1.5], [2.5]], [7, 8]), because="a slice is rows 1 and 2 of each")
    expect(dataset[[3, 0, 3]]).equals(
        ([[3.5], [0.5], [3.5]], [9, 6, 9]), because="a list is these rows, in this order"
    )


@step("dataset")
def test_a_row_keeps_its_dtype(expect):
    dataset = data.TensorDataset(
        Tensor(np.array([0.1, 0.2])), Tensor(np.array([200], np.uint8)[[0, 0]])
    )
    expect(dataset[1][0]).equals(0.2, dtype=np.float64, because="float64 stays")
    expect(dataset[1][1]).equals(200, dtype=np.uint8, because="bytes stay bytes")


@step("dataset")
def test_a_loop_over_a_dataset_ends(expect):
    dataset = data.TensorDataset(Tensor([3, 4, 5]))
    expect([row.item() for (row,) in dataset]).equals(
        [3, 4, 5], because="a tensor has no row 3, and its IndexError ends the loop"
    )


def polar(dataset, index):
    """How far example `index` lies from the middle, and its angle in turns."""
    point, _ = dataset[index]
    x, y = point.tolist()
    return math.hypot(x, y), math.atan2(y, x) / (2 * math.pi)


def off_its_arm(dataset, index, arms, turns):
    """How many turns the angle of an example is from where its arm is at its radius."""
    radius, angle = polar(dataset, index)
    return abs((angle - (index % arms) / arms - turns * radius + 0.5) % 1 - 0.5)


def radii(dataset, count):
    return [polar(dataset, index)[0] for index in range(count)]


def agreeing(one, other):
    """In how many places two lists of radii hold the same, to what float32 keeps."""
    return int(np.isclose(one, other, atol=1e-6).sum())


@step("spirals")
def test_an_example_is_a_point_and_its_arm(expect):
    example = data.Spirals(10)[3]
    expect(type(example).__name__).equals("tuple", because="an example is a pair, as a tuple")
    point, arm = example
    expect(arm).equals(1, because="of two arms, odd examples lie on the second")
    expect(point.shape).equals((2,), because="a point has x and y")


@step("spirals")
def test_the_arms_take_turns(expect):
    three = data.Spirals(10, arms=3)
    expect([three[index][1] for index in range(7)]).equals(
        [0, 1, 2, 0, 1, 2, 0], because="example i lies on arm i % 3"
    )
    expect(data.Spirals(10, arms=1)[5][1]).equals(0, because="there is one arm")


@step("spirals")
def test_the_first_arm_is_where_its_radius_says(expect):
    for index in (0, 2, 4):
        expect(off_its_arm(data.Spirals(6, turns=0.25), index, 2, 0.25)).between(
            0, 1e-4, because="at radius r arm 0 has wound on by a quarter of a turn, times r"
        )


@step("spirals")
def test_every_arm_begins_elsewhere(expect):
    dataset = data.Spirals(50, arms=3, turns=0.2)
    expect(max(off_its_arm(dataset, index, 3, 0.2) for index in range(50))).between(
        0, 1e-4, because="arm 1 of three begins a third of a turn further, arm 2 two thirds"
    )


@step("spirals")
def test_arms_wind_round_several_times(expect):
    dataset = data.Spirals(60, arms=4, turns=2.5, seed=8)
    expect(max(off_its_arm(dataset, index, 4, 2.5) for index in range(60))).between(
        0, 1e-4, because="with 2.5 turns the end of an arm has gone round twice and a half"
    )


@step("spirals")
def test_a_radius_is_anything_from_0_to_1(expect):
    found = radii(data.Spirals(400, seed=2), 400)
    expect((min(found) < 0.05, max(found) <= 1.0)).equals(
        (True, True), because="from the middle to the end of the arm"
    )
    expect(sum(found) / 400).between(0.42, 0.58, because="evenly from 0 to 1: the mean is a half")
    expect(sum(radius > 0.9 for radius in found) / 400).between(
        0.04, 0.18, because="a tenth of them lies beyond 0.9"
    )


@step("spirals")
def test_a_seed_gives_the_same_points_again(expect):
    one, two = (radii(data.Spirals(20, seed=3), 20) for _ in range(2))
    expect(agreeing(one, two)).equals(20, because="two datasets of one seed agree in all 20 points")


@step("spirals")
def test_an_example_is_the_same_whenever_it_is_asked_for(expect):
    dataset = data.Spirals(20, seed=3)
    forward = radii(dataset, 20)
    backward = [polar(dataset, index)[0] for index in reversed(range(20))]
    expect(agreeing(forward, backward[::-1])).equals(
        20, because="each of 20 points is the same, whatever was asked for before it"
    )


@step("spirals")
def test_each_seed_gives_points_of_its_own(expect):
    zero, one = radii(data.Spirals(20, seed=0), 20), radii(data.Spirals(20, seed=1), 20)
    expect(agreeing(zero[:1] * 19, zero[1:])).equals(
        0, because="no other example has the radius of example 0"
    )
    expect(agreeing(zero, one)).equals(0, because="another seed draws other points, all 20 of them")
    expect(agreeing(zero[1:], one[:19])).equals(
        0, because="nor are they the points of the first seed, begun one later"
    )


@step("spirals")
def test_a_loop_over_what_is_made_ends(expect):
    expect(len(list(data.Spirals(4)))).equals(
        4, because="the check that was given raises IndexError at 4"
    )


@step("subset")
def test_a_part_counts_its_own(expect):
    expect(len(data.Subset(Counting(9), [7, 1, 4]))).equals(
        3, because="three were chosen, of nine that are there"
    )
    expect(len(data.Subset(Counting(4), []))).equals(0, because="nothing was chosen")


@step("subset")
def test_an_example_of_a_part_is_the_chosen_one(expect):
    part = data.Subset(Counting(9), [7, 1, 4])
    expect(part[0]).equals((7, 70), because="example 0 of the part is number 7 of the whole")
    expect([part[1], part[2]]).equals([(1, 10), (4, 40)], because="then come numbers 1 and 4")


@step("subset")
def test_the_order_of_a_choice_is_kept(expect):
    part = data.Subset(Counting(9), [2, 0, 3, 1, 2])
    expect([part[index][0] for index in range(5)]).equals(
        [2, 0, 3, 1, 2], because="as they were chosen, and one may be chosen twice"
    )
    expect(len(part)).equals(5, because="what is chosen twice counts twice")


@step("subset")
def test_a_part_of_a_part(expect):
    part = data.Subset(data.Subset(Counting(9), [8, 6, 4, 2]), [3, 0])
    expect((len(part), part[0], part[1])).equals(
        (2, (2, 20), (8, 80)), because="place 3 of 8, 6, 4, 2 is 2, and place 0 is 8"
    )


@step("subset")
def test_a_part_takes_lists_where_the_whole_does(expect):
    part = data.Subset(pairs(9), [7, 1, 4, 0])
    expect(part[[3, 0]]).equals(([0, 7], [0, 70]), because="places 3 and 0 hold 0 and 7")
    expect(part[1:3]).equals(([1, 4], [10, 40]), because="and a slice is places 1 and 2")


@step("subset")
def test_only_what_is_asked_for_is_fetched(expect):
    whole = Counting(1000)
    part = data.Subset(whole, range(0, 1000, 2))
    expect(part[5]).equals((10, 100), because="every second one: place 5 is number 10")
    expect(whole.fetched).equals(1, because="one example was asked for")


@step("subset")
def test_a_loop_over_a_part_ends(expect):
    expect(list(data.Subset(pairs(9), [5, 3]))).equals(
        [(5, 50), (3, 30)], because="there is no place 2, and its IndexError ends the loop"
    )


def members(part):
    """The numbers of the examples in a part of `Counting`."""
    return [part[index][0] for index in range(len(part))]


def split_of(count, lengths, generator=None):
    return [members(part) for part in data.random_split(Counting(count), lengths, generator)]


@step("split")
def test_each_part_has_its_length(expect, rng):
    expect([len(part) for part in split_of(10, [7, 3], rng)]).equals(
        [7, 3], because="7 and 3 of ten, in that order"
    )
    expect([len(part) for part in split_of(10, [1, 2, 3, 4], rng)]).equals(
        [1, 2, 3, 4], because="there may be more parts than two"
    )


@step("split")
def test_fractions_lose_nothing(expect, rng):
    expect([len(part) for part in split_of(1797, [0.8, 0.2], rng)]).equals(
        [1438, 359], because="1437.6 and 359.4, and the digit that is left over goes to the first"
    )


@step("split")
def test_each_example_is_in_one_part(expect, rng):
    first, second, third = split_of(20, [9, 6, 5], rng)
    expect(sorted(first + second + third)).equals(
        list(range(20)), because="all of them, and none of them twice"
    )


@step("split")
def test_parts_are_subsets_of_the_dataset(expect, rng):
    whole = Counting(6)
    parts = data.random_split(whole, [4, 2], rng)
    expect((type(parts).__name__, [type(part).__name__ for part in parts])).equals(
        ("list", ["Subset", "Subset"]), because="a list of parts, each a dataset"
    )
    expect((all(part.dataset is whole for part in parts), whole.fetched)).equals(
        (True, 0), because="nothing is copied, and no example has to be looked at"
    )


@step("split")
def test_any_example_may_be_held_out(expect, rng):
    times = np.zeros(5)
    for _ in range(300):
        times[split_of(5, [3, 2], rng)[1]] += 1
    for number in range(5):
        expect(float(times[number]) / 300).between(
            0.27, 0.53, because="2 of 5 are held out, and each as often as any other"
        )


@step("split")
def test_parts_are_in_no_order(expect, rng):
    for part in split_of(60, [30, 30], rng):
        rising = sum(a < b for a, b in pairwise(part))
        expect(rising).between(5, 24, because="at random, about half of 29 neighbours rise")


@step("split")
def test_a_seed_finds_the_same_parts_again(expect):
    def once(seed):
        return split_of(40, [20, 20], np.random.default_rng(seed))

    expect((once(1) == once(1), once(1) == once(2))).equals(
        (True, False), because="a run that goes on must not learn from what it held out"
    )
    generator = np.random.default_rng(1)
    first = split_of(40, [20, 20], generator)
    expect(first == split_of(40, [20, 20], generator)).equals(
        False, because="the generator goes on: a second split is another one"
    )


@step("split")
def test_without_a_generator_the_courses_own_decides(expect):
    manual_seed(4)
    first = split_of(40, [20, 20])
    second = split_of(40, [20, 20])
    manual_seed(4)
    expect((split_of(40, [20, 20]) == first, second == first)).equals(
        (True, False), because="manual_seed begins the default generator anew"
    )


@step("collate")
def test_numbers_become_one_tensor(expect):
    expect(data.collate([1.5, 2.5, 4.0])).equals(
        [1.5, 2.5, 4.0], dtype=np.float32, because="three leaves are stacked"
    )
    expect(data.collate([7])).equals([7], because="a batch of one is a batch")


@step("collate")
def test_images_get_a_batch_dimension(expect):
    expect(data.collate([Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]])])).equals(
        [[[1.0, 2.0]], [[3.0, 4.0]]], because="two images of (1, 2) are a batch of (2, 1, 2)"
    )


@step("collate")
def test_pairs_become_a_pair(expect):
    expect(data.collate([(0, 0.5), (1, 1.5), (2, 2.5)])).equals(
        ([0, 1, 2], [0.5, 1.5, 2.5]), because="all first halves, then all second halves"
    )
    expect(data.collate([(Tensor([0.5, 1.0]), 7), (Tensor([2.0, 3.0]), 8)])).equals(
        ([[0.5, 1.0], [2.0, 3.0]], [7, 8]), because="images in one tensor, labels in another"
    )


@step("collate")
def test_one_field_or_three(expect):
    expect(data.collate([(1,), (2,)])).equals(([1, 2],), because="a tuple of one stays one")
    expect(data.collate([(1, 2, 3), (4, 5, 6)])).equals(
        ([1, 4], [2, 5], [3, 6]), because="two samples of three fields: three tensors of two rows"
    )


@step("collate")
def test_samples_that_are_lists(expect):
    expect(data.collate([[1, 0.5], [2, 1.5]])).equals(
        ([1, 2], [0.5, 1.5]), because="a list has fields as a tuple has, and a batch is a tuple"
    )


@step("collate")
def test_pairs_in_pairs(expect):
    samples = [((1, 2), 3), ((4, 5), 6), ((7, 8), 9)]
    expect(data.collate(samples)).equals(
        (([1, 4, 7], [2, 5, 8]), [3, 6, 9]), because="the first field is a pair, and has fields too"
    )
    expect(data.collate([(([1], 2),), (([3], 4),)])).equals(
        ((([1, 3],), [2, 4]),), because="however deep it goes"
    )


@step("collate")
def test_a_batch_keeps_the_dtype_of_arrays(expect):
    expect(data.collate([(np.array([0.1, 0.2]), 1), (np.array([0.3, 0.4]), 2)])).equals(
        ([[0.1, 0.2], [0.3, 0.4]], [1, 2]), because="float64 stays, and labels are int64"
    )


@step("collate")
def test_samples_that_were_made(expect):
    made = data.Spirals(4)
    points, arms = data.collate([made[index] for index in range(4)])
    expect((points.shape, arms.tolist())).equals(
        ((4, 2), [0, 1, 0, 1]), because="four points in one tensor, four arms in another"
    )


@step("batches")
def test_the_number_of_batches(expect):
    expect([len(data.DataLoader(pairs(8), 4)), len(data.DataLoader(pairs(10), 4))]).equals(
        [2, 3], because="8 are two batches of 4, and 10 are two and a short one"
    )


@step("batches")
def test_what_is_left_over_counts_as_a_batch(expect):
    expect([len(data.DataLoader(pairs(n), 5)) for n in (1, 4, 5, 6, 9, 10, 11)]).equals(
        [1, 1, 1, 2, 2, 2, 3], because="what is left over is a batch, if it is one example or four"
    )


@step("batches")
def test_the_number_of_whole_batches(expect):
    counts = [len(data.DataLoader(pairs(n), 5, drop_last=True)) for n in (1, 4, 5, 6, 9, 10, 11)]
    expect(counts).equals(
        [0, 0, 1, 1, 1, 2, 2], because="a short batch is dropped, a whole one not"
    )


@step("batches")
def test_batches_of_one(expect):
    both = [len(data.DataLoader(pairs(7), 1, drop_last=drop)) for drop in (False, True)]
    expect(both).equals([7, 7], because="seven batches of one, and nothing is left over")


@step("order")
def test_without_shuffle_the_order_is_that_of_the_dataset(expect):
    expect(data.DataLoader(pairs(5), 2).order()).equals(
        np.arange(5), because="an index for each example, not for each batch"
    )
    expect(data.DataLoader(pairs(7), 5, drop_last=True).order()).equals(
        np.arange(7), because="which examples are dropped is not settled here"
    )


@step("order")
def test_shuffled_each_index_is_there_once(expect, rng):
    order = shuffled(30, 4, rng).order()
    expect(sorted(order.tolist())).equals(list(range(30)), because="each of the 30, and once")
    expect((type(order).__name__, order.dtype.kind)).equals(
        ("ndarray", "i"), because="the order is an array of whole numbers"
    )


@step("order")
def test_shuffled_each_call_draws_anew(expect, rng):
    loader = shuffled(50, 4, rng)
    first, second = loader.order(), loader.order()
    expect(same(first, range(50))).between(
        0, 14, because="about 1 of 50 stays in its old place, on average"
    )
    expect(sum(b - a == 1 for a, b in pairwise(first))).between(
        0, 14, because="and about 1 of 49 is still in front of its old neighbour"
    )
    expect(sum(a < b for a, b in pairwise(first))).between(
        8, 41, because="up or down is as likely: about half of 49 neighbours rise"
    )
    expect(same(first, second)).between(
        0, 14, because="and two orders agree in about one place, on average"
    )


@step("order")
def test_any_index_may_come_anywhere(expect, rng):
    loader = shuffled(4, 2, rng)
    orders = np.array([loader.order() for _ in range(300)])
    for place in range(4):
        expect(float((orders[:, place] == 1).mean())).between(
            0.13, 0.38, because="example 1 comes at each of four places in a quarter of the epochs"
        )


@step("order")
def test_a_seed_repeats_the_orders(expect):
    def two(seed):
        loader = shuffled(50, 4, np.random.default_rng(seed))
        return [loader.order().tolist() for _ in range(2)]

    expect((two(1) == two(1), two(1) == two(2))).equals(
        (True, False), because="a loader draws from the generator that it was given"
    )


@step("order")
def test_without_a_generator_orders_come_from_manual_seed(expect):
    loader = data.DataLoader(pairs(50), 4, shuffle=True)
    manual_seed(4)
    first = loader.order().tolist()
    second = loader.order().tolist()
    manual_seed(4)
    expect((loader.order().tolist() == first, second == first)).equals(
        (True, False), because="with no generator of its own it draws from the course's"
    )


@step("order")
def test_an_order_fetches_nothing(expect):
    dataset = Counting(20)
    expect(len(data.DataLoader(dataset, 3, shuffle=True).order())).equals(
        20, because="an index for each example"
    )
    expect(dataset.fetched).equals(0, because="an order is made of numbers; no example is needed")


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


@step("iterate")
def test_examples_that_are_made_are_dealt_out_too(expect):
    loader = data.DataLoader(data.Spirals(5, arms=3), batch_size=2)
    expect([arms.tolist() for _, arms in loader]).equals(
        [[0, 1], [2, 0], [1]], because="a dataset needs a length and examples, and no memory"
    )


@step("statistics")
def test_the_mean_and_spread_of_one_channel(expect):
    expect(data.channel_statistics(Tensor([[[[1.0, 3.0]]], [[[5.0, 7.0]]]]))).equals(
        ([4.0], [2.2360680]),
        because="the squares 9, 1, 1, 9 have the mean 5, and its root is 2.236",
    )


@step("statistics")
def test_each_channel_has_its_own(expect):
    images = Tensor(
        [[[[0.0, 2.0]], [[50.0, 50.0]], [[1.0, 1.0]]], [[[4.0, 6.0]], [[50.0, 90.0]], [[1.0, 9.0]]]]
    )
    expect(data.channel_statistics(images)).equals(
        ([3.0, 60.0, 3.0], [2.2360680, 17.3205081, 3.4641016]),
        because="three channels, each over two images of two pixels",
    )


@step("statistics")
def test_over_both_sides_of_the_images(expect):
    images = Tensor(np.arange(48.0, dtype=np.float32).reshape(2, 2, 3, 4))
    expect(data.channel_statistics(images)).equals(
        ([17.5, 29.5], [12.4866622, 12.4866622]),
        because="channel 0 has 0 to 11 and 24 to 35, channel 1 is 12 more",
    )


@step("statistics")
def test_images_that_differ_in_brightness(expect):
    expect(data.channel_statistics(Tensor([[[[2.0, 2.0]]], [[[8.0, 8.0]]]]))).equals(
        ([5.0], [3.0]), because="in each image nothing spreads, and over both 3 does"
    )


@step("statistics")
def test_large_numbers_close_to_each_other(expect):
    expect(data.channel_statistics(Tensor([[[[8191.0, 8193.0]]]]))).equals(
        ([8192.0], [1.0]),
        because="subtract the mean before you square: 8192² leaves no digits for a difference",
    )


@step("statistics")
def test_the_numbers_are_pythons_own(expect):
    mean, std = data.channel_statistics(Tensor([[[[1.0, 3.0]], [[2.0, 8.0]]]]))
    expect([isinstance(number, float) for number in (*mean, *std)]).equals(
        [True] * 4, because="a settings file takes Python's numbers, and not NumPy's float32"
    )


@step("statistics")
def test_bytes_have_means_with_fractions(expect):
    images = Tensor(np.array([[[[200, 250, 255, 255]]]], np.uint8))
    expect(data.channel_statistics(images)).equals(
        ([240.0], [23.1840462]), rtol=1e-4, because="960 / 4, which no byte can hold on the way"
    )
    expect(images).equals([[[[200, 250, 255, 255]]]], because="the images stay as they are")


@step("normalize")
def test_one_number_for_all(expect):
    expect(data.normalize(Tensor([[[1.0, 3.0], [5.0, 9.0]]]), 3.0, 2.0)).equals(
        [[[-1.0, 0.0], [1.0, 3.0]]], because="3 away, then halved"
    )


@step("normalize")
def test_one_number_for_each_channel(expect):
    images = Tensor([[[0.0, 1.0]], [[10.0, 30.0]]])
    expect(data.normalize(images, [0.5, 20.0], [0.5, 10.0])).equals(
        [[[-1.0, 1.0]], [[-1.0, 1.0]]], because="channel 0 by 0.5 and 0.5, channel 1 by 20 and 10"
    )


@step("normalize")
def test_the_numbers_go_along_the_channels(expect):
    images = Tensor(np.arange(8.0, dtype=np.float32).reshape(1, 2, 2, 2))
    expect(data.normalize(images, [0.0, 4.0], [1.0, 0.5])).equals(
        [[[[0.0, 1.0], [2.0, 3.0]], [[0.0, 2.0], [4.0, 6.0]]]],
        because="there are two channels and two columns, and the channels are meant",
    )


@step("normalize")
def test_dim_images_stay_dim(expect):
    mean, std = 0.5, 0.25
    expect(data.normalize(Tensor([[[0.5, 1.0]]]), mean, std)).equals(
        [[[0.0, 2.0]]], because="an image as the training set has them"
    )
    expect(data.normalize(Tensor([[[0.25, 0.5]]]), mean, std)).equals(
        [[[-1.0, 0.0]]], because="half its ink: measured with the same scale, it is darker"
    )


@step("normalize")
def test_one_image_alone_has_an_answer(expect):
    expect(data.normalize(Tensor([[[7.0]]]), [4.0], [1.5])).equals(
        [[[2.0]]], because="a single pixel has no spread, and needs none"
    )


@step("normalize")
def test_normalize_keeps_the_dtype_and_its_images(expect):
    images = Tensor(np.array([[[0.1, 0.7]]]))
    expect(data.normalize(images, 0.5, 0.5)).equals(
        [[[-0.8, 0.4]]], dtype=np.float64, because="float64 stays"
    )
    expect(images).equals([[[0.1, 0.7]]], because="a new tensor holds the result")
    expect(data.normalize(Tensor([[[3, 5]]]), [1.0], [4.0])).equals(
        [[[0.5, 1.0]]], dtype=np.float32, because="whole numbers give float32"
    )


@step("normalize")
def test_normalize_can_be_differentiated(expect):
    images = Tensor([[[1.0, 2.0]], [[3.0, 4.0]]])
    expect(gradients(lambda x: data.normalize(x, [9.0, 8.0], [0.5, 0.25]), images)).equals(
        [[[[2.0, 4.0]], [[12.0, 16.0]]]],
        because="the places count 1, 2, 3, 4, divided by 0.5 and 0.25; None: it was computed "
        "outside of the tensor's operations",
    )


def dots(count, *shape):
    """Images with a 1 in the middle, and zeros."""
    images = np.zeros((count, *shape), np.float32)
    images[..., shape[-2] // 2, shape[-1] // 2] = 1.0
    return Tensor(images)


def moves(shifted):
    """How far down and to the right the one dot of each image went, from the middle."""
    *_, height, width = shifted.shape
    flat = shifted.data.reshape(len(shifted.data), -1, height, width)[:, 0]
    return [
        (row - height // 2, column - width // 2) for _, row, column in np.argwhere(flat).tolist()
    ]


def by_hand(image, down, right, pixels):
    """`image` (…, height, width) moved by whole steps, with zeros coming in."""
    height, width = image.shape[-2:]
    framed = np.pad(image, [(0, 0)] * (image.ndim - 2) + [(pixels, pixels)] * 2)
    top, left = pixels - down, pixels - right
    return framed[..., top : top + height, left : left + width]


@step("shift")
def test_no_pixels_move_nothing(expect, rng):
    images = Tensor([[[[1.0, 2.0], [3.0, 4.0]]], [[[5.0, 6.0], [7.0, 8.0]]]])
    expect(data.random_shift(images, 0, rng)).equals(
        [[[[1.0, 2.0], [3.0, 4.0]]], [[[5.0, 6.0], [7.0, 8.0]]]],
        because="0 pixels: the same images",
    )


@step("shift")
def test_a_dot_moves_by_up_to_one_pixel(expect, rng):
    found = moves(data.random_shift(dots(40, 1, 5, 7), 1, rng))
    expect(len(found)).equals(40, because="in each of 40 images there is one dot")
    expect((min(min(move) for move in found), max(max(move) for move in found))).equals(
        (-1, 1), because="up, down, left and right by one pixel, and no more"
    )


@step("shift")
def test_each_image_has_its_own_place(expect, rng):
    found = moves(data.random_shift(dots(900, 1, 5, 5), 1, rng))
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            expect(found.count((down, right)) / 900).between(
                0.06, 0.17, because="nine places, each as likely as any other"
            )


@step("shift")
def test_two_pixels_have_twenty_five_places(expect, rng):
    found = moves(data.random_shift(dots(600, 1, 7, 9), 2, rng))
    expect(len(set(found))).equals(25, because="from -2 to 2, in both directions")


@step("shift")
def test_paper_comes_in(expect, rng):
    images = np.arange(1.0, 13.0, dtype=np.float32).reshape(1, 1, 3, 4) * np.ones((30, 1, 1, 1))
    steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    shifted = data.random_shift(Tensor(images), 1, rng).data
    fits = [
        any((by_hand(images[0], *step, 1) == image).all() for step in steps) for image in shifted
    ]
    expect(all(fits)).equals(
        True, because="what leaves is gone, and zeros come in on the other side"
    )


@step("shift")
def test_a_dot_in_the_corner_stays_or_leaves(expect, rng):
    corner = np.zeros((60, 1, 4, 4), np.float32)
    corner[..., 0, 0] = 1.0
    ink = {float(image.sum()) for image in data.random_shift(Tensor(corner), 1, rng).data}
    expect(sorted(ink)).equals(
        [0.0, 1.0], because="a dot in the corner is in the image once, or has left it"
    )


@step("shift")
def test_channels_move_together(expect, rng):
    shifted = data.random_shift(dots(30, 3, 5, 5), 2, rng).data
    expect(bool((shifted == shifted[:, :1]).all())).equals(
        True, because="red, green and blue of an image lie on each other"
    )


@step("shift")
def test_images_without_a_channel(expect, rng):
    shifted = data.random_shift(dots(20, 5, 3), 1, rng)
    expect(shifted.shape).equals((20, 5, 3), because="(batch, height, width) stays as it is")
    expect(float(shifted.data.sum())).equals(20.0, because="and no dot is lost")


@step("shift")
def test_a_shift_keeps_the_dtype_and_its_images(expect, rng):
    images = Tensor(np.full((30, 1, 2, 2), 9))
    shifted = data.random_shift(images, 1, rng)
    expect(str(shifted.dtype)).equals("int64", because="whole numbers stay whole")
    expect(images).equals(
        np.full((30, 1, 2, 2), 9).tolist(), because="next time they are moved from where they were"
    )
    wide = data.random_shift(Tensor(np.full((30, 1, 2, 2), -0.1)), 1, rng)
    expect((str(wide.dtype), float(wide.data.min()))).equals(
        ("float64", -0.1), because="float64 stays, and so does a number below 0"
    )


@step("shift")
def test_a_seed_repeats_the_shifts(expect):
    def once(seed):
        return moves(data.random_shift(dots(50, 1, 7, 7), 2, np.random.default_rng(seed)))

    expect((once(1) == once(1), once(1) == once(2))).equals(
        (True, False), because="all chance comes from the generator"
    )


@step("shift")
def test_without_a_generator_shifts_come_from_manual_seed(expect):
    manual_seed(4)
    first = moves(data.random_shift(dots(50, 1, 7, 7), 2))
    second = moves(data.random_shift(dots(50, 1, 7, 7), 2))
    manual_seed(4)
    again = moves(data.random_shift(dots(50, 1, 7, 7), 2))
    expect((first == again, first == second)).equals(
        (True, False), because="with no generator given the course's own decides"
    )


def everything(dataset):
    """All examples of a dataset as one batch."""
    return next(iter(data.DataLoader(dataset, len(dataset))))


def halves(rng):
    """Training digits, held-out digits, and the mean and spread of the first."""
    train, held_out = data.random_split(data.load_digits(), [0.8, 0.2], rng)
    return train, held_out, data.channel_statistics(everything(train)[0])


def learned(loader, statistics, epochs=5, rate=0.1):
    """What a linear layer with softmax learns: weights, biases, and the loss of each batch."""
    weight, bias, losses = np.zeros((10, 64), np.float32), np.zeros(10, np.float32), []
    for _ in range(epochs):
        for images, labels in loader:
            x = data.normalize(images, *statistics).data.reshape(-1, 64)
            rows, scores = np.arange(len(x)), Tensor(x @ weight.T + bias)
            losses.append(float(-log_softmax(scores, 1).data[rows, labels.data].mean()))
            error = softmax(scores, 1).data.copy()
            error[rows, labels.data] -= 1
            weight -= rate * error.T @ x / len(x)
            bias -= rate * error.mean(0)
    return weight, bias, losses


def read_right(weight, bias, part, statistics):
    """The share of a dataset's digits that such a layer reads right."""
    images, labels = everything(part)
    x = data.normalize(images, *statistics).data.reshape(-1, 64)
    return float(((x @ weight.T + bias).argmax(1) == labels.data).mean())


@step("epoch")
def test_an_epoch_has_every_digit_once(expect, rng):
    train, held_out = data.random_split(data.load_digits(), [0.8, 0.2], rng)
    loaders = [data.DataLoader(part, 32, shuffle=True, generator=rng) for part in (train, held_out)]
    seen = [[labels.data for _, labels in loader] for loader in loaders]
    expect([(len(batches), len(batches[-1])) for batches in seen]).equals(
        [(45, 30), (12, 7)], because="1438 and 359 digits in batches of 32"
    )
    expect(np.bincount(np.concatenate([*seen[0], *seen[1]])).tolist()).equals(
        [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
        because="both parts together hold each of the 1,797 digits once",
    )


@step("epoch")
def test_images_keep_their_labels(expect, rng):
    digits = data.load_digits()
    label_of = dict(
        zip(map(bytes, digits.tensors[0].data), digits.tensors[1].tolist(), strict=True)
    )
    train, _ = data.random_split(digits, [0.8, 0.2], rng)
    loader = data.DataLoader(train, 32, shuffle=True, generator=rng)
    wrong = sum(
        label_of[bytes(image)] != label
        for images, labels in loader
        for image, label in zip(images.data, labels.tolist(), strict=True)
    )
    expect(wrong).equals(0, because="a split and a shuffle tear no pair apart")


@step("epoch")
def test_held_out_digits_on_the_training_sets_scale(expect, rng):
    train, held_out, (mean, std) = halves(rng)
    old = data.channel_statistics(data.normalize(everything(train)[0], mean, std))
    expect((abs(old[0][0]), old[1][0])).equals(
        (0.0, 1.0), atol=1e-4, because="the training digits have mean 0 and spread 1"
    )
    dim = data.normalize(everything(held_out)[0] * 0.5, mean, std)
    expect(data.channel_statistics(dim)[0][0]).between(
        -0.45, -0.36, because="held-out digits at half their ink stay darker: mean -0.41, not 0"
    )


@step("epoch")
def test_shifted_digits_in_a_batch_of_their_own(expect, rng):
    def shifted(samples):
        images, labels = data.collate(samples)
        return data.random_shift(images, 1, rng), labels

    train, _, _ = halves(rng)
    plain = next(iter(data.DataLoader(train, 64)))
    moved = next(iter(data.DataLoader(train, 64, collate_fn=shifted)))
    expect(moved[1].tolist()).equals(plain[1].tolist(), because="a digit that moved is what it was")
    expect(same(map(bytes, moved[0].data), map(bytes, plain[0].data))).between(
        0, 24, because="about a ninth of the images stay where they were: 7 of 64"
    )


@step("epoch")
def test_what_a_shuffle_is_worth(expect, rng):
    train, held_out, statistics = halves(rng)
    in_classes = data.Subset(train, np.argsort(everything(train)[1].data, kind="stable"))
    *one, one_losses = learned(data.DataLoader(in_classes, 32), statistics)
    shuffling = data.DataLoader(in_classes, 32, shuffle=True, generator=rng)
    *two, two_losses = learned(shuffling, statistics)
    expect(read_right(*one, held_out, statistics)).between(
        0.6, 0.87, because="sorted by class, the network has forgotten the first digits by the last"
    )
    expect(read_right(*two, held_out, statistics)).between(
        0.875, 0.995, because="shuffled, each batch looks like the whole"
    )
    expect(max(one_losses[-45:]) / max(two_losses[-45:])).between(
        1.4, 30, because="sorted, the loss jumps where a class begins, still in the fifth epoch"
    )


@step("epoch")
def test_a_mean_of_batches_of_different_lengths(expect):
    numbers = data.TensorDataset(Tensor([0.0] * 9 + [10.0]))
    means = [
        (float(batch.data.mean()), len(batch.data)) for (batch,) in data.DataLoader(numbers, 4)
    ]
    weighed = sum(mean * count for mean, count in means) / len(numbers)
    expect((weighed, sum(mean for mean, _ in means) / 3)).equals(
        (1.0, 5 / 3), because="weighed by their lengths 4, 4, 2 the means give 1; unweighed, 1.67"
    )
