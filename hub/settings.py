"""Every knob of the hub, read once from NACHTWACHT_* in the environment."""

import secrets
import sys
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Safe to print: secrets are `SecretStr`. A wrong value stops the start."""

    model_config = SettingsConfigDict(env_prefix="NACHTWACHT_", frozen=True, extra="ignore")

    data: Path = Field(Path(".nachtwacht"), description="the data folder")
    database_url: SecretStr | None = Field(
        None, description="postgresql://user:password@host/database"
    )
    embedded: bool = Field(False, description="let `serve` use the embedded PostgreSQL")
    secret: SecretStr | None = Field(
        None, description="at least 32 characters; made in the data folder where it is missing"
    )
    http_host: str = Field("127.0.0.1", description="where the pages and the API listen")
    http_port: int = Field(8300, ge=0, le=65535, description="0 takes a free port")
    mqtt_host: str = Field("127.0.0.1", description="where the front door listens")
    mqtt_port: int = Field(1883, ge=0, le=65535, description="0 takes a free port")
    mqtt_plain: bool | None = Field(
        None, description="listen without TLS; where not said, on a loopback host only"
    )
    mqtt_tls_port: int = Field(8883, ge=0, le=65535, description="0 takes a free port")
    mqtt_certificate: Path | None = Field(
        None, description="PEM file with the front door's certificate and its chain"
    )
    mqtt_key: Path | None = Field(None, description="PEM file with its private key")
    mqtt_client_authority: Path | None = Field(
        None, description="PEM file; a gateway may show a certificate signed by it"
    )
    mqtt_revoked: Path | None = Field(None, description="PEM file with that authority's CRL")
    public_url: str = Field("", description="how people reach the pages, for the links they get")
    adapters: Annotated[tuple[str, ...], NoDecode] = Field(
        ("native", "zigbee2mqtt"), description="inbound adapters that are on, with commas between"
    )
    mappings: Path | None = Field(
        None, description="a folder with adapters written as TOML mappings, a folder each"
    )
    brokers: Path | None = Field(
        None, description="a TOML file that names outside MQTT brokers to listen to"
    )
    decode_within: timedelta = Field(
        timedelta(milliseconds=250),
        ge=timedelta(milliseconds=10),
        le=timedelta(seconds=10),
        description="how long another maker's adapter may take over one message, as PT0.25S",
    )
    decode_memory: int = Field(
        256, ge=64, le=16384, description="MiB of memory a worker with such an adapter may have"
    )
    decode_workers: int = Field(
        2, ge=1, le=32, description="workers for each such adapter, started when needed"
    )
    emergency_phone: str = Field("", description="shown on the board when it has no connection")
    watchdog_url: str = Field("", description="asked each half minute while all is well")
    rehearsal: bool = Field(False, description="nothing on this hub is real: a striped banner")
    time_scale: float = Field(1.0, ge=1.0, le=600.0, description="a rehearsal's speed")
    pool: int = Field(8, ge=2, le=100, description="database connections per kind of work")
    most_connections: int = Field(6000, ge=1, description="MQTT connections at once")
    longest_session: timedelta = Field(
        timedelta(days=7),
        ge=timedelta(),
        description="how long an MQTT session outlives its connection",
    )
    most_connections_per_address: int | None = Field(
        None, ge=1, description="of those, from one address; only where gateways come in directly"
    )
    retention_of_messages: timedelta = Field(
        timedelta(days=30), gt=timedelta(), description="how long raw messages are kept, as P30D"
    )
    webhooks_private: bool = Field(
        False, description="send events also to webhooks that are not on the public internet"
    )
    retention_of_events: timedelta = Field(
        timedelta(days=30),
        ge=timedelta(days=7),
        description="how long integrators can fetch events, at least P7D",
    )

    @field_validator("adapters", mode="before")
    @classmethod
    def _names_with_commas_between(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        return tuple(name for one in given.split(",") if (name := one.strip()))

    @model_validator(mode="after")
    def _only_a_rehearsal_runs_fast(self) -> "Settings":
        if self.time_scale != 1.0 and not self.rehearsal:
            raise ValueError("NACHTWACHT_TIME_SCALE is for a hub with NACHTWACHT_REHEARSAL=true")
        if self.secret is not None and len(self.secret.get_secret_value()) < 32:
            raise ValueError("NACHTWACHT_SECRET needs at least 32 characters")
        return self

    @model_validator(mode="after")
    def _passwords_do_not_travel_readable(self) -> "Settings":
        if (self.mqtt_certificate is None) is not (self.mqtt_key is None):
            raise ValueError("NACHTWACHT_MQTT_CERTIFICATE and NACHTWACHT_MQTT_KEY belong together")
        if self.mqtt_client_authority is not None and self.mqtt_certificate is None:
            raise ValueError("NACHTWACHT_MQTT_CLIENT_AUTHORITY needs NACHTWACHT_MQTT_CERTIFICATE")
        if self.mqtt_revoked is not None and self.mqtt_client_authority is None:
            raise ValueError("NACHTWACHT_MQTT_REVOKED needs NACHTWACHT_MQTT_CLIENT_AUTHORITY")
        if not self.listens_plainly and self.mqtt_certificate is None:
            raise ValueError(
                "NACHTWACHT_MQTT_HOST is not this machine only, and passwords would travel"
                " readable: set NACHTWACHT_MQTT_CERTIFICATE and NACHTWACHT_MQTT_KEY, or"
                " NACHTWACHT_MQTT_PLAIN=true where something in front of the hub ends TLS"
            )
        return self

    @model_validator(mode="after")
    def _addresses_can_be_opened(self) -> "Settings":
        for name in ("public_url", "watchdog_url"):  # a link that leads nowhere answers no alarm
            given = getattr(self, name)
            if given and not given.startswith(("http://", "https://")):
                raise ValueError(f"NACHTWACHT_{name.upper()} begins with https:// or http://")
        database = self.database_url
        if database is not None and not database.get_secret_value().startswith("postgres"):
            raise ValueError("NACHTWACHT_DATABASE_URL is postgresql://user:password@host/name")
        return self

    @property
    def listens_plainly(self) -> bool:
        """Whether the front door is open without TLS too."""
        return is_loopback(self.mqtt_host) if self.mqtt_plain is None else self.mqtt_plain

    @property
    def url(self) -> str:
        """The address of the pages, without a slash at the end."""
        return (self.public_url or f"http://{self.http_host}:{self.http_port}").rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether only this machine itself can reach a host: `localhost`, `127.0.0.1`, `::1`."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(**given: object) -> Settings:
    """Read the environment; a wrong value ends the program with one readable line each."""
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        for one in error.errors():
            print(_told(one["loc"], one["msg"].removeprefix("Value error, ")), file=sys.stderr)
        raise SystemExit(2) from error


def _told(where: tuple[int | str, ...], what: str) -> str:
    if not where:
        return what
    name = str(where[0])
    return f"NACHTWACHT_{name.upper()}: {what} ({Settings.model_fields[name].description})"


def pepper(settings: Settings) -> bytes:
    """Read the hub's own secret; the first start makes one in the data folder (mode 0600).

    Several hubs on one database need the same: set NACHTWACHT_SECRET there.
    """
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    path = settings.data / "secret"
    settings.data.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        fresh.rename(path)
    return path.read_text().strip().encode()
