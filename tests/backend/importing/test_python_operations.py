"""Every line of forward, beside what torch makes of it: functions, methods, operators, indices, shapes."""

import pytest
import torch
from torch import nn

from backend.compile import compile_network
from backend.importing.python_model import read_python

HEAD = """
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from functools import partial
from collections import OrderedDict


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        {begin}

    def forward(self, x{more}):
        {body}


model = Model()
model({examples})
"""
SHAPES = {"IMAGE": (2, 6, 8, 8), "ROW": (2, 12), "STEPS": (2, 5, 8), "WORDS": "torch.randint(0, 9, (2, 5))"}
ROW = SHAPES["ROW"]
CASES = """
# ROW
return F.leaky_relu(x, 0.2)

# ROW
return torch.relu(x) + x.sigmoid() + torch.tanh(x) + F.elu(x, alpha=0.5)

# ROW
return F.gelu(x, approximate='tanh') + F.silu(x) + F.softplus(x) + F.hardtanh(x, -2, 2)

# ROW
return F.softmax(x, dim=1) + F.log_softmax(x, -1) + x.softmax(1)

# ROW
return F.glu(x) + F.relu6(x).chunk(2, 1)[0]

# IMAGE
return F.max_pool2d(x, 2) + F.avg_pool2d(x, (2, 2), stride=2)

# IMAGE
return F.adaptive_avg_pool2d(x, 1).flatten(1)

# IMAGE
return F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)

# IMAGE
return F.interpolate(x, size=(5, 7))

# IMAGE
return F.interpolate(x, size=x.shape[2:], mode='nearest')

# IMAGE
return F.pad(x, (1, 2))

# IMAGE
return F.pad(x, [1, 2, 0, 3], mode='constant', value=0.5)

# IMAGE
return F.pad(x, (1, 1, 1, 1), 'reflect')

# IMAGE
return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 3, 3), 'constant', 0)

# ROW
return F.normalize(x, dim=1)

# STEPS
return F.normalize(x, p=1, dim=-1)

# ROW
return F.layer_norm(x, (12,))

# IMAGE
return F.pixel_shuffle(torch.cat([x, x], 1)[:, :8], 2)

# WORDS
return F.one_hot(x, num_classes=9).float().sum(1)

# ROW
return F.cosine_similarity(x, x * x, dim=1)

# STEPS
return F.scaled_dot_product_attention(x, x, x)

# STEPS
return F.scaled_dot_product_attention(x, x, x, is_causal=True)

# ROW
return x * 2 + 1 - 3 / (x * x + 1) + (x / 4) ** 2 - -x

# ROW
return 1 - x + (2 - x) * 3 - x / 2

# ROW
return 2 ** x

# ROW
x = x + 1
x += 2
x *= 0.5
x -= x.mean(1, keepdim=True)
return x / (x.std(1, keepdim=True) + 1e-5)

# ROW
y = x
y += 1
return x

# ROW
y, z = x.clone(), x * 1
y += 1
z.mul_(2)
return x, y, z

# STEPS
return x @ x.transpose(1, 2) + torch.matmul(x, x.mT) + x.bmm(x.permute(0, 2, 1))

# ROW
return (x > 0).float() * x + (x.le(0)).float() * x * 0.1

# ROW
return torch.where(x > 0.5, x, torch.zeros_like(x))

# ROW
return torch.where(x < 0, -x, x * 2)

# ROW
return x.masked_fill(x < 0, 0.0)

# ROW
return x.clamp(min=0) + torch.clamp(x, -1, 1) + x.clip(max=0.3)

# ROW
return torch.exp(x) + x.abs().sqrt() + torch.log(x.abs() + 1) + x.square() + x.pow(3)

# ROW
return torch.maximum(x, x * x) + torch.max(x, -x) + torch.min(x, x * 2)

# ROW
return torch.add(x, x, alpha=2) + torch.mul(x, x).sub(x).div(3)

# ROW
return (x.unsqueeze(1) - x.unsqueeze(2)).abs().sum(-1)

# STEPS
return torch.einsum('bij,bkj->bik', x, x)

# STEPS
return torch.einsum('bij,bjk', x, x.mT)

# IMAGE
return x.mean((2, 3)) + x.mean(dim=[2, 3]) + torch.mean(x, (-1, -2)) + x.sum(3).sum(-1)

# STEPS
return x.max(1)[0] + x.max(dim=1).values + torch.max(x, 1)[0] + x.amax(1) - x.min(1)[0]

# STEPS
values, places = x.max(dim=-1, keepdim=True)
return values

# ROW
return x.argmax(dim=1)

# ROW
return x.norm(dim=1, keepdim=True) + torch.norm(x, p=2, dim=1, keepdim=True)

# ROW
return x.var(dim=1) + x.std(1) + x.var(1, unbiased=False)

# IMAGE
return x.view(x.size(0), -1)

# IMAGE
return x.view(-1, 6 * 8 * 8)

# IMAGE
return x.reshape(x.shape[0], 6, -1).transpose(1, 2)

# IMAGE
b, c, h, w = x.shape
return x.view(b, 2, c // 2, h, w).transpose(1, 2).contiguous().view(b, c, h, w)

# STEPS
b, t, f = x.size()
return F.relu(x.view(b * t, f)).view(b, t, f)

# STEPS
b, t, f = x.size()
return x.reshape(b * t, f).reshape(b, t, 2, f // 2)

# STEPS
b, t, f = x.shape
return x.view(b, t, 2, f // 2).permute(0, 2, 1, 3).reshape(b * 2, t, f // 2).sum(-1).view(b, 2, t)

# IMAGE
b, c, h, w = x.shape
y = x.view(b, c, 2, 4, 2, 4).permute(0, 2, 4, 3, 5, 1).contiguous().view(-1, 4, 4, c).softmax(1)
n = int(y.shape[0] / (h * w / 4 / 4))
return y.view(n, 2, 2, 4, 4, -1).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, -1)

# STEPS
return x.view(-1, 8).mean(-1).view(x.size(0), 5)

# IMAGE
return x.flatten() if x.dim() == 1 else x.flatten(2).permute(0, 2, 1)

# IMAGE
return x.unflatten(1, (2, 3)).sum(2)

# STEPS
return x.squeeze(1) + x.unsqueeze(-1).squeeze(-1) + x[:, None].squeeze(1)

# STEPS
return x.mean(1).unsqueeze(1).unsqueeze(2).expand(-1, 3, 4, -1)

# STEPS
return x.mean(1, keepdim=True).repeat(1, 3, 1) + x[:, :3].mean(1, True).expand_as(x[:, :3])

# IMAGE
a, b = x.chunk(2, dim=1)
return torch.cat((b, a), dim=1)

# IMAGE
a, b, c = torch.split(x, [1, 2, 3], dim=1)
return torch.cat([c, a, b], 1)

# IMAGE
parts = x.split(2, dim=1)
return torch.stack([parts[2], parts[0]], dim=2).sum(2)

# STEPS
return torch.stack([x[:, i] for i in range(x.size(1))], dim=-1)

# STEPS
return torch.stack(list(x.unbind(1))[::-1], 1)

# STEPS
return x[:, -1] + x[:, 0, :] + x[:, 1:3].sum(1) + x[..., -1, :]

# STEPS
return x[:, ::2, 1:-1, None].sum(3)

# STEPS
return x[..., :4] * x[..., 4:]

# STEPS
return x[:, :, -1:] + x[:, :, :1]

# STEPS
return x.transpose(0, 1).transpose(0, 1) + x.permute(1, 0, 2).permute(1, 0, 2)

# STEPS
return x.transpose(0, 1)[-1] + x.permute(1, 0, 2)[0] + x.permute(1, 2, 0).mean(0).t()

# STEPS
y = x.permute(1, 0, 2)
return (y + y.mean(0, keepdim=True)).softmax(-1).permute(1, 0, 2)

# STEPS
y = x.permute(2, 0, 1)
q, k = y[:4], y[4:]
return (q * k).sum(0)

# STEPS
return x.narrow(1, 1, 2).sum(1) + x.select(1, 0)

# ROW
out = []
for i, part in enumerate(x.chunk(3, 1)):
    if i % 2 == 0:
        continue
    out.append(part * i)
return out[0]

# ROW
return sum(w * x[:, i:i + 4] for i, w in enumerate([0.1, 0.2, 0.3]))

# ROW
f = lambda y, k=3: y * k
return f(x) + f(x, k=2)

# ROW
def twice(y, *more, scale=1.0, **rest):
    return y * scale + sum(more)
return twice(x, x, x, scale=2.0, other=1)

# ROW
i = 0
while i < 3:
    x = torch.tanh(x)
    i += 1
else:
    x = x * 2
return x

# ROW
try:
    y = x.mean(1, keepdim=True)
finally:
    pass
return x - y

# ROW
with torch.no_grad():
    scale = 2.0
assert x.dim() == 2, 'two'
print(x.shape)
return x * scale

# ROW
d = {'a': x, 'b': x * 2}
for name, one in d.items():
    x = x + one
return x

# ROW
names = [f'part{i}' for i in range(2)]
return {name: x for name in names}['part1'] if 'part1' in names else None

# ROW
a, *rest = x.chunk(4, 1)
return torch.cat(rest, 1) + a.repeat(1, 3)

# ROW
return x if x.size(1) != 12 else x * math.sqrt(x.shape[-1]) / math.pi
"""
LAYERS = """
# STEPS
self.rnn = nn.LSTM(8, 7, num_layers=2, batch_first=True, bidirectional=True)
--
y, (h, c) = self.rnn(x)
return y[:, -1], h[-1], c[0]

# STEPS
self.rnn = nn.GRU(8, 7)
--
y, h = self.rnn(x.transpose(0, 1))
return y[-1], h.squeeze(0)

# STEPS
self.rnn = nn.RNN(8, 7, nonlinearity='relu', batch_first=True)
--
h0 = torch.zeros(1, x.size(0), 7)
return self.rnn(x, h0)[0].mean(1)

# STEPS
self.a = nn.LSTM(8, 4, batch_first=True)
self.b = nn.LSTM(4, 4, batch_first=True)
--
_, state = self.a(x)
y, _ = self.b(self.a(x)[0], state)
return y

# STEPS
self.cell = nn.LSTMCell(8, 6)
--
h = torch.zeros(x.size(0), 6)
c = torch.zeros(x.size(0), 6)
for t in range(x.size(1)):
    h, c = self.cell(x[:, t], (h, c))
return h

# STEPS
self.cell = nn.GRUCell(8, 6)
--
h = None
for step in x.unbind(1):
    h = self.cell(step, h)
return h

# STEPS
self.a = nn.MultiheadAttention(8, 2, batch_first=True)
--
y, w = self.a(x, x, x)
return y, w

# STEPS
self.a = nn.MultiheadAttention(8, 2)
--
q = x.permute(1, 0, 2)
return self.a(q, q, q, need_weights=False)[0].permute(1, 0, 2)

# STEPS
self.a = nn.MultiheadAttention(8, 2, kdim=3, vdim=3, batch_first=True)
--
return self.a(x, x[..., :3], x[..., :3])[0]

# STEPS
self.a = nn.MultiheadAttention(8, 2, batch_first=True)
--
m = torch.triu(torch.ones(5, 5), diagonal=1).bool()
return self.a(x, x, x, attn_mask=m)[0]

# STEPS
layer = nn.TransformerEncoderLayer(8, 2, 16, activation='gelu', batch_first=True)
self.t = nn.TransformerEncoder(layer, num_layers=2, norm=nn.LayerNorm(8))
--
return self.t(x).mean(1)

# STEPS
self.t = nn.TransformerEncoderLayer(8, 2, 16, norm_first=True, batch_first=True)
--
return self.t(x, src_mask=nn.Transformer.generate_square_subsequent_mask(5))

# STEPS
self.t = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16, batch_first=True), 2)
--
return self.t(x[:, :3], x)

# STEPS
self.t = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
--
return self.t(x, x[:, :3])

# WORDS
self.e = nn.Embedding(9, 4, padding_idx=0)
self.p = nn.Embedding(6, 4)
--
return self.e(x) + self.p(torch.arange(x.size(1), device=x.device)).unsqueeze(0)

# WORDS
self.e = nn.EmbeddingBag(9, 4, mode='sum')
--
return self.e(x)

# STEPS
self.w = nn.Parameter(torch.randn(8, 3) * 0.1)
self.b = nn.Parameter(torch.zeros(3))
--
return x @ self.w + self.b

# STEPS
self.w = nn.Parameter(torch.randn(3, 8))
--
return F.linear(x, self.w)

# STEPS
self.token = nn.Parameter(torch.zeros(1, 1, 8))
--
t = self.token.expand(x.shape[0], -1, -1)
return torch.cat([t, x], dim=1) + self.token

# STEPS
self.token = nn.Parameter(torch.randn(1, 1, 8))
--
return torch.cat((self.token.repeat(x.size(0), 1, 1), x), 1)

# IMAGE
self.scale = nn.Parameter(torch.ones(6, 1, 1))
self.gamma = nn.Parameter(1e-2 * torch.ones(6), requires_grad=True)
--
return x * self.scale + self.gamma[None, :, None, None]

# IMAGE
self.register_buffer('mean', torch.tensor([0.5, 0.4, 0.3, 0.2, 0.1, 0.0]).view(1, 6, 1, 1))
--
return (x - self.mean) / torch.tensor([2.0])

# STEPS
self.register_buffer('table', torch.arange(40).float().view(1, 5, 8) / 7 + torch.eye(5, 8))
--
return x + self.table

# STEPS
self.queries = nn.Parameter(torch.randn(4, 8))
--
return self.queries.unsqueeze(0) @ x.transpose(1, 2)

# ROW
self.net = nn.Sequential(OrderedDict([('a', nn.Linear(12, 5)), ('b', nn.ReLU())]))
self.net.add_module('c', nn.Linear(5, 2))
--
return self.net(x)

# ROW
self.net = nn.Sequential()
for i in range(2):
    self.net.add_module(f'l{i}', nn.Linear(12, 12))
    self.net.append(nn.Tanh())
--
return self.net[:3](x) + self.net[-1](x)

# ROW
self.ls = nn.ModuleList(nn.Linear(12, 12) for _ in range(3))
--
for i, l in enumerate(self.ls[:-1]):
    x = x + F.relu(l(x))
return self.ls[-1](x)

# ROW
self.d = nn.ModuleDict({'relu': nn.ReLU(), 'lin': nn.Linear(12, 3)})
--
for name in ['relu', 'lin']:
    x = self.d[name](x)
return x

# ROW
for i in range(2):
    setattr(self, f'fc{i}', nn.Linear(12, 12))
self.act = getattr(nn, 'ELU')()
--
for i in range(2):
    x = self.act(getattr(self, 'fc%d' % i)(x))
return x

# IMAGE
norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.2)
self.n = norm(6)
self.act = {'relu': nn.ReLU, 'gelu': nn.GELU}['gelu']()
--
return self.act(self.n(x))

# IMAGE
self.pool = nn.MaxPool2d(2, return_indices=True)
self.un = nn.MaxUnpool2d(2)
--
y, i = self.pool(x)
return self.un(y, i)

# ROW
self.b = nn.Bilinear(12, 12, 3)
--
return self.b(x, x * 2)

# IMAGE
self.up = nn.UpsamplingBilinear2d(scale_factor=2)
self.s = nn.Softmax2d()
self.l = nn.LocalResponseNorm(3, 0.01, 0.7, 2)
--
return self.l(self.s(self.up(x)))

# IMAGE
self.u = nn.Upsample(size=5)
self.z = nn.ZeroPad2d((1, 0, 2, 1))
self.d = nn.ConvTranspose2d(6, 4, 3, stride=2, output_padding=1, bias=False)
--
return self.d(self.z(self.u(x)))

# ROW
self.a = nn.Linear(12, 12, bias=False)
self.b = nn.Linear(12, 12)
self.b.weight = self.a.weight
--
return self.b(self.a(x))

# IMAGE
self.n = nn.GroupNorm(3, 6)
self.i = nn.InstanceNorm2d(6, affine=True)
self.l = nn.LayerNorm([6, 8, 8])
self.p = nn.PReLU(6)
--
return self.p(self.l(self.i(self.n(x))))
"""


def told(table):
    """The cases of a table: what stands in __init__, what in forward, and the shape of x."""
    for case in table.strip().split("\n\n"):
        shape, _, text = case.partition("\n")
        begin, dashes, body = text.partition("\n--\n")
        yield (begin if dashes else "pass", body if dashes else text, SHAPES[shape.removeprefix("# ")])


def written(body, begin="pass", shapes=(ROW,), more=""):
    def indented(text):
        return text.replace("\n", "\n        ")

    examples = ", ".join(one if isinstance(one, str) else f"torch.randn{one}" for one in shapes)
    return HEAD.format(body=indented(body), begin=indented(begin), more=more, examples=examples)


def agrees(text, tolerance=1e-5):
    """Whether the drawing gives what the source gives, with the source's weights."""
    space = {"__name__": "source"}
    exec(compile(text, "source", "exec"), space)
    theirs = space["model"].eval()
    for one in theirs.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.reset_running_stats()  # the call at the end of the source has moved them
    found = read_python(text, "source.py")
    ours = compile_network(found.network).eval()
    torch.manual_seed(2)
    given = eval(text.strip().splitlines()[-1].replace("model(", "(", 1).removesuffix(")") + ",)", {"torch": torch})
    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.copy_(other.reshape(mine.shape))
        expected, got = theirs(*(one.clone() for one in given)), ours(*given)
    expected = expected if isinstance(expected, tuple) else (expected,)
    got = got if isinstance(got, tuple) else (got,)
    assert len(expected) == len(got)
    for a, b in zip(expected, got, strict=True):
        assert a.shape == b.shape
        assert torch.allclose(a.float(), b.float(), atol=tolerance, rtol=1e-4)
    return found


@pytest.mark.parametrize(("begin", "body", "shape"), [*told(CASES), *told(LAYERS)])
def test_what_is_written_is_what_is_drawn(begin, body, shape):
    agrees(written(body, begin, (shape,)))


def test_several_inputs_and_results_keep_their_order():
    text = written("return {'sum': x + y, 'pair': (x * y, y)}['pair'] + (x,)", shapes=(ROW, ROW), more=", y")
    found = agrees(text)
    assert [block.name for block in found.network.with_role("input")] == ["x", "y"]
    assert len(found.network.with_role("output")) == 3


def test_names_of_results_become_names_of_outputs():
    found = read_python(written("return {'logits': x * 2, 'features': x}"), "m.py")
    assert [block.name for block in found.network.with_role("output")] == ["logits", "features"]


EINOPS = {  # what einops would make of x: 2 x 6 x 8 x 8 is told by torch, as einops is not installed with us
    "rearrange(x, 'b c h w -> b (h w) c')": lambda x: x.flatten(2).transpose(1, 2),
    "rearrange(x, 'b (g c) h w -> b c g (h w)', g=2)": lambda x: x.view(2, 2, 3, 64).transpose(1, 2),
    "rearrange(x, 'b c (h p) (w q) -> (b h w) c p q', p=4, q=2)": lambda x: (
        x.view(2, 6, 2, 4, 4, 2).permute(0, 2, 4, 1, 3, 5).reshape(16, 6, 4, 2)
    ),
    "reduce(x, 'b c h w -> b c', 'mean')": lambda x: x.mean((2, 3)),
    "reduce(x, 'b c (h p) w -> b h c w', 'max', p=2)": lambda x: x.view(2, 6, 4, 2, 8).amax(3).transpose(1, 2),
    "repeat(x, 'b c h w -> b c (h r) w', r=2)": lambda x: x.repeat_interleave(2, dim=2),
    "Rearrange('b c h w -> b h w c')(x)": lambda x: x.permute(0, 2, 3, 1),
}


@pytest.mark.parametrize("line", EINOPS)
def test_einops_is_taken_apart(line):
    imports = "\nfrom einops import rearrange, reduce, repeat\nfrom einops.layers.torch import Rearrange\n"
    found = read_python(imports + written(f"return {line}", shapes=(SHAPES["IMAGE"],)), "m.py")
    x = torch.randn(SHAPES["IMAGE"])
    assert torch.equal(compile_network(found.network)(x), EINOPS[line](x))
