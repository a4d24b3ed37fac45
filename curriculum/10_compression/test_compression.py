"""Step tests of module 10."""

from functools import partial

import numpy as np

import tinytorch.autograd  # noqa: F401 - records
from tinytorch import compression
from tinytorch.activations import ReLU
from tinytorch.cnn import Conv2d, Flatten
from tinytorch.data import DataLoader
from tinytorch.layers import BatchNorm1d, Dropout, Linear, manual_seed
from tinytorch.networks import MLP, Sequential
from tinytorch.optim import SGD, Adam
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer, cross_entropy
from tinytorch_ls.lesson import step


def linear(rows, bias=None):
    """A Linear with this weight, and this bias if there is one."""
    layer = Linear(len(rows[0]), len(rows), bias=bias is not None)
    layer.weight.data[...] = rows
    if bias is not None:
        layer.bias.data[...] = bias
    return layer


def array(*rows, dtype=np.float32):
    return np.array(rows, dtype)


def numbers(model):
    """Each parameter as a list, by name."""
    return {name: parameter.tolist() for name, parameter in model.named_parameters()}


def lists(masks):
    return {name: mask.tolist() for name, mask in masks.items()}


@step("size")
def test_the_bytes_of_a_layer(expect):
    expect(compression.model_bytes(Linear(3, 2))).equals(
        32, because="3 · 2 weights and 2 biases are 8 numbers of 4 bytes"
    )


@step("size")
def test_buffers_are_saved_too(expect):
    model = Sequential(Linear(6, 5), BatchNorm1d(5))
    expect(compression.model_bytes(model)).equals(
        228, because="35 + 10 parameters and 2 · 5 averages of 4 bytes, and a counter of 8"
    )


@step("size")
def test_a_mapping_is_a_state(expect):
    state = {"a": Tensor(np.zeros(3, np.int8)), "second": np.zeros((2, 2)), "c": np.zeros(0)}
    expect(compression.model_bytes(state)).equals(
        35, because="three numbers of 1 byte and four of 8; names aren't counted"
    )


@step("size")
def test_whatever_counts_its_bytes(expect):
    state = {"sparse": sparse([1, 2], [0, 1], [0, 1, 2], (2, 2)), "bias": Tensor([1.0, 2.0])}
    expect(compression.model_bytes(state)).equals(
        30, because="a sparse matrix says 22 of itself, 2 · 4 + 2 · 1 + 3 · 4, and the bias 8"
    )


@step("sparsity")
def test_zeros_of_one_tensor(expect):
    expect(compression.sparsity(Tensor([0.0, 1.0, 0.0, -2.0, 0.0]))).equals(
        0.6, because="3 of 5 are 0"
    )


@step("sparsity")
def test_zeros_of_all_weights_together(expect):
    model = Sequential(linear([[0, 0, 1, 5], [2, 3, 0, 4]], [0, 0]), linear([[0, 0]], [0]))
    expect(compression.sparsity(model)).equals(
        0.5, because="3 of 8 weights and 2 of 2 are 0: 5 of 10; the biases don't count"
    )


@step("sparsity")
def test_small_is_not_zero(expect):
    expect(compression.sparsity(Tensor([1e-6, 0.0, -1e-6, -0.0]))).equals(
        0.5, because="0 and -0 are zero, and a millionth is not"
    )


@step("sparsity")
def test_the_weights_of_a_convolution(expect):
    model = Sequential(Conv2d(2, 3, 2), Flatten(), Linear(3, 2))
    model[0].weight.data[...] = 1
    model[0].weight.data[0] = 0
    model[2].weight.data[...] = 2
    expect(compression.sparsity(model)).equals(8 / 30, because="8 of 24 + 6 weights are 0")


@step("mask")
def test_the_smallest_go(expect):
    expect(compression.mask_of(np.array([0.5, 0.1, 0.9, 0.3]), 0.25)).equals(
        np.array([True, False, True, True]), because="one of four goes, and 0.1 is the smallest"
    )


@step("mask")
def test_as_many_go_as_were_asked_for(expect):
    sizes = np.array([0.0] * 7 + [1.0, 2.0, 3.0])
    expect(compression.mask_of(sizes, 0.5).sum()).equals(
        5, because="half of ten go, also where seven are equally small"
    )


@step("mask")
def test_of_equals_the_first_go(expect):
    sizes = np.array([1.0, 0.5, 0.5, 2.0, 0.5, 0.5])
    expect(compression.mask_of(sizes, 0.5)).equals(
        np.array([True, False, False, True, False, True]),
        because="three go: of the four that are equal the first three",
    )


@step("mask")
def test_of_many_equals_the_first_go(expect):
    sizes = np.tile([1.0, 0.5, 2.0, 0.5], 50)
    expect(np.flatnonzero(~compression.mask_of(sizes, 0.3))).equals(
        np.flatnonzero(sizes == 0.5)[:60], because="60 of 200 go, the first of the equal ones"
    )


@step("mask")
def test_the_count_is_rounded(expect):
    sizes = np.arange(100.0)
    expect(np.flatnonzero(~compression.mask_of(sizes, 0.29))).equals(
        np.arange(29), because="29 of 100 go; 0.29 · 100 is 28.999999999999996"
    )
    expect(np.flatnonzero(~compression.mask_of(sizes[:9], 0.25))).equals(
        np.arange(2), because="a quarter of nine is 2.25, and 2 is the nearest whole number"
    )


@step("mask")
def test_nothing_or_everything(expect):
    sizes = np.array([3.0, 1.0, 2.0])
    expect(compression.mask_of(sizes, 0.0)).equals(
        np.array([True, True, True]), because="nothing goes"
    )
    expect(compression.mask_of(sizes, 1.0)).equals(
        np.array([False, False, False]), because="everything goes"
    )


@step("apply-masks")
def test_what_the_mask_leaves_out_is_zero(expect):
    model = linear([[1, 2, 3], [4, 5, 6]], [7, 8])
    mask = np.array([[True, False, True], [True, True, False]])
    compression.apply_masks(model, {"weight": mask})
    expect(numbers(model)).equals(
        {"weight": [[1.0, 0.0, 3.0], [4.0, 5.0, 0.0]], "bias": [7.0, 8.0]},
        because="where the mask is False a weight is 0; the bias has no mask",
    )


@step("apply-masks")
def test_a_bias_may_have_a_mask(expect):
    model = linear([[1, 2], [4, 5]], [7, 8])
    compression.apply_masks(model, {"bias": np.array([True, False])})
    expect(numbers(model)).equals(
        {"weight": [[1.0, 2.0], [4.0, 5.0]], "bias": [7.0, 0.0]},
        because="a mask is of any parameter, by its name",
    )


@step("apply-masks")
def test_a_parameter_without_a_mask_is_left_alone(expect):
    model = Sequential(linear([[1, 2]]), linear([[3], [4]]))
    compression.apply_masks(model, {"1.weight": np.array([[False], [True]])})
    expect(numbers(model)).equals(
        {"0.weight": [[1.0, 2.0]], "1.weight": [[0.0], [4.0]]},
        because="only the second layer has a mask",
    )


@step("apply-masks")
def test_each_mask_is_laid_on(expect):
    model = Sequential(linear([[1, 2]], [3]), linear([[4], [5]]))
    masks = {"1.weight": np.array([[False], [True]]), "0.bias": np.array([False])}
    compression.apply_masks(model, masks)
    expect(numbers(model)).equals(
        {"0.weight": [[1.0, 2.0]], "0.bias": [0.0], "1.weight": [[0.0], [5.0]]},
        because="both of the masks leave something out",
    )


@step("apply-masks")
def test_masks_are_laid_on_in_place(expect):
    model = linear([[1, 2]])
    state = model.state_dict()
    compression.apply_masks(model, {"weight": np.array([[True, False]])})
    expect(state["weight"].tolist()).equals(
        [[1.0, 0.0]], because="the state shares its memory with the model, and has the zero too"
    )


@step("apply-masks")
def test_zero_is_nothing_but_zero(expect):
    model = linear([[1, -2, 3], [-4, 5, 6]])
    mask = np.array([[True, False, True], [False, True, False]])
    compression.apply_masks(model, {"weight": mask})
    expect((model.weight.data == 0).tolist()).equals(
        [[False, True, False], [True, False, True]],
        because="a number that is almost 0 has to be stored and multiplied like any other",
    )


@step("prune")
def test_the_smallest_weights_are_zero(expect):
    model = linear([[0.1, -5], [3, -0.2], [-4, 0.3]], [0.01, 0.02, 0.03])
    compression.prune_magnitude(model, 0.5)
    expect(model.weight.tolist()).equals(
        [[0.0, -5.0], [3.0, 0.0], [-4.0, 0.0]],
        because="0.1, -0.2 and 0.3 are nearest to 0, whatever their signs",
    )
    expect(model.bias).equals([0.01, 0.02, 0.03], because="biases stay")


@step("prune")
def test_the_masks_say_what_is_left(expect):
    model = Sequential(linear([[0.1, -5], [3, -0.2]]), linear([[7, 0.05]]))
    masks = compression.prune_magnitude(model, 0.5)
    expect(lists(masks)).equals(
        {"0.weight": [[False, True], [True, False]], "1.weight": [[True, False]]},
        because="a mask for each weight, in its shape, True where it stays",
    )


@step("prune")
def test_all_layers_are_ranked_together(expect):
    model = Sequential(linear([[0.1, 0.2], [0.3, -0.4]]), linear([[1, -2], [3, 9]]))
    compression.prune_magnitude(model, 0.5)
    expect(numbers(model)).equals(
        {"0.weight": [[0.0, 0.0], [0.0, 0.0]], "1.weight": [[1.0, -2.0], [3.0, 9.0]]},
        because="the four smallest of all eight are those of the first layer",
    )


@step("prune")
def test_the_amount_is_what_goes(expect):
    model = linear([[0.1, 5], [-3, -0.2], [-4, 0.3]])
    compression.prune_magnitude(model, 1 / 3)
    expect(model.weight.tolist()).equals(
        [[0.0, 5.0], [-3.0, 0.0], [-4.0, np.float32(0.3).item()]],
        because="a third of six weights go, the two that are nearest to 0",
    )


@step("prune")
def test_a_network_that_was_pruned_before(expect):
    model = linear([[0, 0, 0, 0], [0, 3, -1, 2]])
    expect(lists(compression.prune_magnitude(model, 0.5))).equals(
        {"weight": [[False] * 4, [True] * 4]},
        because="four of eight go, though five are 0 already: they are ranked, not cut at a size",
    )


@step("prune")
def test_each_layer_by_itself(expect):
    model = Sequential(linear([[0.1, 0.2], [0.3, -0.4]]), linear([[1, -2], [3, 4]]))
    masks = compression.prune_magnitude(model, 0.5, "layer")
    expect(lists(masks)).equals(
        {"0.weight": [[False, False], [True, True]], "1.weight": [[False, False], [True, True]]},
        because='with "layer" each loses its own half',
    )
    expect(compression.sparsity(model)).equals(0.5, because="and the weights are 0 there")


def to_train(momentum=0.0):
    """A trainer of a small network, half of it pruned, its masks, and three batches."""
    manual_seed(1)
    model = Sequential(Linear(4, 6), ReLU(), Dropout(0.0), Linear(6, 3))
    inputs = np.random.default_rng(5).normal(size=(3, 8, 4)).astype(np.float32)
    batches = [(Tensor(each), Tensor(np.arange(8) % 3)) for each in inputs]
    trainer = Trainer(model, SGD(model.parameters(), lr=0.5, momentum=momentum))
    trainer.train_batch(*batches[0])
    return trainer, batches, compression.prune_magnitude(model, 0.5)


@step("train-pruned")
def test_what_was_pruned_is_zero_after_training(expect):
    trainer, batches, masks = to_train()
    compression.train_pruned(trainer, batches, masks)
    left = {
        name: (weight.data != 0).tolist()
        for name, weight in compression.weights(trainer.model).items()
    }
    expect(left).equals(lists(masks), because="the weights that the masks leave out are 0 still")


@step("train-pruned")
def test_the_network_learns(expect):
    trainer, batches, masks = to_train()
    before = trainer.model[0].weight.data.copy()
    compression.train_pruned(trainer, batches, masks)
    moved = np.abs(trainer.model[0].weight.data - before).max()
    expect(bool(moved > 0.01)).equals(True, because="what is left was trained, by three steps")


@step("train-pruned")
def test_the_zeros_are_there_at_each_batch(expect):
    trainer, batches, masks = to_train(momentum=0.9)
    seen = []
    measured = trainer.loss_function

    def watched(outputs, targets):
        seen.append(round(compression.sparsity(trainer.model), 3))
        return measured(outputs, targets)

    trainer.loss_function = watched
    compression.train_pruned(trainer, batches, masks)
    expect(seen).equals([0.5, 0.5, 0.5], because="each batch is answered by the pruned network")


@step("train-pruned")
def test_the_same_weights_stay_out(expect):
    trainer, batches, masks = to_train(momentum=0.9)
    compression.train_pruned(trainer, batches * 3, masks)
    weight = trainer.model[0].weight.data
    expect(weight[~masks["0.weight"]].tolist()).equals(
        [0.0] * int((~masks["0.weight"]).sum()), because="the masks were chosen once"
    )


@step("train-pruned")
def test_it_trains_in_train_mode(expect):
    trainer, batches, masks = to_train()
    trainer.model.eval()
    modes = []
    forward = trainer.model.forward
    trainer.model.forward = lambda x: modes.append(trainer.model.training) or forward(x)
    compression.train_pruned(trainer, batches, masks)
    expect(modes).equals([True] * 3, because="dropout and batch norm have to know that it trains")


@step("prune-units")
def test_the_smallest_unit_goes_with_its_bias(expect):
    model = Sequential(linear([[3, -4], [1, 0], [2, 2]], [1, 5, 6]), linear([[1, 1, 1]], [2]))
    compression.prune_structured(model, 1 / 3)
    expect(numbers(model)).equals(
        {
            "0.weight": [[3.0, -4.0], [0.0, 0.0], [2.0, 2.0]],
            "0.bias": [1.0, 0.0, 6.0],
            "1.weight": [[1.0, 1.0, 1.0]],
            "1.bias": [2.0],
        },
        because="25, 1 and 8 are the sums of squares; a bias alone would still speak",
    )


@step("prune-units")
def test_squares_are_added(expect):
    for amount, gone in ((1 / 3, [0]), (2 / 3, [0, 1])):
        rows = [[1, 1, 1, 1], [0, 3, 0, 0], [2, 2, 0, -2]]
        model = Sequential(linear(rows), linear([[1, 1, 1]]))
        compression.prune_structured(model, amount)
        expect(np.flatnonzero(~model[0].weight.data.any(axis=1)).tolist()).equals(
            gone, because="the sums of squares are 4, 9 and 12"
        )


@step("prune-units")
def test_the_masks_are_of_weights_and_biases(expect):
    model = Sequential(linear([[3, -4], [1, 0]], [1, 5]), linear([[1, 1], [2, 2]], [2, 3]))
    expect(lists(compression.prune_structured(model, 0.5))).equals(
        {"0.weight": [[True, True], [False, False]], "0.bias": [True, False]},
        because="the second unit has no mask that keeps it; the classes stay",
    )


@step("prune-units")
def test_each_layer_loses_its_own_units(expect):
    layers = linear([[3, 3], [1, 1]]), linear([[9, 9], [8, 8], [7, 7], [6, 6]]), linear([[1] * 4])
    model = Sequential(*layers)
    masks = compression.prune_structured(model, 0.5)
    expect(lists(masks)).equals(
        {
            "0.weight": [[True, True], [False, False]],
            "1.weight": [[True, True], [True, True], [False, False], [False, False]],
        },
        because="half of the units of each layer, ranked within it",
    )


@step("prune-units")
def test_a_filter_is_a_unit(expect):
    model = Sequential(Conv2d(2, 3, 2), Flatten(), Linear(3, 2))
    model[0].weight.data[...] = np.array([1, 3, 2]).reshape(3, 1, 1, 1)
    model[0].bias.data[...] = 4
    masks = compression.prune_structured(model, 2 / 3)
    expect(model[0].bias.tolist()).equals(
        [0.0, 4.0, 0.0], because="two of three filters go, the second is the largest"
    )
    expect(masks["0.weight"].sum(axis=(1, 2, 3))).equals(
        np.array([0, 8, 0]), because="all 2 · 2 · 2 weights of a filter go or stay together"
    )


@step("remove-units")
def test_a_dead_unit_is_taken_out(expect):
    first = linear([[1, 2], [0, 0], [3, 4]], [5, 0, 6])
    second = linear([[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 1, 1]], [1, 2, 3, 4])
    found = [numbers(layer) for layer in compression.remove_units(first, second)]
    expect(found).equals(
        [
            {"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": [5.0, 6.0]},
            {
                "weight": [[1.0, 3.0], [4.0, 6.0], [7.0, 9.0], [1.0, 1.0]],
                "bias": [1.0, 2.0, 3.0, 4.0],
            },
        ],
        because="the first layer loses a row, the second the column that reads it",
    )


@step("remove-units")
def test_a_bias_speaks_on(expect):
    first = linear([[0, 0], [0, 0], [1, 0]], [7, 0, 0])
    small, after = compression.remove_units(first, linear([[4, 5, 6]]))
    expect([numbers(small), numbers(after)]).equals(
        [{"weight": [[0.0, 0.0], [1.0, 0.0]], "bias": [7.0, 0.0]}, {"weight": [[4.0, 6.0]]}],
        because="the first unit has a bias, the third a weight, the second nothing",
    )


@step("remove-units")
def test_a_unit_that_says_little_is_alive(expect):
    first = linear([[2, -2], [0, 0], [1e-6, 0], [0, 0]], [0, 0, 0, -1e-6])
    small, _ = compression.remove_units(first, linear([[1, 2, 3, 4]]))
    expect((small.weight.data != 0).tolist()).equals(
        [[True, True], [True, False], [False, False]],
        because="2 and -2 cancel in a sum only; a millionth is not 0; and one has a bias",
    )


@step("remove-units")
def test_a_unit_that_nobody_reads_stays(expect):
    small, after = compression.remove_units(linear([[1, 2], [0, 0], [3, 4]]), linear([[5, 6, 0]]))
    expect([numbers(small), numbers(after)]).equals(
        [{"weight": [[1.0, 2.0], [3.0, 4.0]]}, {"weight": [[5.0, 0.0]]}],
        because="what a unit says counts, and not what the next layer makes of it",
    )


@step("remove-units")
def test_a_layer_without_a_bias(expect):
    small, after = compression.remove_units(linear([[0, 0], [0, -1]]), linear([[4, 5]], [6]))
    expect([numbers(small), numbers(after)]).equals(
        [{"weight": [[0.0, -1.0]]}, {"weight": [[5.0]], "bias": [6.0]}],
        because="without a bias a unit is its weights",
    )


@step("remove-units")
def test_the_answers_stay(expect):
    manual_seed(0)
    model, inputs = MLP((6, 8, 3)), Tensor(np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 6))
    for unit in (1, 4, 5):
        model[0].weight.data[unit], model[0].bias.data[unit] = 0, 0
    first, second = compression.remove_units(model[0], model[2])
    expect(second(ReLU()(first(inputs))).detach()).equals(
        model(inputs).data, because="what was taken out was multiplied by 0"
    )
    expect(first.weight.shape).equals((5, 6), because="three of eight units were dead")
    pair = compression.remove_units(model[0], model[2])
    expect(isinstance(pair, tuple)).equals(True, because="a tuple of two layers was promised")


@step("remove-units")
def test_a_layer_of_which_nothing_would_be_left(expect):
    expect.raises(
        ValueError,
        compression.remove_units,
        linear([[0, 0], [0, 0]]),
        linear([[1, 2]]),
        mentions=("nothing",),
        because="a layer without units computes nothing",
    )


def parts(sparse):
    return sparse.values.tolist(), sparse.columns.tolist(), sparse.starts.tolist()


GAPS = array([5, 0, 0, 7], [0, 0, 0, 0], [0, 2, 4, 0])


@step("csr")
def test_three_arrays_hold_a_matrix(expect):
    expect(parts(compression.SparseMatrix.from_dense(GAPS))).equals(
        ([5.0, 7.0, 2.0, 4.0], [0, 3, 1, 2], [0, 2, 2, 4]),
        because="values row by row, the column of each, and where each row begins",
    )


@step("csr")
def test_empty_rows_are_counted(expect):
    sparse = compression.SparseMatrix.from_dense(array([0, 0], [0, 3], [0, 0], [0, 0]))
    expect(parts(sparse)).equals(
        ([3.0], [1], [0, 0, 1, 1, 1]), because="four rows have five ends, also if three are empty"
    )


@step("csr")
def test_what_is_not_zero_is_stored(expect):
    sparse = compression.SparseMatrix.from_dense(array([0, -2, 0], [1e-7, 0, 3]))
    expect(sparse.columns.tolist()).equals(
        [1, 0, 2], because="a number below 0 isn't 0, and neither is one that is small"
    )
    expect(sparse.values.tolist()).equals(
        [-2.0, np.float32(1e-7).item(), 3.0], because="each is kept as it is"
    )


@step("csr")
def test_a_matrix_of_zeros(expect):
    sparse = compression.SparseMatrix.from_dense(np.zeros((2, 300), np.float32))
    expect((parts(sparse), sparse.shape)).equals(
        (([], [], [0, 0, 0]), (2, 300)), because="there is nothing to store but where rows begin"
    )
    expect(sparse.nbytes).equals(12, because="three starts of 4 bytes")


@step("csr")
def test_a_row_after_another(expect):
    sparse = compression.SparseMatrix.from_dense(Tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 4.0]]))
    expect(parts(sparse)).equals(
        ([1.0, 2.0, 3.0, 4.0], [1, 2, 0, 2], [0, 2, 4]), because="the first row comes first"
    )
    expect(sparse.values).equals(
        np.array([1, 2, 3, 4], np.float32), because="an array, also where a tensor came in"
    )
    expect(sparse.shape).equals((2, 3), because="the shape is kept, zeros leave no trace else")


@step("csr")
def test_the_types_are_small(expect):
    sparse = compression.SparseMatrix.from_dense(GAPS)
    types = [str(each.dtype) for each in (sparse.values, sparse.columns, sparse.starts)]
    expect(types).equals(
        ["float32", "uint8", "uint32"], because="4 columns can be numbered in a byte each"
    )
    wide = compression.SparseMatrix.from_dense(np.ones((2, 300)))
    expect([str(wide.values.dtype), str(wide.columns.dtype)]).equals(
        ["float64", "uint16"], because="float64 stays, and 300 columns need two bytes"
    )


@step("csr")
def test_what_it_weighs(expect):
    matrix = np.eye(1000, dtype=np.float32)
    expect(compression.model_bytes({"a": compression.SparseMatrix.from_dense(matrix)})).equals(
        10004, because="1,000 times 4 + 2 bytes, and 1,001 starts of 4, for 4,000,000"
    )


def sparse(values, columns, starts, shape, dtype=np.float32):
    """A matrix made by hand."""
    values = np.array(values, dtype)
    return compression.SparseMatrix(
        values, np.array(columns, np.uint8), np.array(starts, np.uint32), shape
    )


@step("csr-linear")
def test_a_row_takes_its_own_inputs(expect):
    matrix = sparse([5, 7, 2, 4], [0, 3, 1, 2], [0, 2, 2, 4], (3, 4))
    expect(matrix.linear(Tensor([1.0, 2.0, 3.0, 4.0]))).equals(
        Tensor([33.0, 0.0, 16.0]), because="5 · 1 + 7 · 4, nothing, and 2 · 2 + 4 · 3"
    )


@step("csr-linear")
def test_a_batch_of_inputs(expect):
    matrix = sparse([5, 7, 2, 4], [0, 3, 1, 2], [0, 2, 2, 4], (3, 4))
    inputs = Tensor([[[1.0, 2.0, 3.0, 4.0]], [[0.0, 1.0, 0.0, -1.0]]])
    expect(matrix.linear(inputs)).equals(
        Tensor([[[33.0, 0.0, 16.0]], [[-7.0, 0.0, 2.0]]]),
        because="each input by itself, whatever dimensions stand before the last",
    )


@step("csr-linear")
def test_other_inputs_are_not_touched(expect):
    matrix = sparse([5, 2, 4], [2, 1, 2], [0, 1, 1, 3], (3, 3))
    expect(matrix.linear(Tensor([[np.inf, 2.0, 3.0]]))).equals(
        Tensor([[15.0, 0.0, 16.0]]),
        because="nobody asks for the first input; in a dense product 0 times inf would be nan",
    )


@step("csr-linear")
def test_the_type_is_the_wider_one(expect):
    matrix = sparse([0.1, 3], [1, 0], [0, 1, 2], (2, 2), np.float64)
    expect(matrix.linear(Tensor(np.array([[1, 2]], np.float32)))).equals(
        Tensor(np.array([[0.2, 3.0]])), dtype=np.float64, because="float64 weights are not cut"
    )


@step("csr-linear")
def test_whole_numbers_stay_whole(expect):
    matrix = sparse([2, -3], [1, 0], [0, 1, 2], (2, 2), np.int8)
    expect(matrix.linear(Tensor(np.array([[4, 5]], np.int8)))).equals(
        Tensor(np.array([[10, -12]], np.int8)), because="int8 and int8 give int8"
    )


@step("csr-linear")
def test_it_is_the_dense_product(expect, rng):
    dense = rng.normal(size=(7, 5)) * (rng.random((7, 5)) < 0.4)
    inputs = rng.normal(size=(3, 5))
    found = compression.SparseMatrix.from_dense(dense).linear(Tensor(inputs))
    expect(found).equals(
        Tensor(inputs @ dense.T), because="what was left out is multiplied by 0", atol=1e-9
    )


def ends(*rows, axis=None, dtype=np.float32):
    return [end.tolist() for end in compression.ends_of(Tensor(np.array(rows, dtype)), axis)]


@step("range")
def test_the_least_and_the_greatest(expect):
    expect(ends(0.5, -1.0, 2.0)).equals([-1.0, 2.0], because="-1 is the least, 2 the greatest")


@step("range")
def test_the_range_holds_zero(expect):
    expect(ends(5.0, 5.5, 6.0)).equals([0.0, 6.0], because="0 lies below 5, and has to be in it")
    expect(ends(-6.0, -5.5, -5.0)).equals(
        [-6.0, 0.0], because="0 lies above -5, and has to be in it"
    )


@step("range")
def test_a_range_for_each_row(expect):
    expect(ends([-1, 2, 0.5], [3, 4, 5], axis=0)).equals(
        [[-1.0, 0.0], [2.0, 5.0]], because="two rows have two ranges, and the second holds 0"
    )


@step("range")
def test_a_range_for_each_column(expect):
    expect(ends([-1, 2, 0.5], [3, 4, -5], axis=-1)).equals(
        [[-1.0, 0.0, -5.0], [3.0, 4.0, 0.5]], because="three columns have three ranges"
    )


@step("range")
def test_a_range_for_each_filter(expect):
    filters = Tensor(np.arange(-12, 12, dtype=np.float32).reshape(2, 3, 2, 2))
    expect(compression.ends_of(filters, 1)).equals(
        (np.array([-12.0, -8.0, -4.0]), np.array([3.0, 7.0, 11.0])),
        because="the ends are taken over all other dimensions",
    )


@step("range")
def test_the_ends_are_float64(expect):
    low, high = compression.ends_of(Tensor([-3e38, 3e38]))
    expect(float(high - low)).between(
        5.9e38, 6.1e38, because="float32 ends at 3.4e38, and the width is 6e38"
    )


def as_numbers(pair):
    scale, zero_point = pair
    return [np.round(scale.astype(float), 7).tolist(), np.asarray(zero_point).tolist()]


@step("affine")
def test_255_steps(expect):
    expect(as_numbers(compression.affine_range(0.0, 2.55))).equals(
        [0.01, -128], because="2.55 / 255 is a step, and the least value, 0, gets -128"
    )


@step("affine")
def test_zero_lies_on_a_step(expect):
    expect(as_numbers(compression.affine_range(-1.0, 2.0))).equals(
        [0.0117647, -43], because="-1 is 85 steps below 0, and -128 + 85 is -43"
    )


@step("affine")
def test_the_zero_point_is_rounded(expect):
    expect(as_numbers(compression.affine_range(-1.07, 1.48))).equals(
        [0.01, -21], because="-128 + 107 is -21"
    )
    expect(as_numbers(compression.affine_range(-1.076, 1.474))).equals(
        [0.01, -20], because="-128 + 107.6 is -20.4, next to -20"
    )
    expect(as_numbers(compression.affine_range(-1.074, 1.476))).equals(
        [0.01, -21], because="-128 + 107.4 is -20.6, next to -21"
    )


@step("affine")
def test_all_below_zero(expect):
    expect(as_numbers(compression.affine_range(-5.1, 0.0))).equals(
        [0.02, 127], because="the greatest value, 0, gets 127"
    )


@step("affine")
def test_a_scale_for_each_channel(expect):
    low, high = np.array([-1.0, 0.0, 0.0]), np.array([1.55, 5.1, 0.0])
    expect(compression.affine_range(low, high)).equals(
        (np.array([0.01, 0.02, 1.0], np.float32), np.array([-28, -128, -128], np.int32)),
        because="each channel has its own; one without width gets a step of 1",
    )


@step("symmetric")
def test_254_steps(expect):
    expect(as_numbers(compression.symmetric_range(-1.27, 1.27))).equals(
        [0.01, 0], because="from -127 to 127 there are 254 steps, and 0 stands for 0"
    )


@step("symmetric")
def test_the_larger_end_decides(expect):
    expect(as_numbers(compression.symmetric_range(-1.0, 2.54))).equals(
        [0.02, 0], because="2.54 is farther from 0"
    )
    expect(as_numbers(compression.symmetric_range(-2.54, 0.0))).equals(
        [0.02, 0], because="-2.54 is farther from 0"
    )


@step("symmetric")
def test_symmetric_for_each_channel(expect):
    low, high = np.array([-1.27, 0.0, 0.0]), np.array([1.0, 2.54, 0.0])
    expect(compression.symmetric_range(low, high)).equals(
        (np.array([0.01, 0.02, 1.0], np.float32), np.array([0, 0, 0], np.int32)),
        because="each channel has its own scale, and 0 for its zero point",
    )


def quantized(values, scale, zero_point, axis=None):
    found = compression.quantize(Tensor(np.array(values, np.float32)), scale, zero_point, axis)
    return found.values


def whole(*rows):
    return np.array(rows, np.int8)


@step("quantize")
def test_values_become_steps(expect):
    expect(quantized([-1, 0, 1, 2.5], 0.5, 0)).equals(
        whole(-2, 0, 2, 5), because="a step is 0.5, so -1 is two steps below 0"
    )


@step("quantize")
def test_to_the_nearest(expect):
    expect(quantized([0.7, 0.8, -0.7, -0.8], 1.0, 0)).equals(
        whole(1, 1, -1, -1), because="0.7 is nearer to 1 than to 0"
    )


@step("quantize")
def test_the_zero_point_is_added(expect):
    expect(quantized([-1, 0, 2], 0.5, 10)).equals(
        whole(8, 10, 14), because="0 becomes the zero point, 10"
    )


@step("quantize")
def test_beyond_the_range_is_its_end(expect):
    expect(quantized([-500, 500, 100, 130, -130], 1.0, 0)).equals(
        whole(-128, 127, 100, 127, -128), because="an int8 holds -128 … 127"
    )
    expect(quantized([3e9, -3e9, 6e9], 1.0, 1)).equals(
        whole(127, -128, 127), because="3,000 million steps don't fit into 32 bits: clip, then cast"
    )


@step("quantize")
def test_the_clip_comes_after_the_shift(expect):
    expect(quantized([200, -100, 128], 1.0, -100)).equals(
        whole(100, -128, 28), because="200 - 100 is 100, and fits"
    )


@step("quantize")
def test_halves_go_to_the_even_number(expect):
    expect(quantized([0.5, 1.5, 2.5, -0.5, -1.5], 1.0, 0)).equals(
        whole(0, 2, 2, 0, -2), because="so errors don't add up in one direction"
    )
    expect(quantized([0.5, 1.5], 1.0, 7)).equals(
        whole(7, 9), because="halves are rounded before the zero point is added"
    )


@step("quantize")
def test_a_scale_for_each_row_or_column(expect):
    rows = [[1, 2], [3, 4]]
    expect(quantized(rows, [1, 0.5], [0, 1], 0)).equals(
        whole([1, 2], [7, 9]), because="the second row has steps of 0.5, and 1 for its zero"
    )
    expect(quantized(rows, [1, 0.5], [0, 1], 1)).equals(
        whole([1, 5], [3, 9]), because="the second column has steps of 0.5, and 1 for its zero"
    )


@step("quantize")
def test_it_keeps_what_the_way_back_needs(expect):
    found = compression.quantize(Tensor([[1.0], [2.0], [3.0]]), [1, 2, 4], [0, 5, -5], axis=0)
    expect(found.scale).equals(
        np.array([1, 2, 4], np.float32), dtype=np.float32, because="the scales, as float32"
    )
    expect(found.zero_point).equals(
        np.array([0, 5, -5], np.int32), dtype=np.int32, because="the zero points, as int32"
    )
    expect((found.axis, found.nbytes)).equals(
        (0, 27), because="the axis; 3 numbers of 1 byte, 3 scales and 3 zero points of 4"
    )


@step("quantize")
def test_no_value_moves_by_more_than_half_a_step(expect, rng):
    values = rng.normal(size=2000).astype(np.float32)
    scale = np.float32((values.max() - values.min()) / 255)
    zero_point = int(np.rint(-128 - values.min() / scale))
    steps = quantized(values, scale, zero_point).astype(int) - zero_point
    off = np.abs(steps * scale.astype(float) - values) / scale
    expect(float(off.max())).between(0.45, 0.501, because="the nearest step is half a step away")
    expect(float(off.mean())).between(0.22, 0.28, because="and a quarter on the average")


def back(values, scale, zero_point, axis=None):
    scale, zero_point = np.array(scale, np.float32), np.array(zero_point, np.int32)
    numbers = compression.QuantizedTensor(np.array(values, np.int8), scale, zero_point, axis)
    return compression.dequantize(numbers)


@step("dequantize")
def test_steps_become_values(expect):
    expect(back([-2, 0, 2, 5], 0.5, 0)).equals(
        Tensor([-1.0, 0.0, 1.0, 2.5]), dtype=np.float32, because="a step is 0.5"
    )


@step("dequantize")
def test_the_zero_point_is_taken_off(expect):
    expect(back([8, 10, 14], 0.5, 10)).equals(
        Tensor([-1.0, 0.0, 2.0]), because="10 stands for 0, and 8 is two steps below"
    )


@step("dequantize")
def test_the_difference_is_wide(expect):
    expect(back([127, 100], 1.0, -128)).equals(
        Tensor([255.0, 228.0]), because="127 - (-128) is 255, which an int8 can't hold"
    )


@step("dequantize")
def test_the_scale_of_its_own_channel(expect):
    expect(back([[1, 2], [7, 9]], [1, 0.5], [0, 1], 0)).equals(
        Tensor([[1.0, 2.0], [3.0, 4.0]]), because="the second row has steps of 0.5"
    )
    expect(back([[1, 5, 2], [3, 9, 4]], [1, 0.5, 2], [0, 1, 0], 1)).equals(
        Tensor([[1.0, 2.0, 4.0], [3.0, 4.0, 8.0]]), because="each column has its own steps"
    )


@step("dequantize")
def test_a_channel_of_its_own_is_finer(expect):
    rows = Tensor([[0.01, -0.02, 0.005], [1.0, -2.0, 0.5]])
    errors = []
    for axis in (None, 0):
        scale, zero_point = compression.quantization_range(rows, axis)
        found = compression.dequantize(compression.quantize(rows, scale, zero_point, axis))
        errors.append(float(np.abs(found.data - rows.data)[0].max()))
    expect(errors[0]).between(0.004, 0.006, because="a step of 0.0118 for all is coarse for 0.01")
    expect(errors[1]).between(0.0, 0.00006, because="half a step of 0.000118")


def in_eight_bits(weight, bias=None, zero_point=0, weight_scale=1.0, input_scale=1.0):
    """A QuantizedLinear of whole numbers that were chosen by hand."""
    cls = compression.QuantizedLinear
    layer = cls.__new__(cls)
    scales = np.broadcast_to(np.float32(weight_scale), len(weight)).copy()
    layer.register_buffer("weight", Tensor(np.array(weight, np.int8)))
    layer.register_buffer("weight_scale", Tensor(scales))
    layer.register_buffer("bias", None if bias is None else Tensor(np.array(bias, np.int32)))
    layer.register_buffer("input_scale", Tensor(np.float32(input_scale)))
    layer.register_buffer("input_zero_point", Tensor(np.int32(zero_point)))
    return layer


def sums(*rows):
    return np.array(rows, np.int32)


@step("accumulate")
def test_a_sum_of_products(expect):
    layer = in_eight_bits([[1, 2], [3, -4], [0, 5]])
    expect(layer.accumulate(whole([1, 2], [-3, 0]))).equals(
        sums([5, -5, 10], [-3, -9, 0]), because="1 · 1 + 2 · 2 is 5, and so on: (2, 3) outputs"
    )


@step("accumulate")
def test_products_have_room(expect):
    layer = in_eight_bits([[100, 1], [127, -128]])
    expect(layer.accumulate(whole([100, 100], [-128, -128]))).equals(
        sums([10100, -100], [-12928, 128]), because="100 · 100 is 10,000, too much for 8 bits"
    )


@step("accumulate")
def test_the_zero_point_comes_off(expect):
    layer = in_eight_bits([[1, 2], [3, -4]], zero_point=10)
    expect(layer.accumulate(whole([10, 10], [11, 8]))).equals(
        sums([0, 0], [-3, 11]), because="10 stands for 0"
    )
    layer = in_eight_bits([[1, 0], [0, 1]], zero_point=-128)
    expect(layer.accumulate(whole([127, 100]))).equals(
        sums([255, 228]), because="127 - (-128) is 255, which 8 bits don't hold"
    )


@step("accumulate")
def test_the_bias_is_added(expect):
    layer = in_eight_bits([[1, 2], [3, -4]], bias=[100_000, -7])
    expect(layer.accumulate(whole([1, 1]))).equals(
        sums([100_003, -8]), because="the bias is in the steps of the sum"
    )


@step("accumulate")
def test_long_sums_are_exact(expect):
    weight = np.full((2, 1001), 127)
    weight[0, 0] = 126
    layer = in_eight_bits(weight, zero_point=-128)
    expect(layer.accumulate(np.full(1001, 127, np.int8))).equals(
        sums(32417130, 32417385),
        because="1,001 times 255 · 127, which float32 would round",
        rtol=0,
        atol=0,
    )


@step("accumulate")
def test_dimensions_before_the_last(expect):
    layer = in_eight_bits([[1, 2, 3]], bias=[1])
    expect(layer.accumulate(np.ones((2, 2, 3), np.int8))).equals(
        np.full((2, 2, 1), 7, np.int32), because="(…, in) becomes (…, out)"
    )


@step("int8-linear")
def test_steps_become_values_again(expect):
    layer = in_eight_bits([[1, 2], [3, -4]], bias=[10, 0], weight_scale=0.5, input_scale=0.25)
    expect(layer(Tensor([[1.0, -0.5]]))).equals(
        Tensor([[1.25, 2.5]]),
        dtype=np.float32,
        because="4 and -2 steps give 10 and 20, and a step of the sum is 0.125",
    )


@step("int8-linear")
def test_each_output_has_a_scale(expect):
    layer = in_eight_bits([[1, 2], [3, -4]], weight_scale=[0.5, 0.01], input_scale=2.0)
    expect(layer(Tensor([[2.0, 4.0]]))).equals(
        Tensor([[5.0, -0.1]]), because="1 and 2 steps give 5 and -5, times 1 and 0.02"
    )
    expect(layer(Tensor([[200.0, -200.0], [-200.0, 20.0]]))).equals(
        Tensor([[-100.0, 14.0], [-80.0, -6.8]]), because="outputs are as large as they are"
    )


@step("int8-linear")
def test_the_inputs_zero_point(expect):
    layer = in_eight_bits([[1, 1]], zero_point=-20, input_scale=0.5)
    expect(layer(Tensor([[[1.0, 2.0]], [[0.0, -0.5]]]))).equals(
        Tensor([[[3.0]], [[-0.5]]]), because="the zero point is added and taken off again"
    )


@step("int8-linear")
def test_the_layers_range_counts(expect):
    layer = in_eight_bits([[1]], input_scale=0.01)
    expect(layer(Tensor([[1.0], [50.0], [-50.0]]))).equals(
        Tensor([[1.0], [1.27], [-1.28]]), because="beyond the range is its end, 127 or -128 steps"
    )


@step("int8-linear")
def test_inputs_are_rounded(expect):
    layer = in_eight_bits([[3, 0], [1, 1]], input_scale=1.0)
    expect(layer(Tensor([[0.8, 0.3]]))).equals(
        Tensor([[3.0, 1.0]]), because="0.8 is 1 step and 0.3 none, since whole numbers are added"
    )


@step("int8-linear")
def test_it_is_close_to_the_layer(expect):
    manual_seed(0)
    linear_layer = Linear(40, 6)
    inputs = Tensor(np.random.default_rng(1).normal(size=(30, 40)).astype(np.float32))
    layer = compression.QuantizedLinear(linear_layer, inputs)
    wrong = np.abs(layer(inputs).data - linear_layer(inputs).data).max()
    expect(float(wrong)).between(1e-6, 0.05, because="outputs up to 2 are off by hundredths")


UNSURE, SURE = [[0.0, 0.0, 0.0]], [[3.0, 0.0, -1.0]]


def slopes(loss, *tensors):
    loss.backward()
    return [None if each.grad is None else each.grad.tolist() for each in tensors]


@step("distil")
def test_equal_scores_are_not_apart(expect):
    scores = Tensor([[1.0, 2.0, -3.0], [0.0, 5.0, 1.0]])
    expect(compression.distillation_loss(scores, scores)).equals(
        0.0, because="whoever thinks as the teacher has nothing to learn", atol=1e-5
    )


@step("distil")
def test_the_divergence_at_temperature_1(expect):
    loss = compression.distillation_loss(Tensor(UNSURE), Tensor(SURE), temperature=1.0)
    expect(loss).equals(
        0.824299, because="the teacher's chances times the differences of the logarithms"
    )
    loss = compression.distillation_loss(Tensor(SURE), Tensor(UNSURE), temperature=1.0)
    expect(loss).equals(1.300605, because="the weights are the teacher's, whoever is which")


@step("distil")
def test_the_divergence_at_temperature_4(expect):
    loss = compression.distillation_loss(Tensor(UNSURE), Tensor(SURE), temperature=4.0)
    expect(loss).equals(1.540645, because="16 times the divergence of the scores over 4")


@step("distil")
def test_the_mean_over_the_examples(expect):
    loss = compression.distillation_loss(Tensor(UNSURE * 4), Tensor(SURE * 4), temperature=1.0)
    expect(loss).equals(0.824299, because="four times the same example has the same mean")


@step("distil")
def test_labels_have_the_rest(expect):
    student, teacher = Tensor([[2.0, 0.0, 1.0]]), Tensor(SURE)
    for alpha, wanted in ((1.0, 0.569411), (0.0, 2.407606), (0.75, 1.028960)):
        loss = compression.distillation_loss(student, teacher, Tensor([1]), 2.0, alpha)
        expect(loss).equals(
            wanted, because="alpha times the divergence, the rest times the cross entropy at T = 1"
        )
    loss = compression.distillation_loss(Tensor([[-90.0, 0.0]]), Tensor([[0.0, 0.0]]), Tensor([0]))
    expect(loss).equals(161.018677, because="a student that is sure of the other class loses much")


@step("distil")
def test_only_the_student_learns(expect):
    student, teacher = Tensor([[1.0, 0.0]]).requires_grad_(), Tensor([[0.0, 2.0]]).requires_grad_()
    loss = compression.distillation_loss(student, teacher, temperature=2.0)
    expect(slopes(loss, student, teacher)).equals(
        [[[0.7070356, -0.7070356]], None],
        because="T times the difference of the chances; the teacher gets no gradient",
    )


@step("distil")
def test_the_student_learns_from_labels_too(expect):
    student, teacher = Tensor([[1.0, 0.0]]).requires_grad_(), Tensor([[0.0, 2.0]]).requires_grad_()
    loss = compression.distillation_loss(student, teacher, Tensor([1]), 2.0, 0.5)
    expect(slopes(loss, student, teacher)).equals(
        [[[0.7190471, -0.7190471]], None], because="half of both slopes, 0.7070 and 0.7311"
    )


@step("sensitivity")
def test_what_each_weight_alone_costs(expect):
    model = Sequential(linear([[1, 2], [3, 4]], [1, 1]), linear([[5, 6]], [1]))

    def clear(weight):
        weight.data[...] = 0

    def accuracy():
        first, second = (np.any(numbers(model)[name]) for name in ("0.weight", "1.weight"))
        return 0.25 + 0.5 * first + 0.25 * second

    expect(compression.sensitivity(model, clear, accuracy)).equals(
        {"0.weight": 0.5, "1.weight": 0.25}, because="each was cleared alone, from 1.0 on"
    )
    expect(numbers(model)).equals(
        {"0.weight": [[1.0, 2.0], [3.0, 4.0]], "0.bias": [1.0, 1.0],
         "1.weight": [[5.0, 6.0]], "1.bias": [1.0]},
        because="afterwards the model is what it was",
    )  # fmt: skip


@step("sensitivity")
def test_it_is_put_back_into_the_array(expect):
    model = Sequential(linear([[1, 2]]), linear([[3], [4]]))
    state = model.state_dict()

    def double(weight):
        weight.data[...] *= 2

    compression.sensitivity(model, double, lambda: 1.0)
    model[0].weight.data[...] = 5
    expect(state["0.weight"].tolist()).equals(
        [[5.0, 5.0]], because="the state shares its memory with the model still"
    )


@step("sensitivity")
def test_a_gain_is_below_zero(expect):
    model = Sequential(linear([[1, 2]]), linear([[3], [4]]), linear([[5, 6]]))

    def double(weight):
        weight.data[...] *= 2

    def accuracy():
        return float(sum(layer.weight.data.sum() for layer in model)) / 64

    expect(compression.sensitivity(model, double, accuracy)).equals(
        {"0.weight": -3 / 64, "1.weight": -7 / 64, "2.weight": -11 / 64},
        because="all are compared with the model as it was, at 21/64",
    )


@step("sensitivity")
def test_an_error_leaves_the_model_whole(expect):
    model = Sequential(linear([[1, 2]]))

    def spoil(weight):
        weight.data[...] = 7
        raise ZeroDivisionError("no more weights")

    expect.raises(
        ZeroDivisionError,
        compression.sensitivity,
        model,
        spoil,
        lambda: 1.0,
        mentions=("no more weights",),
        because="the error is not hidden",
    )
    expect(model[0].weight.tolist()).equals(
        [[1.0, 2.0]], because="the weight comes back whatever happened"
    )


@step("lenet-8x")
def test_what_the_shipped_lenet_weighs_and_reads(expect):
    model, _, held_out = compression.trained_lenet()
    expect(compression.model_bytes(model)).equals(125176, because="31,294 numbers of 4 bytes")
    expect(right(model, held_out)).between(
        354, 356, because="it was trained to read 355 of the 359 that it never saw"
    )


@step("lenet-8x")
def test_eight_times_smaller_within_a_point(expect):
    manual_seed(0)
    model, train, held_out = compression.trained_lenet()
    before, size = right(model, held_out), compression.model_bytes(model)
    masks = compression.prune_magnitude(model, 0.83)
    expect(compression.sparsity(model)).between(0.829, 0.831, because="83 % of the weights went")
    expect(right(model, held_out)).between(
        250, 345, because="what is left was trained with neighbours that are gone"
    )
    loss = partial(cross_entropy, label_smoothing=0.1)
    trainer = Trainer(model, Adam(model.parameters(), lr=1e-3), loss)
    batches = DataLoader(train, 32, shuffle=True)
    for _ in range(4):
        compression.train_pruned(trainer, batches, masks)
    expect(compression.sparsity(model)).between(0.829, 0.831, because="and they stay out")
    packed = compression.pack(model)
    expect(size / compression.model_bytes(packed)).between(
        8, 10, because="two bytes a weight that is left, and a few for each row"
    )
    model.load_state_dict(compression.unpack(packed))
    expect(right(model, held_out) - before).between(
        -3.59, 4, because="a point of 359 digits is 3.59 of them"
    )


def right(model, held_out):
    """How many of the held-out digits are read."""
    images, labels = held_out[:]
    model.eval()
    return int((model(images).data.argmax(axis=1) == labels.data).sum())
