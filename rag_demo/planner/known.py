"""Six reports from practice, and what the planner says of the same: one set of constants, no allowance for any of them.

The four memory reports run in fp32 with eager attention, the only one when they were made. Two readings stand beside each
other, because the reports do not say whether their batch is one card's or all cards': `predicted` is the one named by
`reading`, `other` the other one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag_demo.planner.compute import DEVICES, achieved, tower_flops
from rag_demo.planner.indexing import IndexModel, Kind
from rag_demo.planner.memory import GIB, memory_of
from rag_demo.planner.setting import Attention, Precision, Setting, Stage
from rag_demo.planner.shapes import ALBERT_SMALL


@dataclass(frozen=True, slots=True)
class KnownPoint:
    """predicted, reported, other: in `unit` (GiB or h). reading, why: (Chinese, English), one sentence each."""

    name: tuple[str, str]
    unit: str
    predicted: float
    reported: float
    other: float | None
    reading: tuple[str, str]
    why: tuple[str, str]

    @property
    def difference(self) -> float:
        """Share of the report by which the prediction is above it."""
        return self.predicted / self.reported - 1


A_CARD = ("批量按每张卡计", "batch read as a card's")
ALL_CARDS = ("批量按全部卡计", "batch read as all cards'")
DPR_WIDTH = 769  # 768, and one more that turns inner products into distances, as DPR's code has it
DPR_SERVER_CORES = 40  # two Xeon E5-2698 v4, the processor that Karpukhin et al. 2020, section 5.4, name


def known_points(model: IndexModel) -> tuple[KnownPoint, ...]:
    """model: fitted to calibration.json."""
    return (*_memory_points(), _project_index(model), _dpr_index(model))


def _memory_points() -> Sequence[KnownPoint]:
    albert = Setting("albert-mt5", batch=24, cards=3, attention=Attention.EAGER)
    mt5 = Setting("albert-mt5", Stage.GENERATOR, 16, answer_length=256, attention=Attention.EAGER, cards=2)
    rag = replace(mt5, stage=Stage.RAG, top_k=1)
    bert = Setting("bert-bart", batch=128, length=100, cards=8, attention=Attention.EAGER)
    return (
        _memory_point(
            ("DPR，ALBERT-small ×2，批量 24，长度 256，3 张卡", "DPR, ALBERT-small x2, batch 24, length 256, 3 cards"),
            albert,
            9,
            A_CARD,
            (
                "按 DPR 的习惯每题配一个难负例、dropout 0.1；剩下的差额我们归于当年实现多存的中间量，但没有那张卡可以核对。",
                "One hard negative a question and dropout .1, as in DPR's code; we put the rest down to intermediates that older "
                "implementations kept, without a card to check it on.",
            ),
        ),
        _memory_point(
            ("mT5-small，批量 16，长度 256，2 张卡", "mT5-small, batch 16, length 256, 2 cards"),
            mt5,
            10,
            A_CARD,
            (
                "只报了一个长度，所以输入和答案都取 256；词表按裁剪后的 3.5 万算，完整的 25 万词表一张 11 GB 的卡放不下。",
                "One length is reported, so input and answer both have 256; the vocabulary is the trimmed one of 35,000, the whole "
                "250,112 would not fit an 11 GB card.",
            ),
        ),
        _memory_point(
            ("RAG，批量 16，长度 256，2 张卡", "RAG, batch 16, length 256, 2 cards"),
            rag,
            11,
            A_CARD,
            (
                "只有把批量读作 16 个（问题，段落）对才说得通；每题 5 篇的话预测约 38 GiB，任何 11 GB 的卡都放不下。",
                "It holds only if the batch means 16 pairs of question and passage; with 5 passages a question we predict about "
                "38 GiB, which no 11 GB card holds.",
            ),
        ),
        _memory_point(
            (
                "DPR，BERT-base ×2，批量 128，长度 100，8 张 32 GB 卡",
                "DPR, BERT-base x2, batch 128, length 100, 8 cards of 32 GB",
            ),
            bert,
            32,
            ALL_CARDS,
            (
                "32 GB 是卡的大小，不是用量：预测远在其下；论文写明 128 是总批量。",
                "32 GB is the size of the card, not what was used, so the prediction only has to lie below it; the paper says that "
                "128 is the batch of all cards.",
            ),
        ),
    )


def _memory_point(name, setting: Setting, reported: float, reading, why) -> KnownPoint:
    """`setting` has the batch of all cards."""
    all_cards = memory_of(setting).total / GIB
    a_card = memory_of(replace(setting, batch=setting.batch * setting.cards)).total / GIB
    predicted, other = (a_card, all_cards) if reading is A_CARD else (all_cards, a_card)
    return KnownPoint(name, "GiB", predicted, reported, other, reading, why)


def _project_index(model: IndexModel) -> KnownPoint:
    """ALBERT-small's 384 dimensions on one core, after encoding on one 1080 Ti."""
    count = 120_000
    encoding = tower_flops(ALBERT_SMALL, count, 256) / achieved(DEVICES["1080 Ti"], Precision.FP32)
    building = model.seconds(Kind.HNSW512, count, ALBERT_SMALL.hidden)
    return KnownPoint(
        ("12 万段落建索引", "120,000 passages indexed"),
        "h",
        (encoding + building) / 3600,
        1.0,
        None,
        ("一块 1080 Ti 编码，一个核建 HNSW（M=512）", "encoded on one 1080 Ti, HNSW (M=512) on one core"),
        (
            "报告没有说是什么处理器、几个核、什么索引；我们的标定最多到一万条向量，还在缓存里，十二万条就不在了。",
            "The report names neither processor nor cores nor index; and our calibration ends at 10,000 vectors, which the "
            "processor's cache holds, as it does not hold 120,000.",
        ),
    )


def _dpr_index(model: IndexModel) -> KnownPoint:
    building = model.seconds(Kind.HNSW512, 21_000_000, DPR_WIDTH, DPR_SERVER_CORES)
    return KnownPoint(
        ("2100 万段落建索引", "21 million passages indexed"),
        "h",
        building / 3600,
        8.5,
        None,
        ("HNSW（M=512），40 核，不含编码", "HNSW (M=512) on 40 cores, encoding not included"),
        (
            "从一万条外推到两千一百万条，假定 40 核有八成效率，且我们的核与 E5-2698 v4 一样快：数量级可信，百分比不可信。",
            "Carried from 10,000 vectors to 21 million, with 40 cores taken at four fifths and our core as fast as an "
            "E5-2698 v4: trust its order of magnitude, not its per cent.",
        ),
    )
