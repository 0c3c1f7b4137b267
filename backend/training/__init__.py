"""Training inside the worker: devices, resident data, the loop, optimizers, evaluation, checkpoints. Needs torch."""
