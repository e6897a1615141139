"""The encoder of a small BERT as an ONNX graph. The little of the format that it takes is written here.

Field numbers are those of onnx.proto3; the operators of `com.microsoft` are the fused ones of ONNX Runtime.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

IR_VERSION, OPSET = 8, 17
FUSED = "com.microsoft"
FLOAT, INT32 = 1, 6
_VARINT_BITS, _VARINT_MASK = 7, 0x7F


def encoder(weights: Mapping[str, Any], layers: int, heads: int) -> bytes:
    """From `ids` and `segments` (int32, batch by length) and `lengths` (int32, batch) to `hidden`, of every token."""
    nodes = [_node("EmbedLayerNormalization", _names("ids segments word position segment en eb"), ["x0", "unused"])]
    for at in range(layers):
        w = f"{at}."
        nodes += [
            _node("Attention", [f"x{at}", f"{w}qkv", f"{w}qkv_bias", "lengths"], [f"{w}a"], num_heads=heads),
            _node("MatMul", [f"{w}a", f"{w}out"], [f"{w}b"], domain=""),
            _norm([f"{w}b", f"x{at}", f"{w}n1", f"{w}n1_bias", f"{w}out_bias"], f"{w}c"),
            _node("MatMul", [f"{w}c", f"{w}up"], [f"{w}d"], domain=""),
            _node("BiasGelu", [f"{w}d", f"{w}up_bias"], [f"{w}e"]),
            _node("MatMul", [f"{w}e", f"{w}down"], [f"{w}f"], domain=""),
            _norm([f"{w}f", f"{w}c", f"{w}n2", f"{w}n2_bias", f"{w}down_bias"], f"x{at + 1}"),
        ]
    nodes.append(_node("Identity", [f"x{layers}"], ["hidden"], domain=""))
    inputs = [_value("ids", INT32, 2), _value("segments", INT32, 2), _value("lengths", INT32, 1)]
    graph = [*((1, node) for node in nodes), (2, "encoder")]
    graph += [(5, _tensor(name, weight)) for name, weight in weights.items()]
    graph += [*((11, each) for each in inputs), (12, _value("hidden", FLOAT, 3))]
    opsets = [_message([(1, domain), (2, version)]) for domain, version in (("", OPSET), (FUSED, 1))]
    return _message([(1, IR_VERSION), (7, _message(graph)), *((8, each) for each in opsets)])


def _names(text: str) -> list[str]:
    return text.split(" ")


def _norm(inputs: Sequence[str], output: str) -> bytes:
    return _node("SkipLayerNormalization", inputs, [output], epsilon=1e-12)


def _node(
    operator: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = FUSED, **attributes: float
) -> bytes:
    fields: list[tuple[int, Any]] = [*((1, name) for name in inputs), *((2, name) for name in outputs)]
    fields.append((4, operator))
    for name, value in attributes.items():
        kind = [(3, value), (20, 2)] if isinstance(value, int) else [(2, value), (20, 1)]
        fields.append((5, _message([(1, name), *kind])))
    return _message([*fields, (7, domain)])


def _value(name: str, kind: int, dimensions: int) -> bytes:
    shape = _message([(1, _message([(2, f"{name}{at}")])) for at in range(dimensions)])
    return _message([(1, name), (2, _message([(1, _message([(1, kind), (2, shape)]))]))])


def _tensor(name: str, weight: Any) -> bytes:
    return _message([*((1, size) for size in weight.shape), (2, FLOAT), (8, name), (9, weight.tobytes())])


def _message(fields: Sequence[tuple[int, Any]]) -> bytes:
    return b"".join(_field(number, value) for number, value in fields)


def _field(number: int, value: bytes | str | float) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > _VARINT_MASK:
        parts.append(value & _VARINT_MASK | 0x80)
        value >>= _VARINT_BITS
    return bytes([*parts, value])
