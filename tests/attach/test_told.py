"""What a recorder advises is told to a window as the recorder's."""

from __future__ import annotations

from klagg_tui.attach.told import of_a_recorder
from klagg_tui.feed import Mode, Status, VenueStatus
from tests.makers import START

_TELLS = " Options are the recorder's here: it has to be started with them."
_OTHERS = "Not chosen: 3 TRADIFI_PERPETUAL. --contract-types PERPETUAL,TRADIFI_PERPETUAL follows them too."
_BLOCKED = "fapi.example does not serve this place (451): try --proxy, or see a simulated market with `klagg demo`."


def test_a_sentence_with_an_option_says_whose_it_is() -> None:
    venue = VenueStatus("okx", "OKX", Mode.OFFLINE, "no connection", START, notices=(_BLOCKED,), not_chosen=_OTHERS)
    told = of_a_recorder(
        Status("two", Mode.LIVE, START, notices=(f"OKX: {_BLOCKED}",), not_chosen=f"OKX: {_OTHERS}", venues=(venue,))
    )
    assert told.not_chosen == f"OKX: {_OTHERS}{_TELLS}"
    assert told.notices == (f"OKX: {told.venues[0].notices[0]}",), "health tells by that what it has told already"
    assert (told.venues[0].notices, told.venues[0].not_chosen) == ((_BLOCKED + _TELLS,), _OTHERS + _TELLS)


def test_other_sentences_stay_as_they_are() -> None:
    said = ("fapi.example is in trouble (503).", "It is 12 -- 14 s late.", "`klagg export --preset x` exports them.")
    status = Status("binance", Mode.LIVE, START, notices=said)
    assert of_a_recorder(status) == status
