"""Bytes of one card, term by term.

Activations follow Korthikanti et al. 2022 ("Reducing activation recomputation in large transformer models", eq. 1-2):
an eager layer of hidden h, feed-forward f, a heads, length s keeps for the backward pass, a token,

    two LayerNorm inputs 2h (always 4 bytes); inputs of the products 6h + 2f (b bytes each); softmax a s
    with dropout: masks 2h + a s of one byte, and the dropped probabilities a s

which with b = 2 everywhere and f = 4h is their s b h (34 + 5 a s / h). Here b is 4 in fp32 and 2 under bf16 autocast, which
keeps LayerNorm inputs and the softmax in fp32. sdpa keeps one number a head in place of the a s terms. mT5's RMSNorm is made
of three operations and its gated GELU of seven, all of which keep their result. tests/training/test_resources.py
counts the saved tensors of real models against every formula here."""

from dataclasses import dataclass, fields

from rag_demo.planner.setting import Attention, Precision, Setting, Stage
from rag_demo.planner.shapes import Family, Generator, Tower, preset_of

GIB = 2**30
CONTEXT = int(0.75 * GIB)  # assumed: CUDA context, cuBLAS workspaces, kernels; 0.5 to 1 GiB on the usual cards
FRAGMENTATION = 0.10  # assumed: the caching allocator's share on top of activations and temporaries
FULL, MASK, INDEX = 4, 1, 8  # bytes of fp32, of a dropout mask on a GPU, of a token id


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on the fullest card at the moment when it holds most.

    weights: fp32, and the bf16 copies that autocast keeps. gradients: fp32, and DDP's buckets with several cards.
    optimiser: AdamW's two moments (Loshchilov and Hutter 2019). activations: kept for the backward pass. vectors: GradCache's
    cached vectors with their gradients, token ids, scores. temporaries: of the backward pass in one layer, or of
    AdamW's step, the larger. context: CUDA itself. allocator: what the caching allocator loses.
    """

    weights: int
    gradients: int
    optimiser: int
    activations: int
    vectors: int
    temporaries: int
    context: int
    allocator: int

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self))

    def terms(self) -> dict[str, int]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def memory_of(setting: Setting) -> Memory:
    preset = preset_of(setting.preset)
    trained, passes = _trained(setting), _activations(setting)
    temporaries = _temporaries(setting)
    step = FULL * trained  # AdamW's update of all weights at once, when the activations are gone
    copies = 2 * trained if setting.precision is Precision.BF16 else 0
    kept = passes if passes + temporaries >= step else 0
    shown = temporaries if kept else step
    return Memory(
        weights=FULL * trained + copies,
        gradients=FULL * trained * (2 if setting.cards > 1 else 1),
        optimiser=2 * FULL * trained,
        activations=kept,
        vectors=_vectors(setting, preset.tower.hidden),
        temporaries=shown,
        context=CONTEXT,
        allocator=int(FRAGMENTATION * (kept + shown)),
    )


def texts_of(setting: Setting) -> tuple[int, int]:
    """Questions and passages that the towers of one card read in a step (dpr)."""
    return setting.rows, setting.rows * (1 + setting.hard)


def tower_bytes(tower: Tower, texts: int, setting: Setting) -> int:
    """Kept by a tower for the backward pass of `texts` texts of the setting's length."""
    layer = _layer(tower.hidden, tower.intermediate, setting, tower.dropout)
    layer += _attention(tower.heads, setting.length, setting, tower.dropout)
    embedded = 2 * tower.embedding * FULL + tower.hidden * FULL
    return texts * setting.length * (embedded + _stack(tower.layers, tower.hidden, layer, setting))


def generator_bytes(shape: Generator, rows: int, setting: Setting) -> int:
    """Kept by a generator for `rows` inputs and their answers, the log softmax over the vocabulary included."""
    tokens, answer = rows * setting.length, rows * setting.answer_length
    layer = _mt5_layer if shape.family is Family.MT5 else _bart_layer
    encoder = layer(shape, setting, decoder=False)
    decoder = layer(shape, setting, decoder=True)
    cross = 2 * shape.inner * _bytes(setting) * shape.decoder_layers  # keys and values of the encoder's states
    edges = (3 if shape.family is Family.MT5 else 2) * shape.hidden * FULL + 2 * shape.hidden * MASK * shape.dropout
    return (
        tokens * (edges + cross + _stack(shape.encoder_layers, shape.hidden, encoder, setting))
        + answer * (edges + _stack(shape.decoder_layers, shape.hidden, decoder, setting))
        + answer * shape.vocab * FULL
    )


def _trained(setting: Setting) -> int:
    """Parameters on the card that learn."""
    preset = preset_of(setting.preset)
    return {
        Stage.DPR: 2 * preset.tower.parameters,
        Stage.GENERATOR: preset.generator.parameters,
        Stage.RAG: preset.tower.parameters + preset.generator.parameters,
    }[setting.stage]


def _at_once(setting: Setting) -> tuple[int, int]:
    """Texts through the towers, rows through the generator, that live together."""
    chunk = setting.chunk or setting.rows
    if setting.stage is Stage.DPR:
        texts = sum(texts_of(setting))
        return min(setting.chunk, texts) if setting.chunk else texts, 0
    rows = min(chunk, setting.rows)
    return (rows, rows * setting.top_k) if setting.stage is Stage.RAG else (0, rows)


def _activations(setting: Setting) -> int:
    preset, (texts, rows) = preset_of(setting.preset), _at_once(setting)
    return tower_bytes(preset.tower, texts, setting) + generator_bytes(preset.generator, rows, setting)


def _temporaries(setting: Setting) -> int:
    """Gradients in flight inside the layer that needs most, and the logits with their gradient."""
    preset, (texts, rows) = preset_of(setting.preset), _at_once(setting)
    b, eager = _bytes(setting), setting.attention is Attention.EAGER
    widths = [(texts, preset.tower, setting.length), (rows, preset.generator, setting.length)]
    layers = [
        number * length * b * (2 * shape.hidden + max(2 * shape.intermediate, 2 * shape.heads * length * eager))
        for number, shape, length in widths
    ]
    return max(*layers, 2 * rows * setting.answer_length * preset.generator.vocab * FULL)


def _vectors(setting: Setting, hidden: int) -> int:
    """Ids and masks of the batch; for dpr its vectors, all cards' gathered ones, their gradients and the scores."""
    if setting.stage is not Stage.DPR:
        rows = setting.rows * (setting.top_k if setting.stage is Stage.RAG else 1)
        return 2 * INDEX * rows * (setting.length + setting.answer_length)
    questions, passages = texts_of(setting)
    gathered = passages * setting.cards
    vectors = 2 * FULL * hidden * (questions + passages + (gathered if setting.cards > 1 else 0))
    return vectors + 3 * FULL * questions * gathered + 2 * INDEX * (questions + passages) * setting.length


def _bytes(setting: Setting) -> int:
    return 2 if setting.precision is Precision.BF16 else FULL


def _stack(layers: int, hidden: int, layer: int, setting: Setting) -> int:
    """A token's bytes over the layers; checkpointed: the input of each, and one layer whole (section 5 of the paper)."""
    return layers * hidden * FULL + layer if setting.checkpointing else layers * layer


def _layer(hidden: int, intermediate: int, setting: Setting, dropout: bool) -> int:
    """A post-LayerNorm layer (BERT, ALBERT, BART) without its softmax, bytes a token."""
    b = _bytes(setting)
    return 2 * hidden * FULL + (6 * hidden + 2 * intermediate) * b + 2 * hidden * MASK * dropout


def _attention(heads: int, keys: int, setting: Setting, dropout: bool) -> int:
    """What softmax leaves, bytes a query token."""
    if setting.attention is Attention.SDPA:
        return heads * FULL
    b = _bytes(setting)
    cast = b if setting.precision is Precision.BF16 else 0  # the softmax in fp32 and its bf16 copy
    return heads * keys * (FULL + cast + (MASK + b) * dropout)


def _bart_layer(shape: Generator, setting: Setting, decoder: bool) -> int:
    dropped = shape.attention_dropout
    own = setting.answer_length if decoder else setting.length
    layer = _layer(shape.hidden, shape.intermediate, setting, shape.dropout)
    layer += _attention(shape.heads, own, setting, dropped)
    if decoder:
        layer += shape.hidden * (FULL + 3 * _bytes(setting) + MASK * shape.dropout)
        layer += _attention(shape.heads, setting.length, setting, dropped)
    return layer


def _mt5_layer(shape: Generator, setting: Setting, decoder: bool) -> int:
    """Pre-RMSNorm, gated GELU written out in single operations."""
    b, dropped = _bytes(setting), shape.attention_dropout
    own, blocks = (setting.answer_length, 3) if decoder else (setting.length, 2)
    norms = blocks * shape.hidden * (2 * FULL + b)
    products = (6 if decoder else 4) * shape.inner * b + 7 * shape.intermediate * b
    masks = (blocks * shape.hidden + shape.intermediate) * MASK * shape.dropout
    softmax = _attention(shape.heads, own, setting, dropped)
    softmax += _attention(shape.heads, setting.length, setting, dropped) if decoder else 0
    return norms + products + masks + softmax
