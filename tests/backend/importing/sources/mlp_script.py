"""No class at all: a list of layers built in a loop, and a Sequential of it."""

import torch
from torch import nn

sizes = [20, 64, 32]
layers = []
for i in range(len(sizes) - 1):
    n_in, n_out = sizes[i], sizes[i + 1]
    layers += [nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.LeakyReLU(0.1), nn.Dropout(p=0.3)]
layers.append(nn.Linear(sizes[-1], 3))
model = nn.Sequential(*layers)

loss_fn = nn.CrossEntropyLoss()

if __name__ == "__main__":
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    X = torch.randn(64, 20)
    y = torch.randint(0, 3, (64,))
    for epoch in range(100):
        y_pred = model(X)
        loss = loss_fn(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 10 == 0:
            print(epoch, loss.item())
