"""The block library: one file per family, each with its BLOCK_TYPES; adding a block type touches one file."""

from graph.blocks import (
    activation,
    convolution,
    embedding,
    linear,
    loss,
    margin_loss,
    merging,
    metric,
    normalization,
    pooling,
    recurrent,
    regularization,
    resizing,
    shaping,
    source,
    value_loss,
)

BLOCK_TYPES = (
    *source.BLOCK_TYPES,
    *convolution.BLOCK_TYPES,
    *pooling.BLOCK_TYPES,
    *linear.BLOCK_TYPES,
    *recurrent.BLOCK_TYPES,
    *embedding.BLOCK_TYPES,
    *normalization.BLOCK_TYPES,
    *activation.BLOCK_TYPES,
    *regularization.BLOCK_TYPES,
    *shaping.BLOCK_TYPES,
    *resizing.BLOCK_TYPES,
    *merging.BLOCK_TYPES,
    *loss.BLOCK_TYPES,
    *value_loss.BLOCK_TYPES,
    *margin_loss.BLOCK_TYPES,
    *metric.BLOCK_TYPES,
)
