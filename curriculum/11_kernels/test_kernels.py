"""Step tests of module 11."""

from contextlib import contextmanager

import numpy as np

import tinytorch.autograd  # noqa: F401 - records
from tinytorch.activations import gelu
from tinytorch.kernels import cpu, cuda_c, fused, gpu
from tinytorch.kernels.device import cuda
from tinytorch.kernels.source import own_kernel
from tinytorch.layers import Parameter
from tinytorch.optim import SGD
from tinytorch.tensor import Tensor
from tinytorch.training import cross_entropy
from tinytorch_ls.gradients import gradients
from tinytorch_ls.lesson import step
from tinytorch_ls.simulator.cache import Cache
from tinytorch_ls.simulator.simulate import simulated
from tinytorch_ls.simulator.turns import interpreted

FIRST = np.array([[1, 2, 3], [4, 5, 6]], np.float32)  # an oblong matrix
SECOND = np.array([[1, 0, -1, 2], [0, 3, 1, 1], [2, 1, 0, -2]], np.float32)
PRODUCT = np.array([[7, 9, 1, -2], [16, 21, 1, 1]], np.float32)  # of the two


def drawn(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def filled(kernel, a, b, dtype=np.float32):
    """The product of a kernel for the CPU, as plain Python, in an array that was full of 7."""
    out = np.full((a.shape[0], b.shape[1]), 7, dtype)
    with interpreted():
        kernel(a, b, out)
    return out


@contextmanager
def blocks_of(size):
    """Tiles of another size: small matrices have several then."""
    before, cpu.BLOCK = cpu.BLOCK, size
    try:
        yield
    finally:
        cpu.BLOCK = before


def launched(kernel, grid, block, *arrays):
    """The last array after a launch on the simulated GPU."""
    with simulated():
        kernel[grid, block](*arrays)
    return arrays[-1]


def reported(kernel, grid, block, *arrays):
    """The report of a launch on the simulated GPU."""
    with simulated() as reports:
        kernel[grid, block](*arrays)
    return reports[0]


def room(*shape):
    """An array for a result, full of -1: what no thread writes stays so."""
    return np.full(shape, -1, np.float32)


@step("loops")
def test_an_oblong_product(expect):
    expect(cpu.matmul_loops(FIRST, SECOND)).equals(
        PRODUCT, because="row i of a meets column j of b: 1·1 + 2·0 + 3·2 is 7"
    )


@step("loops")
def test_drawn_numbers(expect, rng):
    a, b = drawn(rng, 3, 5), drawn(rng, 5, 2)
    expect(cpu.matmul_loops(a, b)).equals(a @ b, atol=1e-5, because="NumPy's product is the same")


@step("loops")
def test_no_terms_add_up_to_zero(expect):
    expect(cpu.matmul_loops(np.ones((2, 0), "f"), np.ones((0, 3), "f"))).equals(
        np.zeros((2, 3)), because="the sum of nothing is 0"
    )


@step("loops")
def test_the_product_is_of_the_factors_dtype(expect, rng):
    a, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    expect(cpu.matmul_loops(a, b)).equals(a @ b, rtol=1e-12, because="float64 keeps its 16 digits")


@step("loops")
def test_of_two_dtypes_the_wider_counts(expect, rng):
    a, b = drawn(rng, 2, 3), rng.normal(size=(3, 4))
    expect(cpu.matmul_loops(a, b)).equals(
        a @ b, rtol=1e-12, because="float32 times float64 is float64"
    )


@step("loops")
def test_whole_numbers_and_infinity(expect):
    a, b = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    expect(cpu.matmul_loops(a, b)).equals(a @ b, because="1 · 5 + 2 · 7 is 19, a whole number")
    a, b = np.array([[0.0, 1.0]]), np.array([[np.inf, 2.0], [3.0, 4.0]])
    expect(cpu.matmul_loops(a, b)).equals(
        np.array([[np.nan, 4.0]]), because="0 times infinity is nan, and the sum shows it"
    )


@step("vectorized")
def test_outer_products_add_up(expect):
    expect(cpu.matmul_vectorized(FIRST, SECOND)).equals(
        PRODUCT, because="each k adds column k of a times row k of b"
    )


@step("vectorized")
def test_vectorized_on_drawn_numbers(expect, rng):
    a, b = drawn(rng, 6, 3), drawn(rng, 3, 5)
    expect(cpu.matmul_vectorized(a, b)).equals(
        a @ b, atol=1e-5, because="NumPy's product is the same"
    )


@step("vectorized")
def test_vectorized_no_terms(expect):
    expect(cpu.matmul_vectorized(np.ones((2, 0), "f"), np.ones((0, 3), "f"))).equals(
        np.zeros((2, 3)), because="the sum of nothing is 0"
    )


@step("vectorized")
def test_vectorized_keeps_the_dtype(expect, rng):
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 2))
    expect(cpu.matmul_vectorized(a, b)).equals(
        a @ b, rtol=1e-12, because="float64 keeps its 16 digits"
    )


@step("vectorized")
def test_vectorized_of_other_dtypes(expect, rng):
    a, b = drawn(rng, 2, 3), rng.normal(size=(3, 4))
    expect(cpu.matmul_vectorized(a, b)).equals(
        a @ b, rtol=1e-12, because="float32 times float64 is float64"
    )
    a, b = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    expect(cpu.matmul_vectorized(a, b)).equals(a @ b, because="whole numbers add up from 0 too")


@step("roofline")
def test_work_of_an_oblong_product(expect):
    expect(cpu.matmul_work(2, 3, 5)).equals(
        (60, 124), because="2·3·5 terms of two FLOPs; 6 + 15 + 10 numbers of 4 bytes"
    )


@step("roofline")
def test_work_of_a_large_product(expect):
    expect(cpu.matmul_work(40, 30, 20)).equals(
        (48000, 10400), because="2·40·30·20 FLOPs, and 2,600 numbers of 4 bytes"
    )


@step("roofline")
def test_below_the_slope_memory_decides(expect):
    expect(cpu.attainable(50, 400, 1000.0, 100.0)).equals(
        12.5, because="1/8 FLOP a byte, and 100 GB a second: 12.5 GFLOP/s"
    )
    expect(cpu.attainable(1, 12, 8.0, 4.0)).equals(
        1 / 3, because="two vectors added: 1/12 FLOP a byte, times 4 bytes a second"
    )


@step("roofline")
def test_below_the_flat_roof_the_processor_decides(expect):
    expect(cpu.attainable(8000, 400, 1000.0, 100.0)).equals(
        1000.0, because="20 FLOPs a byte would allow 2 TFLOP/s, and the processor does 1"
    )


@step("blocked")
def test_a_product_in_one_tile(expect):
    expect(filled(cpu.blocked_kernel, FIRST, SECOND)).equals(
        PRODUCT, because="all of it fits into one tile of 64 × 64"
    )


@step("blocked")
def test_ragged_tiles_of_four(expect, rng):
    a, b = drawn(rng, 10, 9), drawn(rng, 9, 7)
    with blocks_of(4):
        expect(filled(cpu.blocked_kernel, a, b)).equals(
            a @ b,
            atol=1e-5,
            because="10, 9 and 7 are no multiples of 4: the last tiles are small",
        )


@step("blocked")
def test_ragged_tiles_another_way(expect, rng):
    for n, k, m in ((3, 2, 9), (9, 2, 3), (2, 9, 3)):
        a, b = drawn(rng, n, k), drawn(rng, k, m)
        with blocks_of(4):
            expect(filled(cpu.blocked_kernel, a, b)).equals(
                a @ b, atol=1e-5, because="three tiles one way, and less than one the other"
            )


@step("blocked")
def test_no_terms_leave_zeros(expect):
    expect(filled(cpu.blocked_kernel, np.ones((2, 0), "f"), np.ones((0, 3), "f"))).equals(
        np.zeros((2, 3)), because="the sum of nothing is 0, whatever stood there"
    )


@step("blocked")
def test_tiles_are_used_up_while_they_are_near(expect, rng):
    cache = Cache(48)
    a, b, out = (cache.watch(drawn(rng, 12, 12)) for _ in range(3))
    with blocks_of(4), interpreted():
        cpu.blocked_kernel(a, b, out)
    expect(cache.fetched).between(
        500, 1700, because="three tiles of 4 × 4 fit into 48; row by row it fetches over 2,000"
    )


@step("parallel")
def test_a_product_of_one_band(expect):
    expect(filled(cpu.parallel_kernel, FIRST, SECOND)).equals(
        PRODUCT, because="two rows are one band"
    )


@step("parallel")
def test_bands_of_four_rows(expect, rng):
    a, b = drawn(rng, 18, 3), drawn(rng, 3, 7)
    with blocks_of(4):
        expect(filled(cpu.parallel_kernel, a, b)).equals(
            a @ b, atol=1e-5, because="18 rows are four bands of 4 and one of 2"
        )


@step("parallel")
def test_more_terms_than_a_tile_has(expect, rng):
    for n, k, m in ((10, 9, 7), (5, 10, 3)):
        a, b = drawn(rng, n, k), drawn(rng, k, m)
        with blocks_of(4):
            expect(filled(cpu.parallel_kernel, a, b)).equals(
                a @ b, atol=1e-5, because="each band adds up all terms, whatever its tiles"
            )


@step("parallel")
def test_the_cores_share_the_work(expect, rng):
    a, b, out = drawn(rng, 9, 3), drawn(rng, 3, 2), np.full((9, 2), 7, np.float32)
    with blocks_of(4), interpreted() as shared:
        cpu.parallel_kernel(a, b, out)
    expect(len(shared)).between(
        1, 99, because="the turns of `prange` are shared; `range` is one core"
    )
    expect(filled(cpu.parallel_kernel, a[:, :0], b[:0])).equals(
        np.zeros((9, 2)), because="the sum of nothing is 0, whatever stood there"
    )


@step("int8")
def test_small_whole_numbers(expect):
    a, b = FIRST.astype(np.int8), SECOND.astype(np.int8)
    expect(filled(cpu.int8_kernel, a, b, np.int32)).equals(
        PRODUCT.astype(np.int32), because="whole numbers, and no rounding"
    )


@step("int8")
def test_a_sum_beyond_127(expect):
    a, b = np.array([[100, 100]], np.int8), np.array([[1, -1], [1, -1]], np.int8)
    expect(filled(cpu.int8_kernel, a, b, np.int32)).equals(
        np.array([[200, -200]], np.int32), because="two products that fit, and a sum that does not"
    )


@step("int8")
def test_the_largest_products_fit(expect):
    a = np.full((2, 3), -128, np.int8)
    b = np.array([[-128, 127], [-128, 127], [-128, 126]], np.int8)
    expect(filled(cpu.int8_kernel, a, b, np.int32)).equals(
        np.array([[49152, -48640]] * 2, np.int32),
        because="-128 · -128 is 16,384, and an int8 ends at 127",
    )


@step("int8")
def test_long_sums_are_exact(expect):
    a = np.full((1, 1201), 127, np.int8)
    b = np.full((1201, 2), 127, np.int8)
    b[-1] = 1
    expect(filled(cpu.int8_kernel, a, b, np.int32)).equals(
        np.array([[19354927] * 2], np.int32),
        rtol=0,
        atol=0,
        because="1200 · 127² + 127: float32 has only even numbers there",
    )


@step("int8")
def test_int8_no_terms_leave_zeros(expect):
    a, b = np.ones((2, 0), np.int8), np.ones((0, 3), np.int8)
    expect(filled(cpu.int8_kernel, a, b, np.int32)).equals(
        np.zeros((2, 3), np.int32), because="the sum of nothing is 0, whatever stood there"
    )


@step("compiled")
def test_tiles_and_bands_as_machine_code(expect):
    rng = np.random.default_rng(0)
    a, b = drawn(rng, 130, 65), drawn(rng, 65, 66)
    expect(cpu.matmul_blocked(a, b)).equals(
        a @ b, atol=1e-4, because="compiled by numba, the tiles compute the same"
    )
    expect(cpu.matmul_parallel(a, b)).equals(
        a @ b, atol=1e-4, because="and so do the cores, which share three bands"
    )


@step("compiled")
def test_whole_numbers_as_machine_code(expect):
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-128, 128, shape, dtype=np.int8) for shape in ((5, 300), (300, 7)))
    expect(cpu.matmul_int8(a, b)).equals(
        a.astype(np.int32) @ b.astype(np.int32), because="exact, to the last digit"
    )


@step("guard")
def test_one_block(expect):
    a = np.arange(16, dtype=np.float32)
    expect(launched(gpu.vector_add_kernel, 1, 32, a, a, room(16))).equals(
        2 * a, because="32 threads of one block; the last 16 have nothing to do"
    )


@step("guard")
def test_blocks_of_one_thread(expect):
    a = np.arange(8, dtype=np.float32)
    expect(launched(gpu.vector_add_kernel, 10, 1, a, a, room(8))).equals(
        2 * a, because="ten blocks of one thread each; two have nothing to do"
    )


@step("guard")
def test_seventy_sums_by_ninety_six_threads(expect, rng):
    a, b = drawn(rng, 70), drawn(rng, 70)
    expect(launched(gpu.vector_add_kernel, 3, 32, a, b, room(70))).equals(
        a + b, because="3 blocks of 32 threads; the last 26 have nothing to do"
    )


@step("guard")
def test_neighbours_read_neighbours(expect):
    a = np.ones(70, np.float32)
    expect(reported(gpu.vector_add_kernel, 3, 32, a, a, room(70)).sectors).equals(
        27, because="70 numbers are 280 bytes, 9 sectors of 32: of each of three arrays"
    )


@step("launch")
def test_blocks_are_rounded_up(expect):
    expect([gpu.blocks(count, 256) for count in (1, 255, 256, 257, 1000)]).equals(
        [1, 1, 1, 2, 4], because="256 elements fill one block; a second one is for the 257th"
    )
    expect(gpu.blocks(100, 16)).equals(7, because="six blocks of 16 are 96, and four are left")
    expect(gpu.blocks(1025, 1024)).equals(2, because="one element is left, however small its share")
    expect.raises(
        ValueError, gpu.blocks, 0, 256, mentions="0", because="a kernel without blocks is no launch"
    )


@step("launch")
def test_a_launch_has_a_thread_for_each(expect, rng):
    a, b = drawn(rng, 1500), drawn(rng, 1500)
    with simulated() as reports:
        out = gpu.vector_add(a, b)
    expect([(report.grid[0], report.block[0]) for report in reports]).equals(
        [(6, 256)], because="one launch, of six blocks of 256 threads"
    )
    expect(out).equals(a + b, because="1,500 threads add a pair each, and 36 nothing")
    with simulated():
        gpu.vector_add(b, b)
    expect(out).equals(a + b, because="each call has an array of its own; this is the first one's")


@step("grid-2d")
def test_a_thread_for_each(expect):
    a = np.arange(128, dtype=np.float32).reshape(16, 8)
    expect(launched(gpu.transpose_kernel, (1, 1), (8, 16), a, room(8, 16))).equals(
        a.T, because="8 threads along x for 8 columns, 16 along y for 16 rows"
    )


@step("grid-2d")
def test_x_counts_columns(expect):
    a = np.arange(800, dtype=np.float32).reshape(20, 40)
    expect(launched(gpu.transpose_kernel, (3, 2), (16, 16), a, room(40, 20))).equals(
        a.T, because="48 threads along x for 40 columns, 32 along y for 20 rows"
    )


@step("grid-2d")
def test_more_rows_than_columns(expect):
    a = np.arange(165, dtype=np.float32).reshape(33, 5)
    expect(launched(gpu.transpose_kernel, (1, 5), (32, 8), a, room(5, 33))).equals(
        a.T, because="32 threads along x for 5 columns, 40 along y for 33 rows"
    )


@step("grid-2d")
def test_a_warp_reads_along_a_row(expect):
    a = np.ones((32, 64), np.float32)
    report = reported(gpu.transpose_kernel, (4, 4), (16, 16), a, room(64, 32))
    expect(report.on("a")[0].sectors).equals(
        256, because="2,048 numbers are 256 sectors, if neighbours read neighbours"
    )


@step("launch-2d")
def test_x_of_the_grid_is_for_columns(expect):
    expect(gpu.tiles(20, 40)).equals((3, 2), because="40 columns need 3 tiles of 16, 20 rows 2")
    expect(gpu.tiles(100, 16)).equals((1, 7), because="16 columns are one tile, 100 rows seven")
    expect(gpu.tiles(10, 2_000_000)).equals(
        (125_000, 1), because="along y there are 65,535 blocks at most, along x 2³¹"
    )
    expect.raises(
        ValueError, gpu.tiles, 1_048_561, 5, because="these rows need 65,536 blocks along y"
    )


@step("launch-2d")
def test_a_matrix_is_turned(expect):
    a = np.arange(800, dtype=np.float32).reshape(20, 40)
    with simulated() as reports:
        out = gpu.transpose(a)
    expect([(report.grid, report.block) for report in reports]).equals(
        [((3, 2, 1), (16, 16, 1))], because="one launch: 3 × 2 blocks of 16 × 16 threads"
    )
    expect(out).equals(a.T, because="row i became column i")


def naive(a, b, grid, look=launched):
    """The product by the naive kernel, or what else is looked at."""
    return look(gpu.naive_matmul_kernel, grid, (16, 16), a, b, room(a.shape[0], b.shape[1]))


@step("naive")
def test_one_element_a_thread(expect):
    expect(naive(FIRST, SECOND, (1, 1))).equals(
        PRODUCT, because="8 of 256 threads have an element to compute"
    )


@step("naive")
def test_ragged_on_all_sides(expect, rng):
    a, b = drawn(rng, 20, 9), drawn(rng, 9, 40)
    expect(naive(a, b, (3, 2))).equals(a @ b, atol=1e-5, because="20 × 40 elements of 9 terms each")


@step("naive")
def test_infinity_is_seen(expect):
    a, b = np.array([[0.0, 1.0]], np.float32), np.array([[np.inf, 2], [3, 4]], np.float32)
    expect(naive(a, b, (1, 1))).equals(
        np.array([[np.nan, 4.0]], np.float32),
        because="0 times infinity is nan, and the sum shows it",
    )


@step("naive")
def test_what_the_naive_kernel_moves(expect):
    a, b = np.ones((32, 16), np.float32), np.ones((16, 64), np.float32)
    report = naive(a, b, (4, 4), reported)
    expect(sum(each.sectors for each in report.on("out"))).equals(
        256, because="the sum stays with the thread, and each element is written once"
    )
    expect(report.sectors).equals(
        4352, because="64 warps, 16 times 2 sectors of a and 2 of b; and 4 of out"
    )
    expect(report.precision).equals(
        "single",
        because="0.0 is a float64, and so is all that meets it: begin the sum at np.float32(0)",
    )


@cuda.jit
def doubled(array, out):
    """out = 2 · array, by threads beyond its edges too."""
    j, i = cuda.grid(2)
    out[i, j] = np.float32(2.0) * gpu.element_or_zero(array, i, j)


def padded(array):
    """What 16 × 16 threads find in an array of another size."""
    return launched(gpu.padded_kernel, (1, 1), (16, 16), array, room(16, 16))


@step("edge")
def test_inside_there_is_the_element(expect):
    array = np.arange(1, 257, dtype=np.float32).reshape(16, 16)
    expect(padded(array)).equals(array, because="16 × 16 threads, and nothing beyond an edge")


def with_zeros(array):
    """The array in a corner of 16 × 16 zeros."""
    wanted = np.zeros((16, 16), np.float32)
    wanted[: array.shape[0], : array.shape[1]] = array
    return wanted


@step("edge")
def test_right_of_the_matrix_there_is_zero(expect):
    array = np.arange(1, 49, dtype=np.float32).reshape(16, 3)
    expect(padded(array)).equals(with_zeros(array), because="13 columns of 16 hang over")


@step("edge")
def test_below_it_there_is_zero(expect):
    array = np.arange(1, 33, dtype=np.float32).reshape(2, 16)
    expect(padded(array)).equals(with_zeros(array), because="14 rows of 16 hang over")


@step("edge")
def test_beyond_both_edges(expect):
    array = np.arange(1, 36, dtype=np.float32).reshape(5, 7)
    expect(padded(array)).equals(with_zeros(array), because="rows and columns hang over")


@step("edge")
def test_what_stands_at_the_edge_does_not_matter(expect):
    array = np.full((5, 7), np.inf, np.float32)
    expect(padded(array)).equals(
        with_zeros(array), because="beyond the edge there is 0; 0 times infinity would be nan"
    )


@step("edge")
def test_the_zero_is_a_float32(expect):
    report = reported(doubled, (1, 1), (16, 16), np.ones((5, 7), np.float32), room(16, 16))
    expect(report.precision).equals(
        "single",
        because="a 0.0 makes a float64 of all that the function gives, np.float32(0) does not",
    )


def tiled(a, b, grid, look=launched):
    """The product by the tiled kernel, or what else is looked at."""
    return look(gpu.tiled_matmul_kernel, grid, (16, 16), a, b, room(a.shape[0], b.shape[1]))


@step("tiled")
def test_one_tile(expect, rng):
    a, b = drawn(rng, 16, 16), drawn(rng, 16, 16)
    expect(tiled(a, b, (1, 1))).equals(a @ b, atol=1e-5, because="one tile of a, and one of b")


@step("tiled")
def test_three_tiles_and_all_edges_ragged(expect, rng):
    a, b = drawn(rng, 20, 37), drawn(rng, 37, 18)
    expect(tiled(a, b, (2, 2))).equals(
        a @ b, atol=1e-5, because="37 terms are two tiles of 16, and one of which 11 columns are 0"
    )


@step("tiled")
def test_fewer_terms_than_a_tile(expect):
    expect(tiled(FIRST, SECOND, (1, 1))).equals(PRODUCT, because="3 terms, and 13 zeros")


@step("tiled")
def test_what_the_tiled_kernel_moves(expect):
    a, b = np.ones((32, 32), np.float32), np.ones((32, 64), np.float32)
    report = tiled(a, b, (4, 2), reported)
    expect(report.sectors).equals(
        1280, because="64 warps, twice 4 sectors of a and 4 of b; and 4 of out"
    )
    expect(report.conflicts).equals(
        0, because="16 neighbours of a row lie in 16 banks, and one number serves many lanes"
    )
    expect(report.precision).equals(
        "single",
        because="0.0 is a float64, and so is all that meets it: begin the sum at np.float32(0)",
    )


def block_sums(values, look=launched):
    """The sums of the blocks, or what else is looked at."""
    blocks = -(-len(values) // 256)
    return look(gpu.block_sum_kernel, blocks, 256, values, room(blocks))


@step("reduce")
def test_one_full_block(expect):
    expect(block_sums(np.arange(256, dtype=np.float32))).equals(
        np.array([32640.0]), because="0 + 1 + … + 255 is 255 · 128"
    )


@step("reduce")
def test_three_blocks_the_last_ragged(expect):
    expect(block_sums(np.arange(600, dtype=np.float32))).equals(
        np.array([32640.0, 98176.0, 48884.0]),
        because="256, 256 and 88 values; beyond the end there is 0",
    )


@step("reduce")
def test_a_tree_has_eight_levels(expect):
    report = block_sums(np.ones(256, np.float32), reported)
    expect(report.total("shared").requests).between(
        4, 60, because="each level halves the warps; one thread alone would ask 256 times"
    )
    expect(report.conflicts).equals(
        0, because="the threads that add are neighbours, and so are the numbers"
    )
    expect(report.precision).equals(
        "single",
        because="what meets a 0.0 is computed in float64, and with np.float32(0) it is not",
    )


def agreed(kernel, values):
    """What each lane has after its warps have agreed."""
    return launched(kernel, 1, len(values), values, room(len(values)))


@step("warp")
def test_every_lane_has_the_sum(expect):
    values = np.arange(1, 33, dtype=np.float32) ** 2
    expect(agreed(gpu.warp_sum_kernel, values)).equals(
        np.full(32, 11440.0), because="1 + 4 + 9 + … + 1,024, in all 32 lanes"
    )


@step("warp")
def test_two_warps_have_their_own(expect):
    values = np.arange(64, dtype=np.float32)
    expect(agreed(gpu.warp_sum_kernel, values)).equals(
        np.repeat([496.0, 1520.0], 32), because="a warp knows nothing of the other"
    )


@step("warp")
def test_every_lane_has_the_greatest(expect):
    for place in (0, 5, 18, 31):
        values = -np.arange(1, 33, dtype=np.float32)
        values[place] = -0.5
        expect(agreed(gpu.warp_max_kernel, values)).equals(
            np.full(32, -0.5), because="all are below 0, and -0.5 is the greatest, wherever it is"
        )


def softmax_of(x, look=launched):
    """The rows' softmax, or what else is looked at."""
    return look(gpu.online_softmax_kernel, len(x), 32, x, room(*x.shape))


def exact(x):
    """Softmax of each row, in float64."""
    wide = np.exp(x.astype(np.float64) - x.max(axis=1, keepdims=True))
    return (wide / wide.sum(axis=1, keepdims=True)).astype(np.float32)


@step("softmax")
def test_a_number_a_lane(expect, rng):
    x = drawn(rng, 2, 32)
    expect(softmax_of(x)).equals(exact(x), because="each lane has one number, and the warp one sum")


@step("softmax")
def test_a_hundred_columns(expect, rng):
    x = 3 * drawn(rng, 3, 100)
    expect(softmax_of(x)).equals(
        exact(x), because="a lane has three or four numbers, and its sum follows its greatest one"
    )


@step("softmax")
def test_fewer_columns_than_lanes(expect):
    x = np.array([[1.0, 2.0, 3.0], [-5.0, -5.0, -6.0]], np.float32)
    expect(softmax_of(x)).equals(exact(x), because="29 lanes have no number, and add nothing")


@step("softmax")
def test_large_and_masked_numbers(expect):
    x = np.full((3, 70), -np.inf, np.float32)
    x[0, 5], x[0, 40] = 1e4, 1e4
    x[1, 66] = 3.0
    x[2] = -2000.0
    x[2, 33] = -1999.0
    expect(softmax_of(x)).equals(
        exact(x), because="exp(10,000) overflows, and -inf is a number that counts nothing"
    )


@step("softmax")
def test_a_row_with_nothing_in_it(expect):
    expect(softmax_of(np.full((1, 40), -np.inf, np.float32))).equals(
        np.full((1, 40), np.nan), because="a total of 0 has no shares; PyTorch gives nan too"
    )


@step("softmax")
def test_what_softmax_moves(expect):
    report = softmax_of(np.ones((4, 128), np.float32), reported)
    expect(sum(each.sectors for each in report.on("x"))).equals(
        128,
        because="a row is 16 sectors, read twice: for peak and sum, and for the result. Each "
        "`x[row, …]` is a read, so keep in a variable what a turn needs twice",
    )
    expect(report.precision).equals(
        "single",
        because="0.0 is a float64, and so is all that meets it: begin the sum at np.float32(0)",
    )


def fused_gelu(x, bias, grid, look=launched):
    """The kernel's result, or what else is looked at."""
    return look(gpu.fused_bias_gelu_kernel, grid, (16, 16), x, bias, room(*x.shape))


@step("fused")
def test_known_values(expect):
    x = np.array([[0.0, 1.0, -1.0], [2.0, -3.0, 0.5]], np.float32)
    bias = np.array([0.0, 1.0, -0.5], np.float32)
    expect(fused_gelu(x, bias, (1, 1))).equals(
        np.array([[0.0, 1.9544997, -0.1002108], [1.9544997, -0.0455003, 0.0]]),
        because="gelu(2) is 1.9545, gelu(-1.5) is -0.1002, of x and bias together",
    )


@step("fused")
def test_ragged_rows_and_columns(expect, rng):
    x, bias = drawn(rng, 35, 20), drawn(rng, 20)
    expect(fused_gelu(x, bias, (2, 3))).equals(
        gelu(Tensor(x + bias)).numpy(),
        rtol=1e-4,
        atol=1e-6,
        because="gelu of module 02, of x + bias",
    )


@step("fused")
def test_what_the_fused_kernel_moves(expect):
    report = fused_gelu(np.ones((32, 32), np.float32), np.ones(32, np.float32), (2, 2), reported)
    expect([sum(each.sectors for each in report.on(name)) for name in ("x", "bias", "out")]).equals(
        [128, 64, 128],
        because="x and bias are read once and out written once: their sum stays in a variable",
    )
    expect(report.precision).equals(
        "single",
        because="0.5 and 1.0 are float64, and so is what meets them; np.float32(0.5) is not",
    )


def slopes(gradient, x, bias):
    """What the kernel fills, as plain Python, in an array that was full of 7."""
    out = np.full_like(x, 7)
    with interpreted():
        cpu.bias_gelu_backward_kernel(gradient, x, bias, out)
    return out


def shares(x):
    """Softmax of each row, in double precision."""
    powers = np.exp(x.astype(float) - x.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@step("cuda-vector-add")
def test_cuda_c_adds_five_pairs(expect):
    a, b = np.arange(5, dtype=np.float32), np.array([10, 20, 40, 80, 160], np.float32)
    with simulated():
        out = cuda_c.vector_add(a, b)
    expect(out).equals(
        np.array([10, 21, 42, 83, 164], np.float32),
        because="each thread adds one pair, as far as there are pairs",
    )


@step("cuda-vector-add")
def test_cuda_c_adds_in_every_block(expect, rng):
    a, b = drawn(rng, 1000), drawn(rng, 1000)
    with simulated():
        out = cuda_c.vector_add(a, b)
    expect(out).equals(
        a + b, because="1,000 pairs take 4 blocks of 256 threads, and 24 threads have nothing to do"
    )


@step("cuda-vector-add")
def test_cuda_c_takes_blocks_of_any_size(expect, rng):
    a, b, out = drawn(rng, 200), drawn(rng, 200), np.zeros(200, np.float32)
    with simulated():
        own_kernel("vector_add")[100, 2](a, b, out, np.int32(200))
    expect(out).equals(
        a + b, because="whoever launches the kernel chooses the size of a block, here 2"
    )


@step("cuda-vector-add")
def test_cuda_c_reads_neighbours_together(expect, rng):
    a, b = drawn(rng, 1024), drawn(rng, 1024)
    with simulated() as reports:
        cuda_c.vector_add(a, b)
    expect(reports[0].total("global").sectors).equals(
        3 * 128,
        because="1,024 floats are 128 transactions of 32 bytes: for a, for b and for the output",
    )


@step("cuda-tiled-matmul")
def test_cuda_c_product_of_small_matrices(expect):
    a = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
    b = np.array([[1, 0, 2, 5], [0, 1, 3, 7], [4, 1, 1, 2]], np.float32)
    with simulated():
        out = cuda_c.tiled_matmul(a, b)
    expect(out).equals(a @ b, because="each thread multiplies a row of a with a column of b")


@step("cuda-tiled-matmul")
def test_cuda_c_product_along_several_tiles(expect, rng):
    a, b = drawn(rng, 16, 48), drawn(rng, 48, 16)
    with simulated():
        out = cuda_c.tiled_matmul(a, b)
    expect(out).equals(
        a @ b,
        rtol=1e-4,
        atol=1e-4,
        because="an inner length of 48 is three tiles, one after the other",
    )


@step("cuda-tiled-matmul")
def test_cuda_c_product_of_ragged_matrices(expect, rng):
    a, b = drawn(rng, 20, 33), drawn(rng, 33, 40)
    with simulated():
        out = cuda_c.tiled_matmul(a, b)
    expect(out).equals(
        a @ b,
        rtol=1e-4,
        atol=1e-4,
        because="20 × 33 and 33 × 40 end in the middle of a tile, everywhere",
    )


@step("cuda-tiled-matmul")
def test_cuda_c_fetches_each_tile_once(expect, rng):
    a, b = drawn(rng, 32, 32), drawn(rng, 32, 32)
    with simulated() as reports:
        cuda_c.tiled_matmul(a, b)
    report = reports[0]
    expect(sum(read.accesses for read in report.on("a"))).equals(
        2048, because="each of the 1,024 numbers of a is fetched by 2 blocks, once by each"
    )
    expect(sum(read.accesses for read in report.on("b"))).equals(
        2048, because="and so is each of b: both go through a tile"
    )
    expect(report.total("shared").conflicts).equals(
        0,
        because="the lanes of a warp read neighbours, or one and the same number, in shared memory",
    )


@step("cuda-softmax")
def test_cuda_c_shares_of_a_short_row(expect):
    x = np.array([[1, 3, 2]], np.float32)
    with simulated():
        out = cuda_c.row_softmax(x)
    expect(out).equals(shares(x), because="three lanes have a number each, and 29 have none")


@step("cuda-softmax")
def test_cuda_c_shares_of_large_numbers(expect):
    x = np.array([[1000, 999, 990], [-1000, -999, -1010]], np.float32)
    with simulated():
        out = cuda_c.row_softmax(x)
    expect(out).equals(shares(x), because="e to the power of 1000 is never computed, nor of -1000")


@step("cuda-softmax")
def test_cuda_c_shares_of_long_rows(expect, rng):
    x = 4 * drawn(rng, 11, 100)
    with simulated():
        out = cuda_c.row_softmax(x)
    expect(out).equals(
        shares(x),
        rtol=1e-4,
        because="11 rows are 8 in one block and 3 in the next, and each lane has 3 numbers or 4",
    )


@step("cuda-softmax")
def test_cuda_c_reads_each_number_twice(expect, rng):
    x = drawn(rng, 8, 96)
    with simulated() as reports:
        cuda_c.row_softmax(x)
    expect(reports[0].total("global").sectors).equals(
        3 * 96,
        because="8 · 96 floats are 96 transactions of 32 bytes: two to read, one to write. What a "
        "turn reads twice counts twice: keep it in a variable",
    )
    expect(reports[0].precision).equals(
        "single", because="each number and each function of the kernel is of float, none of double"
    )


@step("slope")
def test_known_slopes(expect):
    x, bias = np.array([[0.0, 1.0, -1.0]], np.float32), np.array([0.0, 1.0, 0.5], np.float32)
    expect(slopes(np.ones_like(x), x, bias)).equals(
        np.array([[0.5, 1.0852315, 0.1325049]]),
        because="half at z = 0, above 1 at z = 2, small at z = -0.5",
    )
    x, bias = np.array([[3.0, -8.0]], np.float32), np.zeros(2, np.float32)
    expect(slopes(np.full_like(x, 2), x, bias)).equals(
        np.array([[2.0238914, 0.0]]), because="twice 1.0119 at z = 3, and nothing at z = -8"
    )


@step("slope")
def test_the_slope_is_that_of_gelu(expect, rng):
    x, bias = 2 * drawn(rng, 4, 3), drawn(rng, 3)
    upstream = drawn(rng, 4, 3)
    z = Tensor(x + bias).requires_grad_()
    gelu(z).backward(Tensor(upstream))
    expect(slopes(upstream, x, bias)).equals(
        z.grad.numpy(), rtol=1e-4, atol=1e-6, because="module 07 finds the same, in five operations"
    )


@step("slope")
def test_the_slope_in_double_precision(expect, rng):
    x, bias = rng.normal(size=(3, 4)), rng.normal(size=4)
    z = Tensor(x + bias).requires_grad_()
    gelu(z).backward(Tensor(np.ones((3, 4))))
    expect(slopes(np.ones((3, 4)), x, bias)).equals(
        z.grad.numpy(), rtol=1e-9, atol=1e-12, because="float64 keeps its 16 digits"
    )


@step("slope")
def test_the_cores_share_the_rows(expect):
    x, out = np.ones((3, 2), np.float32), np.full((3, 2), 7, np.float32)
    with interpreted() as shared:
        cpu.bias_gelu_backward_kernel(x, x, np.zeros(2, np.float32), out)
    expect(len(shared)).between(
        1, 99, because="the turns of `prange` are shared; `range` is one core"
    )


@step("operation")
def test_a_tensor_of_the_same_shape(expect):
    x = Tensor([[0.0, 1.0], [2.0, -3.0], [9.0, 0.5]])
    with interpreted():
        expect(fused.bias_gelu(x, Tensor([0.0, 1.0]))).equals(
            [[0.0, 1.9544997], [1.9544997, -0.0455003], [9.0, 1.3997892]],
            because="gelu(x + bias), a Tensor",
        )


@step("operation")
def test_any_number_of_dimensions(expect, rng):
    x, bias = drawn(rng, 2, 3, 4), drawn(rng, 4)
    with interpreted():
        expect(fused.bias_gelu(Tensor(x), Tensor(bias))).equals(
            gelu(Tensor(x + bias)).numpy(),
            rtol=1e-4,
            atol=1e-6,
            because="the kernel sees 6 rows of 4, and the caller 2 × 3 × 4",
        )


@step("operation")
def test_no_rows_are_a_shape_too(expect):
    with interpreted():
        expect(fused.bias_gelu(Tensor(np.zeros((0, 2, 3))), Tensor(np.zeros(3)))).equals(
            np.zeros((0, 2, 3)), because="an empty batch stays (0, 2, 3)"
        )


@step("operation")
def test_it_is_the_kernel_that_computes(expect):
    with interpreted() as shared:
        fused.bias_gelu(Tensor([[1.0]]), Tensor([0.0]))
    expect(len(shared)).between(
        1, 99, because="the cores share the rows in one kernel; module 02 makes an array a step"
    )


@step("operation")
def test_one_dimension_and_float64(expect, rng):
    x, bias = rng.normal(size=4), rng.normal(size=4)
    with interpreted():
        expect(fused.bias_gelu(Tensor(x), Tensor(bias))).equals(
            gelu(Tensor(x + bias)).numpy(), rtol=1e-6, because="a vector is one row"
        )


@step("operation")
def test_two_dtypes_are_refused(expect):
    x, bias = Tensor(np.ones((2, 3), np.float32)), Tensor(np.ones(3, np.float64))
    expect.raises(
        TypeError,
        fused.bias_gelu,
        x,
        bias,
        mentions=("float32", "float64"),
        because="`rows_of` says which dtypes came",
    )


@step("vjp")
def test_the_gradients_of_a_matrix(expect, rng):
    x, bias = (Tensor(drawn(rng, *shape)).requires_grad_() for shape in ((5, 3), (3,)))
    wanted = gradients(lambda x, bias: gelu(x + bias), x, bias)
    with interpreted():
        found = gradients(fused.bias_gelu, x, bias)
    expect(found).equals(
        wanted, rtol=1e-4, atol=1e-5, because="as of gelu(x + bias), recorded in several operations"
    )


@step("vjp")
def test_the_bias_served_every_row(expect, rng):
    x, bias = (Tensor(drawn(rng, *shape)).requires_grad_() for shape in ((2, 5, 3), (3,)))
    wanted = gradients(lambda x, bias: gelu(x + bias), x, bias)
    with interpreted():
        found = gradients(fused.bias_gelu, x, bias)
    expect(found).equals(
        wanted,
        rtol=1e-4,
        atol=1e-5,
        because="10 rows of 3 have used the bias, and all count",
    )


@step("vjp")
def test_the_bias_learns_alone(expect, rng):
    x, bias = drawn(rng, 5, 3), drawn(rng, 3)
    learns = Tensor(bias).requires_grad_()
    wanted = gradients(lambda bias: gelu(Tensor(x) + bias), learns)
    with interpreted():
        found = gradients(lambda bias: fused.bias_gelu(Tensor(x), bias), learns)
        expect(found).equals(
            wanted, rtol=1e-4, atol=1e-5, because="the bias learns though the input does not"
        )


@step("vjp")
def test_called_as_the_engine_calls_it(expect):
    x, bias = Tensor([[[0.0, 1.0], [2.0, -1.0]]]).requires_grad_(), Tensor([0.0, 1.0])
    gradient = Tensor([[[1.0, 2.0], [3.0, 4.0]]]).requires_grad_()
    with interpreted():
        to_input, to_bias = fused.bias_gelu_vjp(gradient, x, x, bias.requires_grad_())
    expect(to_input).equals(
        [[[0.5, 2.170463], [3.2556944, 2.0]]], because="each gradient times the slope there"
    )
    expect(to_bias).equals([3.7556944, 4.170463], because="the shares of both rows, added")


def network():
    """Pixels, labels, and the parameters of 8 → 12 → 3."""
    rng = np.random.default_rng(0)
    x, labels = Tensor(drawn(rng, 10, 8)), Tensor(np.arange(10) % 3)
    shapes = ((8, 12), (12,), (12, 3))
    return x, labels, [Parameter(0.5 * drawn(rng, *shape)) for shape in shapes]


def trained(x, labels, parameters, product, activation):
    """The loss of one step of training; the parameters have moved."""
    first, bias, second = parameters
    loss = cross_entropy(product(activation(product(x, first), bias), second), labels)
    loss.backward()
    SGD(parameters, lr=0.1).step()
    return loss.item()


@step("training-step")
def test_one_step_through_the_kernels(expect):
    x, labels, parameters = network()
    others = [Parameter(parameter.numpy()) for parameter in parameters]
    wanted = trained(x, labels, others, Tensor.matmul, lambda z, bias: gelu(z + bias))
    loss = trained(x, labels, parameters, fused.kernel_matmul, fused.bias_gelu)
    expect(loss).equals(wanted, because="the loss is that of the operations of modules 01 to 09")
    for mine, other in zip(parameters, others, strict=True):
        expect(mine).equals(
            other.numpy(),
            rtol=1e-4,
            atol=1e-5,
            because="and the step moved all weights as far",
        )


@step("training-step")
def test_the_forward_pass_on_the_simulated_gpu(expect):
    x, _, (first, bias, second) = network()
    hidden = gelu(x @ first + bias)
    wanted = exact((hidden @ second).numpy())
    with simulated() as reports:
        z = gpu.tiled_matmul(x.numpy(), first.numpy())
        scores = gpu.tiled_matmul(gpu.fused_bias_gelu(z, bias.numpy()), second.numpy())
        chances = gpu.online_softmax(scores)
    expect(chances).equals(
        wanted, rtol=1e-4, atol=1e-6, because="the same chances, in four launches"
    )
    expect([report.precision for report in reports]).equals(
        ["single"] * 4, because="no kernel computes in float64"
    )
