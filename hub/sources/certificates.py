"""The front door's certificate, and whose client certificates it believes or no longer does."""

import logging
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

NAMED = "nachtwacht:"
EXPIRES_SOON = timedelta(days=14)
_END_OF_LIST = b"-----END X509 CRL-----"
Mark = tuple[x509.Name, int]  # what tells one certificate from every other: issuer and number
Stamps = tuple[tuple[int, int, int] | None, ...]
log = logging.getLogger(__name__)


class CertificatesUnusable(Exception):
    """The files cannot be used; the text names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where the PEM files are: `certificate` with its chain, `authority` for clients, `revoked`."""

    certificate: Path
    key: Path
    authority: Path | None = None
    revoked: Path | None = None

    @property
    def given(self) -> tuple[Path, ...]:
        """Those there are."""
        every = (self.certificate, self.key, self.authority, self.revoked)
        return tuple(path for path in every if path is not None)


@dataclass(frozen=True, slots=True)
class Presented:
    """A client certificate that was verified; `name` is the gateway it is for, "" for none."""

    name: str
    mark: Mark


def presented(der: bytes) -> Presented | None:
    """Read a verified client certificate: its URI `nachtwacht:{organisation}/{gateway}`.

    One with two such names is for nobody. None where it cannot be read, though OpenSSL could.
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        mark = certificate.issuer, certificate.serial_number
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return Presented("", mark)
    except ValueError:
        return None
    found = extension.value.get_values_for_type(x509.UniformResourceIdentifier)
    ours = [uri.removeprefix(NAMED) for uri in found if uri.startswith(NAMED)]
    return Presented(ours[0] if len(ours) == 1 else "", mark)


@dataclass(frozen=True, slots=True)
class _Read:
    """One whole reading of the files."""

    context: ssl.SSLContext
    expires_at: datetime
    revoked: frozenset[Mark] = frozenset()
    lists_end_at: datetime | None = None


class Certificates:
    """What the files say now; `look` reads them again when one has changed.

    The first reading raises CertificatesUnusable. A later one that fails changes nothing: what
    was read last stays in use, and log and `figures` say so until it is mended.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._stamps = _stamps(files)
        self._read = _read(files)
        self._trouble = ""
        self._warned_of: datetime | None = None

    @property
    def context(self) -> ssl.SSLContext:
        """For the next handshake; connections there are keep the one they began with."""
        return self._read.context

    def is_revoked(self, mark: Mark) -> bool:
        """Whether this certificate stands on a list of revoked ones."""
        return mark in self._read.revoked

    def figures(self, now: datetime) -> dict[str, int]:
        """Days the certificate is still good for, and 1 where something must be mended."""
        lists_end_at = self._read.lists_end_at
        return {
            "certificate_days_left": (self._read.expires_at - now).days,
            "certificate_files_unusable": int(bool(self._trouble)),
            "revocation_list_stale": int(lists_end_at is not None and lists_end_at < now),
        }

    async def look(self, now: datetime) -> datetime | None:
        """A worker's step: read the files again if one has changed, or if they were unusable."""
        stamps = _stamps(self._files)
        if stamps != self._stamps or self._trouble:
            self._stamps = stamps
            self._read_again()
        if self._read.expires_at - now < EXPIRES_SOON and self._warned_of != self._read.expires_at:
            self._warned_of = self._read.expires_at
            log.error("certificate expires soon", extra={"expires_at": self._read.expires_at})
        return None

    def _read_again(self) -> None:
        try:
            self._read = _read(self._files)
        except CertificatesUnusable as error:
            known, self._trouble = self._trouble, str(error)
        else:
            known = self._trouble = ""
            log.info("certificate files read", extra={"expires_at": self._read.expires_at})
        if self._trouble != known:
            log.error("certificate files unusable", extra={"trouble": self._trouble})


def _stamps(files: Files) -> Stamps:
    return tuple(_stamp(path) for path in files.given)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(files: Files) -> _Read:
    certificate = _certificates(files.certificate)[0]
    authorities = _certificates(files.authority) if files.authority is not None else []
    revoked, end_at = _lists(files.revoked, authorities)
    return _Read(_context(files), certificate.not_valid_after_utc, revoked, end_at)


def _context(files: Files) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(files.certificate, files.key, password="")  # a prompt would hang
    except OSError as error:
        raise CertificatesUnusable(
            f"{files.key}: no unencrypted private key that fits {files.certificate}"
        ) from error
    if files.authority is not None:
        context.verify_mode = ssl.CERT_OPTIONAL  # who shows none needs a password
        context.load_verify_locations(files.authority)
    return context


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_content(path))
    except ValueError as error:
        raise CertificatesUnusable(f"{path}: no PEM certificate in it") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificatesUnusable(f"{path}: {error.strerror}") from error


def _lists(
    path: Path | None, authorities: list[x509.Certificate]
) -> tuple[frozenset[Mark], datetime | None]:
    """The certificates on all lists in a file, and when the first of those lists goes stale.

    A stale list is used on: OpenSSL would turn every gateway away because one file is late.
    """
    if path is None:
        return frozenset(), None
    parts = _content(path).split(_END_OF_LIST)
    lists = [_list(path, part + _END_OF_LIST, authorities) for part in parts[:-1]]
    if not lists:
        raise CertificatesUnusable(f"{path}: no PEM revocation list in it")
    marks = frozenset((one.issuer, revoked.serial_number) for one in lists for revoked in one)
    ends = [one.next_update_utc for one in lists if one.next_update_utc is not None]
    return marks, min(ends, default=None)


def _list(
    path: Path, pem: bytes, authorities: list[x509.Certificate]
) -> x509.CertificateRevocationList:
    try:
        found = x509.load_pem_x509_crl(pem.lstrip())
    except ValueError as error:
        raise CertificatesUnusable(f"{path}: no PEM revocation list in it") from error
    signers = [one for one in authorities if one.subject == found.issuer]
    if not any(_signed(found, one) for one in signers):
        raise CertificatesUnusable(f"{path}: not signed by a certificate of the client authority")
    return found


def _signed(one: x509.CertificateRevocationList, by: x509.Certificate) -> bool:
    try:
        return one.is_signature_valid(by.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError):  # a key that cannot sign
        return False
