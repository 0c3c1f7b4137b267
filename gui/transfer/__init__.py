"""Beginning from weights, from the window: choose a file or a run, see what fits, put it into the recipe."""
