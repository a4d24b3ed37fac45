"""CUDA C, construct by construct: what a few lines compute, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinytorch.kernels.source import SourceKernel
from tinytorch_ls.machine.refused import UnsupportedError
from tinytorch_ls.machine.report import Report
from tinytorch_ls.simulator.simulate import in_lockstep

pytest.importorskip("clang.cindex")
X = np.arange(1, 65, dtype=np.float32)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """A body with what stands before it, run by 64 threads; gives `out` and the report."""

    def call(body: str, before: str = "", n: int = 7) -> tuple[Any, Report]:
        file, out = tmp_path / "language.cu", np.zeros(64, np.float32)
        head = "__global__ void k(const float* x, float* out, int n) {\n    int i = threadIdx.x;\n"
        file.write_text(f"{before}\n{head}    {body}\n}}\n", encoding="utf-8")
        kernel = SourceKernel(file, "k")
        report = in_lockstep(kernel, 1, 64, (X, out, n), dynamic_shared=1024)
        return out, report

    return call


SUM_OF_WARPS = """\
__device__ float total(float v) {
    static __shared__ float s[2];
    for (int by = 16; by > 0; by /= 2) v += __shfl_xor_sync(~0u, v, by);
    if (threadIdx.x % 32 == 0) s[threadIdx.x / 32] = v;
    __syncthreads();
    return s[0] + s[1];
}
"""


def test_shared_memory_of_a_function_is_one_wherever_it_is_called(run: Any) -> None:
    _, report = run("out[i] = total(x[i]) + total(2 * x[i]);", SUM_OF_WARPS)
    assert {fault.kind for fault in report.faults} == {"race"}
    ordered = "float a = total(x[i]); __syncthreads(); out[i] = a + total(2 * x[i]);"
    out, report = run(ordered, SUM_OF_WARPS)
    assert report.faults == ()
    assert (out == 3 * X.sum()).all()


def test_calls_that_a_macro_brings_to_one_place_are_apart(run: Any) -> None:
    before = "__device__ float up(float v) { return v + 1; }\n#define UP(v) up(v)\n"
    out, _ = run("out[i] = UP(5) / UP(1) + UP(UP(2));", before)
    assert (out == 7).all()


@pytest.mark.parametrize(
    ("text", "double"),
    [
        ("fma(x[i], 2, 1.0f)", False),
        ("float(-0.8) + x[i]", False),
        ("x[i] > 0.5 ? 1.0f : 2.0f", False),
        ("x[i] > 0.1 ? 1.0f : 2.0f", True),
        ("x[i] * 2.0", True),
        ("pow(x[i], 2)", False),
        ("max(x[i], 1.0)", True),
    ],
)
def test_what_is_computed_in_double_precision(run: Any, text: str, double: bool) -> None:
    _, report = run(f"out[i] = {text};")
    assert report.precision == ("double" if double else "single")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("max(n, 8u) + min(3, -4)", 8 - 4),
        ("0xffffffffffffffffull >> 60", 15),
        ("__mulhi(1 << 30, -16) + (int)__umul64hi(1ull << 63, 6ull)", -1),
        ("__mul24(-3, 5) + (int)__umul24(0xff000003u, 5u)", 0),
        ("lrintf(2.5f) + llroundf(2.5f)", 5),
        ("fdimf(3, 1) + exp10f(2) + ldexpf(1.5f, 3) + sinpif(0.5f) + __saturatef(7)", 116),
        ("asinhf(0.0f) + acoshf(1.0f) + atanhf(0.0f)", 0),
    ],
)
def test_functions_of_whole_and_real_numbers(run: Any, text: str, wanted: float) -> None:
    out, _ = run(f"out[i] = {text};")
    assert (out == wanted).all()


def test_sine_and_cosine_at_once(run: Any) -> None:
    out, _ = run("float s, c; sincosf(x[i], &s, &c); out[i] = s * s + c * c;")
    np.testing.assert_allclose(out, 1, rtol=1e-6)


def test_an_assert_that_does_not_hold_stops_the_kernel(run: Any) -> None:
    run("assert(n > 0); out[i] = 1;")
    with pytest.raises(AssertionError, match="what `assert` says"):
        run("assert(i < n); out[i] = 1;")


BY_SWAPS = """\
__device__ void add(float* sum, float v) {
    int* bits = (int*)sum;
    int old = *bits, assumed;
    do {
        assumed = old;
        old = atomicCAS(bits, assumed, __float_as_int(v + __int_as_float(assumed)));
    } while (assumed != old);
}
"""


def test_a_read_that_a_swap_checks_is_no_race(run: Any) -> None:
    out, report = run("add(out, x[i]);", BY_SWAPS)
    assert report.faults == ()
    assert out[0] == X.sum()


@pytest.mark.parametrize(
    "body", ["add(out, x[i]); out[1 + i] = out[0];", "if (i == 40) out[0] = 1; add(out, x[i]);"]
)
def test_other_reads_and_writes_beside_swaps_are_races(run: Any, body: str) -> None:
    _, report = run(body.replace("out[1 + i]", "if (i < 63) out[1 + i]"), BY_SWAPS)
    assert {fault.kind for fault in report.faults} == {"race"}


VECTORS = """\
struct Body { float4 at; float3 v; char kind; };
union Bits { float f; unsigned u; unsigned char b[4]; };
struct Mixed { char c; short s; int i; double d; float f[3]; };
struct Point { float x, y; };
"""


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("float4* v = (float4*)out; if (i < 16) v[i].y = v[i].x + 3;", [0, 3, 0, 0] * 16),
        ("__shared__ float4 s[64]; s[i].w = 2; s[i].x = 1; out[i] = s[i].w;", 2),
        ("float4 r[2] = {{1, 2, 3, 4}}; r[1] = r[0]; r[1].x += 1; out[i] = r[1].x + r[0].w;", 6),
        ("float3 v = {1, 2}; out[i] = v.y + v.z;", 2),
        ("float a[2][3] = {{1, 2, 3}, {4, 5}}; out[i] = a[1][1] + a[1][2] + a[0][2];", 8),
        ("Point p[2] = {{1, 2}, {3}}; out[i] = p[0].y + p[1].x + p[1].y;", 5),
        (
            "__shared__ Body b[64]; b[i].at.z = 4; b[i].kind = 3; out[i] = b[i].at.z * b[i].kind;",
            12,
        ),
        (
            "__shared__ Mixed m[64]; m[i].d = 4; m[i].f[2] = 5; Mixed* p = m + i; "
            " out[i] = p->f[2];",
            5,
        ),
        ("__shared__ Mixed m[64]; m[i].s = -2; out[i] = sizeof(Mixed) + m[i].s;", 30),
        ("Bits u; u.f = 1; u.b[3] |= 0x80; out[i] = u.f; u.u = 0; out[i] += u.f;", -1),
        ("float y = 1; int k = *(int*)&y; out[i] = k == 0x3f800000;", 1),
        ("double d = 1; out[i] = ((int*)&d)[1] == 0x3ff00000;", 1),
        (
            "extern __shared__ float s[]; short* a = (short*)s; float* b = (float*)&a[64];"
            " a[i] = 2; b[i] = 3; out[i] = a[i] + b[i];",
            5,
        ),
        ("const float* p = nullptr; if (n > 3) p = x; out[i] = p != nullptr ? p[0] : 7;", 1),
        (
            "__shared__ float s[64], t[64]; float *a = s, *b = t; s[i] = 1; t[i] = 2;"
            " for (int k = 0; k < 3; k++) { float* c = a; a = b; b = c; }"
            " out[i] = a[i] * 10 + b[i];",
            21,
        ),
        ("const float* p = x; if (i > 70) p = out; out[i] = p[i] - x[i] + (p == x);", 1),
        ("if (int k = n / 2) out[i] = k;", 3),
        ("if (int k = n; k > 3) out[i] = k; else out[i] = -k;", 7),
        ("int j = 3; while (int k = j--) out[i] += k;", 6),
        ("float s = 0; auto add = [&](float v) { s += v; }; add(1); add(2); out[i] = s;", 3),
    ],
)
def test_memory_of_any_layout(run: Any, body: str, wanted: Any) -> None:
    out, report = run(body, VECTORS)
    assert report.faults == ()
    assert out.tolist() == (wanted if isinstance(wanted, list) else [wanted] * 64)


TILE = """\
template <int N>
struct Tile {
    float a[N];
    int used = 0;
    __device__ Tile() {}
    __device__ Tile(float first) { push(first); }
    __device__ void push(float v) { a[used++] = v; }
    __device__ float sum() const {
        float s = 0;
        for (int i = 0; i < used; i++) s += a[i];
        return s;
    }
    static __device__ int size() { return N; }
};
template <typename T, int M>
struct Pair {
    T a, b;
    __device__ T dot(const Pair& o) const { return a * o.a + b * o.b + M; }
    __device__ Pair operator*(T s) const { return {a * s, b * s}; }
};
"""


def test_methods_of_a_template_s_structs(run: Any) -> None:
    body = """Tile<3> t(1); t.push(2); Tile<2> u; u.push(5);
    Pair<float, 2> p{1, 2}; Pair<int, 0> q{3, 4};
    out[i] = t.sum() * 10 + u.sum() + Tile<7>::size() + (p * 2.0f).dot(p) + q.dot(q);"""
    out, report = run(body, TILE)
    assert report.faults == ()
    assert (out == 30 + 5 + 7 + 12 + 25).all()


def test_a_fault_in_such_a_method_stands_on_its_line(run: Any) -> None:
    _, report = run("Tile<1> t; t.push(1); t.push(2); out[i] = t.sum();", TILE)
    (fault,) = report.faults
    assert fault.place
    assert (fault.kind, fault.place.line) == ("out of bounds", 7)


def test_members_are_counted_at_their_own_bytes(run: Any) -> None:
    """Objects of 24 bytes are 6 words apart: lanes 0 and 16 are 96 words apart, two in each bank.

    Of objects of 8 bytes, 32 reach over 256 bytes, which are 8 sectors.
    """
    before = "struct Item { int key; double weight; char on; };"
    body = "__shared__ Item s[64]; s[i].key = i; out[i] = s[i].key;"
    _, report = run(body, before)
    (written,) = report.on("s", "write")
    assert (written.requests, written.conflicts) == (2, 2)
    _, report = run("Point* p = (Point*)out; if (i < 32) p[i].y = 1;", VECTORS)
    (written,) = report.on("out", "write")
    assert (written.requests, written.sectors, written.ideal_sectors) == (1, 8, 4)


@pytest.mark.parametrize(
    ("body", "before", "what"),
    [
        ("B b; b.a = 1; out[i] = b.a;", "struct B { unsigned a : 3; };", "`a`: a bit field"),
        ("float a[4] = {1}; float (*p)[2] = (float (*)[2])a;", "", "memory read as float"),
    ],
)
def test_what_is_not_run_is_named(run: Any, body: str, before: str, what: str) -> None:
    with pytest.raises(UnsupportedError, match=what):
        run(body, before)


POINTERS = """\
struct Walk {
    const float* at[2];
    int taken;
    __device__ Walk(const float* from) : taken(0) {
        for (int i = 0; i < 2; ++i) at[i] = from + i;
    }
    template <int BY>
    __device__ float next() {
        float sum = 0;
        for (int i = 0; i < 2; ++i) {
            sum += *at[i];
            at[i] += BY;
        }
        ++taken;
        return sum;
    }
};
template <typename T>
struct Scaled {
    T by;
    template <int TIMES, typename U>
    __device__ U of(U x) const {
        return x * by * TIMES;
    }
};
__device__ float both(const float* const (&from)[2]) { return *from[0] + *from[1]; }
"""


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("float* p[2]; p[0] = out + i; p[1] = p[0]; *p[1] = 3;", 3),
        ("float* p[2] = {out + i}; p[1] = p[0]; p[1][0] = p[0] == p[1] ? 4 : 5;", 4),
        ("float* p[2][3] = {}; p[1][2] = out + i; *p[1][2] = p[0][1] == nullptr ? 6 : 7;", 6),
        ("float* p[3]; for (int j = 0; j < 3; ++j) p[j] = out + i; *p[i % 3] = 8;", 8),
        (  # into several memories
            "__shared__ float s[64]; s[i] = i; __syncthreads(); const float* p[2];"
            "float t[2] = {1, 2}; p[0] = s + i; p[1] = t + 1; out[i] = p[i % 2][0] * 2;",
            [4 if i % 2 else 2 * i for i in range(64)],
        ),
        (  # steps, before and behind
            "float t[4] = {1, 2, 3, 4}; float* p[1] = {t}; float a = *p[0]++; float b = *++p[0];"
            "p[0] -= 1; out[i] = a * 100 + b * 10 + *p[0];",
            132,
        ),
        ("float t[4] = {1, 2, 3, 4}; Walk w(t); w.next<1>(); out[i] = w.next<2>() + w.taken;", 7),
        ("float t[4] = {1, 2, 3, 4}; Walk w(t), v = w; v.next<2>(); out[i] = v.next<0>();", 7),
        ("float t[2] = {1, 2}; const float* p[2] = {t, t + 1}; out[i] = both(p);", 3),
        ("Scaled<float> s{1.5f}; Scaled<int> t{2}; out[i] = s.of<2>(2.0f) + t.of<3>(1);", 12),
    ],
)
def test_arrays_of_pointers_and_templates_of_methods(run: Any, body: str, wanted: Any) -> None:
    out, report = run(body, POINTERS)
    assert report.faults == ()
    assert out.tolist() == (wanted if isinstance(wanted, list) else [wanted] * 64)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("float* p[2]; p[0] = out; *p[1] = 1;", "uninitialised"),
        ("float* p[2] = {out}; *p[1] = 1;", "out of bounds"),
        ("float* p[2] = {out, out}; p[i / 32 * 2] = out; out[i] = 0;", "out of bounds"),
    ],
)
def test_what_is_wrong_with_a_pointer_in_an_array(run: Any, body: str, kind: str) -> None:
    _, report = run(body, POINTERS)
    assert kind in {fault.kind for fault in report.faults}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("__shared__ float* p[2]; p[0] = out;", r"an array of float \* in shared memory"),
        ("float* p[1]; out[i] = *p[0];", r"`\*` of this"),
    ],
)
def test_pointers_that_are_refused(run: Any, body: str, words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        run(body, POINTERS)


BYTES = "struct P { float a; int b; };"


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("out[i] = signbit(x[i] - 3) + 2 * signbit(-0.0) + 4 * signbit(0.0f);", [3, 3] + [2] * 62),
        ("float y; memcpy(&y, x + i, sizeof(float)); out[i] = y;", X.tolist()),
        ("int b; float y = 1; memcpy(&b, &y, 4); out[i] = b >> 23;", 127),
        ("double d = 2; long u; memcpy(&u, &d, sizeof u); out[i] = u >> 52;", 1024),
        ("unsigned char c[4]; memcpy(c, x + 1, 4); out[i] = c[3];", 64),
        ("float y[4]; memcpy(y + 1, x, n / 7 * 8); out[i] = y[i % 2 + 1];", [1, 2] * 32),
        (
            "float y[2][2] = {{1, 2}, {3, 4}}, z[2][2]; memmove(z, y, sizeof y); out[i] = z[1][1];",
            4,
        ),
        ("float4 v; memcpy(&v, x + 1, sizeof v); out[i] = v.z;", 4),
        ("float4 v; ((float*)&v)[2] = 9; out[i] = v.z;", 9),
        ("P p = {1, 7}, q; memcpy(&q, &p, sizeof(P)); out[i] = q.a + q.b;", 8),
        ("P p[2]; p[0] = {1, 7}; memcpy(p + 1, p, sizeof(P)); out[i] = p[1].b;", 7),
        ("int b[2]; memset(b, 255, 8); out[i] = b[1];", -1),
        ("if (i == 0) memset(out, 0, 64 * sizeof(float));", 0),
    ],
)
def test_bytes_that_are_copied_and_signs(run: Any, body: str, wanted: Any) -> None:
    out, report = run(body, BYTES)
    assert report.faults == ()
    assert out.tolist() == (wanted if isinstance(wanted, list) else [wanted] * 64)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("float y[4]; memcpy(y, x, 20); out[i] = y[0];", "out of bounds"),
        ("float y[2]; memcpy(out + i, y, 4);", "uninitialised"),
        ("memcpy(out, x + i, 4);", "race"),
    ],
)
def test_what_is_wrong_with_a_copy(run: Any, body: str, kind: str) -> None:
    _, report = run(body)
    assert {fault.kind for fault in report.faults} == {kind}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("memcpy(out, x, 3);", "a copy of a part of a float"),
        ("float y; memcpy(&y, x, 8);", "a copy that goes beyond its variable"),
        ("memset(out, i, 4);", "`memset` with a byte that is computed"),
    ],
)
def test_copies_that_are_refused(run: Any, body: str, words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        run(body)
