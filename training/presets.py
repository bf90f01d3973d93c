"""The presets that are trained here, each a small set of values."""

from dataclasses import dataclass

from rag_demo.types import RagError


@dataclass(frozen=True, slots=True)
class Preset:
    """Layers are numbers of the pretrained encoder's layers, which the new ones start from."""

    name: str
    tower: str
    tower_layers: tuple[int, ...]
    encoder_layers: tuple[int, ...]
    decoder_layers: tuple[int, ...]
    max_passage_tokens: int = 256
    temperature: float = 0.05


PRESETS = {
    "base": Preset("base", "albert", (0, 11), (0, 5, 11), (0, 11)),
    "large": Preset("large", "bert", tuple(range(12)), (0, 2, 4, 6, 8, 11), (0, 4, 8)),
}


def preset_of(name: str) -> Preset:
    if name not in PRESETS:
        raise RagError(f"No preset {name!r}; training knows {', '.join(PRESETS)}.")
    return PRESETS[name]
