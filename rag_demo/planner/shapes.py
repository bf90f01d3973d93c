"""The shapes of the models, from their published configurations, and the parameters that follow from them."""

from dataclasses import dataclass
from enum import StrEnum

from rag_demo.types import RagError


class Family(StrEnum):
    """bert, albert: towers. bart, mt5: generators."""

    BERT = "bert"
    ALBERT = "albert"
    BART = "bart"
    MT5 = "mt5"


@dataclass(frozen=True, slots=True)
class Tower:
    """An encoder without its pooler, as the bi-encoder uses it. embedding: width of the piece vectors (ALBERT).

    groups: layers with weights of their own; ALBERT uses each layers / groups times. dropout: of states and attention.
    """

    family: Family
    vocab: int
    hidden: int
    layers: int
    heads: int
    intermediate: int
    embedding: int
    groups: int
    positions: int = 512
    types: int = 2
    dropout: bool = True

    @property
    def parameters(self) -> int:
        h, e = self.hidden, self.embedding
        embeddings = (self.vocab + self.positions + self.types) * e + 2 * e
        mapping = (e + 1) * h if self.family is Family.ALBERT else 0
        layer = 4 * (h * h + h) + 2 * h * self.intermediate + self.intermediate + h + 4 * h
        return embeddings + mapping + self.groups * layer

    @property
    def multiplied(self) -> int:
        """Weights that every token is multiplied with, a shared layer counted each time it is used."""
        mapping = self.embedding * self.hidden if self.family is Family.ALBERT else 0
        return mapping + self.layers * (4 * self.hidden**2 + 2 * self.hidden * self.intermediate)


@dataclass(frozen=True, slots=True)
class Generator:
    """inner: heads x head dimension. tied: the output matrix is the embedding (BART), not its own (mT5)."""

    family: Family
    vocab: int
    hidden: int
    inner: int
    encoder_layers: int
    decoder_layers: int
    heads: int
    intermediate: int
    positions: int = 0
    dropout: bool = True
    attention_dropout: bool = False

    @property
    def parameters(self) -> int:
        return self._mt5_parameters if self.family is Family.MT5 else self._bart_parameters

    @property
    def _bart_parameters(self) -> int:
        h = self.hidden
        attention, norm = 4 * (h * h + h), 2 * h
        feed = 2 * h * self.intermediate + self.intermediate + h
        stacks = 2 * ((self.positions + 2) * h + norm)  # BART keeps two more positions than it says
        encoder = self.encoder_layers * (attention + feed + 2 * norm)
        return self.vocab * h + stacks + encoder + self.decoder_layers * (2 * attention + feed + 3 * norm)

    @property
    def _mt5_parameters(self) -> int:
        h, attention, feed = self.hidden, 4 * self.hidden * self.inner, 3 * self.hidden * self.intermediate
        encoder = self.encoder_layers * (attention + feed + 2 * h)
        decoder = self.decoder_layers * (2 * attention + feed + 3 * h)
        return 2 * self.vocab * h + encoder + decoder + 2 * (h + MT5_BUCKETS * self.heads)

    @property
    def feed_matrices(self) -> int:
        return 3 if self.family is Family.MT5 else 2  # mT5's feed-forward is gated

    @property
    def multiplied(self) -> tuple[int, int]:
        """Weights an input token and an answer token are multiplied with; the former includes cross keys and values."""
        attention, feed = 4 * self.hidden * self.inner, self.feed_matrices * self.hidden * self.intermediate
        cross = self.decoder_layers * 2 * self.hidden * self.inner
        decoder = self.decoder_layers * (attention + attention // 2 + feed) + self.vocab * self.hidden
        return self.encoder_layers * (attention + feed) + cross, decoder


MT5_BUCKETS = 32  # relative position buckets a head, one table a stack


@dataclass(frozen=True, slots=True)
class Preset:
    """source: where the shape is published."""

    name: str
    tower: Tower
    generator: Generator
    source: str

    @property
    def parameters(self) -> int:
        return 2 * self.tower.parameters + self.generator.parameters


_OURS = dict(vocab=9_600, hidden=384, heads=12, intermediate=1536)
ALBERT_SMALL = Tower(Family.ALBERT, 21_128, 384, 6, 12, 1536, embedding=128, groups=1)  # dropout: DPR's trainer sets .1
BERT_BASE = Tower(Family.BERT, 21_128, 768, 12, 12, 3072, embedding=768, groups=12)
MT5_SMALL = Generator(Family.MT5, 250_112, 512, 384, 8, 8, 6, 1024, attention_dropout=True)
MT5_TRIMMED = Generator(Family.MT5, 35_000, 512, 384, 8, 8, 6, 1024, attention_dropout=True)
BART_LARGE = Generator(Family.BART, 51_271, 1024, 1024, 12, 12, 16, 4096, positions=1024)

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "base",
            Tower(Family.ALBERT, layers=2, embedding=128, groups=2, types=1, dropout=False, **_OURS),
            Generator(
                Family.BART, inner=384, encoder_layers=3, decoder_layers=2, positions=510, dropout=False, **_OURS
            ),
            "assets/checkpoints/base",
        ),
        Preset(
            "large",
            Tower(Family.BERT, layers=12, embedding=384, groups=12, **_OURS),
            Generator(
                Family.BART, inner=384, encoder_layers=6, decoder_layers=3, positions=510, dropout=False, **_OURS
            ),
            "multilingual-e5-small, vocabulary cut to 9,600",
        ),
        Preset("albert-mt5", ALBERT_SMALL, MT5_TRIMMED, "clue/albert_chinese_small, google/mt5-small cut to 35,000"),
        Preset("albert-mt5-whole", ALBERT_SMALL, MT5_SMALL, "clue/albert_chinese_small, google/mt5-small"),
        Preset("bert-bart", BERT_BASE, BART_LARGE, "bert-base-chinese, fnlp/bart-large-chinese"),
    )
}


def preset_of(name: str) -> Preset:
    if name not in PRESETS:
        raise RagError(f"No preset {name!r}; the planner knows {', '.join(PRESETS)}.")
    return PRESETS[name]
