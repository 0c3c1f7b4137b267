"""What a position sees, in numbers and words: cut at the edges, border told apart, mixed directions whole."""

from graph import Network, analyze
from graph.seen import sights


def built(*layers, shape=(1, 32, 32)):
    net = Network("Net")
    last = net.add("Input", name="image", shape=shape)
    for name, type, values in layers:
        block = net.add(type, name=name, **values)
        net.connect(last, block)
        last = block
    return net


LENET = built(
    ("c1", "Conv2d", {"out_channels": 6, "kernel_size": 5}),
    ("s2", "MaxPool2d", {"kernel_size": 2}),
    ("c3", "Conv2d", {"out_channels": 16, "kernel_size": 5}),
    ("flat", "Flatten", {}),
    ("fc", "Linear", {"out_features": 10}),
)


def sight(net, name):
    (found,) = sights(net, analyze(net), net.block(name).id)
    return found


def test_lenets_second_convolution():
    found = sight(LENET, "c3")
    assert found.places == (10, 10) and found.lengths == (32, 32) and found.middle == (5, 5)
    assert found.region((1, 2)) == (range(2, 16), range(4, 18))
    assert (
        found.words((1, 2), "c3", "image")
        == "c3 at row 1, column 2 sees rows 2 to 15 and columns 4 to 17 of image, 19% of it."
    )


def test_beyond_the_edge_lies_the_border():
    net = built(("a", "Conv2d", {"out_channels": 2, "kernel_size": 5, "padding": 2, "stride": 3}))
    found = sight(net, "a")
    assert found.spans((0, 0)) == ((-2, 2), (-2, 2)) and found.region((0, 0)) == (range(3), range(3))
    assert found.spans((10, 1)) == ((28, 32), (1, 5)) and found.region((10, 1))[0] == range(28, 32)


def test_where_directions_are_mixed_all_is_seen():
    found = sight(LENET, "fc")
    assert found.places == () and found.field.whole
    assert found.region(()) == (range(32), range(32))
    assert found.words((), "fc", "image") == "fc sees all of image: 32 x 32."


def test_sequences_and_volumes():
    line = built(("a", "Conv1d", {"out_channels": 2, "kernel_size": 3, "stride": 2}), shape=(4, 20))
    assert sight(line, "a").words((4,), "a", "image") == "a at position 4 sees positions 8 to 10 of image, 15% of it."
    volume = built(("a", "Conv3d", {"out_channels": 2, "kernel_size": 2}), shape=(1, 6, 8, 8))
    assert sight(volume, "a").places == (5, 7, 7)


def test_open_sizes_and_plain_features_have_no_sight():
    for shape in ((1, "H", "W"), (7,)):
        net = built(("a", "ReLU", {}), shape=shape)
        assert sights(net, analyze(net), net.block("a").id) == []
