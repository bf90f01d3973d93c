"""One reader for each public corpus, by the format it is published in; `training.readers` lists them.

Each is called with a path and an encoding ("" for the usual one) and streams the pairs in file order."""

from collections.abc import Iterator
from pathlib import Path

from rag_demo.types import RagError
from training.pairs import Pair, as_text, asked, first_text
from training.tables import csv_rows, jsonl_rows, nested_json, require, tab_rows


def toyhom(path: Path, encoding: str) -> Iterator[Pair]:
    for where, row in csv_rows(path, encoding, chinese=True):
        require(row, where, "department", "title", "ask", "answer")
        yield Pair(asked(row["title"], row["ask"]), row["answer"], department=row["department"], source="toyhom")


def webmedqa(path: Path, encoding: str) -> Iterator[Pair]:
    for where, row in tab_rows(path, ("department", "label", "id", "question", "answer"), encoding):
        if row["label"] not in ("0", "1"):
            raise RagError(f"{where}: the label is {row['label']!r}, not 0 or 1. Is --source right?")
        if row["label"] == "1":
            yield Pair(row["question"], row["answer"], department=row["department"], source="webmedqa")


def huatuo(path: Path, encoding: str) -> Iterator[Pair]:
    """Of the ways in which a question is put, the first: the others would only be near duplicates of it."""
    for where, row in jsonl_rows(path, encoding):
        question, answer = ("question", "answer") if "question" in row else ("questions", "answers")
        require(row, where, question, answer)
        yield Pair(
            as_text(first_text(row[question]), where, question),
            as_text(first_text(row[answer]), where, answer),
            department=as_text(row.get("label"), where, "label"),
            source="huatuo",
        )


def baike(path: Path, encoding: str) -> Iterator[Pair]:
    yield from _forum(path, encoding, "category", "answer", "baike")


def webtext(path: Path, encoding: str) -> Iterator[Pair]:
    yield from _forum(path, encoding, "topic", "content", "webtext")


def _forum(path: Path, encoding: str, department: str, answer: str, source: str) -> Iterator[Pair]:
    for where, row in jsonl_rows(path, encoding):
        require(row, where, "title", answer)
        texts = {name: as_text(row.get(name), where, name) for name in ("title", "desc", answer, department)}
        yield Pair(
            asked(texts["title"], texts["desc"]), texts[answer], department=texts[department].strip(), source=source
        )


def dureader(path: Path, encoding: str) -> Iterator[Pair]:
    """The passage is that paragraph of the selected documents which shares most of the answer's bigrams."""
    for where, row in jsonl_rows(path, encoding):
        require(row, where, "question", "answers", "documents")
        answer = as_text(first_text(row["answers"]), where, "answers")
        wanted = _bigrams(answer)
        best, passage, title = 0, "", ""
        for document in row["documents"]:
            for paragraph in document.get("paragraphs", ()) if document.get("is_selected") else ():
                shared = len(wanted & _bigrams(paragraph))
                if shared > best:
                    best, passage, title = shared, paragraph, document.get("title") or ""
        yield Pair(as_text(row["question"], where, "question"), answer, passage, title=title, source="dureader")


def webqa(path: Path, encoding: str) -> Iterator[Pair]:
    records = nested_json(path, encoding)
    if not isinstance(records, dict):
        raise RagError(f"{path}: not WebQA's object of questions by id. Is --source right?")
    for identifier, record in records.items():
        where = f"{path}, {identifier}"
        require(record if isinstance(record, dict) else {}, where, "question", "evidences")
        for evidence in record["evidences"].values():
            require(evidence, where, "answer", "evidence")
            answer = as_text(first_text(evidence["answer"]), where, "answer")
            if answer != "no_answer":
                yield Pair(record["question"], answer, evidence["evidence"], source="webqa")


def squad(path: Path, encoding: str) -> Iterator[Pair]:
    nested = nested_json(path, encoding)
    articles = nested.get("data") if isinstance(nested, dict) else nested
    if not isinstance(articles, list):
        raise RagError(f"{path}: neither SQuAD's 'data' nor CMRC 2018's list of contexts. Is --source right?")
    for number, article in enumerate(articles, 1):
        where = f"{path}, article {number}"
        if not isinstance(article, dict):
            raise RagError(f"{where}: not an object. Is --source right?")
        for paragraph in article.get("paragraphs", [article]):
            context = "context_text" if "context_text" in paragraph else "context"
            require(paragraph, where, context, "qas")
            for qa in paragraph["qas"]:
                question = "query_text" if "query_text" in qa else "question"
                require(qa, where, question, "answers")
                answer = first_text(qa["answers"])
                answer = answer.get("text", "") if isinstance(answer, dict) else answer
                title = as_text(article.get("title"), where, "title")
                yield Pair(qa[question], answer, paragraph[context], title=title, source="squad")


def cmedqa2(path: Path, encoding: str) -> Iterator[Pair]:
    """Right answers only. A folder gives every question; train_candidates.txt gives the published training questions."""
    folder = path if path.is_dir() else path.parent
    candidates = sorted(folder.glob("*_candidates.*")) if path.is_dir() else [path]
    questions = {row["question_id"]: row["content"] for row in _cmedqa2_table(folder, "question", encoding)}
    answers = {row["ans_id"]: row for row in _cmedqa2_table(folder, "answer", encoding)}
    seen: set[tuple[str, str]] = set()
    for where, question, answer in _cmedqa2_right(candidates, answers, encoding):
        if (question, answer) in seen:  # the training file repeats a right answer with each wrong one
            continue
        seen.add((question, answer))
        if question not in questions or answer not in answers:
            raise RagError(f"{where}: question {question} or answer {answer} is in no table; the files do not match.")
        yield Pair(questions[question], answers[answer]["content"], source="cmedqa2")


def _cmedqa2_table(folder: Path, kind: str, encoding: str) -> Iterator[dict[str, str]]:
    for name in (f"{kind}.csv", f"{kind}s.csv", f"{kind}.zip", f"{kind}s.zip"):
        if (folder / name).exists():
            for where, row in csv_rows(folder / name, encoding, chinese=True):
                require(row, where, "question_id", "content", *(["ans_id"] if kind == "answer" else []))
                yield row
            return
    raise RagError(f"{folder} holds no {kind}.csv; put cMedQA2's {kind}.csv (or .zip) there.")


def _cmedqa2_right(candidates: list[Path], answers: dict[str, dict], encoding: str) -> Iterator[tuple[str, str, str]]:
    if not candidates:
        yield from (("answer.csv", row["question_id"], answer) for answer, row in answers.items())
    for file in candidates:
        for where, row in csv_rows(file, encoding, chinese=True):
            if "pos_ans_id" in row:
                require(row, where, "question_id")
                yield where, row["question_id"], row["pos_ans_id"]
            else:
                require(row, where, "question_id", "ans_id", "label")
                if row["label"] == "1":
                    yield where, row["question_id"], row["ans_id"]


def _bigrams(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}
