"""All mutants of a mapping, and a sample of those kinds that have very many: the same in every run of one seed."""

from collections import defaultdict
from collections.abc import Sequence
from zlib import crc32

import msgspec

from adapter.core.dialects import Dialect
from adapter.qa.mutants.alternatives import make_alternatives
from adapter.qa.mutants.changes import make_changes
from adapter.qa.mutants.mutants import Data, Mutant, make_slips


def make_mutants(dialect: Dialect, data: Data, api: Data) -> list[Mutant]:
    """Every mutant of a mapping, each once and none of them the mapping itself; ``data`` is its TOML."""
    found: dict[bytes, Mutant] = {}
    for make in (make_slips, make_changes, make_alternatives):
        for mutant in make(dialect, data, api):
            found.setdefault(_spell(mutant.data), mutant)
    found.pop(_spell(data), None)
    return list(found.values())


def _spell(data: Data) -> bytes:
    return msgspec.json.encode(data)


def take_sample(mutants: Sequence[Mutant], most: int, seed: int) -> list[Mutant]:
    """Those without a kind, and of each kind all or, of more than ``most``, as many as that; of 0 all."""
    kinds: defaultdict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        kinds[mutant.kind].append(mutant)
    for kind, found in kinds.items():
        if kind and most:
            kinds[kind] = sorted(found, key=lambda mutant: _throw(mutant, seed))[:most]
    taken = {mutant.name for found in kinds.values() for mutant in found}
    return [mutant for mutant in mutants if mutant.name in taken]


def _throw(mutant: Mutant, seed: int) -> int:
    """A number by which chance takes it or not, whatever others there are."""
    return crc32(f"{seed} {mutant.name}".encode())
