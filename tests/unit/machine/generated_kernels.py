"""Kernels drawn at random, as text: a block's threads compute, share, and wait.

Numbers stay small: the oracle computes with Python's, which never wrap.
"""

from __future__ import annotations

from hypothesis import strategies as st

HEAD = """\
@cuda.jit
def kernel(a, out):
    s = cuda.shared.array(32, np.int64)
    t = cuda.threadIdx.x
    i = cuda.grid(1)
    x = a[i]
    y = t % 3
    s[t] = x
    cuda.syncthreads()
"""
TAIL = "    out[i] = x + 3 * y\n"

names = st.sampled_from(["x", "y", "t", "i", "2", "5"])
numbers = st.recursive(
    names,
    lambda inner: st.builds(
        "({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "&", "^", "|"]), inner
    ),
    max_leaves=4,
)
places = st.sampled_from(["t", "31 - t", "(t + 1) % 32", "t // 2", "0"])
tests = st.builds("{} {} {}".format, names, st.sampled_from(["<", ">", "==", "!="]), names)
simple = st.one_of(
    st.builds("x = {} & 0xFFFF".format, numbers),
    st.builds("y = {} % 7".format, numbers),
    st.builds("x = s[{}] + y".format, places),
    st.builds("s[t] = {} & 0xFFFF".format, numbers),
    st.builds("s[{}] += {}".format, places, names),
    st.builds("cuda.atomic.add(s, {}, {})".format, places, names),
)


def nested(inner: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    """Branches and loops around statements."""
    heads = st.one_of(
        st.builds("if {}:".format, tests),
        st.builds("for k in range({}):".format, st.sampled_from(["2", "y % 3 + 1", "t % 4"])),
    )
    leaving = st.sampled_from([[], ["if x % 3 == 1:", "    break"]])

    def block(head: str, body: list[str], late: list[str]) -> list[str]:
        end = late if head.startswith("for") else []
        return [head, *(f"    {line}" for line in [*body, *end])]

    return st.builds(block, heads, inner, leaving)


def program() -> st.SearchStrategy[str]:
    """A whole kernel; its barriers stand where all threads come by."""
    body = st.recursive(simple.map(lambda line: [line]), nested, max_leaves=3)
    piece = st.one_of(body, body, st.just(["cuda.syncthreads()"]))
    pieces = st.lists(piece, min_size=1, max_size=6)
    return pieces.map(
        lambda found: HEAD + "".join(f"    {line}\n" for each in found for line in each) + TAIL
    )
