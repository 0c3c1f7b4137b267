"""Exports the models of this folder: `python export.py FOLDER`, with torch and onnxscript, which tests do not need.

Small networks with the parts that are hard to read back, each by both exporters of torch, for any batch and for one.
"""

import sys
from pathlib import Path

import onnx
import torch
import torch.nn.functional as F
from torch import nn


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16, 24)
        self.fc2 = nn.Linear(24, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        return torch.log_softmax(self.fc2(torch.relu(self.fc1(x))), dim=1)


class Basic(nn.Module):
    def __init__(self, i, o, s=1):
        super().__init__()
        self.conv1 = nn.Conv2d(i, o, 3, s, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(o)
        self.conv2 = nn.Conv2d(o, o, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(o)
        self.relu = nn.ReLU()
        self.downsample = (
            nn.Sequential(nn.Conv2d(i, o, 1, s, bias=False), nn.BatchNorm2d(o)) if s > 1 else nn.Identity()
        )

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(Basic(4, 4))
        self.layer2 = nn.Sequential(Basic(4, 8, 2))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class TextLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(20, 6)
        self.lstm = nn.LSTM(6, 8, num_layers=2, batch_first=True)
        self.fc = nn.Linear(8, 3)

    def forward(self, tokens):
        y, _ = self.lstm(self.embedding(tokens))
        return self.fc(y[:, -1])


class BiGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(5, 7, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(14, 3)

    def forward(self, x):
        y, h = self.gru(x)
        return self.fc(y), torch.cat([h[0], h[1]], dim=1)


class SeqFirstRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(5, 7)
        self.fc = nn.Linear(7, 3)

    def forward(self, x):
        _, h = self.rnn(x)
        return self.fc(h[0])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu")
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        return self.fc(self.encoder(x).mean(1))


class ViT(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.cls = nn.Parameter(torch.randn(1, 1, 8))
        self.pos = nn.Parameter(torch.randn(1, 5, 8))
        self.norm1 = nn.LayerNorm(8)
        self.qkv = nn.Linear(8, 24)
        self.proj = nn.Linear(8, 8)
        self.norm2 = nn.LayerNorm(8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        b = x.shape[0]
        x = torch.cat([self.cls.expand(b, -1, -1), x], 1) + self.pos
        y = self.norm1(x)
        q, k, v = self.qkv(y).reshape(b, -1, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        a = torch.softmax(q @ k.transpose(-2, -1) * 4**-0.5, -1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, -1, 8))
        x = x + self.mlp(self.norm2(x))
        return self.head(x[:, 0])


class UNet(nn.Module):
    def __init__(self):
        super().__init__()

        def double(i, o):
            return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(2, o), nn.SiLU())

        self.down1 = double(1, 4)
        self.down2 = double(4, 8)
        self.mid = double(8, 8)
        self.up = nn.ConvTranspose2d(8, 8, 2, 2)
        self.dec2 = double(16, 4)
        self.dec1 = double(8, 4)
        self.out = nn.Conv2d(4, 2, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.mid(F.max_pool2d(b, 2))
        y = self.dec2(torch.cat([self.up(c), b], 1))
        y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False)
        return self.out(self.dec1(torch.cat([y, a], 1)))


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, 2, 1)
        self.act = nn.LeakyReLU(0.2)
        self.mu = nn.Linear(64, 2)
        self.logvar = nn.Linear(64, 2)

    def forward(self, x):
        h = self.act(self.conv(x)).view(x.size(0), -1)
        return self.mu(h), torch.exp(0.5 * self.logvar(h))


class Mobile(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, 2, 1)
        self.dw = nn.Conv2d(8, 8, 3, 1, 1, groups=8)
        self.a = nn.ReLU6()
        self.hs = nn.Hardswish()
        self.se1 = nn.Conv2d(8, 4, 1)
        self.se2 = nn.Conv2d(4, 8, 1)
        self.hsig = nn.Hardsigmoid()
        self.head = nn.Linear(8, 3)
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        x = self.a(self.conv(x))
        x = self.hs(self.dw(x))
        s = x.mean((2, 3), keepdim=True)
        x = x * self.hsig(self.se2(torch.relu(self.se1(s))))
        return self.head(self.drop(F.adaptive_avg_pool2d(x, 1).flatten(1)))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(17, 8)
        self.wpe = nn.Embedding(6, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True, activation="gelu")
        self.head = nn.Linear(8, 17, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, ids):
        x = self.wte(ids) + self.wpe(torch.arange(6))
        x = self.layer(x, nn.Transformer.generate_square_subsequent_mask(6), is_causal=True)
        return self.head(x)


class ConvNeXt(nn.Module):
    """Channels last for the norm and the two linear layers, as in timm."""

    def __init__(self):
        super().__init__()
        self.depthwise = nn.Conv2d(4, 4, 7, padding=3, groups=4)
        self.norm = nn.LayerNorm(4)
        self.expand = nn.Linear(4, 8)
        self.shrink = nn.Linear(8, 4)
        self.gamma = nn.Parameter(torch.rand(4))

    def forward(self, x):
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.gamma * self.shrink(F.gelu(self.expand(y)))
        return x + y.permute(0, 3, 1, 2)


class Translator(nn.Module):
    """One LSTM begins where the other ended."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.LSTM(5, 6, batch_first=True)
        self.decoder = nn.LSTM(3, 6, batch_first=True)
        self.fc = nn.Linear(6, 2)

    def forward(self, source, target):
        _, state = self.encoder(source)
        return self.fc(self.decoder(target, state)[0])


class CausalAttention(nn.Module):
    """As in nanoGPT: heads by view and transpose, a mask that is cut to the length."""

    def __init__(self):
        super().__init__()
        self.attend = nn.Linear(8, 24)
        self.project = nn.Linear(8, 8)
        self.register_buffer("mask", torch.tril(torch.ones(6, 6)).view(1, 1, 6, 6))

    def forward(self, x):
        b, t, c = x.size()
        q, k, v = (y.view(b, t, 2, c // 2).transpose(1, 2) for y in self.attend(x).split(c, dim=2))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / 2)
        scores = scores.masked_fill(self.mask[:, :, :t, :t] == 0, float("-inf"))
        y = F.softmax(scores, dim=-1) @ v
        return self.project(y.transpose(1, 2).contiguous().view(b, t, c))


class TextReader(nn.Module):
    """A convolution's columns are the steps of an LSTM."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.lstm = nn.LSTM(12, 4, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        x = F.relu(self.conv(x))
        b, c, h, w = x.shape
        _, (h, _) = self.lstm(x.permute(0, 3, 1, 2).reshape(b, w, c * h))
        return self.fc(torch.cat([h[-2], h[-1]], 1))


class Frames(nn.Module):
    """The same convolution over every picture of a video."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        y = self.fc(F.relu(self.conv(x.flatten(0, 1))).mean((2, 3)))
        return y.view(x.size(0), x.size(1), -1).mean(1)


IMAGE, SEQUENCE = torch.randn(2, 3, 16, 16), torch.randn(2, 6, 5)
MODELS = {
    "lenet": (LeNet, {"image": torch.randn(2, 1, 14, 14)}),
    "resnet": (ResNet, {"image": IMAGE}),
    "lstm": (TextLSTM, {"tokens": torch.randint(0, 20, (2, 6))}),
    "gru": (BiGRU, {"sequence": SEQUENCE}),
    "encoder": (Encoder, {"sequence": torch.randn(2, 6, 8)}),
    "vit": (ViT, {"image": torch.randn(2, 3, 8, 8)}),
    "unet": (UNet, {"image": torch.randn(2, 1, 16, 16)}),
    "vae": (VAE, {"image": torch.randn(2, 1, 8, 8)}),
    "mobile": (Mobile, {"image": IMAGE}),
    "gpt": (GPT, {"ids": torch.randint(0, 17, (2, 6))}),
    "rnn": (SeqFirstRNN, {"sequence": SEQUENCE.transpose(0, 1)}),
    "convnext": (ConvNeXt, {"image": torch.randn(2, 4, 9, 9)}),
    "translator": (Translator, {"source": SEQUENCE, "target": torch.randn(2, 4, 3)}),
    "attention": (CausalAttention, {"steps": torch.randn(2, 6, 8)}),
    "reader": (TextReader, {"image": torch.randn(2, 1, 4, 10)}),
    "frames": (Frames, {"video": torch.randn(2, 5, 3, 6, 6)}),
}
WITH_NORMS = {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}  # else they join the kernels


def main(folder: Path) -> None:
    for name, (kind, inputs) in MODELS.items():
        batch = 1 if name == "rnn" else 0
        one = {argument: given.narrow(batch, 0, 1) for argument, given in inputs.items()}
        for ending, given in (("", inputs), ("_fixed", one)):
            for style in ("dynamo", "script"):
                torch.manual_seed(0)
                path = folder / f"{name}_{style}{ending}.onnx"
                export(kind().eval(), given, path, style, None if ending else {batch: "batch"})
    export(ResNet().eval(), {"image": IMAGE}, folder / "resnet_script_norms.onnx", "script", {0: "batch"}, **WITH_NORMS)


def export(model, inputs, path, style, axes, **settings) -> None:
    for norm in model.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
    if style == "dynamo":
        open_axes = axes and {axis: torch.export.Dim(name) for axis, name in axes.items()}
        shapes = axes and (open_axes,) * len(inputs)
        settings = {"dynamo": True, "dynamic_shapes": shapes, "external_data": False}
    else:
        settings |= {"dynamo": False, "dynamic_axes": axes and dict.fromkeys(inputs, axes), "opset_version": 17}
    try:
        torch.onnx.export(model, tuple(inputs.values()), str(path), input_names=list(inputs), **settings)
    except Exception as fault:  # not every exporter takes every model
        print(path.name, type(fault).__name__)
        return
    path.write_bytes(bare(onnx.load(path)).SerializeToString())


def bare(model):
    """The model without remarks on where it came from."""
    graph = model.graph
    for one in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        one.ClearField("metadata_props")
        one.ClearField("doc_string")
    graph.ClearField("value_info")
    return model


if __name__ == "__main__":
    main(Path(sys.argv[1]))
