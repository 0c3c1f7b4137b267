"""Where a process stands among others, as torchrun and SLURM say it, and what `netloom train` makes of it."""

import pytest
from click.testing import CliRunner

from backend import cli_train
from backend.placement import Place, PlacementError, first_host, from_environment
from graph import DataSource, Document, Network, Recipe
from graph.project_file import to_json

TORCHRUN = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4"}
SRUN = {
    "SLURM_PROCID": "3",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_LOCALID": "1",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    "SLURM_STEP_NODELIST": "gpu[07-08]",
    "SLURM_JOB_ID": "1234567",
}


@pytest.mark.parametrize(
    "environment, place",
    [
        ({}, None),
        (TORCHRUN, Place(5, 8, 1, 4)),
        ({"RANK": "1", "WORLD_SIZE": "2"}, Place(1, 2, 1, 2)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        (SRUN, Place(3, 4, 1, 2, address="tcp://gpu07:34567")),
        ({**SRUN, "MASTER_ADDR": "head", "MASTER_PORT": "29500"}, Place(3, 4, 1, 2, address="tcp://head:29500")),
        ({"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, None),  # a batch script: its srun is still to come
    ],
)
def test_the_environment_tells_the_place(environment, place):
    assert from_environment(environment) == place


@pytest.mark.parametrize("hosts, first", [("a", "a"), ("a,b", "a"), ("n[07-09,12],g1", "n07"), ("n[3,5]-ib", "n3-ib")])
def test_the_first_machine_of_a_list(hosts, first):
    assert first_host(hosts) == first


@pytest.mark.parametrize(
    "environment, words",
    [
        ({"RANK": "one", "WORLD_SIZE": "2"}, "RANK is 'one'"),
        ({"RANK": "2", "WORLD_SIZE": "2"}, "process 2 of 2"),
        ({"RANK": "-1", "WORLD_SIZE": "2"}, "RANK is '-1'"),
        ({**SRUN, "SLURM_STEP_NODELIST": ","}, "MASTER_ADDR"),
    ],
)
def test_an_environment_that_makes_no_sense(environment, words):
    with pytest.raises(PlacementError, match=words):
        from_environment(environment)


@pytest.fixture
def train(tmp_path, monkeypatch):
    """`netloom train` up to the moment it starts anything: what it would start."""
    for name in (*TORCHRUN, *SRUN):
        monkeypatch.delenv(name, raising=False)
    started = []
    monkeypatch.setattr(cli_train, "run_training", lambda document, start: started.append(("first", start)) or 0)
    monkeypatch.setattr(cli_train, "take_part", lambda start, place: started.append((place, start)) or 0)
    project = tmp_path / "p.netloom"
    project.write_text(to_json(Document(Network("Net"), Recipe(data=DataSource(kind="xor")))))

    def run(*arguments, **environment):
        result = CliRunner().invoke(cli_train.train, [str(project), *arguments], env=environment)
        return result, started[-1] if started else None

    return run


def test_devices_are_asked_for_or_given(train):
    assert train()[1][1].devices == 1
    _, (who, start) = train("--devices", "3", "--shard")
    assert (who, start.devices, start.shard) == ("first", 3, True)
    _, (who, start) = train(**{**TORCHRUN, "RANK": "0"})
    assert (who, start.devices) == ("first", 8)
    _, (place, start) = train("--devices", "8", **TORCHRUN)
    assert (place, start.devices) == (Place(5, 8, 1, 4), 8)


@pytest.mark.parametrize(
    "arguments, environment, words",
    [
        (["--devices", "2"], TORCHRUN, "8 processes were started already"),
        (["--shard"], {}, "--shard needs several devices"),
        (["--devices", "0"], {}, "0 is not in the range"),
        ([], {"RANK": "x", "WORLD_SIZE": "2"}, "RANK is 'x'"),
    ],
)
def test_devices_that_cannot_be(train, arguments, environment, words):
    result, started = train(*arguments, **environment)
    assert result.exit_code and words in result.output and started is None
