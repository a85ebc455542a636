"""The vault: blobs of the journal sealed by AES-256-GCM, each as it is written, and opened as it is read."""

import hashlib
import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from adapter.errors import Problem, SetupError
from adapter.shell.files import read_secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY = re.compile(r"[0-9a-fA-F]{64}")

# What no JSON begins with: rows that were written without a key are read as they are.
MARK = b"\x00\x02"
# That of blobs which were sealed before they were bound to their place.
UNBOUND = b"\x00\x01"
NAME_BYTES, NONCE_BYTES = 4, 12

# Said along with each blob, so that a sealed text of another program is none of ours.
PURPOSE = b"adapter journal"

# A row of the journal, by its table and what tells it from the others there.
Row = tuple[str, ...]


def operation_row(operation_id: str) -> Row:
    """The row of an operation."""
    return ("operation", operation_id)


def call_row(operation_id: str, call: str) -> Row:
    """The rows of a call, which has one for each attempt: they are of the same bytes."""
    return ("attempt", operation_id, call)


class Blob(NamedTuple):
    """Bytes on their way into the journal, and the place that they are for."""

    row: Row
    column: str
    value: bytes


class Vault:
    """Seals under the first of its keys and opens under any; without a key it seals nothing.

    A sealed blob is a mark, the name of its key, a random nonce, and the sealed bytes. A name is a digest, so that
    one key is the same whatever place it has in the list. What is sealed for one place opens in no other.
    """

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._ciphers = {hashlib.sha256(key).digest()[:NAME_BYTES]: _make_cipher(key) for key in keys}
        self._first = next(iter(self._ciphers), None)

    def seal(self, blob: Blob) -> bytes:
        """A blob as it is stored; nothing stays nothing."""
        if self._first is None or not blob.value:
            return blob.value
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, blob.value, _name_place(blob.row, blob.column))
        return MARK + self._first + nonce + sealed

    def open(self, stored: bytes, row: Row, column: str) -> bytes:
        """A blob as it was; a ``Problem`` (503) where its key is not there or the bytes were not written there."""
        mark, head = stored[: len(MARK)], len(MARK) + NAME_BYTES
        if mark not in (MARK, UNBOUND):
            return stored
        cipher = self._ciphers.get(stored[len(MARK) : head])
        if cipher is None:
            raise Problem("storage-unavailable", "a row of the journal is sealed under a key that is not set")
        beside = _name_place(row, column) if mark == MARK else PURPOSE
        try:
            return cipher.decrypt(stored[head : head + NONCE_BYTES], stored[head + NONCE_BYTES :], beside)
        except Exception as exc:  # the library's own class would have to be imported with it
            raise Problem("storage-unavailable", "a sealed row of the journal is damaged") from exc


class StoredBlob(NamedTuple):
    """Bytes as the journal has them, to be opened by who knows where they were found."""

    vault: Vault
    stored: bytes

    def open(self, row: Row, column: str) -> bytes:
        """What was stored there, as ``Vault.open`` gives it."""
        return self.vault.open(self.stored, row, column)


def read_vault(references: str | None) -> Vault:
    """The vault of ``env:NAME`` or ``file:PATH`` references, parted by commas; each key is 64 hex digits."""
    at = "ADAPTER_JOURNAL_KEY"
    said = [read_secret(reference.strip(), at) for reference in (references or "").split(",") if reference.strip()]
    if references is not None and not (said and all(KEY.fullmatch(key) for key in said)):
        raise SetupError("expected keys of 64 hex digits each, as `openssl rand -hex 32` makes them", at=at)
    return Vault([bytes.fromhex(key) for key in said])


def _name_place(row: Row, column: str) -> bytes:
    return b"\0".join((PURPOSE, column.encode(), *(part.encode() for part in row)))


def _make_cipher(key: bytes) -> "AESGCM":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as exc:
        raise SetupError("expected the extra: pip install 'adapter[sealed]'", at="ADAPTER_JOURNAL_KEY") from exc
    return AESGCM(key)
