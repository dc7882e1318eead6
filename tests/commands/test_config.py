"""`klagg config`, and settings as options of commands."""

import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from klagg_tui.commands import config as command
from klagg_tui.commands.shared.options import Db
from klagg_tui.commands.shared.settings import Chosen, with_settings
from klagg_tui.config.table import SETTINGS
from klagg_tui.errors import BadUsage, ConfigError


@pytest.fixture(autouse=True)
def a_machine_without_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in SETTINGS:
        monkeypatch.delenv(setting.env, raising=False)
    monkeypatch.delenv("KLAGG_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")


def made() -> typer.Typer:
    """`klagg config` and two commands that tell what they got, under options of the whole program."""
    app = typer.Typer()

    @app.callback()
    @with_settings("storage.database", "log")
    def root(chosen: Chosen) -> None:
        """Nothing."""

    @app.command()
    @with_settings("market")
    def tell(number: int, chosen: Chosen, ctx: typer.Context, loud: bool = False) -> None:
        """Tell."""
        settings = chosen.load().settings
        market = settings.market
        print(
            number, loud, ctx.info_name, market.history, market.symbols, settings.storage.database, settings.log.level
        )

    @app.command()
    def reads(db: Db = None) -> None:
        """Read."""
        print(db)

    command.register(app)
    return app


def run(*words: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(made(), [str(word) for word in words], env=environment)


def test_a_command_gets_its_settings_besides_its_own_arguments() -> None:
    result = run("--db", "a.db", "tell", "7", "--loud", "--history", "3", "--symbols", "a*", "--symbols", "b,c")
    assert result.stdout.startswith("7 True tell 3 ('A*', 'B', 'C') a.db INFO")


def test_what_was_typed_before_the_command_counts_as_long_as_the_command_says_nothing() -> None:
    assert run("--db", "a.db", "reads").stdout == "a.db\n"
    assert run("--db", "a.db", "reads", "--db", "b.db").stdout == "b.db\n"
    assert run("reads", KLAGG_DB="c.db").stdout == "c.db\n"
    assert run("--log-level", "debug", "tell", "1").stdout.endswith("DEBUG\n")


def test_the_file_can_be_named_before_or_behind_the_command(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[market]\nhistory = 5\n")
    assert " 5 " in run("--config", file, "tell", "1").stdout
    assert " 5 " in run("tell", "1", "--config", file).stdout


def test_bad_flags_are_wrong_usage_and_all_told() -> None:
    result = run("tell", "1", "--history", "x", "--periods", "1m,8k")
    assert isinstance(result.exception, BadUsage)
    assert '--history is "x"' in str(result.exception)
    assert '--periods has an entry that is "8k"' in str(result.exception)


def test_help_names_flag_variable_and_meaning() -> None:
    text = run("config", "--help").stdout
    assert all(setting.flag in text for setting in SETTINGS)
    assert all(f"({setting.env})" in text for setting in SETTINGS)


def test_without_a_terminal_the_settings_are_lines_of_toml_with_their_origin(tmp_path: Path) -> None:
    (tmp_path / "klagg").mkdir()
    file = tmp_path / "klagg" / "config.toml"
    file.write_text("[market]\n\nhistory = 5\n")
    result = run("config", "--quote", "usdt", KLAGG_THEME="nord")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"# {file}"
    assert f"market.history = 5  # {file}, line 3" in lines
    assert 'market.quote = ["USDT"]  # --quote' in lines
    assert 'screen.theme = "nord"  # KLAGG_THEME' in lines
    assert 'screen.times = "utc"  # default' in lines
    content = tomllib.loads(result.stdout)
    assert {f"{section}.{key}" for section, keys in content.items() for key in keys} == {one.name for one in SETTINGS}


def test_on_a_terminal_the_settings_are_a_table(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[market]\nhistory = 5\n")
    text = run("config", "--config", file, FORCE_COLOR="1", TERM="dumb", NO_COLOR="1").stdout
    assert "Setting" in text
    assert "mine.toml, line 2" in text
    assert f"File: {file}" in text
    assert "(not there; --example prints one" in run("config", FORCE_COLOR="1").stdout


def test_a_variable_that_means_nothing_is_told_beside() -> None:
    result = run("config", KLAGG_SYMBLS="x")
    assert result.exit_code == 0
    assert result.stderr.endswith("did you mean KLAGG_SYMBOLS?\n")


def test_path_and_example_work_also_with_a_broken_file(tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("[market")
    assert run("config", "--path", "--config", file).stdout == f"{file}\n"
    assert "# history = 499\n" in run("config", "--example", "--config", file).stdout
    assert isinstance(run("config", "--config", file).exception, ConfigError)


def test_the_example_is_a_file_that_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "example.toml"
    file.write_text(run("config", "--example").stdout)
    assert run("config", "--config", file).exit_code == 0


def test_a_legacy_file_comes_out_as_ours_with_remarks_beside(tmp_path: Path) -> None:
    file = tmp_path / "legacy.toml"
    file.write_text("supported_intervals = ['1m', '1h']\nmax_symbols = 3\n")
    result = run("config", "--from-legacy", file)
    assert result.exit_code == 0
    assert tomllib.loads(result.stdout) == {"market": {"periods": ["1m", "1h"]}}
    assert result.stderr == "max_symbols = 3 has no equivalent.\n"


def test_words_are_completed() -> None:
    completed = CliRunner().invoke(
        made(), [], env={"_ROOT_COMPLETE": "complete_bash", "COMP_WORDS": "root config --theme nor", "COMP_CWORD": "3"}
    )
    assert completed.stdout.split() == ["nord"]


def test_an_address_that_is_not_asked_is_told_to_who_watches_and_to_nobody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "settings.toml"
    path.write_text("[market]\nvenues = ['kraken']\nrest_url = 'https://mirror.example'\n")
    Chosen(path, {}).load()
    assert capsys.readouterr().err == ""
    Chosen(path, {}).load(watches=True)
    told = " ".join(capsys.readouterr().err.split())
    assert "line 3: market.rest_url is where Binance USDⓈ-M is, which is not watched" in told
