"""Sentiment of a text: embedding, two-way LSTM, the last states of both ways side by side."""

import torch
import torch.nn as nn

VOCAB_SIZE = 500
EMBEDDING_DIM = 24
HIDDEN_DIM = 20


class SentimentLSTM(nn.Module):
    def __init__(self, vocab_size, embedding_dim, hidden_dim, output_dim, n_layers, bidirectional, dropout, pad_idx):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim, padding_idx=pad_idx)
        self.rnn = nn.LSTM(
            embedding_dim,
            hidden_dim,
            num_layers=n_layers,
            bidirectional=bidirectional,
            batch_first=True,
            dropout=dropout,
        )
        self.fc = nn.Linear(hidden_dim * 2, output_dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, text):
        embedded = self.dropout(self.embedding(text))
        h0 = torch.zeros(self.rnn.num_layers * 2, text.size(0), HIDDEN_DIM).to(text.device)
        c0 = torch.zeros(self.rnn.num_layers * 2, text.size(0), HIDDEN_DIM).to(text.device)
        _output, (hidden, _cell) = self.rnn(embedded, (h0, c0))
        hidden = self.dropout(torch.cat((hidden[-2, :, :], hidden[-1, :, :]), dim=1))
        return self.fc(hidden)


model = SentimentLSTM(VOCAB_SIZE, EMBEDDING_DIM, HIDDEN_DIM, 3, n_layers=2, bidirectional=True, dropout=0.5, pad_idx=0)
