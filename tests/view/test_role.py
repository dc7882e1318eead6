"""What a piece of text means."""

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.view.role import HEAT_STEPS, ROLES, Role, heat


@given(st.one_of(st.none(), st.floats(-1e6, 1e6)), st.floats(0, 100))
def test_heat_is_always_one_of_the_styles_there_are(value: float | None, full: float) -> None:
    role = heat(value, full)
    assert Role.HEAT <= role < ROLES
    if value and full:
        assert (role - Role.HEAT - HEAT_STEPS) * value >= 0
