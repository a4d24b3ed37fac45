"""Step tests of module 07."""

from contextlib import contextmanager

import numpy as np

from tinytorch.autograd import engine
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import step


def leaf(data, dtype=None):
    return Tensor(data, dtype=dtype).requires_grad_()


def order(tensor):
    return engine.topological_order(tensor.grad_fn)


def names(nodes):
    return [node.operation.__name__ for node in nodes]


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
def visits():
    """Count how often a derivative is asked for, whatever the operation."""
    count, before = [0], dict(engine.vjps)

    def counted(function):
        def call(*args):
            count[0] += 1
            return function(*args)

        return call

    engine.vjps.update({name: counted(function) for name, function in before.items()})
    try:
        yield count
    finally:
        engine.vjps.update(before)


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
def test_a_graph_that_was_used_is_dropped(expect):
    x = leaf(3.0)
    y = x * x
    y.backward()
    expect.raises(
        RuntimeError, y.backward, because="the inputs were dropped, so there is no second way back"
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
    data = rng.uniform(0.5, 1.5, (4, 3))
    x, weight = leaf(data), leaf(rng.normal(size=(3, 2)))
    hidden = (x @ weight).exp()
    loss = (hidden * hidden + hidden).sum()
    loss.backward()
    slope = 2 * np.exp(data @ weight.data) ** 2 + np.exp(data @ weight.data)
    expect(x.grad).equals(slope @ weight.data.T, because="by the chain rule, worked out on paper")
    expect(weight.grad).equals(data.T @ slope, because="a weight served all 4 rows: shares add up")
