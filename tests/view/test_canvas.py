"""The grid that charts are drawn on, and how it becomes pieces."""

from klagg_tui.view.canvas import Canvas
from klagg_tui.view.role import Piece, Role


def test_what_is_put_outside_of_it_is_not_there() -> None:
    canvas = Canvas(3, 1)
    for x, y in ((-1, 0), (3, 0), (0, 1), (0, -1)):
        canvas.put(x, y, "x", Role.GAIN)
    assert canvas.rows() == [[Piece("   ", Role.TEXT)]]
    assert canvas.letter(9, 9) == " "


def test_empty_cells_cost_no_piece_of_their_own() -> None:
    canvas = Canvas(8, 1)
    canvas.put(1, 0, "┃", Role.GAIN)
    canvas.put(4, 0, "┃", Role.GAIN)
    canvas.put(6, 0, "│", Role.LOSS)
    assert canvas.rows() == [[Piece(" ", Role.TEXT), Piece("┃  ┃ ", Role.GAIN), Piece("│ ", Role.LOSS)]]


def test_a_label_with_a_ground_of_its_own_ends_where_it_ends() -> None:
    canvas = Canvas(6, 1)
    canvas.write(1, 0, " 7 ", Role.GAIN_FLASH)
    assert canvas.rows() == [[Piece(" ", Role.TEXT), Piece(" 7 ", Role.GAIN_FLASH), Piece("  ", Role.TEXT)]]


def test_a_canvas_without_room_has_no_pieces() -> None:
    assert Canvas(0, 2).rows() == [[], []]
    assert Canvas(-1, 0).rows() == []
