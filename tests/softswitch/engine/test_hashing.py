"""The hash of the native tables: entries spread over the buckets, wherever their fields lie."""

from __future__ import annotations

import ctypes
import subprocess
from collections import Counter
from collections.abc import Callable

import pytest

from softswitch.build import RUNTIME, compiler

SOURCE = """
#include "table.h"
uint64_t hash_word(uint64_t word) { return sw_hash_word(0, word); }
"""
BUCKETS = 1024
# With perfectly random hashes a bucket of as many entries as buckets has more with p < 1e-6.
MOST = 12


@pytest.fixture(scope="module")
def hash_word(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], int]:
    library = tmp_path_factory.mktemp("hash") / "hash.so"
    command = [
        compiler(),
        "-O2",
        "-shared",
        "-fPIC",
        f"-I{RUNTIME}",
        "-xc",
        "-",
        "-o",
        str(library),
    ]
    subprocess.run(command, input=SOURCE, text=True, check=True)
    function = ctypes.CDLL(str(library)).hash_word
    function.restype, function.argtypes = ctypes.c_uint64, [ctypes.c_uint64]
    return lambda word: int(function(word))


@pytest.mark.parametrize("stride", [1, 3, 8, 256])
@pytest.mark.parametrize("shift", [0, 8, 16, 24, 32, 40, 48, 54])
def test_neighbouring_keys_spread(hash_word: Callable[[int], int], shift: int, stride: int) -> None:
    keys = [(number * stride << shift) & (1 << 64) - 1 for number in range(BUCKETS)]
    buckets = Counter(hash_word(key) % BUCKETS for key in set(keys))
    assert max(buckets.values()) <= MOST
