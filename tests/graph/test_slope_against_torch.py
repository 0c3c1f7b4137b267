"""The critic's penalty and the points it is taken at, against gradients known by hand."""

import pytest
import torch

from backend.compile import compile_program
from graph import Network, analyze


def critic(slope=1.0, shape=(3,), other=None):
    net = Network("Critic")
    real, made = net.add("Input", name="real", shape=shape), net.add("Input", name="made", shape=other or shape)
    blend = net.add("RandomBlend", name="blend")
    net.connect(real, blend, input="one")
    net.connect(made, blend, input="other")
    score = net.add("Linear", name="score", out_features=1)
    net.connect(blend, score)
    penalty = net.add("GradientPenalty", name="penalty", slope=slope)
    net.connect(score, penalty, input="score")
    net.connect(blend, penalty, input="point")
    net.connect(penalty, net.add("ValueAsLoss", name="loss", weight=10.0))
    net.connect(score, net.add("Output", name="output"))
    return net


@pytest.mark.parametrize("slope", [1.0, 0.0, 2.5])
def test_the_slope_of_a_linear_critic_is_its_weight(slope):
    program = compile_program(critic(slope))
    module = program.module
    outputs = module.compute(torch.randn(4, 3), torch.randn(4, 3))
    loss = program.objective(*outputs)["loss"]
    norm = module.score.weight.norm()
    assert loss.item() == pytest.approx(10 * (norm.item() - slope) ** 2, rel=1e-5)
    loss.backward()
    by_hand = 20 * (norm - slope) * module.score.weight / norm
    torch.testing.assert_close(module.score.weight.grad, by_hand.detach())


def blended(one, other):
    share = torch.rand(len(one)).reshape(-1, *[1] * (one.ndim - 1))
    return torch.lerp(other, one, share)


def penalised(weight, point, slope):
    """The same by the slope of every sample's score alone."""
    slopes = [torch.func.grad(lambda x: (x.flatten() @ weight).tanh())(one) for one in point]
    return torch.stack([(one.norm() - slope) ** 2 for one in slopes])


JUDGE = {"RandomBlend": blended, "GradientPenalty": penalised}


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 3, 5)])
def test_random_points_of_any_shape(shape):
    program = compile_program(critic(slope=0.5))
    one, other = torch.randn(6, *shape), torch.randn(6, *shape)
    torch.manual_seed(1)
    point = program.module.blend(one, other)
    torch.manual_seed(1)
    torch.testing.assert_close(point, JUDGE["RandomBlend"](one, other))
    weight = torch.randn(point[0].numel())
    found = program.module.penalty((point.flatten(1) @ weight).tanh().unsqueeze(1), point)
    torch.testing.assert_close(found, JUDGE["GradientPenalty"](weight, point.detach(), 0.5))


def test_points_lie_between_and_pass_no_gradient_on():
    program = compile_program(critic())
    blend = program.module.blend
    one, other = torch.zeros(500, 3, requires_grad=True), torch.ones(500, 3)
    points = blend(one, other)
    assert points.requires_grad and points.is_leaf
    assert 0 <= points.min() < 0.1 and 0.9 < points.max() <= 1 and abs(points.mean().item() - 0.5) < 0.05
    assert torch.equal(points[:, :1].expand(-1, 3), points)  # one share a sample


def test_evaluation_without_gradients_gives_nothing_to_pay():
    program = compile_program(critic())
    with torch.no_grad():
        _, penalty = program.module.compute(torch.randn(4, 3), torch.randn(4, 3))
    assert penalty.tolist() == [0.0] * 4


def test_shapes_are_told_and_wrong_ones_refused():
    analysis = analyze(critic())
    assert analysis.ok and analysis.output("penalty").shape == ("N",) and analysis.output("blend").shape == ("N", 3)
    wrong = analyze(critic(other=(4,)))
    assert not wrong.ok and any("N x 4" in problem.text for problem in wrong.problems)
    assert analyze(critic(slope=2.0)).total_parameters == 4
