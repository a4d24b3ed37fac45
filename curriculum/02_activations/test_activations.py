"""Step tests of module 02."""

import numpy as np

from tinytorch import activations
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import step

_AT_1000 = 1e-4  # float32 numbers about 1000 lie 0.00006 apart; a form may pass through them
_MOST = 3.4e38  # float32 ends there


class Watched(np.ndarray):
    """Numbers that note the largest exponential that is taken of them, or of what they become."""

    exponentials: list

    def __array_finalize__(self, source):
        self.exponentials = getattr(source, "exponentials", [])

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **named):
        plain = [np.asarray(each) if isinstance(each, Watched) else each for each in inputs]
        if out:
            named["out"] = tuple(np.asarray(each) for each in out)
        result = getattr(ufunc, method)(*plain, **named)
        power_of_a_number = ufunc is np.power and np.ndim(inputs[0]) == 0
        if ufunc in (np.exp, np.exp2, np.expm1) or power_of_a_number:
            self.exponentials.append(float(np.max(result, initial=0.0)))
        if out:
            return out[0]
        if not isinstance(result, np.ndarray):
            return result
        watched = result.view(Watched)
        watched.exponentials = self.exponentials
        return watched


def largest_exponential(function, x, *args):
    """The largest exponential that is taken on the way; 0 where none is."""
    watched = np.array(x.data).view(Watched)
    x.data = watched
    with np.errstate(all="ignore"):
        function(x, *args)
    return max(watched.exponentials, default=0.0)


@step("relu")
def test_relu_keeps_what_is_positive(expect):
    x = Tensor([[-1.5, 0.0, 2.0], [0.25, -3.0, -0.5]])
    expect(activations.relu(x)).equals(
        [[0.0, 0.0, 2.0], [0.25, 0.0, 0.0]], because="negative entries become 0, others stay"
    )


@step("relu")
def test_relu_leaves_its_input_alone(expect):
    x = Tensor([-1.5, 2.0])
    expect(activations.relu(x)).equals(
        [0.0, 2.0], because="the result is a new tensor, and x stays as it was"
    )


@step("relu")
def test_relu_keeps_the_dtype(expect):
    x = Tensor([-1.5, 2.0], dtype=np.float64)
    expect(activations.relu(x)).equals(
        [0.0, 2.0], dtype=np.float64, because="a float64 tensor stays one"
    )


@step("relu")
def test_relu_passes_nan_on(expect):
    expect(activations.relu(Tensor([float("nan"), -1.0, 1.0]))).equals(
        [float("nan"), 0.0, 1.0], because="a nan is no number, so it must not become 0"
    )


@step("relu")
def test_relu_of_large_numbers(expect):
    expect(activations.relu(Tensor([7.5, 1e30, -1e30]))).equals(
        [7.5, 1e30, 0.0], because="what is positive passes, however large"
    )
    expect(activations.relu(Tensor([float("-inf"), float("inf")]))).equals(
        [0.0, float("inf")], because="max(-inf, 0) is 0, and inf is greater than 0"
    )


@step("relu")
def test_relu_of_ints(expect):
    whole = Tensor(np.array([-3, 2]))
    expect(activations.relu(whole)).equals(
        [0.0, 2.0], dtype=np.float32, because="an activation of whole numbers is float32"
    )


@step("leaky-relu")
def test_leaky_relu_has_a_small_slope_below_zero(expect):
    x = Tensor([-2.0, 0.0, 3.0])
    expect(activations.leaky_relu(x)).equals([-0.02, 0.0, 3.0], because="below 0 the slope is 0.01")


@step("leaky-relu")
def test_leaky_relu_leaves_its_input_alone(expect):
    x = Tensor([-1.5, 2.0])
    expect(activations.leaky_relu(x)).equals(
        [-0.015, 2.0], because="the result is a new tensor, and x stays as it was"
    )


@step("leaky-relu")
def test_leaky_relu_has_no_end(expect):
    expect(activations.leaky_relu(Tensor([100.0, -1000.0]))).equals(
        [100.0, -10.0], because="it goes on as it is, above 0 and below"
    )


@step("leaky-relu")
def test_leaky_relu_takes_a_slope(expect):
    x = Tensor([[-2.0, 4.0, -8.0], [0.5, -0.5, 1.0]], dtype=np.float64)
    expect(activations.leaky_relu(x, negative_slope=0.25)).equals(
        [[-0.5, 4.0, -2.0], [0.5, -0.125, 1.0]],
        dtype=np.float64,
        because="below 0 the slope is negative_slope",
    )


@step("leaky-relu")
def test_leaky_relu_of_ints(expect):
    expect(activations.leaky_relu(Tensor(np.array([-3, 2])), negative_slope=0.5)).equals(
        [-1.5, 2.0], dtype=np.float32, because="half of -3 is -1.5, which is no whole number"
    )


@step("leaky-relu")
def test_leaky_relu_follows_steep_slopes(expect):
    x = Tensor([-1.0, 1.0])
    expect(activations.leaky_relu(x, negative_slope=2.0)).equals(
        [-2.0, 1.0], because="a slope above 1 counts below 0 and nowhere else"
    )


@step("sigmoid")
def test_sigmoid_of_small_numbers(expect):
    x = Tensor([[0.0, 1.0, -2.0], [0.5, -0.5, 4.0]])
    expect(activations.sigmoid(x)).equals(
        [[0.5, 0.7310586, 0.1192029], [0.6224593, 0.3775407, 0.9820138]],
        because="sigmoid(x) is 1 / (1 + exp(-x))",
    )


@step("sigmoid")
def test_sigmoid_far_from_zero(expect):
    x = Tensor([-20.0, -40.0, 20.0], dtype=np.float64)
    expect(activations.sigmoid(x)).equals(
        [2.0611536181902037e-09, 4.248354255291589e-18, 0.9999999979388464],
        dtype=np.float64,
        because="far below 0 it is about exp(x), which has no floor above 0",
    )


@step("sigmoid")
def test_sigmoid_reaches_its_limits(expect):
    x = Tensor([1000.0, -1000.0])
    expect(activations.sigmoid(x)).equals([1.0, 0.0], atol=0.0, because="the limits are 1 and 0")


@step("sigmoid")
def test_sigmoid_does_not_overflow_below_zero(expect):
    expect(largest_exponential(activations.sigmoid, Tensor([-1000.0]))).between(
        0.0, 1.0, because="no exponential on the way is above 1, with or without a warning"
    )


@step("sigmoid")
def test_sigmoid_does_not_overflow_above_zero(expect):
    expect(largest_exponential(activations.sigmoid, Tensor([1000.0]))).between(
        0.0, 1.0, because="no exponential is above 1 there either, nor on the side that is dropped"
    )


@step("sigmoid")
def test_sigmoid_of_ints(expect):
    x = Tensor(np.array([0, 2], dtype=np.uint8))
    expect(activations.sigmoid(x)).equals(
        [0.5, 0.8807971], dtype=np.float32, because="a result between 0 and 1 can't be an int"
    )


@step("tanh")
def test_tanh_of_small_numbers(expect):
    x = Tensor([[0.0, 1.0, -1.0], [0.5, -2.0, 3.0]])
    expect(activations.tanh(x)).equals(
        [[0.0, 0.7615942, -0.7615942], [0.4621172, -0.9640276, 0.9950548]],
        because="tanh(x) is (exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    )


@step("tanh")
def test_tanh_reaches_its_limits(expect):
    x = Tensor([1000.0, -1000.0], dtype=np.float64)
    expect(activations.tanh(x)).equals(
        [1.0, -1.0], dtype=np.float64, because="the limits are 1 and -1"
    )


@step("tanh")
def test_tanh_does_not_overflow(expect):
    x = Tensor([1000.0, -1000.0])
    expect(largest_exponential(activations.tanh, x)).between(
        0.0, _MOST, because="no exponential on the way overflows, with or without a warning"
    )


@step("tanh")
def test_tanh_of_ints(expect):
    x = Tensor(np.array([0, 2], dtype=np.uint8))
    expect(activations.tanh(x)).equals(
        [0.0, 0.9640276], dtype=np.float32, because="a result between -1 and 1 can't be an int"
    )


@step("tanh")
def test_tanh_keeps_its_digits_near_zero(expect):
    x = Tensor([1e-5, -3e-7])
    expect(activations.tanh(x)).equals(
        [1e-5, -3e-7], atol=0.0, because="the curve passes through 0 with slope 1"
    )


@step("gelu")
def test_gelu_of_small_numbers(expect):
    x = Tensor([[-3.0, -1.0, 0.0], [0.5, 1.0, 3.0]])
    expect(activations.gelu(x)).equals(
        [[-0.0040497, -0.1586553, 0.0], [0.3457312, 0.8413447, 2.9959502]],
        because="gelu(x) is x times the chance that a normal number is below x",
    )


@step("gelu")
def test_gelu_far_from_zero(expect):
    expect(activations.gelu(Tensor([10.0, 50.0, -10.0]))).equals(
        [10.0, 50.0, 0.0], because="far above 0 the chance is 1, far below it is 0"
    )


@step("gelu")
def test_gelu_of_ints(expect):
    x = Tensor(np.array([0, 2]))
    expect(activations.gelu(x)).equals(
        [0.0, 1.9544997], dtype=np.float32, because="an activation of whole numbers is float32"
    )


@step("gelu")
def test_gelu_is_exact(expect):
    x = Tensor([-0.7517915, 2.0], dtype=np.float64)
    expect(activations.gelu(x)).equals(
        [-0.16997120747990369, 1.9544997361036416],
        rtol=1e-7,
        dtype=np.float64,
        because="its lowest value is -0.16997, at -0.7518",
    )


@step("softmax")
def test_softmax_of_a_vector(expect):
    x = Tensor([2.0, 1.0, 0.1])
    expect(activations.softmax(x, 0)).equals(
        [0.6590011, 0.2424330, 0.0985659], because="each is exp(x) divided by the sum of them"
    )


@step("softmax")
def test_softmax_over_each_dimension(expect):
    x = Tensor([[0.0, 1.0, 2.0], [3.0, 1.0, 0.0]])
    expect(activations.softmax(x, 1)).equals(
        [[0.0900306, 0.2447285, 0.6652410], [0.8437947, 0.1141952, 0.0420101]],
        because="with dim=1 each row sums to 1",
    )
    expect(activations.softmax(x, 0)).equals(
        [[0.0474259, 0.5, 0.8807970], [0.9525741, 0.5, 0.1192029]],
        because="with dim=0 each column sums to 1",
    )


@step("softmax")
def test_softmax_of_three_dimensions(expect, rng):
    x = Tensor(rng.normal(size=(2, 3, 4)))
    expect(activations.softmax(x, 1).data.sum(axis=1)).equals(
        np.ones((2, 4)), because="over dim=1 the results sum to 1"
    )
    expect(activations.softmax(x, -2)).equals(
        activations.softmax(x, 1), because="dimension -2 of three is dimension 1"
    )


@step("softmax")
def test_softmax_does_not_overflow(expect):
    x = Tensor([[1000.0, 999.0], [-1000.0, -1000.0]])
    expect(activations.softmax(x, 1)).equals(
        [[0.7310586, 0.2689414], [0.5, 0.5]],
        rtol=_AT_1000,
        because="adding one number to a whole slice changes nothing",
    )
    expect(largest_exponential(activations.softmax, x, 1)).between(
        0.0, _MOST, because="none of the exponentials overflows"
    )


@step("softmax")
def test_softmax_subtracts_the_maximum(expect):
    x = Tensor([[200.0, -3000.0, -3000.0], [88.0, 0.0, -1000.0]])
    expect(activations.softmax(x, 1)).equals(
        [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
        because="the largest score of each row is the one that must not overflow",
    )


@step("softmax")
def test_softmax_of_ints(expect):
    x = Tensor(np.array([[2, 5], [1, 0]], dtype=np.uint8))
    expect(activations.softmax(x, 1)).equals(
        [[0.0474259, 0.9525741], [0.7310586, 0.2689414]],
        dtype=np.float32,
        because="in bytes 2 - 5 is 253, so scores have to be floats first",
    )


@step("log-softmax")
def test_log_softmax_of_a_vector(expect):
    x = Tensor([2.0, 1.0, 0.1], dtype=np.float64)
    expect(activations.log_softmax(x, 0)).equals(
        [-0.4170300162778335, -1.4170300162778335, -2.3170300162778335],
        dtype=np.float64,
        because="it is x minus the logarithm of the sum of exp(x)",
    )


@step("log-softmax")
def test_log_softmax_is_precise_where_softmax_is_zero(expect):
    x = Tensor([[1000.0, 0.0, 1000.0], [0.0, -2000.0, -5000.0]])
    expect(activations.log_softmax(x, 1)).equals(
        [[-0.6931472, -1000.6931472, -0.6931472], [0.0, -2000.0, -5000.0]],
        atol=_AT_1000,
        because="the logarithm of a tiny probability is a usual number",
    )


@step("log-softmax")
def test_log_softmax_subtracts_the_maximum(expect):
    x = Tensor([[-1000.0, -1001.0], [200.0, 0.0]])
    expect(activations.log_softmax(x, 1)).equals(
        [[-0.3132617, -1.3132617], [0.0, -200.0]],
        atol=_AT_1000,
        because="the largest score of each row counts, however low it is",
    )


@step("log-softmax")
def test_log_softmax_over_each_dimension(expect):
    x = Tensor([[0.0, 1.0, 2.0], [3.0, 1.0, 0.0]])
    expect(activations.log_softmax(x, 0)).equals(
        [[-3.0485874, -0.6931472, -0.1269280], [-0.0485874, -0.6931472, -2.1269280]],
        because="with dim=0 the exponentials of each column sum to 1",
    )
    expect(activations.log_softmax(x, -1)).equals(
        [[-2.4076059, -1.4076059, -0.4076059], [-0.1698460, -2.1698460, -3.1698460]],
        because="dimension -1 is the last one",
    )


@step("log-softmax")
def test_log_softmax_of_ints(expect):
    x = Tensor(np.array([[2, 5], [1, 0]], dtype=np.uint8))
    expect(activations.log_softmax(x, 1)).equals(
        [[-3.0485874, -0.0485874], [-0.3132617, -1.3132617]],
        dtype=np.float32,
        because="log_softmax turns scores into floats as well",
    )


@step("modules")
def test_objects_do_what_functions_do(expect):
    x = Tensor([-1.0, 2.0])
    expect(activations.ReLU()(x)).equals([0.0, 2.0], because="ReLU() is relu")
    expect(activations.Sigmoid()(x)).equals([0.2689414, 0.8807971], because="Sigmoid() is sigmoid")
    expect(activations.Tanh()(x)).equals([-0.7615942, 0.9640276], because="Tanh() is tanh")
    expect(activations.GELU()(x)).equals([-0.1586553, 1.9544997], because="GELU() is gelu")


@step("modules")
def test_objects_answer_each_input_anew(expect):
    batches = [Tensor([-5.0, 5.0]), Tensor([1.0, -1.0, 3.0])]
    expect(list(map(activations.ReLU(), batches))).equals(
        [[0.0, 5.0], [1.0, 0.0, 3.0]], because="one object is called with one batch after the other"
    )
    expect(activations.ReLU()(Tensor(np.array([-3, 2])))).equals(
        [0.0, 2.0], dtype=np.float32, because="it hands the tensor on, as relu takes it"
    )


@step("modules")
def test_objects_keep_float64(expect):
    x = Tensor([[10.0, -1.0]], dtype=np.float64)
    because = "an object gives what its function gives, in float64 too"
    expect(activations.ReLU()(x)).equals([[10.0, 0.0]], dtype=np.float64, because=because)
    expect(activations.GELU()(x)).equals([[10.0, -0.1586552539]], dtype=np.float64, because=because)
    expect(activations.Sigmoid()(x)).equals(
        [[0.9999546021, 0.2689414214]], dtype=np.float64, because=because
    )
    expect(activations.Tanh()(x)).equals(
        [[0.9999999959, -0.7615941560]], dtype=np.float64, because=because
    )
    expect(activations.Softmax(1)(x)).equals(
        [[0.9999832986, 1.67014218e-05]], dtype=np.float64, because=because
    )


@step("modules")
def test_objects_are_as_stable_as_functions(expect):
    x = Tensor([-1000.0, 0.0, 1000.0])
    expect(activations.Sigmoid()(x)).equals([0.0, 0.5, 1.0], because="Sigmoid() is sigmoid")
    expect(activations.Tanh()(x)).equals([-1.0, 0.0, 1.0], because="Tanh() is tanh")
    expect(largest_exponential(activations.Sigmoid(), x)).between(
        0.0, 1.0, because="sigmoid overflows nowhere, so Sigmoid doesn't either"
    )
    expect(largest_exponential(activations.Tanh(), x)).between(
        0.0, _MOST, because="tanh overflows nowhere, so Tanh doesn't either"
    )


@step("modules")
def test_softmax_remembers_its_dimension(expect):
    x = Tensor([[0.0, 1.0, 2.0], [3.0, 1.0, 0.0]])
    rows, columns = activations.Softmax(dim=1), activations.Softmax(0)
    expect(rows(x)).equals(
        [[0.0900306, 0.2447285, 0.6652410], [0.8437947, 0.1141952, 0.0420101]],
        because="Softmax(dim=1) makes each row sum to 1",
    )
    expect(columns(x)).equals(
        [[0.0474259, 0.5, 0.8807970], [0.9525741, 0.5, 0.1192029]],
        because="Softmax(0) makes each column sum to 1",
    )
    expect(rows.dim).equals(1, because="the object keeps its dimension")


@step("modules")
def test_softmax_counts_from_the_end_too(expect):
    x = Tensor([[[0.0, 1.0], [0.0, 3.0]]])
    expect(activations.Softmax(-2)(x)).equals(
        [[[0.5, 0.1192029], [0.5, 0.8807971]]], because="-2 is the last dimension but one"
    )


@step("saturation")
def test_ten_sigmoids_forget_their_input(expect, rng):
    x = Tensor(rng.normal(size=(1000,)))
    for _ in range(10):
        x = activations.Sigmoid()(x)
    expect(x).equals(
        np.full(1000, 0.6590461), atol=1e-5, because="all inputs end where sigmoid(x) is x"
    )
    expect(x.max().item() - x.data.min().item()).between(
        0.0, 5e-6, because="ten slopes of at most a quarter leave a millionth of each difference"
    )


@step("saturation")
def test_ten_relus_keep_a_positive_signal(expect, rng):
    start = Tensor(rng.uniform(0.5, 3.0, size=(4, 5)))
    x = start
    for _ in range(10):
        x = activations.ReLU()(x)
    expect(x).equals(start, because="relu is the identity where x is positive")


@step("saturation")
def test_a_linear_model_gets_probabilities(expect):
    x = Tensor([[1.0, 2.0], [-3.0, 0.5], [0.0, -1.0]])
    weight = Tensor([[1.0, -1.0, 0.5], [0.0, 2.0, -0.5]])
    scores = x.matmul(weight) + Tensor([0.1, 0.0, -0.1])
    probabilities = activations.softmax(activations.relu(scores), dim=1)
    expect(probabilities.sum(1)).equals([1.0, 1.0, 1.0], because="each row is a distribution")
    expect(probabilities[0]).equals(
        [0.1247075, 0.8337810, 0.0415115], rtol=1e-4, because="scores 1.1, 3 and 0 after relu"
    )
