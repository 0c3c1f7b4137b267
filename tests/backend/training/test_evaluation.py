"""Evaluation: exact means whatever the batch size, and the network left as it was."""

import pytest
import torch

from backend.training.evaluation import evaluate


@pytest.mark.parametrize("size", [1, 7, 30, 64])
def test_means_do_not_depend_on_the_batch_size(make_job, size):
    job = make_job()
    job.module.eval()
    with torch.no_grad():
        whole = job.program.objective(job.module(*job.validation.inputs), *job.validation.targets)
    job.module.train()
    got = evaluate(job, job.validation, size)
    assert got == pytest.approx({name: float(value) for name, value in whole.items()}, rel=1e-5)


def test_modes_statistics_and_random_numbers_stay_as_they_were(make_job):
    job = make_job()
    job.module.train()
    job.module.norm1.eval()  # somebody froze it
    before = {name: tensor.clone() for name, tensor in job.module.state_dict().items()}
    random = torch.get_rng_state()
    evaluate(job, job.validation, 8)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(tensor, before[name]) for name, tensor in job.module.state_dict().items())
    assert job.module.training and job.module.drop1.training and not job.module.norm1.training


def test_it_stops_between_two_batches_when_told(make_job):
    job = make_job()
    answers = iter([True, False])
    assert evaluate(job, job.validation, 8, lambda: next(answers)) is None
    assert job.module.training
