"""Errors in words: a lost GPU ends the process and blames no block, a compiler that fails says what to switch off."""

import pytest
import torch

from backend.training.control import Control
from backend.training.failures import failure
from backend.training.run import Run

LOST = "CUDA error: device-side assert triggered\nCUDA kernel errors might be asynchronously reported"


@pytest.mark.parametrize("error", [RuntimeError(LOST), RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED")])
def test_a_lost_gpu_blames_no_block_and_ends_the_process(error):
    told = failure(error, None)
    assert told.kind == "device" and "the block is not known" in told.text and told.block is None
    run = Run(Control(), None, lambda event: None)
    assert not run.leaving
    run._explain(error)
    assert run.leaving


def test_running_out_of_memory_is_no_loss():
    run = Run(Control(), None, lambda event: None)
    told = run._explain(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."))
    assert told.kind == "out_of_memory" and not run.leaving


def test_what_stops_the_compiler_is_told_with_the_way_out():
    from torch._dynamo.exc import TorchDynamoException

    error = TorchDynamoException("backend='inductor' raised:\nRuntimeError: Failed to find C compiler.\n")
    told = failure(error, None)
    assert told.kind == "network"
    assert "here: RuntimeError: Failed to find C compiler. Switch compile and cuda_graphs off" in told.text


def test_what_cannot_be_repeated_is_told_with_the_way_out():
    words = "adaptive_max_pool2d_backward_cuda does not have a deterministic implementation, but you set"
    told = failure(RuntimeError(words), None)
    assert told.kind == "network" and "adaptive_max_pool2d_backward_cuda cannot be repeated" in told.text
    assert "switch deterministic off" in told.text
