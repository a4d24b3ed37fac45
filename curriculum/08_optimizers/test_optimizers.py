"""Step tests of module 08."""

import math

import numpy as np

from tinytorch import optim
from tinytorch.activations import Tanh, sigmoid
from tinytorch.layers import Parameter, manual_seed
from tinytorch.networks import MLP
from tinytorch.tensor import Tensor
from tinytorch_ls.gradients import recorder
from tinytorch_ls.lesson import step


class Notes(optim.Optimizer):
    """Writes down what its update was called with, and counts in the state."""

    def update(self, parameter, group, state):
        self.seen.append((parameter.tolist(), group["lr"], dict(state)))
        state["count"] = state.get("count", 0) + 1


def notes(params):
    optimizer = Notes(params, {"lr": 0.1})
    optimizer.seen = []
    return optimizer


def weight(values, gradient=None, dtype=np.float64):
    """A tensor, with its gradient put there by hand."""
    tensor = Tensor(np.array(values, dtype))
    if gradient is not None:
        tensor.grad = Tensor(np.array(gradient, dtype))
    return tensor


def floats(values):
    """What an array of these numbers is compared with."""
    return np.array(values, np.float64)


def path(optimizer, tensor, gradients):
    """Where the tensor is after a step along each gradient, as lists of numbers."""
    places = []
    for gradient in gradients:
        tensor.grad = Tensor(np.array(gradient, tensor.dtype))
        optimizer.step()
        places.append(tensor.tolist())
    return places


@step("optimizer")
def test_a_step_updates_each_parameter(expect):
    optimizer = notes([weight([1.0], [5.0]), weight([2.0, 3.0], [5.0, 6.0])])
    optimizer.step()
    expect(optimizer.seen).equals(
        [([1.0], 0.1, {}), ([2.0, 3.0], 0.1, {})],
        because="update is called with each parameter, its group, and a state that begins empty",
    )


@step("optimizer")
def test_a_step_goes_through_all_groups(expect):
    first, second = weight([1.0], [5.0]), weight([2.0], [5.0])
    optimizer = notes([{"params": [first]}, {"params": [second], "lr": 0.5}])
    optimizer.step()
    expect(optimizer.seen).equals(
        [([1.0], 0.1, {}), ([2.0], 0.5, {})], because="each parameter has its own group's settings"
    )


@step("optimizer")
def test_a_parameter_without_a_gradient_is_left_out(expect):
    tensors = [weight([1.0], [5.0]), weight([2.0]), weight([3.0], [0.0])]
    more = [weight([4.0]), weight([5.0], [1.0])]
    optimizer = notes([{"params": tensors}, {"params": more, "lr": 0.5}])
    optimizer.step()
    expect([numbers for numbers, _, _ in optimizer.seen]).equals(
        [[1.0], [3.0], [5.0]], because="it passes over those without one, and the walk goes on"
    )
    expect(len(optimizer.state)).equals(3, because="nothing is remembered of what never moved")


@step("optimizer")
def test_each_parameter_keeps_a_state_of_its_own(expect):
    first, second = weight([1.0], [5.0]), weight([2.0], [5.0])
    optimizer = notes([first, second])
    optimizer.step()
    second.grad = None
    optimizer.step()
    expect(optimizer.seen[2]).equals(
        ([1.0], 0.1, {"count": 1}), because="in the second step it finds what the first has left"
    )
    second.grad = Tensor([1.0])
    optimizer.step()
    expect([state for _, _, state in optimizer.seen[3:]]).equals(
        [{"count": 2}, {"count": 1}], because="one was updated twice so far, the other once"
    )
    expect((optimizer.state[first], optimizer.state[second])).equals(
        ({"count": 3}, {"count": 2}), because="the states are kept in optimizer.state"
    )


@step("optimizer")
def test_a_step_leaves_the_gradients(expect):
    tensor = weight([1.0], [5.0])
    notes([tensor]).step()
    expect(tensor.grad).equals([5.0], because="clearing is the business of zero_grad")


@step("optimizer")
def test_zero_grad_lets_go_of_every_gradient(expect):
    tensors = [weight([1.0], [5.0]), weight([2.0]), weight([3.0], [6.0])]
    optimizer = notes([{"params": tensors[:2]}, {"params": tensors[2:]}])
    held = tensors[0].grad
    optimizer.zero_grad()
    expect([tensor.grad for tensor in tensors]).equals(
        [None, None, None], because="in all groups, and where there was none there is none"
    )
    expect(held).equals([5.0], because="whoever kept the gradient still has its numbers")
    optimizer.step()
    expect(optimizer.seen).equals([], because="without a gradient nothing is updated")


@step("optimizer")
def test_zero_grad_keeps_the_states(expect):
    tensor = weight([1.0], [5.0])
    optimizer = notes([tensor])
    optimizer.step()
    optimizer.zero_grad()
    expect(optimizer.state[tensor]).equals(
        {"count": 1}, because="gradients are for one step, what is remembered is for the next ones"
    )


@step("descend")
def test_a_step_goes_downhill(expect):
    w = weight([1.0])
    seen = []
    for _ in range(3):
        optim.descend(w, w.data.copy(), 0.1)
        seen.append(w.item())
    expect(seen).equals([0.9, 0.81, 0.729], because="each step takes a tenth of the slope w away")


@step("descend")
def test_each_number_has_its_own_direction(expect):
    w = weight([[1.0, -2.0], [0.5, 0.0]])
    optim.descend(w, np.array([[10.0, -10.0], [0.0, 2.0]]), 0.25)
    expect(w).equals(
        [[-1.5, 0.5], [0.5, -0.5]], because="against the sign of the direction, lr times as far"
    )


@step("descend")
def test_it_writes_into_the_memory_that_is_there(expect):
    w = weight([1.0, 2.0])
    memory = w.data
    optim.descend(w, np.array([1.0, 1.0]), 0.5)
    expect(memory).equals(floats([0.5, 1.5]), because="whoever looks at this memory sees the step")
    memory = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    w = weight([0.0])
    w.data = memory.T
    optim.descend(w, np.ones((3, 2)), 0.5)
    expect(memory).equals(
        floats([[0.5, 1.5, 2.5], [3.5, 4.5, 5.5]]),
        because="a transposed weight has its memory too, and a flat copy of it is another",
    )


@step("descend")
def test_the_direction_stays_as_it_is(expect):
    direction = np.array([4.0, -8.0])
    optim.descend(weight([1.0, 2.0]), direction, 0.5)
    expect(direction).equals(floats([4.0, -8.0]), because="for momentum, that array is its memory")


@step("descend")
def test_float32_stays_float32(expect):
    w = weight([1.0, 2.0], dtype=np.float32)
    optim.descend(w, np.array([0.1, 0.3], np.float32), 0.3)
    expect(w).equals([0.97, 1.91], dtype=np.float32, because="a step doesn't change the dtype")


@step("descend")
def test_float64_stays_exact(expect):
    w = weight([0.0])
    optim.descend(w, np.array([0.1]), 0.1)
    expect(w).equals(
        [-0.01], rtol=1e-12, atol=0, because="a step of float64 isn't rounded to float32 on the way"
    )


@step("descend")
def test_a_single_number_moves_too(expect):
    w = weight(1.0)
    optim.descend(w, np.array(4.0), 0.25)
    expect(w).equals(0.0, because="a parameter may be one number, with no axis to go along")


@step("descend")
def test_a_step_is_not_recorded(expect):
    w = Parameter(np.array([1.0, 2.0]))
    with recorder():
        optim.descend(w, np.array([4.0, -4.0]), 0.25)
    expect((w, w.grad_fn)).equals(
        ([0.0, 3.0], None), because="a parameter that asks for a gradient moves all the same"
    )


@step("momentum")
def test_the_first_velocity_is_the_gradient(expect):
    expect(optim.momentum_step(np.array([2.0, -4.0]), 0.9, {})).equals(
        floats([2.0, -4.0]), because="0.9 · 0 + g"
    )


@step("momentum")
def test_the_velocity_has_the_gradient_s_dtype(expect):
    gradient = np.array([2.0, -4.0], np.float32)
    expect(optim.momentum_step(gradient, 0.9, {})).equals(
        floats([2.0, -4.0]),
        dtype=np.float32,
        because="in float64 it would cost twice as much memory as the weights",
    )


@step("momentum")
def test_the_velocity_of_the_table(expect):
    state, gradients = {}, (1.0, 1.0, 1.0, -1.0, 0.0)
    seen = [float(optim.momentum_step(np.array([g]), 0.9, state)[0]) for g in gradients]
    expect(seen).equals(
        [1.0, 1.9, 2.71, 1.439, 1.2951], because="nine tenths of the old, and all of the gradient"
    )


@step("momentum")
def test_the_state_keeps_the_velocity(expect):
    state = {}
    optim.momentum_step(np.array([[2.0], [1.0]]), 0.5, state)
    optim.momentum_step(np.array([[-4.0], [1.0]]), 0.5, state)
    expect(state).equals(
        {"momentum_buffer": floats([[-3.0], [1.5]])}, because='it is found under "momentum_buffer"'
    )


@step("momentum")
def test_the_gradient_is_not_the_velocity(expect):
    first, state = np.array([2.0, -4.0]), {}
    optim.momentum_step(first, 0.5, state)
    second = np.array([1.0, 1.0])
    optim.momentum_step(second, 0.5, state)
    expect((first, second)).equals(
        (floats([2.0, -4.0]), floats([1.0, 1.0])), because="the velocity has memory of its own"
    )
    second[...] = 100.0
    expect(optim.momentum_step(np.array([0.0, 0.0]), 0.5, state)).equals(
        floats([1.0, -0.5]), because="what happens to a gradient later is none of its business"
    )


@step("momentum")
def test_a_state_that_was_loaded_goes_on(expect):
    state = {"momentum_buffer": np.array([8.0, -8.0], np.float32)}
    expect(optim.momentum_step(np.array([1.0, 1.0], np.float32), 0.25, state)).equals(
        floats([3.0, -1.0]),
        dtype=np.float32,
        because="a quarter of what was there, and the gradient",
    )


@step("momentum")
def test_the_state_may_hold_more(expect):
    state = {"square_avg": np.array([4.0])}
    optim.momentum_step(np.array([2.0]), 0.5, state)
    expect(state).equals(
        {"square_avg": floats([4.0]), "momentum_buffer": floats([2.0])},
        because="RMSprop keeps an average of its own beside the velocity",
    )


@step("nesterov")
def test_it_looks_along_the_velocity(expect):
    expect(optim.nesterov_step(np.array([1.0, 1.0]), np.array([1.0, 1.9]), 0.9)).equals(
        floats([1.9, 2.71]),
        because="rows 1 and 2 of the table: as far as the next velocity will be",
    )


@step("nesterov")
def test_it_turns_at_once(expect):
    expect(optim.nesterov_step(np.array([[-2.0]]), np.array([[-0.29]]), 0.9)).equals(
        floats([[-2.261]]), because="row 3 of the table: −2 − 0.9 · 0.29"
    )


@step("nesterov")
def test_it_changes_neither(expect):
    gradient, velocity = np.array([1.0, -2.0]), np.array([2.0, 4.0])
    expect(optim.nesterov_step(gradient, velocity, 0.25)).equals(
        floats([1.5, -1.0]), because="the gradient whole, and a quarter of the velocity"
    )
    expect((gradient, velocity)).equals(
        (floats([1.0, -2.0]), floats([2.0, 4.0])),
        because="the velocity is the state's, for the next step",
    )


@step("weight-decay")
def test_a_part_of_the_weight_is_added(expect):
    expect(optim.decayed_gradient(weight([2.0, -2.0], [0.5, 0.5]), 0.1)).equals(
        floats([0.7, 0.3]), because="0.5 + 0.1 · 2 and 0.5 − 0.1 · 2"
    )
    expect(optim.decayed_gradient(weight([2.0], [0.5]), 0.1)).equals(
        floats([0.7]), because="a single weight is pulled like any other"
    )


@step("weight-decay")
def test_without_a_slope_a_weight_fades(expect):
    expect(optim.decayed_gradient(weight([[4.0, -3.0, 0.0]], [[0.0, 0.0, 0.0]]), 0.25)).equals(
        floats([[1.0, -0.75, 0.0]]),
        because="the pull grows with the weight, and points away from zero",
    )


@step("weight-decay")
def test_neither_the_weight_nor_its_gradient_changes(expect):
    w = weight([4.0, -3.0], [1.0, 2.0], np.float32)
    expect(optim.decayed_gradient(w, 0.5)).equals(
        floats([3.0, 0.5]), dtype=np.float32, because="1 + 0.5 · 4 and 2 − 0.5 · 3"
    )
    expect((w, w.grad)).equals(([4.0, -3.0], [1.0, 2.0]), because="what is returned is a new array")


@step("sgd")
def test_plain_descent(expect):
    w = weight([1.0, -2.0])
    expect(path(optim.SGD([w], lr=0.1), w, [[2.0, 4.0], [1.0, -1.0]])).equals(
        [[0.8, -2.4], [0.7, -2.3]], because="lr times the gradient, each time"
    )


@step("sgd")
def test_the_step_is_taken_in_the_memory_that_is_there(expect):
    w = weight([1.0, -2.0])
    before = w.data
    path(optim.SGD([w], lr=0.1, momentum=0.9), w, [[2.0, 4.0]])
    expect(w.data is before).equals(
        True, because="whoever holds the parameter's array sees the step too"
    )


@step("sgd")
def test_plain_descent_remembers_nothing(expect):
    w = weight([1.0])
    optimizer = optim.SGD([w], lr=0.1)
    path(optimizer, w, [[2.0]])
    expect(optimizer.state[w]).equals(
        {}, because="a velocity would take as much memory as the weights"
    )


@step("sgd")
def test_momentum(expect):
    w = weight([1.0])
    expect(path(optim.SGD([w], lr=0.1, momentum=0.9), w, [[1.0], [1.0], [1.0], [-1.0]])).equals(
        [[0.9], [0.71], [0.439], [0.2951]], because="the velocities are 1, 1.9, 2.71 and 1.439"
    )


@step("sgd")
def test_nesterov(expect):
    w = weight([1.0])
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True)
    expect(path(optimizer, w, [[1.0], [1.0], [-2.0]])).equals(
        [[0.81], [0.539], [0.7651]], because="the directions are 1.9, 2.71 and −2.261"
    )
    expect(optimizer.state[w]).equals(
        {"momentum_buffer": floats([-0.29])},
        because="the velocity itself is kept, not the look ahead",
    )


@step("sgd")
def test_weight_decay_comes_first(expect):
    w = weight([2.0, -1.0])
    optimizer = optim.SGD([w], lr=0.1, weight_decay=0.5)
    expect(path(optimizer, w, [[0.5, 0.5]])).equals(
        [[1.85, -1.0]], because="0.5 + 0.5 · 2 is 1.5, and 0.5 − 0.5 · 1 is 0"
    )
    w = weight([2.0])
    optimizer = optim.SGD([w], lr=0.1, momentum=0.5, weight_decay=0.5)
    expect(path(optimizer, w, [[1.0], [0.0]])).equals(
        [[1.8], [1.61]], because="the pull of the first step is part of the second velocity: 1.9"
    )


@step("sgd")
def test_each_group_has_its_own_settings(expect):
    fast, slow = weight([1.0]), weight([1.0])
    groups = [{"params": [fast]}, {"params": [slow], "lr": 0.01, "momentum": 0.0}]
    optimizer = optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)
    for _ in range(2):
        fast.grad = slow.grad = Tensor(np.array([1.0]))
        optimizer.step()
    expect((fast, slow)).equals(
        ([0.539], [0.98]),
        because="the second group has a rate of 0.01 and no momentum, so nothing to look along",
    )


@step("sgd")
def test_a_new_rate_counts_at_once(expect):
    w = weight([1.0])
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    path(optimizer, w, [[1.0]])
    optimizer.param_groups[0]["lr"] = 0.01
    expect(path(optimizer, w, [[1.0]])).equals(
        [[0.881]], because="0.9 − 0.01 · 1.9: the velocity holds no rate"
    )


@step("sgd")
def test_float32_weights_and_their_gradient(expect):
    w = weight([1.0, 2.0], dtype=np.float32)
    optimizer = optim.SGD([w], lr=0.5, momentum=0.5, weight_decay=0.25, nesterov=True)
    path(optimizer, w, [[1.0, -1.0], [2.0, 0.0]])
    expect(w).equals([-1.60546875, 1.9921875], dtype=np.float32, because="the dtype stays")
    expect(w.grad).equals([2.0, 0.0], because="a step doesn't change the gradient")


@step("average")
def test_an_average_of_ones(expect):
    average, seen = np.array([0.0]), []
    for _ in range(3):
        optim.update_average(average, np.array([1.0]), 0.9)
        seen.append(float(average[0]))
    expect(seen).equals([0.1, 0.19, 0.271], because="nine tenths of the old, a tenth of the new")


@step("average")
def test_each_number_has_an_average(expect):
    average = np.array([[0.0, 4.0], [-8.0, 1.0]])
    optim.update_average(average, np.array([[1.0, 8.0], [8.0, 1.0]]), 0.75)
    expect(average).equals(
        floats([[0.25, 5.0], [-4.0, 1.0]]),
        because="three quarters of the old, a quarter of the new",
    )


@step("average")
def test_a_single_number_has_an_average(expect):
    average = np.array(4.0)
    optim.update_average(average, np.array(8.0), 0.75)
    expect(average).equals(
        floats(5.0), because="an array may be one number, with no axis to go along"
    )


@step("average")
def test_the_value_stays(expect):
    average, value = np.array([4.0], np.float32), np.array([8.0], np.float32)
    expect(optim.update_average(average, value, 0.75)).equals(
        None, because="it changes the average and returns nothing"
    )
    expect((average, value)).equals(
        (floats([5.0]), floats([8.0])), because="the value is the caller's"
    )
    optim.update_average(average, value, 0.0)
    expect(average).equals(floats([8.0]), because="kept nothing, the value is all there is")
    optim.update_average(average, np.array([1.0], np.float32), 1.0)
    expect(average).equals(floats([8.0]), because="kept whole, it doesn't move")


@step("rmsprop")
def test_the_size_cancels(expect):
    expect(optim.rms_step(np.array([4.0, 0.004, -0.5]), 0.99, 0.0, {})).equals(
        floats([10.0, 10.0, -10.0]), because="g by the root of 0.01 · g²: ten, with the sign of g"
    )


@step("rmsprop")
def test_the_state_keeps_the_average_of_squares(expect):
    state = {}
    optim.rms_step(np.array([[4.0], [-0.25]]), 0.75, 0.5, state)
    expect(state).equals(
        {"square_avg": floats([[4.0], [0.015625]])}, because="a quarter of 16, and of 0.0625"
    )
    optim.rms_step(np.array([[-2.0], [0.5]]), 0.75, 0.5, state)
    expect(state).equals(
        {"square_avg": floats([[4.0], [0.07421875]])},
        because="three quarters of that, and a quarter of g²",
    )


@step("rmsprop")
def test_the_second_step_divides_by_both(expect):
    state, gradients = {}, (4.0, -1.0, 0.0)
    seen = [float(optim.rms_step(np.array([g]), 0.75, 0.0, state)[0]) for g in gradients]
    expect(seen).equals(
        [2.0, -0.5547001962252291, 0.0], because="4/√4, then −1/√3.25, then 0: it may be at rest"
    )


@step("rmsprop")
def test_the_average_has_the_gradient_s_dtype(expect):
    state = {"momentum_buffer": np.array([1.0], np.float32)}
    expect(optim.rms_step(np.array([4.0], np.float32), 0.75, 0.0, state)).equals(
        floats([2.0]), dtype=np.float32, because="in float64 it would cost twice as much memory"
    )
    expect(state).equals(
        {"momentum_buffer": floats([1.0]), "square_avg": floats([4.0])},
        because="it begins at zero, whatever else the state holds",
    )


@step("rmsprop")
def test_eps_is_added_to_the_root(expect):
    expect(optim.rms_step(np.array([0.0, 2.0]), 0.75, 1.0, {})).equals(
        floats([0.0, 1.0]),
        because="2 / (√1 + 1), and 0 / (0 + 1) for a weight that never had a gradient",
    )


@step("rmsprop")
def test_the_gradient_stays(expect):
    gradient = np.array([4.0, -2.0], np.float32)
    state = {"square_avg": np.array([16.0, 4.0], np.float32)}
    expect(optim.rms_step(gradient, 0.5, 0.25, state)).equals(
        floats([16 / 17, -8 / 9]), dtype=np.float32, because="a mean of 16 for 4, and of 4 for −2"
    )
    expect(gradient).equals(floats([4.0, -2.0]), because="it is divided in a new array")


@step("rmsprop")
def test_the_whole_optimizer(expect):
    w = weight([1.0, 1.0])
    optimizer = optim.RMSprop([w], lr=0.1, alpha=0.75, eps=0.0)
    expect(path(optimizer, w, [[4.0, -0.004]])).equals(
        [[0.8, 1.2]], because="both go 0.1 · 2, though one slope is a thousand times the other"
    )


@step("correction")
def test_the_first_average_becomes_the_value(expect):
    expect(optim.corrected(np.array([0.1, -0.4]), 0.9, 1)).equals(
        floats([1.0, -4.0]), because="one value has come in, with a share of 0.1"
    )


@step("correction")
def test_the_second_and_the_third(expect):
    expect(optim.corrected(np.array([0.19]), 0.9, 2)).equals(
        floats([1.0]), because="the values' share is 1 − 0.81"
    )
    expect(optim.corrected(np.array([[0.271, 0.0]]), 0.9, 3)).equals(
        floats([[1.0, 0.0]]), because="and then 1 − 0.729"
    )


@step("correction")
def test_after_many_steps_nothing_is_left_to_mend(expect):
    expect(optim.corrected(np.array([3.0]), 0.5, 60)).equals(
        floats([3.0]), because="the beginning has no share any more"
    )


@step("correction")
def test_a_slow_average_is_mended_for_long(expect):
    values = 1 - 0.999**1000
    expect(optim.corrected(np.array([values]), 0.999, 1000)).equals(
        floats([1.0]), because="after 1,000 steps of 0.999 the values' share is only 0.63"
    )
    values = 1 - 0.999**2000
    expect(optim.corrected(np.array([values]), 0.999, 2000)).equals(
        floats([1.0]), because="after 2,000 it is 0.86: the formula has no end"
    )


@step("correction")
def test_the_average_stays(expect):
    average = np.array([0.75, -3.0], np.float32)
    expect(optim.corrected(average, 0.5, 2)).equals(
        floats([1.0, -4.0]), dtype=np.float32, because="by 1 − 0.25"
    )
    expect(average).equals(
        floats([0.75, -3.0]), because="the average lives on in the state, uncorrected"
    )


def adam(w, gradients, lr=0.1, betas=(0.9, 0.999), eps=0.0):
    """The places after each update, and both averages."""
    mean, square = np.zeros_like(w.data), np.zeros_like(w.data)
    places = []
    for count, gradient in enumerate(gradients, start=1):
        gradient = np.array(gradient, w.dtype)
        optim.adam_update(w, gradient, mean, square, count, lr, betas, eps)
        places.append(w.tolist())
    return places, mean, square


@step("adam")
def test_the_first_step_is_lr_long(expect):
    places, mean, square = adam(weight([1.0, 1.0, 1.0]), [[4.0, 0.0004, -2.0]])
    expect(places).equals(
        [[0.9, 0.9, 1.1]], because="whatever the size of the gradient; the sign says which way"
    )
    expect(mean).equals(floats([0.4, 0.00004, -0.2]), because="a tenth of the gradient")
    expect(square).equals(
        floats([0.016, 1.6e-10, 0.004]), atol=0, because="a thousandth of its square"
    )


@step("adam")
def test_the_second_step_of_the_table(expect):
    places, mean, square = adam(weight([1.0]), [[4.0], [1.0]])
    expect(places).equals([[0.9], [0.8169400839]], because="the direction is 2.421 / √8.496")
    expect(mean).equals(floats([0.46]), because="0.9 · 0.4 + 0.1 · 1, uncorrected")
    expect(square).equals(floats([0.016984]), because="0.999 · 0.016 + 0.001 · 1, uncorrected")


@step("adam")
def test_noise_makes_short_steps(expect):
    places, mean, square = adam(weight([0.0]), [[4.0], [-4.0], [4.0], [-4.0]], betas=(0.5, 0.75))
    expect(places[-1]).equals(
        [-0.1 + 0.1 / 3 - 0.3 / 7 + 0.1 / 3],
        because="the mean of +4 and −4 is small, that of their squares is 16",
    )
    expect((mean, square)).equals(
        (floats([-1.25]), floats([10.9375])), because="5/16 of −4, and 175/256 of 16"
    )


@step("adam")
def test_eps_is_added_to_the_corrected_root(expect):
    expect(adam(weight([1.0, 1.0]), [[4.0, 0.0]], eps=4.0)[0]).equals(
        [[0.95, 1.0]], because="4 / (√16 + 4) is a half, and 0 / (0 + 4) is no step"
    )


@step("adam")
def test_its_gradient_stays(expect):
    w, gradient = weight([[1.0], [2.0]], dtype=np.float32), np.array([[4.0], [-2.0]], np.float32)
    mean, square = np.ones((2, 1), np.float32), np.full((2, 1), 4.0, np.float32)
    optim.adam_update(w, gradient, mean, square, 3, 0.25, (0.5, 0.75), 0.5)
    expect(w).equals(
        [[0.8205163], [2.045636]],
        dtype=np.float32,
        because="by a quarter of 2.857 / (√12.11 + 0.5), and of −0.571 / (√6.919 + 0.5)",
    )
    expect((mean, square)).equals(
        (floats([[2.5], [-0.5]]), floats([[7.0], [4.0]])),
        because="both averages are changed in their memory",
    )
    expect(gradient).equals(floats([[4.0], [-2.0]]), because="the gradient is the caller's")


@step("adam")
def test_the_whole_optimizer_counts_for_each_parameter(expect):
    first, late = weight([1.0]), weight([1.0], [3.0])
    optimizer = optim.Adam([first, late], lr=0.1)
    late.grad = None
    path(optimizer, first, [[4.0], [1.0]])
    late.grad = Tensor(np.array([3.0]))
    path(optimizer, first, [[0.0]])
    expect(late).equals([0.9], because="its first step is lr long, though it is the third of all")


@step("adamw")
def test_decay_shrinks_the_weight_itself(expect):
    w = weight([1.0, -2.0])
    expect(path(optim.AdamW([w], lr=0.1, weight_decay=0.1), w, [[0.0, 0.0]])).equals(
        [[0.99, -1.98]], because="without a slope, lr · λ of the weight is all that goes"
    )
    w = weight([1.0, -2.0])
    expect(path(optim.AdamW([w], lr=0.1, weight_decay=0.001), w, [[0.0, 0.0]])).equals(
        [[0.9999, -1.9998]], because="a hundredth of the decay is a hundredth of the way"
    )


@step("adamw")
def test_it_shrinks_before_the_step(expect):
    w = weight([1.0, 3.0])
    expect(path(optim.AdamW([w], lr=0.1, weight_decay=0.1), w, [[4.0, -0.5]])).equals(
        [[0.89, 3.07]], because="0.99 · 1 − 0.1, and 0.99 · 3 + 0.1"
    )


@step("adamw")
def test_it_shrinks_in_every_step_by_the_settings_of_its_group(expect):
    first, second = weight([1.0]), weight([1.0])
    groups = [{"params": [first]}, {"params": [second], "lr": 0.5, "weight_decay": 0.5}]
    optimizer = optim.AdamW(groups, lr=0.1, weight_decay=0.1)
    for _ in range(2):
        first.grad = second.grad = Tensor(np.array([0.0]))
        optimizer.step()
    expect((first, second)).equals(
        ([0.9801], [0.5625]), because="0.99 · 0.99, and in the second group 0.75 · 0.75"
    )
    w = weight([1.0], [0.0])
    optimizer = optim.AdamW([w], lr=0.5, weight_decay=0.5)
    optimizer.param_groups[0].update(lr=0.1, initial_lr=0.5)
    optimizer.step()
    expect(w).equals([0.95], because="a schedule has lowered lr to 0.1: that of now counts")


@step("adamw")
def test_the_averages_are_those_of_the_bare_gradient(expect):
    w = weight([2.0], dtype=np.float32)
    optimizer = optim.AdamW([w], lr=0.5, betas=(0.5, 0.75), weight_decay=0.25)
    path(optimizer, w, [[4.0], [2.0]])
    expect(optimizer.state[w]).equals(
        {"step": 2, "exp_avg": floats([2.0]), "exp_avg_sq": floats([4.0])},
        because="half of 4 and then half of 2; a quarter of 16, and of 4: no decay in them",
    )
    expect(w.grad).equals([2.0], because="the gradient stays as it is")


@step("adamw")
def test_it_writes_into_the_weight_s_memory(expect):
    w = weight([1.0, -1.0], dtype=np.float32)
    memory = w.data
    path(optim.AdamW([w], lr=0.5, weight_decay=0.5), w, [[4.0, 0.0]])
    expect(memory).equals(
        floats([0.25, -0.75]),
        dtype=np.float32,
        because="whoever looks at this memory sees the step",
    )


def rates(schedule, base, epochs):
    return [schedule.lr_at(base, epoch) for epoch in epochs]


def made(name, *settings):
    """A schedule of an optimizer whose rate is 1."""
    return getattr(optim, name)(optim.SGD([weight([1.0])], lr=1.0), *settings)


@step("step-lr")
def test_down_a_stair(expect):
    expect(rates(made("StepLR", 2, 0.1), 1.0, range(6))).equals(
        [1.0, 1.0, 0.1, 0.1, 0.01, 0.01], because="a tenth of it whenever two epochs are over"
    )
    expect(rates(made("StepLR", 3, 0.5), 8.0, (10, 2, 3))).equals(
        [1.0, 8.0, 4.0], because="it follows from the epoch and the base alone, in any order"
    )


@step("step-lr")
def test_down_a_stair_of_small_rates(expect):
    expect(made("StepLR", 1, 0.5).lr_at(0.0003, 1)).equals(
        0.00015, atol=0, because="one epoch is over, so it is a half of 0.0003"
    )
    expect(made("StepLR", 1, 0.3).lr_at(1.0, 2)).equals(0.09, because="0.3 · 0.3")


@step("step-lr")
def test_an_optimizer_gets_its_rate(expect):
    first, second = weight([1.0]), weight([1.0])
    groups = [{"params": [first]}, {"params": [second], "lr": 0.5}]
    optimizer = optim.SGD(groups, lr=1.0)
    seen = []
    schedule = optim.StepLR(optimizer, 2, 0.1)
    for _ in range(5):
        seen.append(schedule.get_last_lr())
        schedule.step()
    expect(seen).equals(
        [[1.0, 0.5], [1.0, 0.5], [0.1, 0.05], [0.1, 0.05], [0.01, 0.005]],
        because="each group falls from its own base",
    )


@step("linear-lr")
def test_up_a_line(expect):
    expect(rates(made("LinearLR", 0.25, 1.0, 3), 1.0, range(6))).equals(
        [0.25, 0.5, 0.75, 1.0, 1.0, 1.0], because="a third of the way each epoch, and then it stays"
    )


@step("linear-lr")
def test_down_a_line(expect):
    expect(rates(made("LinearLR", 0.5, 0.1, 2), 10.0, range(4))).equals(
        [5.0, 3.0, 1.0, 1.0], because="a line may fall as well, and ends at the end factor"
    )


@step("linear-lr")
def test_a_line_of_small_rates(expect):
    expect(made("LinearLR", 0.5, 1.0, 2).lr_at(0.0003, 1)).equals(
        0.000225, atol=0, because="in the middle of the way from 0.5 to 1: 0.75 of 0.0003"
    )


@step("linear-lr")
def test_an_optimizer_warms_up(expect):
    w = weight([0.0])
    optimizer = optim.SGD([w], lr=0.5)
    schedule = optim.LinearLR(optimizer, 0.5, 1.0, 2)
    places = []
    for _ in range(4):
        places += path(optimizer, w, [[-8.0]])
        schedule.step()
    expect(places).equals(
        [[2.0], [5.0], [9.0], [13.0]],
        because="rates of 0.25, 0.375, and then 0.5, times a slope of 8",
    )


@step("cosine")
def test_half_a_wave(expect):
    expect(rates(made("CosineAnnealingLR", 4), 1.0, range(6))).equals(
        [1.0, 0.8535533906, 0.5, 0.1464466094, 0.0, 0.1464466094],
        because="half a wave in T_max epochs, and from there it rises",
    )


@step("cosine")
def test_half_a_wave_down_to_the_smallest_rate(expect):
    expect(rates(made("CosineAnnealingLR", 3, 0.2), 2.0, range(4))).equals(
        [2.0, 1.55, 0.65, 0.2], because="from the base to eta_min: a quarter of the way, then three"
    )


@step("cosine")
def test_half_a_wave_of_small_rates(expect):
    expect(made("CosineAnnealingLR", 3).lr_at(0.0003, 1)).equals(
        0.000225, atol=0, because="the cosine of 60° is a half, so the wave is at three quarters"
    )


@step("cosine")
def test_warm_up_and_then_a_cosine(expect):
    optimizer = optim.SGD([weight([1.0])], lr=1.0)
    warm = optim.LinearLR(optimizer, 0.5, 1.0, 2)
    wave = optim.CosineAnnealingLR(optimizer, 4)
    both = optim.SequentialLR(optimizer, [warm, wave], [2])
    expect(rates(both, 1.0, range(7))).equals(
        [0.5, 0.75, 1.0, 0.8535533906, 0.5, 0.1464466094, 0.0],
        because="two epochs up, and then four down",
    )


def arrays(*values):
    return [floats(each) for each in values]


@step("total-norm")
def test_the_norm_of_one_array(expect):
    expect(optim.total_norm(arrays([3.0, -4.0]), 2.0)).equals(5.0, because="√(9 + 16)")


@step("total-norm")
def test_the_norm_of_all(expect):
    expect(optim.total_norm(arrays([3.0, 4.0], [12.0]), 2.0)).equals(
        13.0, because="√(9 + 16 + 144), as if they were one array"
    )
    expect(optim.total_norm(arrays([[1.0, 2.0], [3.0, 4.0]], [0.0]), 2.0)).equals(
        5.477225575, because="a matrix is its numbers: √30"
    )


@step("total-norm")
def test_norms_of_other_kinds(expect):
    expect(optim.total_norm(arrays([3.0, -4.0], [-12.0], [2.0]), math.inf)).equals(
        12.0, because="the greatest size of all"
    )
    expect(optim.total_norm(arrays([3.0, -4.0], [12.0]), 1.0)).equals(
        19.0, because="the sum of the sizes"
    )


@step("total-norm")
def test_the_norm_of_nothing(expect):
    expect(optim.total_norm([], 2.0)).equals(0.0, because="nothing has no length")


@step("total-norm")
def test_the_norm_of_an_explosion(expect):
    expect(optim.total_norm(arrays([math.inf, 1.0], [2.0]), 2.0)).equals(
        math.inf, because="one number without end makes the whole arrow so long"
    )


@step("clip")
def test_all_gradients_shrink_together(expect):
    a, b = weight([0.0, 0.0], [3.0, 4.0]), weight([0.0], [12.0])
    optim.clip_grad_norm_([a, b], 1.0)
    expect((a.grad, b.grad)).equals(
        ([3 / 13, 4 / 13], [12 / 13]), rtol=1e-5, because="a thirteenth of each: 1 long together"
    )


@step("clip")
def test_it_returns_the_norm_before(expect):
    a, b = weight([0.0, 0.0], [3.0, 4.0], np.float32), weight([0.0], [12.0], np.float32)
    expect(optim.clip_grad_norm_([a, b], 1.0)).equals(
        13.0, dtype=np.float32, because="what was there before, in the gradients' dtype"
    )


@step("clip")
def test_short_ones_stay(expect):
    a = weight([0.0, 0.0], [3.0, 4.0])
    expect(optim.clip_grad_norm_([a], 100.0)).equals(5.0, because="5 is below the limit of 100")
    expect(a.grad).equals([3.0, 4.0], because="nothing is enlarged")


@step("clip")
def test_a_generator_and_a_parameter_without_a_gradient(expect):
    tensors = [weight([0.0, 0.0], [3.0, 4.0]), weight([1.0]), weight([[0.0]], [[12.0]])]
    expect(optim.clip_grad_norm_((t for t in tensors), 6.5)).equals(
        13.0, because="model.parameters() is a generator: one walk and it is spent"
    )
    expect([t.grad for t in tensors]).equals(
        [[1.5, 2.0], None, [[6.0]]], because="by half; where there is none, there is none"
    )


@step("clip")
def test_it_shrinks_them_where_they_lie(expect):
    a = weight([0.0, 0.0], [6.0, 8.0])
    held = a.grad
    optim.clip_grad_norm_([a], 5.0)
    expect(held).equals([3.0, 4.0], because="the gradient is the same tensor as before")


@step("clip")
def test_clipping_by_another_norm(expect):
    a, b = weight([0.0, 0.0], [3.0, -4.0]), weight([0.0], [8.0])
    expect(optim.clip_grad_norm_([a, b], 4.0, math.inf)).equals(
        8.0, because="the greatest size is 8"
    )
    expect((a.grad, b.grad)).equals(([1.5, -2.0], [4.0]), because="the greatest is 4 now")


@step("clip")
def test_gradients_of_zero(expect):
    a = weight([0.0, 0.0], [0.0, 0.0])
    expect(optim.clip_grad_norm_([a], 1.0)).equals(0.0, because="they have no length")
    expect(a.grad).equals([0.0, 0.0], because="and no direction to keep")


@step("clip")
def test_an_explosion_shows(expect):
    a = weight([0.0, 0.0], [math.inf, 1.0])
    expect(optim.clip_grad_norm_([a], 1.0)).equals(
        math.inf, because="whoever reads the log must see that a gradient exploded"
    )


@step("clip")
def test_a_millionth_is_added_to_the_norm(expect):
    a = weight([0.0, 0.0], [3e-6, 4e-6])
    optim.clip_grad_norm_([a], 3e-6)
    expect(a.grad).equals(
        [1.5e-6, 2e-6], atol=0, because="the factor is 3 / (5 + 1), counted in millionths"
    )
    b = weight([0.0], [2.0])
    optim.clip_grad_norm_([b], 0.0)
    expect(b.grad).equals([0.0], because="with a limit of 0 nothing is left")


def race(make, steps):
    """The distance from the goal of Rosenbrock's valley after each of so many steps."""
    w = weight([-1.2, 1.0])
    optimizer, distances = make([w]), []
    for _ in range(steps):
        x, y = w.tolist()
        wall = y - x * x
        w.grad = Tensor(np.array([-2 * (1 - x) - 400 * x * wall, 200 * wall]))
        optimizer.step()
        distances.append(float(np.hypot(*(w.data - 1))))
    return distances


@step("valley")
def test_plain_descent_crawls(expect):
    distances = race(lambda p: optim.SGD(p, lr=0.001), 700)
    expect(distances[0]).between(1.9, 2.1, because="one step down the wall brings it little nearer")
    expect(distances[-1]).between(0.5, 2.0, because="it is still far from the goal after 700 steps")


@step("valley")
def test_momentum_arrives(expect):
    distances = race(lambda p: optim.SGD(p, lr=0.001, momentum=0.9), 700)
    expect(min(distances)).between(0, 0.05, because="it gathers speed along the floor")
    nesterov = race(lambda p: optim.SGD(p, lr=0.001, momentum=0.9, nesterov=True), 700)
    expect(min(nesterov)).between(0, 0.05, because="and so does the look ahead")


@step("valley")
def test_adam_arrives(expect):
    distances = race(lambda p: optim.Adam(p, lr=0.1), 800)
    expect(min(distances)).between(0, 0.05, because="its steps are lr long wherever it agrees")


CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
XOR = [[0.0], [1.0], [1.0], [0.0]]


def learn(seed, make):
    """Train a network on XOR. Returns the losses and the four answers."""
    import tinytorch.autograd  # noqa: F401 - switches the recorder on

    manual_seed(seed)
    model = MLP((2, 4, 1), Tanh)
    optimizer, losses = make(model.parameters()), []
    for _ in range(500):
        optimizer.zero_grad()
        loss = ((sigmoid(model(Tensor(CORNERS))) - Tensor(XOR)) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, sigmoid(model(Tensor(CORNERS)))


@step("xor-1986")
def test_it_begins_by_guessing(expect):
    losses, _ = learn(0, lambda p: optim.SGD(p, lr=0.5, momentum=0.9))
    expect(losses[0]).between(0.2, 0.35, because="a half for everything has a loss of 0.25")
    expect(losses[-1]).between(0, 0.01, because="and it ends with hardly any")


@step("xor-1986")
def test_it_answers_the_four_points(expect):
    _, answers = learn(1, lambda p: optim.SGD(p, lr=0.5, momentum=0.9))
    wrong = np.abs(answers.data - np.array(XOR)).max()
    expect(float(wrong)).between(0, 0.1, because="each answer is within a tenth of 0 or 1")


@step("xor-1986")
def test_nesterov_learns_it_too(expect):
    losses, _ = learn(2, lambda p: optim.SGD(p, lr=0.5, momentum=0.9, nesterov=True))
    expect(losses[-1]).between(0, 0.01, because="another direction, the same goal")
