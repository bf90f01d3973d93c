"""The four presets: base, large, albert-mt5 and bert-bart, each a small file of values beside this one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rag_demo.types import RagError

FOLDER = Path(__file__).resolve().parent
Value = str | int | float | bool | list


@dataclass(frozen=True, slots=True)
class Preset:
    """What a preset starts from, and the flags in which its training stages differ from their defaults.

    Two ways to start. From the layers of one pretrained encoder: `tower_layers`, `encoder_layers` and `decoder_layers`
    are numbers of its layers. Or from published models: `tower_source` and `generator_source` are hub ids, the
    generator's vocabulary cut to `vocabulary` pieces (0: left whole).
    """

    name: str
    about: str
    tower: str  # "albert" or "bert": the towers' architecture
    tower_layers: tuple[int, ...] = ()
    encoder_layers: tuple[int, ...] = ()
    decoder_layers: tuple[int, ...] = ()
    tower_source: str = ""
    tower_tokenizer: str = "auto"  # "bert" where the folder holds only vocab.txt
    generator_source: str = ""
    generator_tokenizer: str = "auto"
    vocabulary: int = 0
    max_passage_tokens: int = 256
    stages: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    @property
    def published(self) -> bool:
        """Starts from published models, not from the layers of one encoder."""
        return bool(self.tower_source)


def preset_names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def preset_of(name: str) -> Preset:
    if name not in preset_names():
        raise RagError(f"No preset {name!r}; training knows {', '.join(preset_names())}.")
    return read_preset(FOLDER / f"{name}.toml")


def read_preset(file: Path) -> Preset:
    """The preset of a TOML file, named after it. Raises RagError for a wrong or missing value."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
        preset = Preset(name=file.stem, **{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    except (OSError, ValueError, TypeError) as error:
        raise RagError(f"{file} is not a preset ({error}).") from None
    if preset.tower not in ("albert", "bert"):
        raise RagError(f'{file}: tower must be "albert" or "bert", not {preset.tower!r}.')
    if preset.published != bool(preset.generator_source) or preset.published == bool(preset.tower_layers):
        raise RagError(f"{file}: give tower_source and generator_source, or the layers to start from, not both.")
    return preset
