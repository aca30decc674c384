"""Opens a digitcam network in PyTorch, asks it about one picture, and writes it back as a file that digitcam runs.

    pip install torch safetensors
    python3 net/train/pytorch_example.py weights/lenet5.safetensors mine.safetensors
    ./digitcam read --weights mine.safetensors page.jpg

Nothing in digitcam needs this script. The format is described in net/weights.h.
"""
import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import save_file


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


source, target = sys.argv[1:3]
with safe_open(source, framework="pt") as file:
    metadata = file.metadata()
    model = build(json.loads(metadata["digitcam.layers"]))
    model.load_state_dict({name: file.get_tensor(name) for name in file.keys()})

picture = torch.zeros(1, 1, 28, 28)  # white ink on black, 0 to 1
picture[0, 0, 4:24, 13:16] = 1  # an upright stroke
with torch.no_grad():
    scores = torch.softmax(model(picture).flatten(1), dim=1)[0]
print("a stroke is read as", int(scores.argmax()), "with", round(float(scores.max()), 4))

# Train `model` further here. Its checksums no longer hold then, so they are left out of what is written.
entries = {key: metadata[key] for key in ("digitcam.layers", "digitcam.version", "digitcam.classes", "digitcam.threshold")}
entries["digitcam.recipe"] = "PyTorch, from " + source
save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, target, entries)
