"""Step tests of module 04."""

from contextlib import contextmanager
from pathlib import Path

import numpy as np

import tinytorch
from tinytorch import networks
from tinytorch.activations import ReLU, Sigmoid, Tanh
from tinytorch.layers import BatchNorm1d, Linear, Module, Parameter
from tinytorch.tensor import Tensor
from tinytorch_ls.gradients import gradients
from tinytorch_ls.lesson import step

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


def double(x):
    return x * 2


def add_one(x):
    return x + 1


def linear(weight, bias=None):
    """A Linear of these numbers."""
    layer = Linear(len(weight[0]), len(weight), bias=bias is not None)
    layer.weight.data[...] = weight
    if bias is not None:
        layer.bias.data[...] = bias
    return layer


@step("sequential")
def test_the_second_takes_what_the_first_gives(expect):
    expect(networks.Sequential(double, add_one)(Tensor([5.0]))).equals(
        [11.0], because="5 doubled is 10, and one more is 11"
    )
    expect(networks.Sequential(add_one, double)(Tensor([5.0]))).equals(
        [12.0], because="the other order: one more is 6, and that doubled is 12"
    )


@step("sequential")
def test_any_number_of_layers(expect):
    expect(networks.Sequential(double)(Tensor([5.0]))).equals([10.0], because="one layer is a row")
    x = Tensor([5.0, -1.0])
    expect(networks.Sequential()(x)).equals(
        [5.0, -1.0], because="a row of none gives back what it got"
    )
    four = networks.Sequential(double, add_one, double, double)
    expect(four(Tensor([1.0, -3.0]))).equals([12.0, -20.0], because="1 → 2 → 3 → 6 → 12")


@step("sequential")
def test_a_row_can_be_called_again(expect):
    row = networks.Sequential(double, add_one)
    expect([row(Tensor([x])).item() for x in (5.0, 1.0)]).equals(
        [11.0, 3.0], because="a network is called once for each batch"
    )
    expect(len(row)).equals(2, because="its layers are still there")


@step("sequential")
def test_layers_of_every_kind(expect):
    inner = networks.Sequential(ReLU(), double)
    row = networks.Sequential(linear([[1.0, -1.0], [2.0, 0.0], [0.0, 3.0]]), inner, add_one)
    expect(row(Tensor([[1.0, 4.0], [-1.0, -2.0]]))).equals(
        [[1.0, 5.0, 25.0], [3.0, 1.0, 1.0]],
        because="a Linear, a row in the row with a ReLU, and a function",
    )


@step("sequential")
def test_a_gradient_reaches_all_of_them(expect):
    first, last = linear([[1.0, 2.0], [-1.0, 1.0]], [0.0, 0.5]), linear([[3.0, -2.0]])
    row = networks.Sequential(first, ReLU(), last)
    x = Tensor([[1.0, 1.0]])
    expect(gradients(lambda *_: row(x), x, first.weight, last.weight)).equals(
        [[[5.0, 4.0]], [[3.0, 3.0], [-2.0, -2.0]], [[3.0, 0.5]]],
        because="the input and both weights have a part in the answer",
    )


@step("names")
def test_a_name_is_the_place(expect):
    row = networks.Sequential(linear([[1.0]]), linear([[2.0]]))
    expect([(name, layer is row[int(name)]) for name, layer in row.named_children()]).equals(
        [("0", True), ("1", True)], because="each layer with its place, as text, counted from 0"
    )


@step("names")
def test_every_layer_has_a_place(expect):
    row = networks.Sequential(double, ReLU(), linear([[1.0]]), networks.Sequential())
    expect([name for name, _ in row.named_children()]).equals(
        ["0", "1", "2", "3"], because="a function and a ReLU stand somewhere too"
    )
    expect(list(networks.Sequential().named_children())).equals(
        [], because="an empty row has no layer"
    )
    expect([name for name, _ in networks.Sequential(*[double] * 12).named_children()]).equals(
        ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"],
        because="a row has no longest length, and behind 9 comes 10",
    )


@step("names")
def test_a_layer_in_two_places_has_two_names(expect):
    shared = linear([[1.0]])
    row = networks.Sequential(shared, ReLU(), shared)
    expect([name for name, _ in row.named_children()]).equals(
        ["0", "1", "2"], because="it stands at 0 and at 2"
    )
    expect(list(row.state_dict())).equals(
        ["0.weight", "2.weight"], because="PyTorch saves it under both names as well"
    )


@step("names")
def test_what_is_trained_is_found(expect):
    inner = networks.Sequential(Tanh(), linear([[1.0, 2.0]], [0.5]))
    row = networks.Sequential(linear([[1.0], [2.0]]), inner)
    expect([(name, p.tolist()) for name, p in row.named_parameters()]).equals(
        [("0.weight", [[1.0], [2.0]]), ("1.1.weight", [[1.0, 2.0]]), ("1.1.bias", [0.5])],
        because="module 03 asks each module for its children, and joins the names",
    )


@step("fuse")
def test_two_slopes_are_one(expect):
    one = networks.fuse_linears(linear([[2.0]], [1.0]), linear([[3.0]], [-4.0]))
    expect((one.weight, one.bias)).equals(
        ([[6.0]], [-1.0]), free=("dtype",), because="3(2x + 1) − 4 is 6x − 1"
    )


FIRST = [[1.0, 2.0, 0.0], [-1.0, 0.0, 3.0]], [0.5, -2.0]
SECOND = [[1.0, 1.0], [2.0, -1.0], [0.0, 4.0], [-3.0, 0.0]], [0.0, 1.0, 10.0, -0.5]


@step("fuse")
def test_the_weight_is_a_product_of_matrices(expect):
    one = networks.fuse_linears(linear(*FIRST), linear(*SECOND))
    expect(one.weight).equals(
        [[0.0, 2.0, 3.0], [3.0, 4.0, -3.0], [-4.0, 0.0, 12.0], [-3.0, -6.0, 0.0]],
        free=("dtype",),
        because="each number is a sum over both ways through the middle",
    )
    square = networks.fuse_linears(
        linear([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0]), linear([[0.0, 1.0], [5.0, 0.0]], [0.0, 0.0])
    )
    expect(square.weight).equals(
        [[3.0, 4.0], [5.0, 10.0]],
        free=("dtype",),
        because="the first layer's weight stands on the right",
    )


@step("fuse")
def test_the_bias_is_the_answer_to_nothing(expect):
    one = networks.fuse_linears(linear(*FIRST), linear(*SECOND))
    expect(one.bias).equals(
        [-1.5, 4.0, 2.0, -2.0],
        free=("dtype",),
        because="(0.5, −2) through the second layer, its bias added",
    )


@step("fuse")
def test_layers_without_a_bias(expect):
    first, second = linear(FIRST[0]), linear(SECOND[0])
    expect(networks.fuse_linears(first, linear(*SECOND)).bias).equals(
        [0.0, 1.0, 10.0, -0.5],
        free=("dtype",),
        because="zeros go through the second layer: its bias is left",
    )
    expect(networks.fuse_linears(linear(*FIRST), second).bias).equals(
        [-1.5, 3.0, -8.0, -1.5],
        free=("dtype",),
        because="the first bias through the second weight, and no more",
    )
    expect(networks.fuse_linears(first, second).bias).equals(
        [0.0, 0.0, 0.0, 0.0], free=("dtype",), because="neither has one, so nothing gives nothing"
    )


@step("fuse")
def test_one_layer_answers_as_two(expect):
    first, second = linear(*FIRST), linear(*SECOND)
    x = Tensor([[1.0, 2.0, 3.0], [-1.0, 0.5, 0.0]])
    expect(networks.fuse_linears(first, second)(x)).equals(
        [[11.5, 6.0, 34.0, -17.0], [-0.5, 3.0, 6.0, -2.0]],
        free=("dtype",),
        because="that is what the second layer makes of what the first one makes of x",
    )
    expect((first.weight, second.bias)).equals(
        (FIRST[0], SECOND[1]), free=("dtype",), because="the two layers stay as they were"
    )


def kinds(model):
    return [type(layer).__name__ for layer in model]


@step("mlp")
def test_one_layer_has_no_bend(expect):
    expect(kinds(networks.MLP((4, 3)))).equals(
        ["Linear"], because="two sizes make one layer, and its outputs are scores"
    )


@step("mlp")
def test_a_bend_between_each_two(expect):
    expect(kinds(networks.MLP((4, 5, 3)))).equals(
        ["Linear", "ReLU", "Linear"], because="between the two, and none behind the last"
    )
    expect(kinds(networks.MLP([4, 5, 6, 7, 2]))).equals(
        ["Linear", "ReLU", "Linear", "ReLU", "Linear", "ReLU", "Linear"],
        because="five sizes make four layers and three bends",
    )
    expect(kinds(networks.MLP((2, 3, 3)))).equals(
        ["Linear", "ReLU", "Linear"], because="a hidden layer may be as wide as the last one"
    )


@step("mlp")
def test_the_sizes_fit(expect):
    model = networks.MLP((4, 5, 6, 2))
    expect([model[place].weight.shape for place in (0, 2, 4)]).equals(
        [(5, 4), (6, 5), (2, 6)], because="a weight is (out, in), and each takes what came before"
    )
    expect([model[place].bias.shape for place in (0, 2, 4)]).equals(
        [(5,), (6,), (2,)], because="every layer has a bias for each output"
    )


@step("mlp")
def test_the_list_of_sizes_stays(expect):
    sizes = [4, 5, 2]
    networks.MLP(sizes)
    expect(sizes).equals([4, 5, 2], because="whoever gave the list may need it again")


@step("mlp")
def test_the_bend_that_was_asked_for(expect):
    expect(kinds(networks.MLP((2, 3, 3, 1), Tanh))).equals(
        ["Linear", "Tanh", "Linear", "Tanh", "Linear"], because="a Tanh in each place"
    )
    expect(kinds(networks.MLP((2, 3, 1), activation=Sigmoid))).equals(
        ["Linear", "Sigmoid", "Linear"], because="the argument may come by name"
    )


@step("mlp")
def test_each_place_has_a_bend_of_its_own(expect):
    model = networks.MLP((2, 3, 4, 1))
    expect(model[1] is model[3]).equals(False, because="some bends hold numbers of their own")
    expect([name for name, _ in model.named_modules()]).equals(
        ["", "0", "1", "2", "3", "4"], because="so each of the five layers is found"
    )


def filled(model):
    """The same model with weights that hang on no draw."""
    for parameter in model.parameters():
        numbers = np.arange(parameter.size, dtype=np.float32).reshape(parameter.shape)
        parameter.data[...] = numbers * 5 % 7 - 3
    return model


@step("mlp")
def test_its_scores(expect):
    model = filled(networks.MLP((2, 3, 2)))
    x = Tensor([[1.0, 2.0], [-2.0, 0.0]])
    expect(model(x)).equals(
        [[-3.0, 7.0], [-8.0, 2.0]], because="scores may be below 0: no bend behind the last layer"
    )
    expect(gradients(lambda x: model(x), x)).equals(
        [[[6.0, 2.0], [51.0, -70.0]]],
        because="a gradient comes back through all layers",
        rtol=1e-4,
    )


@step("cost")
def test_the_cost_of_one_layer(expect):
    expect(networks.mlp_cost((3, 2), 1)).equals(
        (8, 12), because="6 weights and 2 biases; 6 multiplications and 6 additions"
    )


@step("cost")
def test_a_batch_costs_work_and_no_parameters(expect):
    expect(networks.mlp_cost((3, 2), 10)).equals(
        (8, 120), because="ten rows go through the same weights"
    )


@step("cost")
def test_the_costs_of_layers_add_up(expect):
    expect(networks.mlp_cost((784, 256, 10), 64)).equals(
        (203_530, 26_017_792), because="200,960 and 2,570; 25,690,112 and 327,680"
    )
    expect(networks.mlp_cost([5, 7, 3, 2], 3)).equals(
        (74, 372), because="42 + 24 + 8, and 2 · 3 · (35 + 21 + 6)"
    )


@step("cost")
def test_the_list_of_sizes_stays_whole(expect):
    sizes = [4, 5, 2]
    networks.mlp_cost(sizes, 1)
    expect(sizes).equals([4, 5, 2], because="the network is made of this list afterwards")


@step("cost")
def test_numbers_as_large_as_they_come(expect):
    expect(networks.mlp_cost((768, 3072, 768), 1024)).equals(
        (4_722_432, 9_663_676_416),
        because="an MLP of GPT-2 on 1,024 word pieces: more FLOPs than 32 bits can count",
    )


@contextmanager
def layers_made():
    """The sizes of each Linear that is made in a `with` block."""
    made, constructor = [], Linear.__init__

    def noted(layer, *args, **kwargs):
        made.append(args)
        constructor(layer, *args, **kwargs)

    Linear.__init__ = noted
    try:
        yield made
    finally:
        Linear.__init__ = constructor


@step("cost")
def test_no_layer_is_made_for_it(expect):
    with layers_made() as made:
        networks.mlp_cost((4, 3, 2), 1)
    expect(made).equals([], because="a prediction is made before there is a network")


@step("cost")
def test_the_prediction_is_what_the_network_holds(expect):
    sizes = (6, 5, 4, 3)
    held = sum(parameter.size for parameter in networks.MLP(sizes).parameters())
    expect(networks.mlp_cost(sizes, 2)[0]).equals(held, because="35 + 24 + 15 numbers are there")


@step("count")
def test_numbers_are_counted(expect):
    expect(networks.count_parameters(linear([[0.0] * 4] * 3))).equals(
        12, because="a weight of (3, 4) holds 12 numbers"
    )
    expect(networks.count_parameters(linear([[0.0] * 4] * 3, [0.0] * 3))).equals(
        15, because="and the bias 3 more"
    )
    double_precision = Linear(4, 3, bias=False)
    double_precision.weight.data = double_precision.weight.data.astype(np.float64)
    expect(networks.count_parameters(double_precision)).equals(
        12, because="in float64 each takes 8 bytes, and there are as many"
    )


@step("count")
def test_all_that_is_inside_counts(expect):
    expect(networks.count_parameters(networks.MLP((2, 3, 1)))).equals(
        13, because="6 + 3 in the first layer, 3 + 1 in the second"
    )
    expect(networks.count_parameters(networks.Sequential(ReLU()))).equals(
        0, because="a bend has nothing to learn"
    )


class Scaled(Module):
    """A row, and a scalar beside it."""

    def __init__(self):
        self.body = networks.Sequential(Linear(2, 3), BatchNorm1d(3), ReLU())
        self.scale = Parameter(2.0)
        self.frozen = Parameter([[1.0, 2.0]], requires_grad=False)

    def forward(self, input):
        return self.body(input) * self.scale


@step("count")
def test_buffers_are_not_parameters(expect):
    expect(networks.count_parameters(Scaled())).equals(
        18, because="9, 6 of the norm without its running statistics, a scalar, and 2 frozen"
    )


@step("count")
def test_what_is_shared_counts_once(expect):
    shared = linear([[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0])
    expect(networks.count_parameters(networks.Sequential(shared, ReLU(), shared))).equals(
        6, because="one layer in two places holds its numbers once"
    )


def rows(found):
    return [(r.name, r.layer, r.output_shape, r.parameters, r.flops) for r in found.rows]


@step("summary")
def test_a_row_for_a_layer(expect):
    layer = linear([[0.0] * 4] * 6, [0.0] * 6)
    expect(rows(networks.summary(layer, (5, 4)))).equals(
        [("", "Linear", (5, 6), 30, 240)],
        because="a layer alone has no name; 2 · 4 · 6 operations for each of five rows",
    )


@step("summary")
def test_a_row_for_each_layer_of_a_network(expect):
    found = networks.summary(networks.MLP((4, 3, 2)), (5, 4))
    expect(rows(found)).equals(
        [
            ("0", "Linear", (5, 3), 15, 120),
            ("1", "ReLU", (5, 3), 0, 0),
            ("2", "Linear", (5, 2), 8, 60),
        ],
        because="what each gives, holds and costs, in the order of the calls",
    )
    expect((found.parameters, found.flops)).equals(
        (23, 180), because="15 and 8 numbers; 120 and 60 operations"
    )


class Twice(Module):
    """Calls a layer twice and another never, and has a number of its own."""

    def __init__(self):
        self.inner = Linear(3, 3)
        self.spare = Linear(2, 2)
        self.scale = Parameter([1.0])

    def forward(self, input):
        return self.inner(self.inner(input)) * self.scale


@step("summary")
def test_a_layer_that_is_called_twice(expect):
    found = networks.summary(Twice(), (2, 3))
    expect(rows(found)).equals(
        [
            ("inner", "Linear", (2, 3), 12, 36),
            ("inner", "Linear", (2, 3), 0, 36),
            ("", "Twice", (2, 3), 1, 0),
        ],
        because="the second call costs as much and holds nothing new",
    )
    expect(found.flops).equals(72, because="both calls are work")


@step("summary")
def test_a_layer_that_is_never_called(expect):
    expect(networks.summary(Twice(), (2, 3)).parameters).equals(
        19, because="12, the scale, and 6 of the layer that has no row"
    )


@step("summary")
def test_a_parameter_in_two_layers(expect):
    first, second = Linear(3, 3), Linear(3, 3)
    second.weight = first.weight
    found = networks.summary(networks.Sequential(first, second), (1, 3))
    expect([row.parameters for row in found.rows]).equals(
        [12, 3], because="the second layer has a bias of its own and shares its weight"
    )


@step("summary")
def test_it_reads_as_a_table(expect):
    found = networks.summary(networks.MLP((784, 256, 10)), (64, 784))
    expect(str(found)).mentions(
        "0 Linear", "200,960", "25,690,112", "203,530", because="as predicted in the last steps"
    )
    expect(found.rows).equals(
        networks.summary(networks.MLP((784, 256, 10)), (64, 784)).rows,
        because="another network of these sizes costs the same",
    )


def unit(weight, bias):
    made = networks.Perceptron(len(weight))
    made.weight.data[...] = weight
    made.bias.data[...] = bias
    return made


@step("perceptron")
def test_above_zero_or_not(expect):
    expect(unit([2.0, -1.0], 0.5)(Tensor([1.0, 1.0]))).equals(
        1.0, because="the score is 2 − 1 + 0.5, above 0"
    )
    expect(unit([2.0, -1.0], 0.5)(Tensor([1.0, 4.0]))).equals(
        0.0, because="the score is 2 − 4 + 0.5, below 0"
    )


@step("perceptron")
def test_a_little_above_zero_is_above(expect):
    points = Tensor([[1.0, 9.0], [-1.0, 9.0], [0.004, 9.0], [40.0, 9.0]])
    expect(unit([0.25, 0.0], 0.0)(points)).equals(
        [1.0, 0.0, 1.0, 1.0], because="the scores are 0.25, −0.25, 0.001 and 10"
    )
    expect(unit([0.25, 0.0], 0.0)(Tensor([4e-12, 9.0]))).equals(
        1.0, because="the score is a millionth of a millionth, and above 0 all the same"
    )


@step("perceptron")
def test_a_score_of_zero_is_not_above(expect):
    expect(networks.Perceptron(3)(Tensor([1.0, 2.0, 3.0]))).equals(
        0.0, because="all weights are 0, so the score is 0, and 0 is not above 0"
    )


@step("perceptron")
def test_an_and(expect):
    expect(unit([2.0, 1.0], -2.0)(Tensor(CORNERS))).equals(
        [0.0, 0.0, 0.0, 1.0], because="the scores are −2, −1, 0 and 1"
    )


@step("perceptron")
def test_the_bias_moves_the_line(expect):
    points = Tensor([[1.0, 0.0], [3.0, 0.0], [-1.0, 0.0]])
    expect(unit([1.0, 0.0], 2.0)(points)).equals(
        [1.0, 1.0, 1.0], because="the scores are 3, 5 and 1: a bias is added"
    )
    expect(unit([1.0, 0.0], -2.0)(points)).equals(
        [0.0, 1.0, 0.0], because="the scores are −1, 1 and −3"
    )


@step("perceptron")
def test_any_shape_in_front(expect):
    x = Tensor(np.arange(12.0).reshape(2, 3, 2) - 5)
    expect(unit([1.0, 1.0], -1.0)(x)).equals(
        [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]],
        dtype=np.float64,
        because="(2, 3, 2) gives (2, 3), in the dtype of the input",
    )
    expect(unit([1.0, 1.0], -1.0)(Tensor([[1, 1], [0, 1]]))).equals(
        [1.0, 0.0], dtype=np.float32, because="of whole numbers come float32 answers"
    )
    expect(unit([1.0, 1.0], -1.0)(Tensor([[2.0, 1.0]]))).equals(
        [1.0], because="a batch of one example, (1, 2), gives a batch of one answer, (1,)"
    )


def taught(made, *examples):
    """What `learn` said to each example, and the weight and the bias after all."""
    said = [made.learn(Tensor(numbers), target) for numbers, target in examples]
    return said, made.weight.tolist(), made.bias.item()


@step("learn")
def test_a_one_that_was_missed(expect):
    expect(taught(networks.Perceptron(2), ([2.0, -1.0], 1))).equals(
        ([True], [2.0, -1.0], 1.0),
        free=("changes",),
        because="it said 0, so the input was added to the weights, and 1 to the bias",
    )


@step("learn")
def test_a_zero_that_was_missed(expect):
    expect(taught(unit([2.0, -1.0], 1.0), ([0.5, 1.0], 0), ([1.0, 0.0], 1))).equals(
        ([True, False], [1.5, -2.0], 0.0),
        free=("changes",),
        because="the first score, 1, is above 0, so that input was taken away, and 1 from the bias",
    )


@step("learn")
def test_a_right_answer_changes_nothing(expect):
    expect(taught(unit([2.0, -1.0], 1.0), ([2.0, -1.0], 1), ([-2.0, 1.0], 0))).equals(
        ([False, False], [2.0, -1.0], 1.0),
        free=("changes",),
        because="the scores are 6 and −4, as they should be, and it learns from mistakes alone",
    )


@step("learn")
def test_one_step_may_not_be_enough(expect):
    expect(taught(unit([-9.0, 0.0], 0.0), *[([1.0, 2.0], 1)] * 3)).equals(
        ([True, True, False], [-7.0, 4.0], 2.0),
        free=("changes",),
        because="the score goes −9, −3, 3: up by 1 · 1 + 2 · 2 + 1 each time",
    )


@step("learn")
def test_the_input_stays_as_it_is(expect):
    made, x = unit([1.0, 0.0, 0.0], 0.0), Tensor([1.0, 0.0, -3.0])
    made.learn(x, 0)
    expect(x).equals([1.0, 0.0, -3.0], because="the weights change, and not the example")
    expect(made.weight).equals([0.0, 0.0, 3.0], because="what was 0 in the input had no part")
    made.learn(x, 0)
    expect(x).equals([1.0, 0.0, -3.0], because="the answer was right, and nothing changes at all")


@step("learn")
def test_whole_numbers_are_inputs_too(expect):
    made = networks.Perceptron(2)
    made.learn(Tensor([1, 3]), 1)
    expect(made.weight).equals(
        [1.0, 3.0], dtype=np.float32, because="the weights stay what they are, float32"
    )


@step("fit")
def test_nothing_to_learn(expect):
    expect(networks.Perceptron(2).fit(Tensor(CORNERS), Tensor([0, 0, 0, 0]))).equals(
        [0], free=("changes",), because="weights of 0 say 0 to all; one epoch shows that"
    )


@step("fit")
def test_an_and_in_ten_mistakes(expect):
    made = networks.Perceptron(2)
    expect(made.fit(Tensor(CORNERS), Tensor([0, 0, 0, 1]))).equals(
        [1, 3, 3, 2, 1, 0],
        free=("changes",),
        because="each mistake is corrected before the next example",
    )
    expect((made.weight, made.bias)).equals(
        ([2.0, 1.0], -2.0), because="the line that ten mistakes have led to"
    )


@step("fit")
def test_what_it_has_learned_it_answers(expect):
    made = networks.Perceptron(2)
    expect(made.fit(Tensor(CORNERS), Tensor([0, 1, 1, 1]))).equals(
        [1, 2, 1, 0], free=("changes",), because="OR takes four mistakes"
    )
    expect(made(Tensor(CORNERS))).equals([0.0, 1.0, 1.0, 1.0], because="all four are right now")


@step("fit")
def test_it_stops_when_it_is_told_to(expect):
    made = networks.Perceptron(2)
    expect(made.fit(Tensor(CORNERS), Tensor([0, 0, 0, 1]), epochs=2)).equals(
        [1, 3], free=("changes",), because="two epochs, and not done yet"
    )
    expect(made.fit(Tensor(CORNERS), Tensor([0, 0, 0, 1]), 10)).equals(
        [3, 2, 1, 0], free=("changes",), because="it goes on from where it was"
    )


@step("fit")
def test_no_line_no_end(expect):
    made = networks.Perceptron(2)
    mistakes = made.fit(Tensor(CORNERS), Tensor([0, 1, 1, 0]))
    expect((len(mistakes), mistakes[:3], set(mistakes[3:]))).equals(
        (100, [2, 3, 4], {4}), because="XOR: no line divides it, so all 100 epochs are used"
    )


@step("fit")
def test_inputs_of_another_width(expect):
    x = Tensor([[-1.0, 2.0, 3.0], [1.0, 3.0, -0.5], [3.0, 2.0, -0.5]])
    made = networks.Perceptron(3)
    expect(made.fit(x, Tensor([1.0, 0.0, 1.0]))).equals(
        [3, 2, 2, 1, 1, 0],
        free=("changes",),
        because="three examples of three numbers, targets as floats",
    )
    expect((made.weight, made.bias)).equals(
        ([3.0, -2.0, 6.5], 1.0), because="nine mistakes have led to this plane"
    )


def digits():
    """The pixels (1797, 64), ink from 0 to 1, and the labels."""
    file = next(f for folder in tinytorch.__path__ if (f := Path(folder) / "digits.npz").exists())
    with np.load(file) as data:
        images, labels = data["images"], data["labels"]
    return images.reshape(len(labels), 64).astype(np.float32) / 16, labels


@step("perceptron-1958")
def test_it_learns_to_tell_zeros_from_all_others(expect):
    pixels, labels = digits()
    zero = (labels == 0).astype(np.float32)
    made = networks.Perceptron(64)
    expect(made.fit(Tensor(pixels[:1437]), Tensor(zero[:1437]))).equals(
        [28, 9, 5, 4, 0], because="46 mistakes, and then an epoch without one"
    )
    right = int((made(Tensor(pixels[1437:])).data == zero[1437:]).sum())
    expect(right).between(
        356, 356, because="98.9 % of 360 digits it never saw; always saying no is right in 325"
    )


@step("perceptron-1958")
def test_it_tells_most_pairs_of_digits_apart(expect):
    pixels, labels = digits()
    for one, other in ((0, 1), (3, 8), (4, 9)):
        rows = (labels == one) | (labels == other)
        made = networks.Perceptron(64)
        mistakes = made.fit(Tensor(pixels[rows]), Tensor((labels[rows] == other) * 1.0))
        expect(mistakes[-1]).equals(0, because=f"a line divides the {one}s from the {other}s")


@step("perceptron-1958")
def test_within_novikoffs_bound(expect):
    made = networks.Perceptron(2)
    mistakes = made.fit(Tensor(CORNERS), Tensor([0, 0, 0, 1]))
    expect(sum(mistakes)).between(1, 51, because="R² is 3 and the margin's square is 1/17")


@step("xor")
def test_xor(expect):
    network = networks.xor_network()
    expect(network(Tensor([0.0, 0.0]))).equals([0.0], because="neither of them")
    expect(network(Tensor([0.0, 1.0]))).equals([1.0], because="one of them")
    expect(network(Tensor([1.0, 0.0]))).equals([1.0], because="the other one")
    expect(network(Tensor([1.0, 1.0]))).equals([0.0], because="both is not one of the two")


@step("xor")
def test_all_four_at_once(expect):
    expect(networks.xor_network()(Tensor(CORNERS))).equals(
        [[0.0], [1.0], [1.0], [0.0]], because="a batch of four gives four answers"
    )


@step("xor")
def test_it_is_a_network_of_nine_numbers(expect):
    network = networks.xor_network()
    expect([(name, p.shape) for name, p in network.named_parameters()]).equals(
        [("0.weight", (2, 2)), ("0.bias", (2,)), ("2.weight", (1, 2)), ("2.bias", (1,))],
        because="two hidden units and one output",
    )
    expect(sum(p.requires_grad for p in network.parameters())).equals(
        4, because="module 08 may train them, so none of the four is frozen"
    )


@step("xor")
def test_each_network_is_its_own(expect):
    first, second = networks.xor_network(), networks.xor_network()
    first[2].bias.data[...] = 5.0
    expect(second(Tensor([1.0, 1.0]))).equals(
        [0.0], because="changing one network leaves another as it is"
    )


@step("xor-1969")
def test_one_unit_goes_in_circles(expect):
    made = networks.Perceptron(2)
    expect(made.fit(Tensor(CORNERS), Tensor([0, 1, 1, 0]), epochs=8)).equals(
        [2, 3, 4, 4, 4, 4, 4, 4], because="it never comes to an epoch without a mistake"
    )
    before = made.weight.tolist(), made.bias.item()
    made.fit(Tensor(CORNERS), Tensor([0, 1, 1, 0]), epochs=1)
    expect((made.weight.tolist(), made.bias.item())).equals(
        before, because="each epoch ends with the weights that it began with"
    )


@step("xor-1969")
def test_more_epochs_do_not_help(expect):
    mistakes = networks.Perceptron(2).fit(Tensor(CORNERS), Tensor([0, 1, 1, 0]), epochs=1000)
    expect((len(mistakes), mistakes[-1])).equals((1000, 4), because="a circle has no end")


@step("xor-1969")
def test_two_layers_answer(expect):
    network = networks.xor_network()
    expect(network(Tensor(CORNERS)).flatten()).equals(
        [0.0, 1.0, 1.0, 0.0], because="nine numbers, set by hand"
    )
    expect(networks.summary(network, (4, 2)).flops).equals(
        48, because="2 · 4 · (4 + 2) operations for the four answers"
    )


@step("xor-1969")
def test_without_the_bend_it_is_one_layer(expect):
    network = networks.xor_network()
    flat = networks.fuse_linears(network[0], network[2])
    expect(networks.count_parameters(flat)).equals(3, because="two weights and a bias are left")
    x = Tensor([[0.3, -2.0], [5.0, 1.0]])
    gap = np.abs((flat(x) - network[2](network[0](x))).data).max()
    expect(float(gap)).between(0, 1e-5, because="both layers without their bend answer the same")
