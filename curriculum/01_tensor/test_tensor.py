"""Step tests of module 01."""

import warnings
from contextlib import contextmanager

import numpy as np

from tinytorch import tensor
from tinytorch.tensor import Tensor, linear
from tinytorch_ls.lesson import step


@contextmanager
def warnings_as_errors():
    """Take each of NumPy's warnings for an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def geterr_after(function, *args):
    """What NumPy does about each kind of error behind a call, where it warned before."""
    with np.errstate(all="warn"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        function(*args)
        return np.geterr()


class Elements(np.ndarray):
    """Numbers that note a product of whole rows or matrices in which they are multiplied."""

    products: list

    def __array_finalize__(self, source):
        self.products = getattr(source, "products", [])

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **named):
        plain = [np.asarray(each) if isinstance(each, Elements) else each for each in inputs]
        if out:
            named["out"] = tuple(np.asarray(each) for each in out)
        if ufunc.signature:  # as matmul has one, and multiply has none
            self.products.append(ufunc.__name__)
        result = getattr(ufunc, method)(*plain, **named)
        return out[0] if out else result

    def __array_function__(self, function, types, args, named):
        if function in (np.dot, np.einsum, np.inner, np.tensordot, np.vdot):
            self.products.append(function.__name__)
        return super().__array_function__(function, types, args, named)

    def dot(self, other, out=None):
        return np.dot(self, other, out)


def numpys_products_in(function, left, right):
    """Whether a function uses one of NumPy's products of rows or matrices: "used" or "none"."""
    products = []
    for each in (left, right):
        each.data = np.array(each.data).view(Elements)
        each.data.products = products
    function(left, right)
    return "used" if products else "none"


@step("create")
def test_numbers_become_float32_or_int64(expect):
    expect(Tensor([[1.5, 2.0, 3.0], [4.0, 5.0, 6.0]])).equals(
        [[1.5, 2.0, 3.0], [4.0, 5.0, 6.0]],
        dtype=np.float32,
        because="Python floats become float32",
    )
    expect(Tensor([1, 2])).equals(
        [1, 2], dtype=np.int64, because="whole Python numbers become int64"
    )
    expect(Tensor(7.0)).equals(7.0, dtype=np.float32, because="one number has the shape ()")


@step("create")
def test_bools_and_arrays_keep_their_type(expect):
    expect(Tensor([True, False])).equals(
        [True, False], dtype=np.bool_, because="Python bools stay bool"
    )
    array = np.array([[1.0, 2.0, 3.0]], dtype=np.float64)
    expect(Tensor(array)).equals(
        [[1.0, 2.0, 3.0]],
        dtype=np.float64,
        because="the tensor is a copy of the array, in the array's own dtype",
    )


@step("create")
def test_a_named_dtype_wins(expect):
    expect(Tensor([1, 2], dtype=np.int64)).equals(
        [1, 2], dtype=np.int64, because="a dtype that is named beats the rules"
    )
    expect(Tensor(np.array([1.5]), dtype=np.float32)).equals(
        [1.5], dtype=np.float32, because="a dtype that is named beats that of an array too"
    )


@step("create")
def test_copies_whatever_dtype_is_named(expect):
    array = np.array([1.0, 2.0], dtype=np.float32)
    expect(Tensor(array, dtype=np.float32)).equals(
        [1.0, 2.0],
        dtype=np.float32,
        because="the tensor is a copy, also where the array has the named dtype already",
    )
    expect(Tensor(np.float64(2.5))).equals(
        2.5, dtype=np.float64, because="a single NumPy number keeps its dtype, as an array does"
    )


@step("create")
def test_takes_a_tensor(expect):
    first = Tensor([[1.0, 2.0]], dtype=np.float64)
    expect(Tensor(first)).equals(
        [[1.0, 2.0]], dtype=np.float64, because="a tensor is copied, with its dtype"
    )


@step("create")
def test_a_named_dtype_beats_a_tensor(expect):
    whole = Tensor([1.0, 2.0])
    expect(Tensor(whole, dtype=np.int64)).equals(
        [1, 2], dtype=np.int64, because="a dtype that is named beats that of a tensor too"
    )


@step("create")
def test_refuses_ragged_rows_and_text(expect):
    expect.raises(
        ValueError, Tensor, [[1, 2], [3]], because="rows of different lengths have no shape"
    )
    expect.raises(TypeError, Tensor, ["a", "b"], because="text is no number")


@step("describe")
def test_describes_a_matrix(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t.shape).equals((2, 3), because="there are two rows of three")
    expect(t.ndim).equals(2, because="rows and columns are two dimensions")
    expect(t.dtype).equals(t.data.dtype, because="the array knows its dtype")
    expect(t).equals([[1, 2, 3], [4, 5, 6]], because="a question changes no number")


@step("describe")
def test_describes_other_shapes(expect):
    t = Tensor(np.zeros((2, 3, 4)))
    expect((t.shape, t.ndim)).equals(((2, 3, 4), 3), because="there are three lengths")
    expect((Tensor(5).shape, Tensor(5).ndim)).equals(
        ((), 0), because="a single number has no dimensions"
    )
    t.data = t.data.T
    expect(t.shape).equals((4, 3, 2), because="the shape is that of the array, in any order")


@step("describe")
def test_names_the_dtype(expect):
    expect(str(Tensor([True, False]).dtype)).equals("bool", because="bools stay bool")
    empty = Tensor(np.zeros((0, 3), dtype=np.int32))
    expect(str(empty.dtype)).equals("int32", because="a tensor without elements has a dtype")
    expect((empty.shape, empty.ndim)).equals(((0, 3), 2), because="no rows of three")


@step("size")
def test_counts_the_elements(expect):
    expect(Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).size).equals(6, because="2 · 3 is 6")
    expect(Tensor(np.zeros((2, 3, 4))).size).equals(24, because="2 · 3 · 4 is 24")
    expect(Tensor([1.0, 2.0, 3.0, 4.0, 5.0]).size).equals(5, because="one factor, 5")


@step("size")
def test_counts_one_or_none(expect):
    expect(Tensor(5).size).equals(1, because="a product of no factors is 1")
    expect(Tensor(np.zeros((0, 3))).size).equals(0, because="no rows of three are no elements")
    expect(type(Tensor([1, 2]).size)).equals(int, because="a size is a Python int")
    expect(type(Tensor(5).size)).equals(int, because="it is one for a single number too")


@step("nbytes")
def test_counts_the_bytes(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t.nbytes).equals(24, because="6 numbers of 4 bytes each")
    expect(Tensor([True, False, True]).nbytes).equals(3, because="a bool takes one byte")
    expect(Tensor(np.zeros((2, 3, 4))).nbytes).equals(192, because="24 of float64 take 8 each")


@step("nbytes")
def test_counts_the_bytes_of_any_order(expect):
    t = Tensor(np.arange(6.0).reshape(2, 3))
    t.data = t.data.T
    expect(t.nbytes).equals(48, because="6 numbers of 8 bytes, in whatever order they lie")
    expect(Tensor([]).nbytes).equals(0, because="no elements take no bytes")
    expect(Tensor(7).nbytes).equals(8, because="one int64 takes 8")


@step("numpy")
def test_hands_out_the_array(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t.numpy()).equals(np.array([[1, 2, 3], [4, 5, 6]]), because="numpy gives the array")
    expect(np.shares_memory(t.numpy(), t.data)).equals(
        True, because="t.numpy() reads the memory of t: what is written into it shows in t"
    )
    expect(t.numpy().flags.writeable).equals(True, because="the array can be written into")


@step("numpy")
def test_hands_out_any_dtype(expect):
    expect(Tensor([1, 2]).numpy()).equals(
        np.array([1, 2]), dtype=np.int64, because="whole numbers stay whole"
    )
    expect(Tensor(2.5, dtype=np.float64).numpy()).equals(
        np.array(2.5), dtype=np.float64, because="an array of no dimensions is one too"
    )


@step("numpy")
def test_numpy_is_the_array_itself(expect):
    t = Tensor(np.arange(6.0).reshape(2, 3))
    t.data = t.data.T
    expect(t.numpy()).equals(
        np.array([[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]), because="the rows of the array stay rows"
    )
    expect(np.shares_memory(t.numpy(), t.data)).equals(
        True, because="t.numpy() reads the memory of t, in whatever order that lies"
    )


@step("tolist")
def test_lists(expect):
    t = Tensor([[1.0, 2.5, 3.0], [4.0, 5.0, 6.0]])
    expect(t.tolist()).equals(
        [[1.0, 2.5, 3.0], [4.0, 5.0, 6.0]], because="tolist gives nested Python lists"
    )
    expect(Tensor([2.0**-16]).tolist()).equals([2.0**-16], because="every digit stays")
    expect(type(Tensor([1.0]).tolist()[0])).equals(float, because="its numbers are Python's own")
    expect(Tensor(np.zeros((1, 2, 1))).tolist()).equals(
        [[[0.0], [0.0]]], because="one pair of brackets a dimension"
    )


@step("tolist")
def test_item_is_one_number(expect):
    expect(Tensor([[2.5]]).item()).equals(2.5, because="the one element as a Python number")
    expect(type(Tensor(2.5).item())).equals(float, because="item gives a Python number")
    expect.raises(
        ValueError,
        Tensor([[1, 2, 3]]).item,
        mentions=("(1, 3)",),
        because="three elements are not one number",
    )
    expect.raises(ValueError, Tensor([]).item, because="no element is no number")


@step("tolist")
def test_a_single_number_and_whole_numbers(expect):
    expect(Tensor(2.5).tolist()).equals(2.5, because="no dimensions, no brackets")
    whole = Tensor(np.array([[7]]))
    expect(whole.item()).equals(7, because="a whole number stays one")
    expect(Tensor([True]).item()).equals(True, because="a bool stays one")


@step("show")
def test_text_shows_values_and_dtype(expect):
    expect(Tensor([[1.0, 2.5]]).__repr__()).equals(
        "Tensor([[1.0, 2.5]], dtype=float32)", because="text shows the values and the dtype"
    )
    expect(Tensor([[1, 2]]).__repr__()).equals(
        "Tensor([[1, 2]], dtype=int64)", because="whole numbers have no point"
    )
    expect(Tensor([True]).__repr__()).equals(
        "Tensor([True], dtype=bool)", because="a bool tensor says so"
    )


@step("broadcast-shape")
def test_equal_shapes_stay(expect):
    expect(tensor.broadcast_shape((2, 3), (2, 3))).equals((2, 3), because="equal lengths stay")
    expect(tensor.broadcast_shape((), ())).equals((), because="two numbers give a number")


@step("broadcast-shape")
def test_missing_lengths_count_as_one(expect):
    expect(tensor.broadcast_shape((2, 3), (3,))).equals((2, 3), because="a row meets each row")
    expect(tensor.broadcast_shape((3,), (2, 3))).equals((2, 3), because="on either side")
    expect(tensor.broadcast_shape((4, 2, 3), ())).equals(
        (4, 2, 3), because="a single number meets each element"
    )
    expect(tensor.broadcast_shape((3,), (5, 4, 2, 3))).equals(
        (5, 4, 2, 3), because="three lengths are missing, and count as 1"
    )


@step("broadcast-shape")
def test_ones_are_stretched(expect):
    expect(tensor.broadcast_shape((2, 1), (2, 3))).equals((2, 3), because="the column is stretched")
    expect(tensor.broadcast_shape((2, 3), (2, 1))).equals((2, 3), because="on either side")
    expect(tensor.broadcast_shape((2, 1), (3,))).equals((2, 3), because="both are stretched")
    expect(tensor.broadcast_shape((5, 1, 4), (3, 1))).equals(
        (5, 3, 4), because="each length is compared by itself"
    )
    expect(tensor.broadcast_shape((1, 1), (1,))).equals((1, 1), because="1 against 1 is 1")


@step("broadcast-shape")
def test_refuses_lengths_that_do_not_fit(expect):
    expect.raises(
        ValueError,
        tensor.broadcast_shape,
        (2, 3),
        (2,),
        mentions=("(2, 3)", "(2,)"),
        because="counted from the right, 3 meets 2; the error names both shapes",
    )
    expect.raises(
        ValueError,
        tensor.broadcast_shape,
        (4, 3),
        (2, 3),
        mentions=("(4, 3)", "(2, 3)"),
        because="4 meets 2, and neither is 1",
    )
    expect.raises(
        ValueError, tensor.broadcast_shape, (4,), (2, 1, 2), because="4 is not 2, even twice"
    )


@step("broadcast-shape")
def test_a_one_is_stretched_to_nothing_too(expect):
    expect(tensor.broadcast_shape((0, 3), (1, 3))).equals((0, 3), because="1 takes the length 0")
    expect(tensor.broadcast_shape((1,), (2, 0))).equals((2, 0), because="on either side")
    expect.raises(
        ValueError,
        tensor.broadcast_shape,
        (0,),
        (2,),
        mentions=("(0,)", "(2,)"),
        because="0 is not 2, and only a 1 is stretched",
    )


@step("add")
def test_adds_number_by_number(expect):
    a, b = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), Tensor([[10.0, 20.0, 30.0], [4.0, 5.0, 6.5]])
    expect(a.add(b)).equals(
        [[11, 22, 33], [8, 10, 12.5]],
        dtype=np.float32,
        because="each number is added to the one at its place",
    )


@step("add")
def test_add_stretches(expect):
    a = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    row, column = Tensor([10.0, 20.0, 30.0]), Tensor([[100.0], [200.0]])
    expect(a.add(row)).equals(
        [[11, 22, 33], [14, 25, 36]], because="a row is stretched along the rows of a"
    )
    expect(a.add(column)).equals(
        [[101, 102, 103], [204, 205, 206]], because="a column is stretched along the columns"
    )
    expect(row.add(column)).equals(
        [[110, 120, 130], [210, 220, 230]], because="both are stretched to two rows of three"
    )
    expect(a.add(0.5)).equals(
        [[1.5, 2.5, 3.5], [4.5, 5.5, 6.5]],
        dtype=np.float32,
        because="a number is added to each element, and float32 stays",
    )


@step("add")
def test_add_keeps_the_wider_dtype(expect):
    a, b = Tensor([0.1, 2.0], dtype=np.float64), Tensor([0.2, 0.5])
    expect(a.add(b).shape).equals((2,), because="two numbers and two numbers give two")
    expect(Tensor(np.array([2**40, 3])).add(Tensor(np.array([1, 4])))).equals(
        [2**40 + 1, 7], because="whole numbers are added as whole numbers"
    )
    expect(a.add(a)).equals([0.2, 4.0], dtype=np.float64, because="float64 and float64 stay so")
    expect(Tensor([1, 2]).add(0.5)).equals(
        [1.5, 2.5], dtype=np.float32, because="whole numbers and a fraction make float32"
    )
    expect(a.add(-7)).equals([-6.9, -5.0], because="a sum may be negative")


@step("add")
def test_add_refuses_shapes_that_do_not_fit(expect):
    a, b = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), Tensor([1.0, 2.0])
    expect.raises(
        ValueError,
        a.add,
        b,
        mentions=("add", "(2, 3)", "(2,)"),
        because="counted from the right, 3 meets 2; the error says where",
    )


@step("arithmetic")
def test_subtracts(expect):
    a, b = Tensor([[6.0, 8.0, 1.0], [4.0, 5.0, 7.0]]), Tensor([2.0, 4.0, 5.0])
    expect(a.sub(b)).equals([[4, 4, -4], [2, 1, 2]], because="b is taken from each row of a")
    expect(Tensor([[6.0, 8.0, 1.0]]).sub(0.5)).equals(
        [[5.5, 7.5, 0.5]], because="0.5 is taken from each"
    )


@step("arithmetic")
def test_multiplies(expect):
    a, b = Tensor([[6.0, 8.0, 1.0], [4.0, 5.0, 7.0]]), Tensor([2.0, 4.0, 5.0])
    expect(a.mul(b)).equals(
        [[12, 32, 5], [8, 20, 35]], because="numbers at the same place are multiplied"
    )
    expect(Tensor([[6.0, 8.0, 1.0]]).mul(2)).equals([[12, 16, 2]], because="each is doubled")
    square = Tensor([[1.0, 2.0], [3.0, 4.0]])
    expect(square.mul(square)).equals([[1, 4], [9, 16]], because="each by the one at its place")


@step("arithmetic")
def test_negates(expect):
    t = Tensor([[1.0, -2.0, 0.5]])
    expect(t.neg()).equals([[-1, 2, -0.5]], because="each number changes its sign")
    expect(Tensor([7, -8]).neg()).equals(
        [-7, 8], dtype=np.int64, because="whole numbers stay whole"
    )
    expect(Tensor([30.0, -0.1], dtype=np.float64).neg()).equals(
        [-30, 0.1], dtype=np.float64, because="float64 stays, as in add"
    )


@step("arithmetic")
def test_subtracts_whole_numbers_and_mixed_dtypes(expect):
    expect(Tensor([7, 8]).sub(Tensor([2, 9]))).equals(
        [5, -1], dtype=np.int64, because="whole numbers stay whole"
    )
    double = Tensor([0.25, 0.1], dtype=np.float64)
    expect(Tensor([1.0, 2.0]).sub(double)).equals(
        [0.75, 1.9], rtol=1e-12, because="float32 with float64 gives float64"
    )
    a, b = Tensor([-30.0, 0.1], dtype=np.float64), Tensor([2.0, 4.0], dtype=np.float64)
    expect(a.sub(b)).equals([-32, -3.9], dtype=np.float64, because="float64 stays, as in add")


@step("arithmetic")
def test_multiplies_whole_numbers_and_mixed_dtypes(expect):
    whole = Tensor([7, 8])
    expect(whole.mul(whole)).equals([49, 64], dtype=np.int64, because="whole numbers stay whole")
    expect(whole.mul(Tensor([0.25, 0.1], dtype=np.float64))).equals(
        [1.75, 0.8], because="whole numbers meet fractions"
    )
    a, b = Tensor([-30.0, 0.1], dtype=np.float64), Tensor([2.0, 4.0], dtype=np.float64)
    expect(a.mul(b)).equals([-60, 0.4], dtype=np.float64, because="float64 stays, as in add")


@step("arithmetic")
def test_subtraction_names_shapes_that_do_not_fit(expect):
    expect.raises(
        ValueError,
        Tensor([1.0, 2.0, 3.0]).sub,
        Tensor([1.0, 2.0]),
        mentions=("sub", "(3,)", "(2,)"),
        because="3 meets 2, counted from the right; the error says where",
    )


@step("arithmetic")
def test_multiplication_names_shapes_that_do_not_fit(expect):
    expect.raises(
        ValueError,
        Tensor([1.0, 2.0, 3.0]).mul,
        Tensor([1.0, 2.0]),
        mentions=("mul", "(3,)", "(2,)"),
        because="3 meets 2, counted from the right; the error says where",
    )


@step("divide")
def test_divides(expect):
    a, b = Tensor([[6.0, 9.0, 1.0], [4.0, 5.0, 7.0]]), Tensor([[4.0], [2.0]])
    expect(a.div(b)).equals(
        [[1.5, 2.25, 0.25], [2.0, 2.5, 3.5]], because="true division keeps the fraction"
    )
    with warnings_as_errors():
        expect(Tensor([1.0, -1.0, 0.0]).div(0)).equals(
            [np.inf, -np.inf, np.nan], because="1/0 is inf and 0/0 is nan, without a warning"
        )


@step("divide")
def test_divides_whole_numbers_and_numbers(expect):
    whole = Tensor(np.array([7, 8]))
    expect(whole.div(Tensor(np.array([2, 4])))).equals(
        [3.5, 2.0], dtype=np.float32, because="7 / 2 is 3.5, also for whole numbers"
    )
    expect(Tensor([[6.0, 8.0, 1.0]]).div(4)).equals(
        [[1.5, 2, 0.25]], dtype=np.float32, because="each is divided by 4"
    )
    with warnings_as_errors():
        expect(Tensor([1, 0]).div(0)).equals(
            [np.inf, np.nan], because="whole numbers have the same corners"
        )


@step("divide")
def test_division_keeps_float64(expect):
    a, b = Tensor([-30.0, 0.1], dtype=np.float64), Tensor([2.0, 4.0], dtype=np.float64)
    expect(a.div(b)).equals([-15, 0.025], dtype=np.float64, because="float64 stays, as in add")


@step("divide")
def test_division_leaves_numpys_settings(expect):
    expect(geterr_after(Tensor([1.0, 6.0]).div, 0)["divide"]).equals(
        "warn",
        because="the warning is off for this division alone; NumPy goes on warning of others",
    )


@step("divide")
def test_division_names_shapes_that_do_not_fit(expect):
    expect.raises(
        ValueError,
        Tensor([1.0, 2.0, 3.0]).div,
        Tensor([1.0, 2.0]),
        mentions=("div", "(3,)", "(2,)"),
        because="3 meets 2, counted from the right; the error says where",
    )


@step("power")
def test_raises_to_powers(expect):
    a = Tensor([[2.0, 3.0, 5.0]])
    expect(a.pow(3)).equals([[8, 27, 125]], because="2 to the power of 3 is 8")
    expect(a.pow(Tensor([[1.0], [-1.0]]))).equals(
        [[2, 3, 5], [0.5, 1 / 3, 0.2]], because="exponents broadcast too"
    )
    with warnings_as_errors():
        expect(Tensor([-4.0, 0.0, 1e30]).pow(0.5)).equals(
            [np.nan, 0.0, 1e15], because="the root of a negative number is nan"
        )
        expect(Tensor([0.0, 1e30]).pow(-1)).equals(
            [np.inf, 1e-30], because="zero to a negative power is inf"
        )
        expect(Tensor([1e30]).pow(2)).equals([np.inf], because="1e60 is beyond float32")


@step("power")
def test_raises_negative_numbers_to_powers(expect):
    expect(Tensor([-2.0, -3.0]).pow(3)).equals(
        [-8.0, -27.0], because="three minus signs make a minus"
    )
    expect(Tensor([-2.0, 0.0]).pow(2)).equals([4.0, 0.0], because="two minus signs make a plus")


@step("power")
def test_powers_of_whole_numbers_and_float64(expect):
    expect(Tensor([7, 8]).pow(2)).equals(
        [49, 64], dtype=np.int64, because="whole numbers stay whole"
    )
    expect(Tensor([[6.0, 8.0, 1.0]]).pow(2)).equals(
        [[36, 64, 1]], dtype=np.float32, because="each is squared"
    )
    a, b = Tensor([-30.0, 0.1], dtype=np.float64), Tensor([2.0, 4.0], dtype=np.float64)
    expect(a.pow(b)).equals([900, 1e-4], dtype=np.float64, because="float64 stays, as in add")


@step("power")
def test_a_power_leaves_numpys_settings(expect):
    expect(geterr_after(Tensor([1e30]).pow, 2)["over"]).equals(
        "warn", because="the warning is off for this power alone; NumPy goes on warning of others"
    )


@step("power")
def test_powers_name_shapes_that_do_not_fit(expect):
    expect.raises(
        ValueError,
        Tensor([1.0, 2.0, 3.0]).pow,
        Tensor([1.0, 2.0]),
        mentions=("pow", "(3,)", "(2,)"),
        because="3 meets 2, counted from the right; the error says where",
    )


@step("operators")
def test_a_number_on_the_left(expect):
    t = Tensor([[1.0, 2.0, 4.0]])
    expect(10 + t).equals([[11, 12, 14]], dtype=np.float32, because="10 + t adds 10 to each")
    expect(10 - t).equals([[9, 8, 6]], dtype=np.float32, because="10 - t takes each from 10")
    expect(3 * t).equals([[3, 6, 12]], dtype=np.float32, because="3 * t is three times each")
    expect(8 / t).equals([[8, 4, 2]], dtype=np.float32, because="8 / t divides 8 by each")
    expect(2**t).equals([[2, 4, 16]], dtype=np.float32, because="2 ** t is 2 to the power of each")


@step("operators")
def test_fractions_on_the_left(expect):
    t = Tensor([[1.0, 2.0, 4.0]])
    expect(7 / t).equals([[7, 3.5, 1.75]], because="division keeps the fraction")
    expect(3**t).equals([[3, 9, 81]], because="3 ** t is 3 to the power of each")
    with warnings_as_errors():
        expect(0.0 / Tensor([0.0, 2.0])).equals(
            [np.nan, 0.0], because="0/0 is nan, without a warning"
        )
    expect((-2) ** Tensor([2.0, 3.0])).equals([4, -8], because="a base may be negative")
    whole = Tensor(np.array([1, 2]))
    expect(0.5 + whole).equals(
        [1.5, 2.5], dtype=np.float32, because="0.5 is not cut to a whole number"
    )
    expect(10 - whole).equals([9, 8], dtype=np.int64, because="10 is a whole number too")
    expect(0.5 * whole).equals([0.5, 1.0], because="nor is it here")


@step("operators")
def test_a_number_on_the_left_of_bytes(expect):
    pixels = Tensor(np.array([1, 2], dtype=np.uint8))
    expect(0.5 - pixels).equals(
        [-0.5, -1.5], dtype=np.float32, because="a byte has no minus: -1 would be 255"
    )
    expect(1 / pixels).equals([1.0, 0.5], dtype=np.float32, because="a division gives fractions")


@step("operators")
def test_a_number_on_the_left_of_negative_numbers(expect):
    t = Tensor([-1.0, 3.0], dtype=np.float64)
    expect(-5 + t).equals([-6, -2], dtype=np.float64, because="-5 + t adds -5 to each")
    expect(1 - t).equals([2, -2], dtype=np.float64, because="1 - t takes each from 1")
    expect(3 * t).equals([-3, 9], dtype=np.float64, because="3 * t is three times each")
    expect(6 / t).equals([-6, 2], dtype=np.float64, because="6 / t divides 6 by each")
    expect((-2) ** t).equals([-0.5, -8], dtype=np.float64, because="(-2) ** t keeps odd signs")


@step("operators")
def test_an_array_on_the_left(expect):
    t = Tensor([1.0, 2.0])
    column = np.array([[10.0], [20.0]], dtype=np.float32)
    expect(column - t).equals([[9, 8], [19, 18]], because="an array leaves the work to the tensor")
    expect(column / t).equals([[10, 5], [20, 10]], because="the array is the one that is divided")


@step("operators")
def test_an_array_is_added_and_multiplied_too(expect):
    t = Tensor([1.0, 2.0])
    row = np.array([10.0, 20.0], dtype=np.float32)
    expect(row + t).equals([11, 22], because="the tensor takes the array")
    expect(row * t).equals([10, 40], because="the tensor takes the array")


@step("operators")
def test_operators_mix(expect):
    a, b = Tensor([[1.0, 2.0], [3.0, 5.0], [0.5, 4.0]]), Tensor([2.0, 10.0])
    expect(1 + a * b - a / 2).equals(
        [[2.5, 20.0], [5.5, 48.5], [1.75, 39.0]], because="products come before sums"
    )
    expect(-(a**2) + 1).equals(
        [[0, -3], [-8, -24], [0.75, -15]], because="the power comes before the minus"
    )


@step("operators")
def test_a_number_on_the_left_takes_the_dtype(expect):
    t = Tensor([1.0, 2.5], dtype=np.float16)
    expect(4 - t).equals(
        [3.0, 1.5], dtype=np.float16, because="4 takes the dtype of t, so the result keeps it too"
    )


@step("matmul-loops")
def test_multiplies_in_loops(expect):
    a = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    b = Tensor([[7.0, 8.0, 1.0, 0.0], [9.0, 10.0, 0.0, 1.0], [11.0, 12.0, 2.0, 3.0]])
    expect(tensor.matmul_loops(Tensor([[2.0]]), Tensor([[3.5]]))).equals(
        [[7.0]], because="one by one is one product"
    )
    expect(tensor.matmul_loops(a, b)).equals(
        [[58, 64, 7, 11], [139, 154, 16, 23]],
        dtype=np.float32,
        because="entry (i, j) is row i of a times column j of b, summed",
    )


@step("matmul-loops")
def test_loops_over_narrow_matrices(expect):
    row, column = Tensor([[1.0, -2.0, 0.5]]), Tensor([[4.0], [1.0], [2.0]])
    expect(tensor.matmul_loops(row, column)).equals([[3]], because="4 − 2 + 1 is 3")
    expect(tensor.matmul_loops(column, row)).equals(
        [[4, -8, 2], [1, -2, 0.5], [2, -4, 1]], because="a column by a row is a table of products"
    )


@step("matmul-loops")
def test_loops_keep_the_dtype(expect):
    whole = Tensor([[1, 2], [3, 4]])
    expect(tensor.matmul_loops(whole, whole)).equals(
        [[7, 10], [15, 22]], dtype=np.int64, because="whole numbers give whole numbers"
    )
    fractions = Tensor([[0.5, 1.0], [2.0, 0.0]])
    expect(tensor.matmul_loops(whole, fractions)).equals(
        [[4.5, 1], [9.5, 3]], dtype=np.float32, because="int64 and float32 make float32, as in add"
    )
    double = Tensor([[0.1, -0.5], [2.0, -30.0]], dtype=np.float64)
    expect(tensor.matmul_loops(double, whole)).equals(
        [[-1.4, -1.8], [-88, -116]], dtype=np.float64, because="float64 wins over whole numbers"
    )


@step("matmul-loops")
def test_each_product_is_taken_by_itself(expect):
    a, b = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), Tensor([[7.0, 8.0], [9.0, 1.0], [2.0, 3.0]])
    expect(numpys_products_in(tensor.matmul_loops, a, b)).equals(
        "none", because="each product is taken by itself; NumPy's own product is the next step"
    )


@step("matmul-loops")
def test_loops_over_nothing(expect):
    nothing = Tensor(np.zeros((2, 0)))
    expect(tensor.matmul_loops(nothing, Tensor(np.zeros((0, 3))))).equals(
        np.zeros((2, 3)), because="a sum of no products is 0"
    )


@step("matmul")
def test_multiplies_matrices(expect):
    a = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    b = Tensor([[7.0, 8.0, 1.0, 0.0], [9.0, 10.0, 0.0, 1.0], [11.0, 12.0, 2.0, 3.0]])
    expect(a.matmul(b)).equals(
        [[58, 64, 7, 11], [139, 154, 16, 23]],
        dtype=np.float32,
        because="entry (i, j) is row i of a times column j of b, summed",
    )


@step("matmul")
def test_multiplies_in_one_dtype(expect):
    whole, fractions = Tensor([[1, 2], [3, 4]]), Tensor([[0.5, 1.0], [2.0, 0.0]])
    expect(whole.matmul(fractions)).equals(
        [[4.5, 1], [9.5, 3]], dtype=np.float32, because="int64 and float32 make float32, as in add"
    )
    double = Tensor([[0.5, 1.0], [2.0, 0.0]], dtype=np.float64)
    expect(double.matmul(whole)).equals(
        [[3.5, 5], [2, 4]], dtype=np.float64, because="float64 wins over whole numbers"
    )


@step("matmul")
def test_multiplies_vectors(expect):
    a = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    row, column = Tensor([1.0, 10.0]), Tensor([1.0, 0.0, 2.0])
    expect(a.matmul(column)).equals([7, 16], because="a vector on the right is a column")
    expect(row.matmul(a)).equals([41, 52, 63], because="a vector on the left is a row")
    expect(column.matmul(column)).equals(5.0, because="two vectors give one number")
    expect(Tensor([1.0, -10.0]).matmul(a)).equals([-39, -48, -57], because="signs count")


@step("matmul")
def test_multiplies_batches(expect):
    a = Tensor(np.arange(12.0).reshape(2, 2, 3))
    b = Tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    expect(a.matmul(b)).equals(
        [[[2, 4], [8, 13]], [[14, 22], [20, 31]]],
        because="each matrix of the batch is multiplied by b",
    )
    expect(Tensor([1.0, 10.0]).matmul(a)).equals(
        [[30, 41, 52], [96, 107, 118]], because="the row meets each matrix of the batch"
    )
    c = Tensor(np.arange(6.0).reshape(2, 3, 1))
    expect(a.matmul(c)).equals(
        [[[5], [14]], [[86], [122]]], because="matrix i of one batch meets matrix i of the other"
    )


@step("matmul")
def test_refuses_lengths_that_differ(expect):
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones((2, 4)))
    expect.raises(
        ValueError,
        a.matmul,
        b,
        mentions=("(2, 3)", "(2, 4)"),
        because="the inner lengths 3 and 2 differ",
    )
    expect.raises(
        ValueError,
        Tensor(np.ones((5, 3, 2))).matmul,
        Tensor(np.ones((5, 3, 2))),
        mentions=("(5, 3, 2)",),
        because="the inner lengths 2 and 3 differ",
    )
    vector = Tensor([1.0, 2.0])
    expect.raises(
        ValueError,
        a.matmul,
        vector,
        mentions=("(2, 3)", "(2,)"),
        because="the inner lengths 3 and 2 differ",
    )


@step("matmul")
def test_a_length_of_one_is_not_stretched(expect):
    a, b = Tensor(np.ones((2, 3))), Tensor(np.ones((1, 4)))
    expect.raises(
        ValueError,
        a.matmul,
        b,
        mentions=("(2, 3)", "(1, 4)"),
        because="the inner lengths 3 and 1 differ, and a product stretches nothing",
    )
    expect.raises(
        ValueError,
        a.matmul,
        a,
        mentions=("(2, 3)",),
        because="the inner lengths 3 and 2 differ, even if they would fit turned round",
    )


@step("matmul")
def test_refuses_single_numbers(expect):
    a, number = Tensor([[1.0, 2.0]]), Tensor(3.0)
    expect(a.matmul(Tensor([[3.0], [4.0]]))).equals([[11]], because="one row by one column is one")
    expect.raises(
        ValueError, a.matmul, number, mentions=("(1, 2)", "()"), because="a number has no rows"
    )
    expect.raises(
        ValueError, number.matmul, a, mentions=("(1, 2)", "()"), because="a number has no columns"
    )


@step("strides")
def test_strides_of_a_matrix(expect):
    expect(tensor.strides((2, 3))).equals(
        (3, 1), because="3 places to the next row, 1 to the next column"
    )
    expect(tensor.strides((3, 2))).equals((2, 1), because="rows of two are two places apart")
    expect(tensor.strides((5,))).equals((1,), because="neighbours in a row lie side by side")


@step("strides")
def test_strides_of_more_dimensions(expect):
    expect(tensor.strides((2, 3, 4))).equals(
        (12, 4, 1), because="one step along the first dimension passes 3 · 4 numbers"
    )
    expect(tensor.strides((7, 2, 5, 3))).equals(
        (30, 15, 3, 1), because="each is the product of the lengths behind it"
    )


@step("strides")
def test_strides_of_ones_and_none(expect):
    expect(tensor.strides(())).equals((), because="no dimensions, no strides")
    expect(tensor.strides((4, 1))).equals((1, 1), because="rows of one lie side by side")
    expect(tensor.strides((1, 4))).equals((4, 1), because="a next row would begin 4 places on")


@step("strides")
def test_strides_find_the_place(expect):
    expect(np.dot((1, 2, 3), tensor.strides((2, 3, 4)))).equals(
        23, because="element (1, 2, 3) is the last of 24: it lies at place 23"
    )
    t = Tensor(np.arange(24.0).reshape(2, 3, 4))
    expect(tensor.strides(t.shape)).equals(t.stride(), because="the tensor lies row after row")


@step("reshape")
def test_reshapes_in_row_major_order(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t.reshape(3, 2)).equals(
        [[1, 2], [3, 4], [5, 6]], because="numbers are read row after row"
    )
    expect(t.reshape(-1)).equals([1, 2, 3, 4, 5, 6], because="-1 is whatever fits")
    expect(t.reshape(1, -1, 2)).equals(
        [[[1, 2], [3, 4], [5, 6]]], because="6 numbers in pairs make 3"
    )
    expect.raises(
        ValueError,
        t.reshape,
        4,
        2,
        mentions=("6", "(2, 3)", "(4, 2)"),
        because="six numbers don't fill eight places",
    )


@step("reshape")
def test_reshapes_without_a_copy(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(np.shares_memory(t.reshape(3, 2).data, t.data)).equals(
        True, because="a reshape is a view: it reads the memory of t"
    )


@step("reshape")
def test_reshapes_a_transpose_row_after_row(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    t.data = t.data.T
    expect(t.reshape(2, 3)).equals(
        [[1, 4, 2], [5, 3, 6]], because="the rows of what is reshaped count, not its memory"
    )


@step("reshape")
def test_refuses_what_minus_one_can_not_fill(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect.raises(
        ValueError,
        t.reshape,
        4,
        -1,
        mentions=("6", "(2, 3)", "(4, -1)"),
        because="six numbers don't make rows of four",
    )


@step("transpose")
def test_transposes(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t.transpose(0, 1)).equals([[1, 4], [2, 5], [3, 6]], because="rows become columns")
    cube = Tensor(np.arange(24.0).reshape(2, 3, 4))
    expect(cube.transpose(0, -1).shape).equals(
        (4, 3, 2), because="the first and the last dimension are exchanged"
    )
    expect(cube.transpose(-3, 1).data[2, 1]).equals(
        np.array([20.0, 21, 22, 23]), because="row 2 of matrix 1 is now row 1 of matrix 2"
    )


@step("transpose")
def test_transposes_without_a_copy(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(np.shares_memory(t.transpose(0, 1).data, t.data)).equals(
        True, because="a transpose is a view: it reads the memory of t"
    )


@step("transpose")
def test_refuses_dimensions_that_are_not_there(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t.transpose(-2, -1)).equals([[1, 4], [2, 5], [3, 6]], because="-2 and -1 are there")
    expect.raises(IndexError, t.transpose, 0, 2, mentions=("2",), because="two dimensions: 0 and 1")
    expect.raises(IndexError, t.transpose, -3, 1, mentions=("-3",), because="-2 is the first one")


@step("flatten")
def test_flattens(expect):
    cube = Tensor(np.arange(12.0).reshape(2, 3, 2))
    expect(cube.flatten()).equals(np.arange(12.0), because="all dimensions become one")
    expect(cube.flatten(1)).equals(
        np.arange(12.0).reshape(2, 6), because="the first dimension stays"
    )
    expect(cube.flatten(2).shape).equals((2, 3, 2), because="the last alone stays as it is")
    expect(Tensor([[1.0, -2.0], [3.0, -4.0]]).flatten()).equals(
        [1, -2, 3, -4], dtype=np.float32, because="one row follows the other"
    )


@step("flatten")
def test_flattens_from_the_end(expect):
    cube = Tensor(np.arange(24.0).reshape(2, 3, 4))
    expect(cube.flatten(-2)).equals(
        np.arange(24.0).reshape(2, 12), because="-2 is the last dimension but one"
    )


@step("flatten")
def test_flattens_a_batch_of_nothing(expect):
    expect(Tensor(np.zeros((0, 3))).flatten(1)).equals(
        np.zeros((0, 3)), because="no rows of three stay no rows of three"
    )
    expect(Tensor(np.zeros((0, 2, 5))).flatten(1).shape).equals(
        (0, 10), because="no images of 2 by 5 are no rows of 10"
    )
    expect(Tensor(np.zeros((0, 3))).flatten().shape).equals((0,), because="no elements at all")


@step("index")
def test_picks_rows_and_columns(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t[1]).equals([4, 5, 6], because="t[1] is the second row")
    expect(t[:, 0]).equals([1, 4], because="t[:, 0] is the first column")
    expect(t[1, 2]).equals(6.0, because="row 1, column 2")
    expect(t[-1, 1:]).equals([5, 6], because="the last row from column 1 on")


@step("index")
def test_refuses_what_is_not_there(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t[-2]).equals([1, 2, 3], because="-2 is the first of two rows")
    expect.raises(IndexError, t.__getitem__, 2, because="the rows are 0 and 1")


@step("index")
def test_picks_by_lists_and_tensors(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    rows = Tensor(np.array([1, 0, 1]))
    mask = Tensor([[True, False, True], [False, False, True]])
    expect(t[[1, 0]]).equals([[4, 5, 6], [1, 2, 3]], because="rows 1 and 0, in that order")
    expect(t[rows]).equals([[4, 5, 6], [1, 2, 3], [4, 5, 6]], because="a tensor of ints picks rows")
    expect(t[mask]).equals([1, 3, 6], because="a bool tensor picks where it is true")
    expect(t[rows, 2]).equals([6, 3, 6], because="a tensor may stand inside a tuple")


@step("index")
def test_picks_by_numbers_and_lists_in_pytorchs_order(expect):
    cube = Tensor(np.arange(24.0).reshape(2, 3, 4))
    expect(cube[1, :, [0, 2]]).equals(
        [[12, 14], [16, 18], [20, 22]], because="the rows of matrix 1 come before its columns"
    )


@step("index")
def test_a_slice_is_a_view(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(np.shares_memory(t[1].data, t.data)).equals(
        True, because="a row is a view: it reads the memory of t"
    )


@step("index")
def test_one_number_is_a_tensor_too(expect):
    t = Tensor([[1, 2], [3, 4]])
    expect(t[1, 0]).equals(3, dtype=np.int64, because="one number has the shape ()")


@step("reduce")
def test_sums(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])
    expect(t.sum()).equals(21.5, because="without dim everything is summed")
    expect(t.sum(0)).equals([5, 7, 9.5], because="dim 0 disappears")
    expect(t.sum(-1)).equals([6, 15.5], because="-1 is the last dimension")
    expect(t.sum(1, keepdim=True)).equals([[6], [15.5]], because="keepdim leaves a length of 1")
    expect(t.sum((0, 1))).equals(21.5, because="several dimensions may go at once")


@step("reduce")
def test_sums_keep_every_dimension_when_asked(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])
    expect(t.sum(keepdim=True)).equals([[21.5]], because="each dimension has length 1 now")
    flags = Tensor([[True, True], [True, False]])
    expect(flags.sum()).equals(3, dtype=np.int64, because="True counts as 1")
    bytes_ = Tensor(np.array([200, 100], dtype=np.uint8))
    expect(bytes_.sum()).equals(
        300,
        dtype=np.int64,
        because="whole numbers are summed as int64, so that they don't run over",
    )


@step("reduce")
def test_rows_that_sum_to_one(expect):
    t = Tensor([[1.0, 3.0, 4.0], [2.0, 2.0, 1.0]])
    expect(t / t.sum(1, keepdim=True)).equals(
        [[0.125, 0.375, 0.5], [0.4, 0.4, 0.2]], because="keepdim lets the sums broadcast"
    )


@step("reduce")
def test_sums_below_zero_and_float64(expect):
    t = Tensor([[10.0, -70.0], [20.0, 30.0]])
    expect(t.sum(1)).equals([-60, 50], because="10 and -70 make -60")
    double = Tensor([[0.1, 2.0], [3.0, 4.0]], dtype=np.float64)
    expect(double.sum(0)).equals([3.1, 6.0], dtype=np.float64, because="float64 stays, as in add")


@step("reduce")
def test_a_sum_with_nan_is_nan(expect):
    t = Tensor([[1.0, np.nan, 2.0], [3.0, 4.0, -5.0]])
    expect(t.sum(1)).equals([np.nan, 2], because="nan and anything make nan")


@step("max")
def test_maxima(expect):
    t = Tensor([[1.0, 7.0, 3.0], [4.0, 5.0, -6.0]])
    expect(t.max()).equals(7.0, because="7 is the greatest of all")
    expect(t.max(0)).equals([4, 7, 3], because="the greatest of each column")
    expect(t.max(1)).equals([7, 5], because="the greatest of each row")
    expect(t.max(1, keepdim=True)).equals([[7], [5]], because="keepdim leaves a length of 1")
    expect.raises(
        ValueError,
        Tensor(np.zeros((0, 3))).max,
        mentions=("(0, 3)",),
        because="no elements have no maximum",
    )
    expect.raises(
        ValueError,
        Tensor(np.zeros((0, 3))).max,
        1,
        mentions=("(0, 3)",),
        because="a tensor without elements is refused, whatever dim",
    )


@step("max")
def test_a_maximum_with_nan_is_nan(expect):
    t = Tensor([[1.0, np.nan, 2.0], [3.0, 4.0, -5.0]])
    expect(t.max(1)).equals([np.nan, 4], because="what is no number can't be passed over")


@step("max")
def test_maxima_below_zero(expect):
    t = Tensor([[-1.0, -7.0], [-3.0, -2.0]])
    expect(t.max()).equals(-1.0, because="-1 is the greatest where all are negative")
    expect(t.max(0)).equals([-1, -2], because="the greatest of each column")
    expect.raises(
        ValueError,
        Tensor(np.zeros((2, 0))).max,
        1,
        mentions=("(2, 0)",),
        because="rows without elements have no maximum",
    )


@step("max")
def test_maxima_keep_dimensions_and_dtypes(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.5]])
    expect(t.max(keepdim=True)).equals([[6.5]], because="each dimension has length 1 now")
    double = Tensor([[0.1, 2.0], [3.0, 4.0]], dtype=np.float64)
    expect(double.max(0)).equals([3.0, 4.0], dtype=np.float64, because="float64 stays, as in add")
    whole = Tensor([[3, 9], [7, 2]])
    expect(whole.max(1)).equals([9, 7], dtype=np.int64, because="whole numbers stay whole")
    expect(whole.max((0, 1))).equals(9, because="several dimensions may go at once")


@step("mean")
def test_means_over_several_dimensions(expect):
    cube = Tensor(np.arange(12.0).reshape(2, 3, 2))
    expect(cube.mean((0, 2))).equals([3.5, 5.5, 7.5], because="four numbers go into each mean")


@step("mean")
def test_means_of_whole_numbers(expect):
    expect(Tensor([1, 2]).float().mean()).equals(
        1.5, dtype=np.float32, because="the mean of whole numbers is taken of floats"
    )
    expect.raises(
        TypeError, Tensor([1, 2]).mean, mentions=("int64",), because="a mean has a fraction"
    )


@step("mean")
def test_means(expect):
    t = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expect(t.mean()).equals(3.5, because="21 divided by 6")
    expect(t.mean(0)).equals([2.5, 3.5, 4.5], because="two numbers go into each mean")
    expect(t.mean(1)).equals([2, 5], because="three numbers go into each mean")
    expect(t.mean(1, keepdim=True)).equals([[2], [5]], because="keepdim leaves a length of 1")
    expect(t.mean(0, keepdim=True).shape).equals((1, 3), because="dim 0 stays with length 1")


@step("mean")
def test_mean_of_nothing(expect):
    with warnings_as_errors():
        expect(Tensor([]).mean()).equals(np.nan, because="0 divided by 0 is nan")
    expect(Tensor(np.zeros((0, 3))).mean(1)).equals(np.zeros((0,)), because="no rows have no means")


@step("mean")
def test_means_keep_dimensions_and_dtypes(expect):
    t = Tensor([[10.0, -70.0], [20.0, 30.0]])
    expect(t.mean(1)).equals([-30, 25], because="two numbers go into each mean")
    expect(t.mean(keepdim=True).shape).equals((1, 1), because="each dimension has length 1 now")
    double = Tensor([[0.1, 2.0], [3.0, 4.0]], dtype=np.float64)
    expect(double.mean(0)).equals([1.55, 3.0], dtype=np.float64, because="float64 stays, as in add")


@step("elementwise")
def test_functions(expect):
    t = Tensor([[1.0, 4.0, 0.25]])
    expect(t.exp()).equals([[2.7182818, 54.59815, 1.2840254]], because="e to the power of each")
    expect(t.log()).equals([[0.0, 1.3862944, -1.3862944]], because="the natural logarithm")
    expect(t.sqrt()).equals([[1, 2, 0.5]], because="the square root of each")
    expect(Tensor([-1.5, 0.0, 2.0]).abs()).equals([1.5, 0, 2], because="the distance from 0")


@step("elementwise")
def test_functions_keep_float64(expect):
    t = Tensor([100.0, 0.5], dtype=np.float64)
    expect(t.exp()).equals(
        [2.6881171418161356e43, 1.6487212707], dtype=np.float64, because="float64 ends far above"
    )
    expect(t.log()).equals([4.605170186, -0.6931471806], dtype=np.float64, because="float64 stays")
    expect(t.sqrt()).equals([10.0, 0.7071067812], dtype=np.float64, because="float64 stays")


@step("elementwise")
def test_functions_of_whole_numbers_give_float32(expect):
    t, because = Tensor([1, 4]), "the result has a fraction, so it is float32"
    expect(t.exp()).equals([2.7182818, 54.59815], dtype=np.float32, because=because)
    expect(t.log()).equals([0.0, 1.3862944], dtype=np.float32, because=because)
    expect(t.sqrt()).equals([1, 2], dtype=np.float32, because=because)


@step("elementwise")
def test_abs_of_large_and_small(expect):
    expect(Tensor([-1e30, -1e-30]).abs()).equals(
        [1e30, 1e-30], atol=0, because="the distance from 0, however large or small"
    )
    expect(Tensor(np.array([-3, 2])).abs()).equals([3, 2], because="whole numbers stay whole")
    pixels = Tensor(np.array([0, 3], dtype=np.uint8))
    expect(pixels.abs()).equals([0, 3], because="uint8 has no minus: -3 would be 253")


@step("elementwise")
def test_edges_are_silent(expect):
    with warnings_as_errors():
        expect(Tensor([89.0, -1000.0]).exp()).equals(
            [np.inf, 0.0], because="e to the 89 is beyond float32"
        )
        expect(Tensor([0.0, -1.0]).log()).equals(
            [-np.inf, np.nan], because="log(0) is -inf, log of a negative number nan"
        )
        expect(Tensor([-1.0, 0.0]).sqrt()).equals(
            [np.nan, 0.0], because="the root of a negative number is nan"
        )


@step("elementwise")
def test_functions_leave_numpys_settings(expect):
    because = "the warning is off inside the function alone; NumPy goes on warning of others"
    expect(geterr_after(Tensor([89.0]).exp)["over"]).equals("warn", because=because)
    expect(geterr_after(Tensor([0.0]).log)["divide"]).equals("warn", because=because)
    expect(geterr_after(Tensor([-1.0]).sqrt)["invalid"]).equals("warn", because=because)


@step("compare")
def test_comparisons_refuse_shapes_that_do_not_fit(expect):
    a, b = Tensor([1.0, 2.0, 3.0]), Tensor([1.0, 2.0])
    expect.raises(
        ValueError, a.__eq__, b, mentions=("=",), because="3 meets 2, and the error says where"
    )
    expect.raises(
        ValueError, a.__lt__, b, mentions=("<",), because="3 meets 2, and the error says where"
    )


@step("compare")
def test_comparisons(expect):
    t = Tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    expect(t == 2).equals(
        [[False, True, False], [False, True, False]],
        dtype=np.bool_,
        because="== compares each element",
    )
    expect(t < Tensor([2.0, 3.0, 1.0])).equals(
        [[True, True, False], [False, True, False]],
        dtype=np.bool_,
        because="the row is stretched, and 1 < 1 is false",
    )
    expect(t == Tensor([[1.0], [2.0]])).equals(
        [[True, False, False], [False, True, False]], because="the column is stretched"
    )


@step("compare")
def test_compares_exactly(expect):
    t = Tensor([1.0, 1.000001, 1.4])
    expect(t == 1).equals([True, False, False], because="close is not equal")
    expect(Tensor([[1.0], [2.0]]) < t).equals(
        [[False, True, True], [False, False, False]], because="1 < 1.000001, and 1 < 1 is false"
    )


@step("compare")
def test_compares_nan(expect):
    t = Tensor([np.nan, 1.0])
    expect(t == t).equals([False, True], because="nan equals nothing, not even itself")
    expect(t < 2).equals([False, True], because="nan is not less than anything")


@step("compare")
def test_masks(expect):
    t = Tensor([[1.0, -2.0, 3.0], [-4.0, 5.0, 6.0]])
    expect(t[t < 0]).equals([-2, -4], because="the elements below 0")
    expect(t[t < 2].abs().sqrt()).equals([1, 2**0.5, 2], because="functions work on picks too")


@step("compare")
def test_compares_rounded_numbers(expect):
    expect(Tensor([0.1, 0.1]) + Tensor([0.2, 0.6]) == Tensor([0.3, 0.7])).equals(
        [True, False], because="in float32 only the first pair is rounded to the same number"
    )


@step("linear-model")
def test_predicts(expect):
    x = Tensor([[50.0, 1.0], [80.0, 3.0], [65.0, 0.0]])
    weight, bias = Tensor([[4.0, 5.0]]), Tensor([10.0])
    expect(linear(x, weight, bias)).equals(
        [[215], [345], [270]], because="4 a square metre, 5 a floor, 10 for each flat"
    )
    expect(linear(x, weight)).equals(
        [[205], [335], [260]], because="without a bias nothing is added"
    )


@step("linear-model")
def test_measures_its_error(expect):
    predicted, price = Tensor([[215.0], [345.0]]), Tensor([[225.0], [341.0]])
    expect((predicted - price).pow(2).mean()).equals(58.0, because="the mean of 100 and 16 is 58")


@step("linear-model")
def test_improves_by_hand(expect, rng):
    x = Tensor(rng.normal(size=(20, 3)))
    true = Tensor([[1.0, -2.0, 0.5]], dtype=np.float64)
    y = linear(x, true)
    guess = Tensor(np.zeros((1, 3)))
    slope = (linear(x, guess) - y).T.matmul(x) * (2 / 20)
    better = guess - 0.1 * slope
    before, after = ((linear(x, w) - y).pow(2).mean().item() for w in (guess, better))
    expect(after).between(0.0, 0.9 * before, because="a step against the slope makes it smaller")
