"""No block type without a judge: each stands in a table of comparisons with torch, or is named here with a reason.

The tables are found by their keys: every dictionary or list of a `*_against_torch.py` file that names block types.
"""

import importlib.util
from pathlib import Path

from graph import registry

FILES = sorted(Path(__file__).parent.glob("test_*_against_torch.py"))
NOT_COMPUTED = {
    "Input": "stands for data",
    "Target": "stands for data",
    "Output": "passes on what it gets",
}


def tables():
    """Every collection of block types' names in the files of comparisons."""
    names = {declared.name for declared in registry.all_types()}
    for path in FILES:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for value in vars(module).values():
            if isinstance(value, dict | list | tuple) and value and all(isinstance(key, str) for key in value):
                yield names & set(value)


def test_no_type_is_without_a_judge():
    judged = set().union(*tables())
    missing = {declared.name for declared in registry.all_types()} - judged - set(NOT_COMPUTED)
    assert not missing, f"{len(missing)} types are compared with nothing: {sorted(missing)}"
