"""What is held against a keymap before anything begins."""

from klagg_tui.showing import unknown_action


def test_a_keymap_with_a_name_that_no_action_has_is_told_with_what_is_near() -> None:
    assert unknown_action({"freez": "f5"}) == "screen.keymap: there is no action freez; did you mean freeze?"
    assert unknown_action({"freeze": "f5", "nope": "f6"}).startswith(
        "screen.keymap: there is no action nope; there are "
    )


def test_actions_of_every_screen_and_of_a_replay_can_have_other_keys() -> None:
    known = (
        "quit",
        "freeze",
        "columns",
        "export_back",
        "jump",
        "wall_left",
        "health_back",
        "symbol_coin",
        "play_pause",
    )
    assert unknown_action(dict.fromkeys(known, "f5")) == ""
