"""Gestures of the canvas, one a file: each is an object with start, move, end and cancel."""
