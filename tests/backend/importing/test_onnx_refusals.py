"""What cannot be read from ONNX is told by node and operation, with the rule and what would be right."""

import subprocess
import sys
from pathlib import Path

import pytest

from backend.importing import CannotImport
from backend.importing.onnx_model import read_onnx

pytest.importorskip("onnx")
sys.path.insert(0, str(Path(__file__).parent))
from onnx_made import floats, model, node, one, save, whole

IMAGE, SEQUENCE, ROW = ("N", 4, 8, 8), ("N", 4, 9), ("N", 6)


def refusal(made, folder):
    with pytest.raises(CannotImport) as caught:
        read_onnx(save(made, folder))
    return str(caught.value)


@pytest.mark.parametrize(
    ("op", "attributes", "said"),
    [
        ("Erf", {}, "no block does this"),
        ("MatMulInteger", {}, "quantised"),
        ("Gelu", {"domain": "com.microsoft"}, "com.microsoft"),
        ("Sin", {}, "no block does this"),
    ],
)
def test_what_no_block_does_is_told_by_node_and_operation(op, attributes, said, tmp_path):
    inputs = "x x" if op == "MatMulInteger" else "x"
    text = refusal(model(node(op, inputs, name="/layer/that", **attributes), {"x": ROW}), tmp_path)
    assert "/layer/that" in text and op in text and said in text


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (one("Slice", ROW, {"s": whole(0), "e": whole(1), "a": whole(0)}), "batch"),
        (one("Slice", SEQUENCE, {"s": whole(-1), "e": whole(-5), "a": whole(1), "t": whole(-1)}), "forward"),
        (model(node("Conv", "x w"), {"x": IMAGE, "w": (4, 4, 3, 3)}), "weight"),
        (one("Reshape", SEQUENCE, {"s": whole(0, 5, -1)}), "36"),
        (one("Add", SEQUENCE, {"p": floats(3, 4, 9)}), "sample"),
        (
            one("GRU", ("T", "batch", 3), {"w": floats(1, 6, 3), "r": floats(1, 6, 2)}, hidden_size=2),
            "linear_before_reset",
        ),
        (one("LRN", size=4), "even"),
        (one("Gather", SEQUENCE, {"i": whole(2, 0)}, axis=1), "stretch"),
    ],
)
def test_what_a_network_cannot_do_is_told(made, said, tmp_path):
    assert said in refusal(made, tmp_path)


def test_reading_imports_no_torch():
    path = Path(__file__).parent / "models" / "vae_script.onnx"
    code = "import sys; from backend.importing.model import read_model; from pathlib import Path;"
    code += f"assert 'onnx' not in sys.modules; read_model(Path({str(path)!r}));"
    code += "assert 'onnx' in sys.modules and not {'torch', 'PySide6'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_without_the_package_it_says_how_to_get_it(tmp_path, monkeypatch):
    path = save(one("Relu"), tmp_path)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(CannotImport, match="pip install onnx"):
        read_onnx(path)
