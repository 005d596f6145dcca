"""In which order the characters stand in the matrix."""

from __future__ import annotations

from collections.abc import Sequence

from lpstudio.similarity import Similarity


def block_order(names: Sequence[str], similarity: Similarity) -> tuple[list[str], list[tuple[int, int]]]:
    """The characters with groups as blocks, and the blocks as (first, last) positions.

    Groups that overlap make one block in which the members of each stand together where that can be (O 0 Q and D 0
    give O Q 0 D). Characters of no group follow in the order of ``names``.
    """
    known = set(names)
    groups = [[char for char in group.chars if char in known] for group in similarity.groups]
    groups = [group for group in groups if len(group) > 1]
    order: list[str] = []
    blocks: list[tuple[int, int]] = []
    left = list(range(len(groups)))
    while left:
        block = _chain(groups, left)
        blocks.append((len(order), len(order) + len(block) - 1))
        order += block
    placed = set(order)
    order += [name for name in names if name not in placed]
    return order, blocks


def _chain(groups: list[list[str]], left: list[int]) -> list[str]:
    """One block: a group, then those that share a character with what stands already. Takes them out of ``left``."""
    block = list(groups[left.pop(0)])
    while True:
        follower = next((at for at in left if set(groups[at]) & set(block)), None)
        if follower is None:
            return block
        left.remove(follower)
        shared = [char for char in groups[follower] if char in block]
        fresh = [char for char in groups[follower] if char not in block]
        # The shared ones move to the nearer end, so that the newcomers stand beside them.
        last = max(block.index(char) for char in shared)
        if last >= len(block) / 2 or len(block) < 3:
            block = [char for char in block if char not in shared] + shared + fresh
        else:
            block = fresh + shared + [char for char in block if char not in shared]
