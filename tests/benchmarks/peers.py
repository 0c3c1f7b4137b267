"""A small CNN on the 8 x 8 digits, trained in the ways people train, each timed when asked: the peers of our loop.

`python peers.py` reads the name of a way per line and answers with the seconds that one training took, and those of
them that the process computed. It runs in an environment of its own (torch, lightning, skorch, keras, scikit-learn)
and knows nothing of Netloom.
"""

import os
import sys
import time
import warnings

os.environ["KERAS_BACKEND"] = "torch"

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, BATCH, SAMPLES, RATE = 12, 64, 1438, 1e-3  # 1,438 digits: four fifths of all


def network() -> nn.Module:
    """The small CNN: 9,930 weights."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 10),
    )


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    return images[:SAMPLES].contiguous(), torch.tensor(labels[:SAMPLES])


def adam(model: nn.Module, fused: bool = True) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=RATE, fused=fused)


def resident(model, images, labels, fused=True, epochs=EPOCHS, batch=BATCH, optimizer=None, backward=None):
    """What a careful person writes: tensors that lie ready, sums on the device, nothing read inside a step."""
    optimizer = optimizer or adam(model, fused)
    model.train()
    for _ in range(epochs):
        total, hits = torch.zeros(()), torch.zeros(())
        for rows in torch.randperm(len(images)).split(batch):
            target = labels[rows]
            logits = model(images[rows])
            loss = F.cross_entropy(logits, target)
            hits += (logits.argmax(1) == target).float().mean()
            optimizer.zero_grad()
            backward(loss) if backward else loss.backward()
            optimizer.step()
            total += loss.detach()
        float(total), float(hits)


def plain(images, labels):
    """The same with torch's Adam as it comes, not fused."""
    resident(network(), images, labels, fused=False)


def by_hand(images, labels):
    resident(network(), images, labels)


def with_loader(images, labels):
    """The tutorials' loop: a DataLoader, and every loss read when it is there."""
    model = network()
    optimizer, loader = adam(model), DataLoader(TensorDataset(images, labels), BATCH, shuffle=True)
    model.train()
    for _ in range(EPOCHS):
        total = hits = 0.0
        for image, target in loader:
            logits = model(image)
            loss = F.cross_entropy(logits, target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            hits += (logits.argmax(1) == target).float().mean().item()


def fabric(images, labels):
    from lightning.fabric import Fabric

    fabric = Fabric(accelerator="cpu", devices=1)
    model = network()
    model, optimizer = fabric.setup(model, adam(model))
    resident(model, images, labels, optimizer=optimizer, backward=fabric.backward)


def trainer(images, labels):
    """Lightning's Trainer with nothing switched on: no logger, bar, summary or checkpoint."""
    import lightning

    class Classifier(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = network()

        def training_step(self, batch, index):
            logits = self.model(batch[0])
            loss = F.cross_entropy(logits, batch[1])
            hits = (logits.detach().argmax(1) == batch[1]).float().mean()
            self.log_dict({"loss": loss, "accuracy": hits}, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return adam(self)

    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    loader = DataLoader(TensorDataset(images, labels), BATCH, shuffle=True)
    lightning.Trainer(accelerator="cpu", max_epochs=EPOCHS, enable_checkpointing=False, **quiet).fit(
        Classifier(), loader
    )


def skorch(images, labels):
    from skorch import NeuralNetClassifier

    optimizer = {"optimizer": torch.optim.Adam, "optimizer__fused": True, "lr": RATE}
    loop = {"max_epochs": EPOCHS, "batch_size": BATCH, "iterator_train__shuffle": True}
    net = NeuralNetClassifier(network, criterion=nn.CrossEntropyLoss, train_split=None, verbose=0, **optimizer, **loop)
    net.fit(images, labels)


def keras(images, labels):
    import keras as k

    k.backend.set_image_data_format("channels_first")
    model = k.Sequential(
        [
            k.Input((1, 8, 8)),
            k.layers.Conv2D(16, 3, padding="same", activation="relu"),
            k.layers.Conv2D(32, 3, padding="same", activation="relu"),
            k.layers.MaxPooling2D(2),
            k.layers.Flatten(),
            k.layers.Dense(10),
        ]
    )
    loss = k.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(k.optimizers.Adam(RATE), loss, metrics=["accuracy"])
    model.fit(images, labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)


WAYS = {
    "by hand": by_hand,
    "by hand, Adam not fused": plain,
    "by hand with DataLoader": with_loader,
    "Lightning Fabric": fabric,
    "Lightning Trainer": trainer,
    "skorch": skorch,
    "Keras": keras,
}


def spent(act, *arguments) -> tuple[float, float]:
    """Seconds by the clock, and seconds the process computed: on a busy machine the second say more."""
    begun, computed = time.perf_counter(), time.process_time()
    act(*arguments)
    return time.perf_counter() - begun, time.process_time() - computed


def main() -> None:
    """Answer every line of standard input; a way's first time also imports what it needs."""
    warnings.filterwarnings("ignore")
    answers, sys.stdout = sys.stdout, sys.stderr  # what the peers print is no answer
    torch.set_num_threads(1)
    data = digits()
    for line in sys.stdin:
        print(*spent(WAYS[line.strip()], *data), file=answers, flush=True)


if __name__ == "__main__":
    main()
