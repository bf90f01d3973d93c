"""ZeroGPU Spaces start only an app that has a function marked @spaces.GPU, and have the package `spaces`; no one else has.

The models here answer on the processor in about a second, less than it takes to be given a GPU, so nothing but this
check is marked."""

from importlib.util import find_spec

SECONDS = 5


def announce() -> None:
    """Before torch is imported, which the package patches. Nothing where it is missing."""
    if find_spec("spaces") is None:
        return
    import spaces

    spaces.GPU(duration=SECONDS)(graphics_memory)


def graphics_memory() -> int:
    """Bytes of the GPU that was given, 0 without one."""
    import torch

    return torch.cuda.get_device_properties(0).total_memory if torch.cuda.is_available() else 0
