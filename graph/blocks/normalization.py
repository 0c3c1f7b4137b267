"""Soon."""

BLOCK_TYPES = ()
