"""The outside brokers a hub listens to, read from one TOML file."""

import ssl
import tomllib
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

PORTS = {"mqtt": 1883, "mqtts": 8883}
Name = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")]


class _Closing(ssl.SSLSocket):
    """A socket that is closed when the handshake fails; paho leaves it open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


class BadBrokers(ValueError):
    """The file of brokers cannot be used; the message names each field, and what to do."""


class Broker(BaseModel):
    """One connection to an outside broker. Safe to print: a password is a `SecretStr`.

    `organisation` is whose people hear that the broker cannot be reached. With `gateway` and
    `adapter` all its messages are from that gateway, whatever their topics; without, topics are
    `in/{organisation}/{gateway}/{adapter}/...`, and the broker's own rules keep gateways apart.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    url: str
    organisation: Name
    protocol: Literal["3.1.1", "5"] = "5"
    user: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    subscribe: Annotated[tuple[str, ...], Field(min_length=1)] = ("in/#",)
    gateway: Name | None = None
    adapter: Name | None = None

    @field_validator("url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        try:
            whole = parts.scheme in PORTS and parts.hostname and parts.port != 0
        except ValueError:
            whole = False
        if not whole or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("give mqtt://host:port, or mqtts://host:port for TLS")
        if parts.username or parts.password:
            raise ValueError("leave the password out; give `user` and `password_file`")
        return url

    @field_validator("subscribe")
    @classmethod
    def _filters(cls, filters: tuple[str, ...]) -> tuple[str, ...]:
        for one in filters:
            if not _is_filter(one):
                raise ValueError(f"{one!r} is no topic filter; # comes last and + stands alone")
            if one.startswith("$share/"):
                raise ValueError(
                    "shared subscriptions lose alarms when a member dies; the hubs share by a lease"
                )
        return filters

    @model_validator(mode="after")
    def _go_together(self) -> "Broker":
        if (self.gateway is None) != (self.adapter is None):
            raise ValueError("give `gateway` and `adapter` together, or neither")
        if self.gateway is None and any(not one.startswith("in/") for one in self.subscribe):
            raise ValueError(
                "`subscribe` outside in/ needs `gateway` and `adapter`: whose messages are they?"
            )
        if self.password is not None and self.password_file is not None:
            raise ValueError("give `password` or `password_file`, not both")
        if not self.user and (self.password is not None or self.password_file is not None):
            raise ValueError("give `user` with a password")
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("give `certificate_file` and `key_file` together, or neither")
        if not self.tls and (self.ca_file or self.certificate_file):
            raise ValueError("`ca_file` and `certificate_file` are for mqtts://")
        return self

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return urlsplit(self.url).scheme == "mqtts"

    @property
    def host(self) -> str:
        """Where it listens."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port it listens on."""
        return urlsplit(self.url).port or PORTS[urlsplit(self.url).scheme]

    @property
    def client_id(self) -> str:
        """The name under which it keeps the session; the same for every hub."""
        return f"nachtwacht-{self.name}"

    def secret(self) -> str | None:
        """The password, read anew, so that a changed file counts from the next connection.

        Raises OSError and UnicodeDecodeError when its file cannot be read.
        """
        if self.password_file is not None:
            return self.password_file.read_text("utf-8").rstrip("\r\n")
        return None if self.password is None else self.password.get_secret_value()

    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken, or None without it. Raises OSError (ssl.SSLError) on bad files."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.sslsocket_class = _Closing
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context


def read_brokers(path: Path | None) -> tuple[Broker, ...]:
    """Read the file of brokers; none without a file. Raises BadBrokers.

    Files it names are relative to its own folder.
    """
    if path is None:
        return ()
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadBrokers(
            f"{path} cannot be read: {error.strerror}. Correct NACHTWACHT_BROKERS, or let the hub's"
            " user read it"
        ) from error
    except ValueError as error:
        raise BadBrokers(f"{path} is no TOML: {error}") from error
    tables = said.pop("broker", None)
    if said or not isinstance(tables, list):
        raise BadBrokers(f"{path}: write each connection under a heading [[broker]]")
    brokers = tuple(_read(path, number, table) for number, table in enumerate(tables, 1))
    names = [one.name for one in brokers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise BadBrokers(f"{path}: `name` {twice[0]!r} is used twice; each needs its own")
    return brokers


def _read(path: Path, number: int, table: object) -> Broker:
    try:
        broker = Broker.model_validate(table)
    except ValidationError as error:
        raise BadBrokers("\n".join(_lines(path, number, table, error))) from error
    files = {
        name: path.parent / named
        for name in ("password_file", "ca_file", "certificate_file", "key_file")
        if (named := getattr(broker, name)) is not None
    }
    return broker.model_copy(update=files)


def _lines(path: Path, number: int, table: object, error: ValidationError) -> list[str]:
    """One readable line a mistake; never what was given, as it may be a password."""
    named = table.get("name") if isinstance(table, dict) else None
    which = f"{path}: [[broker]] {number}" + (f" ({named})" if isinstance(named, str) else "")
    lines = []
    for one in error.errors(include_input=False, include_context=False, include_url=False):
        field = "".join(f" `{part}`" for part in one["loc"][:1])
        lines.append(f"{which}:{field} {one['msg'].removeprefix('Value error, ')}{_form(one)}")
    return lines


def _form(mistake: ErrorDetails) -> str:
    """What to write there, where the message itself does not say it."""
    if mistake["type"] == "value_error":
        return ""
    if mistake["type"] == "extra_forbidden":
        return f"; there are: {', '.join(Broker.model_fields)}"
    return "; " + _FORMS.get(str(mistake["loc"][0]) if mistake["loc"] else "", "give a text")


_A_NAME = "give small letters, digits and -, at most 63"
_FORMS = {
    "name": _A_NAME,
    "organisation": _A_NAME,
    "gateway": _A_NAME,
    "adapter": _A_NAME,
    "url": "give mqtt://host:port, or mqtts://host:port for TLS",
    "protocol": 'give "5" or "3.1.1"',
    "subscribe": 'give a list of topic filters, as ["in/#"], or leave it out',
}


def _is_filter(text: str) -> bool:
    levels = text.split("/")
    plain = all(level in ("#", "+") or not set("#+\0") & set(level) for level in levels)
    return bool(text) and plain and "#" not in levels[:-1] and len(text.encode()) <= 65535
