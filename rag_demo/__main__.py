"""python -m rag_demo ask "孕妇血糖高怎么办？" [--preset base] [--top-k 5] [--json]"""

import argparse
import json
import sys

from rag_demo.types import Answer, AnswerMode, Emergency, EvidenceStatus, RagError, RagMode, RetrieverKind


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m rag_demo", description="Ask the corpus from the command line.")
    commands = root.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="answer one question, with the passages it was answered from")
    ask.add_argument("question")
    ask.add_argument("--preset", default="base", help="base, large, or the folder of a checkpoint (default: base)")
    ask.add_argument("--top-k", type=int, default=5, help="passages to retrieve, 1 to 10 (default: 5)")
    ask.add_argument("--retriever", default="dense", choices=list(RetrieverKind))
    ask.add_argument("--rag-mode", default="token", choices=list(RagMode), help="how the passages are marginalised")
    ask.add_argument("--answer-mode", default="grounded", choices=list(AnswerMode))
    ask.add_argument("--beams", type=int, default=1, help="beam search width, 1 is greedy (default: 1)")
    ask.add_argument("--without", nargs="*", default=[], metavar="ID", help="passages to leave out")
    ask.add_argument("--json", action="store_true", help="the whole answer, token by token, as JSON")
    return root


NO_ANSWER = {
    EvidenceStatus.INSUFFICIENT: "资料不足，没有生成回答；请问医生。 Not enough evidence for an answer; please ask a doctor.",
    EvidenceStatus.OUT_OF_SCOPE: "不在资料范围内，没有生成回答。 Outside these passages; no answer was generated.",
}
REPLACED = "自由回答里有资料中找不到的剂量，已改为引用原文。 The free answer held a dose that no passage holds; quoted instead."


def print_emergency(emergency: Emergency) -> None:
    """What to do now, in both languages."""
    print(f"可能是急症，现在就打 {emergency.call[0]}  ·  This may be an emergency: call {emergency.call[0]} now")
    for zh, en in zip(emergency.zh, emergency.en, strict=True):
        print(f"- {zh}\n  {en}")
    print(f"触发提示的词 / words that triggered this: {'、'.join(emergency.matched)} ({emergency.rule})")


def print_answer(answer: Answer) -> None:
    if answer.emergency:
        print_emergency(answer.emergency)
        return
    print(NO_ANSWER.get(answer.status, answer.text))
    if answer.fallback:
        print(REPLACED)
    print()
    for hit in answer.hits:
        print(
            f"[{hit.rank}] {hit.passage.title}（{hit.passage.department}，{hit.passage.id}）"
            f" 内积 {hit.score:.2f}  先验 {hit.prior:.3f}  后验 {hit.posterior:.3f}"
        )
    print("\n本演示只供学习检索增强生成，不是医疗建议。 Not medical advice.", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        from rag_demo.engine import RagEngine
        from rag_demo.render import answer_json

        engine = RagEngine.load(args.preset)
        answer = engine.answer(
            args.question,
            top_k=args.top_k,
            retriever=args.retriever,
            rag_mode=args.rag_mode,
            answer_mode=args.answer_mode,
            beams=args.beams,
            without=args.without,
        )
    except RagError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps(answer_json(answer), ensure_ascii=False, indent=1))
    else:
        print_answer(answer)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
