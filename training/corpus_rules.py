"""The rules of the corpus: each is a function of the corpus that yields its violations, with file and line.

Rules trust the schema: training.check_corpus gives them only rows whose keys and types are right."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_demo.text import MAX_QUESTION_CHARACTERS, split_clauses
from training.banned_advice import banned_in

SPLITS = ("train", "dev", "test")
REGISTERS = ("short", "colloquial", "story", "keywords", "voice")
MATERNAL_INFANT = (
    *("备孕", "孕期", "分娩", "产褥", "母乳喂养", "新生儿", "婴幼儿喂养", "疫苗", "生长发育", "儿科", "儿童意外"),
)
DEPARTMENTS = (
    *MATERNAL_INFANT,
    *("心脑血管", "呼吸", "内分泌", "消化", "神经", "妇科", "泌尿", "皮肤", "感染", "骨科", "眼科", "耳鼻喉", "口腔"),
    *("外科", "血液风湿", "用药", "检验", "营养", "老年", "心理", "急救"),
)

LENGTHS = {"text": (150, 400), "title": (4, 40), "question": (1, MAX_QUESTION_CHARACTERS), "answer": (1, 80)}
QUESTIONS_A_PASSAGE = 4
HELD_OUT_EVERY = 10  # passages whose number this divides have no training question
MAX_QUESTION_LIKENESS = 0.7
MAX_PASSAGE_LIKENESS = 0.5

# Frequent characters of traditional Chinese that simplified Chinese does not use: none of them is in GB 2312.
TRADITIONAL = frozenset(
    "這個們來時為說國會對發過還進開長門問間聞見親覺視觀買賣貴費資質賺贈購貨貧賢負財責貸賀賴頭頁順須預領頻題額顏類願顧"
    "顯飯飲養餓館餘馬駕騎驗驚體點麼麵黃黨齊齒龍車軍軟較載輕輪輸轉輛輩農連運達遠適選遲邊郵鄉醫釋銀錢鐘鐵鋼錄錯鍵鏡鎖針"
    "釘鈣鉀鈉鋅銅鉛銳鑽閉閃關陽陰陣陸隊階際險隨隱隻雙雞離難電雲霧靈靜韓響項頓頗頸顆飛飄東樂書與業嚴臨舉義專從倉儀價眾"
    "優傷傳債傾偽側偵備兒兩內冊寫凍淨涼減幾處劃剛創劇劑動務勝勞勢勵勸區協單歷厲壓厭廚參變葉號嘆嗎聽啟吳員喚嘔團園圍圖"
    "圓聖場壞塊堅聲壺夠夾獎婦媽嬰孫學寧實寶審寬尋導將爾塵層屬師帳帶幫幹廣慶庫應廠廢張彈強歸當徑徹懷態惡惱慮懶憂憶戀戰"
    "戶撲執擴掃擾護報擬擁擇掛擋擠揮損撿換搗據擊擺攜攝攤敗數斂斷無舊曬條極構樣橋機檔檢櫃權歡歲殺毀氣氫漢湯溝沒灑測濟濃"
    "潤漲滲腸膚腎腫脹膠腦腳膽臉臟藥療瘋瘡癢癥瘧瘻癱癬癲肅職聰聯纖纏續繼織繞績縮緣緩編練線緒緊網維綠絲絡給絕結組終紹細"
    "級紙純紅約紀蝦蟲衛溫燒熱營爭愛爺狀獨現環產異盡監確碼禮種稱積窩競筆節術補裝裡製複規計討訓記設許訪訴診註證評詞試話"
    "該詳認誤語課調談請論識譯議讀讓貼輔辦遞錶鬆髒髮鬍魚鮮鴨鵝鹽鹼瀉癤癒瘍臍膿膩脈齡齲齦嚥嚨滯潰燙疊痙癟紗羅艱莊蘭虛蠶"
)

_SENTENCE = re.compile(r"[^。！？；!?;\n]+")
_HALF_WIDTH = re.compile(r"(?<=[\u3400-\u9fff])[,;:?!](?=[\u3400-\u9fff])")
_CLAUSE_END = re.compile(r"[。！？；!?;][”’」』）)]*$")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Violation:
    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file; `data` has the keys and types of the file's schema."""

    file: str
    line: int
    data: dict

    def breaks(self, rule: str, message: str) -> Violation:
        return Violation(self.file, self.line, rule, message)


@dataclass(frozen=True)
class Corpus:
    """Rows in file order; questions by the name of their file: train, dev, …, look_alikes."""

    passages: list[Row]
    questions: dict[str, list[Row]]

    @property
    def asked(self) -> list[Row]:
        """Questions of train, dev and test."""
        return [row for split in SPLITS for row in self.questions[split]]

    @property
    def answered(self) -> list[Row]:
        return [*self.asked, *self.questions["two_passages"]]


def unique_ids(corpus: Corpus) -> Iterator[Violation]:
    for group in ([corpus.passages], corpus.questions.values()):
        seen: dict[str, Row] = {}
        for row in (row for rows in group for row in rows):
            first = seen.setdefault(row.data["id"], row)
            if first is not row:
                yield row.breaks("unique-id", f"id {row.data['id']!r} stands at {first.file}:{first.line} already")


def lengths(corpus: Corpus) -> Iterator[Violation]:
    for row in _all(corpus):
        for field in LENGTHS.keys() & row.data.keys():
            (low, high), size = LENGTHS[field], len(row.data[field].strip())
            if not low <= size <= high:
                yield row.breaks("length", f"{field} has {size} characters, not {low} to {high}")


def closed_lists(corpus: Corpus) -> Iterator[Violation]:
    for row in corpus.passages:
        if row.data["department"] not in DEPARTMENTS:
            yield row.breaks("department", f"{row.data['department']!r} is none of the {len(DEPARTMENTS)} departments")
    for row in corpus.asked:
        if row.data["register"] not in REGISTERS:
            yield row.breaks("register", f"{row.data['register']!r} is none of {', '.join(REGISTERS)}")


def source_years(corpus: Corpus) -> Iterator[Violation]:
    for row in corpus.passages:
        if not re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", row.data["source"]):
            yield row.breaks("source-year", f"no year in {row.data['source']!r}")


def passage_links(corpus: Corpus) -> Iterator[Violation]:
    known = {row.data["id"] for row in corpus.passages}
    for row in corpus.answered:
        for name in row.data["passage_ids"]:
            if name not in known:
                yield row.breaks("passage-id", f"there is no passage {name!r}")
    asked = Counter(name for row in corpus.asked for name in row.data["passage_ids"])
    for row in corpus.passages:
        if (count := asked[row.data["id"]]) < QUESTIONS_A_PASSAGE:
            yield row.breaks("questions-a-passage", f"{count} questions, at least {QUESTIONS_A_PASSAGE} are wanted")


def held_out_passages(corpus: Corpus) -> Iterator[Violation]:
    held_out = {row.data["id"] for row in corpus.passages if int(row.data["id"][1:]) % HELD_OUT_EVERY == 0}
    for row in corpus.questions["train"]:
        for name in held_out.intersection(row.data["passage_ids"]):
            yield row.breaks("held-out", f"passage {name} is kept for dev and test, but trained on here")


def leaks(corpus: Corpus) -> Iterator[Violation]:
    train = corpus.questions["train"]
    asked = [*corpus.questions["dev"], *corpus.questions["test"]]
    texts = [[row.data["question"] for row in rows] for rows in (asked, train)]
    for i, j, likeness in alike(*texts, MAX_QUESTION_LIKENESS):
        near = train[j]
        yield asked[i].breaks("leak", f"likeness {likeness:.2f} to {near.data['id']} ({near.file}:{near.line})")


def twins(corpus: Corpus) -> Iterator[Violation]:
    rows, texts = corpus.passages, [row.data["text"] for row in corpus.passages]
    for i, j, likeness in alike(texts, texts, MAX_PASSAGE_LIKENESS):
        if j < i:
            yield rows[i].breaks("twin", f"likeness {likeness:.2f} to {rows[j].data['id']} (line {rows[j].line})")


def answer_numbers(corpus: Corpus) -> Iterator[Violation]:
    texts = {row.data["id"]: row.data["text"] for row in reversed(corpus.passages)}  # the first of an id
    for row in corpus.answered:
        names = row.data["passage_ids"]
        known = {number for name in names for number in numbers(texts.get(name, ""))}
        missing = [number for number in numbers(row.data["answer"]) if number not in known]
        if missing and texts.keys() >= set(names):  # an unknown passage is passage_links' to report
            yield row.breaks("number", f"{', '.join(missing)} of the answer is not in {', '.join(names)}")


def clause_ends(corpus: Corpus) -> Iterator[Violation]:
    for row in corpus.passages:
        text = row.data["text"]
        open_ends = [clause.text for clause in split_clauses(text) if not _CLAUSE_END.search(clause.text)]
        if open_ends:
            yield row.breaks("clause-end", f"no final mark after {open_ends[0][-12:]!r}")
        elif not text.endswith(("。", "！", "？", "；")):
            yield row.breaks("clause-end", f"the text ends in {text[-1:]!r}, not in 。！？ or ；")


def simplified(corpus: Corpus) -> Iterator[Violation]:
    for row in _all(corpus):
        found = sorted({c for value in row.data.values() if isinstance(value, str) for c in value} & TRADITIONAL)
        if found:
            yield row.breaks("simplified", f"traditional characters {''.join(found)}")


def full_width_marks(corpus: Corpus) -> Iterator[Violation]:
    for row in [*corpus.passages, *corpus.answered]:
        for field in ("title", "text", "answer"):
            for match in _HALF_WIDTH.finditer(row.data.get(field, "")):
                around = match.string[max(0, match.start() - 4) : match.end() + 4]
                yield row.breaks("half-width", f"{match.group()!r} between Chinese characters in {field}: {around!r}")


def banned_advice(corpus: Corpus) -> Iterator[Violation]:
    for row in [*corpus.passages, *corpus.answered]:
        for sentence in _SENTENCE.findall(row.data.get("text") or row.data.get("answer", "")):
            for name in banned_in(sentence):
                yield row.breaks("advice", f"{name}: {sentence!r}")


def numbers(text: str) -> list[str]:
    return _NUMBER.findall(unicodedata.normalize("NFKC", text))


def alike(texts: Sequence[str], others: Sequence[str], least: float) -> Iterator[tuple[int, int, float]]:
    """(i, j, likeness) of all texts[i], others[j] whose character-3-gram Jaccard likeness is at least `least`.

    Only pairs that share a 3-gram are looked at, found by an inverted index from 3-gram to texts.
    """
    sets = [_grams(text) for text in others]
    holders: dict[str, list[int]] = defaultdict(list)
    for j, grams in enumerate(sets):
        for gram in grams:
            holders[gram].append(j)
    for i, grams in enumerate(map(_grams, texts)):
        shared: Counter[int] = Counter()
        for gram in grams:
            shared.update(holders.get(gram, ()))
        for j, count in sorted(shared.items()):
            if (likeness := count / (len(grams) + len(sets[j]) - count)) >= least:
                yield i, j, likeness


def _grams(text: str) -> set[str]:
    plain = re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).lower()
    return {plain[i : i + 3] for i in range(max(1, len(plain) - 2))}


def _all(corpus: Corpus) -> list[Row]:
    return [*corpus.passages, *(row for rows in corpus.questions.values() for row in rows)]


RULES = (
    *(unique_ids, lengths, closed_lists, source_years, passage_links, held_out_passages, leaks, twins),
    *(answer_numbers, clause_ends, simplified, full_width_marks, banned_advice),
)
