"""Reads the source of a PyTorch model without running it: a small evaluator of its syntax tree that draws blocks.

What the file says is data here: nothing of it is executed, imported or looked up outside. Imports no torch.
"""
