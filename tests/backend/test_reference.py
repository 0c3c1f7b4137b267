"""The reference of block types: nothing is undocumented, and `netloom blocks` prints it."""

import json

import pytest
from click.testing import CliRunner

from backend import reference
from graph import registry
from gui.cli import main


def run(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.mark.parametrize("declared", registry.all_types(), ids=lambda declared: declared.name)
def test_every_type_is_documented(declared):
    found = reference.entry(declared)
    assert 20 < len(found["summary"]) < 400 and found["summary"].endswith(".")
    assert found["family"] and found["also_called"]
    for one in found["hyperparameters"]:
        assert len(one["help"]) > 8, one["name"]
        assert one["allowed"] and one["default"]
    text = reference.markdown(declared)
    assert text.startswith(f"# {declared.name}\n") and all(f"`{h.name}`" in text for h in declared.hyperparameters)


def test_blocks_lists_all():
    result = run("blocks")
    assert result.exit_code == 0, result.output
    assert f"{len(registry.all_types())} block types" in result.output
    for family in registry.families():
        assert family.capitalize() in result.output


def test_blocks_of_one_type():
    result = run("blocks", "Conv2d")
    for words in ("Conv2d", "out_channels", "must be set", "padding_mode"):
        assert words in result.output
    found = json.loads(run("blocks", "Conv2d", "--json").output)
    assert found["hyperparameters"][0]["name"] == "out_channels" and found["family"] == "convolution"
    assert run("blocks", "dense", "--json").output.count('"name": "Linear"') == 1  # found by what people call it
    assert len(json.loads(run("blocks", "--json").output)) == len(registry.all_types())
    assert "| `kernel_size` |" in run("blocks", "Conv2d", "--markdown").output


def test_an_unknown_type_is_answered_with_close_ones():
    result = run("blocks", "Conv2")
    assert result.exit_code == 1 and "unknown block type 'Conv2'; close to Conv2d" in result.output
