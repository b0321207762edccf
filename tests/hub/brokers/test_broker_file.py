"""The file of brokers: a mistake names the field and the remedy, and never a password."""

from pathlib import Path

import pytest

from hub.sources.broker_file import BadBrokers, read_brokers

GOOD = """
[[broker]]
name = "main"
url = "mqtts://mqtt.example"
organisation = "zorg"
user = "nachtwacht"
password_file = "secret"
ca_file = "ca.pem"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "brokers.toml"
    path.write_text(text)
    return path


def test_a_broker_is_read_with_its_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim\n")
    (broker,) = read_brokers(written(tmp_path, GOOD))
    assert (broker.host, broker.port, broker.tls) == ("mqtt.example", 8883, True)
    assert broker.client_id == "nachtwacht-main"
    assert broker.subscribe == ("in/#",)
    assert broker.ca_file == tmp_path / "ca.pem"
    assert broker.secret() == "geheim"


def test_without_a_file_there_are_no_brokers() -> None:
    assert read_brokers(None) == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('url = "http://mqtt.example"', "`url` give mqtt://host:port, or mqtts://host:port"),
        ('url = "mqtt://"', "`url` give mqtt://host:port"),
        ('url = "mqtt://host:99999"', "`url` give mqtt://host:port"),
        ('url = "mqtt://me:geheim@host"', "`url` leave the password out; give `user` and"),
        ('name = "Main"', "`name` String should match pattern"),
        ('organisation = ""', "`organisation` String should match pattern"),
        ('protocol = "3.1"', "`protocol` Input should be '3.1.1' or '5'"),
        ("subscribe = []", "`subscribe` Tuple should have at least 1 item"),
        ('subscribe = ["in/#/x"]', "`subscribe` 'in/#/x' is no topic filter"),
        ('subscribe = ["in/a+"]', "`subscribe` 'in/a+' is no topic filter"),
        ('subscribe = ["$share/hubs/in/#"]', "`subscribe` shared subscriptions lose alarms"),
        ('subscribe = ["v3/#"]', "needs `gateway` and `adapter`: whose messages are they?"),
        ('gateway = "gw1"', "give `gateway` and `adapter` together, or neither"),
        ('password = "geheim"', "give `password` or `password_file`, not both"),
        ('user = ""', "give `user` with a password"),
        ('key_file = "key.pem"', "give `certificate_file` and `key_file` together"),
        ('colour = "red"', "`colour` Extra inputs are not permitted; there are: name, url,"),
        ('gateway = "GW"', "`gateway` String should match pattern '^[a-z0-9-]{1,63}$'; give small"),
        ("user = 7", "`user` Input should be a valid string; give a text"),
    ],
)
def test_a_mistake_names_the_field_and_the_remedy(tmp_path: Path, wrong: str, said: str) -> None:
    field = wrong.partition(" ")[0]
    lines = [line for line in GOOD.splitlines() if not line.startswith(f"{field} ")]
    with pytest.raises(BadBrokers) as refused:
        read_brokers(written(tmp_path, "\n".join([*lines, wrong])))
    assert said in str(refused.value)
    assert "brokers.toml: [[broker]] 1" in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("broker = 1", "write each connection under a heading [[broker]]"),
        ("[broker]", "write each connection under a heading [[broker]]"),
        ("[[brokers]]", "write each connection under a heading [[broker]]"),
        ("[[broker", "is no TOML"),
        (GOOD + GOOD, "`name` 'main' is used twice"),
        (GOOD.replace("mqtts", "mqtt"), "`ca_file` and `certificate_file` are for mqtts://"),
    ],
)
def test_a_file_that_is_no_list_of_brokers_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadBrokers, match=r"brokers\.toml") as refused:
        read_brokers(written(tmp_path, text))
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        BadBrokers, match=r"nowhere\.toml cannot be read: No such file.*NACHTWACHT_BROKERS"
    ):
        read_brokers(tmp_path / "nowhere.toml")


def test_a_password_is_never_printed(tmp_path: Path) -> None:
    text = GOOD.replace('password_file = "secret"', 'password = "geheim"')
    (broker,) = read_brokers(written(tmp_path, text))
    assert "geheim" not in f"{broker!r} {broker}"
    assert broker.secret() == "geheim"
