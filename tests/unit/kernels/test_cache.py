"""What has to be fetched: numbers that are not near any more when they are used."""

from __future__ import annotations

import numpy as np

from tinytorch_ls.simulator.cache import Cache


def test_a_number_that_is_near_is_not_fetched_again() -> None:
    cache = Cache(2)
    row = cache.watch(np.arange(3.0))
    assert [row[0], row[1], row[0]] == [0, 1, 0]
    assert cache.fetched == 2


def test_the_one_that_was_used_longest_ago_goes() -> None:
    cache = Cache(2)
    row = cache.watch(np.arange(3.0))
    for index in (0, 1, 0, 2, 0, 1):  # 2 drives 1 away
        row[index] += 1
    assert cache.fetched == 4
    assert row.tolist() == [3, 3, 3]


def test_all_numbers_of_a_slice_are_used_and_arrays_share_the_room() -> None:
    cache = Cache(7)
    a, b = cache.watch(np.ones((2, 3))), cache.watch(np.zeros(3))
    b[:] = a[1]
    assert (cache.fetched, b.tolist()) == (6, [1, 1, 1])
    assert a[:, 0].tolist() == [1, 1]
    assert cache.fetched == 7  # a[1, 0] was there
