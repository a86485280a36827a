"""TLS: who the server says it is, and who may talk to it; and the same for our own client.

P4Runtime recommends encryption and leaves the rest to gRPC, which takes PEM files as octets and
says of bad ones only that the port could not be bound. So Python's `ssl` reads them first, and says
what is wrong.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from softswitch.errors import SoftswitchError


class TlsError(SoftswitchError):
    """A certificate or key that cannot be used; the message names the file."""


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files."""

    certificate: Path
    """The server's own, with what leads from it to an authority."""
    key: Path
    authorities: Path | None = None
    """Who signs the certificates of clients; none: any that the machine trusts."""
    require_client: bool = False
    """Whether a client needs a certificate at all."""


@dataclass(frozen=True, slots=True)
class ClientTls:
    """PEM files of a client."""

    authorities: Path
    """Who signs the server's certificate."""
    certificate: Path | None = None
    """With its key, for a server that wants to know."""
    key: Path | None = None
    server_name: str | None = None
    """That in the server's certificate, where the address says none."""


def channel(address: str, tls: ClientTls | None) -> grpc.Channel:
    """To a server with or without TLS; TlsError as for `credentials`."""
    if tls is None:
        return grpc.insecure_channel(address)
    _check(tls)
    secret = grpc.ssl_channel_credentials(
        tls.authorities.read_bytes(),
        tls.key.read_bytes() if tls.key else None,
        tls.certificate.read_bytes() if tls.certificate else None,
    )
    names = ("grpc.ssl_target_name_override", "grpc.default_authority")
    options = tuple((name, tls.server_name) for name in names) if tls.server_name else ()
    return grpc.secure_channel(address, secret, options=options)


def credentials(tls: Tls) -> grpc.ServerCredentials:
    """What gRPC needs; TlsError if the files are missing, damaged or do not belong together."""
    _check(tls)
    return grpc.ssl_server_credentials(
        [(tls.key.read_bytes(), tls.certificate.read_bytes())],
        root_certificates=tls.authorities.read_bytes() if tls.authorities else None,
        require_client_auth=tls.require_client,
    )


def _check(tls: Tls | ClientTls) -> None:
    for path in (tls.certificate, tls.key, tls.authorities):
        if path is not None:
            _require_readable(path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if tls.certificate is not None:
        _check_identity(context, tls.certificate, tls.key)
    if tls.authorities is not None:
        _check_authorities(context, tls.authorities)


def _check_identity(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise TlsError(f"{certificate} and {key}: {_reason(error)}") from None


def _check_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        raise TlsError(f"{path}: {_reason(error)}") from None


def _require_readable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise TlsError(f"{path}: {error.strerror}") from None


def _no_password() -> str:
    """Instead of the question that OpenSSL would ask on the terminal."""
    raise ValueError("the key is encrypted, a server cannot be asked for its password")


def _reason(error: ssl.SSLError | ValueError) -> str:
    if not isinstance(error, ssl.SSLError):
        return str(error)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key is not that of the certificate"
    return "no usable PEM"
