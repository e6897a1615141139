"""Compile protos/ into gen/: `make proto`, without network.

Three outputs: Python modules with type stubs; the gRPC bindings, which are for clients, for no process of ours uses
them; and `gen/cairn.binpb`, the whole contract with its comments as one descriptor set, from which the gateway makes
its routes and its OpenAPI document.
"""

import argparse
import re
import shutil
import sys
import tempfile
from importlib import resources
from pathlib import Path

from google.api import annotations_pb2
from google.protobuf import descriptor_pb2
from grpc_tools import protoc
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).parent
INCLUDES = [ROOT, resources.files("grpc_tools") / "_proto", Path(annotations_pb2.__file__).parents[2]]
VALIDATE = "buf/validate/validate.proto"


def main() -> None:
    """Write everything below the folder given, `gen` by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", type=Path, default=ROOT.parent / "gen")
    out: Path = parser.parse_args().out
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.rglob("*.proto"))}
    services = [name for name, text in sources.items() if re.search(r"^service ", text, re.MULTILINE)]
    with tempfile.TemporaryDirectory() as folder:
        rules = _validation_rules(Path(folder))
        _protoc(rules, f"--python_out={out}", f"--pyi_out={out}", VALIDATE, *sources)
        _protoc(rules, f"--grpc_python_out={out}", *services)
        contract = [f"--descriptor_set_out={out / 'cairn.binpb'}", "--include_imports", "--include_source_info"]
        _protoc(rules, *contract, *sources)


def _validation_rules(folder: Path) -> str:
    """The option for protoc that brings validate.proto, which its Python package ships only as a descriptor."""
    file = descriptor_pb2.FileDescriptorProto.FromString(validate_pb._DESC.proto.to_binary())  # noqa: SLF001
    known = folder / "validate.binpb"
    _protoc(f"--descriptor_set_out={known}", "--include_imports", *file.dependency)
    files = descriptor_pb2.FileDescriptorSet.FromString(known.read_bytes())
    files.file.append(file)
    known.write_bytes(files.SerializeToString())
    return f"--descriptor_set_in={known}"


def _protoc(*arguments: str) -> None:
    if protoc.main(["protoc", *(f"-I{path}" for path in INCLUDES), *arguments]) != 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
