"""Step tests of module 09."""

import numpy as np

from tinytorch import training
from tinytorch.layers import Linear, Module
from tinytorch.networks import Sequential
from tinytorch.optim import SGD
from tinytorch.tensor import Tensor
from tinytorch_ls.lesson import step


def line(w):
    """The model w · x."""
    model = Linear(1, 1, bias=False)
    model.weight.data = np.array([[w]], dtype=np.float32)
    return model


def batch(*pairs):
    """Inputs and targets, a row each."""
    return Tensor([[float(x)] for x, _ in pairs]), Tensor([[float(y)] for _, y in pairs])


def trainer(model, loss=training.mse_loss, **settings):
    settings = {"metric": None, **settings}
    return training.Trainer(model, SGD(model.parameters(), lr=0.1), loss, **settings)


class Diary(Module):
    """Passes its input on, and notes in which mode."""

    def __init__(self):
        super().__init__()
        self.modes = []

    def forward(self, input):
        self.modes.append(self.training)
        return input


class Counting(SGD):
    """SGD that counts its steps."""

    steps = 0

    def step(self):
        self.steps += 1
        super().step()


def excess(outputs, targets):
    """How far the outputs lie above the targets: a loss without a lowest point."""
    return (outputs - targets).mean()


def too_low(outputs, targets):
    """The share of outputs that are below their targets."""
    return float((outputs.data < targets.data).mean())


@step("train-epoch")
def test_one_batch_moves_the_weight(expect):
    model = line(1.0)
    record = trainer(model).train_epoch([batch((1, 3))])
    expect(record).equals({"loss": 4.0}, because="w is 1, so the model is wrong by 2, squared 4")
    expect(model.weight).equals(
        [[1.4]], because="the slope of (w - 3)² at 1 is -4, and w goes 0.1 · 4 against it"
    )


@step("train-epoch")
def test_each_batch_has_a_step_of_its_own(expect):
    model = line(1.0)
    optimizer = Counting(model.parameters(), lr=0.1)
    loop = training.Trainer(model, optimizer, training.mse_loss, metric=None)
    loop.train_epoch([batch((1, 3)), batch((2, 0))])
    expect(optimizer.steps).equals(2, because="there were two batches, and each has one step")
    expect(model.weight).equals(
        [[0.28]], because="at 1.4 the slope of (2w)² is 11.2, and only that counts in its step"
    )


@step("train-epoch")
def test_gradients_from_before_count_no_more(expect):
    model = line(1.0)
    training.mse_loss(model(Tensor([[5.0]])), Tensor([[0.0]])).backward()
    trainer(model).train_epoch([batch((1, 3))])
    expect(model.weight).equals([[1.4]], because="the gradient that lay there was of other inputs")


@step("train-epoch")
def test_each_example_counts_the_same(expect):
    loop = trainer(line(1.0))
    loader = [batch((1, 3), (1, 3), (1, 3)), batch((0, 0))]
    expect(loop.train_epoch(loader)).equals(
        {"loss": 3.0}, because="three examples had a loss of 4 and one of 0: 12 / 4"
    )


@step("train-epoch")
def test_the_losses_are_those_from_before_each_step(expect):
    loop = trainer(line(1.0))
    expect(loop.train_epoch([batch((1, 3)), batch((2, 0), (2, 0))])).equals(
        {"loss": 19.68 / 3}, because="4 at w = 1, then twice 7.84 at w = 1.4"
    )


@step("train-epoch")
def test_any_loss_gets_the_outputs_first(expect):
    model = line(1.0)
    expect(trainer(model, excess).train_epoch([batch((2, 5))])).equals(
        {"loss": -3.0}, because="this loss is the output, 2, minus the target, 5"
    )
    expect(model.weight).equals([[0.8]], because="its slope is x, which is 2")


@step("train-epoch")
def test_the_model_is_in_train_mode(expect):
    diary = Diary()
    model = Sequential(line(1.0), diary)
    loop = trainer(model)
    loop.evaluate([batch((1, 3))])
    diary.modes.clear()
    loop.train_epoch([batch((1, 3)), batch((2, 0))])
    expect(diary.modes).equals(
        [True, True], because="evaluate has put the model into eval mode, and training ends that"
    )


@step("train-epoch")
def test_the_metric_is_averaged_too(expect):
    loop = trainer(line(1.0), metric=too_low)
    loader = [batch((1, 3), (1, 0), (1, 3)), batch((0, 1)), batch((0, -5), (0, 0.5))]
    expect(loop.train_epoch(loader)["too_low"]).equals(
        2 / 3, because="four of six outputs were below their targets: 2 of 3, 1 of 1, 1 of 2"
    )


@step("train-epoch")
def test_gradients_are_clipped_before_the_step(expect):
    model = line(1.0)
    trainer(model, max_norm=0.5).train_epoch([batch((1, 3))])
    expect(model.weight).equals([[1.05]], because="the gradient of -4 is cut to 0.5: 1 + 0.1 · 0.5")


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
        mentions=("no batch",),
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
