"""A certificate authority held in the hand: signs for servers and gateways, and revokes."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

# TLS goes by the machine's own clock, so these are good for as long as anybody runs the tests.
BEGINS, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
HERE = x509.IPAddress(ip_address("127.0.0.1"))


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(called: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as the two files a program is given."""

    certificate: Path
    key: Path


@dataclass
class Authority:
    """Everything it makes is written to `folder`; `file` is its own certificate."""

    folder: Path
    called: str = "authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    made: dict[Path, x509.Certificate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.certificate = self._sign(self.key, self.called, [], ENDS, authority=True)
        self.file = self.folder / f"{self.called}.pem"
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def server(self, called: str = "hub", ends: datetime = ENDS) -> Pair:
        return self._pair(called, [HERE, x509.DNSName("localhost")], ends)

    def gateway(self, *names: str, called: str = "gateway", ends: datetime = ENDS) -> Pair:
        uris: list[x509.GeneralName] = [x509.UniformResourceIdentifier(name) for name in names]
        return self._pair(called, uris, ends)

    def revoke(self, *pairs: Pair, until: datetime = ENDS, called: str = "revoked") -> Path:
        """A list of these, and of nothing else, that is good until a moment."""
        numbers = [self.made[pair.certificate].serial_number for pair in pairs]
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(BEGINS)
            .next_update(until)
        )
        for number in numbers:
            revoked = x509.RevokedCertificateBuilder().serial_number(number)
            builder = builder.add_revoked_certificate(revoked.revocation_date(BEGINS).build())
        path = self.folder / f"{called}.pem"
        path.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        return path

    def _pair(self, called: str, names: list[x509.GeneralName], ends: datetime) -> Pair:
        key = _key()
        signed = self._sign(key, called, names, ends)
        made = Pair(self.folder / f"{called}.pem", self.folder / f"{called}.key")
        made.certificate.write_bytes(signed.public_bytes(Encoding.PEM))
        made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.made[made.certificate] = signed
        return made

    def _sign(
        self,
        key: ec.EllipticCurvePrivateKey,
        called: str,
        names: list[x509.GeneralName],
        ends: datetime,
        *,
        authority: bool = False,
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(called))
            .issuer_name(_name(self.called))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGINS)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), False
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())
