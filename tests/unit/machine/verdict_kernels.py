"""Kernels with what must be said of each: right results, or the kind of fault and its line."""

# What numba declares of these names is for its compiler.
# pyright: reportCallIssue=false, reportArgumentType=false, reportOptionalSubscript=false
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false
# pyright: reportGeneralTypeIssues=false

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import cuda, float32, int32
from numba.cuda import atomic, grid, shared, syncthreads, threadIdx

T = 32
TABLE = np.array([1, 2, 3, 4], np.float32)
WRAPPED = (np.arange(4) * 100_000 + 2_147_400_000).astype(np.int32)


@dataclass(frozen=True)
class Case:
    """A launch; `wanted` is what its last argument becomes, `fault` what is said of it."""

    kernel: Any
    grid: Any
    block: Any
    arguments: tuple[Any, ...]
    wanted: Any
    fault: str


CASES: list[Case] = []


def launch(
    blocks: Any, threads: Any, *arguments: Any, wanted: Any = None, fault: str = ""
) -> Callable[[Any], Any]:
    """Register a kernel."""

    def register(kernel: Any) -> Any:
        CASES.append(Case(kernel, blocks, threads, arguments, wanted, fault))
        return kernel

    return register


def row(n: int) -> Any:
    return np.arange(n, dtype=np.float32)


def zeros(*shape: int) -> Any:
    return np.zeros(shape, np.float32)


@launch(1, 8, row(8), zeros(8), wanted=row(8)[::-1] + 1)
@cuda.jit
def names_imported_one_by_one(a, out):
    s = shared.array(8, float32)
    t = threadIdx.x
    s[t] = a[grid(1)]
    syncthreads()
    atomic.add(s, t, 1)
    syncthreads()
    out[t] = s[7 - t]


@launch(1, 4, zeros(4), wanted=TABLE * 2)
@cuda.jit
def arrays_of_the_file(out):
    table = cuda.const.array_like(TABLE)
    i = cuda.grid(1)
    out[i] = table[i] + TABLE[i]


@launch(1, 32, row(32), zeros(32), wanted=row(32)[::-1])
@cuda.jit
def buffers_that_change_places(a, out):
    first, second = cuda.shared.array(T, float32), cuda.shared.array(T, float32)
    t = cuda.threadIdx.x
    old, new = first, second
    old[t] = a[t]
    cuda.syncthreads()
    for _ in range(3):
        new[t] = old[31 - t]
        cuda.syncthreads()
        old, new = new, old
    out[t] = old[t]


@launch(1, 64, row(64), zeros(3), wanted=np.array([32, 1, 0]))
@cuda.jit
def what_a_block_finds_together(a, out):
    t = cuda.threadIdx.x
    count = cuda.syncthreads_count(a[t] < 32)
    some = cuda.syncthreads_or(a[t] == 5)
    every = cuda.syncthreads_and(a[t] == 5)
    if t == 0:
        out[0] = count
        out[1] = 1 if some else 0
        out[2] = every


@launch(4, 32, np.zeros(1, np.int32), np.zeros(1, np.int32), wanted=np.array([4]))
@cuda.jit
def a_lock_that_blocks_wait_for(lock, total):
    if cuda.threadIdx.x == 0:
        while cuda.atomic.cas(lock, 0, 0, 1) != 0:
            pass
        total[0] += 1
        cuda.threadfence()
        cuda.atomic.exch(lock, 0, 0)


@launch(2, 1, np.zeros(2, np.int32), np.zeros(1, np.int32), zeros(1), fault="race")
@cuda.jit
def the_same_order_without_a_fence(partial, arrived, out):
    partial[cuda.blockIdx.x] = 1
    if cuda.atomic.add(arrived, 0, 1) == 1:
        out[0] = partial[0] + partial[1]  # here


@launch(2, 1, np.zeros(2, np.int32), np.zeros(1, np.int32), zeros(1), wanted=np.array([2.0]))
@cuda.jit
def an_order_of_blocks_by_fence_and_atomic(partial, arrived, out):
    partial[cuda.blockIdx.x] = 1
    cuda.threadfence()
    if cuda.atomic.add(arrived, 0, 1) == 1:
        out[0] = partial[0] + partial[1]


@launch(1, 32, row(32), zeros(32), fault="race")
@cuda.jit
def a_missing_barrier_is_no_garbage(a, out):
    s = cuda.shared.array(T, float32)
    t = cuda.threadIdx.x
    out[t] = s[31 - t]
    s[t] = a[t]  # here


@launch(1, 32, row(32), zeros(32), wanted=row(32))
@cuda.jit
def garbage_that_reaches_nobody(a, out):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = a[t]
    cuda.syncthreads()
    best = s[t + 1]
    if best > s[t]:
        best = s[t]
    out[t] = a[t]


@launch(1, 32, row(32), zeros(32), fault="uninitialised")
@cuda.jit
def garbage_that_decides(a, out):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = a[t]
    cuda.syncthreads()
    if s[t + 1] > 0:  # here
        out[t] = 1


@launch(1, 40, zeros(40), wanted=None)
@cuda.jit
def a_lane_that_is_not_there_and_not_used(out):
    t = cuda.threadIdx.x
    v = cuda.shfl_down_sync(0xFFFFFFFF, t, 1)
    if t < 39:
        out[t] = v


@launch(1, 32, zeros(1), fault="endless loop")
@cuda.jit
def a_counter_that_passes_its_end(out):
    i = 10
    while i != 0:  # here
        i -= 3
    out[0] = i


@launch(2, 64, np.zeros(1, np.int32), zeros(1), fault="endless loop")
@cuda.jit
def a_flag_that_nobody_sets(flag, out):
    while cuda.atomic.add(flag, 0, 0) == 0:  # here
        pass
    out[0] = 1


@launch(1, 1, zeros(1), fault="endless loop")
@cuda.jit
def a_range_beyond_all_patience(out):
    for k in range(1 << 40):  # here
        out[0] += k


@launch(1, 32, zeros(32), fault="divergent barrier")
@cuda.jit
def a_barrier_in_turns_that_some_do_not_take(out):
    t = cuda.threadIdx.x
    for _ in range(t % 3 + 1):
        cuda.syncthreads()  # here
        out[t] += 1


@launch(1, 64, row(64), zeros(64), fault="divergent barrier")
@cuda.jit
def a_barrier_in_the_branch_of_a_reduction(a, out):
    s = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    s[t] = a[t]
    cuda.syncthreads()
    half = 32
    while half > 0:
        if t < half:
            s[t] += s[t + half]
            cuda.syncthreads()  # here
        half //= 2
    out[t] = s[0]


@launch(2, 64, np.zeros(1, np.int32), np.zeros(1, np.int32), wanted=np.array([128]))
@cuda.jit
def a_lock_that_all_threads_wait_for(lock, total):
    done = False
    while not done:
        if cuda.atomic.cas(lock, 0, 0, 1) == 0:
            total[0] += 1
            cuda.threadfence()
            cuda.atomic.exch(lock, 0, 0)
            done = True


@launch(1, 32, row(32), zeros(32), fault="race")
@cuda.jit
def halves_that_sync_with_themselves(a, out):
    s = cuda.shared.array(T, float32)
    t = cuda.threadIdx.x
    s[t] = a[t]
    if t < 16:
        cuda.syncwarp(0x0000FFFF)
    else:
        cuda.syncwarp(0xFFFF0000)
    out[t] = s[31 - t]  # here


@launch(1, 8, row(8), zeros(8), wanted=zeros(8))
@cuda.jit
def unlike_types_meet(a, out):
    i = cuda.grid(1)
    value = a[i]
    if value > 3:
        value = 1
    elif value > 1:
        value = 2.5
    for k, v in enumerate(a):
        value += k * v * 0
    for v, w in zip(a, a):  # noqa: B905 - numba's zip takes no keywords
        value += (v - w) * math.exp(v)
    out[i] = value * 0


@launch(1, 4, np.zeros(4, np.int64), wanted=WRAPPED)
@cuda.jit
def whole_numbers_that_wrap(out):
    i = cuda.grid(1)
    out[i] = int32(int32(i) * int32(100000) + int32(2147400000))


@launch(1, 3, np.array([1e30, 1.0, -1.0], "f"), zeros(3), wanted=np.array([np.inf, 1, np.nan]))
@cuda.jit
def float32_overflows_and_has_no_root(a, out):
    i = cuda.grid(1)
    out[i] = math.sqrt(a[i]) * math.sqrt(a[i] * a[i])


@cuda.jit(device=True)
def quotient_and_rest(a, b):
    return a // b, a % b


@cuda.jit(device=True)
def first_beyond(values, limit):
    for k in range(values.size):
        if values[k] > limit:
            return k
    return -1


QUOTIENTS = np.array([1, 2, 3, 4, 5, 6, 7, -1]) + row(8) // 3 + 10 * (row(8) % 3)


@launch(1, 8, row(8), zeros(8), wanted=QUOTIENTS)
@cuda.jit
def device_functions(a, out):
    i = cuda.grid(1)
    q, r = quotient_and_rest(i, 3)
    out[i] = first_beyond(a, a[i]) + q + 10 * r


REFUSED: list[tuple[Any, str]] = []


def heat(values: Any, turns: int) -> Any:
    """Each number but the first and last becomes the mean of its neighbours."""
    for _ in range(turns):
        values = values.copy()
        values[1:-1] = (values[:-2] + values[2:]) / 2
    return values


@launch(40, 32, row(1280) ** 2, zeros(1280), zeros(1280), wanted=heat(row(1280) ** 2, 4))
@cuda.jit
def blocks_that_wait_for_each_other(now, later, out):
    i = cuda.grid(1)
    every = cuda.cg.this_grid()
    for _ in range(2):
        inside = 0 < i < now.size - 1
        later[i] = (now[i - 1] + now[i + 1]) / 2 if inside else now[i]
        every.sync()
        now[i] = (later[i - 1] + later[i + 1]) / 2 if inside else later[i]
        every.sync()
    out[i] = now[i]


@launch(4, 32, zeros(128), zeros(128), fault="race")
@cuda.jit
def blocks_that_do_not_wait(a, out):
    i = cuda.grid(1)
    every = cuda.cg.this_grid()
    a[i] = i
    cuda.syncthreads()
    out[i] = a[127 - i]  # here
    every.sync()


@launch(4, 32, zeros(128), fault="divergent barrier")
@cuda.jit
def a_block_that_the_grid_waits_for(out):
    every = cuda.cg.this_grid()
    if cuda.blockIdx.x < 3:
        every.sync()  # here
    out[cuda.grid(1)] = 1


@launch(3000, 128, zeros(1), fault="launch")
@cuda.jit
def a_grid_too_large_to_wait(out):  # here
    cuda.cg.this_grid().sync()
    out[0] = 1


@launch(1, 64, row(128), zeros(64), fault="race")
@cuda.jit
def a_tile_that_is_filled_again_too_soon(a, out):
    tile = cuda.shared.array(64, float32)
    t = cuda.threadIdx.x
    total = float32(0)
    for k in range(2):
        tile[t] = a[k * 64 + t]
        cuda.syncthreads()
        total += tile[63 - t]  # here
    out[t] = total


@cuda.jit
def two_dynamic_arrays(out):
    numbers = cuda.shared.array(0, np.float32)
    counts = cuda.shared.array(0, np.int32)
    i = cuda.threadIdx.x
    numbers[i] = 1.0
    counts[i + 32] = i
    cuda.syncthreads()
    out[i] = counts[i]  # the bits of 1.0: both begin at the same byte
    out[i + 32] = counts[i + 32]


@launch(1, 32, row(32).astype(np.float16), zeros(32), wanted=np.minimum(row(32) * 2 + 1, 9))
@cuda.jit
def half_precision(x, out):
    i = cuda.threadIdx.x
    found = cuda.fp16.hfma(x[i], np.float16(2.0), np.float16(1.0))
    if cuda.fp16.hgt(found, np.float16(9.0)):
        found = cuda.fp16.hmin(found, np.float16(9.0))
    out[i] = found


@launch(
    1, 32, np.array([5] * 32, np.int32), np.zeros(32, np.int32), wanted=np.full(32, -1, np.int32)
)
@cuda.jit
def lanes_that_all_agree(x, out):
    i = cuda.threadIdx.x
    mask, alike = cuda.match_all_sync(0xFFFFFFFF, x[i])
    other, differ = cuda.match_all_sync(0xFFFFFFFF, i)
    out[i] = mask if alike and not differ and other == 0 else 7


def refused(words: str) -> Callable[[Any], Any]:
    """Register a kernel that numba does not compile, with what is said."""

    def register(kernel: Any) -> Any:
        REFUSED.append((kernel, words))
        return kernel

    return register


@refused("the shape of cuda.shared.array has to be a constant")
@cuda.jit
def a_shape_of_run_time(a):
    s = cuda.shared.array(a.size, float32)  # here
    s[0] = a[0]


@refused("the shape of cuda.local.array has to be a constant")
@cuda.jit
def a_shape_that_changes(a):
    n = 4
    if a[0] > 0:
        n = 8
    s = cuda.local.array(n, float32)  # here
    s[0] = a[0]


@refused("numba has no numpy.sum in kernels")
@cuda.jit
def numpy_s_functions(a):
    a[0] = np.sum(a)  # here


@refused("an array has no `mean`")
@cuda.jit
def methods_of_arrays(a):
    a[0] = a.mean()  # here


@refused("a kernel can't make lists")
@cuda.jit
def a_list(a):
    b = [1, 2]  # here
    a[0] = b[0]


@refused("not with a whole number")
@cuda.jit
def an_index_with_a_fraction(a):
    a[cuda.threadIdx.x / 2] = 1  # here


@refused("cuda.syncthreads is not called without its parentheses")
@cuda.jit
def a_barrier_without_parentheses(a):
    cuda.syncthreads  # noqa: B018 # here
    a[0] = 1


@refused("a kernel can't catch exceptions")
@cuda.jit
def a_try(a):
    try:  # noqa: SIM105 # here
        a[0] = 1
    except ValueError:
        pass


@refused("returns nothing")
@cuda.jit
def a_result(a):
    return a[0]  # here


@refused("the simulator does not have cuda.cg.this_cluster")
@cuda.jit
def what_the_simulator_has_not(a):
    cuda.cg.this_cluster()  # here
    a[0] = 1
