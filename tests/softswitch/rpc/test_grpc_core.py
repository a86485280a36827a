"""What gRPC's core is told before it is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from softswitch import grpc_core
from softswitch.grpc_core import load_grpc

SETTING = "GRPC_EXPERIMENTS"
SERVE = """
from softswitch.grpc_core import load_grpc
load_grpc()
from softswitch.rpc.server import RpcServer
server = RpcServer("unix:" + sys.argv[1], None, {}, ())
server.close()
server.stop(0)
"""


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What has been imported, and with which setting."""
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr(grpc_core, "import_module", lambda name: seen.append((name, _setting())))
    return seen


def _setting() -> str:
    return os.environ.get(SETTING, "none")


def test_the_setting_is_for_this_process_alone(
    imported: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    load_grpc()
    assert imported == [("grpc", "-event_engine_client,-event_engine_listener")]
    assert _setting() == "none"


def test_what_the_user_says_goes_first(
    imported: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, "event_engine_listener")
    load_grpc()
    assert imported == []
    assert _setting() == "event_engine_listener"


def test_the_core_knows_the_setting_and_a_server_leaves_nothing(tmp_path: Path) -> None:
    """It would say so on standard error; and the process would not end, or not well."""
    command = [sys.executable, "-c", f"import sys\n{SERVE}", f"{tmp_path}/s.sock"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
