"""Step tests of module 13."""

import asyncio
import dataclasses
import json
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from tinytorch import benchmarking
from tinytorch.activations import relu
from tinytorch.data import DataLoader, TensorDataset, load_digits
from tinytorch.layers import BatchNorm1d, Dropout, Linear, Module, manual_seed
from tinytorch.mlops import (
    canary,
    drift,
    export,
    http,
    loop,
    metrics,
    registry,
    retraining,
    service,
    storage,
)
from tinytorch.mlops.local import serving
from tinytorch.networks import MLP, Sequential
from tinytorch.operation import is_recording
from tinytorch.optim import Adam
from tinytorch.tensor import Tensor
from tinytorch.training import Trainer
from tinytorch_ls.lesson import step


def names(folder):
    """The names of the files in a folder and in those below."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@contextmanager
def replaced(module, name, stand_in):
    """In a `with` block a function of a module is another, which is given the one that was."""
    original = getattr(module, name)
    setattr(module, name, lambda *args, **kwargs: stand_in(original, *args, **kwargs))
    try:
        yield
    finally:
        setattr(module, name, original)


@step("write-new")
def test_a_new_file_has_all_its_bytes(expect, tmp_path):
    expect(storage.write_new(tmp_path / "deep" / "a.txt", b"all of it")).equals(
        True, because="there was no such file, and now there is"
    )
    expect((tmp_path / "deep" / "a.txt").read_text()).equals(
        "all of it", because="the file has the content"
    )
    expect(names(tmp_path)).equals(
        ["a.txt"], because="the file of the other name is gone when it is done"
    )


@step("write-new")
def test_a_file_that_is_there_stays(expect, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"the first")
    expect(storage.write_new(tmp_path / "a.txt", b"the second")).equals(
        False, because="a file of that name is there already"
    )
    expect((tmp_path / "a.txt").read_text()).equals(
        "the first", because="what is there is never replaced"
    )
    expect(names(tmp_path)).equals(["a.txt"], because="nothing else is left behind")


@step("write-new")
def test_somebody_was_quicker(expect, tmp_path):
    path = tmp_path / "a.txt"

    def slowly(write, *args):
        unfinished = write(*args)
        path.write_bytes(b"theirs")
        return unfinished

    with replaced(storage, "write_unfinished", slowly):
        expect(storage.write_new(path, b"mine")).equals(
            False, because="another writer made the file while this one wrote its bytes"
        )
    expect(path.read_text()).equals("theirs", because="the first of two writers wins")
    expect(names(tmp_path)).equals(["a.txt"], because="the loser takes its own file away")


@step("write-new")
def test_the_name_comes_when_the_bytes_are_safe(expect, tmp_path):
    path, log = tmp_path / "a.txt", []

    def write(original, *args):
        unfinished = original(*args)
        log.append(f"bytes written, the name is there: {path.exists()}")
        return unfinished

    def sync(original, folder):
        log.append(f"folder synced, the name is there: {path.exists()}")
        original(folder)

    with (
        replaced(storage, "write_unfinished", write),
        replaced(storage, "sync_folder", sync),
    ):
        storage.write_new(path, b"all of it")
    expect(log).equals(
        ["bytes written, the name is there: False", "folder synced, the name is there: True"],
        because="first the bytes reach the disk, then the file gets its name, then the name does",
    )


@step("write-new")
def test_a_full_disk_is_no_file(expect, tmp_path):
    def full(*_):
        raise OSError(28, "No space left on device")

    with replaced(storage, "write_unfinished", full):
        expect.raises(
            OSError,
            storage.write_new,
            tmp_path / "a.txt",
            b"too much",
            mentions=("No space",),
            because="a full disk is another trouble than a file that is there",
        )
    expect(names(tmp_path)).equals([], because="half a file is worse than none")


@step("write-new")
def test_a_name_that_can_not_be_given(expect, tmp_path):
    def shorter(write, path, content):
        return write(path.with_name("a"), content)

    with replaced(storage, "write_unfinished", shorter):
        expect.raises(
            OSError,
            storage.write_new,
            tmp_path / ("a" * 300),
            b"all of it",
            because="300 letters are too many for a name: no file of that name is there",
        )


@step("append")
def test_the_first_number_is_one(expect, tmp_path):
    expect(storage.append(tmp_path, b"a")).equals(1, because="the folder has no numbered file yet")
    expect(storage.append(tmp_path, b"b")).equals(2, because="1 is there")
    expect((tmp_path / "2.json").read_text()).equals("b", because="2.json has what came second")


@step("append")
def test_numbers_only_grow(expect, tmp_path):
    for number in (1, 5):
        (tmp_path / f"{number}.json").write_bytes(b"old")
    expect(storage.append(tmp_path, b"new")).equals(
        6, because="the highest number is 5, whatever is missing below"
    )


@step("append")
def test_a_number_that_is_taken_meanwhile(expect, tmp_path):
    tried = []

    def raced(write_new, path, content):
        tried.append(path.name)
        if len(tried) <= 2:
            write_new(path, b"theirs")
        return write_new(path, content)

    (tmp_path / "1.json").write_bytes(b"old")
    with replaced(storage, "write_new", raced):
        number = storage.append(tmp_path, b"mine")
    expect(tried).equals(
        ["2.json", "3.json", "4.json"], because="others took 2 and 3 in the moment before"
    )
    expect(number).equals(4, because="4 was free, and is taken now")
    expect([(tmp_path / name).read_text() for name in tried]).equals(
        ["theirs", "theirs", "mine"], because="nobody's file is lost"
    )


@step("append")
def test_the_next_writer_comes_at_once(expect, tmp_path):
    def followed(write_new, path, content):
        new = write_new(path, content)
        path.with_name("2.json").write_bytes(b"theirs")
        return new

    with replaced(storage, "write_new", followed):
        expect(storage.append(tmp_path, b"mine")).equals(
            1, because="1.json is this one's; 2.json came a moment later, and is another's"
        )


@step("append")
def test_many_others_are_quicker(expect, tmp_path):
    def crowded(write_new, path, content):
        if int(path.stem) <= 60:
            path.write_bytes(b"theirs")
        return write_new(path, content)

    with replaced(storage, "write_new", crowded):
        expect(storage.append(tmp_path, b"mine")).equals(
            61, because="60 others were quicker, each by a moment, and 61 was free"
        )


def new_registry(folder, seconds=1000.0):
    return registry.Registry(folder / "models", now=lambda: seconds)


def weights(number=0.0):
    return {"w": np.arange(6, dtype=np.float32).reshape(2, 3) + number, "n": np.array(7)}


def kept(folder):
    """The contents of the files of weights, by the first 8 digits of their names."""
    found = (folder / "models" / "weights").glob("*.safetensors")
    return {path.name[:8]: path.read_text("latin-1") for path in sorted(found)}


@step("keep")
def test_the_name_is_the_hash_of_the_bytes(expect, tmp_path):
    models = new_registry(tmp_path)
    expect(models.keep(b"some weights")).equals(
        "a0c76a31f14d6cbed530bfac73778a5bb84861b795e8bd5d4c8eee29784fb766",
        because="that is the SHA-256 of these bytes",
    )
    expect(kept(tmp_path)).equals({"a0c76a31": "some weights"}, because="the file holds the bytes")
    expect(models.weights_path(models.keep(b"other")).read_text()).equals(
        "other", because="other bytes have another name, and `weights_path` finds them"
    )


@step("keep")
def test_equal_bytes_are_kept_once(expect, tmp_path):
    models, again = new_registry(tmp_path), []

    def note(original, path, content):
        again.append(path.name[:8])
        original(path, content)

    first = models.keep(b"some weights")
    with replaced(storage, "replace", note):
        expect(models.keep(b"some weights") == first).equals(
            True, because="equal bytes have one name"
        )
    models.keep(b"other weights")
    expect(len(kept(tmp_path))).equals(2, because="three were kept, two of them equal")
    expect(again).equals([], because="what is there and whole need not be written again")


@step("keep")
def test_a_broken_file_is_mended(expect, tmp_path):
    models = new_registry(tmp_path)
    path = models.weights_path(models.keep(b"some weights"))
    path.write_bytes(b"some weighty")
    models.keep(b"some weights")
    expect(path.read_text()).equals(
        "some weights", because="the file no longer held what its name says"
    )


@step("keep")
def test_a_file_is_never_half_mended(expect, tmp_path):
    models, log = new_registry(tmp_path), []

    def note(original, path, content):
        log.append(path.read_text() if path.exists() else "no file")
        original(path, content)
        log.append(path.read_text())

    path = models.weights_path(models.keep(b"some weights"))
    path.write_bytes(b"some weighty")
    with replaced(storage, "replace", note):
        models.keep(b"some weights")
    expect(log).equals(
        ["some weighty", "some weights"],
        because="`storage.replace` mends it: who reads meanwhile finds the old file or the new",
    )


@step("save")
def test_a_version_is_numbered(expect, tmp_path):
    models = new_registry(tmp_path)
    version = models.save("digits", weights(), {"accuracy": 0.97})
    expect([version.name, version.number, version.parent]).equals(
        ["digits", 1, None], because="it is the first version of `digits`, trained from none"
    )
    expect([version.metadata, version.created]).equals(
        [{"accuracy": 0.97}, 1000.0], because="the metadata, and the time that `now` gives"
    )
    expect(models.version("digits", 1) == version).equals(
        True, because="it is version 1 as it is read back, its id included"
    )
    expect(models.save("digits", weights(1)).number).equals(2, because="then comes 2")
    expect(models.save("faces", weights()).number).equals(1, because="each name counts by itself")


@step("save")
def test_a_version_knows_its_parent(expect, tmp_path):
    models = new_registry(tmp_path)
    first = models.save("digits", weights())
    second = models.save("digits", weights(1))
    expect(second.parent).equals(None, because="no parent was given: 2 was trained from none")
    third = models.save("digits", weights(2), parent=first)
    known = {first.id: "the id of 1", second.id: "the id of 2", first.digest: "the digest of 1"}
    expect(known.get(third.parent, third.parent)).equals(
        "the id of 1", because="the parent is known by its id"
    )
    expect(third.metadata).equals({}, because="nothing was written down beside it")


@step("save")
def test_weights_are_safe_before_the_number(expect, tmp_path):
    models, log = new_registry(tmp_path), []

    def note(append, *args):
        log.append(len(kept(tmp_path)))
        return append(*args)

    with replaced(storage, "append", note):
        version = models.save("digits", weights())
    expect(log).equals([1], because="whoever sees a number must find its weights")
    expect(version.digest[:8] in kept(tmp_path)).equals(
        True, because="the digest is the name of the weights' file"
    )


@step("save")
def test_equal_weights_are_one_file(expect, tmp_path):
    models = new_registry(tmp_path)
    for accuracy in (0.97, 0.98):
        models.save("digits", weights(), {"accuracy": accuracy})
    expect(len(kept(tmp_path))).equals(
        1, because="two versions of equal weights: what differs stands in their records"
    )


@step("save")
def test_metadata_have_to_be_json(expect, tmp_path):
    models = new_registry(tmp_path)
    expect.raises(
        TypeError,
        models.save,
        "digits",
        weights(),
        {"loss": float("nan")},
        mentions=("JSON",),
        because="JSON has no nan, and `canonical` says so",
    )
    expect(storage.last_number(models.versions_of("digits"))).equals(
        0, because="a version that can't be read back gets no number"
    )


@step("save")
def test_another_version_comes_meanwhile(expect, tmp_path):
    models = new_registry(tmp_path)

    def followed(append, *args):
        number = append(*args)
        append(*args)
        return number

    with replaced(storage, "append", followed):
        version = models.save("digits", weights())
    expect(version.number).equals(
        1, because="this one is version 1; another program saved version 2 a moment later"
    )


@step("load")
def test_what_was_saved_comes_back(expect, tmp_path):
    models = new_registry(tmp_path)
    models.save("digits", weights(5))
    version = models.save("digits", weights())
    found = models.load(version)
    expect(sorted(found)).equals(["n", "w"], because="two arrays were saved, under these names")
    expect([found["w"], found["n"]]).equals(
        [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7)],
        because="the arrays of version 2, to the bit",
    )


@step("load")
def test_one_wrong_bit_is_found(expect, tmp_path):
    models = new_registry(tmp_path)
    version = dataclasses.replace(models.save("digits", weights()), number=417)
    path = models.weights_path(version.digest)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    expect.raises(
        registry.CorruptModel,
        models.load,
        version,
        mentions=("digits", "417"),
        because="one bit of the last weight was turned over, in version 417",
    )
    expect(path.exists()).equals(True, because="loading reads; a broken file stays where it is")


@step("load")
def test_missing_weights_are_found(expect, tmp_path):
    models = new_registry(tmp_path)
    version = dataclasses.replace(models.save("digits", weights()), number=417)
    models.weights_path(version.digest).unlink()
    expect.raises(
        registry.CorruptModel,
        models.load,
        version,
        mentions=("digits", "417"),
        because="a file that is gone does not hold what was saved",
    )


@step("lineage")
def test_a_lineage_leads_to_the_first(expect, tmp_path):
    models = new_registry(tmp_path)
    first = models.save("digits", weights())
    second = models.save("digits", weights(1), parent=first)
    models.save("digits", weights(2), parent=first)
    fourth = models.save("digits", weights(0), parent=second)
    expect([version.number for version in models.lineage(fourth)]).equals(
        [4, 2, 1], because="4 was trained from 2 and 2 from 1; 3 is a cousin"
    )
    expect(models.lineage(first) == [first]).equals(
        True, because="the first has no parent: a list of itself"
    )
    fifth = models.save("digits", weights(4))
    expect([version.number for version in models.lineage(fifth)]).equals(
        [5], because="5 was trained from none: a lineage need not end at version 1"
    )


@step("lineage")
def test_a_parent_that_is_missing_is_told(expect, tmp_path):
    models = new_registry(tmp_path)
    first = models.save("digits", weights())
    second = models.save("digits", weights(1), parent=first)
    orphan = dataclasses.replace(second, parent="0123456789abcdef" * 4)
    expect.raises(
        registry.CorruptModel,
        models.lineage,
        orphan,
        because="the registry has no version of that id, so the history has a hole",
    )
    unknown = dataclasses.replace(first, id="0123456789abcdef" * 4)
    third = models.save("digits", weights(2), parent=unknown)
    fourth = models.save("digits", weights(3), parent=third)
    expect.raises(
        registry.CorruptModel,
        models.lineage,
        fourth,
        because="4 comes from 3, and the parent of 3 is missing",
    )


def promoted(*numbers):
    return [("promote", number) for number in numbers]


@step("live-versions")
def test_promotions_lie_on_each_other(expect):
    expect(registry.live_versions([])).equals([], because="nothing has happened yet")
    expect(registry.live_versions(promoted(1, 3, 2))).equals(
        [1, 3, 2], because="the last that was promoted is the current one"
    )


@step("live-versions")
def test_a_rollback_takes_the_top_off(expect):
    events = [*promoted(1, 2, 3), ("rollback", 2)]
    expect(registry.live_versions(events)).equals([1, 2], because="3 is gone, 2 is current again")
    expect(registry.live_versions([*events, ("rollback", 1)])).equals(
        [1], because="the second rollback takes 2, not 3 once more"
    )
    expect(registry.live_versions([*events, *promoted(4), ("rollback", 2)])).equals(
        [1, 2], because="4 came on top of 2 and went again"
    )
    expect(registry.live_versions([*events, *promoted(4)])).equals(
        [1, 2, 4], because="3 was on top when the rollback came, and 4 came later"
    )


@step("live-versions")
def test_a_version_may_be_promoted_twice(expect):
    events = promoted(2, 1, 2, 3)
    expect(registry.live_versions(events)).equals([2, 1, 2, 3], because="2 was live twice")
    expect(registry.live_versions([*events, ("rollback", 2)])).equals(
        [2, 1, 2], because="only 3 was taken off"
    )
    expect(registry.live_versions([*events, ("rollback", 2), ("rollback", 1)])).equals(
        [2, 1], because="2 goes from the top, and still lies below 1"
    )


def stage_of(folder, *numbers, stage="production"):
    """A registry of three versions, of which these were promoted; and the versions."""
    models = new_registry(folder)
    versions = {number: models.save("digits", weights(number)) for number in (1, 2, 3)}
    for number in numbers:
        models.promote(versions[number], stage)
    return models, versions


@step("rollback")
def test_what_was_current_before_is_current_again(expect, tmp_path):
    models, versions = stage_of(tmp_path, 1, 3)
    expect(models.rollback(versions[3]).number).equals(
        1, because="before 3 there was 1: version 2 was never live"
    )
    expect(models.current("digits").number).equals(1, because="1 is current again")
    expect(models.history("digits")).equals(
        [*promoted(1, 3), ("rollback", 1)], because="a rollback is an event, nothing is taken away"
    )


@step("rollback")
def test_two_rollbacks_go_back_two_steps(expect, tmp_path):
    models, versions = stage_of(tmp_path, 1, 2, 3)
    expect([models.rollback(versions[n]).number for n in (3, 2)]).equals(
        [2, 1], because="3 made way for 2, and 2 for 1"
    )


@step("rollback")
def test_what_is_not_current_stays(expect, tmp_path):
    models, versions = stage_of(tmp_path, 1, 2, 3)
    expect(models.rollback(versions[2]).number).equals(
        3, because="2 is not current: somebody was quicker, and 3 is the current one"
    )
    expect(models.history("digits")).equals(promoted(1, 2, 3), because="so nothing was done")


@step("rollback")
def test_there_has_to_be_one_before(expect, tmp_path):
    models, versions = stage_of(tmp_path, 2)
    expect.raises(
        LookupError,
        models.rollback,
        versions[2],
        mentions=("digits",),
        because="nothing was live before version 2",
    )
    expect(models.current("digits").number).equals(2, because="so it stays")


@step("rollback")
def test_other_stages_are_left_alone(expect, tmp_path):
    models, versions = stage_of(tmp_path, 1, 2, stage="staging")
    models.promote(versions[2])
    expect(models.rollback(versions[2], "staging").number).equals(
        1, because="in staging 1 was live before 2"
    )
    expect([models.current("digits", name).number for name in ("production", "staging")]).equals(
        [2, 1], because="production has events of its own"
    )
    models, versions = stage_of(tmp_path / "other", 1, 2, 3, stage="staging")
    models.promote(versions[1])
    expect(models.rollback(versions[2], "staging").number).equals(
        3, because="2 is not current in staging: 3 is, whatever is live in production"
    )


@step("rollback")
def test_a_promotion_in_the_same_moment(expect, tmp_path):
    models, versions = stage_of(tmp_path, 1, 2)
    other = new_registry(tmp_path)

    def now():
        if models.current("digits").number == 2:
            other.promote(versions[3])
        return 1000.0

    models.now = now
    number = models.rollback(versions[2]).number
    expect(models.history("digits")).equals(
        promoted(1, 2, 3), because="a rollback of 2 must not take 3 away, which came meanwhile"
    )
    expect(number).equals(3, because="3 is live: 2 is no longer bad for anybody")


@step("rollback")
def test_the_bad_one_comes_back_in_the_same_moment(expect, tmp_path):
    models, versions = stage_of(tmp_path, 1, 2, 3)
    other = new_registry(tmp_path)

    def now():
        if len(models.history("digits")) == 3:
            other.rollback(versions[3])
            other.promote(versions[3])
        return 1000.0

    models.now = now
    number = models.rollback(versions[3]).number
    expect(number).equals(2, because="somebody promoted 3 once more meanwhile, and it is bad")
    expect(models.history("digits")).equals(
        [*promoted(1, 2, 3), ("rollback", 2), *promoted(3), ("rollback", 2)],
        because="event 4 was taken and 3 is live again, so the rollback is event 6",
    )


class Paper:
    """A graph that is computed while it is written, as strict as ONNX."""

    def __init__(self, **values):
        self.values, self.kinds = dict(values), []

    def as_dtype(self, name, dtype):
        values = self.values[name]
        return name if values.dtype == dtype else self._put(values.astype(dtype))

    def constant(self, values, dtype=None):
        return self._put(np.array(values, dtype))

    def emit(self, kind, inputs, **attributes):
        self.kinds.append(kind)
        operands = [self.values[name] for name in inputs if name is not None]
        if len({operand.dtype for operand in operands}) > 1:
            raise TypeError(f"{kind} takes operands of one dtype")
        return self._put(getattr(self, f"_{kind.lower()}")(*operands, **attributes))

    def _put(self, values):
        name = f"value_{len(self.values)}"
        self.values[name] = values
        return name

    def _add(self, a, b):
        return a + b

    def _sub(self, a, b):
        return a - b

    def _div(self, a, b):
        return a / b

    def _sqrt(self, a):
        return np.sqrt(a)

    def _matmul(self, a, b):
        return a @ b

    def _transpose(self, a, perm):
        return a.transpose(perm)

    def _gemm(self, a, b, c=None, alpha=1.0, beta=1.0, transA=0, transB=0):  # noqa: N803 - ONNX's
        if a.ndim != 2 or b.ndim != 2:
            raise TypeError(f"Gemm takes matrices, not {a.ndim} and {b.ndim} dimensions")
        if {transA, transB} - {0, 1}:
            raise TypeError("transA and transB are 0 or 1")
        product = alpha * (a.T if transA else a) @ (b.T if transB else b)
        return product if c is None else product + beta * c


def call_of(operation, *args):
    """A call as a trace has it, and its arguments as a rule gets them: tensors by their names."""
    arrays = {f"value_{i}": arg.data for i, arg in enumerate(args) if isinstance(arg, Tensor)}
    call = benchmarking.Call(operation, args, {}, operation(*args))
    names = ["self", "other"]
    values = [f"value_{i}" if isinstance(arg, Tensor) else arg for i, arg in enumerate(args)]
    return Paper(**arrays), call, dict(zip(names, values, strict=False))


def written(rule, paper, call, arguments):
    """What a rule puts on paper: the value of its output, and the kinds of its nodes."""
    output = rule(paper, call, arguments)
    return paper.values[output], paper.kinds


@step("onnx-elementwise")
def test_one_node_for_an_operation(expect):
    paper, call, arguments = call_of(Tensor.sub, Tensor([5.0, 7.0]), Tensor([1.0, 2.0]))
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([4, 5], np.float32), ["Sub"]), because="Tensor.sub is called Sub in ONNX"
    )
    paper, call, arguments = call_of(Tensor.sqrt, Tensor([4.0, 9.0]))
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([2, 3], np.float32), ["Sqrt"]), because="one operand is enough for Sqrt"
    )
    square = Tensor([[1.0, 2.0], [3.0, 4.0]])
    paper, call, arguments = call_of(Tensor.matmul, square, square)
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([[7, 10], [15, 22]], np.float32), ["MatMul"]),
        because="`ELEMENTWISE` has the names: matmul is MatMul, with two capital letters",
    )


@step("onnx-elementwise")
def test_a_number_becomes_a_constant(expect):
    paper, call, arguments = call_of(Tensor.div, Tensor([5.0, 7.0]), 2)
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([2.5, 3.5], np.float32), ["Div"]),
        because="2 is no tensor: it is written into the graph, as float32",
    )
    paper, call, _ = call_of(Tensor.sub, Tensor([5.0, 7.0]), 1)
    expect(written(export.elementwise_node, paper, call, {"a": 1, "b": "value_0"})).equals(
        (np.array([-4, -6], np.float32), ["Sub"]), because="operands stay in their order"
    )
    paper, call, arguments = call_of(Tensor.add, Tensor([5.0, 7.0]), 0)
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([5, 7], np.float32), ["Add"]), because="0 is a number too: Add takes two operands"
    )
    paper, call, arguments = call_of(Tensor.div, Tensor([5.0, 7.0]), np.float32(2))
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([2.5, 3.5], np.float32), ["Div"]),
        because="NumPy's numbers are numbers: what is no text is written into the graph",
    )


@step("onnx-elementwise")
def test_a_tensor_may_come_in_twice(expect):
    paper, call, _ = call_of(Tensor.add, Tensor([5.0, 7.0]), Tensor([5.0, 7.0]))
    arguments = {"self": "value_0", "other": "value_0"}
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([10, 14], np.float32), ["Add"]), because="x + x has two operands of one name"
    )


@step("onnx-elementwise")
def test_operands_have_the_dtype_of_the_result(expect):
    whole, floats = Tensor([1, 2]), Tensor([0.5, 0.25])
    paper, call, arguments = call_of(Tensor.add, whole, floats)
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([1.5, 2.25], np.float32), ["Add"]), because="whole numbers are cast to float32"
    )
    paper, call, arguments = call_of(Tensor.add, floats, Tensor(np.array([1.0, 2.0])))
    expect(written(export.elementwise_node, paper, call, arguments)).equals(
        (np.array([1.5, 2.25]), ["Add"]), because="float32 beside float64 is cast to float64"
    )


def linear_call(rows, weight, bias):
    """A call of `linear`, its arguments by their names, and the paper."""
    arrays = {"input": np.array(rows, np.float32), "weight": np.array(weight, np.float32)}
    arguments = {"input": "input", "weight": "weight", "bias": None}
    if bias is not None:
        arrays["bias"] = np.array(bias, np.float32)
        arguments["bias"] = "bias"
    call = SimpleNamespace(operands=[Tensor(values) for values in arrays.values()])
    return Paper(**arrays), call, arguments


@step("onnx-linear")
def test_rows_take_one_gemm(expect):
    parts = linear_call([[1, 2, 3], [4, 5, 6]], [[1, 0, 0], [0, 1, 1]], [10, 20])
    expect(written(export.linear_node, *parts)).equals(
        (np.array([[11, 25], [14, 31]], np.float32), ["Gemm"]),
        because="rows times the transposed weight, plus the bias: one node does it",
    )


@step("onnx-linear")
def test_a_linear_without_a_bias(expect):
    parts = linear_call([[1, 2]], [[3, 4], [5, 6], [0, 1]], None)
    expect(written(export.linear_node, *parts)).equals(
        (np.array([[11, 17, 2]], np.float32), ["Gemm"]), because="a bias may be missing"
    )
    parts = linear_call([[[1, 2]]], [[3, 4], [5, 6], [0, 1]], None)
    expect(written(export.linear_node, *parts)).equals(
        (np.array([[[11, 17, 2]]], np.float32), ["Transpose", "MatMul"]),
        because="with three dimensions too, and then there is no sum",
    )


@step("onnx-linear")
def test_more_dimensions_take_a_product_and_a_sum(expect):
    parts = linear_call([[[1, 2]], [[3, 4]]], [[1, 1], [0, 2]], [10, 20])
    expect(written(export.linear_node, *parts)).equals(
        (np.array([[[13, 24]], [[17, 28]]], np.float32), ["Transpose", "MatMul", "Add"]),
        because="Gemm takes matrices only",
    )
    parts = linear_call([1, 2], [[1, 1], [0, 2]], [10, 20])
    expect(written(export.linear_node, *parts)).equals(
        (np.array([13, 24], np.float32), ["Transpose", "MatMul", "Add"]),
        because="a vector, of one dimension, is no matrix either",
    )


class Steps(Module):
    """A model of operations whose rules are given beside one that is the student's."""

    def __init__(self):
        self.first, self.second = Linear(4, 5), Linear(5, 3)

    def forward(self, input):
        hidden = relu(self.first(input / 2 + 1))
        return self.second(hidden) - hidden.mean(1, keepdim=True)


def run_elsewhere(path, rows):
    """What the ONNX file gives for rows, computed by the evaluator of the package `onnx`."""
    from onnx.reference import ReferenceEvaluator

    (scores,) = ReferenceEvaluator(str(path)).run(["scores"], {"input": rows})
    return scores


@step("export")
def test_a_model_gives_the_same_elsewhere(expect, rng, tmp_path):
    manual_seed(0)
    model = Steps().eval()
    export.export_onnx(model, Tensor(np.ones((1, 4), np.float32)), tmp_path / "m.onnx")
    rows = rng.normal(size=(7, 4)).astype(np.float32)
    wrong = np.abs(run_elsewhere(tmp_path / "m.onnx", rows) - model(Tensor(rows)).data).max()
    expect(float(wrong)).between(
        0, 1e-4, because="another program computes the same scores, for any number of rows"
    )


@step("export")
def test_weights_survive_under_their_names(expect, tmp_path):
    manual_seed(0)
    model = MLP((64, 16, 10)).eval()
    models = new_registry(tmp_path)
    back = models.load(models.save("digits", model.state_dict()))
    expect(sorted(back)).equals(sorted(model.state_dict()), because="each array keeps its name")
    other = MLP((64, 16, 10))
    other.load_state_dict(back)
    images = load_digits()[:5][0].flatten(1)
    expect(float(np.abs(other(images).data - model(images).data).max())).equals(
        0.0, because="the model that reads them back gives the same scores"
    )


def numbers(*values):
    return np.array(values, np.float32)


@step("ks-distance")
def test_samples_that_do_not_overlap(expect):
    expect(drift.ks_statistic(numbers(1, 2, 3), numbers(4, 5))).equals(
        1.0, because="at 3 all of the reference lies below, and nothing of the window"
    )
    expect(drift.ks_statistic(numbers(4, 5), numbers(1, 2, 3))).equals(
        1.0, because="it doesn't matter which of the two lies below"
    )


@step("ks-distance")
def test_the_greatest_distance_of_two_curves(expect):
    expect(drift.ks_statistic(numbers(1, 2, 3, 4), numbers(2.5, 3.5, 5, 6, 7))).equals(
        0.6, because="at 4 it is 4 of 4 against 2 of 5"
    )
    expect(drift.ks_statistic(numbers(1, 2, 3, 4), numbers(0, 1))).equals(
        0.75, because="at 1 it is 1 of 4 against 2 of 2"
    )
    expect(drift.ks_statistic(numbers(5, 5.5), numbers(1, 2, 6))).equals(
        2 / 3, because="at 2, a value of the window, it is 0 of 2 against 2 of 3"
    )
    expect(drift.ks_statistic(numbers(1, 2, 3, 1e9), numbers(2.5, 3.5, 1e9))).equals(
        0.5, because="at 2 it is 2 of 4 against 0 of 3, however far the greatest value is away"
    )


@step("ks-distance")
def test_any_order_will_do(expect):
    reference, window = numbers(3, 4, 1, 2), numbers(9, 2, 7)
    expect(drift.ks_statistic(reference, window)).equals(
        2 / 3, because="at 4 it is 4 of 4 against 1 of 3; the samples come in any order"
    )
    expect([reference.tolist(), window.tolist()]).equals(
        [[3.0, 4.0, 1.0, 2.0], [9.0, 2.0, 7.0]], because="the caller's samples keep their order"
    )


@step("ks-distance")
def test_values_that_repeat(expect):
    expect(drift.ks_statistic(numbers(0, 0, 1, 1, 2), numbers(0, 1, 1, 1))).equals(
        0.2, because="at 1 it is 4 of 5 against 4 of 4; a value counts itself as below"
    )
    expect(drift.ks_statistic(numbers(0, 0, 0), numbers(0, 0))).equals(
        0.0, because="two samples of zeros are alike"
    )


@step("ks-chance")
def test_chances_of_smirnovs_table(expect):
    for x, chance in ((0.5, 0.96395), (0.82757, 0.5), (1.3581, 0.05), (1.6276, 0.01)):
        expect(drift.ks_p_value(x / 120**0.5, 300, 200)).equals(
            chance,
            because="300 · 200 / 500 is 120, and x is the distance times its root",
            rtol=1e-3,
        )


@step("ks-chance")
def test_the_chance_falls_with_the_distance(expect):
    expect(drift.ks_p_value(0.6, 50, 20)).equals(
        6.823403e-05, because="so large a distance is rare where nothing has changed"
    )
    expect(drift.ks_p_value(0.25, 50, 40)).equals(
        0.124323, because="a quarter is not much between 50 and 40 values"
    )


@step("ks-chance")
def test_no_distance_is_certain(expect):
    expect(drift.ks_p_value(0.0, 50, 30)).equals(
        1.0, because="a distance of 0 or more is certain; a chance is never above 1"
    )
    expect(drift.ks_p_value(0.04, 60, 40)).equals(1.0, because="0.04 is almost nothing")


@step("holm")
def test_the_smallest_is_compared_with_a_share(expect):
    p_values = np.array([0.04, 0.001, 0.03, 0.012])
    expect(drift.holm(p_values, 0.05)).equals(
        np.array([False, True, False, True]),
        because="0.001 ≤ 0.05/4 and 0.012 ≤ 0.05/3, but 0.03 > 0.05/2",
    )


@step("holm")
def test_shares_grow_as_tests_are_used_up(expect):
    expect(drift.holm(np.array([0.024, 0.04]), 0.05)).equals(
        np.array([True, True]), because="0.024 ≤ 0.05/2, and then 0.04 ≤ 0.05/1"
    )
    expect(drift.holm(np.array([0.2]), 0.2)).equals(
        np.array([True]), because="a single test has all of alpha, and its end counts"
    )


@step("holm")
def test_one_of_four(expect):
    expect(drift.holm(np.array([0.045, 0.2, 0.3, 0.001]), 0.05)).equals(
        np.array([False, False, False, True]), because="0.001 ≤ 0.05/4, and 0.045 > 0.05/3"
    )


@step("holm")
def test_large_ones_are_never_rejected(expect):
    expect(drift.holm(np.array([0.07, 0.06, 0.3]), 0.05)).equals(
        np.array([False, False, False]), because="none is below 0.05, let alone a third of it"
    )


@step("holm")
def test_it_stops_at_the_first(expect):
    expect(drift.holm(np.array([0.045, 0.01, 0.03]), 0.05)).equals(
        np.array([False, True, False]), because="0.03 > 0.05/2 ends it: 0.045 has no turn any more"
    )
    expect(drift.holm(np.array([0.03, 0.04, 0.05]), 0.05)).equals(
        np.array([False, False, False]), because="the smallest is above 0.05/3 already"
    )


@step("holm")
def test_equal_p_values_are_tests_of_their_own(expect):
    expect(drift.holm(np.array([0.01, 0.3, 0.01]), 0.05)).equals(
        np.array([True, False, True]), because="both 0.01 are rejected: 0.01 ≤ 0.05/3 and ≤ 0.05/2"
    )
    expect(drift.holm(np.array([0.02, 0.02, 0.02]), 0.05)).equals(
        np.array([False, False, False]), because="there are three tests, and 0.02 > 0.05/3"
    )


@step("spend")
def test_the_first_looks(expect):
    expect([drift.spend(0.05, look) for look in (1, 2, 3)]).equals(
        [0.025, 0.05 / 6, 0.05 / 12], because="a half, a sixth, a twelfth of 0.05"
    )
    expect(drift.spend(0.01, 1)).equals(0.005, because="a half of 0.01")


@step("spend")
def test_all_looks_together_spend_alpha(expect):
    expect(sum(drift.spend(0.05, look) for look in range(1, 1000))).between(
        0.0499, 0.05, because="999 looks spend 999/1000 of it, and no number of looks spends more"
    )


def ramp(count, *shifts):
    """Rows 0, 1, 2, … in each column, shifted."""
    return np.arange(float(count))[:, None] + np.array(shifts)


@step("watch-drift")
def test_the_feature_that_moved_is_named(expect):
    detector = drift.DriftDetector(ramp(40, 0, 0, 0), alpha=0.05)
    report = detector.check(ramp(25, 0, 30, 5))
    expect([report.drifted, report.features]).equals(
        [True, [1]], because="column 1 moved by 30, beyond most of its reference"
    )
    expect(report.distances).equals(
        np.array([0.375, 0.75, 0.25]), because="the distances of the three columns"
    )
    expect(report.p_values).equals(
        np.array([0.026416, 6.08688e-08, 0.2914]), because="from 40 and 25 values", rtol=2e-3
    )


@step("watch-drift")
def test_the_first_feature_counts_like_any(expect):
    report = drift.DriftDetector(ramp(40, 0, 0), alpha=0.05).check(ramp(25, 30, 0))
    expect([report.drifted, report.features]).equals(
        [True, [0]], because="column 0 moved, and its number is a 0"
    )


@step("watch-drift")
def test_each_window_has_a_level_of_its_own(expect):
    detector = drift.DriftDetector(ramp(30, 0, 1), alpha=0.06)
    reports = [detector.check(ramp(30, 0, 1)) for _ in range(3)]
    expect([[report.level, report.window] for report in reports]).equals(
        [[0.03, 1], [0.01, 2], [0.005, 3]], because="a half, a sixth and a twelfth of alpha"
    )
    expect([reports[0].drifted, reports[0].features]).equals(
        [False, []], because="the window is the reference"
    )


@step("watch-drift")
def test_features_share_a_level(expect):
    detector = drift.DriftDetector(ramp(20, 0, 0, 0), alpha=0.01)
    report = detector.check(ramp(20, 0, 11, 0))
    expect([report.drifted, report.features]).equals(
        [False, []], because="0.0047 is below the level of 0.005, but above a third of it"
    )
    expect(float(report.p_values[1])).equals(0.004720, because="a distance of 0.55", rtol=2e-3)
    detector = drift.DriftDetector(ramp(20, 0, 0, 0), alpha=0.02)
    expect(detector.check(ramp(20, 0, 11, 0)).features).equals(
        [], because="0.0047 is below a third of alpha, but the window has a half of alpha to share"
    )


@step("watch-drift")
def test_shares_grow_as_features_are_found(expect):
    detector = drift.DriftDetector(ramp(20, 0, 0), alpha=0.01)
    expect(detector.check(ramp(20, 11, 20)).features).equals(
        [0, 1], because="column 1 has used up its half, so column 0 has all of the level of 0.005"
    )


@step("watch-drift")
def test_the_reference_stays(expect):
    images = np.stack([ramp(24, 0, 1), ramp(24, 2, 0)], axis=1)
    detector = drift.DriftDetector(images)
    reports = [detector.check(Tensor(images + 20)) for _ in range(2)]
    expect([report.features for report in reports]).equals(
        [[0, 1, 2, 3], [0, 1, 2, 3]],
        because="a drift that stays is still one; 2×2 images have four features",
    )
    expect([report.window for report in reports]).equals(
        [1, 2], because="an alarm is no new beginning: it is one of the looks that share alpha"
    )


@step("watch-drift")
def test_a_refused_window_is_no_look(expect):
    detector = drift.DriftDetector(ramp(40, 0, 0), alpha=0.06)
    expect.raises(
        ValueError,
        detector.check,
        ramp(25, 0, 0, 0),
        because="rows of three features can't be compared with rows of two",
    )
    report = detector.check(ramp(25, 0, 0))
    expect([report.window, report.level]).equals(
        [1, 0.03], because="nothing was looked at yet, so nothing of alpha is spent"
    )


IDS = ["ada", "bob", "eve", "kim", "lee", "mia", "tom", "zoe"]


def arms(version, fraction, ids=IDS):
    trial = canary.Canary(version, fraction=fraction)
    return [trial.arm(request) for request in ids]


def chosen(version, fraction, ids):
    """Who of them is answered by the challenger."""
    found = zip(ids, arms(version, fraction, ids), strict=True)
    return [name for name, arm in found if arm != "champion"]


@step("split")
def test_the_same_id_has_the_same_arm(expect):
    many = [f"user-{i}" for i in range(60)]
    expect(arms("v2", 0.5, many) == arms("v2", 0.5, many)).equals(
        True, because="a user who asks twice is answered by the same model"
    )


@step("split")
def test_every_server_gives_the_same_arm(expect):
    expect(chosen("v2", 0.4, IDS)).equals(
        ["bob", "eve", "kim", "lee", "zoe"],
        because="the SHA-256 of the version, a line end and the id decides",
    )
    expect(chosen("v3", 0.4, IDS)).equals(["tom"], because="another version draws other users")
    expect(arms("v2", 0.4, ["bob"])).equals(["challenger"], because="that is its arm's name")


@step("split")
def test_a_name_may_have_any_letters(expect):
    expect(chosen("v2", 0.4, ["josé", "søren", "łukasz", "zoë"])).equals(
        ["søren", "łukasz"], because="the bytes that are hashed are those of `text.encode()`"
    )


@step("split")
def test_the_share_to_its_last_byte(expect):
    expect(arms("v2", 0.27010403202, ["lee"])).equals(
        ["champion"],
        because="8 bytes make 0.27010403204, which is not below; 4 would make 0.27010403201",
    )
    expect(arms("v2", 0.49047804655329674, ["user-71"])).equals(
        ["champion"], because="the share is this fraction to the last digit, so it is not below"
    )


@step("split")
def test_the_fraction_is_kept(expect):
    many = [f"user-{i}" for i in range(1000)]
    expect(arms("v2", 0.1, many).count("challenger")).between(
        70, 130, because="a tenth of a thousand users, more or less"
    )
    expect(arms("v2", 0.85, many).count("challenger")).between(
        810, 890, because="0.85 of a thousand users"
    )


@step("split")
def test_a_larger_fraction_takes_nobody_back(expect):
    many = [f"user-{i}" for i in range(300)]
    small, large = (set(chosen("v2", fraction, many)) for fraction in (0.2, 0.5))
    expect(len(small - large)).equals(0, because="who had the challenger at 0.2 has it at 0.5 too")


@step("interval")
def test_an_interval_that_was_published(expect):
    expect(canary.wilson_interval(81, 263, 1.959964)).equals(
        (0.2552885, 0.3662096), because="Newcombe's table of 1998 has 0.2553 to 0.3662"
    )


@step("interval")
def test_no_error_is_no_proof(expect):
    expect(canary.wilson_interval(0, 20, 1.96)).equals(
        (0.0, 0.1611301), because="none of 20 can happen with a rate of 16 %", atol=1e-6
    )
    expect(canary.wilson_interval(3, 3, 1.96)).equals(
        (0.4384939, 1.0), because="three of three can happen with a rate of 44 %", atol=1e-6
    )


@step("interval")
def test_z_makes_it_wider(expect):
    expect(canary.wilson_interval(5, 50, 2.5758)).equals(
        (0.0339913, 0.2597285), because="to be right in 99 % it has to be wider"
    )


@step("difference")
def test_a_difference_that_was_published(expect):
    expect(canary.difference_interval((56, 70), (48, 80), 1.959964)).equals(
        (0.0524315, 0.3338727), because="Newcombe's example of 1998 has 0.0524 to 0.3339"
    )


@step("difference")
def test_the_sides_are_not_alike(expect):
    expect(canary.difference_interval((1, 25), (0, 100), 1.96)).equals(
        (-0.0095105, 0.1954447),
        because="0.04 more was seen; what is true may be far above",
    )
    expect(canary.difference_interval((0, 100), (1, 25), 1.96)).equals(
        (-0.1954447, 0.0095105), because="exchanged, both ends change their sign and place"
    )


@step("difference")
def test_other_counts_and_another_z(expect):
    expect(canary.difference_interval((9, 10), (3, 10), 2.5758)).equals(
        (0.0430326, 0.8374040), because="0.6 more, of ten each, at 99 %"
    )


@step("chance-of-more")
def test_hands_can_be_counted(expect):
    expect(canary.chance_of_more((2, 3), (0, 3))).equals(
        0.2, because="of the 15 pairs among 6 outcomes, 3 lie in the challenger's"
    )
    expect(canary.chance_of_more((3, 5), (1, 5))).equals(
        55 / 210, because="3 errors or 4: 50 and 5 of 210 hands"
    )


@step("chance-of-more")
def test_no_errors_and_only_errors(expect):
    expect(canary.chance_of_more((0, 25), (7, 100))).equals(1.0, because="none or more is certain")
    expect(canary.chance_of_more((0, 10), (0, 90))).equals(1.0, because="nobody made an error")
    expect(canary.chance_of_more((2, 2), (1, 4))).equals(
        0.2, because="3 errors among 6, both of the challenger's: 4 of 20 hands"
    )


@step("chance-of-more")
def test_many_outcomes(expect):
    expect(canary.chance_of_more((60, 400), (300, 3600))).equals(
        2.563064e-05, because="15 % beside 8.3 %, of thousands", rtol=1e-4
    )
    expect(canary.chance_of_more((4, 25), (8, 225))).equals(
        0.0223743, because="16 % beside 3.6 %, of few", rtol=1e-4
    )


def judged(challenger, champion, looks=0, **settings):
    """The verdict of a look at these outcomes, and how many looks there were then."""
    trial = canary.Canary("v2", **settings)
    trial.outcomes, trial.looks = {"champion": champion, "challenger": challenger}, looks
    trial.look()
    return trial.verdict, trial.looks


@step("look")
def test_one_that_is_worse_is_rolled_back(expect):
    expect(judged((12, 25), (5, 100))).equals(
        ("roll back", 1), because="12 of 25 beside 5 of 100: one in a million where both are alike"
    )


@step("look")
def test_one_that_is_as_good_is_rolled_out(expect):
    expect(judged((8, 800), (72, 7200), looks=4)).equals(
        ("roll out", 5), because="1 % each; the interval ends at 0.017, below the margin of 0.02"
    )


@step("look")
def test_few_outcomes_say_nothing(expect):
    expect(judged((2, 25), (10, 225))).equals(
        ("continue", 1), because="8 % and 4.4 %: too few to know"
    )
    expect(judged((0, 25), (10, 225))).equals(
        ("continue", 1), because="none of 25 is no proof of being good"
    )


@step("look")
def test_too_many_errors_come_before_the_margin(expect):
    expect(judged((30, 200), (5, 200), margin=0.3)).equals(
        ("roll back", 1),
        because="the interval ends at 0.183, but 30 errors beside 5 are too many for luck",
    )


@step("look")
def test_each_look_has_a_part_of_alpha(expect):
    expect(judged((5, 25), (15, 225))).equals(
        ("continue", 1), because="the chance is 0.036, and the first look has 0.025 of 0.05"
    )
    expect(judged((4, 25), (8, 225))).equals(
        ("roll back", 1), because="the chance is 0.022, below 0.025"
    )
    expect(judged((4, 25), (8, 225), looks=1)).equals(
        ("continue", 2), because="the second look has 0.0083 only"
    )
    expect(judged((5, 25), (15, 225), alpha=0.1)).equals(
        ("roll back", 1), because="with an alpha of 0.1 the first look has 0.05"
    )
    chance = canary.chance_of_more((5, 25), (15, 225))
    expect(judged((5, 25), (15, 225), alpha=2 * chance)).equals(
        ("roll back", 1), because="the chance is the level itself, and at most the level will do"
    )


@step("look")
def test_the_interval_has_the_level_of_the_look(expect):
    expect(judged((8, 800), (72, 7200), looks=2, margin=0.015)).equals(
        ("roll out", 3), because="at 0.0042 the interval ends at 0.0146, below this margin"
    )
    expect(judged((8, 800), (72, 7200), looks=2, margin=0.014)).equals(
        ("continue", 3), because="0.0146 is above a margin of 0.014"
    )


@step("look")
def test_the_interval_alone_rolls_nobody_back(expect):
    expect(judged((2, 25), (1, 225), margin=0.01)).equals(
        ("continue", 1), because="the interval begins at 0.0143, but the exact chance is 0.027"
    )


@step("look")
def test_without_a_champion_there_is_no_look(expect):
    expect(judged((25, 25), (0, 24))).equals(
        ("continue", 0), because="24 outcomes of the champion are too few to compare with"
    )
    expect(judged((25, 25), (0, 25))).equals(("roll back", 1), because="25 will do")


@step("look")
def test_the_limit_ends_it(expect):
    undecided = (20, 100), (180, 900)
    expect(judged(*undecided, limit=101)).equals(
        ("continue", 1), because="20 % each, and 101 outcomes are not reached"
    )
    expect(judged(*undecided, limit=100)).equals(
        ("roll back", 1), because="at the limit an undecided challenger goes"
    )


def recorded(trial, champion, challenger):
    """The last verdict after outcomes of both, each "x" an error and each "." none."""
    verdict = trial.verdict
    for arm, outcomes in (("champion", champion), ("challenger", challenger)):
        for outcome in outcomes:
            verdict = trial.record(arm, outcome == ".")
    return verdict


@step("record")
def test_errors_and_outcomes_are_counted(expect):
    trial = canary.Canary("v2")
    expect(recorded(trial, "..x.", "x.x")).equals(
        "continue", because="seven outcomes are too few for a verdict"
    )
    expect(trial.outcomes).equals(
        {"champion": (1, 4), "challenger": (2, 3)}, because="one error of 4, and two of 3"
    )
    expect(trial.looks).equals(0, because="the first look comes at 25 of the challenger")


@step("record")
def test_looks_come_at_twice_the_outcomes(expect):
    trial, looks = canary.Canary("v2", margin=0.01), []
    recorded(trial, "x" + 9 * ".", "")
    for number in range(1, 210):
        trial.record("champion", number % 10 > 0)
        before = trial.looks
        trial.record("challenger", number % 10 > 0)
        if trial.looks > before:
            looks.append(number)
    expect(looks).equals([25, 50, 100, 200], because="each look comes at twice the outcomes")


@step("record")
def test_the_limit_is_a_look_too(expect):
    trial = canary.Canary("v2", margin=0.001, limit=40)
    expect(recorded(trial, 100 * "...x", 9 * "...x" + "...")).equals(
        "continue", because="39 of 40 are there, a quarter wrong on both sides"
    )
    expect(trial.record("challenger", True)).equals(
        "roll back", because="the fortieth is the last: no verdict is one"
    )


@step("record")
def test_a_verdict_is_the_last_word(expect):
    trial = canary.Canary("v2")
    expect(recorded(trial, 30 * ".", 25 * "x")).equals(
        "roll back", because="25 of 25 were wrong, and the champion's 30 right"
    )
    expect([recorded(trial, 30 * "x", 60 * "."), trial.looks]).equals(
        ["roll back", 1], because="what comes later changes no verdict"
    )
    expect(trial.outcomes).equals(
        {"champion": (30, 60), "challenger": (25, 85)},
        because="what comes later is counted all the same",
    )


@step("record")
def test_a_look_waits_for_the_champion(expect):
    trial = canary.Canary("v2")
    expect([recorded(trial, 24 * ".", 26 * "x"), trial.looks]).equals(
        ["continue", 0], because="24 outcomes of the champion are too few to compare with"
    )
    expect([recorded(trial, ".", ""), trial.looks]).equals(
        ["roll back", 1], because="with the 25th the look is due, whichever arm it is of"
    )


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def new_trigger(clock=None):
    return retraining.RetrainingTrigger(100, 60.0, clock or Clock())


@step("retrain")
def test_without_a_drift_nobody_trains(expect):
    expect(new_trigger().decide(False, 5000).retrain).equals(False, because="nothing has drifted")
    expect(new_trigger().decide(True, 5000).retrain).equals(
        True, because="a drift, enough samples, and no training before"
    )


@step("retrain")
def test_few_samples_are_too_few(expect):
    decision = new_trigger().decide(True, 99)
    expect(decision.retrain).equals(False, because="100 labelled samples are needed")
    expect(decision.reason).mentions("99", "100", because="the reason says what is lacking")
    expect(new_trigger().decide(True, 100).retrain).equals(True, because="100 are enough")


@step("retrain")
def test_between_two_trainings_there_is_time(expect):
    clock = Clock()
    trigger = new_trigger(clock)
    answers = []
    for seconds in (0, 59, 1, 59, 1):
        clock.now += seconds
        answers.append(trigger.decide(True, 500).retrain)
    expect(answers).equals(
        [True, False, True, False, True], because="60 s lie between two trainings, from yes to yes"
    )


@step("retrain")
def test_too_few_and_too_early(expect):
    trigger = new_trigger()
    expect([trigger.decide(True, 500).retrain, trigger.decide(True, 5).retrain]).equals(
        [True, False], because="five samples in the middle of the cooldown are no reason"
    )


@step("retrain")
def test_only_a_yes_starts_the_cooldown(expect):
    clock = Clock()
    trigger = new_trigger(clock)
    refused = [trigger.decide(False, 500).retrain, trigger.decide(True, 5).retrain]
    clock.now += 1
    expect([*refused, trigger.decide(True, 500).retrain]).equals(
        [False, False, True], because="two refusals are no training"
    )
    clock.now += 30
    decision = trigger.decide(True, 500)
    expect(decision.reason).mentions("30", "60", because="30 of 60 seconds have passed")


def lines(text, name):
    """The lines of a metric in what Prometheus reads, but those that say when it was made."""
    found = (line for line in text.splitlines() if line.startswith(name))
    return [line for line in found if not line.partition("{")[0].endswith("_created")]


@step("metrics")
def test_requests_are_counted_by_version_and_status(expect):
    counters = metrics.Metrics()
    for version, status in (("v1", 200), ("v1", 200), ("v1", 422), ("v2", 200)):
        counters.record_request(version, status, 0.01)
    expect(lines(counters.text(), "tinytorch_requests_total")).equals(
        [
            'tinytorch_requests_total{status="200",version="v1"} 2.0',
            'tinytorch_requests_total{status="422",version="v1"} 1.0',
            'tinytorch_requests_total{status="200",version="v2"} 1.0',
        ],
        because="four requests, each with its version and its status",
    )


@step("metrics")
def test_latency_is_in_seconds(expect):
    counters = metrics.Metrics()
    for seconds in (0.0005, 0.004, 0.03):
        counters.record_request("v1", 200, seconds)
    found = lines(counters.text(), "tinytorch_request_seconds_bucket")
    expect([line.split('"')[1] + line.split("}")[1] for line in found][:6]).equals(
        ["0.001 1.0", "0.002 1.0", "0.005 2.0", "0.01 2.0", "0.02 2.0", "0.05 3.0"],
        because="a bucket counts what took at most so many seconds",
    )
    counters.record_request("v1", 500, 0.2)
    counters.record_request("v2", 422, 0.1)
    expect(sorted(lines(counters.text(), "tinytorch_request_seconds_count"))).equals(
        [
            'tinytorch_request_seconds_count{version="v1"} 4.0',
            'tinytorch_request_seconds_count{version="v2"} 1.0',
        ],
        because="a request that failed or was refused took its time too",
    )


@step("metrics")
def test_predictions_are_counted_by_class(expect):
    counters = metrics.Metrics()
    counters.record_predictions("v1", [3, 0, 3, 3])
    counters.record_predictions("v1", [0])
    expect(sorted(lines(counters.text(), "tinytorch_predictions_total"))).equals(
        [
            'tinytorch_predictions_total{label="0",version="v1"} 2.0',
            'tinytorch_predictions_total{label="3",version="v1"} 3.0',
        ],
        because="two zeros and three threes in two requests",
    )
    expect(lines(counters.text(), "tinytorch_requests_total")).equals(
        [], because="a prediction is no request"
    )


@step("metrics")
def test_predictions_that_are_there_once(expect):
    counters = metrics.Metrics()
    counters.record_predictions("v1", (label for label in (3, 0, 3)))
    expect(sorted(lines(counters.text(), "tinytorch_predictions_total"))).equals(
        [
            'tinytorch_predictions_total{label="0",version="v1"} 1.0',
            'tinytorch_predictions_total{label="3",version="v1"} 2.0',
        ],
        because="`labels` is an Iterable: a generator, say, which has each value once",
    )


@step("metrics")
def test_one_version_is_live(expect):
    counters = metrics.Metrics()
    counters.record_request("v1", 200, 0.01)
    counters.record_live("v1")
    counters.record_live("v2")
    expect(lines(counters.text(), "tinytorch_live_model")).equals(
        ['tinytorch_live_model{version="v2"} 1.0'], because="v2 answers now, and v1 no more"
    )
    expect(len(lines(counters.text(), "tinytorch_requests_total"))).equals(
        1, because="what v1 has answered is still counted"
    )


def place_of(value, shape, number):
    """Where an input is said to be wrong, as JSON; "nowhere" where it is taken."""
    try:
        service.checked_input(value, shape, number)
    except service.InvalidInput as error:
        return json.dumps(error.location)
    return "nowhere"


@step("check-input")
def test_a_good_input_is_float32(expect):
    expect(service.checked_input([[1, -2], [3, 40.5]], (2, 2), 0)).equals(
        np.array([[1, -2], [3, 40.5]], np.float32), because="models compute in float32"
    )


@step("check-input")
def test_another_shape_is_refused(expect):
    expect.raises(
        service.InvalidInput,
        service.checked_input,
        [1, 2, 3, 4],
        (2, 2),
        7,
        mentions=("inputs.7",),
        because="four numbers in a row are no 2×2 image, though they would fit",
    )
    expect(place_of([[1.0, 2.0, 3.0]], (2, 3), 5)).equals(
        '["inputs", 5]', because="input number 5 is wrong as a whole"
    )
    expect(place_of([1.0, float("nan")], (2, 2), 3)).equals(
        '["inputs", 3]', because="the shape comes first: place 1 is none of a 2×2 image"
    )


@step("check-input")
def test_what_is_no_number_is_refused(expect):
    for value in (["1", "2", "3"], [1, True, 2], [1, None, 2], [[1, 2], [3], 4]):
        expect(place_of(value, (3,), 6)).equals(
            '["inputs", 6]', because="texts, bools, None and ragged rows are no numbers"
        )


@step("check-input")
def test_what_is_not_finite_has_a_place(expect):
    expect(place_of([[1, 2], [3, float("nan")]], (2, 2), 4)).equals(
        '["inputs", 4, 1, 1]', because="nan stands in row 1, column 1"
    )
    expect(place_of([[1, float("inf")], [float("nan"), -float("inf")]], (2, 2), 0)).equals(
        '["inputs", 0, 0, 1]', because="the first that is wrong stands in row 0, column 1"
    )
    expect(place_of([1.0, 2.0, 1e39], (3,), 2)).equals(
        '["inputs", 2, 2]', because="1e39 is too large for float32, and would be infinite"
    )


@step("predictor")
def test_arrays_in_and_arrays_out(expect):
    model = Linear(2, 2)
    model.weight.data[...], model.bias.data[...] = [[1, 2], [3, 4]], [10, 20]
    expect(service.predictor(model)(numbers(1, 1)[None])).equals(
        np.array([[13, 27]], np.float32), because="a row in, a row of scores out, as an array"
    )
    expect(service.predictor(model)(np.zeros((3, 2), np.float32))).equals(
        np.array([[10, 20]] * 3, np.float32), because="three rows have three rows of scores"
    )


@step("predictor")
def test_the_model_is_in_eval_mode(expect):
    manual_seed(0)
    model = Sequential(Dropout(0.9), BatchNorm1d(3))
    model[1].running_mean.data[...] = 1
    rows = np.array([[1, 2, 3], [5, 6, 7]], np.float32)
    predict = service.predictor(model)
    expect(predict(rows)).equals(
        np.array([[0, 1, 2], [4, 5, 6]], np.float32),
        because="dropout passes on, and batch norm uses its running mean, which is 1",
        rtol=1e-4,
    )
    expect([predict(rows[:1]).tolist() == predict(rows).tolist()[:1], model.training]).equals(
        [True, False], because="a row's scores hang on no other row, and the model stays so"
    )


@step("predictor")
def test_the_mode_is_switched_before_the_first_batch(expect):
    model = Sequential(Dropout(0.9))
    service.predictor(model)
    expect([model.training, model[0].training]).equals(
        [False, False], because="eval mode begins when the predictor is made, not with a request"
    )


class Watched(Module):
    """A model that notes the shape of what it is given, and whether it is recorded."""

    def __init__(self):
        self.shapes, self.seen = [], []

    def forward(self, input):
        self.shapes.append(input.shape)
        self.seen.append(is_recording())
        return input


@step("predictor")
def test_inputs_keep_their_shape(expect):
    model = Watched()
    service.predictor(model)(np.zeros((2, 1, 8, 8), np.float32))
    expect(model.shapes).equals(
        [(2, 1, 8, 8)], because="a CNN needs images: two of one channel, in one batch"
    )


@step("predictor")
def test_nothing_is_recorded(expect):
    model = Watched()
    service.predictor(model)(np.zeros((1, 2), np.float32))
    expect(model.seen).equals(
        [False], because="a service computes no gradients, and would keep all activations for them"
    )
    expect(is_recording()).equals(True, because="others may record as before")


def total(batch):
    """Two classes: the sum of an input, and its negative."""
    sums = batch.sum(axis=1)
    return np.stack([sums, -sums], axis=1)


def opposite(batch):
    return -total(batch)


def broken(_):
    raise RuntimeError("out of order")


def blind(batch):
    return np.full((len(batch), 2), np.nan)


def new_service(predict=total):
    return service.PredictionService(service.Deployment("v1", predict), (3,), max_batch=4)


def tried(challenger, champion=total, fraction=0.5):
    """A service that tries a challenger out as v2."""
    running = new_service(champion)
    trial = canary.Canary("v2", fraction=fraction)
    running.try_out(service.Deployment("v2", challenger), trial)
    return running, trial


ROWS = np.array([[1, 2, 3], [-4, 0, 1]], np.float32)


@step("cover")
def test_an_arm_answers(expect):
    running, trial = tried(opposite)
    expect(running.answer(running.live, "challenger", ROWS)).equals(
        ("challenger", np.array([[-6, 6], [3, -3]], np.float32)),
        because="the challenger was asked, and it can answer",
    )
    expect(running.answer(running.live, "champion", ROWS)).equals(
        ("champion", np.array([[6, -6], [-3, 3]], np.float32)), because="now the champion was asked"
    )
    expect(trial.outcomes["challenger"]).equals((0, 0), because="nothing failed")


@step("cover")
def test_the_champion_covers_a_challenger(expect):
    for fault in (broken, blind):
        running, trial = tried(fault)
        expect(running.answer(running.live, "challenger", ROWS)).equals(
            ("champion", np.array([[6, -6], [-3, 3]], np.float32)),
            because="the challenger failed, so the champion answered, and it says so",
        )
        expect(trial.outcomes).equals(
            {"champion": (0, 0), "challenger": (1, 1)}, because="a failure is an error of its own"
        )
        expect(lines(running.metrics.text(), "tinytorch_requests_total")).equals(
            [
                'tinytorch_requests_total{status="500",version="v2"} 1.0',
                'tinytorch_requests_total{status="200",version="v1"} 1.0',
            ],
            because="both were asked, and both are counted",
        )


@step("cover")
def test_a_champion_that_fails_is_heard(expect):
    running, trial = tried(opposite, broken)
    expect.raises(
        RuntimeError,
        running.answer,
        running.live,
        "champion",
        ROWS,
        mentions=("out of order",),
        because="nobody stands behind the champion, and a hidden error is never mended",
    )
    expect(trial.outcomes["challenger"]).equals((0, 0), because="it was not the challenger's")
    expect(trial.outcomes["champion"]).equals(
        (0, 0), because="the canary is told of the challenger's failures only"
    )
    expect(lines(running.metrics.text(), "tinytorch_requests_total")).equals(
        ['tinytorch_requests_total{status="500",version="v1"} 1.0'],
        because="the champion was asked once: its first error goes on",
    )


@step("cover")
def test_the_champions_error_goes_on_as_it_is(expect):
    def without_a_file(_):
        raise FileNotFoundError("no weights")

    running, _ = tried(opposite, without_a_file)
    expect.raises(
        FileNotFoundError,
        running.answer,
        running.live,
        "champion",
        ROWS,
        mentions=("no weights",),
        because="who mends it looks for the error that there was, not for another one",
    )


@step("cover")
def test_both_fail(expect):
    running, trial = tried(blind, broken)
    expect.raises(
        RuntimeError,
        running.answer,
        running.live,
        "challenger",
        ROWS,
        mentions=("out of order",),
        because="the challenger gave nan, and the champion, which stood in, failed too",
    )
    expect(trial.outcomes).equals(
        {"champion": (0, 0), "challenger": (1, 1)},
        because="the challenger's failure counts, whatever the champion does afterwards",
    )


@step("cover")
def test_who_is_live_was_settled_before(expect):
    running, _ = tried(broken)
    before = running.live
    running.deploy(service.Deployment("v3", opposite))
    expect(running.answer(before, "challenger", ROWS)).equals(
        ("champion", np.array([[6, -6], [-3, 3]], np.float32)),
        because="the request began while v1 was the champion",
    )


def told(answer):
    return [answer.request_id, answer.version, answer.arm, answer.labels, answer.scores]


@step("predict")
def test_classes_and_scores(expect):
    running = new_service()
    expect(told(running.predict([[1, 2, 3], [-4, 0, 1], [0, 0, 2]], "abc"))).equals(
        ["abc", "v1", "champion", [0, 1, 0], [[6.0, -6.0], [-3.0, 3.0], [2.0, -2.0]]],
        because="each input's class is that with the highest score",
    )
    expect(lines(running.metrics.text(), "tinytorch_predictions_total")).equals(
        [
            'tinytorch_predictions_total{label="0",version="v1"} 2.0',
            'tinytorch_predictions_total{label="1",version="v1"} 1.0',
        ],
        because="what is predicted is counted, once a class",
    )
    expect(lines(running.metrics.text(), "tinytorch_requests_total")).equals(
        ['tinytorch_requests_total{status="200",version="v1"} 1.0'],
        because="it was one request, and `self.scores` has counted it",
    )


@step("predict")
def test_an_answer_holds_plain_numbers(expect):
    answer = new_service().predict([[1, 2, 3], [-4, 0, 1]], "abc")
    expect([type(label).__name__ for label in answer.labels]).equals(
        ["int", "int"], because="JSON has no number of NumPy's: `tolist` makes Python's of them"
    )
    expect([type(score).__name__ for row in answer.scores for score in row]).equals(
        ["float"] * 4, because="the same for two scores of each of the two inputs"
    )


@step("predict")
def test_a_request_without_a_name_gets_one(expect):
    running = new_service()
    names = [running.predict([[1, 2, 3]]).request_id for _ in range(2)]
    expect([type(name).__name__ for name in names]).equals(
        ["str", "str"], because="each request has a name"
    )
    expect(names[0] == names[1]).equals(False, because="and each another one")


@step("predict")
def test_the_canary_says_who_answers(expect):
    running, trial = tried(opposite)
    answers = [running.predict([[1, 2, 3]], name) for name in IDS]
    expect([answer.arm for answer in answers]).equals(
        [trial.arm(name) for name in IDS], because="the canary draws by the name of the request"
    )
    expect(sorted({(answer.arm, answer.version, *answer.labels) for answer in answers})).equals(
        [("challenger", "v2", 1), ("champion", "v1", 0)], because="each arm has its own model"
    )
    expect(trial.outcomes).equals(
        {"champion": (0, 0), "challenger": (0, 0)},
        because="whether an answer is right is known later, by `feedback`",
    )


@step("predict")
def test_the_name_it_gets_decides_who_answers(expect):
    running, trial = tried(opposite)
    answers = [running.predict([[1, 2, 3]]) for _ in range(40)]
    expect([answer.arm for answer in answers] == [trial.arm(a.request_id) for a in answers]).equals(
        True, because="a request gets its name first, and the canary draws by that name"
    )


@step("predict")
def test_who_answered_is_said(expect):
    running, trial = tried(broken, fraction=0.999)
    answer = running.predict([[1, 2, 3]], "ada")
    expect([trial.arm("ada"), answer.arm, answer.version]).equals(
        ["challenger", "champion", "v1"], because="the challenger was drawn, and v1 stepped in"
    )


@step("predict")
def test_a_change_in_the_middle(expect):
    running = new_service()

    def slow(batch):
        running.deploy(service.Deployment("v2", opposite))
        return total(batch)

    running.deploy(service.Deployment("v1", slow))
    expect(told(running.predict([[1, 2, 3]], "a"))).equals(
        ["a", "v1", "champion", [0], [[6.0, -6.0]]],
        because="v1 computed it, though v2 was deployed meanwhile",
    )
    expect(running.predict([[1, 2, 3]], "b").version).equals("v2", because="the next one has v2")


@step("predict")
def test_wrong_inputs_are_refused(expect):
    running = new_service()
    expect.raises(
        service.InvalidInput,
        running.predict,
        [[1, 2, 3], [1, 2]],
        mentions=("inputs.1",),
        because="the second input has two numbers, not three",
    )


@step("predict")
def test_a_refusal_is_that_of_the_arm(expect):
    running, trial = tried(opposite, fraction=0.999)
    expect.raises(
        service.InvalidInput, running.predict, [[1, 2]], "ada", because="two numbers, not three"
    )
    expect([trial.arm("ada"), *lines(running.metrics.text(), "tinytorch_requests_total")]).equals(
        ["challenger", 'tinytorch_requests_total{status="422",version="v2"} 1.0'],
        because="the challenger was drawn before the inputs were checked, so it is v2's request",
    )


def counted(client, name):
    """The lines of one counter in what Prometheus reads; other lines have times in them."""
    return [line for line in client.get("/metrics").text.splitlines() if line.startswith(name)]


def place_of_the_model(application):
    """Where a model computes: nobody else is served by a loop while it computes in there."""
    seen = []

    def watched(batch):
        try:
            asyncio.get_running_loop()
            seen.append("in the loop that serves all")
        except RuntimeError:
            seen.append("in a thread of its own")
        return total(batch)

    with serving(application(new_service(watched))) as client:
        client.post("/predict", {"inputs": [[1.0, 2.0, 3.0]]})
    return next(iter(seen), "nowhere")


@step("answer-over-http")
def test_predict_answers_with_classes(expect):
    with serving(http.application(new_service())) as client:
        inputs = {"inputs": [[1.0, 2.0, 3.0], [-4.0, 0.0, 1.0]]}
        expect(client.post("/predict", inputs).status).equals(
            200, because="POST /predict is there, and the request is a good one"
        )
        expect(client.post("/predict", inputs).json()["labels"]).equals(
            [0, 1], because="the first input's sum is above 0, the second's below"
        )


@step("answer-over-http")
def test_predict_answers_with_all_that_the_service_says(expect):
    with serving(http.application(new_service())) as client:
        answer = client.post("/predict", {"inputs": [[1.0, 2.0, 3.0]]}).json()
        expect(sorted(answer)).equals(
            ["arm", "labels", "request_id", "scores", "version"],
            because="a prediction has five fields, and each may be asked for later",
        )
        expect(answer["version"]).equals("v1", because="v1 is the version that answers")
        expect(answer["scores"]).equals([[6.0, -6.0]], because="1 + 2 + 3 is 6")


@step("answer-over-http")
def test_predict_keeps_the_name_of_a_request(expect):
    with serving(http.application(new_service())) as client:
        inputs = {"inputs": [[1.0, 2.0, 3.0]]}
        names = {
            client.post("/predict", inputs, {"X-Request-ID": name}).json()["request_id"]
            for name in ("user-7", "user-8")
        }
        expect(sorted(names & {"user-7", "user-8"})).equals(
            ["user-7", "user-8"], because="the header X-Request-ID names a request"
        )


@step("answer-over-http")
def test_health_names_who_answers(expect):
    with serving(http.application(new_service())) as client:
        expect(client.get("/health").status).equals(200, because="GET /health is there")
        expect(client.get("/health").json()).equals(
            {"status": "ok", "version": "v1", "challenger": None},
            because="v1 answers alone, so there is no challenger",
        )


@step("answer-over-http")
def test_health_says_who_answers_now(expect):
    running = new_service()
    with serving(http.application(running)) as client:
        running.deploy(service.Deployment("v2", total))
        expect(client.get("/health").json()["version"]).equals(
            "v2", because="v2 was deployed after the application was made"
        )
        running.try_out(service.Deployment("v3", total), canary.Canary("v3"))
        expect(client.get("/health").json()).equals(
            {"status": "ok", "version": "v2", "challenger": "v3"},
            because="v3 is tried out beside v2",
        )


@step("answer-over-http")
def test_metrics_are_text_for_prometheus(expect):
    with serving(http.application(new_service())) as client:
        client.post("/predict", {"inputs": [[1.0, 2.0, 3.0], [-4.0, 0.0, 1.0], [1.0, 1.0, 1.0]]})
        answer = client.get("/metrics")
        expect(answer.status).equals(200, because="GET /metrics is there")
        expect(answer.kind).mentions("text/plain", because="Prometheus reads text, no JSON")
        expect(answer.kind).mentions(
            "version=", because="METRICS says which version of the format the text has"
        )
        expect(counted(client, "tinytorch_predictions_total")).equals(
            [
                'tinytorch_predictions_total{label="0",version="v1"} 2.0',
                'tinytorch_predictions_total{label="1",version="v1"} 1.0',
            ],
            because="two of three inputs were of class 0",
        )


@step("answer-over-http")
def test_a_wrong_input_is_refused_in_words(expect):
    with serving(http.application(new_service())) as client:
        answer = client.post("/predict", {"inputs": [[1.0, 2.0, 3.0], [1.0, 2.0]]})
        expect(answer.status).equals(422, because="the second input has two numbers, not three")
        expect(answer.json()["detail"][0]["loc"]).equals(
            ["body", "inputs", 1], because="the place of what is wrong is told"
        )


@step("answer-over-http")
def test_what_is_no_request_is_counted(expect):
    with serving(http.application(new_service())) as client:
        client.post("/predict", {"input": [[1.0, 2.0, 3.0]]})
        expect(counted(client, "tinytorch_requests_total")).equals(
            ['tinytorch_requests_total{status="422",version="v1"} 1.0'],
            because="a request without `inputs` is refused, and counted as 422",
        )
        answer = client.post("/predict", {"inputs": [[1.0, 2.0, 3.0]], "model": "v2"})
        expect(answer.status).equals(
            422, because="a PredictRequest has `inputs` and nothing else: `model` would be ignored"
        )


@step("answer-over-http")
def test_the_model_computes_beside_the_loop(expect):
    expect(place_of_the_model(http.application)).equals(
        "in a thread of its own", because="/health has to be answered while the model computes"
    )


class Street:
    """A day's digits after the other; from a moment on, the camera hangs a pixel to the side."""

    def __init__(self):
        digits = load_digits()
        order = np.random.default_rng(0).permutation(len(digits))
        images, labels = digits[:]
        self.images, self.labels = images.data.reshape(-1, 64)[order], labels.data[order]
        self.moved, self.rng = False, np.random.default_rng(1)

    def day(self, rows=100):
        """A window of images and their labels, of digits that no training has seen."""
        chosen = self.rng.integers(1000, len(self.images), rows)
        images = self.images[chosen].reshape(-1, 8, 8)
        if self.moved:
            images = np.pad(images, ((0, 0), (0, 0), (1, 0)))[:, :, :8]
        return images.reshape(-1, 64).astype(np.float32), self.labels[chosen]


def small():
    return MLP((64, 48, 10))


def trained(inputs, labels):
    """A real training run, from a fixed seed."""
    generator = manual_seed(0)
    model = small()
    loader = DataLoader(TensorDataset(inputs, labels), 32, shuffle=True, generator=generator)
    Trainer(model, Adam(model.parameters(), lr=3e-3)).fit(loader, epochs=20)
    return model


def trained_on_nonsense(inputs, labels):
    """What a broken pipeline does: the labels are those of other pictures."""
    return trained(inputs, Tensor(np.random.default_rng(3).permutation(labels.data)))


def begun(folder, street, train):
    """A loop around a first model, which 700 digits were enough for."""
    models = registry.Registry(folder, now=lambda: 0.0)
    first = trained(Tensor(street.images[:700].astype(np.float32)), Tensor(street.labels[:700]))
    models.promote(models.save("digits", first.state_dict(), {"samples": 700}))
    detector = drift.DriftDetector(street.images[700:1000], alpha=0.01)
    trigger = retraining.RetrainingTrigger(minimum_samples=400, cooldown=0)
    settings = {"fraction": 0.4, "limit": 800}
    return loop.Loop("digits", models, small, train, detector, trigger, settings)


def errors(running, street):
    inputs, labels = street.day(300)
    parts = [running.service.predict(inputs[i : i + 100]).labels for i in (0, 100, 200)]
    return float(np.mean(np.concatenate(parts) != labels))


def kinds(running):
    return [(event.kind, event.version) for event in running.events]


def until(running, street, kind):
    """Days until something of this kind has happened, 30 at most."""
    for _ in range(30):
        if kind in dict(kinds(running)):
            return
        running.observe(*street.day())


@step("the-loop")
def test_drift_retraining_and_a_roll_out(expect, tmp_path):
    street = Street()
    running = begun(tmp_path, street, trained)
    expect(errors(running, street)).between(0, 0.15, because="the first model reads most digits")
    for _ in range(3):
        running.observe(*street.day())
    expect(kinds(running)).equals(
        [("deployed", 1)], because="while nothing changes, nothing is done"
    )
    street.moved = True
    before = errors(running, street)
    expect(before).between(0.3, 1, because="a pixel to the side, and it misreads a third or more")
    until(running, street, "rolled out")
    expect(kinds(running)).equals(
        [
            ("deployed", 1), ("drifted", 1), ("waiting", 1), ("waiting", 1), ("waiting", 1),
            ("retrained", 2), ("rolled out", 2),
        ],
        because="the drift is seen on its first day, 400 labels are there on the fourth",
    )  # fmt: skip
    expect(errors(running, street) / before).between(0, 0.4, because="version 2 has learned it")
    live = running.registry.current("digits")
    expect([each.number for each in running.registry.lineage(live)]).equals(
        [2, 1], because="version 2 says what it was trained from"
    )
    running.rollback()
    expect([running.current.number, running.service.live.champion.version]).equals(
        [1, "digits-1"], because="one call, and version 1 answers again"
    )


@step("the-loop")
def test_a_bad_training_never_takes_over(expect, tmp_path):
    street = Street()
    running = begun(tmp_path, street, trained_on_nonsense)
    street.moved = True
    until(running, street, "rolled back")
    expect(kinds(running)[-2:]).equals(
        [("retrained", 2), ("rolled back", 2)], because="it was trained on wrong labels"
    )
    expect(running.service.live.champion.version).equals(
        "digits-1", because="the users had version 1 all the time, but for a part of some days"
    )
