import pytest

from hub.settings import read_settings


def test_adapters_are_named_with_commas_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NACHTWACHT_ADAPTERS", "native, zigbee2mqtt,")
    assert read_settings().adapters == ("native", "zigbee2mqtt")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_PORT", "eight thousand"),
        ("RETENTION_OF_MESSAGES", "soon"),
        ("SECRET", "too short"),
        ("TIME_SCALE", "6"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_one_line_that_names_it(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(f"NACHTWACHT_{name}", value)
    with pytest.raises(SystemExit):
        read_settings()
    said = capsys.readouterr().err
    assert f"NACHTWACHT_{name}" in said
    assert said.count("\n") == 1
