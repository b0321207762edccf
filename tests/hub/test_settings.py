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
        ("MQTT_KEY", "key.pem"),
        ("MQTT_CERTIFICATE", "certificate.pem"),
        ("MQTT_CLIENT_AUTHORITY", "authority.pem"),
        ("MQTT_REVOKED", "revoked.pem"),
        ("MQTT_HOST", "0.0.0.0"),
        ("MQTT_PLAIN", "false"),
        ("PUBLIC_URL", "nachtwacht.example"),
        ("WATCHDOG_URL", "watcher.example/sign"),
        ("DATABASE_URL", "mysql://hub:hush@db/nachtwacht"),
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


@pytest.mark.parametrize(
    ("given", "plainly"),
    [
        ({}, True),
        ({"mqtt_host": "::1"}, True),
        ({"mqtt_host": "localhost", "mqtt_certificate": "c", "mqtt_key": "k"}, True),
        ({"mqtt_plain": False, "mqtt_certificate": "c", "mqtt_key": "k"}, False),
        ({"mqtt_host": "0.0.0.0", "mqtt_certificate": "c", "mqtt_key": "k"}, False),
        ({"mqtt_host": "hub.example", "mqtt_certificate": "c", "mqtt_key": "k"}, False),
        ({"mqtt_host": "0.0.0.0", "mqtt_plain": True}, True),
    ],
)
def test_passwords_travel_without_tls_only_on_this_machine_or_where_that_was_asked_for(
    given: dict[str, object], plainly: bool
) -> None:
    assert read_settings(**given).listens_plainly is plainly
