"""What is said of a kernel's fault, and of what a compiler does not take: the fact, and help."""

from __future__ import annotations

from tinytorch_ls.forms.known import form_of

_HELP = {
    "out of bounds": "A launch has whole blocks, so more threads run than there are elements. Each "
    "access needs a guard that every thread beyond the end fails, such as `if i < out.size:`.",
    "misaligned": "A float4 is read and written at a multiple of 16 bytes: every fourth float.",
    "race": "Where one thread needs what another wrote, `cuda.syncthreads()` stands between the "
    "two. Where many add to one place, `cuda.atomic.add` does it.",
    "race between turns": "Cores take the turns of `prange` at the same time and in any order. Let "
    "each turn write what no other turn touches: rows of the output that are its own.",
    "divergent barrier": "Every thread of a block must come to each `cuda.syncthreads()`. Guard "
    "the loads and the stores, not the barrier, and let no thread return before it.",
    "uninitialised": "Shared and local memory begin with anything. Each place has to be written "
    "before it is read: where there is nothing to load, write 0.",
    "endless loop": "Look whether each turn brings the loop's condition nearer to its end.",
    "launch": "The launch is what stands in the square brackets: `kernel[blocks, threads](...)`.",
    "compiler: name": "A compiled function knows its parameters, its variables and what the file "
    "defines above. Check the spelling.",
    "compiler: function": "What a compiled function calls is compiled too: mark it `@njit`, or for "
    "a kernel `@cuda.jit(device=True)`.",
    "compiler: attribute": "Arrays have `shape`, `size`, `ndim` and `dtype` there, and of a module "
    "numba knows a part.",
    "compiler: call": "Not every function, and not every argument of it, can be compiled: write "
    "it as a loop, or with other functions. The shape of `cuda.shared.array` is a constant.",
    "compiler: index": "Count the indices against the dimensions of the array, and look at what is "
    "stored: it must become one number.",
    "compiler: operator": "Look at what stands on each side of the operator.",
    "compiler: unlike": "A variable has one type in a compiled function: give it the same kind of "
    "value on each path.",
    "compiler: vague": "numba must see of what type things are: an array of a given dtype says it.",
    "compiler: argument": "A compiled function takes arrays and numbers: of a Tensor, hand it "
    "`.data`.",
    "compiler: global": "A compiled function takes arrays and numbers as arguments; of the file "
    "it knows constants and compiled functions.",
    "compiler: float64": "A number with a point is a float64, `math.pi` too, and so is a division "
    "of whole numbers; what they meet becomes one. `np.float32(0.5)` stays in float32, which a GPU "
    "computes many times faster.",
    "compiler: spills": "Fewer variables alive at a time, or a smaller local array, fit into the "
    "registers.",
    "compiler: unsupported": "Inside of a compiled function there are loops, conditions, "
    "arithmetic and indices; the rest of Python stays outside.",
}

_IN_C = {
    "out of bounds": "A launch has whole blocks, so more threads run than there are elements, and "
    "C checks no index. Each access needs a guard that every thread beyond the end fails, such as "
    "`if (i < n)`.",
    "race": "Where one thread needs what another wrote, `__syncthreads();` stands between the two. "
    "Where many add to one place, `atomicAdd` does it.",
    "divergent barrier": "Every thread of a block must come to each `__syncthreads()`. Guard the "
    "loads and the stores, not the barrier, and let no thread return before it.",
    "uninitialised": "A variable, an array and an output begin with anything. Each place has to be "
    "written before it is read: where there is nothing to load, write 0.",
    "launch": "A block has at most 1,024 threads, and its `__shared__` arrays at most 48 KiB.",
    "compiler: name": "A kernel knows its parameters, its variables from their line on, and what "
    "stands above it in the file. Check the spelling.",
    "compiler: unsupported": "Look at the type of each name in this line, and at the end of the "
    "line above.",
}
"""What is otherwise in CUDA C."""


def fault_headline(kind: str, message: str) -> str:
    """The fact in one sentence."""
    if kind.startswith("compiler: "):
        return message
    return f"{kind.capitalize()}: {message}."


def fault_help(kind: str, file: str = "") -> str:
    """The next move in the language of a file; "" where the fact says enough."""
    own = _IN_C if form_of(file).name == "CUDA C" else _HELP
    return own.get(kind) or _HELP.get(kind, "")
