"""Answers: the decoding loop against transformers' RAG and CTranslate2, and against itself token by token."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from rag_demo.config import AnswerOptions
from rag_demo.decoding import Constraint, decode
from rag_demo.engine import RagEngine
from rag_demo.files import read_json, write_json
from rag_demo.generator import Generator
from rag_demo.grounding import ClauseTrie
from rag_demo.marginal import log_prior
from rag_demo.packed import BartWeights
from rag_demo.pretrained import quiet
from rag_demo.prompt import build_inputs
from rag_demo.stepping import BartSteps
from rag_demo.types import Hit, RagMode
from tests.benchmarks.bench import Row, alternating

TOKENS, TOP_K = 64, 5
Inputs = tuple[torch.Tensor, torch.Tensor]  # ids and mask (k, L)


class Endless:
    """A generator that never ends, as min_new_tokens makes its peers: every run decodes as many tokens."""

    def __init__(self, generator: Generator) -> None:
        self.generator, self.eos_id, self.start_id = generator, generator.eos_id, generator.start_id

    def start(self, *inputs: torch.Tensor) -> "Endless":
        self.steps = self.generator.start(*inputs)
        return self

    @torch.inference_mode()
    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        log_probs = self.steps.step(tokens)
        log_probs[..., self.eos_id] = -torch.inf
        return log_probs


def rows(preset: str, engine: RagEngine, questions: Sequence[str], repeats: int) -> Iterator[Row]:
    yield from _first_token(preset, engine, questions)
    found = [(q, engine.retrieve(q, TOP_K)) for q in questions[:8]]
    inputs = _inputs(engine, found)
    endless = Endless(engine.generator)

    def ours() -> list[tuple[int, ...]]:
        runs = (decode(endless, *given, RagMode.TOKEN, max_tokens=TOKENS) for given in inputs)
        return [list(run)[-1].tokens for run in runs]

    peer = _transformers_rag(engine, inputs)
    same = sum(a == b for a, b in zip(ours(), peer(), strict=True))
    one, other = alternating([ours, peer], repeats)
    note = f"the same {TOKENS} tokens for {same} of {len(inputs)} questions"
    yield Row(
        "answer",
        f"k {TOP_K}, {TOKENS} tokens, {preset}",
        one / len(inputs),
        "s",
        "RagTokenForGeneration",
        other / len(inputs),
        4,
        note,
    )
    yield from _ctranslate2(preset, engine, inputs, repeats)
    yield from _grounded(preset, engine, found, repeats)


def _first_token(preset: str, engine: RagEngine, questions: Sequence[str]) -> Iterator[Row]:
    ask = iter(questions[i % len(questions)] for i in range(10_000))

    def first() -> None:
        stream = engine.stream(next(ask), AnswerOptions(top_k=TOP_K))
        next(answer for answer in stream if answer.tokens or answer.finished)

    reach = {"base": 0.150, "large": 0.400}.get(preset)
    yield Row("first_token", preset, alternating([first], 21, 3)[0], reach=reach)


def _inputs(engine: RagEngine, found: Sequence[tuple[str, list[Hit]]]) -> list[tuple[Inputs, torch.Tensor]]:
    """What is decoded for each question: the generator's inputs, and log p(z|x)."""
    return [
        (
            build_inputs(engine.generator.tokenizer, question, [hit.passage for hit in hits], engine.lengths),
            log_prior(torch.tensor([hit.score for hit in hits])),
        )
        for question, hits in found
    ]


def _transformers_rag(
    engine: RagEngine, inputs: Sequence[tuple[Inputs, torch.Tensor]]
) -> Callable[[], list[tuple[int, ...]]]:
    """RagTokenForGeneration on the same weights, given the same passages."""
    from transformers import DPRConfig, DPRQuestionEncoder, RagConfig, RagTokenForGeneration

    generator = engine.generator
    with quiet():
        unused = DPRQuestionEncoder(DPRConfig(vocab_size=10, hidden_size=8, num_hidden_layers=1, num_attention_heads=1))
        config = RagConfig.from_question_encoder_generator_configs(
            unused.config, generator.model.config, n_docs=TOP_K, vocab_size=generator.model.config.vocab_size
        )
        rag = RagTokenForGeneration(config=config, question_encoder=unused, generator=generator.model).eval()

    def run() -> list[tuple[int, ...]]:
        found = []
        for (ids, mask), prior in inputs:
            generated = rag.generate(
                context_input_ids=ids, context_attention_mask=mask, doc_scores=prior[None], n_docs=TOP_K, num_beams=1,
                do_sample=False, max_length=TOKENS + 1, min_length=TOKENS + 1,
                decoder_start_token_id=generator.start_id, eos_token_id=generator.eos_id, pad_token_id=1,
            )  # fmt: skip
            found.append(tuple(generated[0, 1 : TOKENS + 1].tolist()))
        return found

    return run


def _ctranslate2(
    preset: str, engine: RagEngine, inputs: Sequence[tuple[Inputs, torch.Tensor]], repeats: int
) -> Iterator[Row]:
    """k inputs as one batch, which it cannot marginalise: steps a second are compared."""
    import ctranslate2
    from ctranslate2.converters import TransformersConverter

    generator = engine.generator
    with TemporaryDirectory() as folder:
        try:
            source, target = Path(folder) / "generator", Path(folder) / "int8"
            generator.model.save_pretrained(source)
            _as_converter_expects(source / "config.json")
            generator.tokenizer.save_pretrained(source)
            TransformersConverter(str(source)).convert(str(target), quantization="int8")
            model = ctranslate2.Translator(str(target), intra_threads=torch.get_num_threads())
        except Exception as error:  # a peer that fails must not hide what the others measure
            print(f"CTranslate2 left out: {type(error).__name__}: {str(error).splitlines()[0][:200]}")
            return
        names = generator.tokenizer.convert_ids_to_tokens
        batches = [[names(row[seen == 1].tolist()) for row, seen in zip(*given, strict=True)] for given, _ in inputs]
        limits = {"beam_size": 1, "max_decoding_length": TOKENS, "min_decoding_length": TOKENS}
        endless = Endless(engine.generator)

        def ours() -> None:
            for given in inputs:
                for _ in decode(endless, *given, RagMode.TOKEN, max_tokens=TOKENS):
                    pass

        def peer() -> None:
            for batch in batches:
                model.translate_batch(batch, **limits)

        one, other = alternating([ours, peer], repeats)
    steps = len(inputs) * TOKENS
    yield Row("step", f"k {TOP_K}, {preset}", one / steps, "s", "CTranslate2 int8", other / steps, 1)


def _as_converter_expects(file: Path) -> None:
    """Its converter reads settings that BartConfig of transformers 5 no longer has; these are BART's."""
    older = {"normalize_before": False, "normalize_embedding": True, "add_final_layer_norm": False}
    write_json(file, read_json(file, "") | older | {"static_position_embeddings": False})


class Undecided:
    """A constraint that offers its only choice twice, so that the decoder goes token by token."""

    def __init__(self, trie: ClauseTrie) -> None:
        self.trie = trie

    def allowed(self, place: object) -> list[int]:
        return [token for token in self.trie.allowed(place) for _ in range(2)]

    def advance(self, place: object, token: int) -> object:
        return self.trie.advance(place, token)


class Encoded:
    """A generator whose inputs are encoded already: what is timed is the decoding."""

    def __init__(self, generator: Generator, inputs: Inputs) -> None:
        self.eos_id, self.start_id = generator.eos_id, generator.start_id
        self.weights, self.mask = BartWeights(generator.model), inputs[1]
        with torch.inference_mode():
            encoder = generator.model.get_encoder()
            self.states = encoder(input_ids=inputs[0], attention_mask=inputs[1]).last_hidden_state

    def start(self, *_: torch.Tensor) -> BartSteps:
        return BartSteps(self.weights, self.states, self.mask)


def _grounded(preset: str, engine: RagEngine, found: Sequence[tuple[str, list[Hit]]], repeats: int) -> Iterator[Row]:
    given = []
    for (_, hits), (inputs, prior) in zip(found, _inputs(engine, found), strict=True):
        trie = ClauseTrie(engine.generator.tokenizer, [hit.passage for hit in hits], engine.generator.eos_id)
        given.append((Encoded(engine.generator, inputs), inputs, prior, trie))

    def run(wrap: Callable[[ClauseTrie], Constraint]) -> list[tuple[int, ...]]:
        return [
            list(decode(encoded, inputs, prior, RagMode.TOKEN, constraint=wrap(trie), max_tokens=trie.max_tokens))[-1].tokens
            for encoded, inputs, prior, trie in given
        ]  # fmt: skip

    quick, slow = (lambda: run(lambda trie: trie)), (lambda: run(Undecided))
    note = f"the same answer for {sum(a == b for a, b in zip(quick(), slow(), strict=True))} of {len(given)} questions"
    one, other = alternating([quick, slow], repeats)
    yield Row("grounded", preset, one / len(given), "s", "token by token", other / len(given), 2, note)
