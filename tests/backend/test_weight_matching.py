"""Which tensor goes where: tables of (ours, theirs, what becomes of it)."""

import pytest

import examples
from backend.layer_pairing import Contents, Shaped
from backend.source import generate_source
from backend.weight_matching import match
from backend.weight_names import all_weights, weights_by_block
from graph import load_project


def of(**layers):
    """Shapes by name: conv1=((4, 1, 3, 3), (4,)) stands for its weight and bias; underscores in names are dots."""
    found = {}
    for name, shapes in layers.items():
        for last, shape in zip(("weight", "bias"), shapes, strict=False):
            found[f"{name.replace('__', '.')}.{last}"] = Shaped(shape)
    return found


CONV, OTHER, HEAD = ((4, 1, 3, 3), (4,)), ((8, 4, 3, 3), (8,)), ((10, 8), (10,))
OURS = of(conv1=CONV, conv2=OTHER, fc1=HEAD)


def outcomes(table):
    return [row.outcome for row in table.rows]


def test_the_same_names_and_shapes_are_loaded():
    table = match(OURS, OURS)
    assert outcomes(table) == ["loaded"] * 6 and not table.unused and not table.missing
    assert [row.theirs for row in table.rows] == list(OURS) and not any(row.by_order for row in table.rows)


def test_a_head_of_another_width_is_left_out_and_said():
    table = match(of(conv1=CONV, conv2=OTHER, fc1=((5, 8), (5,))), OURS)
    assert outcomes(table) == ["loaded"] * 4 + ["other shape"] * 2
    assert table.rows[4].why == "10 x 8 there, 5 x 8 here"
    assert table.sentence() == "4 of 6 tensors; other shape: fc1"


@pytest.mark.parametrize("wrapper", ["module.", "_orig_mod.", "module._orig_mod.", "_orig_mod.module."])
def test_what_wraps_a_whole_network_is_seen_through(wrapper):
    theirs = {wrapper + name: one for name, one in OURS.items()}
    table = match(OURS, theirs)
    assert outcomes(table) == ["loaded"] * 6
    assert table.rows[0].theirs == f"{wrapper}conv1.weight" and not table.rows[0].by_order


def test_a_layer_that_is_called_module_is_no_wrapper():
    theirs = {"module.weight": Shaped((10, 8)), "fc1.bias": Shaped((10,))}
    assert outcomes(match(of(fc1=HEAD), theirs)) == ["not found", "loaded"]


def test_names_that_differ_pair_up_by_shape_in_their_order():
    theirs = of(features__0=CONV, features__3=OTHER, classifier=HEAD)
    table = match(OURS, theirs)
    assert outcomes(table) == ["loaded"] * 6 and all(row.by_order for row in table.rows)
    assert [row.theirs for row in table.rows][::2] == [
        "features.0.weight", "features.3.weight", "classifier.weight",
    ]  # fmt: skip


def test_several_of_a_shape_pair_up_in_order_only_if_there_are_as_many():
    ours = of(a=((4, 4), (4,)), b=((4, 4), (4,)))
    same = match(ours, of(x10=((4, 4), (4,)), x9=((4, 4), (4,))))
    assert [row.theirs for row in same.rows] == ["x9.weight", "x9.bias", "x10.weight", "x10.bias"]
    more = match(ours, of(x1=((4, 4), (4,)), x2=((4, 4), (4,)), x3=((4, 4), (4,))))
    assert outcomes(more) == ["not found"] * 4 and len(more.unused) == 6


def test_an_order_that_no_number_tells_is_not_guessed():
    ours = of(query=((4, 4), (4,)), key=((4, 4), (4,)))
    assert outcomes(match(ours, of(q=((4, 4), (4,)), k=((4, 4), (4,))))) == ["not found"] * 4
    asked = match(ours, of(q=((4, 4), (4,)), k=((4, 4), (4,))), renames={"q": "query", "k": "key"})
    assert outcomes(asked) == ["loaded"] * 4


def test_a_name_that_agrees_is_never_given_away_by_order():
    ours = of(fc1=((4, 4), (4,)), fc9=((4, 4), (4,)))
    table = match(ours, of(old=((4, 4), (4,)), fc1=((4, 4), (4,))))
    assert [row.theirs for row in table.rows] == ["fc1.weight", "fc1.bias", "old.weight", "old.bias"]


def test_layers_pair_up_whole_or_not_at_all():
    table = match(of(ours=((4, 4),)), of(theirs=((4, 4), (4,))))
    assert outcomes(table) == ["not found"]


def test_only_what_is_asked_for_is_filled():
    table = match(OURS, OURS, asked=["conv1", "conv2"])
    assert outcomes(table) == ["loaded"] * 4 + ["not asked for"] * 2 and not table.missing
    assert table.sentence() == "4 of 6 tensors; fc1 not asked for"


def test_renames_put_new_beginnings_in_the_place_of_old_ones_the_longest_first():
    theirs = of(net__conv1=CONV, net__body__x=OTHER, net__fc1=HEAD)
    table = match(OURS, theirs, renames={"net.": "", "net.body.x": "conv2"})
    assert outcomes(table) == ["loaded"] * 6 and not any(row.by_order for row in table.rows)
    assert match(OURS, of(), renames={"": "x"}).loaded == ()


def test_whole_numbers_are_no_weights_and_halves_are():
    ours = {"a.weight": Shaped((3,)), "b.weight": Shaped((3,)), "c.count": Shaped((), "int64")}
    theirs = {
        "a.weight": Shaped((3,), "int64"), "b.weight": Shaped((3,), "float16"), "c.count": Shaped((), "int32"),
    }  # fmt: skip
    table = match(ours, theirs)
    assert outcomes(table) == ["other type", "loaded", "loaded"]
    assert "int64 there, float32 here" in table.rows[0].why


def test_a_missing_counter_of_batches_is_nothing_to_miss():
    ours = {"norm.weight": Shaped((3,)), "norm.num_batches_tracked": Shaped((), "int64")}
    for name in ("norm", "bn1"):
        table = match(ours, {f"{name}.weight": Shaped((3,))})
        assert outcomes(table) == ["loaded", "not found"] and not table.missing


def resnet(blocks, bottleneck):
    """The state of a published ResNet, under the names and in the order people publish it."""

    def norm(name, channels):
        sizes = {"weight": (channels,), "bias": (channels,), "running_mean": (channels,), "running_var": (channels,)}
        return {f"{name}.{last}": Shaped(size) for last, size in sizes.items()} | {
            f"{name}.num_batches_tracked": Shaped((), "int64")
        }

    found, before = {"conv1.weight": Shaped((64, 3, 7, 7))} | norm("bn1", 64), 64
    for stage, (count, width) in enumerate(zip(blocks, (64, 128, 256, 512), strict=True), 1):
        after = 4 * width if bottleneck else width
        for index in range(count):
            place = f"layer{stage}.{index}"
            sizes = [(width, before, 3, 3), (width, width, 3, 3)]
            if bottleneck:
                sizes = [(width, before, 1, 1), (width, width, 3, 3), (after, width, 1, 1)]
            for number, size in enumerate(sizes, 1):
                found |= {f"{place}.conv{number}.weight": Shaped(size)} | norm(f"{place}.bn{number}", size[0])
            if not index and before != after:
                found[f"{place}.downsample.0.weight"] = Shaped((after, before, 1, 1))
                found |= norm(f"{place}.downsample.1", after)
            before = after
    return found | {"fc.weight": Shaped((1000, before)), "fc.bias": Shaped((1000,))}


@pytest.mark.parametrize(("name", "blocks", "deep"), [("resnet18", (2, 2, 2, 2), 0), ("resnet50", (3, 4, 6, 3), 1)])
def test_published_weights_find_their_places_in_the_zoo(name, blocks, deep):
    document = load_project(next(path for path in examples.zoo() if path.stem == name))
    source = generate_source(document.network, document.recipe.fields)
    ours = all_weights(weights_by_block(document.network, document.analysis, source))
    theirs = resnet(blocks, deep)
    table = match(ours, Contents(theirs, ordered=True))
    assert outcomes(table) == ["loaded"] * len(theirs) and not table.unused
    sorted_by_name = match(ours, Contents(dict(sorted(theirs.items()))))
    right = {row.ours: row.theirs for row in table.rows}
    assert all(row.theirs == right[row.ours] for row in sorted_by_name.loaded)  # fewer, none of them wrong


LAYER = ((4, 4), (4,))


def in_order(ours, theirs):
    table = match(of(**dict.fromkeys(ours, LAYER)), Contents(of(**dict.fromkeys(theirs, LAYER)), ordered=True))
    return {row.layer: row.theirs.rpartition(".")[0] for row in table.loaded}


def test_an_order_that_the_file_keeps_pairs_from_both_ends():
    assert in_order("ab", "xy") == {"a": "x", "b": "y"}
    table = match(of(a=LAYER, b=CONV, c=LAYER), Contents(of(x=LAYER, y=OTHER, z=LAYER), ordered=True))
    assert [row.theirs for row in table.rows] == ["x.weight", "x.bias", None, None, "z.weight", "z.bias"]


def test_where_both_ends_would_pair_otherwise_nothing_is_paired():
    assert in_order("ab", "xyz") == in_order("abc", "xy") == {}
    one = of(c=CONV, a=LAYER, b=LAYER, h=HEAD)
    more = Contents(of(c1=CONV, x=LAYER, y=LAYER, z=LAYER, h1=HEAD), ordered=True)
    assert {row.layer for row in match(one, more).loaded} == {"c", "h"}


def test_a_name_that_both_sides_know_stops_the_pairing_in_order():
    assert in_order(("a", "fc", "b"), ("fc", "y")) == {"fc": "fc", "b": "y"}
