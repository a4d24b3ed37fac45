"""Step tests of module 03."""

import numpy as np

from tinytorch import layers
from tinytorch.activations import ReLU
from tinytorch.layers import Module, Parameter
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import step


class Leaf(Module):
    """A layer with a weight; its output is its input times that."""

    def __init__(self, *numbers):
        self.weight = Parameter(list(numbers) or [2.0])

    def forward(self, input):
        return input * self.weight


class Net(Module):
    """A parameter, an activation, and layers in layers."""

    def __init__(self):
        self.width = 3
        self.scale = Parameter([[1.0, -1.0]])
        self.last = Leaf(3.0)
        self.bend = ReLU()
        self.body = Module()
        self.body.inner = Leaf(4.0, 5.0)
        self.body.bias = Parameter([0.5])
        self.fixed = Tensor([7.0])
        self.spare = None


class Modes(Module):
    """Answers with what it got."""

    def forward(self, *args, **kwargs):
        return args, kwargs


def named(pairs):
    return [(name, parameter.tolist()) for name, parameter in pairs]


@step("parameter")
def test_a_parameter_holds_the_numbers(expect):
    expect(layers.Parameter([[1.0, 2.5], [0.0, -3.0]])).equals(
        [[1.0, 2.5], [0.0, -3.0]], because="a parameter is a tensor of the numbers it was given"
    )


@step("parameter")
def test_a_parameter_asks_for_its_gradient(expect):
    expect(layers.Parameter([1.0, 2.0]).requires_grad).equals(
        True, because="that is how module 07 knows what is trained"
    )


@step("parameter")
def test_a_frozen_parameter(expect):
    expect(layers.Parameter([1.0], requires_grad=False).requires_grad).equals(
        False, because="the caller asked for one that is not trained"
    )
    expect(layers.Parameter([1.0], False)).equals([1.0], because="its numbers are there as well")


@step("parameter")
def test_each_parameter_decides_for_itself(expect):
    trained, frozen = layers.Parameter([1.0]), layers.Parameter([1.0], requires_grad=False)
    expect((trained.requires_grad, frozen.requires_grad)).equals(
        (True, False), because="the mark belongs to the object, and not to the class of all"
    )


@step("parameter")
def test_a_parameter_has_memory_of_its_own(expect):
    numbers = np.array([1.0, 2.0], dtype=np.float32)
    parameter = layers.Parameter(numbers)
    numbers[0] = 9.0
    expect(parameter).equals([1.0, 2.0], because="what happens to the array is not its business")
    tensor = Tensor([3.0, 4.0])
    layers.Parameter(tensor).data[...] = 0.0
    expect(tensor).equals([3.0, 4.0], because="training writes into the parameter alone")


@step("parameter")
def test_a_parameter_keeps_the_dtype(expect):
    expect(layers.Parameter(np.array([0.1, 0.2]))).equals(
        [0.1, 0.2], dtype=np.float64, because="a float64 array gives a float64 parameter"
    )


@step("parameter")
def test_whole_numbers_are_refused(expect):
    expect.raises(
        TypeError,
        layers.Parameter,
        [1, 2],
        because="a whole number can't move a little, so it has no gradient",
    )


@step("module-call")
def test_a_layer_answers_a_call(expect):
    expect(Leaf(2.0, 3.0)(Tensor([1.0, 10.0]))).equals(
        [2.0, 30.0], because="forward of this layer multiplies by its weight"
    )


@step("module-call")
def test_all_inputs_arrive(expect):
    expect(Modes()(1, "two", [3])).equals(
        ((1, "two", [3]), {}), because="forward gets what the layer was called with, in that order"
    )
    expect(Modes()()).equals(((), {}), because="a layer may have no input at all")


@step("module-call")
def test_names_arrive(expect):
    expect(Modes()(1, mask=[0], times=2)).equals(
        ((1,), {"mask": [0], "times": 2}), because="what has a name arrives under that name"
    )


@step("children")
def test_a_child_is_a_layer(expect):
    net = Module()
    net.width = 3
    net.body = Leaf()
    net.weight = Parameter([1.0])
    net.spare = None
    expect([name for name, _ in net.named_children()]).equals(
        ["body"], because="of the four attributes one is a layer"
    )


@step("children")
def test_children_come_with_their_names(expect):
    net = Module()
    net.first = Leaf(1.0)
    expect([(name, layer is net.first) for name, layer in net.named_children()]).equals(
        [("first", True)], because="a pair is the attribute's name and the layer itself"
    )


@step("children")
def test_activations_are_children(expect):
    expect([name for name, _ in Net().named_children()]).equals(
        ["last", "bend", "body"],
        because="a ReLU is a layer without weights; they come in the order they were set",
    )


@step("children")
def test_grandchildren_are_not_children(expect):
    outer = Module()
    outer.net = Net()
    expect([name for name, _ in outer.named_children()]).equals(
        ["net"], because="what is inside of net is net's own"
    )


@step("children")
def test_a_list_is_no_layer(expect):
    net = Module()
    net.blocks = [Leaf(), Leaf()]
    net.table = {"a": Leaf()}
    net.pair = (Leaf(), Leaf())
    net.kind = Leaf
    expect([name for name, _ in net.named_children()]).equals(
        [], because="nobody looks into lists and dicts, and a class is no layer"
    )


@step("children")
def test_a_layer_under_two_names(expect):
    net = Module()
    net.one = Leaf()
    net.two = net.one
    expect([(name, layer is net.one) for name, layer in net.named_children()]).equals(
        [("one", True), ("two", True)], because="each attribute that is a layer comes"
    )


@step("parameters")
def test_the_parameters_of_one_layer(expect):
    expect(named(Leaf(1.0, 2.0).named_parameters())).equals(
        [("weight", [1.0, 2.0])], because="this layer has one, under its attribute's name"
    )


@step("parameters")
def test_layers_without_any(expect):
    net = Module()
    net.bend, net.fixed, net.width = ReLU(), Tensor([1.0]), 3
    expect(named(net.named_parameters())).equals(
        [], because="a tensor is trained if it is a Parameter, and this one is none"
    )


@step("parameters")
def test_names_are_paths(expect):
    expect(named(Net().named_parameters())).equals(
        [
            ("scale", [[1.0, -1.0]]),
            ("last.weight", [3.0]),
            ("body.bias", [0.5]),
            ("body.inner.weight", [4.0, 5.0]),
        ],
        because="a module's own come first, then those of each layer in it, with the path to them",
    )


@step("parameters")
def test_parameters_are_the_objects_themselves(expect):
    net = Net()
    same = [parameter is net.scale for _, parameter in net.named_parameters()]
    expect(same).equals(
        [True, False, False, False], because="an optimizer has to write into the parameter itself"
    )


@step("parameters")
def test_a_shared_parameter_comes_once(expect):
    net = Net()
    net.tied = net.last.weight
    net.body.tied = net.scale
    expect([name for name, _ in net.named_parameters()]).equals(
        ["scale", "tied", "body.bias", "body.inner.weight"],
        because="two are in two places each; each has the name under which it is met first",
    )


@step("parameters")
def test_equal_numbers_are_two_parameters(expect):
    net = Module()
    net.one, net.two = Leaf(0.0, 0.0), Leaf(0.0, 0.0)
    expect(named(net.named_parameters())).equals(
        [("one.weight", [0.0, 0.0]), ("two.weight", [0.0, 0.0])],
        because="they are trained apart, whatever they begin with",
    )


@step("parameters")
def test_a_repeated_layer_has_its_parameters_once(expect):
    net = Module()
    net.one = Leaf(1.0)
    net.two = net.one
    net.three = Leaf(2.0)
    expect(named(net.named_parameters())).equals(
        [("one.weight", [1.0]), ("three.weight", [2.0])], because="one and two are the same layer"
    )


@step("parameters")
def test_a_frozen_parameter_is_listed(expect):
    net = Leaf(1.0)
    net.mask = Parameter([0.0], requires_grad=False)
    expect([name for name, _ in net.named_parameters()]).equals(
        ["weight", "mask"], because="frozen or not, it is a parameter, and is saved with the others"
    )


def modes(net):
    return [module.training for module in net.modules()]


def saved(state):
    return {name: tensor.tolist() for name, tensor in state.items()}


def counted():
    """A net with a parameter, a buffer, and one of each a level deeper."""
    net = Module()
    net.scale = Parameter([1.0, 2.0])
    net.register_buffer("count", Tensor([0.0]))
    net.register_buffer("later", None)
    net.body = Leaf(3.0)
    net.body.register_buffer("mean", Tensor([[4.0, 5.0]]))
    return net


@step("train-eval")
def test_a_layer_begins_in_train_mode_and_leaves_it(expect):
    layer = Leaf()
    layer.eval()
    expect(layer.training).equals(False, because="in use a layer is not training")
    layer.train()
    expect(layer.training).equals(True, because="train switches back")


@step("train-eval")
def test_all_inside_are_switched(expect):
    net = Net()
    net.eval()
    expect(modes(net)).equals(
        [False] * 5, because="net, last, bend, body and body.inner: each is a layer, however deep"
    )
    net.train()
    expect(modes(net)).equals([True] * 5, because="and each has to be switched back")


@step("train-eval")
def test_the_mode_is_an_argument(expect):
    net = Net()
    net.train(False)
    expect(modes(net)).equals([False] * 5, because="train(False) is eval()")
    net.body.train(True)
    expect(modes(net)).equals(
        [False, False, False, True, True], because="a part may be in another mode than the whole"
    )


@step("train-eval")
def test_other_networks_are_left_alone(expect):
    one, other = Leaf(), Leaf()
    one.eval()
    expect((one.training, other.training)).equals(
        (False, True), because="the mode belongs to this layer, and not to its class"
    )


@step("train-eval")
def test_both_give_the_module(expect):
    net = Net()
    expect((net.eval() is net, net.train() is net, net.train(False) is net)).equals(
        (True, True, True), because="so that one can write `model = build().eval()`"
    )


@step("state-dict")
def test_the_state_of_one_layer(expect):
    expect(Leaf(1.0, 2.0).state_dict()).equals(
        {"weight": Tensor([1.0, 2.0])}, because="it has one parameter, and nothing else is saved"
    )


@step("state-dict")
def test_buffers_are_saved(expect):
    expect(saved(counted().state_dict())).equals(
        {"scale": [1.0, 2.0], "count": [0.0], "body.weight": [3.0], "body.mean": [[4.0, 5.0]]},
        because="a running mean is not trained, and without it the network would answer otherwise",
    )


@step("state-dict")
def test_what_is_saved_is_a_plain_tensor(expect):
    expect([type(tensor).__name__ for tensor in counted().state_dict().values()]).equals(
        ["Tensor"] * 4, because="a saved value is a number to keep, and no longer a parameter"
    )
    expect([tensor.requires_grad for tensor in counted().state_dict().values()]).equals(
        [False] * 4, because="nobody asks for its gradient"
    )


@step("state-dict")
def test_a_state_is_a_view(expect):
    net = Leaf(1.0, 2.0)
    state = net.state_dict()
    net.weight.data[0] = 9.0
    expect(state["weight"]).equals(
        [9.0, 2.0], because="it shares its memory with the network, as PyTorch's does"
    )


@step("state-dict")
def test_a_shared_parameter_is_saved_under_each_name(expect):
    net = Leaf(1.0)
    net.tied = net.weight
    expect(saved(net.state_dict())).equals(
        {"weight": [1.0], "tied": [1.0]}, because="who loads it looks for each of the names"
    )


@step("load-state")
def test_values_are_loaded(expect):
    net = Leaf(1.0, 2.0)
    net.load_state_dict({"weight": Tensor([3.0, 4.0])})
    expect(net.weight).equals([3.0, 4.0], because="the network has the values of the state now")


@step("load-state")
def test_a_whole_network_goes_to_another(expect):
    one, other = counted(), counted()
    for tensor in one.state_dict().values():
        tensor.data[...] = tensor.data * 10 + 1
    other.load_state_dict(one.state_dict())
    expect(saved(other.state_dict())).equals(
        {"scale": [11.0, 21.0], "count": [1.0], "body.weight": [31.0], "body.mean": [[41.0, 51.0]]},
        because="parameters and buffers, of all that is inside",
    )


@step("load-state")
def test_the_parameters_stay_the_same_objects(expect):
    net = counted()
    weight, mean = net.body.weight, net.body.mean
    net.load_state_dict(saved_as_arrays(counted()))
    expect((net.body.weight is weight, net.body.mean is mean)).equals(
        (True, True), because="an optimizer has the parameters in its hands, and would train others"
    )


@step("load-state")
def test_a_loaded_network_has_memory_of_its_own(expect):
    one, other = Leaf(1.0, 2.0), Leaf(0.0, 0.0)
    kept = other.weight.data
    other.load_state_dict(one.state_dict())
    one.weight.data[0] = 9.0
    expect(other.weight).equals([1.0, 2.0], because="values were copied, and the networks are two")
    expect(kept.tolist()).equals(
        [1.0, 2.0], because="they were written into the memory that was there"
    )


@step("load-state")
def test_arrays_are_loaded_too(expect):
    net = Leaf(1.0, 2.0)
    net.load_state_dict({"weight": np.array([3.0, 4.0])})
    expect(net.weight).equals(
        [3.0, 4.0], dtype=np.float32, because="a file may hold arrays; the network keeps its dtype"
    )


@step("load-state")
def test_a_state_that_does_not_fit_is_refused(expect):
    net = counted()
    state = saved_as_arrays(net)
    del state["body.weight"]
    state["head.weight"] = np.zeros(3)
    state["scale"] = np.array([7.0, 8.0])
    expect.raises(
        ValueError,
        net.load_state_dict,
        state,
        mentions=("body.weight", "head.weight"),
        because="a layer whose weights are missing would stay as it began, and nobody would hear",
    )
    expect(net.scale).equals([1.0, 2.0], because="what is refused changes nothing")


@step("load-state")
def test_two_lists_say_what_did_not_fit(expect):
    net = counted()
    state = saved_as_arrays(net)
    del state["body.weight"], state["count"]
    state["head.weight"] = np.zeros(3)
    state["scale"] = np.array([7.0, 8.0])
    expect(net.load_state_dict(state, strict=False)).equals(
        (["count", "body.weight"], ["head.weight"]),
        because="missing in the state, then unknown to the network",
    )
    expect(saved(net.state_dict())).equals(
        {"scale": [7.0, 8.0], "count": [0.0], "body.weight": [3.0], "body.mean": [[4.0, 5.0]]},
        because="what fits is loaded, and what is missing stays",
    )


def saved_as_arrays(net):
    return {name: tensor.numpy().copy() for name, tensor in net.state_dict().items()}


def drawn(fill, shape, **settings):
    """A tensor of that shape that `fill` has filled, from a generator with a fixed seed."""
    tensor = Tensor(np.zeros(shape, np.float32))
    return fill(tensor, generator=np.random.default_rng(5), **settings)


def spread(tensor):
    return float(tensor.data.std())


def around(value, share=0.03):
    return value * (1 - share), value * (1 + share)


@step("xavier")
def test_the_spread_of_a_square_weight(expect):
    expect(spread(drawn(layers.xavier_uniform_, (200, 200)))).between(
        *around(0.0707), because="2 / (200 + 200) is a variance of 0.005, and its root is 0.0707"
    )


@step("xavier")
def test_both_sides_count(expect):
    for shape in ((100, 300), (300, 100)):
        expect(spread(drawn(layers.xavier_uniform_, shape))).between(
            *around(0.0707), because="100 in and 300 out: 2 / 400 again, whichever side is which"
        )


@step("xavier")
def test_the_numbers_lie_evenly_between_the_bounds(expect):
    values = drawn(layers.xavier_uniform_, (100, 200)).data
    bound = 0.1414214
    expect(float(np.abs(values).max())).between(
        0.99 * bound, bound * (1 + 1e-6), because="the root of 6 / 300 is the bound, 0.1414"
    )
    expect(float(values.mean())).between(-0.003, 0.003, because="half of them are below 0")
    expect(float((np.abs(values) < bound / 2).mean())).between(
        0.48, 0.52, because="half of the numbers lie in the inner half: none is likelier"
    )


@step("xavier")
def test_the_gain_is_a_factor(expect):
    expect(spread(drawn(layers.xavier_uniform_, (200, 200), gain=3.0))).between(
        *around(0.2121), because="three times as large, in the bound and not under the root"
    )


@step("xavier")
def test_a_window_counts_with_its_size(expect):
    expect(spread(drawn(layers.xavier_uniform_, (40, 10, 5, 4)))).between(
        *around(0.0447), because="10 channels of 5 x 4 reach an output: 2 / (200 + 800)"
    )


@step("xavier")
def test_the_tensor_itself_is_filled(expect):
    weight = Parameter(np.zeros((30, 40)))
    memory = weight.data
    expect(layers.xavier_uniform_(weight) is weight).equals(
        True, because="the _ of the name says so: it fills what it is given, and gives it back"
    )
    expect(bool((memory != 0).all())).equals(
        True, because="the numbers are written into the memory that was there"
    )
    expect(spread(weight)).between(
        *around(0.169, 0.1), because="2 / 70 is the variance, without a generator too"
    )


@step("xavier")
def test_the_same_generator_draws_the_same(expect):
    one = drawn(layers.xavier_uniform_, (3, 4)).tolist()
    expect(drawn(layers.xavier_uniform_, (3, 4)).tolist() == one).equals(
        True, because="both came from a generator with the same seed"
    )
    layers.manual_seed(3)
    one = layers.xavier_uniform_(Tensor(np.zeros((3, 4)))).tolist()
    layers.manual_seed(3)
    expect(layers.xavier_uniform_(Tensor(np.zeros((3, 4)))).tolist() == one).equals(
        True, because="who brings none gets the course's own, which manual_seed starts anew"
    )


@step("xavier")
def test_a_bias_has_no_fans(expect):
    expect.raises(
        ValueError,
        layers.xavier_uniform_,
        Tensor([0.0, 0.0]),
        because="how many inputs reach an output is not said by one dimension",
    )


@step("kaiming")
def test_the_inputs_of_a_weight_count(expect):
    expect(spread(drawn(layers.kaiming_uniform_, (100, 400)))).between(
        *around(0.0707), because="a weight is (out, in): 2 / 400 is the variance for ReLU"
    )
    expect(spread(drawn(layers.kaiming_uniform_, (400, 100)))).between(
        *around(0.1414), because="with 100 inputs it is 2 / 100"
    )


@step("kaiming")
def test_they_lie_evenly_between_the_bounds(expect):
    values = drawn(layers.kaiming_uniform_, (100, 200)).data
    bound = 0.1732051
    expect(float(np.abs(values).max())).between(
        0.99 * bound, bound * (1 + 1e-6), because="√2 times the root of 3 / 200 is 0.1732"
    )
    expect(float(values.mean())).between(-0.004, 0.004, because="half of them are below 0")
    expect(float((np.abs(values) < bound / 2).mean())).between(
        0.48, 0.52, because="half of the numbers lie in the inner half: none is likelier"
    )


@step("kaiming")
def test_the_outputs_may_count(expect):
    expect(spread(drawn(layers.kaiming_uniform_, (100, 400), mode="fan_out"))).between(
        *around(0.1414), because="a gradient comes back from 100 outputs: 2 / 100"
    )


@step("kaiming")
def test_the_gain_is_that_of_the_activation(expect):
    expect(spread(drawn(layers.kaiming_uniform_, (100, 400), nonlinearity="linear"))).between(
        *around(0.05), because="where nothing follows, nothing is taken away: 1 / 400"
    )
    expect(spread(drawn(layers.kaiming_uniform_, (100, 400), nonlinearity="tanh"))).between(
        *around(0.0833), because="tanh has the gain 5/3: (25/9) / 400 is the variance"
    )
    expect(spread(drawn(layers.kaiming_uniform_, (100, 400), a=1.0))).between(
        *around(0.05), because="a leaky ReLU of slope 1 is a straight line, with gain 1"
    )


@step("kaiming")
def test_a_window_counts_in_fan_in(expect):
    expect(spread(drawn(layers.kaiming_uniform_, (100, 4, 5, 5)))).between(
        *around(0.1414), because="4 channels of 5 x 5 reach an output: 2 / 100"
    )


@step("kaiming")
def test_kaiming_fills_the_tensor_itself(expect):
    weight = Parameter(np.zeros((30, 40)))
    memory = weight.data
    expect(layers.kaiming_uniform_(weight) is weight).equals(
        True, because="it fills what it is given, and gives it back"
    )
    expect(bool((memory != 0).all())).equals(
        True, because="the numbers are written into the memory that was there"
    )
    expect(spread(weight)).between(
        *around(0.2236, 0.1), because="2 / 40 is the variance, without a generator too"
    )


@step("kaiming")
def test_the_same_generator_gives_the_same_weights(expect):
    one = drawn(layers.kaiming_uniform_, (3, 4)).tolist()
    expect(drawn(layers.kaiming_uniform_, (3, 4)).tolist() == one).equals(
        True, because="both came from a generator with the same seed"
    )


@step("kaiming")
def test_another_mode_is_refused(expect):
    expect.raises(
        ValueError,
        layers.kaiming_uniform_,
        Tensor(np.zeros((2, 3))),
        mode="fan_middle",
        because="a weight has inputs and outputs, and nothing between",
    )


