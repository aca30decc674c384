"""Opens a digitcam network in PyTorch, writes it back as a file that digitcam runs, and asks both about the same digits.

    python3 net/train/pytorch_example.py weights/digits.safetensors mine.safetensors DATA

DATA is a folder of NAME-images-idx3-ubyte with NAME-labels-idx1-ubyte, gzipped or not. Run it from where ./digitcam is. Needs PyTorch
(python3-torch in Debian); nothing in digitcam needs this script. The format of the files is described in net/weights.h.
"""
import glob
import gzip
import json
import os
import struct
import subprocess
import sys

import torch

TYPES = {"F32": torch.float32, "I8": torch.int8, "I32": torch.int32}


def read(path):
    """The metadata and the tensors of a safetensors file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    metadata = header.pop("__metadata__")
    tensors = {name: torch.frombuffer(bytearray(data[slice(*entry["data_offsets"])]), dtype=TYPES[entry["dtype"]])
               .reshape(entry["shape"]) for name, entry in header.items()}
    for layer in {name.split(".")[0] for name in tensors if name.endswith(".scale")}:  # int8: back to real numbers
        scale, step = tensors.pop(layer + ".scale"), tensors.pop(layer + ".input_scale")
        weight = tensors[layer + ".weight"].float()
        tensors[layer + ".weight"] = weight * scale.reshape([-1] + [1] * (weight.dim() - 1))
        tensors[layer + ".bias"] = tensors[layer + ".bias"].float() * step * scale
    return metadata, tensors


def write(path, metadata, tensors):
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        mine = tensor.detach().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(mine)]}
        data += mine
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def build(layers):
    """The layer list of the file as a PyTorch module; its parameters keep the names of the file."""
    model = torch.nn.Sequential()
    for layer in layers:
        kind, name = layer["kind"], layer["name"]
        if kind == "conv":
            model.add_module(name, torch.nn.Conv2d(layer["in"], layer["out"], layer["kernel"],
                                                   layer.get("stride", 1), layer.get("padding", 0)))
        elif kind == "maxpool":
            model.add_module(name, torch.nn.MaxPool2d(layer["kernel"], layer.get("stride", layer["kernel"])))
        else:
            if not any(isinstance(m, torch.nn.Flatten) for m in model):
                model.add_module("flatten", torch.nn.Flatten())  # channel, row, column
            model.add_module(name, torch.nn.Linear(layer["in"], layer["out"]))
        if layer.get("activation") == "relu":
            model.add_module(name + "_relu", torch.nn.ReLU())
    return model


def read_idx(path):
    with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
        dimensions = file.read(4)[3]
        sizes = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8).reshape(sizes)


if len(sys.argv) != 4:
    sys.exit(__doc__)
source, target, folder = sys.argv[1:]
if os.path.exists(target) and os.path.samefile(source, target):
    sys.exit(target + " is what is read; name another file to write")
metadata, tensors = read(source)
model = build(json.loads(metadata["digitcam.layers"]))
model.load_state_dict(tensors)

# Train `model` further here. The checksums no longer hold then, so they are left out of what is written.
kept = {key: metadata[key] for key in ("digitcam.layers", "digitcam.version", "digitcam.classes", "digitcam.threshold")}
write(target, {**kept, "digitcam.recipe": "PyTorch, from " + source}, model.state_dict())

told = subprocess.run(["./digitcam", "eval", "--json", "--weights", target, folder], stdout=subprocess.PIPE)
if told.returncode:
    sys.exit(told.returncode)
right = {answer["set"]: answer["correct"] for answer in map(json.loads, told.stdout.splitlines())}
same = None
for images in sorted(glob.glob(folder + "/*-images-idx3-ubyte*")):
    name = os.path.basename(images).split("-images-idx3-ubyte")[0]
    if "letters" in name or "symbols" in name or name not in right:  # no digits
        continue
    pictures, labels = read_idx(images), read_idx(images.replace("images-idx3", "labels-idx1"))
    with torch.no_grad():  # white ink on black, 0 to 1; an eleventh answer is "not a digit"
        answers = torch.cat([model(part[:, None] / 255).flatten(1)[:, :10].argmax(1) for part in pictures.split(1000)])
    mine = int((answers == labels).sum())
    print(f"{name}: of {len(labels)} digits PyTorch reads {mine}, digitcam {right[name]}")
    alike = abs(mine - right[name]) <= 1 + len(labels) // 10000  # sums are rounded in another order
    same = alike if same is None else same and alike
sys.exit(None if same else "they do not answer alike" if same is False else folder + ": no digits to compare by")
