"""Rows of token ids to padded tensors, and back to batches that waste little padding."""

from collections.abc import Iterator, Sequence

import torch


def pad(rows: Sequence[Sequence[int]], value: int) -> tuple[torch.Tensor, torch.Tensor]:
    """-> (B, L) int64 filled with `value` to the right, and its mask of ones and zeros."""
    length = max(map(len, rows))
    ids = torch.full((len(rows), length), value)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return ids, mask


def batches_by_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in ascending length, in runs whose padded size stays within `budget` tokens."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batch and (len(batch) + 1) * lengths[i] > budget:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
