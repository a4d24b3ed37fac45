"""Step tests of module 07."""

from contextlib import contextmanager
from functools import partial

import numpy as np

from tinytorch import activations, cnn
from tinytorch.autograd import (
    arithmetic,
    checking,
    elementwise,
    engine,
    images,
    normalization,
    products,
    reductions,
)
from tinytorch.autograd import shapes as shape_vjps
from tinytorch.operation import is_recording, operation, recording, switch_recording
from tinytorch.tensor import Tensor, linear
from tinytorch.versions import now
from tinytorch_ls.lesson import step

_OPEN = ("memory",)  # whether a share that came alone is kept or copied


def leaf(data, dtype=None):
    return Tensor(data, dtype=dtype).requires_grad_()


def order(tensor):
    return engine.topological_order(tensor.grad_fn)


def names(nodes):
    return [node.operation.__name__ for node in nodes]


def chain(tensor):
    """The nodes from `tensor` back, always by the first input that a node made."""
    nodes = []
    while tensor.grad_fn is not None:
        nodes.append(tensor.grad_fn)
        tensor = next(arg for arg in tensor.grad_fn.args if isinstance(arg, Tensor))
    return nodes


def shares(vjp, gradient, operation, *args):
    """What a vjp returns for a call of `operation`, with nothing recorded."""
    with recording(False):
        returned = vjp(Tensor(gradient), operation(*args), *args)
    return returned[0] if isinstance(returned, tuple) and len(args) == 1 else returned


def with_sum(share, shape):
    """A share in the shape of its tensor, summed here if the vjp has not."""
    array = share.data
    while array.ndim > len(shape):
        array = array.sum(0)
    for dim, length in enumerate(shape):
        if length == 1:
            array = array.sum(dim, keepdims=True)
    return array.tolist()


def early(nodes):
    """The nodes that come before one that they send their output to."""
    place = {node: at for at, node in enumerate(nodes)}
    return [
        node.operation.__name__
        for node in nodes
        if any(place[made] < place[node] for made in engine.made_inputs(node))
    ]


def doubled(x, times):
    for _ in range(times):
        x = x + x
    return x


def random_graph(rng, size):
    """A sum in which each of `size` products may use any two of those before it."""
    made = [leaf(1.0), leaf(0.5)]
    for _ in range(size):
        one, other = (made[at] for at in rng.integers(0, len(made), 2))
        made.append(one * other)
    total = made[0]
    for tensor in made[1:]:
        total = total + tensor
    return total


@contextmanager
def told_of_derivatives(tell):
    """Have `tell()` called each time that a derivative is asked for, whatever the operation."""
    before = dict(engine.vjps)

    def telling(function):
        def call(*args):
            tell()
            return function(*args)

        return call

    engine.vjps.update({name: telling(function) for name, function in before.items()})
    try:
        yield
    finally:
        engine.vjps.update(before)


@contextmanager
def visits():
    """Count how often a derivative is asked for."""
    count = [0]

    def tell():
        count[0] += 1

    with told_of_derivatives(tell):
        yield count


@contextmanager
def recording_on_the_way():
    """Whether recording is on, noted each time that a derivative is asked for."""
    noted = []
    with told_of_derivatives(lambda: noted.append(is_recording())):
        yield noted


@contextmanager
def asked():
    """Count how often a node is asked for its inputs."""
    count, before = [0], engine.made_inputs

    def counted(node):
        count[0] += 1
        return before(node)

    engine.made_inputs = counted
    try:
        yield count
    finally:
        engine.made_inputs = before


def node(operation, args, output):
    return engine.Node(operation, args, output)


@step("node")
def test_a_node_keeps_what_was_called(expect):
    x, y = Tensor([2.0]), Tensor([5.0])
    made = node(Tensor.mul, (x, y), Tensor([10.0]))
    expect(made.operation.__name__).equals("mul", because="the derivative of mul will be asked for")
    expect(made.output).equals([10.0], because="that is what came out")
    expect(made.operation is Tensor.mul).equals(
        True, because="the very function: under it the derivative stands in `vjps`"
    )


@step("node")
def test_a_node_keeps_what_went_in(expect):
    x, y = Tensor([2.0]), Tensor([5.0])
    args = (x, y)
    made = node(Tensor.mul, args, Tensor([10.0]))
    expect(made.args).equals(
        ([2.0], [5.0]), because="both factors went in, in this order", free=("memory",)
    )
    expect([kept is came for kept, came in zip(made.args, args, strict=True)]).equals(
        [True, True], because="a copy would know nothing of the nodes that made x and y"
    )


@step("node")
def test_what_is_no_tensor_is_kept_too(expect):
    made = node(Tensor.sum, (Tensor([[1.0, 2.0]]), 1, True), Tensor([[3.0]]))
    expect(made.args[1:]).equals((1, True), because="the way back has to know over which dim")


@step("node")
def test_a_node_keeps_the_very_output(expect):
    output = Tensor([3.0])
    made = node(Tensor.neg, (Tensor([-3.0]),), output)
    expect(made.output is output).equals(True, because="what came out is kept, and not a copy")


@step("node")
def test_a_node_knows_its_moment(expect):
    x = Tensor([1.0])
    x += 1.0
    before = now()
    made = node(Tensor.neg, (x,), Tensor([-2.0]))
    expect(callable(made.moment)).equals(
        False, because="the clock goes on, and a moment doesn't: it is what the clock said"
    )
    expect(made.moment == before).equals(True, because="nobody wrote between the two looks")
    x += 1.0
    expect(made.moment == now()).equals(
        False, because="x was written to after the node was made, so the clock went on"
    )


@contextmanager
def starting(enabled):
    """Recording as the test wants it to begin, and switched on afterwards."""
    switch_recording(enabled)
    try:
        yield
    finally:
        switch_recording(True)


@step("no-grad")
def test_inside_nothing_is_recorded(expect):
    with starting(True), engine.no_grad():
        expect(is_recording()).equals(False, because="that is what the block is for")


@step("no-grad")
def test_afterwards_recording_goes_on(expect):
    with starting(True):
        with engine.no_grad():
            pass
        expect(is_recording()).equals(True, because="recording was on before the block")


@step("no-grad")
def test_a_block_in_a_block(expect):
    with starting(True):
        with engine.no_grad():
            with engine.no_grad():
                pass
            expect(is_recording()).equals(
                False, because="the inner block ended, and the outer one still runs"
            )
        expect(is_recording()).equals(True, because="now the outer one has ended too")


@step("no-grad")
def test_recording_that_was_off_stays_off(expect):
    with starting(False):
        with engine.no_grad():
            inside = is_recording()
        expect((inside, is_recording())).equals(
            (False, False), because="it was off before, whoever had switched it off"
        )


@step("no-grad")
def test_an_error_ends_the_block_too(expect):
    def fails():
        with engine.no_grad():
            raise KeyError("weights")

    with starting(True):
        expect.raises(KeyError, fails, because="the error has to reach whoever called")
        expect(is_recording()).equals(True, because="recording was on before the block")
    with starting(True):
        try:
            with engine.no_grad():
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
        expect(is_recording()).equals(
            True, because="whoever stops a training with Ctrl-C goes on in the same Python"
        )


@step("no-grad")
def test_a_block_inside_enable_grad(expect):
    with starting(True), engine.no_grad(), engine.enable_grad():
        with engine.no_grad():
            innermost = is_recording()
        expect((innermost, is_recording())).equals(
            (False, True), because="each block leaves things as it found them"
        )


@operation
def cube(input: Tensor) -> Tensor:
    """An operation without a derivative of its own: it is made of two that have one."""
    return input * input * input


@operation
def half_or_not(input: Tensor) -> Tensor:
    """An operation with a derivative, which calls others inside."""
    return input.mul(0.5).add(1.0)


@operation
def scaled(input: Tensor, by: float = 2.0, shift: float = 1.0) -> Tensor:
    """An operation with a derivative, called with names."""
    return Tensor(input.data * by + shift)


engine.vjps[half_or_not] = lambda gradient, *_: gradient * 0.5
engine.vjps[scaled] = lambda gradient, _output, _input, by, _shift: gradient * by


@step("record")
def test_the_numbers_are_those_of_the_operation(expect):
    with starting(True):
        expect(leaf([2.0, 3.0]) * 10).equals(
            [20.0, 30.0], because="recording changes nothing about what is computed"
        )


@step("record")
def test_what_comes_out_is_marked(expect):
    with starting(True):
        expect((leaf([2.0]) * 10).requires_grad).equals(
            True, because="what is computed from it has to be recorded in turn"
        )
        expect((leaf([2.0]) * 10).neg().requires_grad).equals(True, because="so is what follows")
    with starting(True):
        z = leaf([2.0, 3.0]) * Tensor([10.0, 20.0])
    expect(z.requires_grad).equals(True, because="one input that wants a gradient is enough")


@step("record")
def test_a_node_is_tied_to_it(expect):
    with starting(True):
        x = leaf([2.0])
        y = x * 10
    expect(names([y.grad_fn])).equals(["mul"], because="mul made y")
    expect((y.grad_fn.args[0] is x, y.grad_fn.args[1])).equals(
        (True, 10), because="x itself went in, and the number 10"
    )
    expect(y.grad_fn.output).equals([20.0], because="that came out", free=("memory",))


@step("record")
def test_a_leaf_stays_a_leaf(expect):
    with starting(True):
        x = leaf([2.0])
        (x * 10).exp()
    expect((x.grad_fn, x.requires_grad)).equals(
        (None, True), because="x was used, and nothing made it"
    )


@step("record")
def test_the_node_keeps_another_tensor_of_the_same_memory(expect):
    with starting(True):
        y = leaf([2.0, 3.0]).exp()
    kept = y.grad_fn.output
    expect(np.shares_memory(kept.data, y.data)).equals(
        True, because="the numbers are in memory once"
    )
    expect(kept is y).equals(False, because="a node that kept y would be kept by y: a circle")
    expect(kept.requires_grad).equals(False, because="what the node keeps is numbers alone")


@step("record")
def test_an_operation_may_give_back_what_came(expect):
    with starting(True):
        x = leaf([2.0])
        y = x.to("float32")
    expect((y is x, x.grad_fn is None)).equals(
        (False, True),
        because="`to` gave x itself, of float32 already: tied to a node, x would have made itself",
    )
    expect(y).equals([2.0], because="the numbers are those of x", free=("memory",))


@step("record")
def test_arguments_by_name_are_in_their_places(expect):
    with starting(True):
        y = scaled(leaf([2.0]), shift=5.0)
        z = scaled(shift=7.0, by=10.0, input=leaf([2.0]))
    expect((y, z)).equals(
        ([9.0], [27.0]), because="the call is made with what it was given", free=("memory",)
    )
    expect((y.grad_fn.args[1:], z.grad_fn.args[1:])).equals(
        ((2.0, 5.0), (10.0, 7.0)), because="all arguments by position, with the defaults"
    )
    expect(z.requires_grad).equals(
        True, because="the tensor came by its name, and wants a gradient all the same"
    )


@step("record")
def test_what_came_by_name_is_read_and_left(expect):
    with starting(True):
        for called, named in ((scaled, {"by": 3.0}), (cube, {}), (Tensor.to, {"target": "int64"})):
            given = {**named, "self" if called is Tensor.to else "input": leaf([2.0])}
            before = list(given)
            engine.record(called, (), given)
            expect(list(given)).equals(before, because="the dict belongs to the caller")


@step("record")
def test_an_operation_made_of_others(expect):
    with starting(True):
        y = cube(leaf([2.0]))
    expect(y).equals([8.0], because="2·2·2")
    expect(names(chain(y))).equals(
        ["mul", "mul"], because="cube has no derivative, so the two products inside are recorded"
    )


@step("record")
def test_inside_an_operation_nothing_more_is_recorded(expect):
    with starting(True):
        y = half_or_not(leaf([2.0]))
    expect(y).equals([2.0], because="half of 2, and 1")
    expect(names(chain(y))).equals(
        ["half_or_not"], because="it has a derivative: mul and add inside are its own business"
    )
    expect(y.grad_fn.output.requires_grad).equals(
        False, because="mul and add were called with recording off, so they left no record"
    )


@step("record")
def test_what_is_no_float_has_no_slope(expect):
    with starting(True):
        x = leaf([2.0, 3.0])
        whole, above = x.to("int64"), x > 2.5
    expect((whole.requires_grad, whole)).equals(
        (False, [2, 3]), because="the cast is made, and a whole number doesn't move a little"
    )
    expect((above.requires_grad, above)).equals(
        (False, [False, True]), because="nor do true and false"
    )


@step("record")
def test_recording_is_on_afterwards(expect):
    with starting(True):
        leaf([2.0]) * 10
        expect(is_recording()).equals(True, because="it was on before the call")


@step("record")
def test_float64_is_a_float(expect):
    with starting(True):
        y = leaf([0.5], np.float64) * 3
    expect(y).equals([1.5], dtype=np.float64, because="half of 3")
    expect(y.requires_grad).equals(True, because="floats of any size have a slope")


@step("arithmetic")
def test_a_sum_hands_on(expect):
    x, y = leaf([1.0, 2.0]), leaf([10.0, 20.0])
    expect(shares(arithmetic.add_vjp, [5.0, -7.0], Tensor.add, x, y)).equals(
        ([5.0, -7.0], [5.0, -7.0]),
        because="x + y moves as x does, and as y does",
        free=("memory",),
    )


@step("arithmetic")
def test_a_difference_turns_the_second(expect):
    x, y = leaf([1.0, 2.0]), leaf([10.0, 20.0])
    expect(shares(arithmetic.sub_vjp, [5.0, -7.0], Tensor.sub, x, y)).equals(
        ([5.0, -7.0], [-5.0, 7.0]),
        because="x - y becomes smaller as y grows",
        free=("memory",),
    )


@step("arithmetic")
def test_a_change_of_sign(expect):
    expect(shares(arithmetic.neg_vjp, [5.0, -7.0], Tensor.neg, leaf([1.0, 2.0]))).equals(
        [-5.0, 7.0], because="-x becomes smaller as x grows"
    )


@step("arithmetic")
def test_a_product_takes_the_other_factor(expect):
    x, y = leaf([6.0, 2.0]), leaf([3.0, -1.0])
    expect(shares(arithmetic.mul_vjp, [5.0, 10.0], Tensor.mul, x, y)).equals(
        ([15.0, -10.0], [30.0, 20.0]), because="as x grows by 1, x·y grows by y, and the loss by 5y"
    )
    x, y = leaf([0.0, 2.0]), leaf([3.0, 0.0])
    expect(shares(arithmetic.mul_vjp, [5.0, 10.0], Tensor.mul, x, y)).equals(
        ([15.0, 0.0], [0.0, 20.0]), because="0·y moves by y as x does: a factor may be 0"
    )


@step("arithmetic")
def test_a_quotient(expect):
    x, y = leaf([6.0, 4.0]), leaf([3.0, -2.0])
    share_of_x, share_of_y = shares(arithmetic.div_vjp, [5.0, 10.0], Tensor.div, x, y)
    expect(share_of_x).equals([5 / 3, -5.0], because="x / y moves by dx / y")
    expect(share_of_y).equals([-10 / 3, -10.0], because="x / y moves by -x dy / y²")
    x, y = leaf([0.0, 2.0]), leaf([4.0, 1.0])
    expect(shares(arithmetic.div_vjp, [8.0, 1.0], Tensor.div, x, y)[0]).equals(
        [2.0, 1.0], because="0 / y moves by dx / y too: x may be 0"
    )


@step("arithmetic")
def test_a_constant_gets_no_share(expect):
    x, constant = leaf([6.0, 2.0]), Tensor([3.0, 4.0])
    because = "the constant wants no gradient, so nothing is computed for it"
    expect(shares(arithmetic.mul_vjp, [5.0, 10.0], Tensor.mul, x, constant)).equals(
        ([15.0, 40.0], None), because=because
    )
    expect(shares(arithmetic.mul_vjp, [5.0, 10.0], Tensor.mul, constant, x)).equals(
        (None, [15.0, 40.0]), because=because
    )
    expect(shares(arithmetic.div_vjp, [6.0, 8.0], Tensor.div, x, constant)).equals(
        ([2.0, 2.0], None), because=because
    )
    expect(shares(arithmetic.div_vjp, [6.0, 8.0], Tensor.div, constant, x)).equals(
        (None, [-0.5, -8.0]), because=because
    )


@step("arithmetic")
def test_a_number_gets_no_share(expect):
    x = leaf([6.0, 2.0])
    because = "4.0 is no tensor: the second share is None"
    expect(shares(arithmetic.mul_vjp, [5.0, 10.0], Tensor.mul, x, 4.0)).equals(
        ([20.0, 40.0], None), because=because
    )
    expect(shares(arithmetic.div_vjp, [5.0, 10.0], Tensor.div, x, 4.0)).equals(
        ([1.25, 2.5], None), because=because
    )


@step("arithmetic")
def test_what_is_gone_is_not_read(expect):
    x, constant = leaf([6.0, 2.0]), Tensor([3.0, 4.0])
    gone = engine.Overwritten(x, (x * constant).grad_fn)
    with recording(False):
        to_x, _ = arithmetic.mul_vjp(Tensor([5.0, 10.0]), Tensor([18.0, 8.0]), gone, constant)
    expect(to_x).equals(
        [15.0, 40.0],
        because="x was overwritten, and its share needs the constant alone: who reads x is stopped",
    )


@step("arithmetic")
def test_the_same_tensor_twice(expect):
    x = leaf([3.0])
    expect(shares(arithmetic.mul_vjp, [5.0], Tensor.mul, x, x)).equals(
        ([15.0], [15.0]), because="x·x has two factors, and each gets its own share"
    )


@step("arithmetic")
def test_stretched_inputs_are_left_to_the_engine(expect):
    x, y = leaf([[2.0], [3.0]]), leaf([10.0, 20.0])
    gradient_of_x, gradient_of_y = shares(
        arithmetic.mul_vjp, [[1.0, 2.0], [3.0, 4.0]], Tensor.mul, x, y
    )
    expect(with_sum(gradient_of_x, (2, 1))).equals(
        [[50.0], [110.0]], because="each row of x met 10 and 20"
    )
    expect(with_sum(gradient_of_y, (2,))).equals(
        [11.0, 16.0], because="each number of y met 2 and 3"
    )


@step("arithmetic")
def test_float64_stays(expect):
    x, y = leaf([0.1], np.float64), leaf([0.3], np.float64)
    g = np.array([1.0])
    gradient_of_x, gradient_of_y = shares(arithmetic.mul_vjp, g, Tensor.mul, x, y)
    by_x, by_y = shares(arithmetic.div_vjp, g, Tensor.div, x, y)
    added = shares(arithmetic.add_vjp, g, Tensor.add, x, y)
    less = shares(arithmetic.sub_vjp, g, Tensor.sub, x, y)
    turned = shares(arithmetic.neg_vjp, g, Tensor.neg, x)
    because = "float64 went in"
    expect([gradient_of_x, gradient_of_y, by_x, by_y]).equals(
        [[0.3], [0.1], [1 / 0.3], [-1 / 0.9]], dtype=np.float64, because=because
    )
    expect([*added, *less, turned]).equals(
        [[1.0], [1.0], [1.0], [-1.0], [-1.0]],
        dtype=np.float64,
        because=because,
        free=("memory",),
    )


@step("topological")
def test_a_chain_is_walked_back(expect):
    x = leaf(2.0)
    expect(names(order((x * 3).exp().neg()))).equals(
        ["neg", "exp", "mul"], because="what was computed last comes first"
    )


@step("topological")
def test_a_single_node(expect):
    expect(names(order(leaf(2.0).exp()))).equals(
        ["exp"], because="one operation was recorded, and x is a leaf, which no node made"
    )


@step("topological")
def test_a_node_waits_for_the_longest_path(expect):
    y = leaf(2.0).exp()
    expect(names(order(y + y * y))).equals(
        ["add", "mul", "exp"], because="exp was used by add and by mul, so it comes behind both"
    )
    expect(names(order(y * y + y))).equals(
        ["add", "mul", "exp"], because="which operand stands first changes nothing about that"
    )


@step("topological")
def test_a_node_that_two_paths_lead_to_comes_once(expect):
    y = leaf(2.0) + 1.0
    nodes = names(order(y.exp() * y.log()))
    expect((len(nodes), nodes[:1], nodes[-1:])).equals(
        (4, ["mul"], ["add"]), because="of the four nodes, add is behind both exp and log"
    )


@step("topological")
def test_an_input_that_was_used_twice_in_one_call(expect):
    y = leaf(2.0).exp()
    expect(names(order(y * y))).equals(["mul", "exp"], because="exp made both factors, and is one")


@step("topological")
def test_constants_are_in_no_graph(expect):
    expect(names(order(Tensor(1.0).exp() * leaf(2.0).log()))).equals(
        ["mul", "log"], because="exp of a constant was not recorded"
    )


@step("topological")
def test_the_order_begins_at_the_node_that_was_asked_for(expect):
    y = leaf(2.0).exp()
    y.neg().log()
    expect(names(order(y.sqrt()))).equals(
        ["sqrt", "exp"], because="neg and log were made from y, and y not from them"
    )
    expect(order(y)).equals([y.grad_fn], because="a list of the nodes of the graph is wanted")


@step("topological")
def test_twelve_doublings_are_twelve_nodes(expect):
    expect(len(order(doubled(leaf(1.0), 12)))).equals(
        12, because="4,096 paths lead back through 12 nodes, and each comes once"
    )
    with asked() as count:
        order(doubled(leaf(1.0), 12))
    expect(count[0]).between(
        0, 60, because="12 nodes are asked for their inputs, a few times each, and not once a path"
    )


@step("topological")
def test_graphs_of_any_form(expect, rng):
    for _ in range(5):
        nodes = order(random_graph(rng, 8))
        expect((len(nodes), len(set(nodes)))).equals(
            (17, 17), because="8 products and 9 sums were recorded, and each comes once"
        )
        expect(len(early(nodes))).equals(
            0, because="no node comes before one that its output went into"
        )


@step("topological")
def test_a_graph_deeper_than_calls_may_nest(expect):
    x = leaf(1.0)
    y = x
    for _ in range(4000):
        y = y + x
    expect(len(order(y))).equals(4000, because="4,000 additions are 4,000 nodes in a row")


def undone(gradient, shape):
    return engine.unbroadcast(Tensor(gradient), shape)


@step("unbroadcast")
def test_a_bias_gets_the_sum_of_its_column(expect):
    gradient = [[1.0, 10.0, 100.0], [2.0, 20.0, 200.0], [3.0, 30.0, 300.0], [4.0, 40.0, 400.0]]
    expect(undone(gradient, (3,))).equals(
        [10.0, 100.0, 1000.0], because="the bias was added to four rows"
    )


@step("unbroadcast")
def test_nothing_was_stretched(expect):
    gradient = Tensor([[1.0, 2.0], [3.0, 4.0]])
    expect(engine.unbroadcast(gradient, (2, 2))).equals(
        [[1.0, 2.0], [3.0, 4.0]], because="each number was used once"
    )
    expect(engine.unbroadcast(gradient, (2, 2)) is gradient).equals(
        True, because="shape (2, 2) went in and came out, so the gradient itself is right"
    )


@step("unbroadcast")
def test_a_column_gets_the_sum_of_its_row(expect):
    expect(undone([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]], (2, 1))).equals(
        [[111.0], [222.0]], because="(2, 1) was stretched to (2, 3), and keeps its two dimensions"
    )


@step("unbroadcast")
def test_a_row_keeps_its_shape(expect):
    expect(undone([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]], (1, 3))).equals(
        [[3.0, 30.0, 300.0]], because="a tensor of shape (1, 3) has a gradient of shape (1, 3)"
    )


@step("unbroadcast")
def test_in_front_and_in_between(expect):
    gradient = np.arange(24.0).reshape(2, 3, 4)
    expect(undone(gradient, (3, 1))).equals(
        [[60.0], [92.0], [124.0]], because="dims 0 and 2 were stretched, and dim 1 was not"
    )
    expect(undone(gradient, (1, 3, 1))).equals(
        [[[60.0], [92.0], [124.0]]], because="the same numbers, in the shape of this tensor"
    )
    expect(undone(gradient, (2, 1, 4))).equals(
        [[[12.0, 15.0, 18.0, 21.0]], [[48.0, 51.0, 54.0, 57.0]]], because="dim 1 was stretched"
    )


@step("unbroadcast")
def test_a_square_is_read_from_the_right(expect):
    expect(undone([[1.0, 10.0], [2.0, 20.0]], (2,))).equals(
        [3.0, 30.0], because="a vector is a row: its first number went into the first column"
    )


@step("unbroadcast")
def test_a_number_gets_the_sum_of_all(expect):
    expect(undone([[1.0, 10.0], [2.0, 20.0]], ())).equals(
        33.0, because="a single number was used everywhere"
    )
    expect(undone([[1.0, 10.0], [2.0, 20.0]], (1,))).equals(
        [33.0], because="so was that of a tensor of one number, whose shape is (1,)"
    )


@step("unbroadcast")
def test_a_length_of_one_that_stays(expect):
    expect(undone([[[1.0, 10.0]], [[2.0, 20.0]]], (1, 2))).equals(
        [[3.0, 30.0]], because="dim 1 is 1 in both: dim 0 alone was stretched"
    )
    expect(undone([[1.0, 10.0, 100.0]], (3,))).equals(
        [1.0, 10.0, 100.0],
        because="(1, 3) has the numbers of (3,), and is not its shape",
        free=_OPEN,
    )
    expect(undone([[[1.0, 10.0], [2.0, 20.0]]], (1, 2))).equals(
        [[3.0, 30.0]], because="the 1 of the tensor stands over the gradient's dim 1, a 2"
    )


@step("unbroadcast")
def test_the_gradient_is_read_alone_and_float64_stays(expect):
    gradient = Tensor(np.array([[0.1, -0.2], [0.3, -0.4]]))
    expect(engine.unbroadcast(gradient, (2,))).equals(
        [0.4, -0.6], dtype=np.float64, because="float64 went in"
    )
    expect(gradient).equals([[0.1, -0.2], [0.3, -0.4]], because="others may need it yet")


def made(number=2.0):
    """A tensor that a node made."""
    return leaf([number, number]) * 3


@step("accumulate")
def test_a_node_waits_with_what_came(expect):
    y, pending = made(), engine.Pending()
    pending.add(y, Tensor([1.0, 10.0]))
    expect(pending.take(y.grad_fn)).equals(
        [1.0, 10.0], because="one share came, and it waits for the node that made y", free=_OPEN
    )
    expect(pending.take(y.grad_fn)).equals(None, because="it was taken, so nothing waits")


@step("accumulate")
def test_a_leaf_keeps_what_came(expect):
    x = leaf([2.0, 3.0])
    engine.Pending().add(x, Tensor([1.0, 10.0]))
    expect(x.grad).equals([1.0, 10.0], because="nothing made x: its gradient stays with it")


@step("accumulate")
def test_shares_of_a_node_add_up(expect):
    y, pending = made(), engine.Pending()
    for share in ([1.0, 10.0], [6.0, 60.0], [5.0, -20.0]):
        pending.add(y, Tensor(share))
    expect(pending.take(y.grad_fn)).equals(
        [12.0, 50.0], because="y was used three times, and the loss moves by all three"
    )


@step("accumulate")
def test_shares_of_a_leaf_add_up(expect):
    x, pending = leaf([2.0, 3.0]), engine.Pending()
    for share in ([1.0, 10.0], [6.0, 60.0], [5.0, -20.0]):
        pending.add(x, Tensor(share))
    expect(x.grad).equals([12.0, 50.0], because="x was used three times")
    engine.Pending().add(x, Tensor([100.0, 100.0]))
    expect(x.grad).equals(
        [112.0, 150.0], because="a second way back adds to what the first has left"
    )


@step("accumulate")
def test_each_waits_for_itself(expect):
    one, other, x, pending = made(), made(), leaf([0.0, 0.0]), engine.Pending()
    pending.add(one, Tensor([1.0, 2.0]))
    pending.add(other, Tensor([3.0, 4.0]))
    pending.add(one, Tensor([10.0, 20.0]))
    pending.add(x, Tensor([5.0, 6.0]))
    expect(pending.take(one.grad_fn)).equals(
        [11.0, 22.0], because="two shares were for this tensor"
    )
    expect(pending.take(other.grad_fn)).equals([3.0, 4.0], because="one was for that", free=_OPEN)
    expect(x.grad).equals([5.0, 6.0], because="and one for the leaf")


@step("accumulate")
def test_what_was_computed_keeps_no_gradient(expect):
    y, pending = made(), engine.Pending()
    pending.add(y, Tensor([1.0, 10.0]))
    expect(y.grad).equals(None, because="a node made y: its gradient is on its way, and not kept")


@step("accumulate")
def test_one_share_for_two(expect):
    one, other, pending = made(), made(), engine.Pending()
    share = Tensor([1.0, 10.0])
    pending.add(one, share)
    pending.add(other, share)
    pending.add(one, Tensor([5.0, 50.0]))
    expect(share).equals([1.0, 10.0], because="the share belongs to both, so nobody writes into it")
    expect(pending.take(other.grad_fn)).equals(
        [1.0, 10.0], because="what came for one is not for the other", free=_OPEN
    )


@step("accumulate")
def test_no_two_leaves_keep_one_array(expect):
    one, other, share = leaf([2.0, 3.0]), leaf([2.0, 3.0]), Tensor([1.0, 10.0])
    engine.Pending().add(one, share)
    engine.Pending().add(other, share)
    one.grad.data[...] = 0.0
    expect((other.grad, share)).equals(
        ([1.0, 10.0], [1.0, 10.0]),
        because="one leaf's gradient was emptied, and the other's is its own",
    )


@step("accumulate")
def test_a_sum_is_a_tensor_of_its_own(expect):
    x = leaf([2.0, 3.0])
    engine.Pending().add(x, Tensor([1.0, 10.0]))
    first, second = x.grad, Tensor([5.0, 50.0])
    engine.Pending().add(x, second)
    expect(first.tolist()).equals(
        [1.0, 10.0], because="whoever kept the gradient of before keeps those numbers"
    )
    x.grad.data[...] = 0.0
    expect(second).equals([5.0, 50.0], because="what came second is not what the leaf keeps")


@step("accumulate")
def test_gradients_of_float64(expect):
    x, pending = leaf([0.1], np.float64), engine.Pending()
    pending.add(x, Tensor(np.array([0.1])))
    expect(x.grad).equals([0.1], dtype=np.float64, because="float64 came")
    pending.add(x, Tensor(np.array([-0.3])))
    expect(x.grad).equals([-0.2], dtype=np.float64, because="float64 came")
    y = x * 3
    pending.add(y, Tensor(np.array([0.1])))
    pending.add(y, Tensor(np.array([-0.3])))
    expect(pending.take(y.grad_fn)).equals([-0.2], dtype=np.float64, because="float64 came")


@step("backward")
def test_one_operation(expect):
    x = leaf([1.0, 2.0, 3.0])
    (x * 5).backward(Tensor([1.0, 10.0, 100.0]))
    expect(x.grad).equals([5.0, 50.0, 500.0], because="5x moves 5 times as fast as x")


@step("backward")
def test_a_loss_begins_with_one(expect):
    x = leaf(3.0)
    (x * x).backward()
    expect(x.grad).equals(6.0, because="the slope of x² is 2x")


@step("backward")
def test_a_tensor_that_was_used_twice_gets_both_shares(expect):
    a = leaf([1.0, 4.0])
    (a + a).backward(Tensor([1.0, 3.0]))
    expect(a.grad).equals([2.0, 6.0], because="a + a is 2a, so two shares of the same size add up")


@step("backward")
def test_a_made_tensor_that_was_used_twice_sends_both_shares_on(expect):
    x = leaf(2.0)
    y = x * 3
    (y * 2 + y * 5).backward()
    expect(x.grad).equals(21.0, because="2y + 5y with y = 3x is 21x")


@step("backward")
def test_a_node_waits_until_all_shares_are_in(expect):
    x = leaf(2.0)
    y = x * 3
    (y + y * y).backward()
    expect(x.grad).equals(
        39.0, because="y has 1 from the sum and 12 from the square; x three times 13"
    )


@step("backward")
def test_every_leaf_gets_its_own_gradient(expect):
    a, b, constant = leaf([1.0, 2.0]), leaf([3.0, 5.0]), Tensor([10.0, 20.0])
    (a * b + constant * a).backward(Tensor([1.0, 2.0]))
    expect(a.grad).equals([13.0, 50.0], because="a is multiplied by b and by the constant")
    expect(b.grad).equals([1.0, 4.0], because="b is multiplied by a")
    expect(constant.grad).equals(None, because="the constant requires no gradient")


@step("backward")
def test_made_tensors_keep_no_gradient(expect):
    x = leaf(2.0)
    y = x * 3
    (y * y).backward()
    expect(y.grad).equals(None, because="y was computed, and only leaves keep what has come")
    expect(x.grad).equals(36.0, because="9x² has slope 18x")


@step("backward")
def test_a_second_backward_adds(expect):
    w = leaf(2.0)
    for _ in range(3):
        (w * 3).backward()
    expect(w.grad).equals(9.0, because="three times a gradient of 3, and nobody emptied it between")


@step("backward")
def test_a_leaf_is_its_own_derivative(expect):
    x = leaf([1.0, 2.0])
    x.backward(Tensor([4.0, 7.0]))
    expect(x.grad).equals([4.0, 7.0], because="no node made a leaf: what comes first is all")
    one = leaf([[2.0]], np.float64)
    one.backward()
    expect(one.grad).equals(
        [[1.0]], dtype=np.float64, because="the first gradient has the loss's shape and dtype"
    )


@step("backward")
def test_several_elements_need_a_gradient(expect):
    y = leaf([1.0, 2.0]) * 2
    expect.raises(
        ValueError, y.backward, because="two numbers are no loss, so nobody knows where to begin"
    )


@step("backward")
def test_the_way_back_is_not_recorded(expect):
    x = leaf(3.0)
    (x * x).backward()
    expect(x.grad.requires_grad).equals(
        False, because="a gradient is a number to use, and no record hangs on it"
    )


@step("backward")
def test_recording_is_off_on_the_way_back(expect):
    y = leaf(3.0) * 2 * 5
    with recording_on_the_way() as recording_was_on:
        y.backward()
    expect(recording_was_on).equals(
        [False, False],
        because="two nodes are asked for their shares, both inside of `with no_grad():`",
    )


@step("backward")
def test_a_graph_that_was_used_is_dropped(expect):
    x = leaf(3.0)
    y = x * x
    y.backward()
    expect.raises(
        RuntimeError, y.backward, because="the inputs were dropped, so there is no second way back"
    )
    inner = x * x
    (inner + 1.0).backward()
    expect.raises(
        RuntimeError,
        inner.backward,
        because="every node on the way was dropped, not the last alone",
    )


@step("backward")
def test_a_retained_graph_is_used_again(expect):
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward(Tensor(10.0))
    expect(x.grad).equals(66.0, because="6 from the first way back, and 60 from the second")


@step("backward")
def test_ten_doublings_take_ten_visits(expect):
    x = leaf(1.0)
    y = doubled(x, 10)
    with visits() as count:
        y.backward()
    expect(x.grad).equals(1024.0, because="ten doublings make 2 to the 10th of x")
    expect(count[0]).equals(10, because="ten nodes were recorded, and each is used once")


@step("backward")
def test_a_deep_graph(expect):
    x = leaf(1.0)
    y = x
    for _ in range(1500):
        y = y + x
    y.backward()
    expect(x.grad).equals(1501.0, because="1,500 additions of x to x are 1,501 of it")


@step("backward")
def test_gradients_of_random_graphs(expect, rng):
    for _ in range(3):
        numbers = rng.uniform(0.5, 1.5, 2)
        x, y = leaf(numbers[0], np.float64), leaf(numbers[1], np.float64)
        product, quotient = x * y, x / y
        (product * quotient + product - quotient * 3 + quotient / product).backward()
        a, b = numbers
        expect(x.grad).equals(
            2 * a + b - 3 / b, dtype=np.float64, because="it is x² + xy - 3x/y + 1/y² in the end"
        )
        expect(y.grad).equals(
            a + 3 * a / b**2 - 2 / b**3, dtype=np.float64, because="of x² + xy - 3x/y + 1/y² too"
        )


@step("backward")
def test_what_was_stretched_gets_a_sum(expect):
    x, bias = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), leaf([0.5, -0.5])
    (x + bias).backward(Tensor([[1.0, 10.0], [2.0, 20.0], [4.0, 40.0]]))
    expect(bias.grad).equals([7.0, 70.0], because="the bias was added to three rows")


def cubes(x):
    return lambda: float((x.data**3).sum())


def slopes(loss, x, step):
    return checking.finite_differences(loss, x, step)


@step("finite-differences")
def test_of_a_straight_line(expect):
    x = Tensor([2.0], dtype=np.float64)
    expect(slopes(lambda: float(7 * x.data[0] + 1), x, 0.5)).equals(
        np.array([7.0]), because="a line moves by 7 as x moves by 1, whatever the step"
    )


@step("finite-differences")
def test_to_both_sides(expect):
    x = Tensor([2.0], dtype=np.float64)
    expect(slopes(cubes(x), x, 0.5)).equals(
        np.array([12.25]), because="(2.5³ - 1.5³) / 1 is 12.25; forward alone it would be 15.25"
    )


@step("finite-differences")
def test_each_number_by_itself(expect):
    x = Tensor([1.0, -2.0, 3.0], dtype=np.float64)
    expect(slopes(cubes(x), x, 0.5)).equals(
        np.array([3.25, 12.25, 27.25]), because="the others stay where they are while one moves"
    )


@step("finite-differences")
def test_numbers_that_hang_together(expect):
    x = Tensor([2.0, 5.0], dtype=np.float64)
    expect(slopes(lambda: float(x.data[0] * x.data[1]), x, 0.25)).equals(
        np.array([5.0, 2.0]), because="a product moves by the other factor, where that stands still"
    )


@step("finite-differences")
def test_the_slopes_have_the_leafs_shape(expect):
    x = Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=np.float64)
    weights = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    expect(slopes(lambda: float((x.data * weights).sum()), x, 0.5)).equals(
        np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]),
        because="a slope for each of the six numbers",
    )
    number = Tensor(3.0, dtype=np.float64)
    expect(slopes(lambda: float(number.data**2), number, 0.5)).equals(
        np.array(6.0), because="a tensor of shape () has one number, and one slope"
    )


@step("finite-differences")
def test_the_number_is_put_back_exactly(expect):
    x = Tensor([0.3, 0.7], dtype=np.float64)
    slopes(cubes(x), x, 0.1)
    expect(x.data.tolist() == [0.3, 0.7]).equals(
        True, because="one who asks for slopes must not change the weights, by no bit"
    )


@step("finite-differences")
def test_nothing_is_recorded(expect):
    x, seen = Tensor([1.0], dtype=np.float64), []

    def loss():
        seen.append(is_recording())
        return 0.0

    slopes(loss, x, 0.1)
    expect(any(seen)).equals(False, because="nobody needs a record of these calls")


@step("finite-differences")
def test_slopes_are_float64(expect):
    x = Tensor([2.0], dtype=np.float32)
    expect(slopes(cubes(x), x, 0.5)).equals(
        np.array([12.25]), dtype=np.float64, because="the array of slopes is float64 for any leaf"
    )


@step("finite-differences")
def test_a_small_step(expect, rng):
    data = rng.uniform(0.5, 2.0, (2, 3))
    x = Tensor(data)
    expect(slopes(lambda: float(np.exp(x.data).sum()), x, 1e-6)).equals(
        np.exp(data), rtol=1e-6, dtype=np.float64, because="the slope of exp is exp"
    )


@operation
def doubled_wrong(input: Tensor) -> Tensor:
    """Twice the input; its derivative says 2.25."""
    return Tensor(input.data * 2)


@operation
def a_hundredfold(input: Tensor) -> Tensor:
    """A hundred times the input; its derivative says 100.5."""
    return Tensor(input.data * 100)


@operation
def turned(input: Tensor) -> Tensor:
    """The numbers in reverse order; its derivative leaves them as they are."""
    return Tensor(input.data[::-1])


engine.vjps[doubled_wrong] = lambda gradient, *_: gradient * 2.25
engine.vjps[a_hundredfold] = lambda gradient, *_: gradient * 100.5
engine.vjps[turned] = lambda gradient, *_: gradient


def check(function, *inputs, **settings):
    return checking.gradient_check(function, *inputs, **settings)


@step("gradient-check")
def test_a_right_gradient_passes(expect):
    expect(check(lambda x: x * 3 + x * x, Tensor([2.0]))).between(
        0.0, 1e-7, because="backward and slopes agree, but for rounding"
    )


@step("gradient-check")
def test_a_wrong_gradient_is_refused(expect):
    expect.raises(
        checking.GradientError,
        check,
        doubled_wrong,
        Tensor([1.0]),
        mentions=("input 0",),
        because="backward says 2.25 where the output moves by 2",
    )


@step("gradient-check")
def test_many_outputs_and_shapes(expect, rng):
    x, y = Tensor(rng.uniform(0.5, 2.0, (2, 3))), Tensor(rng.uniform(0.5, 2.0, (3,)))
    expect(check(lambda x, y: x / y - y * x, x, y)).between(
        0.0, 1e-7, because="six outputs, and y was stretched over two rows"
    )
    expect(check(lambda x: -x, Tensor(3.0))).between(
        0.0, 1e-7, because="a single number is a tensor too"
    )


@step("gradient-check")
def test_float32_is_checked_in_float64(expect):
    x = Tensor([1.7, -10.3], dtype=np.float32)
    expect(check(lambda x: x * x, x)).between(
        0.0, 1e-6, because="float32 has too few digits for a difference at a step of a millionth"
    )


@step("gradient-check")
def test_each_input_is_checked(expect):
    expect.raises(
        checking.GradientError,
        check,
        lambda x, y: x * 3 + doubled_wrong(y),
        Tensor([1.0]),
        Tensor([1.0]),
        mentions=("input 1",),
        because="the gradient of x is right, and that of y is not",
    )


@step("gradient-check")
def test_outputs_that_exchange_their_gradients(expect):
    expect.raises(
        checking.GradientError,
        check,
        turned,
        Tensor([1.0, 2.0, 3.0]),
        because="turned reverses its numbers and not their gradients",
    )


@step("gradient-check")
def test_the_greatest_difference_comes_back(expect):
    weight = 0.5 + np.random.default_rng(0).uniform(size=1)[0]  # what `weights_of` gives to one
    expect(check(doubled_wrong, Tensor([1.0]), atol=1.0)).equals(
        0.25 * weight, rtol=1e-5, because="2.25 against 2, times the weight of the only output"
    )
    expect(check(lambda x, y: doubled_wrong(x) + y, *[Tensor([1.0])] * 2, atol=1.0)).equals(
        0.25 * weight, rtol=1e-5, because="the first input differs by more than the second"
    )
    expect(check(lambda x, y: x + doubled_wrong(y), *[Tensor([1.0])] * 2, atol=1.0)).equals(
        0.25 * weight, rtol=1e-5, because="the second input differs by more than the first"
    )
    both = check(lambda x, y: doubled_wrong(x) + doubled_wrong(y), *[Tensor([1.0])] * 2, atol=1.0)
    expect(both).equals(
        0.25 * weight, rtol=1e-5, because="both differ by the same: it is the greatest, and no sum"
    )


@step("gradient-check")
def test_what_is_allowed(expect):
    expect(check(a_hundredfold, Tensor([1.0]), rtol=0.01, atol=0.0)).between(
        0.2, 0.8, because="100.5 is within a hundredth of 100"
    )
    expect(check(lambda x: -a_hundredfold(x), Tensor([1.0]), rtol=0.01, atol=0.0)).between(
        0.2, 0.8, because="and -100.5 within a hundredth of -100"
    )
    expect.raises(
        checking.GradientError,
        check,
        a_hundredfold,
        Tensor([1.0]),
        rtol=0.001,
        atol=0.001,
        because="a thousandth of 100 is 0.1, and the two differ by more",
    )
    expect.raises(
        checking.GradientError,
        check,
        doubled_wrong,
        Tensor([1.0]),
        rtol=0.01,
        atol=0.01,
        because="0.25 is more than a hundredth, and more than a hundredth of 2",
    )
    expect.raises(
        checking.GradientError,
        check,
        lambda x: x * Tensor([0.0, 1000.0]) + doubled_wrong(x),
        Tensor([1.0, 1.0]),
        rtol=0.01,
        atol=0.0,
        because="the slope of 2 is allowed 0.02, whatever is allowed for that of 1,002",
    )
    expect.raises(
        checking.GradientError,
        check,
        lambda x: x * Tensor([1000.0, 0.0]) + doubled_wrong(x),
        Tensor([1.0, 1.0]),
        rtol=0.01,
        atol=0.0,
        because="10 would be allowed for the slope of 1,002, and for that of 2 only 0.02",
    )
    expect.raises(
        checking.GradientError,
        check,
        doubled_wrong,
        Tensor([1.0]),
        rtol=0.12,
        atol=0.0,
        because="0.12 of the slope, 2, is 0.24; what backward says, 2.25, has no say in it",
    )


@step("gradient-check")
def test_the_step_is_the_callers(expect):
    expect(check(lambda x: x * x * x, Tensor([2.0]), step=0.5, atol=1.0)).between(
        0.1, 0.4, because="with a step of ½ the slope of x³ is off by a quarter, times a weight"
    )


@step("gradient-check")
def test_the_callers_tensors_stay_as_they_are(expect):
    x = Tensor([0.3, 0.7], dtype=np.float64)
    check(lambda x: x * x, x)
    expect((x.requires_grad, x.grad, x)).equals(
        (False, None, [0.3, 0.7]), because="a check leaves no trace"
    )


@step("gradient-check")
def test_what_is_no_tensor_is_refused(expect):
    expect.raises(
        TypeError,
        check,
        lambda _: 3.0,
        Tensor([1.0]),
        because="a float has no gradient to ask for",
    )


def gradient_through(function, data, gradient, dtype=None):
    """The gradient of the input, where that of the output is `gradient`."""
    x = leaf(data, dtype)
    function(x).backward(Tensor(gradient, dtype=dtype))
    return x.grad


@step("elementwise")
def test_exp(expect):
    expect(gradient_through(Tensor.exp, [0.0, 2.0], [1.0, 10.0])).equals(
        [1.0, 73.89056], because="exp is its own slope: e⁰ is 1, e² is 7.389"
    )


@step("elementwise")
def test_log(expect):
    expect(gradient_through(Tensor.log, [2.0, 0.5], [1.0, 10.0])).equals(
        [0.5, 20.0], because="the slope of log is one over what went in"
    )


@step("elementwise")
def test_sqrt(expect):
    expect(gradient_through(Tensor.sqrt, [4.0, 0.25], [1.0, 10.0])).equals(
        [0.25, 10.0], because="the slope of the root is one over twice the root"
    )


@step("elementwise")
def test_relu(expect):
    expect(
        gradient_through(activations.relu, [3.0, -2.0, 0.5, -4.0], [5.0, 7.0, -2.0, -3.0])
    ).equals([5.0, 0.0, -2.0, 0.0], because="what passed has slope 1, what was cut off has 0")
    expect(gradient_through(activations.relu, [0.0, -0.0], [5.0, -7.0])).equals(
        [0.0, 0.0], because="at 0 the slope is 0"
    )


@step("elementwise")
def test_sigmoid(expect):
    expect(gradient_through(activations.sigmoid, [0.0, 2.0, -3.0], [1.0, 10.0, 100.0])).equals(
        [0.25, 1.0499359, 4.5176660], because="σ(1 - σ): ¼ at 0, 0.105 at 2, 0.045 at -3"
    )


@step("elementwise")
def test_tanh(expect):
    expect(gradient_through(activations.tanh, [0.0, 1.0, -0.5], [1.0, 10.0, 100.0])).equals(
        [1.0, 4.1997434, 78.6447733], because="1 - tanh²: 1 at 0, 0.42 at 1, 0.786 at -½"
    )


@step("elementwise")
def test_where_functions_saturate(expect):
    expect(gradient_through(activations.sigmoid, [40.0, -40.0], [1.0, 1.0])).equals(
        [0.0, 0.0], atol=1e-12, because="far out a sigmoid is flat"
    )
    expect(gradient_through(activations.tanh, [30.0, -30.0], [1.0, 1.0])).equals(
        [0.0, 0.0], atol=1e-12, because="so is a tanh"
    )


@step("elementwise")
def test_slopes_agree_with_differences(expect, rng):
    data = rng.uniform(0.5, 2.0, (2, 3))
    for name, function in (
        ("exp", Tensor.exp),
        ("log", Tensor.log),
        ("sqrt", Tensor.sqrt),
        ("relu", activations.relu),
        ("sigmoid", activations.sigmoid),
        ("tanh", activations.tanh),
    ):
        expect(checking.gradient_check(function, Tensor(data))).between(
            0.0, 1e-7, because=f"your gradient_check asks {name} itself"
        )


@step("elementwise")
def test_chains(expect):
    x = leaf([0.5], np.float64)
    activations.tanh(activations.relu(x.exp() - 1)).backward(Tensor([2.0], dtype=np.float64))
    expect(x.grad).equals(
        [2 * (1 - np.tanh(np.exp(0.5) - 1) ** 2) * np.exp(0.5)],
        dtype=np.float64,
        because="slopes of a chain are multiplied: tanh's, relu's and exp's",
    )


@step("elementwise")
def test_derivatives_are_tensors(expect):
    because = "a share is a tensor in the dtype of its input"
    for dtype in (np.float32, np.float64):
        x, size = leaf([1.0, -2.0], dtype), leaf([1.0, 2.0], dtype)
        for vjp, function, source, wanted in (
            (elementwise.exp_vjp, Tensor.exp, x, [81.54845485, -6.766764162]),
            (elementwise.log_vjp, Tensor.log, size, [30.0, -25.0]),
            (elementwise.sqrt_vjp, Tensor.sqrt, size, [15.0, -17.677669530]),
            (elementwise.relu_vjp, activations.relu, x, [30.0, 0.0]),
            (elementwise.sigmoid_vjp, activations.sigmoid, x, [5.898357997, -5.249679270]),
            (elementwise.tanh_vjp, activations.tanh, x, [12.599230248, -3.532541242]),
        ):
            share = shares(vjp, np.array([30.0, -50.0], dtype), function, source)
            expect(share).equals(wanted, dtype=dtype, because=because)
    x = leaf([0.0, 0.0])
    expect(shares(elementwise.sigmoid_vjp, [80.0, -80.0], activations.sigmoid, x)).equals(
        [20.0, -20.0], because="¼ of the gradient, however large it is"
    )


def gradients_through(function, one, other, gradient, dtype=None):
    """The gradients of two leaves."""
    x, y = leaf(one, dtype), leaf(other, dtype)
    function(x, y).backward(Tensor(gradient, dtype=dtype))
    return x.grad, y.grad


@step("matmul")
def test_a_row_times_a_column(expect):
    gradient_of_x, gradient_of_y = gradients_through(
        Tensor.matmul, [[1.0, 2.0]], [[3.0], [4.0]], [[10.0]]
    )
    expect(gradient_of_x).equals(
        [[30.0, 40.0]], because="1·3 + 2·4: each number of x moves it by its factor"
    )
    expect(gradient_of_y).equals(
        [[10.0], [20.0]], because="each number of y moves it by its factor"
    )


@step("matmul")
def test_shapes_that_are_not_square(expect):
    x, y = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, -1.0], [0.0, 2.0], [3.0, 1.0]]
    gradient_of_x, gradient_of_y = gradients_through(
        Tensor.matmul, x, y, [[1.0, 10.0], [100.0, 1000.0]]
    )
    expect(gradient_of_x).equals(
        [[-9.0, 20.0, 13.0], [-900.0, 2000.0, 1300.0]], because="G Yᵀ: (2, 2) times (2, 3)"
    )
    expect(gradient_of_y).equals(
        [[401.0, 4010.0], [502.0, 5020.0], [603.0, 6030.0]], because="Xᵀ G: (3, 2) times (2, 2)"
    )


@step("matmul")
def test_square_matrices(expect):
    gradient_of_x, gradient_of_y = gradients_through(
        Tensor.matmul, [[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]], [[1.0, 0.0], [0.0, 10.0]]
    )
    expect(gradient_of_x).equals([[5.0, 7.0], [60.0, 80.0]], because="G Yᵀ, and not G Y")
    expect(gradient_of_y).equals([[1.0, 30.0], [2.0, 40.0]], because="Xᵀ G, and not X G")


@step("matmul")
def test_a_factor_that_is_constant(expect):
    x, y = leaf([[1.0, 2.0]]), Tensor([[3.0], [4.0]])
    because = "a constant wants no gradient, and its product is not made"
    expect(shares(products.matmul_vjp, [[10.0]], Tensor.matmul, x, y)).equals(
        ([[30.0, 40.0]], None), because=because
    )
    y, x = leaf([[3.0], [4.0]]), Tensor([[1.0, 2.0]])
    expect(shares(products.matmul_vjp, [[10.0]], Tensor.matmul, x, y)).equals(
        (None, [[10.0], [20.0]]), because=because
    )


@step("matmul")
def test_vectors(expect):
    gradient_of_x, gradient_of_y = gradients_through(
        Tensor.matmul, [[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0], [1.0, 10.0]
    )
    expect(gradient_of_x).equals(
        [[5.0, 6.0], [50.0, 60.0]], because="every number of x met one of y"
    )
    expect(gradient_of_y).equals([31.0, 42.0], because="y met both rows of x")
    gradient_of_x, gradient_of_y = gradients_through(Tensor.matmul, [1.0, 2.0], [3.0, 4.0], 10.0)
    expect((gradient_of_x, gradient_of_y)).equals(
        ([30.0, 40.0], [10.0, 20.0]), because="two vectors give one number", free=("memory",)
    )
    gradient_of_x, gradient_of_y = gradients_through(
        Tensor.matmul, [1.0, 2.0], [[3.0, 5.0, 7.0], [4.0, 6.0, 8.0]], [1.0, 2.0, 3.0]
    )
    expect(gradient_of_x).equals([34.0, 40.0], because="a vector on the left is a row")
    expect(gradient_of_y).equals(
        [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]], because="each of the six numbers met one of x"
    )


@step("matmul")
def test_a_matrix_that_serves_a_batch(expect):
    x, y = np.arange(30.0).reshape(5, 2, 3), np.ones((3, 4))
    _, gradient_of_y = gradients_through(Tensor.matmul, x, y, np.ones((5, 2, 4)))
    expect(gradient_of_y).equals(
        [[135.0] * 4, [145.0] * 4, [155.0] * 4],
        because="y was used by all five, and each adds its share",
    )


@step("matmul")
def test_linear(expect):
    x, weight = leaf([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), leaf([[7.0, 8.0], [-1.0, 0.5]])
    bias = leaf([0.1, 0.2])
    linear(x, weight, bias).backward(Tensor([[1.0, 0.0], [0.0, 10.0], [2.0, 1.0]]))
    expect(x.grad).equals(
        [[7.0, 8.0], [-10.0, 5.0], [13.0, 16.5]], because="G W, example by example"
    )
    expect(weight.grad).equals([[11.0, 14.0], [35.0, 46.0]], because="Gᵀ X, over all examples")
    expect(bias.grad).equals([3.0, 11.0], because="the bias was added to all three examples")


@step("matmul")
def test_linear_of_sequences(expect):
    x, weight = leaf(np.arange(12.0).reshape(2, 2, 3)), leaf([[1.0, 2.0, 3.0]])
    bias = leaf([0.5])
    linear(x, weight, bias).backward(Tensor([[[1.0], [10.0]], [[100.0], [-1.0]]]))
    expect(x.grad).equals(
        [[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]], [[100.0, 200.0, 300.0], [-1.0, -2.0, -3.0]]],
        because="the input's share has its shape",
    )
    expect(weight.grad).equals([[621.0, 731.0, 841.0]], because="four rows, wherever they stand")
    expect(bias.grad).equals([110.0], because="the bias went into four rows")


@step("matmul")
def test_linear_of_data(expect):
    x, weight = Tensor([[1.0, 2.0]]), leaf([[3.0, 4.0]])
    gradient_of_x, to_weight, *_ = shares(products.linear_vjp, [[10.0]], linear, x, weight, None)
    expect((gradient_of_x, to_weight)).equals(
        (None, [[10.0, 20.0]]), because="images are not trained, so their share is not computed"
    )
    x, weight, bias = leaf([[1.0, 2.0]]), Tensor([[3.0, 4.0]]), Tensor([0.5])
    expect(shares(products.linear_vjp, [[10.0]], linear, x, weight, bias)[:2]).equals(
        ([[30.0, 40.0]], None), because="a frozen weight wants none either"
    )
    bias = leaf([0.5])
    linear(x, weight, bias).backward(Tensor([[10.0]]))
    expect(bias.grad).equals([10.0], because="the bias learns also where the weight is frozen")


@step("matmul")
def test_shares_agree_with_differences(expect, rng):
    x, y, b = (Tensor(rng.normal(size=shape)) for shape in ((2, 3), (4, 3), (4,)))
    expect(checking.gradient_check(linear, x, y, b)).between(
        0.0, 1e-6, because="your gradient_check asks linear itself"
    )
    y = Tensor(rng.normal(size=(3, 4)))
    expect(checking.gradient_check(Tensor.matmul, x, y)).between(0.0, 1e-6, because="and matmul")


@step("matmul")
def test_dtypes_stay(expect):
    for dtype in (np.float32, np.float64):
        x, y = leaf([[0.5, 20.0]], dtype), leaf([[3.0], [-40.0]], dtype)
        expect(shares(products.matmul_vjp, np.array([[-10.0]], dtype), Tensor.matmul, x, y)).equals(
            ([[-30.0, 400.0]], [[-5.0], [-200.0]]),
            dtype=dtype,
            because="shares have the dtype of what went in",
        )
        weight, bias = leaf([[3.0, -40.0]], dtype), leaf([1.0], dtype)
        gradient = np.array([[-10.0]], dtype)
        *first, to_bias = shares(products.linear_vjp, gradient, linear, x, weight, bias)
        expect(first).equals(
            [[[-30.0, 400.0]], [[-5.0, -200.0]]],
            dtype=dtype,
            because="shares have the dtype of what went in",
        )
        expect(with_sum(to_bias, (1,))).equals([-10.0], because="one row, and one share")


ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


@step("reductions")
def test_a_sum_of_all(expect):
    expect(gradient_through(Tensor.sum, ROWS, 10.0)).equals(
        [[10.0] * 3] * 2, because="each of the six numbers moves the sum by as much as itself"
    )


@step("reductions")
def test_sums_over_a_dimension(expect):
    expect(gradient_through(lambda x: x.sum(1), ROWS, [10.0, 20.0])).equals(
        [[10.0] * 3, [20.0] * 3], because="each row has a sum, and a gradient, of its own"
    )
    expect(gradient_through(lambda x: x.sum(0, keepdim=True), ROWS, [[1.0, 10.0, 100.0]])).equals(
        [[1.0, 10.0, 100.0]] * 2, because="each column has a sum of its own"
    )
    expect(gradient_through(lambda x: x.sum((0, 2)), [ROWS, ROWS], [1.0, 10.0])).equals(
        [[[1.0] * 3, [10.0] * 3]] * 2, because="dims 0 and 2 were summed, and dim 1 stayed"
    )


@step("reductions")
def test_means(expect):
    expect(gradient_through(Tensor.mean, ROWS, 12.0)).equals(
        [[2.0] * 3] * 2, because="six numbers make the mean, and each is a sixth of it"
    )
    expect(gradient_through(lambda x: x.mean(1), ROWS, [30.0, 60.0])).equals(
        [[10.0] * 3, [20.0] * 3], because="three numbers make the mean of a row"
    )
    expect(gradient_through(lambda x: x.mean(0, keepdim=True), ROWS, [[1.0, 10.0, 100.0]])).equals(
        [[0.5, 5.0, 50.0]] * 2, because="two numbers make the mean of a column"
    )
    expect(gradient_through(lambda x: x.mean((0, 2)), [ROWS, ROWS], [6.0, 60.0])).equals(
        [[[1.0] * 3, [10.0] * 3]] * 2, because="two times three numbers make one mean"
    )


@step("reductions")
def test_the_greatest(expect):
    expect(gradient_through(Tensor.max, ROWS, 10.0)).equals(
        [[0.0, 0.0, 0.0], [0.0, 0.0, 10.0]],
        because="the 6 is the maximum; the others don't move it",
    )
    expect(gradient_through(lambda x: x.max(0), [[1.0, 5.0], [3.0, 2.0]], [10.0, 20.0])).equals(
        [[0.0, 20.0], [10.0, 0.0]], because="each column has a greatest number of its own"
    )
    expect(gradient_through(lambda x: x.max(1, keepdim=True), ROWS, [[10.0], [20.0]])).equals(
        [[0.0, 0.0, 10.0], [0.0, 0.0, 20.0]], because="each row has a greatest number of its own"
    )


@step("reductions")
def test_ties_share(expect):
    expect(
        gradient_through(lambda x: x.max(1), [[1.0, 3.0, 3.0], [6.0, 4.0, 5.0]], [10.0, 20.0])
    ).equals(
        [[0.0, 5.0, 5.0], [20.0, 0.0, 0.0]],
        because="two numbers of the first row are 3, the second row has one greatest",
    )
    expect(gradient_through(Tensor.max, [[3.0, 1.0], [3.0, 3.0]], 12.0)).equals(
        [[4.0, 0.0], [4.0, 4.0]], because="three are equally great, and get a third each"
    )


@step("reductions")
def test_a_nan_counts(expect):
    expect(gradient_through(lambda x: x.max(1), [[1.0, np.nan, 3.0]], [10.0])).equals(
        [[0.0, 10.0, 0.0]], because="the maximum over a nan is nan, so the nan is what moves it"
    )


@step("reductions")
def test_the_smallest(expect):
    expect(
        gradient_through(lambda x: x.min(1), [[1.0, 3.0, 1.0], [6.0, 4.0, 5.0]], [10.0, 20.0])
    ).equals([[5.0, 0.0, 5.0], [0.0, 20.0, 0.0]], because="the same function serves the minimum")


@step("reductions")
def test_dims_from_the_end(expect):
    expect(gradient_through(lambda x: x.mean(-1), ROWS, [30.0, 60.0])).equals(
        [[10.0] * 3, [20.0] * 3], because="-1 is the last dimension"
    )
    expect(gradient_through(lambda x: x.max(-2), ROWS, [1.0, 10.0, 100.0])).equals(
        [[0.0, 0.0, 0.0], [1.0, 10.0, 100.0]], because="-2 is the last dimension but one"
    )


@step("reductions")
def test_reductions_agree_with_differences(expect, rng):
    x = Tensor(rng.normal(size=(2, 3, 2)))
    for name, function in (
        ("sum", lambda x: x.sum((0, 2))),
        ("mean", lambda x: x.mean(1, keepdim=True)),
        ("max", lambda x: x.max(1)),
    ):
        expect(checking.gradient_check(function, x)).between(
            0.0, 1e-6, because=f"your gradient_check asks {name} itself"
        )


@step("reductions")
def test_of_either_dtype(expect):
    for dtype in (np.float32, np.float64):
        x, because = leaf([[-1.0, 2.0]], dtype), "a share has the dtype of its input"
        gradient = np.array([-30.0], dtype)
        expect(shares(reductions.sum_vjp, gradient, Tensor.sum, x, 1, False)).equals(
            [[-30.0, -30.0]], dtype=dtype, because=because, free=_OPEN
        )
        expect(shares(reductions.mean_vjp, gradient, Tensor.mean, x, 1, False)).equals(
            [[-15.0, -15.0]], dtype=dtype, because=because, free=_OPEN
        )
        expect(shares(reductions.max_vjp, gradient, Tensor.max, x, 1, False)).equals(
            [[0.0, -30.0]], dtype=dtype, because=because, free=_OPEN
        )


@step("shapes")
def test_a_reshape_goes_back(expect):
    expect(gradient_through(lambda x: x.reshape(6), ROWS, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).equals(
        [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], because="the numbers keep their order, row by row"
    )
    expect(
        gradient_through(lambda x: x.reshape(3, 2), ROWS, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    ).equals([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], because="the input had two rows of three")


@step("shapes")
def test_a_reshape_that_works_a_length_out(expect):
    expect(
        gradient_through(
            lambda x: x.reshape(1, -1, 2), ROWS, [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]
        )
    ).equals([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], because="-1 was for the way forward")
    expect(gradient_through(lambda x: x.reshape(1, 1), 3.0, [[7.0]])).equals(
        7.0, because="a single number had no dimensions"
    )


@step("shapes")
def test_a_transpose_goes_back(expect):
    expect(
        gradient_through(lambda x: x.transpose(0, 1), ROWS, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    ).equals([[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]], because="row 0, column 2 went to row 2, column 0")


@step("shapes")
def test_a_square(expect):
    expect(
        gradient_through(lambda x: x.T, [[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [3.0, 4.0]])
    ).equals(
        [[1.0, 3.0], [2.0, 4.0]], because="of a square the shape tells nothing, and the places all"
    )


@step("shapes")
def test_two_of_three_dimensions(expect):
    gradient = np.arange(8.0).reshape(2, 2, 2)
    for one, other in ((0, 2), (1, 2), (0, 1), (-1, 0)):
        exchanged = partial(Tensor.transpose, dim0=one, dim1=other)
        expect(gradient_through(exchanged, np.zeros((2, 2, 2)), gradient)).equals(
            gradient.swapaxes(one, other),
            because=f"dims {one} and {other} were exchanged, and are exchanged back",
            free=("kind",),
        )


@step("shapes")
def test_moves_agree_with_differences(expect, rng):
    x = Tensor(rng.normal(size=(2, 3, 2)))
    expect(checking.gradient_check(lambda x: x.transpose(1, 2).reshape(4, 3).T, x)).between(
        0.0, 1e-6, because="your gradient_check asks for three moves in a row"
    )


@step("shapes")
def test_moves_of_either_dtype(expect):
    for dtype in (np.float32, np.float64):
        x, because = leaf([[0.5, 0.25]], dtype), "a share has the dtype of its input"
        gradient = np.array([[-30.0], [40.0]], dtype)
        expect(shares(shape_vjps.transpose_vjp, gradient, Tensor.transpose, x, 0, 1)).equals(
            [[-30.0, 40.0]], dtype=dtype, because=because, free=_OPEN
        )
        expect(shares(shape_vjps.reshape_vjp, gradient, Tensor.reshape, x, 2, 1)).equals(
            [[-30.0, 40.0]], dtype=dtype, because=because, free=_OPEN
        )


SCORES = [[0.0, 1.0, 2.0], [3.0, 1.0, 0.0]]
GRADIENT = [[1.0, 10.0, 100.0], [5.0, -5.0, 0.0]]


@step("softmax")
def test_softmax_of_a_row(expect):
    expect(
        gradient_through(lambda x: activations.softmax(x, 0), [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    ).equals(
        [-0.1418171, -0.1407703, 0.2825874],
        rtol=1e-4,
        because="s (g - Σ g s): each is pulled by how far it is above the weighted mean, 2.575",
    )


@step("softmax")
def test_a_gradient_of_ones_moves_nothing(expect):
    expect(
        gradient_through(lambda x: activations.softmax(x, 0), [1.0, 2.0, 3.0], [5.0, 5.0, 5.0])
    ).equals(
        [0.0, 0.0, 0.0], atol=1e-5, because="the probabilities add up to 1 whatever the scores"
    )


@step("softmax")
def test_softmax_row_by_row(expect):
    expect(gradient_through(lambda x: activations.softmax(x, 1), SCORES, GRADIENT)).equals(
        [[-6.1276075, -14.454010, 20.581618], [1.1408123, -0.9875599, -0.1532526]],
        rtol=1e-4,
        because="each row is a distribution of its own",
    )


@step("softmax")
def test_softmax_column_by_column(expect):
    expect(gradient_through(lambda x: activations.softmax(x, 0), SCORES, GRADIENT)).equals(
        [[-0.1807066, 3.75, 10.4993585], [0.1807066, -3.75, -10.4993585]],
        rtol=1e-4,
        because="over dim 0 each column is a distribution of its own",
    )


@step("softmax")
def test_log_softmax_of_a_row(expect):
    expect(
        gradient_through(lambda x: activations.log_softmax(x, 0), [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    ).equals([0.4598166, 0.5316292, -0.9914457], rtol=1e-4, because="g - s Σ g, with Σ g = 6")


@step("softmax")
def test_a_loss_at_the_right_class(expect):
    expect(
        gradient_through(lambda x: activations.log_softmax(x, 0), [1.0, 2.0, 3.0], [0.0, -1.0, 0.0])
    ).equals(
        [0.0900306, -0.7552715, 0.6652410],
        rtol=1e-4,
        because="the probabilities, minus 1 at the right class",
    )


@step("softmax")
def test_log_softmax_along_either_dimension(expect):
    expect(gradient_through(lambda x: activations.log_softmax(x, 1), SCORES, GRADIENT)).equals(
        [[-8.9933910, -17.1648642, 26.1582552], [5.0, -5.0, 0.0]],
        rtol=1e-4,
        atol=1e-5,
        because="each row is a distribution of its own",
    )
    expect(gradient_through(lambda x: activations.log_softmax(x, 0), SCORES, GRADIENT)).equals(
        [[0.7154448, 7.5, 11.9202922], [-0.7154448, -7.5, -11.9202922]],
        rtol=1e-4,
        because="over dim 0 each column is a distribution of its own",
    )


@step("softmax")
def test_both_agree_with_differences(expect, rng):
    x = Tensor(rng.normal(size=(2, 3, 2)))
    expect(checking.gradient_check(lambda x: activations.softmax(x, 1), x)).between(
        0.0, 1e-6, because="your gradient_check asks softmax itself"
    )
    expect(checking.gradient_check(lambda x: activations.log_softmax(x, 1), x)).between(
        0.0, 1e-6, because="your gradient_check asks log_softmax itself"
    )


@step("softmax")
def test_large_scores(expect):
    expect(
        gradient_through(lambda x: activations.log_softmax(x, 0), [1000.0, 0.0], [1.0, -3.0])
    ).equals(
        [3.0, -3.0], because="one class has all of the probability: 1 - 1·(-2), and -3 - 0·(-2)"
    )


@step("softmax")
def test_both_of_either_dtype(expect):
    for dtype in (np.float32, np.float64):
        x, because = leaf([[0.0, 0.0]], dtype), "a share has the dtype of its input"
        gradient = np.array([[-60.0, 20.0]], dtype)
        expect(shares(normalization.softmax_vjp, gradient, activations.softmax, x, 1)).equals(
            [[-20.0, 20.0]], dtype=dtype, because=because
        )
        expect(
            shares(normalization.log_softmax_vjp, gradient, activations.log_softmax, x, 1)
        ).equals([[-40.0, 40.0]], dtype=dtype, because=because)


def by_loops(x, weight, gradient, stride, padding):
    """The gradients of a convolution, window by window: of the image, the weight and the bias."""
    (sh, sw), (ph, pw) = stride, padding
    framed = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    to_framed, to_weight = np.zeros_like(framed), np.zeros_like(weight)
    kh, kw = weight.shape[2:]
    for n, o, i, j in np.ndindex(gradient.shape):
        window = (n, slice(None), slice(i * sh, i * sh + kh), slice(j * sw, j * sw + kw))
        to_framed[window] += gradient[n, o, i, j] * weight[o]
        to_weight[o] += gradient[n, o, i, j] * framed[window]
    height, width = x.shape[2:]
    to_image = to_framed[:, :, ph : ph + height, pw : pw + width]
    return to_image.tolist(), to_weight.tolist(), gradient.sum((0, 2, 3)).tolist()


def convolved(x, weight, gradient, stride=1, padding=0):
    """The same, of `conv2d` with the student's derivative."""
    leaves = leaf(x), leaf(weight), leaf(np.zeros(len(weight)))
    cnn.conv2d(*leaves, stride, padding).backward(Tensor(gradient))
    return [each.grad for each in leaves]


def whole(rng, *shape):
    """Small whole numbers, which no order of additions rounds."""
    return rng.integers(-4, 5, shape).astype(float)


@step("conv")
def test_each_copy_adds_its_gradient(expect):
    image = leaf(np.zeros((1, 1, 3, 3)))
    columns = cnn.im2col(image, 2)
    columns.backward(Tensor(np.ones(columns.shape)))
    expect(image.grad).equals(
        [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]],
        because="a corner was seen by one window, an edge by two, the middle by four",
    )


@step("conv")
def test_windows_that_do_not_overlap(expect):
    image = leaf(np.zeros((1, 1, 2, 4)))
    cnn.im2col(image, 2, 2).backward(Tensor([[[1.0, 5.0], [2.0, 6.0], [3.0, 7.0], [4.0, 8.0]]]))
    expect(image.grad).equals(
        [[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]],
        because="each column is a window, laid out row by row",
    )


@step("conv")
def test_channels_come_before_places(expect):
    image = leaf(np.zeros((1, 2, 1, 2)))
    cnn.im2col(image, (1, 2)).backward(Tensor([[[1.0], [2.0], [30.0], [40.0]]]))
    expect(image.grad).equals(
        [[[[1.0, 2.0]], [[30.0, 40.0]]]],
        because="a column has all places of the first channel, then those of the second",
    )


@step("conv")
def test_the_frame_is_cut_off(expect):
    image = leaf(np.zeros((1, 1, 2, 2)))
    columns = cnn.im2col(image, 3, 1, 1)
    columns.backward(Tensor(np.arange(36.0).reshape(1, 9, 4)))
    expect(image.grad).equals(
        [[[[38.0, 54.0], [86.0, 102.0]]]], because="what came for the frame is nobody's"
    )


@step("conv")
def test_filters_of_one_pixel(expect):
    gradient_of_x, to_weight, to_bias = convolved(
        [[[[1.0, 2.0]], [[3.0, 4.0]]]], [[[[5.0]], [[6.0]]]], [[[[1.0, 10.0]]]]
    )
    expect(gradient_of_x).equals(
        [[[[5.0, 50.0]], [[6.0, 60.0]]]], because="a pixel moves the output by its weight"
    )
    expect(to_weight).equals([[[[21.0]], [[43.0]]]], because="a weight met each pixel")
    expect(to_bias).equals([11.0], because="the bias was added at both places")


@step("conv")
def test_a_convolution(expect, rng):
    x, weight, gradient = whole(rng, 2, 2, 4, 5), whole(rng, 3, 2, 2, 3), whole(rng, 2, 3, 3, 3)
    gradient_of_x, to_weight, to_bias = by_loops(x, weight, gradient, (1, 1), (0, 0))
    got = convolved(x, weight, gradient)
    expect(got[1]).equals(to_weight, because="each filter met every window of both images")
    expect(got[0]).equals(gradient_of_x, because="each pixel was seen by up to six windows")
    expect(got[2]).equals(to_bias, because="a bias was added at nine places of two images")


@step("conv")
def test_stride_and_padding(expect, rng):
    x, weight = whole(rng, 2, 3, 5, 6), whole(rng, 4, 3, 3, 2)
    gradient = whole(rng, 2, 4, 3, 7)
    gradient_of_x, to_weight, to_bias = by_loops(x, weight, gradient, (2, 1), (1, 1))
    got = convolved(x, weight, gradient, (2, 1), (1, 1))
    expect(got[1]).equals(
        to_weight, because="the windows went 2 down and 1 across, in a frame of 1"
    )
    expect(got[0]).equals(gradient_of_x, because="back the same way, and without the frame")
    expect(got[2]).equals(to_bias, because="a bias was added at 21 places of two images")


@step("conv")
def test_an_image_is_not_trained(expect):
    x, weight = Tensor([[[[1.0, 2.0]]]]), leaf([[[[3.0]]]])
    gradient = [[[[10.0, 20.0]]]]
    args = (x, weight, None, 1, 0)
    expect(shares(images.conv2d_vjp, gradient, cnn.conv2d, *args)[:2]).equals(
        (None, [[[[50.0]]]]), because="the image wants no gradient, so its share isn't computed"
    )
    frozen = (leaf([[[[1.0, 2.0]]]]), Tensor([[[[3.0]]]]), None, 1, 0)
    expect(shares(images.conv2d_vjp, gradient, cnn.conv2d, *frozen)[:2]).equals(
        ([[[[30.0, 60.0]]]], None), because="a frozen filter wants none either"
    )


@step("conv")
def test_convolutions_agree_with_differences(expect, rng):
    x, weight, bias = (Tensor(rng.normal(size=s)) for s in ((1, 2, 3, 3), (2, 2, 2, 2), (2,)))
    expect(
        checking.gradient_check(lambda x, w, b: cnn.conv2d(x, w, b, 2, 1), x, weight, bias)
    ).between(0.0, 1e-6, because="your gradient_check asks conv2d itself")


@step("conv")
def test_convolutions_of_either_dtype(expect):
    for dtype in (np.float32, np.float64):
        x, weight = leaf([[[[1.0, -20.0]]]], dtype), leaf([[[[-30.0]]]], dtype)
        gradient, because = (
            np.array([[[[10.0, 20.0]]]], dtype),
            "shares have the dtype of the input",
        )
        got = shares(images.conv2d_vjp, gradient, cnn.conv2d, x, weight, leaf([0.0], dtype), 1, 0)
        expect(got[:2]).equals(
            ([[[[-300.0, -600.0]]]], [[[[-390.0]]]]), dtype=dtype, because=because, free=_OPEN
        )
        gradient = np.array([[[-10.0], [20.0]]], dtype)
        expect(got[2].data.sum()).equals(
            30.0, because="the bias was added at both places", free=("kind", "dtype")
        )
        expect(shares(images.im2col_vjp, gradient, cnn.im2col, x, (1, 2), 1, 0)).equals(
            [[[[-10.0, 20.0]]]], dtype=dtype, because=because, free=_OPEN
        )


SQUARE = [[[[1.0, 2.0], [4.0, 3.0]]]]


def avg_pool(*args):
    return lambda x: cnn.avg_pool2d(x, *args)


def max_pool(*args):
    return lambda x: cnn.max_pool2d(x, *args)


@step("pooling")
def test_an_average_shares_equally(expect):
    expect(gradient_through(avg_pool(2), SQUARE, [[[[8.0]]]])).equals(
        [[[[2.0, 2.0], [2.0, 2.0]]]], because="each of four pixels moves the average by a quarter"
    )


@step("pooling")
def test_a_maximum_goes_to_the_winner(expect):
    expect(gradient_through(max_pool(2), SQUARE, [[[[8.0]]]])).equals(
        [[[[0.0, 0.0], [8.0, 0.0]]]], because="the 4 is the maximum, and no other pixel moves it"
    )


@step("pooling")
def test_each_window_has_its_own_gradient(expect):
    image = [[[[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 9.0, 1.0]]]]
    expect(gradient_through(avg_pool(2), image, [[[[4.0, 40.0]]]])).equals(
        [[[[1.0, 1.0, 10.0, 10.0], [1.0, 1.0, 10.0, 10.0]]]], because="two windows side by side"
    )
    expect(gradient_through(max_pool(2), image, [[[[4.0, 40.0]]]])).equals(
        [[[[0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 40.0, 0.0]]]], because="5 won the first, 9 the second"
    )


@step("pooling")
def test_overlapping_windows_add_up(expect):
    image = [[[[1.0, 5.0, 2.0], [0.0, 0.5, 3.0]]]]
    expect(gradient_through(avg_pool(2, 1), image, [[[[4.0, 40.0]]]])).equals(
        [[[[1.0, 11.0, 10.0], [1.0, 11.0, 10.0]]]], because="the middle was in both windows"
    )
    expect(gradient_through(max_pool(2, 1), image, [[[[4.0, 40.0]]]])).equals(
        [[[[0.0, 44.0, 0.0], [0.0, 0.0, 0.0]]]], because="5 won both windows"
    )


@step("pooling")
def test_windows_that_are_not_square(expect):
    image = [[[[1.0, 2.0, 3.0, 4.0, 5.0]]]]
    expect(gradient_through(avg_pool((1, 3), (1, 2)), image, [[[[3.0, 30.0]]]])).equals(
        [[[[1.0, 1.0, 11.0, 10.0, 10.0]]]], because="three pixels make an average here"
    )
    expect(gradient_through(max_pool((1, 3), (1, 2)), image, [[[[3.0, 30.0]]]])).equals(
        [[[[0.0, 0.0, 3.0, 0.0, 30.0]]]], because="3 won the first window, 5 the second"
    )


@step("pooling")
def test_of_equal_pixels_the_first_wins(expect):
    expect(gradient_through(max_pool(2), [[[[1.0, 3.0], [3.0, 3.0]]]], [[[[8.0]]]])).equals(
        [[[[0.0, 8.0], [0.0, 0.0]]]], because="row by row, the first 3 stands in the upper row"
    )


@step("pooling")
def test_a_frame_never_wins(expect):
    image = [[[[-5.0, -2.0], [-3.0, -4.0]]]]
    expect(gradient_through(max_pool(2, 2, 1), image, [[[[1.0, 10.0], [100.0, 1000.0]]]])).equals(
        [[[[1.0, 10.0], [100.0, 1000.0]]]],
        because="each corner is alone with the frame, which is less than any number",
    )
    expect(
        gradient_through(
            max_pool(2, 2, 1), [[[[0.0, 0.0], [0.0, 0.0]]]], [[[[1.0, 10.0], [100.0, 1e3]]]]
        )
    ).equals(
        [[[[1.0, 10.0], [100.0, 1000.0]]]], because="behind a relu there are zeros, and they win"
    )
    expect(gradient_through(avg_pool(2, 2, 1), image, [[[[4.0, 40.0], [400.0, 4000.0]]]])).equals(
        [[[[1.0, 10.0], [100.0, 1000.0]]]], because="each corner is a quarter of its window"
    )


@step("pooling")
def test_images_and_channels_are_apart(expect, rng):
    x = Tensor(rng.permutation(96).reshape(2, 2, 4, 6) / 10.0)
    expect(checking.gradient_check(avg_pool(2, 1, 1), x)).between(
        0.0, 1e-5, because="your gradient_check asks the average of two images of two channels"
    )
    expect(checking.gradient_check(max_pool(3, 2, 1), x)).between(
        0.0, 1e-5, because="and their maximum: no two pixels are equal"
    )


@step("pooling")
def test_pooling_of_either_dtype(expect):
    for dtype in (np.float32, np.float64):
        x, because = leaf([[[[0.5, -2.0]]]], dtype), "a share has the dtype of its input"
        gradient = np.array([[[[-30.0]]]], dtype)
        args = (x, (1, 2), None, 0)
        expect(shares(images.avg_pool2d_vjp, gradient, cnn.avg_pool2d, *args)).equals(
            [[[[-15.0, -15.0]]]], dtype=dtype, because=because, free=_OPEN
        )
        expect(shares(images.max_pool2d_vjp, gradient, cnn.max_pool2d, *args)).equals(
            [[[[-30.0, 0.0]]]], dtype=dtype, because=because, free=_OPEN
        )
        gradient = np.array([[[[70.0]]]], dtype)
        expect(shares(images.max_pool2d_vjp, gradient, cnn.max_pool2d, *args)).equals(
            [[[[70.0, 0.0]]]], dtype=dtype, because=because, free=_OPEN
        )
        expect(shares(images.avg_pool2d_vjp, gradient, cnn.avg_pool2d, *args)).equals(
            [[[[35.0, 35.0]]]], dtype=dtype, because=because, free=_OPEN
        )


def small_lenet(rng):
    """A LeNet for 8 × 8 pixels in float64, with two images and a weight for each score."""
    net = cnn.LeNet(8, channels=(2, 3))
    for parameter in net.parameters():
        parameter.data = parameter.data.astype(np.float64)
    return net, Tensor(rng.normal(size=(2, 1, 8, 8))), rng.normal(size=(2, 10))


def loss_of(net, image, weights):
    return lambda: float((net(image).data * weights).sum())


@step("lenet")
def test_every_parameter_gets_a_gradient(expect, rng):
    net, image, weights = small_lenet(rng)
    net(image).backward(Tensor(weights))
    expect([parameter.grad is not None for parameter in net.parameters()]).equals(
        [True] * 10, because="five layers have a weight and a bias each"
    )
    expect(image.grad).equals(None, because="nobody asked for the image's")


@step("lenet")
def test_filters_and_biases_against_differences(expect, rng):
    net, image, weights = small_lenet(rng)
    net(image).backward(Tensor(weights))
    for name, parameter in net.named_parameters():
        if parameter.size < 60:
            slopes = checking.finite_differences(loss_of(net, image, weights), parameter, 1e-6)
            expect(np.abs(slopes - parameter.grad.data).max()).between(
                0.0, 1e-5, because=f"each number of {name} was moved, and the loss asked"
            )


@step("lenet")
def test_all_gradients_at_once(expect, rng):
    net, image, weights = small_lenet(rng)
    net(image).backward(Tensor(weights))
    loss, parameters = loss_of(net, image, weights), list(net.parameters())
    directions = [rng.normal(size=parameter.shape) for parameter in parameters]
    wanted = sum(
        float((parameter.grad.data * direction).sum())
        for parameter, direction in zip(parameters, directions, strict=True)
    )

    def moved(by):
        for parameter, direction in zip(parameters, directions, strict=True):
            parameter.data[...] = parameter.data + by * direction
        value = loss()
        for parameter, direction in zip(parameters, directions, strict=True):
            parameter.data[...] = parameter.data - by * direction
        return value

    with recording(False):
        slope = (moved(1e-7) - moved(-1e-7)) / 2e-7
    expect(abs(slope - wanted) / (1 + abs(wanted))).between(
        0.0, 1e-4, because="a move of all 12,651 weights changes the loss by what they say together"
    )


@step("lenet")
def test_a_step_against_the_gradient_lowers_the_loss(expect, rng):
    net, image, weights = small_lenet(rng)
    loss = loss_of(net, image, weights)
    before = loss()
    net(image).backward(Tensor(weights))
    for parameter in net.parameters():
        parameter.data[...] = parameter.data - 1e-4 * parameter.grad.data
    expect(loss() < before).equals(True, because="a small step against the gradient goes down")


@step("lenet")
def test_the_image_has_a_gradient_too(expect, rng):
    net, image, weights = small_lenet(rng)
    image.requires_grad = True
    net(image).backward(Tensor(weights))
    slopes = checking.finite_differences(loss_of(net, image, weights), image, 1e-6)
    expect(np.abs(slopes - image.grad.data).max()).between(
        0.0, 1e-5, because="each of the 128 pixels was moved, and the loss asked"
    )


@step("lenet")
def test_a_batch_in_two_halves(expect, rng):
    net, image, weights = small_lenet(rng)
    net(image).backward(Tensor(weights))
    whole_batch = [parameter.grad.data.copy() for parameter in net.parameters()]
    for parameter in net.parameters():
        parameter.grad = None
    for half in (slice(0, 1), slice(1, 2)):
        net(image[half]).backward(Tensor(weights[half]))
    furthest = max(
        float(np.abs(parameter.grad.data - both).max())
        for parameter, both in zip(net.parameters(), whole_batch, strict=True)
    )
    expect(furthest).between(
        0.0, 1e-9, because="gradients of two halves add up to that of the whole"
    )
