"""Random numbers in kernels, as `numba.cuda.random` has them: xoroshiro128+. Given.

Each thread has a state of its own, 2**64 steps of the one sequence away from the next one's.
For the same seed the states and the uniform numbers are numba's to the last bit, the normal ones
to 1e-5: they go through a logarithm and a cosine.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinytorch.kernels.device import cuda

xoroshiro128p_dtype = np.dtype([("s0", np.uint64), ("s1", np.uint64)], align=True)
TWO_PI_FLOAT32, TWO_PI_FLOAT64 = np.float32(2 * math.pi), np.float64(2 * math.pi)
_MASK = 2**64 - 1
_JUMP = 0xD86B048B86AA9922BEAC0467EBA5FACB


def create_xoroshiro128p_states(n: int, seed: int, subsequence_start: int = 0) -> Any:
    """The states of n generators, each 2**64 steps from the one before, for kernels to use."""
    first = _mixed(seed)
    state = first, first
    for _ in range(subsequence_start):
        state = _jumped(*state)
    states = np.empty(n, xoroshiro128p_dtype)
    for i in range(n):
        states[i] = state
        state = _jumped(*state)
    return cuda.to_device(states)


def _mixed(seed: int) -> int:
    """splitmix64: 64 bits without a pattern, from a seed that may be small."""
    z = (seed + 0x9E3779B97F4A7C15) & _MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
    return z ^ z >> 31


def _turned(x: int, k: int) -> int:
    return (x << k | x >> 64 - k) & _MASK


def _jumped(s0: int, s1: int) -> tuple[int, int]:
    """The state 2**64 steps on."""
    far0 = far1 = 0
    for bit in range(128):
        if _JUMP >> bit & 1:
            far0, far1 = far0 ^ s0, far1 ^ s1
        s1 ^= s0
        s0, s1 = _turned(s0, 55) ^ s1 ^ (s1 << 14 & _MASK), _turned(s1, 36)
    return far0, far1


@cuda.jit(device=True)
def rotl(x, k):
    """The bits of x turned left by k."""
    return (x << np.uint32(k)) | (x >> np.uint32(64 - k))


@cuda.jit(device=True)
def xoroshiro128p_next(states, index):
    """64 random bits; the generator goes one step on."""
    s0 = states[index]["s0"]
    s1 = states[index]["s1"]
    result = s0 + s1
    s1 ^= s0
    states[index]["s0"] = rotl(s0, 55) ^ s1 ^ (s1 << np.uint32(14))
    states[index]["s1"] = rotl(s1, 36)
    return result


@cuda.jit(device=True)
def xoroshiro128p_uniform_float64(states, index):
    """A float64 from 0 to less than 1."""
    bits = xoroshiro128p_next(states, index) >> np.uint32(11)
    return bits * (np.float64(1) / (np.uint64(1) << np.uint32(53)))


@cuda.jit(device=True)
def xoroshiro128p_uniform_float32(states, index):
    """A float32 from 0 to 1."""
    return np.float32(xoroshiro128p_uniform_float64(states, index))


@cuda.jit(device=True)
def xoroshiro128p_normal_float32(states, index):
    """A float32 of a normal distribution with mean 0 and deviation 1: Box and Muller's."""
    u1 = xoroshiro128p_uniform_float32(states, index)
    u2 = xoroshiro128p_uniform_float32(states, index)
    return math.sqrt(-np.float32(2.0) * math.log(u1)) * math.cos(TWO_PI_FLOAT32 * u2)


@cuda.jit(device=True)
def xoroshiro128p_normal_float64(states, index):
    """A float64 of that distribution, made of two float32 as numba makes it."""
    u1 = xoroshiro128p_uniform_float32(states, index)
    u2 = xoroshiro128p_uniform_float32(states, index)
    return math.sqrt(-np.float64(2.0) * math.log(u1)) * math.cos(TWO_PI_FLOAT64 * u2)
