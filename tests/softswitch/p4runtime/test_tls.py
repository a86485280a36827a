"""TLS: who gets through, and what is said of files that cannot be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from finsy.proto import p4r, p4r_grpc

from softswitch.fault_rpc import main as faults
from softswitch.options import Options
from softswitch.process import SwitchProcess
from softswitch.tls import Tls, TlsError, credentials

SERVER = "switch.example"
DEADLINE = 20.0


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path

    @classmethod
    def issue(cls, authority: trustme.CA, name: str, folder: Path) -> Identity:
        issued = authority.issue_cert(name)
        identity = cls(folder / f"{name}.pem", folder / f"{name}.key")
        issued.cert_chain_pems[0].write_to_path(identity.certificate)
        issued.private_key_pem.write_to_path(identity.key)
        return identity


@dataclass(frozen=True)
class World:
    """One authority that all trust, its file, and the server's identity."""

    authority: trustme.CA
    file: Path
    server: Identity


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return World(authority, folder / "ca.pem", Identity.issue(authority, SERVER, folder))


@contextmanager
def serving(tls: Tls, folder: Path) -> Iterator[str]:
    address = f"unix:{folder}/tls.sock"
    options = Options(
        program=None,
        ports=(),
        device_id=1,
        grpc_server_addr=address,
        tls=tls,
        cpu_port=None,
        log_level="warning",
    )
    process = SwitchProcess(options)
    try:
        yield address
    finally:
        process.stop()


def version(address: str, world: World, client: Identity | None = None) -> str:
    """What Capabilities says, over TLS; grpc.RpcError if the two do not trust each other."""
    channel_credentials = grpc.ssl_channel_credentials(
        world.file.read_bytes(),
        client.key.read_bytes() if client else None,
        client.certificate.read_bytes() if client else None,
    )
    name = (("grpc.ssl_target_name_override", SERVER), ("grpc.default_authority", SERVER))
    with grpc.secure_channel(address, channel_credentials, options=name) as channel:
        stub = p4r_grpc.P4RuntimeStub(channel)
        answer = stub.Capabilities(p4r.CapabilitiesRequest(), timeout=DEADLINE)
        return str(answer.p4runtime_api_version)


def test_a_client_that_trusts_the_authority_gets_through(world: World, tmp_path: Path) -> None:
    with serving(Tls(world.server.certificate, world.server.key), tmp_path) as address:
        assert version(address, world)


def test_a_client_without_tls_does_not(world: World, tmp_path: Path) -> None:
    with (
        serving(Tls(world.server.certificate, world.server.key), tmp_path) as address,
        grpc.insecure_channel(address) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        p4r_grpc.P4RuntimeStub(channel).Capabilities(p4r.CapabilitiesRequest(), timeout=DEADLINE)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_the_command_for_faults_speaks_tls(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A switch without interfaces says that it has no such port, to whom it talks to at all."""
    server, client = world.server, Identity.issue(world.authority, "client.example", tmp_path)
    tls = Tls(server.certificate, server.key, world.file, require_client=True)
    trust = ["--cacert", str(world.file), "--server-name", SERVER]
    own = ["--cert", str(client.certificate), "--key", str(client.key)]
    with serving(tls, tmp_path) as address:
        for options, is_let_in in (([*trust, *own], True), (trust, False), ([], False)):
            assert faults([address, "1", *options]) == 1
            assert ("no interface is port 1" in capsys.readouterr().err) == is_let_in
    for file, said in ((tmp_path / "none.pem", "No such file"), (client.key, "no usable PEM")):
        assert faults([address, "1", "--cacert", str(file)]) == 1
        assert f"{file}: {said}" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        faults([address, "1", *trust, "--cert", str(client.certificate)])
    assert "--cert and --key go together" in capsys.readouterr().err


def test_where_clients_need_a_certificate_only_one_of_the_authority_will_do(
    world: World, tmp_path: Path
) -> None:
    tls = Tls(world.server.certificate, world.server.key, world.file, require_client=True)
    friend = Identity.issue(world.authority, "friend.example", tmp_path)
    stranger = Identity.issue(trustme.CA(), "stranger.example", tmp_path)
    with serving(tls, tmp_path) as address:
        assert version(address, world, friend)
        for client in (None, stranger):
            with pytest.raises(grpc.RpcError) as caught:
                version(address, world, client)
            assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


class TestBadFiles:
    def refusal(self, tls: Tls) -> str:
        with pytest.raises(TlsError) as caught:
            credentials(tls)
        return str(caught.value)

    def test_a_missing_file(self, world: World, tmp_path: Path) -> None:
        missing = tmp_path / "no.pem"
        message = f"{missing}: No such file or directory"
        assert self.refusal(Tls(missing, world.server.key)) == message
        assert self.refusal(Tls(world.server.certificate, missing)) == message

    def test_the_key_of_another_certificate(self, world: World, tmp_path: Path) -> None:
        other = Identity.issue(world.authority, "other.example", tmp_path)
        message = self.refusal(Tls(world.server.certificate, other.key))
        assert message.endswith("the key is not that of the certificate")

    def test_a_key_that_asks_for_a_password(self, world: World, tmp_path: Path) -> None:
        locked = tmp_path / "locked.key"
        key = load_pem_private_key(world.server.key.read_bytes(), password=None)
        locked.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
        )
        message = self.refusal(Tls(world.server.certificate, locked))
        assert "the key is encrypted" in message

    def test_what_is_no_pem(self, world: World, tmp_path: Path) -> None:
        junk = tmp_path / "junk.pem"
        junk.write_text("not a certificate")
        assert "no usable PEM" in self.refusal(Tls(junk, world.server.key))
        pair = world.server.certificate, world.server.key
        assert self.refusal(Tls(*pair, authorities=junk)).startswith(f"{junk}: no usable PEM")
