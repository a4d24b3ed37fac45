"""Writes a trained model down so that other programs can read it: safetensors and ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from tinytorch.benchmarking import Call, trace
from tinytorch.checks import checked
from tinytorch.layers import Module
from tinytorch.mlops import storage
from tinytorch.mlops.extras import extra
from tinytorch.mlops.registry import to_safetensors
from tinytorch.operation import recording
from tinytorch.tensor import Tensor

OPSET = 20  # the version of ONNX's operators; the first that has Gelu
IR_VERSION = 10  # the version of the file format that came with it


@checked
def export_safetensors(
    model: Module, path: Path | str, metadata: Mapping[str, str] | None = None
) -> None:
    """The model's `state_dict` as a safetensors file, which PyTorch and others read.

    Names and shapes are PyTorch's, so the state fits a `torch.nn` model of the same layers. Given.
    """
    storage.replace(Path(path), to_safetensors(model.state_dict(), metadata))


@checked
def export_onnx(model: Module, example: Tensor, path: Path | str) -> None:
    """The model as an ONNX file: "input", any number of rows like those of `example`, to "scores".

    It is traced with two rows and with three, of other numbers: each operation becomes a node, each
    weight an initializer of its own name, and what differs between the two depends on the rows.
    Then the graph has to give what the model gives for rows that neither has seen. Raises
    ValueError for a model in training mode, for an example without a row, for what ONNX can't say,
    with its name, and for a model that reads numbers of its input, which a graph would keep. Given.
    """
    if example.ndim == 0 or example.size == 0:
        raise ValueError(f"export_onnx needs an example of one row or more, not {example.shape}")
    if any(module.training for module in model.modules()):
        raise ValueError("the model is in training mode: call model.eval() before exporting it")
    graph = Graph(model.state_dict())
    generator = np.random.default_rng(0)
    inputs = [graph.input(fresh_rows(example, rows, generator)) for rows in (2, 3)]
    outputs: list[Tensor] = []
    two, three = (trace(lambda x: outputs.append(model(x)), rows) for rows in inputs)
    if [call.operation for call in two] != [call.operation for call in three]:
        raise ValueError("the model calls other operations for three rows than for two")
    for call, other in zip(two, three, strict=True):
        graph.add(call, other)
    written = graph.model(outputs[0])
    for rows, size in ((1, 1), (4, -1), (3, 0), (5, 10)):
        batch = fresh_rows(example, rows, generator)
        check_scores(written, model, batch * size if example.dtype.kind == "f" else batch)
    storage.replace(Path(path), written.SerializeToString())


def fresh_rows(example: Tensor, rows: int, generator: np.random.Generator) -> np.ndarray:
    """Rows like those of `example`, with other numbers of the same size. Given."""
    values, shape = example.numpy(), (rows, *example.shape[1:])
    if values.dtype.kind != "f":
        return generator.choice(values.ravel(), shape)
    return generator.normal(values.mean(), values.std() or 1, shape).astype(values.dtype)


def check_scores(written: Any, model: Module, rows: np.ndarray) -> None:
    """Raises ValueError unless the graph gives for `rows` what the model gives. Given."""
    evaluator = extra("onnx.reference", "exporting to ONNX").ReferenceEvaluator(written)
    with recording(False), np.errstate(all="ignore"):
        (scores,) = evaluator.run(["scores"], {"input": rows})
        wanted = model(Tensor(rows)).data
    if not np.allclose(scores, wanted, rtol=1e-3, atol=1e-4, equal_nan=True):
        raise ValueError(
            "the exported graph gives other scores than the model for other rows: the model reads "
            "numbers of its input, by item(), tolist(), numpy() or `if`, and a graph keeps them as "
            "they were; compute with tensors"
        )


class Graph:
    """An ONNX graph that grows call by call. A tensor is known by its array. Given."""

    names: dict[int, str]  # id of an array -> the name of that value in the graph
    dtypes: dict[str, np.dtype]  # of what has a name
    nodes: list[Any]
    initializers: dict[str, Any]

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        """An empty graph. The weights get into it when they are used."""
        self.onnx = extra("onnx", "exporting to ONNX")
        self.weights = {id(tensor.data): name for name, tensor in weights.items()}
        self.names, self.dtypes, self.nodes, self.initializers = {}, {}, [], {}
        self.alive: list[Any] = []  # an id is an array's own only as long as the array lives

    def input(self, rows: np.ndarray) -> Tensor:
        """A tensor that stands for the graph's input."""
        tensor = Tensor(rows)
        self.names[id(tensor.data)], self.dtypes["input"] = "input", tensor.dtype
        self.inputs = self.onnx.helper.make_tensor_value_info(
            "input", self._type(tensor), ["rows", *tensor.shape[1:]]
        )
        self.alive.append(tensor)
        return tensor

    def add(self, call: Call, other: Call) -> None:
        """The node or nodes of `call`, which the trace of another number of rows calls `other`."""
        name = call.operation.__name__
        self.alive += [call, other]
        if any(call.result.data is operand.data for operand in call.operands):
            return  # it gave back what it got, as dropout does in eval mode
        if name not in RULES:
            raise ValueError(
                f"export_onnx has no rule for the operation {name}: {', '.join(sorted(RULES))}"
            )
        arguments, others = _arguments(call), _arguments(other)
        if name == "reshape":
            arguments["shape"] = _shape_for_any_rows(call, arguments["shape"], others["shape"])
            others["shape"] = arguments["shape"]
        for key, value in arguments.items():
            arguments[key] = self._argument(value, others[key], name)
        output = RULES[name](self, call, arguments)
        self.names[id(call.result.data)] = self.names[id(other.result.data)] = output
        self.dtypes[output] = call.result.dtype

    def emit(self, kind: str, inputs: list[str | None], **attributes: Any) -> str:
        """Add a node; returns the name of its output. None leaves an optional input out."""
        output = f"{kind.lower()}_{len(self.nodes)}"
        names = [name or "" for name in inputs]
        while names[-1] == "":  # onnxruntime 1.32 crashes on an empty name at the end
            names.pop()
        self.nodes.append(self.onnx.helper.make_node(kind, names, [output], **attributes))
        return output

    def as_dtype(self, name: str, dtype: Any) -> str:
        """The name of a value in that dtype, cast where it has another: ONNX computes in one."""
        if self.dtypes[name] == dtype:
            return name
        return self.emit("Cast", [name], to=self.onnx.helper.np_dtype_to_tensor_dtype(dtype))

    def constant(self, values: Any, dtype: Any = None, name: str | None = None) -> str:
        """Add an initializer with `values`; returns its name."""
        name = name or f"constant_{len(self.initializers)}"
        array = np.array(values, dtype=dtype, order="C")
        self.initializers[name] = self.onnx.numpy_helper.from_array(array, name)
        return name

    def model(self, output: Tensor) -> Any:
        """The model with `output` as its "scores", checked by the `onnx` package. Given."""
        helper = self.onnx.helper
        if id(output.data) not in self.names:
            raise ValueError("the model's output was not computed from its input by operations")
        self.nodes.append(helper.make_node("Identity", [self.names[id(output.data)]], ["scores"]))
        scores = helper.make_tensor_value_info(
            "scores", self._type(output), ["rows", *output.shape[1:]]
        )
        graph = helper.make_graph(
            self.nodes, "tinytorch", [self.inputs], [scores], list(self.initializers.values())
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="tinytorch",
        )
        self.onnx.checker.check_model(model, full_check=True)
        return model

    def _argument(self, value: Any, other: Any, operation: str) -> Any:
        """A tensor's name in the graph; anything else as it is. Given.

        What differs between the two traces and isn't computed from the input can't be written down.
        """
        if not isinstance(value, Tensor):
            if value != other:
                raise ValueError(f"{operation} takes {value!r} for two rows, {other!r} for three")
            return value
        key = id(value.data)
        if key in self.names:
            return self.names[key]
        if key in self.weights:
            self.names[key] = self.constant(value.data, name=self.weights[key])
        elif np.array_equal(value.data, other.data):
            self.names[key] = self.constant(value.data)
        else:
            raise ValueError(
                f"{operation} takes a tensor that changes with the rows or the number of rows, and "
                "is not computed from the input by operations"
            )
        self.dtypes[self.names[key]] = value.dtype
        return self.names[key]

    def _type(self, tensor: Tensor) -> int:
        return self.onnx.helper.np_dtype_to_tensor_dtype(tensor.dtype)


Rule = Callable[[Graph, Call, dict[str, Any]], str]
"""Takes an operation's arguments, its tensors by their names; returns the name of its output."""

RULES: dict[str, Rule] = {}
ELEMENTWISE = {
    "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "pow": "Pow", "neg": "Neg",
    "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "matmul": "MatMul",
    "relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "gelu": "Gelu",
}  # fmt: skip


def rule(*operations: str) -> Callable[[Rule], Rule]:
    """Register the ONNX form of `operations`: a decorator. Given."""

    def register(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(operations, function))
        return function

    return register


@rule(*ELEMENTWISE)
def elementwise_node(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """One node, with its operands in the dtype of the result: ONNX promotes none."""
    dtype = call.result.dtype
    operands: list[str | None] = [
        graph.as_dtype(value, dtype) if isinstance(value, str) else graph.constant(value, dtype)
        for value in arguments.values()
    ]
    return graph.emit(ELEMENTWISE[call.operation.__name__], operands)


@rule("to")
def _to(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `Cast`. Given."""
    return graph.as_dtype(arguments["self"], call.result.dtype)


@rule("clone")
def _clone(graph: Graph, _: Call, arguments: dict[str, Any]) -> str:
    """An `Identity`. Given."""
    return graph.emit("Identity", [arguments["self"]])


@rule("leaky_relu")
def _leaky_relu(graph: Graph, _: Call, arguments: dict[str, Any]) -> str:
    """A `LeakyRelu`. Given."""
    slope = float(arguments["negative_slope"])
    return graph.emit("LeakyRelu", [arguments["input"]], alpha=slope)


@rule("softmax", "log_softmax")
def _softmax(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `Softmax` or `LogSoftmax`. Given."""
    kind = "Softmax" if call.operation.__name__ == "softmax" else "LogSoftmax"
    return graph.emit(kind, [arguments["input"]], axis=arguments["dim"])


@rule("linear")
def linear_node(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `Gemm` for rows; for more dimensions, which it does not take, a product and a sum."""
    input, weight, bias = (arguments[name] for name in ("input", "weight", "bias"))
    if call.operands[0].ndim == 2:
        return graph.emit("Gemm", [input, weight, bias], transB=1)
    product = graph.emit("MatMul", [input, graph.emit("Transpose", [weight], perm=[1, 0])])
    return product if bias is None else graph.emit("Add", [product, bias])


@rule("reshape")
def _reshape(graph: Graph, _: Call, arguments: dict[str, Any]) -> str:
    """A `Reshape` to a shape that fits any number of rows. Given."""
    shape = graph.constant(arguments["shape"], np.int64)
    return graph.emit("Reshape", [arguments["self"], shape])


@rule("transpose")
def _transpose(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `Transpose` that exchanges two dimensions. Given."""
    order = list(range(call.operands[0].ndim))
    first, second = arguments["dim0"], arguments["dim1"]
    order[first], order[second] = order[second], order[first]
    return graph.emit("Transpose", [arguments["self"]], perm=order)


@rule("sum", "mean", "max", "min")
def _reduce(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `ReduceSum` or its like. Given."""
    dim = arguments["dim"]
    axes = None if dim is None else graph.constant(np.atleast_1d(dim), np.int64)
    kind = f"Reduce{call.operation.__name__.capitalize()}"
    return graph.emit(kind, [arguments["self"], axes], keepdims=int(arguments["keepdim"]))


@rule("layer_norm")
def _layer_norm(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `LayerNormalization`. Given."""
    shape = arguments["normalized_shape"]
    weight = arguments["weight"] or graph.constant(np.ones(shape), call.result.dtype)
    inputs = [arguments["input"], weight, arguments["bias"]]
    return graph.emit("LayerNormalization", inputs, axis=-len(shape), epsilon=arguments["eps"])


@rule("pad2d")
def _pad2d(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `Pad`. Given."""
    frame = [0] * (call.operands[0].ndim - 2) + _pair(arguments["padding"])
    pads = graph.constant(frame + frame, np.int64)
    value = graph.constant(arguments["value"], call.result.dtype)
    return graph.emit("Pad", [arguments["input"], pads, value])


@rule("conv2d")
def _conv2d(graph: Graph, _: Call, arguments: dict[str, Any]) -> str:
    """A `Conv`. Given."""
    inputs = [arguments["input"], arguments["weight"], arguments["bias"]]
    return graph.emit("Conv", inputs, **_window(arguments))


@rule("max_pool2d", "avg_pool2d")
def _pool2d(graph: Graph, call: Call, arguments: dict[str, Any]) -> str:
    """A `MaxPool` or `AveragePool`. Given."""
    if call.operands[0].ndim != 4:
        raise ValueError(f"ONNX pools images (N, C, H, W), not {call.operands[0].shape}")
    size = _pair(arguments["kernel_size"])
    window = _window({**arguments, "stride": arguments["stride"] or size})
    if call.operation.__name__ == "max_pool2d":
        return graph.emit("MaxPool", [arguments["input"]], kernel_shape=size, **window)
    return graph.emit(
        "AveragePool", [arguments["input"]], kernel_shape=size, count_include_pad=1, **window
    )


def _window(arguments: dict[str, Any]) -> dict[str, list[int]]:
    """Stride and padding as ONNX takes them. Given."""
    padding = _pair(arguments.get("padding", 0))
    return {"strides": _pair(arguments["stride"]), "pads": padding + padding}


def _pair(value: Any) -> list[int]:
    """An int for both height and width, or one for each. Given."""
    return [value, value] if isinstance(value, int) else list(value)


def _arguments(call: Call) -> dict[str, Any]:
    """What an operation was called with, by the names of its parameters. Given."""
    bound = signature(call.operation).bind(*call.args, **call.kwargs)
    bound.apply_defaults()
    return dict(bound.arguments)


def _shape_for_any_rows(call: Call, two: tuple[int, ...], three: tuple[int, ...]) -> list[int]:
    """A reshape's shape with the number of rows as ONNX writes it. Given.

    0 stands for the length that is there already, -1 for the one that is left.
    """
    before = call.operands[0].shape
    shape = [
        length if length == other else 0 if before[place : place + 1] == (length,) else -1
        for place, (length, other) in enumerate(zip(two, three, strict=True))
    ]
    if shape.count(-1) > 1:
        raise ValueError(f"the number of rows is in several lengths of the reshape to {two}")
    return shape
