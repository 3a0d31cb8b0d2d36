"""Writes tensors as a safetensors file: header length, a JSON header, then the bytes of every tensor.

Wider dtypes come first, so that each tensor is aligned to its own element size.
"""

import gzip
import json
import struct
from pathlib import Path

import torch

RESOURCES = Path(__file__).resolve().parent.parent / "resources" / "golden"

NAMES = {
    torch.bool: "BOOL",
    torch.uint8: "U8",
    torch.int8: "I8",
    torch.int16: "I16",
    torch.int32: "I32",
    torch.int64: "I64",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float32: "F32",
    torch.float64: "F64",
}


def raw(tensor):
    """The elements of a tensor in row-major order, little-endian."""
    flat = tensor.detach().contiguous().as_strided((tensor.numel(),), (1,))
    return bytes(flat.view(torch.uint8).numpy()) if flat.numel() else b""


def save(name, tensors, metadata=None, compressed=False):
    """Writes `tensors` (name -> tensor) and `metadata` (name -> anything JSON) to resources/golden/<name>.safetensors.

    What is to be compressed is by gzip, and has .gz at the end of its name.
    """
    header = {}
    if metadata:
        header["__metadata__"] = {
            key: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            for key, value in metadata.items()
        }
    chunks, offset = [], 0
    for key in sorted(tensors, key=lambda k: -tensors[k].element_size()):
        tensor = tensors[key]
        data = raw(tensor)
        header[key] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    RESOURCES.mkdir(parents=True, exist_ok=True)
    path = RESOURCES / f"{name}.safetensors{'.gz' if compressed else ''}"
    whole = struct.pack("<Q", len(text)) + text + b"".join(chunks)
    path.write_bytes(gzip.compress(whole, 9, mtime=0) if compressed else whole)
    print(f"{path.name}: {len(tensors)} tensors, {path.stat().st_size} bytes")


def load(name):
    """The tensors and the metadata of a file that `save` wrote; metadata that is not JSON is left out."""
    data = (RESOURCES / name).read_bytes()
    data = gzip.decompress(data) if name.endswith(".gz") else data
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    metadata = {key: json.loads(text) for key, text in header.pop("__metadata__", {}).items() if text[:1] == "{"}
    dtypes = {name: dtype for dtype, name in NAMES.items()}
    tensors = {}
    for key, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        raw_bytes = torch.frombuffer(bytearray(data[start:end]), dtype=torch.uint8) if end > start else torch.empty(0)
        dtype = dtypes[entry["dtype"]]
        tensors[key] = (raw_bytes.view(dtype) if end > start else torch.empty(0, dtype=dtype)).reshape(entry["shape"])
    return tensors, metadata
