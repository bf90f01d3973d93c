"""From pairs to files: nothing crosses the splits, a killed run ends at the same bytes, memory does not follow the rows."""

import json
import random
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from rag_demo.corpus import read_passages, read_questions
from rag_demo.types import RagError
from training import near_duplicates, pair_store
from training.prepare_data import OUTPUTS, Args, main
from training.splits import Split, divide, keep_first

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / "shared" / "data" / "qa"


def sentence(rng: random.Random, length: int) -> str:
    return "".join(chr(rng.randint(0x4E00, 0x9FA0)) for _ in range(length)) + "。"


def corpus(path: Path, rows: int, answer: int = 40) -> Path:
    """Random pairs; a third repeats an earlier answer or question, word for word or nearly."""
    rng = random.Random(rows)
    made: list[dict] = []
    for _ in range(rows):
        row = {"question": sentence(rng, 20), "answer": sentence(rng, answer)}
        if made and rng.random() < 0.33:
            old, name = rng.choice(made[-200:]), rng.choice(["question", "answer"])
            row[name] = old[name] if rng.random() < 0.5 else old[name][:-2] + "变。"
            if rng.random() < 0.2:
                row = {"question": "请问" + old["question"], "answer": old["answer"][:-1] + "！"}
        made.append(row)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), encoding="utf-8")
    return path


def grams(text: str) -> set[str]:
    text = text.rstrip("。！")
    return {text[i : i + 3] for i in range(len(text) - 2)}


def test_no_passage_and_no_near_duplicate_crosses_the_splits(tmp_path):
    """Exact Jaccard similarity of every pair of texts across train, dev and test, by brute force."""
    counts = main(Args([str(corpus(tmp_path / "pairs.jsonl", 300))], str(tmp_path / "out")))
    passages = {p.id: p.text for p in read_passages(tmp_path / "out" / "passages.jsonl")}
    splits = {s: read_questions(tmp_path / "out" / f"{s}.jsonl") for s in ("train", "dev", "test")}
    assert counts == {"passages": len(passages), **{s: len(rows) for s, rows in splits.items()}}
    kept = sum(len(rows) for rows in splits.values())
    assert counts["test"] == kept // 10 and counts["dev"] == kept // 50 and kept < 300
    assert {p for rows in splits.values() for q in rows for p in q.passage_ids} == set(passages)
    of = {
        s: [grams(t) for q in rows for t in (q.question, *(passages[p] for p in q.passage_ids))]
        for s, rows in splits.items()
    }
    for one, other in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert max(len(a & b) / len(a | b) for a in of[one] for b in of[other]) < 0.8


def test_pairs_that_share_an_answer_share_a_passage_and_a_split(tmp_path):
    rows = [{"question": f"宝宝发热{i}天怎么办", "answer": f"多喝水{i % 40}次。"} for i in range(200)]
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), encoding="utf-8")
    counts = main(Args([str(tmp_path / "pairs.jsonl")], str(tmp_path / "out")))
    assert (
        counts["passages"] == 40
        and counts["train"] + counts["dev"] + counts["test"] == 200
        and 10 <= counts["test"] <= 20
    )
    ids = [{q.passage_ids[0] for q in read_questions(tmp_path / "out" / f"{s}.jsonl")} for s in ("train", "test")]
    assert not ids[0] & ids[1]


def test_a_question_with_two_answers_keeps_both_passages_and_the_context_wins(tmp_path):
    rows = [
        {"question": "黄疸怎么办？", "answer": "多吃奶，多晒太阳。"},
        {"question": "黄疸怎么办", "answer": "黄疸加重要去医院。"},
        {"question": "黄疸怎么办", "answer": "多吃奶，多晒太阳！"},
        {"question": "谁写的", "answer": "岳飞", "context": "满江红是岳飞所作。", "title": "满江红"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    main(Args([str(tmp_path / "a.jsonl")], str(tmp_path / "out")))
    first, second = read_questions(tmp_path / "out" / "train.jsonl")
    assert first.passage_ids == ("d000000", "d000001") and first.answer == "多吃奶，多晒太阳。"
    passages = read_passages(tmp_path / "out" / "passages.jsonl")
    assert [p.full_text for p in passages][2] == "满江红。满江红是岳飞所作。" and second.passage_ids == ("d000002",)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["rows read"] == 4 and report["dropped"] == {"same question, same passage": 1}


def test_two_corpora_in_one_run(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("内科\t1\t7\t头痛怎么办\t多休息，多喝水。\n", "utf-8")
    (tmp_path / "b.jsonl").write_text('{"questions": ["咳嗽怎么办"], "answers": ["咳"]}\n', "utf-8")
    (tmp_path / "c.jsonl").write_text('{"questions": ["头痛怎么办"], "answers": ["多休息，多喝水！"]}\n', "utf-8")
    files = [f"webmedqa:{tmp_path / 'a.txt'}", str(tmp_path / "b.jsonl"), str(tmp_path / "c.jsonl")]
    assert main(Args(files, str(tmp_path / "out"), source="huatuo"))["passages"] == 1
    printed = capsys.readouterr().err
    assert "passage too short" in printed and "same question, same passage" in printed and "rows read" in printed


@pytest.mark.parametrize(
    ("place", "after"),
    [
        ("pair_store.PairStore.commit", 3),
        ("pair_store.PairStore._add", 130),
        ("near_duplicates.np.stack", 2),
        ("prepare_data.os.replace", 4),
    ],
)
def test_a_killed_run_ends_at_the_same_bytes(tmp_path, whole, place, after):
    """SIGKILL while rows are stored, between commits, within signatures, and between two renames."""
    script = f"""
import os, signal
from training import near_duplicates, pair_store, prepare_data
pair_store.COMMIT_EVERY, near_duplicates.CHUNK = 25, 32
owner, name = {place.rsplit(".", 1)[0]}, {place.rsplit(".", 1)[1]!r}
real, calls = getattr(owner, name), 0
def deadly(*arguments, **named):
    global calls
    calls += 1
    if calls == {after}:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **named)
setattr(owner, name, deadly)
prepare_data.main(prepare_data.Args([{str(whole / "pairs.jsonl")!r}], {str(tmp_path / "out")!r}))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert not (tmp_path / "out" / "passages.jsonl").exists()
    assert (tmp_path / ".out.prepare").exists()
    main(Args([str(whole / "pairs.jsonl")], str(tmp_path / "out")))
    assert not (tmp_path / ".out.prepare").exists()
    for name in OUTPUTS:
        assert (tmp_path / "out" / name).read_bytes() == (whole / "out" / name).read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    main(Args([str(corpus(folder / "pairs.jsonl", 200))], str(folder / "out")))
    return folder


def test_what_is_finished_is_not_done_again_unless_the_input_changed(tmp_path, whole, monkeypatch):
    times = {name: (whole / "out" / name).stat().st_mtime_ns for name in OUTPUTS}
    main(Args([str(whole / "pairs.jsonl")], str(whole / "out")))
    assert times == {name: (whole / "out" / name).stat().st_mtime_ns for name in OUTPUTS}
    stale = tmp_path / ".out.prepare"
    stale.mkdir()
    (stale / "mark.json").write_text('"another"')
    (stale / "pairs.sqlite").write_text("no database")
    (tmp_path / "b.jsonl").write_bytes((whole / "pairs.jsonl").read_bytes())
    main(Args([str(tmp_path / "b.jsonl")], str(tmp_path / "out"), test_questions=5))
    assert len(read_questions(tmp_path / "out" / "test.jsonl")) == 5


def test_memory_does_not_follow_the_rows(tmp_path, monkeypatch):
    """Python's and numpy's peak for 900 rows against 300, each with 400 bytes of text: less than 200 bytes a row more.
    Holding the texts, or datasketch's own index (some 4,000 bytes a text), would not pass."""
    monkeypatch.setattr(near_duplicates, "CHUNK", 64)
    monkeypatch.setattr(pair_store, "COMMIT_EVERY", 100)
    peaks = {}
    for rows in (50, 300, 900):  # the first run pays for imports
        file = corpus(tmp_path / f"{rows}.jsonl", rows, answer=120)
        tracemalloc.start()
        main(Args([str(file)], str(tmp_path / str(rows))))
        peaks[rows] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (peaks[900] - peaks[300]) / 600 < 200


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        (["missing.jsonl"], [], "missing.jsonl cannot be read: there is no such file"),
        (["good.jsonl", "late.jsonl"], [], "late.jsonl, line 3: no 'answer'"),
        (["empty.jsonl"], [], "holds no question-answer pair"),
        (["short.jsonl"], [], "No pair is left after cleaning: passage too short 1."),
        (["good.jsonl"], ["--source", "medqa"], "No source 'medqa'; use one of cmedqa2, toyhom"),
        (["good.jsonl"], ["--columns", "question"], "write NAME=COLUMN"),
        (["good.jsonl"], ["--min_passage", "700"], "--min_passage below --max_passage"),
    ],
)
def test_bad_input_leaves_nothing_behind(tmp_path, files, options, message):
    good = '{"question": "头痛怎么办", "answer": "多休息，多喝水。"}\n'
    for name, content in {"good": good, "late": good * 2 + '{"question": "x"}\n', "empty": "\n",
                          "short": '{"question": "头痛", "answer": "好"}'}.items():  # fmt: skip
        (tmp_path / f"{name}.jsonl").write_text(content, "utf-8")
    before = sorted(tmp_path.iterdir())
    args = Args([str(tmp_path / name) for name in files], str(tmp_path / "new" / "out"))
    for name, value in zip(options[::2], options[1::2], strict=True):
        setattr(args, name[2:], [value] if name == "--columns" else int(value) if value.isdigit() else value)
    with pytest.raises(RagError) as caught:
        main(args)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert sorted(tmp_path.iterdir()) == before


def test_the_command_exits_with_2_and_one_line(tmp_path):
    (tmp_path / "a.csv").write_text("ask,answer\n头痛,多休息，多喝水。\n", "utf-8")
    command = ["-m", "training.prepare_data", "--source", "csv", "--files", str(tmp_path / "a.csv"), "--out"]
    done = subprocess.run([sys.executable, *command, str(tmp_path / "out")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    assert "no 'question'; it has ask, answer" in done.stderr.splitlines()[-1] and "Traceback" not in done.stderr


def test_the_options_explain_themselves(monkeypatch, capsys):
    """A bare % in a help text makes argparse fail only when somebody asks for help."""
    from training.cli import run

    monkeypatch.setattr(sys, "argv", ["prepare_data", "--help"])
    with pytest.raises(SystemExit) as done:
        run(main, Args, "")
    assert not done.value.code and "cmedqa2" in capsys.readouterr().out


def test_whole_families_fill_the_splits_up_to_their_limits():
    """Over random families and links: kept questions only, no family divided, no limit exceeded, no giant held out."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        questions, passages = 300, 250
        question_families = np.minimum(np.arange(questions), rng.integers(0, 3 * questions, questions)).astype(np.int32)
        passage_families = np.arange(passages, dtype=np.int32)
        question_families = question_families[question_families]  # a root is its own root
        while not np.array_equal(question_families, question_families[question_families]):
            question_families = question_families[question_families]
        first = rng.integers(0, passages, questions).astype(np.int32)
        keep = keep_first(question_families, passage_families, first, np.zeros(questions, dtype=np.uint64))
        links = np.stack([np.arange(questions, dtype=np.int32), first], axis=1)
        split = divide(question_families, passage_families, links, keep, dev=10, test=30).splits
        assert ((split == Split.DROPPED) == ~keep).all()
        assert (split == Split.TEST).sum() <= 30 and (split == Split.DEV).sum() <= 10
        for names in (question_families, first):
            for name in np.unique(names):
                assert len(set(split[(names == name) & keep].tolist())) <= 1


def test_the_first_of_near_duplicate_pairs_is_kept():
    """Of five: one like 0 and its passage, one with another passage, one with another number, another question."""
    families = np.array([0, 0, 0, 0, 4], dtype=np.int32), np.array([0, 0, 2], dtype=np.int32)
    first, numbers = np.array([0, 1, 2, 0, 0], dtype=np.int32), np.array([7, 7, 7, 8, 7], dtype=np.uint64)
    assert keep_first(*families, first, numbers).tolist() == [True, False, True, True, True]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared consultations are not here")
def test_a_real_file(tmp_path):
    counts = main(Args([str(SHARED / "remedi_dev.jsonl.gz")], str(tmp_path / "out")))
    assert counts["test"] == 10 and counts["dev"] == 2 and 85 <= counts["train"] <= 88
    assert {p.name for p in (tmp_path / "out").iterdir()} == set(OUTPUTS)
