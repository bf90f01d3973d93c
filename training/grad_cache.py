"""GradCache: a contrastive batch of any size in the memory of one chunk (Gao et al. 2021, "Scaling Deep Contrastive
Learning Batch Size under Memory Limited Setup", section 3).

The loss sees all vectors of the batch, but an encoder's gradient splits over its inputs once dL/dvector is known. So:
encode chunk by chunk without a graph; take the loss and its gradient on the vectors alone; encode each chunk again,
now with its graph and the same dropout, and send its vectors' gradient back through it."""

from collections.abc import Callable, Sequence

import torch

# A chunk's vectors (n, D), and what it adds to the loss on its own (a scalar).
Encode = Callable[[], tuple[torch.Tensor, torch.Tensor]]
Loss = Callable[..., tuple[torch.Tensor, dict[str, torch.Tensor]]]


def cached_backward(
    sides: Sequence[Sequence[Encode]], loss: Loss, device: torch.device
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Add the gradients of loss(*vectors) + the chunks' own losses to the parameters.

    sides: for each tower the chunks of its batch; loss(*vectors) gets one (N, D) a side, and returns the scalar and its
    named parts. -> the parts, and the sum of the chunks' own losses.
    """
    states, found = [], []
    with torch.no_grad():
        for chunks in sides:
            vectors = []
            for encode in chunks:
                states.append(rng_state(device))
                vectors.append(encode()[0])
            found.append(torch.cat(vectors).requires_grad_())
    total, parts = loss(*found)
    total.backward()
    own = torch.zeros((), device=device)
    replay = iter(states)
    for chunks, vectors in zip(sides, found, strict=True):
        start = 0
        for encode in chunks:
            set_rng_state(next(replay), device)
            live, addition = encode()
            gradient = vectors.grad[start : start + len(live)]
            start += len(live)
            if live.requires_grad:
                ((live * gradient).sum() + addition).backward()
            own += addition.detach()
    return parts, own


def plain_backward(
    sides: Sequence[Sequence[Encode]], loss: Loss, device: torch.device
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """The same in one pass: every chunk's graph is held at once."""
    own = torch.zeros((), device=device)
    found = []
    for chunks in sides:
        encoded = [encode() for encode in chunks]
        found.append(torch.cat([vectors for vectors, _ in encoded]))
        own = own + sum(addition for _, addition in encoded)
    total, parts = loss(*found)
    (total + own).backward()
    return parts, own.detach()


def rng_state(device: torch.device) -> tuple[torch.Tensor, torch.Tensor | None]:
    return torch.get_rng_state(), torch.cuda.get_rng_state(device) if device.type == "cuda" else None


def set_rng_state(state: tuple[torch.Tensor, torch.Tensor | None], device: torch.device) -> None:
    torch.set_rng_state(state[0])
    if state[1] is not None:
        torch.cuda.set_rng_state(state[1], device)
