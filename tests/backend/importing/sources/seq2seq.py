"""An encoder and a decoder step by step with attention: cells in a loop, states handed on, lists that are stacked."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Encoder(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.gru = nn.GRU(input_size, hidden_size, batch_first=True)

    def forward(self, x):
        outputs, hidden = self.gru(x)
        return outputs, hidden


class Attention(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.attn = nn.Linear(hidden_size * 2, hidden_size)
        self.v = nn.Parameter(torch.rand(hidden_size))

    def forward(self, hidden, encoder_outputs):
        steps = encoder_outputs.size(1)
        h = hidden.unsqueeze(1).repeat(1, steps, 1)
        energy = torch.tanh(self.attn(torch.cat([h, encoder_outputs], 2)))
        scores = torch.sum(self.v * energy, dim=2)
        return F.softmax(scores, dim=1).unsqueeze(1)


class Seq2Seq(nn.Module):
    def __init__(self, input_size=6, hidden_size=10, steps=4, output_size=3):
        super().__init__()
        self.steps = steps
        self.encoder = Encoder(input_size, hidden_size)
        self.attention = Attention(hidden_size)
        self.cell = nn.GRUCell(hidden_size, hidden_size)
        self.out = nn.Linear(hidden_size * 2, output_size)

    def forward(self, source):
        encoder_outputs, hidden = self.encoder(source)
        state = hidden.squeeze(0)
        results = []
        for _ in range(self.steps):
            weights = self.attention(state, encoder_outputs)
            context = weights.bmm(encoder_outputs).squeeze(1)
            state = self.cell(context, state)
            results.append(self.out(torch.cat((state, context), dim=-1)))
        return torch.stack(results, dim=1)


if __name__ == "__main__":
    from torchinfo import summary

    summary(Seq2Seq(), input_size=(1, 9, 6))
