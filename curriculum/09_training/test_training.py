"""Step tests of module 09."""

import math
from functools import partial

import numpy as np

from tinytorch import training
from tinytorch.cnn import LeNet
from tinytorch.data import DataLoader, TensorDataset, load_digits, random_split
from tinytorch.layers import Dropout, Linear, Module, Parameter, manual_seed
from tinytorch.networks import Sequential
from tinytorch.optim import SGD, Adam, CosineAnnealingLR, LRScheduler
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import step


def leaf(*rows, dtype=np.float32):
    """A tensor that gets a gradient."""
    return Tensor(np.array(rows, dtype)).requires_grad_()


def gradients(loss, *weights):
    """What `loss` sends back to the tensors, as lists; None where nothing came."""
    weighted = loss if loss.ndim == 0 else (loss * Tensor(np.arange(1, loss.size + 1.0))).sum()
    if weighted.requires_grad:
        weighted.backward()
    return [None if weight.grad is None else weight.grad.tolist() for weight in weights]


def line(w):
    """The model w · x."""
    model = Linear(1, 1, bias=False)
    model.weight.data = np.array([[w]], dtype=np.float32)
    return model


def batch(*pairs):
    """Inputs and targets, a row each."""
    return Tensor([[float(x)] for x, _ in pairs]), Tensor([[float(y)] for _, y in pairs])


def squared(outputs, targets):
    """The mean square, without the student's own."""
    return ((outputs - targets) * (outputs - targets)).mean()


def trainer(model, loss=squared, lr=0.1, **settings):
    settings = {"metric": None, **settings}
    return training.Trainer(model, SGD(model.parameters(), lr=lr), loss, **settings)


class Halves(LRScheduler):
    """Half the rate in each epoch."""

    def lr_at(self, base_lr, epoch):
        return base_lr / 2**epoch


class Watched(Module):
    """Passes its input on, and notes in which mode."""

    def __init__(self):
        super().__init__()
        self.was_training = []

    def forward(self, input):
        self.was_training.append(self.training)
        return input


class Counting(SGD):
    """SGD that counts its steps."""

    steps = 0

    def step(self):
        self.steps += 1
        super().step()


class Constant(Module):
    """A model of one weight that a test moves by hand."""

    def __init__(self):
        self.weight = Parameter([0.0])

    def forward(self, input):
        return input * self.weight


def excess(outputs, targets):
    """How far the outputs lie above the targets: a loss without a lowest point."""
    return (outputs - targets).mean()


def too_low(outputs, targets):
    """The share of outputs that are below their targets."""
    return float((outputs.data < targets.data).mean())


@step("mse")
def test_errors_are_squared_and_averaged(expect):
    predicted, wanted = Tensor([1.0, 2.0, 5.0, 0.0]), Tensor([3.0, 2.0, 4.0, 1.0])
    expect(training.mse_loss(predicted, wanted)).equals(
        1.5, because="the errors are -2, 0, 1 and -1, their squares 4, 0, 1 and 1"
    )
    expect(training.mse_loss(Tensor([3000.0, 3001.0]), Tensor([3000.5, 3000.5]))).equals(
        0.25, because="3000.5² has eight digits, more than float32: the difference comes first"
    )


@step("mse")
def test_the_mean_is_over_all_numbers(expect):
    predicted = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    wanted = Tensor([[2.0, 0.0, 3.0], [1.0, 5.0, 8.0]])
    expect(training.mse_loss(predicted, wanted)).equals(
        3.0, because="1, 4, 0, 9, 0 and 4 are 18, and there are six of them"
    )


@step("mse")
def test_the_caller_says_how_to_reduce(expect):
    predicted, wanted = Tensor([[1.0, 2.0, 5.0]]), Tensor([[3.0, 2.0, 4.0]])
    expect(training.mse_loss(predicted, wanted, "none")).equals(
        [[4.0, 0.0, 1.0]], because="each square by itself was asked for"
    )
    expect(training.mse_loss(predicted, wanted, reduction="sum")).equals(
        5.0, because="the sum of 4, 0 and 1 was asked for"
    )


@step("mse")
def test_the_slope_of_the_squares(expect):
    predicted = leaf(1.0, 2.0, 5.0, 0.0)
    wanted = Tensor([3.0, 2.0, 4.0, 1.0])
    expect(gradients(training.mse_loss(predicted, wanted), predicted)).equals(
        [[-1.0, 0.0, 0.5, -0.5]], because="2/N times the error: the worse, the harder it is pulled"
    )


@step("mse")
def test_the_slope_of_each_square(expect):
    predicted, wanted = leaf(1.0, 5.0), leaf(3.0, 4.0)
    loss = training.mse_loss(predicted, wanted, "none")
    expect(gradients(loss, predicted, wanted)).equals(
        [[-4.0, 4.0], [4.0, -4.0]],
        because="2 · -2, and twice 2 · 1, as the second square counts twice; the targets' opposite",
    )


@step("mse")
def test_the_dtype_of_the_predictions_stays(expect):
    predicted = Tensor(np.array([0.1, 0.7]))
    expect(training.mse_loss(predicted, Tensor(np.array([0.2, 0.4])))).equals(
        0.05, dtype=np.float64, because="float64 goes in and comes out: (0.01 + 0.09) / 2"
    )


@step("mse")
def test_a_column_is_not_compared_with_a_row(expect):
    column, row = Tensor([[0.0], [1.0], [2.0], [3.0]]), Tensor([0.0, 1.0, 2.0, 3.0])
    expect(training.mse_loss(column, column)).equals(0.0, because="every prediction is perfect")
    expect.raises(
        ValueError,
        training.mse_loss,
        column,
        row,
        mentions=("shape",),
        because="(4, 1) and (4,) broadcast to (4, 4): each would be compared with all",
    )


@step("softplus")
def test_a_soft_bend(expect):
    expect(training.softplus(Tensor([0.0, 1.0, -1.0]))).equals(
        [0.6931472, 1.3132617, 0.3132617], because="log 2, log(1 + e) and log(1 + 1/e)"
    )


@step("softplus")
def test_far_above_it_is_x(expect):
    expect(training.softplus(Tensor([17.0, 89.0, 1000.0]))).equals(
        [17.0, 89.0, 1000.0],
        because="1 is nothing beside e to the 17th, and must not be lost in it",
    )


@step("softplus")
def test_far_below_it_is_nothing(expect):
    expect(training.softplus(Tensor([-17.0, -89.0, -1000.0]))).equals(
        [0.0, 0.0, 0.0], because="the logarithm of 1 and almost nothing", atol=1e-6
    )


@step("softplus")
def test_neighbours_do_not_matter(expect):
    expect(training.softplus(Tensor([[0.0, 1000.0, -1000.0], [-2.0, 3.0, 0.5]]))).equals(
        [[0.6931472, 1000.0, 0.0], [0.126928, 3.0485873, 0.974077]],
        because="each element is computed by itself, whatever stands beside it",
        atol=1e-6,
    )


@step("softplus")
def test_its_slope_is_the_sigmoid(expect):
    x = leaf(0.0, 2.0, -2.0, 1000.0, -1000.0)
    expect(gradients(training.softplus(x), x)).equals(
        [[0.5, 2 * 0.880797, 3 * 0.119203, 4.0, 0.0]],
        because="the sigmoid, counted once, twice, …, five times; at 0 it is a half",
    )


@step("softplus")
def test_softplus_keeps_the_dtype(expect):
    expect(training.softplus(Tensor(np.array([0.5])))).equals(
        [0.9740769841801067], dtype=np.float64, rtol=1e-12, because="float64 goes in and comes out"
    )


BCE = "binary_cross_entropy_with_logits"


@step("bce")
def test_a_coin_costs_ln_2(expect):
    loss = getattr(training, BCE)
    expect(loss(Tensor([0.0, 0.0]), Tensor([1.0, 0.0]))).equals(
        0.6931472, because="a score of 0 gives both a chance of a half"
    )


@step("bce")
def test_what_the_truth_costs(expect):
    loss = getattr(training, BCE)
    scores = Tensor([[2.0, 2.0], [-1.0, -3.0]])
    expect(loss(scores, Tensor([[1.0, 0.0], [1.0, 0.0]]), "none")).equals(
        [[0.126928, 2.126928], [1.3132617, 0.0485874]],
        because="a yes costs softplus(-x), a no costs x more",
    )


@step("bce")
def test_a_target_may_lie_between(expect):
    loss = getattr(training, BCE)
    expect(loss(Tensor([2.0]), Tensor([0.3]))).equals(
        1.526928, because="0.3 of the price of a yes and 0.7 of that of a no"
    )


@step("bce")
def test_a_thousand_is_no_trouble(expect):
    loss = getattr(training, BCE)
    scores = Tensor([1000.0, -1000.0, 1000.0, -1000.0])
    expect(loss(scores, Tensor([1.0, 0.0, 0.0, 1.0]), reduction="none")).equals(
        [0.0, 0.0, 1000.0, 1000.0], because="to be sure and right is free; sure and wrong costs x"
    )


@step("bce")
def test_the_caller_says_how_to_reduce_bce(expect):
    loss = getattr(training, BCE)
    scores, targets = Tensor([[0.0, 0.0], [1.0, 0.0]]), Tensor([[1.0, 0.0], [1.0, 1.0]])
    expect(loss(scores, targets, "sum")).equals(2.3927033, because="the sum was asked for")
    expect(loss(scores, targets)).equals(0.5981758, because="without a word it is the mean")


@step("bce")
def test_the_slope_is_chance_minus_truth(expect):
    x = leaf(0.0, 2.0, 1000.0, -1000.0)
    loss = getattr(training, BCE)(x, Tensor([1.0, 0.25, 0.0, 1.0]), "sum")
    expect(gradients(loss, x)).equals(
        [[-0.5, 0.630797, 1.0, -1.0]],
        because="½ - 1, 0.88 - ¼, 1 - 0 and 0 - 1: a wrong answer is mended, however sure",
    )


@step("bce")
def test_bce_keeps_the_dtype(expect):
    loss = getattr(training, BCE)
    expect(loss(Tensor(np.array([0.5])), Tensor(np.array([1.0])))).equals(
        0.4740769841801067, dtype=np.float64, rtol=1e-12, because="float64 goes in and comes out"
    )


@step("bce")
def test_what_is_no_chance_is_refused(expect):
    loss = getattr(training, BCE)
    column, row = Tensor([[0.0], [0.0]]), Tensor([1.0, 0.0])
    expect(loss(column, column)).equals(0.6931472, because="two coins cost ln 2 each")
    expect.raises(
        ValueError,
        loss,
        column,
        row,
        mentions=("shape",),
        because="(2, 1) and (2,) broadcast to (2, 2): each would be compared with both",
    )
    expect.raises(
        ValueError,
        loss,
        row,
        Tensor([2.0, 0.0]),
        mentions=("0 to 1",),
        because="a target is a chance, and 2 is none",
    )


@step("cross-entropy")
def test_minus_log_of_the_chance_of_the_right_class(expect):
    expect(training.cross_entropy(Tensor([[2.0, 1.0, 0.0]]), Tensor([0]))).equals(
        0.407606, because="softmax gives the right class 0.665"
    )


@step("cross-entropy")
def test_knowing_nothing_costs_ln_10(expect):
    scores = Tensor(np.zeros((3, 10), np.float32))
    expect(training.cross_entropy(scores, Tensor([3, 0, 9]))).equals(
        2.3025851, because="each of ten classes gets a tenth"
    )


SCORES = ((2.0, 1.0, 0.0, -1.0), (0.0, 3.0, 0.5, 0.0), (1.0, -1.0, 0.0, 4.0))


@step("cross-entropy")
def test_each_row_is_asked_for_its_own_label(expect):
    expect(training.cross_entropy(Tensor(SCORES), Tensor([1, 1, 0]), "none")).equals(
        [1.4401897, 0.1669195, 3.0721724],
        because="row 0 with column 1, row 1 with column 1, row 2 with column 0",
    )


@step("cross-entropy")
def test_a_score_of_a_thousand(expect):
    scores = Tensor([[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 0.0]])
    expect(training.cross_entropy(scores, Tensor([1, 1]), reduction="none")).equals(
        [2000.0, 0.0], because="to be sure and wrong costs the difference of the scores"
    )


@step("cross-entropy")
def test_the_caller_says_how_to_reduce_cross_entropy(expect):
    labels = Tensor([1, 1, 0])
    expect(training.cross_entropy(Tensor(SCORES), labels, "sum")).equals(
        4.6792816, because="the sum of 1.44, 0.17 and 3.07"
    )
    expect(training.cross_entropy(Tensor(SCORES), labels)).equals(
        1.5597605, because="without a word it is the mean over the three rows"
    )


@step("cross-entropy")
def test_the_slope_is_softmax_less_one_at_the_label(expect):
    x = leaf([2.0, 1.0, 0.0], [1000.0, -1000.0, 0.0])
    expect(gradients(training.cross_entropy(x, Tensor([0, 1]), "sum"), x)).equals(
        [[[-0.334759, 0.2447285, 0.0900306], [1.0, -1.0, 0.0]]],
        because="chance minus truth: what was too likely is pushed down, the right one up",
    )


@step("cross-entropy")
def test_the_target_is_smoothed_on_request(expect):
    loss = training.cross_entropy(Tensor(SCORES), Tensor([1, 1, 0]), "none", 0.2)
    expect(loss).equals(
        [1.5401897, 0.5919195, 3.0721724],
        because="0.8 of the loss and 0.2 of the mean over all four classes",
    )
    expect.raises(
        ValueError,
        training.cross_entropy,
        Tensor(SCORES),
        Tensor([1, 1, 0]),
        label_smoothing=1.5,
        mentions=("0 to 1",),
        because="it is a share of the target, and 1.5 is more than all of it",
    )
    loss = training.cross_entropy(Tensor(SCORES), Tensor([1, 1, 0]), label_smoothing=0.2)
    expect(loss).equals(1.7347605, because="each row is smoothed, and then the mean is taken")


@step("cross-entropy")
def test_cross_entropy_keeps_the_dtype(expect):
    scores = Tensor(np.array([[0.5, 0.0]]))
    expect(training.cross_entropy(scores, Tensor([0]))).equals(
        0.4740769841801067, dtype=np.float64, rtol=1e-12, because="float64 goes in and comes out"
    )


@step("cross-entropy")
def test_a_label_below_zero_is_no_class(expect):
    scores = Tensor([[2.0, 1.0, 0.0]])
    expect(training.cross_entropy(scores, Tensor([2]))).equals(
        2.407606, because="softmax gives the last class 0.09"
    )
    expect.raises(
        IndexError,
        training.cross_entropy,
        scores,
        Tensor([-1]),
        mentions=("label",),
        because="as an index -1 would be the last class, and nobody would notice",
    )


FOUR = ((0.1, 2.0, 0.3), (4.0, 0.0, 1.0), (0.0, 1.0, 0.5), (-3.0, -9.0, -0.2))


@step("accuracy")
def test_three_of_four(expect):
    expect(training.accuracy(Tensor(FOUR), Tensor([1, 0, 2, 2]))).equals(
        0.75, because="the highest scores are those of 1, 0, 1 and 2"
    )
    expect(
        training.accuracy(Tensor([[0.0, 0.0], [3.0, 3.0], [1.0, 1.0]]), Tensor([0, 1, 1]))
    ).equals(1 / 3, because="of two equal scores the first counts, so the answer is 0 each time")


@step("accuracy")
def test_all_and_none(expect):
    expect(training.accuracy(Tensor(FOUR), Tensor([1, 0, 1, 2]))).equals(
        1.0, because="all four are right, with scores below a half too"
    )
    expect(training.accuracy(Tensor(FOUR[:3]), Tensor([0, 1, 2]))).equals(
        0.0, because="none of the three is right"
    )


@step("accuracy")
def test_one_of_five(expect):
    scores, labels = Tensor((*FOUR, (0.0, 0.0, 1.0))), Tensor([0, 1, 2, 1, 2])
    expect(training.accuracy(scores, labels)).equals(0.2, because="the last of five is right")


@step("accuracy")
def test_only_the_order_of_the_scores_counts(expect):
    scores = Tensor([[-7.0, -5.0], [0.9, 0.8], [100.0, 99.0]])
    expect(training.accuracy(scores, Tensor([1, 1, 1]))).equals(
        1 / 3, because="-5 is above -7, and both others answer 0"
    )


@step("accuracy")
def test_a_label_belongs_to_a_row(expect):
    expect(training.accuracy(Tensor(FOUR), Tensor([1, 0, 2, 0]))).equals(
        0.5, because="the first two are right"
    )
    expect.raises(
        ValueError,
        training.accuracy,
        Tensor(FOUR),
        Tensor([[1], [0], [2], [0]]),
        mentions=("labels",),
        because="labels (4, 1) beside answers (4,) would compare each with all",
    )


@step("confusion")
def test_rows_are_labels_and_columns_answers(expect):
    scores, labels = Tensor((*FOUR, (0.0, 0.0, 1.0))), Tensor([1, 0, 2, 2, 0])
    expect(training.confusion_matrix(scores, labels)).equals(
        [[1, 0, 1], [0, 1, 0], [0, 1, 1]],
        because="a 2 was taken for a 1: row 2, column 1; and a 0 for a 2: row 0, column 2",
    )
    expect(training.confusion_matrix(Tensor([[0.0, 0.0]]), Tensor([1]))).equals(
        [[0, 0], [1, 0]], because="of two equal scores the first is the answer, whatever the label"
    )


@step("confusion")
def test_a_pair_that_comes_again_counts_again(expect):
    scores = Tensor([FOUR[0]] * 8 + [FOUR[1]])
    expect(training.confusion_matrix(scores, Tensor([2] * 9))).equals(
        [[0, 0, 0], [0, 0, 0], [1, 8, 0]], because="eight twos were taken for ones, one for a zero"
    )
    expect(training.confusion_matrix(Tensor([[0.0, 1.0]] * 300), Tensor([1] * 300))).equals(
        [[0, 0], [0, 300]], because="three hundred are more than eight bits can count"
    )


@step("confusion")
def test_a_class_that_did_not_come_has_its_place(expect):
    expect(training.confusion_matrix(Tensor([[1.0, 0.0, 0.0, 0.0]]), Tensor([1]))).equals(
        [[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
        dtype=np.int64,
        because="there are four classes, whatever labels came",
    )


@step("confusion")
def test_a_label_that_is_no_class_has_no_row(expect):
    scores = Tensor(FOUR[:2])
    expect(training.confusion_matrix(scores, Tensor([0, 2]))).equals(
        [[0, 1, 0], [0, 0, 0], [1, 0, 0]], because="a 0 was taken for a 1, and a 2 for a 0"
    )
    expect.raises(
        IndexError,
        training.confusion_matrix,
        scores,
        Tensor([0, -1]),
        mentions=("label",),
        because="as an index -1 would be the last row, and nobody would notice",
    )


@step("train-batch")
def test_one_batch_moves_the_weight(expect):
    model = line(1.0)
    expect(trainer(model).train_batch(*batch((1, 3)))).equals(
        {"loss": 4.0}, because="w is 1, so the model is wrong by 2, squared 4"
    )
    expect(model.weight).equals(
        [[1.4]], because="the slope of (w - 3)² at 1 is -4, and w goes 0.1 · 4 against it"
    )


@step("train-batch")
def test_each_batch_steps_along_its_own_slope(expect):
    model = line(1.0)
    loop = trainer(model)
    loop.train_batch(*batch((1, 3)))
    expect(loop.train_batch(*batch((2, 0)))).equals(
        {"loss": 7.84}, because="the second batch meets w = 1.4: (2 · 1.4)²"
    )
    expect(model.weight).equals(
        [[0.28]], because="at 1.4 the slope of (2w)² is 11.2, and only that counts in its step"
    )


@step("train-batch")
def test_gradients_from_before_count_no_more(expect):
    model = line(1.0)
    squared(model(Tensor([[5.0]])), Tensor([[0.0]])).backward()
    trainer(model).train_batch(*batch((1, 3)))
    expect(model.weight).equals([[1.4]], because="the gradient that lay there was of other inputs")


@step("train-batch")
def test_there_is_one_step(expect):
    model = line(1.0)
    optimizer = Counting(model.parameters(), lr=0.1)
    training.Trainer(model, optimizer, squared, metric=None).train_batch(*batch((1, 3), (1, 3)))
    expect(optimizer.steps).equals(1, because="a batch has one step, however many examples")


@step("train-batch")
def test_any_loss_gets_the_outputs_first(expect):
    model = line(1.0)
    expect(trainer(model, excess).train_batch(*batch((2, 5)))).equals(
        {"loss": -3.0}, because="this loss is the output, 2, minus the target, 5"
    )
    expect(model.weight).equals([[0.8]], because="its slope is x, which is 2")


@step("train-batch")
def test_the_metric_is_of_the_same_outputs(expect):
    loop = trainer(line(1.0), metric=too_low, lr=1.0)
    expect(loop.train_batch(*batch((1, 3), (1, 0), (1, 3), (1, 2)))).equals(
        {"loss": 2.5, "too_low": 0.75},
        because="before the step all outputs are 1, and three of four targets are above",
    )
    watch = Watched()
    trainer(Sequential(watch, line(1.0)), metric=too_low).train_batch(*batch((1, 3)))
    expect(len(watch.was_training)).equals(
        1, because="one prediction serves both: with dropout another would be of another network"
    )


@step("train-batch")
def test_gradients_are_clipped_before_the_step(expect):
    model = line(1.0)
    trainer(model, max_norm=0.5).train_batch(*batch((1, 3)))
    expect(model.weight).equals([[1.05]], because="the gradient of -4 is cut to 0.5: 1 + 0.1 · 0.5")
    model = Linear(1, 1)
    model.weight.data[...], model.bias.data[...] = 1.0, 0.0
    trainer(model, max_norm=2.0).train_batch(*batch((1, 3)))
    expect((model.weight, model.bias)).equals(
        ([[1.1414214]], [0.1414214]),
        because="the slopes of -4 and -4 are 5.66 long together, and that is cut to 2",
    )


@step("train-batch")
def test_the_schedule_waits_for_the_end_of_the_epoch(expect):
    loop = trainer(line(1.0))
    loop.scheduler = Halves(loop.optimizer)
    loop.train_batch(*batch((1, 3)))
    expect(loop.optimizer.param_groups[0]["lr"]).equals(
        0.1, because="the schedule goes on after each epoch, and `run_epoch` sees to that"
    )


@step("overfit")
def test_the_losses_down_to_the_goal(expect):
    loop = trainer(line(1.0), lr=0.25)
    expect(training.overfit_batch(loop, *batch((1, 3)), goal=0.1)).equals(
        [4.0, 1.0, 0.25, 0.0625], because="each step halves the error, and 0.0625 is below 0.1"
    )


@step("overfit")
def test_at_the_goal_is_enough(expect):
    loop = trainer(line(1.0), lr=0.25)
    expect(training.overfit_batch(loop, *batch((1, 3)), goal=0.25)).equals(
        [4.0, 1.0, 0.25], because="the third loss is 0.25, which is at most 0.25"
    )


@step("overfit")
def test_it_gives_up_after_some_steps(expect):
    loop = trainer(line(1.0), lr=0.25)
    expect(training.overfit_batch(loop, *batch((1, 3)), steps=2)).equals(
        [4.0, 1.0], because="two steps were allowed, and the goal was not reached"
    )
    expect(loop.model.weight).equals([[2.5]], because="there were two steps, to 2 and to 2.5")
    loop = trainer(line(1.0), lr=1.5)
    expect(training.overfit_batch(loop, *batch((1, 3)), steps=3)).equals(
        [4.0, 16.0, 64.0], because="it takes its steps also where the loss rises"
    )
    expect(training.overfit_batch(loop, *batch((1, 3)), steps=0)).equals(
        [], because="no step was allowed, so nothing is learned and nothing noted"
    )


@step("overfit")
def test_without_a_word_the_goal_is_a_hundredth(expect):
    loop = trainer(line(1.0), lr=0.25)
    losses = training.overfit_batch(loop, *batch((1, 3)))
    expect(losses[-1]).equals(0.00390625, because="4 is divided by 4 until it is at most 0.01")
    expect(len(losses)).equals(6, because="4, 1, ¼, 1/16, 1/64 and 1/256")


@step("overfit")
def test_five_hundred_steps_are_enough(expect):
    loop = trainer(line(1.0), lr=0.0)
    expect(len(training.overfit_batch(loop, *batch((1, 3))))).equals(
        500, because="with a learning rate of 0 nothing is learned, and there are 500 steps"
    )


@step("overfit")
def test_it_learns_in_train_mode(expect):
    layer = Watched()
    loop = trainer(Sequential(line(1.0), layer), lr=0.25)
    loop.model.eval()
    training.overfit_batch(loop, *batch((1, 3)), goal=1.0)
    expect(layer.was_training).equals(
        [True, True], because="learning is done in train mode, every time"
    )


@step("train-epoch")
def test_an_epoch_by_hand(expect):
    model = line(1.0)
    record = trainer(model).train_epoch([batch((1, 3)), batch((2, 0))])
    expect(record).equals({"loss": 5.92}, because="4 at w = 1, then 7.84 at w = 1.4")
    expect(model.weight).equals([[0.28]], because="two batches, two steps: to 1.4 and to 0.28")


@step("train-epoch")
def test_each_batch_has_a_step_of_its_own(expect):
    model = line(1.0)
    optimizer = Counting(model.parameters(), lr=0.1)
    loop = training.Trainer(model, optimizer, squared, metric=None)
    loop.train_epoch([batch((1, 3)), batch((2, 0)), batch((0, 1))])
    expect(optimizer.steps).equals(3, because="there were three batches, and each has one step")


@step("train-epoch")
def test_each_example_counts_the_same(expect):
    loop = trainer(line(1.0))
    loader = [batch((1, 3), (1, 3), (1, 3)), batch((0, 0))]
    expect(loop.train_epoch(loader)).equals(
        {"loss": 3.0}, because="three examples had a loss of 4 and one of 0: 12 / 4"
    )


@step("train-epoch")
def test_each_epoch_has_a_mean_of_its_own(expect):
    loop = trainer(line(1.0), lr=0.25)
    losses = [loop.train_epoch([batch((1, 3))])["loss"] for _ in range(2)]
    expect(losses).equals([4.0, 1.0], because="the second epoch has one batch, with a loss of 1")


@step("train-epoch")
def test_a_wide_example_is_one_example(expect):
    loop = trainer(Constant())
    wide = Tensor([[0.0, 0.0, 0.0, 0.0]])
    loader = [batch((0, 2), (0, 2), (0, 2)), (wide, wide)]
    expect(loop.train_epoch(loader)).equals(
        {"loss": 3.0}, because="three examples had a loss of 4 and one, of four numbers, of 0: 12/4"
    )


@step("train-epoch")
def test_the_losses_are_those_from_before_each_step(expect):
    loop = trainer(line(1.0))
    expect(loop.train_epoch([batch((1, 3)), batch((2, 0), (2, 0))])).equals(
        {"loss": 19.68 / 3}, because="4 at w = 1, then twice 7.84 at w = 1.4"
    )


@step("train-epoch")
def test_the_model_is_in_train_mode(expect):
    layer = Watched()
    loop = trainer(Sequential(line(1.0), layer))
    loop.model.eval()
    loop.train_epoch([batch((1, 3)), batch((2, 0))])
    expect(layer.was_training).equals(
        [True, True], because="an evaluation left it in eval mode, and training ends that"
    )


@step("train-epoch")
def test_the_metric_is_averaged_too(expect):
    loop = trainer(line(1.0), metric=too_low)
    loader = [batch((1, 3), (1, 0), (1, 3)), batch((0, 1)), batch((0, -5), (0, 0.5))]
    expect(loop.train_epoch(loader)["too_low"]).equals(
        2 / 3, because="four of six outputs were below their targets: 2 of 3, 1 of 1, 1 of 2"
    )


@step("train-epoch")
def test_a_loader_may_be_any_row_of_batches(expect):
    loop = trainer(line(1.0))
    loader = (batch((x, 3)) for x in (1, 0, 2))
    expect(loop.train_epoch(loader)).equals(
        {"loss": 4.3466667}, because="4, 9 and 0.04: nobody knows in advance that there are three"
    )


@step("train-epoch")
def test_no_batch_is_refused(expect):
    expect.raises(
        ValueError,
        trainer(line(1.0)).train_epoch,
        [],
        mentions=("batch",),
        because="the mean of nothing is no number",
    )


@step("train-epoch")
def test_what_is_no_batch_is_refused(expect):
    expect.raises(
        TypeError,
        trainer(line(1.0)).train_epoch,
        [Tensor([[1.0]])],
        mentions=("pair",),
        because="a batch is a pair of inputs and targets",
    )


@step("evaluate")
def test_evaluating_counts_each_example_the_same(expect):
    loop = trainer(line(1.0))
    loader = [batch((1, 3), (1, 3), (1, 3)), batch((0, 0))]
    expect(loop.evaluate(loader)).equals(
        {"loss": 3.0}, because="three examples have a loss of 4 and one of 0: 12 / 4"
    )


@step("evaluate")
def test_nothing_is_learned(expect):
    model = line(1.0)
    loop = trainer(model)
    expect(loop.evaluate([batch((1, 3)), batch((2, 0))])).equals(
        {"loss": 4.0}, because="4 and 2 · 2, both at w = 1"
    )
    expect(model.weight).equals([[1.0]], because="held-out examples move no weight")


@step("evaluate")
def test_a_gradient_that_lies_there_is_left_alone(expect):
    model = line(1.0)
    loop = trainer(model)
    squared(model(Tensor([[1.0]])), Tensor([[3.0]])).backward()
    loop.evaluate([batch((1, 3))])
    expect(model.weight).equals(
        [[1.0]], because="the gradient of a training batch lies there, and nobody asked for a step"
    )


@step("evaluate")
def test_the_model_is_in_eval_mode(expect):
    layer = Watched()
    loop = trainer(Sequential(line(1.0), layer))
    loop.model.train()
    loop.evaluate([batch((1, 3)), batch((2, 0))])
    expect(layer.was_training).equals(
        [False, False], because="dropout must not drop, nor batch norm learn, where one measures"
    )


@step("evaluate")
def test_nothing_is_recorded(expect):
    recorded = []

    def watching(outputs, targets):
        recorded.append(outputs.requires_grad)
        return excess(outputs, targets)

    record = trainer(line(1.0), watching).evaluate([batch((2, 5)), batch((3, 1))])
    expect(recorded).equals(
        [False, False], because="nobody will call backward, so no graph is built"
    )
    expect(record).equals({"loss": -0.5}, because="2 - 5 and 3 - 1: the outputs come first")


@step("evaluate")
def test_the_metric_is_evaluated_too(expect):
    loop = trainer(line(1.0), metric=too_low)
    loader = (each for each in [batch((1, 3), (1, 0), (1, 3)), batch((0, 1))])
    expect(loop.evaluate(loader)).equals(
        {"loss": 2.5, "too_low": 0.75}, because="(4 + 1 + 4 + 1) / 4, and three of four are below"
    )


@step("evaluate")
def test_no_batch_has_no_mean(expect):
    expect.raises(
        ValueError,
        trainer(line(1.0)).evaluate,
        [],
        mentions=("batch",),
        because="the mean of nothing is no number",
    )


class Patient(training.EarlyStopping):
    """Has enough after some epochs, and writes down what it was asked."""

    def __init__(self, enough):
        super().__init__("loss", 100)
        self.enough, self.notes = enough, []

    def step(self, record, _model):
        self.notes.append(record["epoch"])
        return len(self.notes) >= self.enough

    def restore(self, _model):
        self.notes.append("restored")


@step("fit")
def test_epoch_after_epoch(expect):
    model = line(1.0)
    history = trainer(model, lr=0.25).fit([batch((1, 3))], epochs=3)
    expect(history).equals(
        [
            {"epoch": 1, "lr": 0.25, "loss": 4.0},
            {"epoch": 2, "lr": 0.25, "loss": 1.0},
            {"epoch": 3, "lr": 0.25, "loss": 0.25},
        ],
        because="each epoch halves the error, and has a record",
    )


@step("fit")
def test_without_a_word_it_is_one_epoch(expect):
    expect(len(trainer(line(1.0)).fit([batch((1, 3))]))).equals(1, because="epochs is 1")


@step("fit")
def test_validation_is_another_set(expect):
    history = trainer(line(1.0), lr=0.25).fit([batch((1, 3))], [batch((1, 0), (1, 4))], epochs=2)
    expect([record["val_loss"] for record in history]).equals(
        [4.0, 4.25],
        because="after the first epoch w is 2, after the second 2.5; 0 and 4 are wanted",
    )


@step("fit")
def test_each_record_is_reported(expect):
    seen = []
    loop = trainer(line(1.0), lr=0.25)
    loop.fit([batch((1, 3))], epochs=2, progress=lambda record: seen.append(dict(record)))
    expect([record["loss"] for record in seen]).equals([4.0, 1.0], because="one report an epoch")
    history = trainer(line(1.0)).fit([batch((1, 3))], epochs=2, progress=lambda _: True)
    expect(len(history)).equals(
        2, because="progress is told; what it returns doesn't end the training"
    )


@step("fit")
def test_a_second_fit_goes_on(expect):
    loop = trainer(line(1.0), lr=0.25)
    loop.fit([batch((1, 3))], epochs=2)
    history = loop.fit([batch((1, 3))], epochs=1)
    expect([record["epoch"] for record in history]).equals(
        [1, 2, 3], because="the history is that of the trainer, and grows"
    )


@step("fit")
def test_enough_is_enough(expect):
    stopping, seen = Patient(2), []
    loop = trainer(line(1.0), early_stopping=stopping)
    history = loop.fit([batch((1, 3))], epochs=5, progress=seen.append)
    expect(len(history)).equals(2, because="early stopping had enough after two of five epochs")
    expect(len(seen)).equals(2, because="the epoch that ends it is reported too")
    expect(stopping.notes).equals(
        [1, 2, "restored"], because="it is asked once an epoch, and gives the best back at the end"
    )
    expect(sorted(history[0])).equals(
        ["epoch", "loss", "lr"], because="there is no validation set, so no val_loss"
    )


@step("fit")
def test_the_best_comes_back_when_the_epochs_are_used_up(expect):
    stopping = Patient(100)
    trainer(line(1.0), early_stopping=stopping).fit([batch((1, 3))], epochs=3)
    expect(stopping.notes).equals(
        [1, 2, 3, "restored"], because="however it ended, the best weights are wanted"
    )


@step("fit")
def test_it_asks_before_it_reports(expect):
    stopping, seen = Patient(3), []
    loop = trainer(line(1.0), early_stopping=stopping)
    loop.fit([batch((1, 3))], epochs=3, progress=lambda _: seen.append(len(stopping.notes)))
    expect(seen).equals(
        [1, 2, 3], because="a checkpoint saved in progress has to know what was seen in this epoch"
    )


def watched(values, monitor="val_loss", **options):
    """After each value: whether to stop. And the one that saw them, and its model."""
    stopping, model, answers = training.EarlyStopping(monitor, **options), Constant(), []
    for epoch, value in enumerate(values, start=1):
        model.weight.data[...] = epoch
        answers.append(stopping.step({"epoch": epoch, monitor: value}, model))
    return answers, stopping, model


@step("early-stopping")
def test_it_waits_and_then_stops(expect):
    answers, stopping, _ = watched([5, 4, 4.5, 3, 3.5, 3], patience=2)
    expect(answers).equals(
        [False, False, False, False, False, True],
        because="3.5 and 3 are two epochs in a row that are not below 3",
    )
    expect((stopping.best, stopping.waited)).equals(
        (3, 2), because="3 is the best, two were waited"
    )


@step("early-stopping")
def test_progress_ends_the_waiting(expect):
    answers, stopping, _ = watched([5, 6, 4, 6, 3, 6], patience=2)
    expect(any(answers)).equals(False, because="never were two epochs in a row without progress")
    expect(stopping.waited).equals(1, because="one epoch has passed since the 3")


@step("early-stopping")
def test_the_best_counts_and_not_the_last(expect):
    answers, _, _ = watched([3, 9, 8, 7], patience=3)
    expect(answers).equals(
        [False, False, False, True], because="8 is below 9, and the best is 3 all the while"
    )


@step("early-stopping")
def test_the_best_weights_are_kept(expect):
    _, stopping, model = watched([5, 2, 4, 3], patience=5)
    model.weight.data[...] = 9
    expect(stopping.best_state["weight"].tolist()).equals(
        [2.0], because="the weight was 1, 2, 3 and 4 after each epoch, of which the second was best"
    )
    stopping.restore(model)
    expect(model.weight).equals([2.0], because="restore brings them back")


@step("early-stopping")
def test_more_may_be_better(expect):
    answers, stopping, _ = watched([0.5, 0.8, 0.7, 0.6], "val_accuracy", patience=2, mode="max")
    expect(answers).equals(
        [False, False, False, True], because="0.8 is the best accuracy, and two below it followed"
    )
    expect(stopping.best_state["weight"].tolist()).equals([2.0], because="0.8 came in epoch 2")


@step("early-stopping")
def test_progress_has_a_least_size(expect):
    answers, _, _ = watched([5, 5.5], patience=1, min_delta=1)
    expect(answers).equals([False, True], because="5.5 is no better than 5")
    answers, stopping, _ = watched([5, 4.5, 4.2, 3.5], patience=2, min_delta=1)
    expect(answers).equals(
        [False, False, True, False], because="4.5 and 4.2 are less than 1 below 5, and 3.5 is more"
    )
    expect((stopping.best, stopping.waited)).equals((3.5, 0), because="3.5 is a new best")
    answers, _, _ = watched([5, 4], patience=1, min_delta=1)
    expect(answers).equals([False, True], because="a change of 1 is not more than 1")


@step("early-stopping")
def test_the_same_again_is_no_progress(expect):
    answers, _, _ = watched([2, 2, 2], patience=2)
    expect(answers).equals([False, False, True], because="2 is not below 2")


@step("early-stopping")
def test_nan_is_never_better(expect):
    answers, stopping, _ = watched([2, math.nan, math.nan], patience=2)
    expect(answers).equals([False, False, True], because="nan is below nothing")
    expect(stopping.best).equals(2, because="and it doesn't become the best")


@step("early-stopping")
def test_it_watches_what_it_is_told(expect):
    stopping = training.EarlyStopping("loss", patience=1)
    expect(stopping.step({"loss": 3.0, "val_loss": 9.0}, Constant())).equals(
        False, because="the first value is the best so far"
    )
    expect(stopping.step({"loss": 2.0, "val_loss": 9.5}, Constant())).equals(
        False, because="the loss fell; the validation loss was not to be watched"
    )
    expect(stopping.best).equals(2.0, because="2 is the best loss")
    expect.raises(
        ValueError,
        stopping.step,
        {"val_loss": 9.0},
        Constant(),
        mentions=("loss",),
        because="a record without what is watched says nothing of progress",
    )


def parts(seed):
    """A small training with everything that can be lost: dropout, Adam, a schedule, a shuffle."""
    manual_seed(seed)
    model = Sequential(Linear(2, 6), Dropout(0.5), Linear(6, 1))
    optimizer = Adam(model.parameters(), lr=0.05)
    loop = training.Trainer(
        model,
        optimizer,
        squared,
        metric=None,
        scheduler=Halves(optimizer),
    )
    inputs = Tensor(np.arange(24, dtype=np.float32).reshape(12, 2) % 7 - 3)
    data = TensorDataset(inputs, inputs.sum(1, keepdim=True))
    generator = np.random.default_rng(seed + 1)
    return loop, DataLoader(data, 5, shuffle=True, generator=generator), generator


def weights(loop):
    return {name: value.numpy() for name, value in loop.model.state_dict().items()}


@step("checkpoint")
def test_the_weights_come_back(expect, tmp_path):
    loop, loader, generator = parts(0)
    loop.fit(loader, epochs=2)
    kept = {name: value.tolist() for name, value in loop.model.state_dict().items()}
    training.save_checkpoint(tmp_path / "run.npz", loop, [generator])
    other, _, generator = parts(5)
    expect(training.load_checkpoint(tmp_path / "run.npz", other, [generator])).equals(
        2, because="two epochs are done"
    )
    got = {name: value.tolist() for name, value in other.model.state_dict().items()}
    expect(got).equals(kept, rtol=0, atol=0, because="the other model has the weights of the file")


@step("checkpoint")
def test_a_source_of_random_numbers_goes_on_where_it_was(expect, tmp_path):
    loop, _, first = parts(0)
    second = np.random.default_rng(9)
    training.save_checkpoint(tmp_path / "run.npz", loop, [first, second])
    wanted = [float(first.random()), float(second.random())]
    other, _, _ = parts(5)
    fresh = [np.random.default_rng(7), np.random.default_rng(8)]
    training.load_checkpoint(tmp_path / "run.npz", other, fresh)
    expect([float(each.random()) for each in fresh]).equals(
        wanted, rtol=0, atol=0, because="each draws what the one in its place would have drawn next"
    )


@step("checkpoint")
def test_the_librarys_own_source_goes_on_too(expect, tmp_path):
    loop, _, _ = parts(0)
    training.save_checkpoint(tmp_path / "run.npz", loop)
    wanted = float(training.default_generator.random())
    training.load_checkpoint(tmp_path / "run.npz", loop)
    expect(float(training.default_generator.random())).equals(
        wanted, rtol=0, atol=0, because="dropout draws from it"
    )
    generator = np.random.default_rng(3)
    training.save_checkpoint(tmp_path / "run.npz", loop, [generator])
    first, second = training.read_checkpoint(tmp_path / "run.npz")["generators"]
    expect(first == training.default_generator.bit_generator.state).equals(
        True, because="in the file the library's own is the first, whoever reads it"
    )
    expect(second == generator.bit_generator.state).equals(
        True, because="those of the caller stand behind it"
    )


@step("checkpoint")
def test_a_failure_leaves_the_file_that_was_there(expect, tmp_path):
    path = tmp_path / "run.npz"
    loop, _, _ = parts(0)
    training.save_checkpoint(path, loop)
    kept = path.read_bytes()
    loop.history = [{"loss": object()}]
    expect.raises(
        ValueError,
        training.save_checkpoint,
        path,
        loop,
        because="no file can hold such a record",
    )
    expect(path.is_file() and path.read_bytes() == kept).equals(
        True, because="the last good checkpoint is all that is left then"
    )


@step("checkpoint")
def test_a_resumed_training_is_the_same_to_the_bit(expect, tmp_path):
    straight, loader, _ = parts(0)
    straight.fit(loader, epochs=4)
    loop, loader, generator = parts(0)
    loop.fit(loader, epochs=2)
    training.save_checkpoint(tmp_path / "run.npz", loop, [generator])
    resumed, loader, generator = parts(5)
    training.load_checkpoint(tmp_path / "run.npz", resumed, [generator])
    history = resumed.fit(loader, epochs=2)
    wanted = [record["loss"] for record in straight.history]
    expect([record["loss"] for record in history]).equals(
        wanted, rtol=0, atol=0, because="the four losses of a training that never stopped"
    )
    same = all((weights(resumed)[name] == value).all() for name, value in weights(straight).items())
    expect(same).equals(True, because="every weight is the same, to the last bit")
    expect(resumed.scheduler.last_epoch).equals(4, because="the schedule went on as well")


@step("checkpoint")
def test_another_number_of_generators_is_refused(expect, tmp_path):
    loop, _, generator = parts(0)
    training.save_checkpoint(tmp_path / "run.npz", loop, [generator])
    expect.raises(
        ValueError,
        training.load_checkpoint,
        tmp_path / "run.npz",
        loop,
        mentions=("generators",),
        because="one source of random numbers would go on from anywhere",
    )
    other, _, _ = parts(5)
    before = {name: value.tolist() for name, value in other.model.state_dict().items()}
    expect.raises(
        ValueError,
        training.load_checkpoint,
        tmp_path / "run.npz",
        other,
        because="the file has the state of one generator more",
    )
    after = {name: value.tolist() for name, value in other.model.state_dict().items()}
    expect(after).equals(
        before, rtol=0, atol=0, because="what is refused has changed nothing: the check comes first"
    )


@step("lenet-1998")
def test_it_learns_one_batch_by_heart_first(expect):
    manual_seed(0)
    model = LeNet(input_size=8, channels=(16, 32))
    loop = training.Trainer(model, Adam(model.parameters(), lr=3e-3))
    losses = training.overfit_batch(loop, *load_digits()[:32], goal=0.05, steps=150)
    expect(losses[0]).between(2.1, 2.5, because="it begins near ln 10: it knows nothing")
    expect(losses[-1]).between(
        0, 0.05, because="it can learn 32 digits by heart, so the loop works"
    )


@step("lenet-1998")
def test_it_reads_97_of_100_digits_that_it_never_saw(expect):
    manual_seed(0)
    train, held_out = random_split(load_digits(), [0.8, 0.2])
    model = LeNet(input_size=8, channels=(16, 32))
    optimizer = Adam(model.parameters(), lr=3e-3)
    schedule = CosineAnnealingLR(optimizer, T_max=15)
    loss = partial(training.cross_entropy, label_smoothing=0.1)
    loop = training.Trainer(model, optimizer, loss, scheduler=schedule)
    history = loop.fit(DataLoader(train, 32, shuffle=True), DataLoader(held_out, 256), epochs=15)
    expect(history[-1]["val_accuracy"]).between(
        0.97, 1, because="after 15 epochs it has at least 349 of 359 right"
    )
    images, labels = held_out[:]
    matrix = training.confusion_matrix(model(images), labels).data
    right = round(history[-1]["val_accuracy"] * 359)
    expect(int(matrix.trace()) - right).equals(
        0, because="the diagonal of the confusion matrix counts what is right"
    )
    expect(int(matrix.sum())).equals(359, because="each held-out digit is counted once")
