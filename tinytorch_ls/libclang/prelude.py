"""What CUDA C has beyond C++, declared so that a C++ parser takes a `.cu` file."""

from __future__ import annotations

_REAL = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "rsqrt",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "erf",
    "erfc",
    "floor",
    "ceil",
    "trunc",
    "rint",
    "round",
    "fabs",
    "tgamma",
    "lgamma",
]
_TWO = ["pow", "atan2", "fmod", "hypot", "copysign", "fmax", "fmin", "nextafter"]
_FAST = ["exp", "log", "log2", "log10", "sin", "cos", "tan"]
_ATOMIC = ["Add", "Sub", "Max", "Min", "Exch", "And", "Or", "Xor", "Inc", "Dec"]
_VECTORS = {"float": "float", "double": "double", "int": "int", "uint": "unsigned"}


def _vector(name: str, kind: str, count: int) -> str:
    fields = " ".join(f"{kind} {axis};" for axis in "xyzw"[:count])
    given = ", ".join(f"{kind} {axis}" for axis in "xyzw"[:count])
    return f"struct {name}{count} {{ {fields} }}; {name}{count} make_{name}{count}({given});"


def _functions() -> list[str]:
    lines: list[str] = []
    for name in _REAL:
        lines += [f"float {name}f(float);", f"double {name}(double);", f"float {name}(float);"]
        lines.append(f"double {name}(int);")
    for name in _TWO:
        lines += [f"float {name}f(float, float);", f"double {name}(double, double);"]
        lines.append(f"float {name}(float, float);")
    lines += [f"float __{name}f(float);" for name in _FAST]
    lines += ["float __fdividef(float, float);", "float __frcp_rn(float);"]
    lines += ["float fmaf(float, float, float);", "double fma(double, double, double);"]
    for kind in ("int", "unsigned", "long long", "unsigned long long", "float", "double"):
        lines += [f"{kind} max({kind}, {kind});", f"{kind} min({kind}, {kind});"]
    lines += [
        "int abs(int);",
        "float abs(float);",
        "double abs(double);",
        "long long abs(long long);",
    ]
    for kind in ("float", "double"):
        lines += [f"bool isnan({kind});", f"bool isinf({kind});", f"bool isfinite({kind});"]
    return lines


def _warps() -> list[str]:
    lines = ["template <typename T> struct __same { typedef T type; };"]
    lines += [
        f"template <typename T> T __shfl{name}_sync(unsigned, T, int, int = 32);"
        for name in ("", "_up", "_down", "_xor")
    ]
    lines += [
        "unsigned __ballot_sync(unsigned, int);", "int __all_sync(unsigned, int);",
        "int __any_sync(unsigned, int);", "unsigned __activemask();",
        "template <typename T> unsigned __match_any_sync(unsigned, T);",
        "void __syncthreads();", "int __syncthreads_count(int);", "int __syncthreads_and(int);",
        "int __syncthreads_or(int);", "void __syncwarp(unsigned = 0xffffffffu);",
        "void __threadfence();", "void __threadfence_block();", "void __threadfence_system();",
        "int __popc(unsigned);", "int __popcll(unsigned long long);", "int __clz(int);",
        "int __ffs(int);", "unsigned __brev(unsigned);", "int printf(const char*, ...);",
        "template <typename T> T __ldg(const T*);", "void __nanosleep(unsigned);", "void __trap();",
    ]  # fmt: skip
    value = "typename __same<T>::type"
    lines += [f"template <typename T> T atomic{name}(T*, {value});" for name in _ATOMIC]
    lines.append(f"template <typename T> T atomicCAS(T*, {value}, {value});")
    return lines


def prelude() -> str:
    """The text that stands before a `.cu` file."""
    marks = ("global", "device", "shared", "constant", "host")
    lines = [f'#define __{mark}__ __attribute__((annotate("{mark}")))' for mark in marks]
    lines += ["#define __forceinline__ inline", "#define __launch_bounds__(...)"]
    lines += ["#define __noinline__", "#define __managed__"]
    lines.append("#define __align__(bytes) __attribute__((aligned(bytes)))")
    lines += ["typedef unsigned long size_t;", "typedef unsigned uint;"]
    for name, kind in _VECTORS.items():
        lines += [_vector(name, kind, count) for count in (2, 3, 4)]
    lines += ["struct dim3 { unsigned x, y, z; };", "extern const int warpSize;"]
    lines += ["extern const uint3 threadIdx, blockIdx;", "extern const dim3 blockDim, gridDim;"]
    return "\n".join([*lines, *_functions(), *_warps()]) + "\n"
