"""The panels around the canvas, one widget a file; each takes a Session and knows no other panel."""
