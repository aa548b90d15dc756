"""Line numbers for files that have none: 1, 2, 3 … within each group, over the whole file, wherever its rows stand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from enishi.ingest.cells import Array, pc, text_of

Hashes = npt.NDArray[np.int64]


@dataclass
class Lines:
    """Counts rows by group across blocks: 16 bytes a group.

    Groups are told apart by a 64-bit hash; should two ever meet, the numbers of one go on from the other's,
    which leaves them unique within each.
    """

    groups: Hashes = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    counts: Hashes = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def number(self, parts: list[Array]) -> Array:
        """The number of each row within its group; null where a part of the group is missing."""
        text = pc.binary_join_element_wise(*map(text_of, parts), "\x1f")
        encoded = text.dictionary_encode()
        known = np.array([hash(word) for word in encoded.dictionary.to_pylist()] or [0], dtype=np.int64)
        missing = np.asarray(pc.is_null(text).to_numpy(zero_copy_only=False), dtype=bool)
        places = np.asarray(pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False), dtype=np.int64)
        hashes, inverse = np.unique(known, return_inverse=True)
        group = inverse[places[~missing]]
        within, sizes = _within(group, len(hashes))
        numbers = np.zeros(len(text), dtype=np.int64)
        numbers[~missing] = within + self._taken(hashes, sizes)[group] + 1
        return pa.array(numbers, mask=missing)

    def _taken(self, hashes: Hashes, sizes: Hashes) -> Hashes:
        """How many rows each group had before; adds the new ones."""
        place = np.searchsorted(self.groups, hashes)
        old = np.zeros(len(hashes), dtype=bool)
        inside = place < len(self.groups)
        old[inside] = self.groups[place[inside]] == hashes[inside]
        taken = np.zeros(len(hashes), dtype=np.int64)
        taken[old] = self.counts[place[old]]
        self.counts[place[old]] += sizes[old]
        self.groups = np.insert(self.groups, place[~old], hashes[~old])
        self.counts = np.insert(self.counts, place[~old], sizes[~old])
        return taken


def _within(group: Hashes, groups: int) -> tuple[Hashes, Hashes]:
    """For each row its place among the rows of its group, from 0; and the sizes of the groups."""
    sizes = np.bincount(group, minlength=groups).astype(np.int64)
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    within = np.empty(len(group), dtype=np.int64)
    within[order] = np.arange(len(group)) - starts[group[order]]
    return within, sizes
