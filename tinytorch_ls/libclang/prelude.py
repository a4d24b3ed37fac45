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
    "asinh",
    "acosh",
    "atanh",
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
    "exp10",
    "logb",
    "nearbyint",
    "sinpi",
    "cospi",
    "erfinv",
    "normcdf",
]
_TWO = [
    "pow", "atan2", "fmod", "hypot", "copysign", "fmax", "fmin", "nextafter", "fdim", "remainder",
    "rhypot",
]  # fmt: skip
_FAST = ["exp", "exp10", "log", "log2", "log10", "sin", "cos", "tan"]
_ATOMIC = ["Add", "Sub", "Max", "Min", "Exch", "And", "Or", "Xor", "Inc", "Dec"]
_VECTORS = {
    "float": "float", "double": "double", "int": "int", "uint": "unsigned", "char": "signed char",
    "uchar": "unsigned char", "short": "short", "ushort": "unsigned short", "long": "long",
    "ulong": "unsigned long", "longlong": "long long", "ulonglong": "unsigned long long",
}  # fmt: skip
_ORDERED = [
    "int", "unsigned", "long", "unsigned long", "long long", "unsigned long long", "float",
    "double",
]  # fmt: skip
_OF_TWO_KINDS = [
    (one, two, kind)
    for pair, kind in {
        ("int", "unsigned"): "unsigned",
        ("long", "unsigned long"): "unsigned long",
        ("long long", "unsigned long long"): "unsigned long long",
        ("float", "double"): "double",
    }.items()
    for one, two in (pair, pair[::-1])
]
"""Which `max` and `min` there are: as NVRTC has them."""
_RARE = {
    "int {}(int, int)": "__mulhi __mul24 __hadd __rhadd",
    "unsigned {}(unsigned, unsigned)": "__umulhi __umul24 __uhadd __urhadd __vadd2 __vadd4 __vsub2"
    " __vsub4 __vmaxs2 __vmins2 __vmaxu4 __vminu4",
    "long long {}(long long, long long)": "__mul64hi",
    "unsigned long long {}(unsigned long long, unsigned long long)": "__umul64hi",
    "unsigned {}(unsigned, unsigned, unsigned)": "__byte_perm __funnelshift_l __funnelshift_r"
    " __funnelshift_lc __funnelshift_rc __usad",
    "int {}(int, int, int)": "__dp4a",
    "unsigned {}(int, int, unsigned)": "__sad",
    "long long {}(long long)": "llabs",
    "long {}(long)": "labs abs",
    "long {}(float)": "lrintf lroundf",
    "long {}(double)": "lrint lround",
    "long long {}(float)": "llrintf llroundf __float2ll_rn __float2ll_rz",
    "int {}(double)": "__double2int_rn __double2int_rz __double2hiint __double2loint",
    "float {}(double)": "__double2float_rn __double2float_rz",
    "float {}(long long)": "__ll2float_rn __ll2float_rz",
    "float {}(float, int)": "ldexpf scalbnf ldexp scalbn",
    "double {}(double, int)": "ldexp scalbn",
    "int {}(long long)": "__clzll __ffsll",
    "unsigned long long {}(unsigned long long)": "__brevll",
    "int {}(float)": "ilogbf __float_as_int __float2int_rn __float2int_rz __float2int_ru"
    " __float2int_rd",
    "unsigned {}(float)": "__float_as_uint __float2uint_rn __float2uint_rz",
    "float {}(int)": "__int_as_float __int2float_rn __int2float_rz",
    "float {}(unsigned)": "__uint_as_float __uint2float_rn __uint2float_rz",
    "long long {}(double)": "__double_as_longlong __double2ll_rn __double2ll_rz",
    "double {}(long long)": "__longlong_as_double __ll2double_rn",
    "float {}(float)": "__saturatef __frsqrt_rn tanpif erfcinvf",
    "float {}(float, float)": "__fadd_rz __fadd_ru __fadd_rd __fmul_rz __fmul_ru __fmul_rd"
    " fdividef",
    "float {}(float, float, float)": "norm3df",
    "double {}(double, double)": "__dadd_rn __dmul_rn __ddiv_rn",
    "double {}(double, double, double)": "__fma_rn",
    "void {}(float, float*, float*)": "sincosf __sincosf sincospif",
    "long long {}()": "clock64",
    "long {}()": "clock",
    "template <typename T> T {}(const T*)": "__ldcg __ldca __ldcs __ldcv __ldlu",
    "template <typename T> void {}(T*, T)": "__stwb __stcg __stcs __stwt",
}
"""Known; of most the simulator can say no more than that it does not run them."""


def _vector(name: str, kind: str, count: int) -> str:
    fields = " ".join(f"{kind} {axis};" for axis in "xyzw"[:count])
    given = ", ".join(f"{kind} {axis}" for axis in "xyzw"[:count])
    size = f"{count} * sizeof({kind})"
    align = f"alignas({size} < 16 ? {size} : 16) " if count in (2, 4) else ""
    made = f"{name}{count} make_{name}{count}({given});"
    return f"struct {align}{name}{count} {{ {fields} }}; {made}"


def _functions() -> list[str]:
    lines: list[str] = []
    for name in _REAL:
        lines += [f"float {name}f(float);", f"double {name}(double);", f"float {name}(float);"]
        lines.append(f"double {name}(int);")
    for name in _TWO:
        lines += [f"float {name}f(float, float);", f"double {name}(double, double);"]
        lines.append(f"float {name}(float, float);")
    lines += [f"float __{name}f(float);" for name in _FAST]
    lines += ["float __fdividef(float, float);", "float __powf(float, float);"]
    lines += ["float __frcp_rn(float);", "float __fsqrt_rn(float);"]
    lines += [f"float __f{name}_rn(float, float);" for name in ("add", "sub", "mul", "div")]
    lines += ["float __fmaf_rn(float, float, float);"]
    lines += [f"{kind.format(name)};" for kind, names in _RARE.items() for name in names.split()]
    lines.append("unsigned __dp4a(unsigned, unsigned, unsigned);")
    lines += [f"float {name}(float, float, float);" for name in ("fmaf", "fma")]
    lines += ["double fma(double, double, double);"]
    for name in ("max", "min"):
        lines += [f"{kind} {name}({kind}, {kind});" for kind in _ORDERED]
        lines += [f"{kind} {name}({one}, {two});" for one, two, kind in _OF_TWO_KINDS]
    lines += [
        "int abs(int);",
        "float abs(float);",
        "double abs(double);",
        "long long abs(long long);",
    ]
    for kind in ("float", "double"):
        lines += [f"bool isnan({kind});", f"bool isinf({kind});", f"bool isfinite({kind});"]
        lines.append(f"bool signbit({kind});")
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
        "template <typename T> unsigned __match_all_sync(unsigned, T, int*);",
        *(f"{kind} __reduce_{name}_sync(unsigned, {kind});"
          for kind in ("int", "unsigned") for name in ("add", "min", "max")),
        *(f"unsigned __reduce_{name}_sync(unsigned, unsigned);" for name in ("and", "or", "xor")),
        "void __syncthreads();", "int __syncthreads_count(int);", "int __syncthreads_and(int);",
        "int __syncthreads_or(int);", "void __syncwarp(unsigned = 0xffffffffu);",
        "void __threadfence();", "void __threadfence_block();", "void __threadfence_system();",
        "int __popc(unsigned);", "int __popcll(unsigned long long);", "int __clz(int);",
        "int __ffs(int);", "unsigned __brev(unsigned);", "int printf(const char*, ...);",
        "void assert(bool);", "typedef long clock_t;", "void sincos(double, double*, double*);",
        "template <typename T> T __ldg(const T*);", "void __nanosleep(unsigned);", "void __trap();",
        *(f"void* {name}(void*, const void*, size_t);" for name in ("memcpy", "memmove")),
        "void* memset(void*, int, size_t);",
    ]  # fmt: skip
    value = "typename __same<T>::type"
    for scope in ("", "_block", "_system"):
        lines += [f"template <typename T> T atomic{name}{scope}(T*, {value});" for name in _ATOMIC]
        lines.append(f"template <typename T> T atomicCAS{scope}(T*, {value}, {value});")
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
        lines += [_vector(name, kind, count) for count in (1, 2, 3, 4)]
    lines += ["struct dim3 { unsigned x, y, z; };", "extern const int warpSize;"]
    lines += ["extern const uint3 threadIdx, blockIdx;", "extern const dim3 blockDim, gridDim;"]
    return "\n".join([*lines, *_functions(), *_warps()]) + "\n"
