#!/usr/bin/env bash
# From data to a shipped checkpoint:  bash training/recipe.sh base|large|albert-mt5|bert-bart [--dry-run]
#
#   PAIRS       JSONL(.gz) files of question-answer pairs              (default: ../shared/data/qa/*.jsonl.gz)
#   PRETRAINED  a multilingual-e5-small, folder or hub id              (default: ../shared/pretrained/…, else the hub's)
#   RUNS        where the stages keep their outputs                    (default: runs)
#   THREADS     CPU threads                                            (default: all)
#   PYTHON      the interpreter                                        (default: .venv/bin/python)
#
# training/stages.py holds the stages, training/presets/ their numbers, training/recipe.py runs them. Mining and indexing
# need jieba, bm25s and faiss; every other stage runs with torch, transformers, sentencepiece, pandas and numpy alone.
set -euo pipefail
cd "$(dirname "$0")/.."
PRESET=${1:?usage: bash training/recipe.sh base|large|albert-mt5|bert-bart [--dry-run]}
# shellcheck disable=SC2086
exec "${PYTHON:-.venv/bin/python}" -m training.recipe --preset "$PRESET" --threads "${THREADS:-$(nproc)}" \
  ${PAIRS:+--pairs $PAIRS} ${PRETRAINED:+--pretrained "$PRETRAINED"} ${RUNS:+--runs "$RUNS"} "${@:2}"
