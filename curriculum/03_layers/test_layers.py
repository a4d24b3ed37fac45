"""Step tests of module 03."""

import numpy as np

from tinytorch import layers
from tinytorch.activations import ReLU
from tinytorch.layers import Module, Parameter
from tinytorch.tensor import Tensor
from tinytorch_ls.gradients import gradients, recorder
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
    expect(layers.Parameter([1.0, 2.0]).grad).equals(
        None, because="nothing was computed yet that could have given it a gradient"
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
    expect(layers.Parameter(tensor)).equals(
        [3.0, 4.0], because="training writes into the parameter, and the tensor stays as it is"
    )


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


@step("module-call")
def test_forward_runs_once(expect):
    class Counted(Module):
        def __init__(self):
            self.calls = 0

        def forward(self):
            self.calls += 1
            return self.calls

    layer = Counted()
    expect((layer(), layer())).equals(
        (1, 2), because="one call of the layer is one of forward: a batch norm counts its batches"
    )


@step("module-call")
def test_what_forward_refuses_is_refused(expect):
    expect(Leaf(2.0)(input=Tensor([3.0]))).equals([6.0], because="its only input, by its name")
    expect.raises(
        TypeError,
        Leaf(2.0),
        Tensor([3.0]),
        mask=1,
        because="this forward takes no mask, and whoever gave one should hear of it",
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
    net._head = Leaf()
    expect([name for name, _ in net.named_children()]).equals(
        ["body", "_head"], because="a layer is found whatever its name; this one is trained as well"
    )


@step("children")
def test_children_come_with_their_names(expect):
    net = Module()
    net.first = Leaf(1.0)
    expect([(name, layer is net.first) for name, layer in net.named_children()]).equals(
        [("first", True)], because="a pair is the attribute's name and the layer itself"
    )
    expect([type(pair) for pair in net.named_children()]).equals(
        [tuple], because="a pair is a tuple: nobody changes one by accident"
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
    expect([type(pair) for pair in Leaf(1.0).named_parameters()]).equals(
        [tuple], because="a pair is a tuple: nobody changes one by accident"
    )


@step("parameters")
def test_a_shared_parameter_comes_once(expect):
    net = Net()
    net.tied = net.last.weight
    net.body.tied = net.scale
    net.body.late = Parameter([6.0])
    names = ["scale", "tied", "body.bias", "body.late", "body.inner.weight"]
    expect([name for name, _ in net.named_parameters()]).equals(
        names, because="two are in two places each; each has the name under which it is met first"
    )
    expect([name for name, _ in net.named_parameters()]).equals(
        names, because="who asks a second time gets them all again"
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
    net.train(False)
    expect(modes(net)).equals(
        [False] * 5, because="the whole was in this mode already, and that part was not"
    )


@step("train-eval")
def test_nothing_else_is_switched(expect):
    net = Net()
    net.last.weight.requires_grad = False
    net.eval()
    net.train()
    expect([(p.requires_grad, p.grad) for p in net.parameters()]).equals(
        [(True, None), (False, None), (True, None), (True, None)],
        because="a mode is what dropout and batch norm look at; whether a weight is frozen is not",
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
    expect([type(got).__name__ for got in (net.eval(), net.train())]).equals(
        ["Net", "Net"], because="what comes back is the module that was asked"
    )
    expect((net.eval() is net, net.train() is net, net.train(False) is net)).equals(
        (True, True, True), because="so that one can write `model = build().eval()`"
    )


@step("state-dict")
def test_the_state_of_one_layer(expect):
    expect(Leaf(1.0, 2.0).state_dict()).equals(
        {"weight": Tensor([1.0, 2.0])}, because="it has one parameter, and nothing else is saved"
    )
    net = Leaf(1.0)
    net.state_dict()
    net.shift = Parameter([7.0])
    expect(saved(net.state_dict())).equals(
        {"weight": [1.0], "shift": [7.0]}, because="each call says what there is to save by then"
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
    net = Module()
    net.register_buffer("batches", Tensor(0))
    net.load_state_dict({"batches": Tensor(12)})
    expect(net.batches).equals(12, because="one number, such as a count of batches, is a value too")


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
    one, other = Leaf(1.0, 2.0), Leaf(5.0, 6.0)
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
    expect(layers.xavier_uniform_(Tensor(np.zeros((3, 4)))).tolist() == one).equals(
        False, because="that one goes on, and a second layer begins with other weights"
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
    layers.manual_seed(3)
    one = layers.kaiming_uniform_(Tensor(np.zeros((3, 4)))).tolist()
    expect(layers.kaiming_uniform_(Tensor(np.zeros((3, 4)))).tolist() == one).equals(
        False, because="without a generator each call goes on with the course's own"
    )
    layers.manual_seed(3)
    expect(layers.kaiming_uniform_(Tensor(np.zeros((3, 4)))).tolist() == one).equals(
        True, because="and manual_seed starts that one anew"
    )


@step("linear")
def test_shapes_of_weight_and_bias(expect):
    layer = layers.Linear(3, 2)
    expect(layer.weight.shape).equals((2, 3), because="a row for each output, with 3 inputs each")
    expect(layer.bias.shape).equals((2,), because="one number for each output")
    expect((layer.in_features, layer.out_features)).equals(
        (3, 2), because="the layer remembers its two sizes"
    )


@step("linear")
def test_both_are_parameters(expect):
    expect(sorted(name for name, _ in layers.Linear(3, 2).named_parameters())).equals(
        ["bias", "weight"], because="both are trained"
    )
    expect([str(p.dtype) for p in layers.Linear(3, 2).parameters()]).equals(
        ["float32", "float32"], because="that is half the bytes of float64"
    )


@step("linear")
def test_a_layer_without_bias(expect):
    layer = layers.Linear(3, 2, bias=False)
    expect(layer.bias).equals(None, because="nothing is to be added")
    expect([name for name, _ in layer.named_parameters()]).equals(
        ["weight"], because="one parameter is left"
    )


@step("linear")
def test_the_weight_lies_evenly_within_one_over_the_root_of_the_inputs(expect):
    for inputs, outputs, bound in ((25, 400, 0.2), (100, 50, 0.1)):
        values = layers.Linear(inputs, outputs).weight.data
        expect(float(np.abs(values).max())).between(
            0.98 * bound, bound * (1 + 1e-6), because=f"1 / √{inputs} is {bound}"
        )
        expect(float(values.std())).between(
            *around(bound / 3**0.5, 0.06), because="even numbers up to b have a deviation of b / √3"
        )
        expect(float(values.mean())).between(
            -0.1 * bound, 0.1 * bound, because="half of them are below 0"
        )


@step("linear")
def test_the_bias_lies_within_the_same_bound(expect):
    values = layers.Linear(25, 2000).bias.data
    expect(float(np.abs(values).max())).between(
        0.98 * 0.2, 0.2 * (1 + 1e-6), because="25 inputs reach each output, and the bound is 1 / 5"
    )
    expect(float(values.std())).between(
        *around(0.1155, 0.08), because="even numbers up to b have a deviation of b / √3"
    )
    expect(float(values.mean())).between(-0.03, 0.03, because="half of them are below 0")


@step("linear")
def test_no_two_layers_begin_alike(expect):
    one, other = layers.Linear(3, 4), layers.Linear(3, 4)
    expect(one.weight.tolist() == other.weight.tolist()).equals(
        False, because="each draws numbers of its own"
    )
    layers.manual_seed(1)
    first = [p.tolist() for p in layers.Linear(3, 4).parameters()]
    layers.manual_seed(1)
    expect([p.tolist() for p in layers.Linear(3, 4).parameters()] == first).equals(
        True, because="manual_seed repeats them: they come from the course's generator"
    )


def fixed_linear(bias=True):
    """Linear(3, 2) with the weights 1, 2, 3 and 10, 20, 30 and the bias -1 and 5."""
    layer = layers.Linear(3, 2, bias)
    layer.weight.data[...] = [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]
    if bias:
        layer.bias.data[...] = [-1.0, 5.0]
    return layer


@step("linear-forward")
def test_one_example(expect):
    expect(fixed_linear()(Tensor([1.0, 0.0, 2.0]))).equals(
        [6.0, 75.0], because="1 + 6 - 1 and 10 + 60 + 5"
    )


@step("linear-forward")
def test_a_batch(expect):
    expect(fixed_linear()(Tensor([[1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))).equals(
        [[6.0, 75.0], [-1.0, 5.0], [5.0, 65.0]], because="each row is an example of its own"
    )
    expect(fixed_linear()(Tensor([[[[1.0, 0.0, 2.0]], [[0.0, 1.0, 0.0]]]]))).equals(
        [[[[6.0, 75.0]], [[1.0, 25.0]]]], because="before the last dimension there may be any"
    )


@step("linear-forward")
def test_without_a_bias(expect):
    expect(fixed_linear(bias=False)(Tensor([[1.0, 0.0, 2.0]]))).equals(
        [[7.0, 70.0]], because="the products alone"
    )
    layer = fixed_linear()
    layer.bias.data[...] = 0.0
    expect(layer(Tensor([[1.0, 0.0, 2.0]]))).equals(
        [[7.0, 70.0]], because="a bias of zeros is a bias, and adds 0"
    )


@step("linear-forward")
def test_the_numbers_keep_their_dtype(expect):
    layer = layers.Linear(1, 1)
    layer.weight = Parameter(np.array([[0.1]]))
    layer.bias = Parameter(np.array([0.2]))
    expect(layer(Tensor(np.array([[3.0]])))).equals(
        [[0.5]], dtype=np.float64, because="all of it was float64"
    )


@step("linear-forward")
def test_a_linear_layer_can_be_differentiated(expect):
    layer = fixed_linear()
    x = Tensor([[1.0, 0.0, 2.0], [3.0, 1.0, 0.0]])
    expect(gradients(lambda x, *_: layer(x), x, layer.weight, layer.bias)).equals(
        [
            [[21.0, 42.0, 63.0], [43.0, 86.0, 129.0]],
            [[10.0, 3.0, 2.0], [14.0, 4.0, 4.0]],
            [4.0, 6.0],
        ],
        because="the gradients of y₀ + 2y₁ + 3y₂ + 4y₃ by input, weight and bias; None: the "
        "result was computed outside of the tensor's operations",
    )


def ones(*shape):
    return Tensor(np.ones(shape, np.float32))


@step("dropout")
def test_in_use_nothing_is_dropped(expect):
    x = Tensor(np.array([[1.0, -2.0, 30.1]]))
    expect(layers.dropout(x, 0.9, training=False)).equals(
        [[1.0, -2.0, 30.1]], because="what was enlarged while training needs nothing now"
    )
    expect(layers.dropout(Tensor([0.5, 7.0]), 0.2, training=False)).equals(
        [0.5, 7.0], dtype=np.float32, because="and a float32 tensor comes back as one"
    )
    expect(gradients(lambda x: layers.dropout(x, 0.9, training=False), x)).equals(
        [[[1.0, 2.0, 3.0]]], because="in use a gradient passes too, and a copy would stop it: None"
    )


@step("dropout")
def test_the_share_that_is_dropped(expect):
    values = layers.dropout(ones(100, 100), 0.2).data
    expect(float((values == 0).mean())).between(
        0.18, 0.22, because="p = 0.2 is the chance to become 0, for each of 10,000"
    )


@step("dropout")
def test_what_is_left_is_enlarged(expect):
    values = layers.dropout(ones(50, 50), 0.2).data
    expect(sorted({round(float(value), 4) for value in values.flat})).equals(
        [0.0, 1.25], because="1 / (1 - 0.2) is 1.25"
    )


@step("dropout")
def test_each_number_has_its_own_draw(expect):
    values = layers.dropout(ones(40, 40), 0.5).data
    expect((int((values == 0).all(1).sum()), int((values == 0).all(0).sum()))).equals(
        (0, 0), because="that 40 in a row all fall has a chance of 1 in 2^40"
    )
    expect(bool((values[0] == values[1]).all())).equals(
        False, because="rows are examples, and each has its own"
    )


@step("dropout")
def test_what_is_left_are_the_numbers_that_came(expect):
    x = Tensor(np.linspace(-3.0, 3.0, 400).reshape(4, 100))
    values = layers.dropout(x, 0.75).data
    kept = values != 0
    expect(float(np.abs(values[kept] - 4 * x.data[kept]).max())).between(
        0.0, 1e-5, because="what is left is divided by 1 - p, which is a quarter"
    )
    expect(str(values.dtype)).equals("float64", because="it came as float64")


@step("dropout")
def test_never_and_always(expect):
    expect(layers.dropout(Tensor([1.0, -2.0]), 0.0)).equals(
        [1.0, -2.0], free=("memory",), because="p = 0 drops nothing"
    )
    expect(np.abs(layers.dropout(Tensor([1.0, -2.0]), 1.0).data).tolist()).equals(
        [0.0, 0.0], because="p = 1 drops all, and 0 / 0 would be nan"
    )


@step("dropout")
def test_the_generator_decides(expect):
    def draw(seed):
        return layers.dropout(ones(40), 0.5, generator=np.random.default_rng(seed)).tolist()

    expect((draw(1) == draw(1), draw(1) == draw(2))).equals(
        (True, False), because="the same seed drops the same, and another drops others"
    )
    layers.manual_seed(1)
    first = layers.dropout(ones(40), 0.5).tolist()
    again = layers.dropout(ones(40), 0.5).tolist()
    layers.manual_seed(1)
    expect((first == again, layers.dropout(ones(40), 0.5).tolist() == first)).equals(
        (False, True), because="each call draws anew, from the course's generator"
    )


@step("dropout")
def test_dropout_can_be_differentiated(expect):
    def drop(x):
        return layers.dropout(x, 0.2, generator=np.random.default_rng(3))

    (gradient,) = gradients(drop, ones(30))
    expect(gradient is None).equals(
        False, because="computed outside of the tensor's operations, it would have no gradient"
    )
    wanted = np.arange(1, 31) * drop(ones(30)).data
    expect(float(np.abs(np.array(gradient) - wanted).max())).between(
        0.0, 1e-4, because="what fell has gradient 0, and what was left 1.25 times its own"
    )


@step("layer-norm")
def test_each_example_by_itself(expect):
    x = Tensor([[1.0, 2.0, 3.0], [4.0, 6.0, 8.0]])
    expect(layers.layer_norm(x, (3,))).equals(
        [[-1.2247357, 0.0, 1.2247357], [-1.2247426, 0.0, 1.2247426]],
        because="each row gets mean 0 and variance 1, whatever is in the other",
    )


@step("layer-norm")
def test_the_variance_divides_by_n(expect):
    expect(layers.layer_norm(Tensor([1.0, 2.0, 3.0, 4.0]), (4,))).equals(
        [-1.3416354, -0.4472118, 0.4472118, 1.3416354],
        because="the squares 2.25, 0.25, 0.25 and 2.25 have the mean 1.25",
    )


@step("layer-norm")
def test_eps_is_added_to_the_variance(expect):
    expect(layers.layer_norm(Tensor([-2.0, 2.0]), (2,), eps=5.0)).equals(
        [-0.6666667, 0.6666667], because="the variance is 4, and the root of 4 + 5 is 3"
    )
    expect(layers.layer_norm(Tensor([7.0, 7.0, 7.0]), (3,))).equals(
        [0.0, 0.0, 0.0], because="without a difference there is nothing to divide: 0 by a little"
    )


@step("layer-norm")
def test_over_two_dimensions(expect):
    x = Tensor([[[1.0, 2.0], [3.0, 6.0]], [[0.0, 0.0], [4.0, 0.0]]])
    expect(layers.layer_norm(x, (2, 2))).equals(
        [
            [[-1.0690434, -0.5345217], [0.0, 1.6035652]],
            [[-0.5773493, -0.5773493], [1.7320479, -0.5773493]],
        ],
        because="(2, 2) are the last two dimensions: four numbers have one mean",
    )
    expect(layers.layer_norm(x, (2,))).equals(
        [
            [[-0.99998, 0.99998], [-0.9999978, 0.9999978]],
            [[0.0, 0.0], [0.9999987, -0.9999987]],
        ],
        because="(2,) is the last dimension alone: each pair has its own mean",
    )


@step("layer-norm")
def test_weight_and_bias(expect):
    x = Tensor([[-1.0, 1.0], [-3.0, 3.0]])
    weight, bias = Tensor([2.0, 10.0]), Tensor([0.5, -1.0])
    expect(layers.layer_norm(x, (2,), weight, bias, 0.0)).equals(
        [[-1.5, 9.0], [-1.5, 9.0]], because="-1 and 1, times the weight, plus the bias"
    )
    expect(layers.layer_norm(x, (2,), weight, None, 0.0)).equals(
        [[-2.0, 10.0], [-2.0, 10.0]], because="times the weight alone"
    )
    expect(layers.layer_norm(x, (2,), None, bias, 0.0)).equals(
        [[-0.5, 0.0], [-0.5, 0.0]], because="plus the bias alone"
    )


@step("layer-norm")
def test_large_numbers_close_to_each_other(expect):
    expect(layers.layer_norm(Tensor([4096.0, 4097.0, 4098.0]), (3,))).equals(
        [-1.2247357, 0.0, 1.2247357],
        because="subtract the mean first: the square of 4097 leaves no digits for a difference",
    )


@step("layer-norm")
def test_layer_norm_keeps_the_dtype_and_its_input(expect):
    x = Tensor(np.array([[100.0, 300.0]]))
    expect(layers.layer_norm(x, (2,), Tensor(np.array([9.0, 9.0])), eps=0.0)).equals(
        [[-9.0, 9.0]], dtype=np.float64, because="a float64 tensor stays one"
    )
    expect(x).equals([[100.0, 300.0]], because="the result is a new tensor")
    expect(layers.layer_norm(Tensor([1, 3]), (2,), eps=0.0)).equals(
        [-1.0, 1.0], dtype=np.float32, because="whole numbers give float32"
    )


@step("layer-norm")
def test_an_input_that_ends_otherwise_is_refused(expect):
    expect.raises(
        ValueError,
        layers.layer_norm,
        Tensor([[1.0, 2.0, 3.0]]),
        (2,),
        because="rows of three do not end in (2,)",
    )


@step("layer-norm")
def test_layer_norm_can_be_differentiated(expect):
    tensors = Tensor([[1.0, 2.0, 4.0]]), Tensor([1.0, 2.0, 3.0]), Tensor([0.0, 0.0, 1.0])
    expect(gradients(lambda x, w, b: layers.layer_norm(x, (3,), w, b, 1.0), *tensors)).equals(
        [
            [[-0.9519136, -0.0815926, 1.0335062]],
            [-0.8340575, -0.4170287, 3.1277161],
            [1.0, 2.0, 3.0],
        ],
        rtol=1e-4,
        atol=1e-5,
        because="the gradients of y₀ + 2y₁ + 3y₂ by input, weight and bias",
    )


def values_of(pair):
    return [tensor.tolist() for tensor in pair]


@step("batch-statistics")
def test_each_column_has_a_mean_and_a_variance(expect):
    x = Tensor([[1.0, 10.0], [3.0, 30.0], [8.0, 20.0]])
    expect(layers.batch_statistics(x)).equals(
        ([[4.0, 20.0]], [[8.6666667, 66.666667]]),
        because="the squares 9, 1 and 16 have the mean 26/3; 100, 100 and 0 have 200/3",
    )


@step("batch-statistics")
def test_each_channel_over_all_that_is_in_it(expect):
    x = Tensor([[[1.0, 2.0], [3.0, 6.0], [0.0, 0.0]], [[5.0, 4.0], [3.0, 0.0], [2.0, 6.0]]])
    expect(layers.batch_statistics(x)).equals(
        ([[[3.0], [3.0], [2.0]]], [[[2.5], [4.5], [6.0]]]),
        because="three channels; in each, two examples of two numbers have one mean",
    )


@step("batch-statistics")
def test_images_have_channels_too(expect):
    x = Tensor(np.arange(24.0).reshape(2, 3, 2, 2))
    mean, variance = layers.batch_statistics(x)
    expect((mean.shape, variance.shape)).equals(
        ((1, 3, 1, 1), (1, 3, 1, 1)), because="so that they broadcast along (2, 3, 2, 2)"
    )
    expect(mean).equals(
        [[[[7.5]], [[11.5]], [[15.5]]]], dtype=np.float64, because="channels 4 apart, examples 12"
    )
    expect(variance).equals(
        [[[[37.25]], [[37.25]], [[37.25]]]], dtype=np.float64, because="the same spread in each"
    )


@step("batch-statistics")
def test_statistics_of_large_numbers_close_to_each_other(expect):
    expect(layers.batch_statistics(Tensor([[4096.0], [4098.0]]))).equals(
        ([[4097.0]], [[1.0]]),
        because="subtract the mean before you square: 4097² leaves no digits for a difference",
    )


@step("batch-statistics")
def test_the_mean_can_be_differentiated(expect):
    x = Tensor([[1.0, 10.0], [3.0, 30.0], [8.0, 20.0]])
    expect(gradients(lambda x: layers.batch_statistics(x)[0], x)).equals(
        [[[1 / 3, 2 / 3]] * 3], because="each of three numbers is a third of its mean"
    )


@step("batch-statistics")
def test_the_variance_can_be_differentiated(expect):
    x = Tensor([[1.0, 10.0], [3.0, 30.0], [8.0, 20.0]])
    expect(gradients(lambda x: layers.batch_statistics(x)[1], x)).equals(
        [[[-2.0, -13.333333], [-0.6666667, 13.333333], [2.6666667, 0.0]]],
        atol=1e-4,
        because="2/3 times the distance from the mean; batch norm is differentiated through both",
    )


def running_after(momentum=0.1, count=2):
    """Running statistics after a batch with the means 2 and 20 and the variances 1 and 100."""
    running = Tensor([0.0, 0.0]), Tensor([1.0, 1.0])
    batch = Tensor([2.0, 20.0]), Tensor([1.0, 100.0])
    layers.update_running(*running, *batch, count, momentum)
    return running


@step("running")
def test_the_running_mean_moves_towards_the_batch(expect):
    expect(running_after()[0]).equals(
        [0.2, 2.0], because="nine tenths of the old, 0, and a tenth of the new, 2 and 20"
    )


@step("running")
def test_the_running_variance_is_unbiased(expect):
    expect(running_after()[1]).equals(
        [1.1, 20.9], because="of two numbers the unbiased variance is twice as large: 2 and 200"
    )
    expect(running_after(count=5)[1]).equals(
        [1.025, 13.4], because="of five it is 5/4 as large: 1.25 and 125"
    )


@step("running")
def test_the_momentum_is_the_share_of_the_new(expect):
    expect(running_after(momentum=0.75)).equals(
        ([1.5, 15.0], [1.75, 150.25]), because="a quarter of the old and three of the new"
    )
    expect(running_after(momentum=1.0)).equals(
        ([2.0, 20.0], [2.0, 200.0]), because="with 1 the old is forgotten"
    )


@step("running")
def test_a_second_batch_goes_on_from_the_first(expect):
    running_mean, running_var = running_after()
    batch = Tensor([4.0, 0.0]), Tensor([3.0, 9.0])
    layers.update_running(running_mean, running_var, *batch, 4, 0.25)
    expect(running_mean).equals([1.15, 1.5], because="three quarters of 0.2 and 2, one of 4 and 0")
    expect(running_var).equals(
        [1.825, 18.675], because="three quarters of 1.1 and 20.9, one of 4 and 12"
    )
    expect(batch).equals(([4.0, 0.0], [3.0, 9.0]), because="the batch's own stay as they were")


@step("running")
def test_they_are_written_in_place(expect):
    running = Tensor([0.0]), Tensor([1.0])
    memory = [tensor.data for tensor in running]
    layers.update_running(*running, Tensor([2.0]), Tensor([1.0]), 2, 0.5)
    expect([array.tolist() for array in memory]).equals(
        [[1.0], [1.5]], because="a state_dict looks at that memory, and would miss the change"
    )


@step("running")
def test_nothing_of_it_is_recorded(expect):
    with recorder():
        x = Tensor([[1.0], [3.0]]).requires_grad_()
        running = Tensor([0.0]), Tensor([1.0])
        layers.update_running(*running, (x * 1).mean(0), (x * x).mean(0), 2, 0.5)
    expect([tensor.requires_grad for tensor in running]).equals(
        [False, False], because="a memory that was recorded would keep the graphs of all batches"
    )
    expect(running).equals(([1.0], [5.5]), because="half of 2; half of 1 and half of twice 5")


def through(depth, begin=None, normalize=False, width=128):
    """The root of the mean square of a signal after each of `depth` layers and ReLUs."""
    layers.manual_seed(7)
    x = Tensor(np.random.default_rng(7).normal(size=(100, width)).astype(np.float32))
    sizes = []
    for _ in range(depth):
        layer = layers.Linear(width, width, bias=False)
        if begin is not None:
            begin(layer.weight)
        x = layer(x)
        if normalize:
            x = layers.LayerNorm(width)(x)
        x = ReLU()(x)
        sizes.append(float((x.data**2).mean() ** 0.5))
    return sizes


@step("depth")
def test_the_default_fades(expect):
    expect(through(20)[-1]).between(
        1e-10, 1e-6, because="each layer leaves √(1/6), 0.41, of the size: 0.41^20 is 2 / 10^8"
    )


@step("depth")
def test_xavier_fades_behind_relu(expect):
    expect(through(20, layers.xavier_uniform_)[-1]).between(
        1e-4, 1e-2, because="each layer leaves √(1/2) of the size: 0.001 after twenty"
    )


@step("depth")
def test_kaiming_keeps_its_size(expect):
    expect(through(20, layers.kaiming_uniform_)[-1]).between(
        0.2, 4.0, because="what ReLU takes, the gain gives back"
    )


@step("depth")
def test_layer_norm_mends_the_default(expect):
    expect(through(20, normalize=True)[-1]).between(
        0.6, 0.8, because="each layer begins from variance 1 again, and ReLU leaves √½ of that"
    )


@step("depth")
def test_a_network_goes_to_another_and_into_use(expect):
    class Small(Module):
        def __init__(self):
            self.first = layers.Linear(3, 4)
            self.norm = layers.BatchNorm1d(4)
            self.drop = layers.Dropout(0.2)
            self.last = layers.Linear(4, 2)

        def forward(self, input):
            return self.last(self.drop(ReLU()(self.norm(self.first(input)))))

    one, other = Small(), Small()
    expect(sum(p.size for p in one.parameters())).equals(
        34, because="12 + 4, twice 4 of the norm, and 8 + 2"
    )
    x = Tensor([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0], [5.0, 0.0, 2.0]])
    one(x)
    other.load_state_dict(one.state_dict())
    answers = [net.eval()(x).tolist() for net in (one, other)]
    expect(answers[0] == answers[1]).equals(
        True, because="the running statistics went along, and nothing falls in use"
    )
    alone = one(Tensor([[1.0, 2.0, 3.0]])).data[0]
    expect(float(np.abs(alone - np.array(answers[0][0])).max())).between(
        0.0, 1e-5, because="in use an answer does not depend on the rest of the batch"
    )
