"""Many small pictures in one: where they stand, that every value is a sharp square, and scales that do not flicker."""

import numpy as np
import pytest

from gui.training.tiles import arrange, arrange_matrix, coloured, compose, lookup, steady_limit
from gui.training.weights_as_pictures import filter_tiles


@pytest.mark.parametrize(
    ("count", "tile", "room", "expected"),
    [
        # count, tile h x w, room w x h -> columns, rows, wide, tall
        (6, (5, 5), (330, 290), (3, 2, 21, 21)),
        (6, (5, 5), (1000, 60), (6, 1, 12, 12)),
        (1, (28, 28), (300, 200), (1, 1, 7, 7)),
        (64, (1, 1), (210, 270), (8, 8, 23, 23)),  # full rows before a slightly larger ragged grid
    ],
)
def test_arrangement(count, tile, room, expected):
    grid = arrange(count, tile, room)
    assert (grid.columns, grid.rows, grid.wide, grid.tall) == expected
    assert grid.size[0] <= room[0] and grid.size[1] <= room[1]


def test_too_many_tiles_are_cropped_and_counted():
    grid = arrange(4096, (5, 5), (100, 100))
    assert grid.shown < 4096 and grid.size[0] <= 100 and grid.size[1] <= 100


def test_a_matrix_that_does_not_fit_shows_its_first_rows_and_columns():
    grid = arrange_matrix(512, 256, (3, 3), (200, 100))
    assert (grid.wide, grid.size[0] <= 200, grid.size[1] <= 100) == (2, True, True)
    assert 1 < grid.columns < 256 and 1 < grid.rows < 512


def test_values_without_space_may_be_stretched():
    grid = arrange(1, (8, 64), (256, 400), square=False)
    assert (grid.wide, grid.tall) == (4, 24)


def test_every_value_is_a_square_of_one_colour():
    tiles = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3, 1).repeat(3, axis=3)
    grid = arrange(4, (2, 3), (70, 50), gap=2)
    image = compose(tiles, grid)
    assert image.shape[:2] == grid.size[::-1]
    for index in range(4):
        for row in range(2):
            for column in range(3):
                top = (index // grid.columns) * (2 * grid.tall + 2) + row * grid.tall
                left = (index % grid.columns) * (3 * grid.wide + 2) + column * grid.wide
                square = image[top : top + grid.tall, left : left + grid.wide, 0]
                assert (square == tiles[index, row, column, 0]).all()
                assert grid.at(left, top) == (index // grid.columns, index % grid.columns, row, column)
    assert image[0, 3 * grid.wide, 3] == 0 and grid.at(3 * grid.wide, 0) is None  # a gap


def test_zero_is_the_middle_of_the_signed_map():
    colours = coloured(np.array([-2.0, 0.0, 2.0]), "signed", (-2.0, 2.0))
    assert np.array_equal(colours, lookup("signed")[[0, 128, 255]])
    assert np.ptp(colours[1].astype(int)) < 16 and np.ptp(colours[0].astype(int)) > 100  # grey between two hues


def test_values_that_are_no_numbers_get_a_colour_too():
    assert coloured(np.array([np.nan, np.inf]), "positive", (0.0, 1.0)).shape == (2, 3)


@pytest.mark.parametrize(
    ("largest", "before", "limit"),
    [(0.37, None, 0.4), (0.37, 0.5, 0.5), (0.2, 0.5, 0.2), (0.51, 0.5, 0.6), (0.0, None, 1.0), (np.nan, 2.0, 2.0),
     (1200.0, None, 1200.0), (3e-5, None, 3e-5)],
)  # fmt: skip
def test_limits_are_round_and_steady(largest, before, limit):
    assert steady_limit(largest, before) == pytest.approx(limit)


@pytest.mark.parametrize(
    ("shape", "before", "tiles", "matrix", "colouring"),
    [
        ((6, 1, 5, 5), None, (6, 5, 5), None, "signed"),
        ((16, 6, 5, 5), None, (96, 5, 5), (16, 6), "signed"),
        ((8, 3, 7, 7), None, (8, 7, 7, 3), None, "rgb"),
        ((4, 2, 2, 3, 3), None, (8, 6, 3), (4, 2), "signed"),  # 3-d kernels, depth by depth
        ((10, 4, 3), None, (10, 4, 3), None, "signed"),  # 1-d kernels
        ((10, 64), None, (10, 1, 64), None, "signed"),
        ((10, 64), (1, 8, 8), (10, 8, 8), None, "signed"),  # templates of a Linear that reads an image
        ((10, 48), (3, 4, 4), (10, 4, 4, 3), None, "rgb"),
    ],
)
def test_weights_as_pictures(shape, before, tiles, matrix, colouring):
    weights = np.random.default_rng(0).normal(size=shape)
    made = filter_tiles(weights, 2.0, before)
    assert (made.values.shape, made.matrix, made.colouring) == (tiles, matrix, colouring)


def test_words_under_the_mouse_name_the_weight():
    weights = np.zeros((16, 6, 5, 5))
    weights[3, 2, 1, 4] = -0.125
    assert (
        filter_tiles(weights, 1.0).describe(3 * 6 + 2, 1, 4)
        == "output 3, input 2, row 1, column 4: \N{MINUS SIGN}0.125"
    )
