"""Names of blocks: what an exporter called a layer, said as people say it, each only once."""

from pathlib import Path

import pytest

from backend.importing.onnx_graph.model_file import Node
from backend.importing.onnx_graph.naming import Scopes, block_name, of_weight, readable
from backend.importing.onnx_model import read_onnx
from graph.network import Network

MODELS = Path(__file__).parent / "models"


def nodes(*named):
    return [Node(op, name, ("x",), (f"{name}_output_0",)) for name, op in named]


@pytest.mark.parametrize(
    ("name", "op", "label"),
    [
        ("/layer1/layer1.0/conv1/Conv", "Conv", "layer1.0/conv1"),
        ("/fc/Gemm_1", "Gemm", "fc"),
        ("/Relu_3", "Relu", ""),
        ("node_linear_2", "Gemm", "linear_2"),
        ("node_Relu_17", "Relu", ""),
        ("node_log_softmax", "LogSoftmax", ""),
        ("block/conv", "Conv", "block Conv"),
        ("17", "Conv", ""),
        ("", "Conv", ""),
    ],
)
def test_labels(name, op, label):
    (one,) = nodes((name, op))
    assert Scopes([one, *nodes(("block/other", "Conv"))]).label(one, ()) == label


def test_nodes_of_one_module_are_told_apart_by_what_they_do():
    found = nodes(
        ("/attn/Mul", "Mul"), ("/attn/Softmax", "Softmax"), ("/attn/Transpose", "Transpose"), ("/act/Erf", "Erf")
    )
    scopes = Scopes(found)
    assert [scopes.label(node, ()) for node in found] == ["attn Mul", "attn Softmax", "attn Transpose", "act"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("layer1.0/conv1", "layer1_0_conv1"),
        ("onnx::Conv_123", ""),
        ("val_7", ""),
        ("123", ""),
        ("Ünïcode Läyer", "n_code_l_yer"),
        ("model.encoder", "encoder"),
        ("2.weight", "layer_2_weight"),
        ("a" * 50, "a" * 36),
        ("one_" * 12 + "last", "one_one_one_one_one_one_one_last"),
    ],
)
def test_readable(text, words):
    assert readable(text) == words


def test_weights_name_their_layers():
    assert of_weight("layer1.0.conv1.weight") == "layer1.0.conv1"
    assert of_weight("attn.in_proj_bias") == "attn.in_proj"
    assert of_weight("onnx::MatMul_12") == ""


def test_names_are_unique_and_fall_back_on_the_type():
    network, reached = Network("n"), {}
    for _ in range(3):
        network.add("ReLU", block_name(network.names, "ReLU", ("", "val_3"), reached))
    assert list(network.names) == ["relu", "relu1", "relu2"]


def test_an_exported_network_reads_as_it_was_written():
    pytest.importorskip("onnx")
    names = [block.name for block in read_onnx(MODELS / "unet_script.onnx").network.blocks.values()]
    assert names[:10] == [
        *("image", "down1_0", "down1_1", "down1_2", "max_pool"),
        *("down2_0", "down2_1", "down2_2", "max_pool1", "mid_0"),
    ]
