"""Looks inside a training network that never change the run. Needs torch; sends arrays, draws nothing."""
