"""Reading ONNX: a file's nodes are followed one by one and drawn as blocks; nothing of it is run."""
