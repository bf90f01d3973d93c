#!/usr/bin/env bash
# From data to a shipped checkpoint:  bash training/recipe.sh base
#
#   PAIRS       JSONL(.gz) files of question-answer pairs              (default: ../shared/data/qa/*.jsonl.gz)
#   PRETRAINED  a multilingual-e5-small, folder or hub id              (default: ../shared/pretrained/…, else the hub's)
#   RUNS        where the stages keep their outputs                    (default: runs)
#
# Each stage is skipped when its output is there, and goes on where it stopped. Mining and indexing need jieba, bm25s and
# faiss; every other stage runs with torch, transformers, sentencepiece, pandas and numpy alone.
set -euo pipefail
cd "$(dirname "$0")/.."
PRESET=${1:?usage: bash training/recipe.sh base}
[ "$PRESET" = base ] || { echo "error: the recipe trains base so far, not $PRESET" >&2; exit 2; }
PYTHON=${PYTHON:-.venv/bin/python}
RUNS=${RUNS:-runs}
PAIRS=${PAIRS:-$(ls ../shared/data/qa/*.jsonl.gz 2>/dev/null || true)}
PRETRAINED=${PRETRAINED:-../shared/pretrained/multilingual-e5-small-zh}
[ -e "$PRETRAINED" ] || PRETRAINED=intfloat/multilingual-e5-small
[ -n "$PAIRS" ] || { echo "error: no question-answer pairs; set PAIRS to JSONL files with question and answer" >&2; exit 2; }
CORPUS=assets/corpus/passages.jsonl
ASKED=assets/questions
THREADS=${THREADS:-$(nproc)}
OUT=assets/checkpoints/$PRESET

stage() { # stage FILE COMMAND…: run the command unless FILE is there already
  local made=$1; shift
  if [ -e "$made" ]; then echo "up to date: $made" >&2; else echo "+ $*" >&2; "$@"; fi
}

# shellcheck disable=SC2086
stage "$RUNS/data/passages.jsonl" "$PYTHON" -m training.prepare_data --files $PAIRS --out "$RUNS/data"
stage "$RUNS/teacher/config.json" "$PYTHON" -m training.trim_vocab --model "$PRETRAINED" --size 9600 \
  --texts "$RUNS/data/passages.jsonl" "$RUNS/data/train.jsonl" "$CORPUS" "$ASKED/train.jsonl" --out "$RUNS/teacher"
stage "$RUNS/init/tower/config.json" "$PYTHON" -m training.init_models --preset "$PRESET" \
  --pretrained "$RUNS/teacher" --out "$RUNS/init"
stage "$RUNS/negatives.jsonl" "$PYTHON" -m training.mine_negatives --questions "$ASKED/train.jsonl" \
  --passages "$CORPUS" --out "$RUNS/negatives.jsonl"
"$PYTHON" -m training.teacher --model "$RUNS/teacher" --texts "$RUNS/data/train.jsonl" "$RUNS/data/passages.jsonl" \
  "$ASKED/train.jsonl" "$CORPUS" --out "$RUNS/teacher_cache" --max_length 160

stage "$RUNS/distil/done.json" "$PYTHON" -m training.train_dpr --init "$RUNS/init/tower" --shared True \
  --questions "$RUNS/data/train.jsonl" "$ASKED/train.jsonl" --passages "$RUNS/data/passages.jsonl" "$CORPUS" \
  --dev "$ASKED/dev.jsonl" --dev_passages "$CORPUS" --teacher_cache "$RUNS/teacher_cache" \
  --epochs 1 --batch 32 --lr 6e-4 --evaluate_every 100 --threads "$THREADS" --out "$RUNS/distil"
stage "$RUNS/dpr/done.json" "$PYTHON" -m training.train_dpr --init "$RUNS/distil" \
  --questions "$ASKED/train.jsonl" --passages "$CORPUS" --negatives "$RUNS/negatives.jsonl" \
  --dev "$ASKED/dev.jsonl" --dev_passages "$CORPUS" --teacher_cache "$RUNS/teacher_cache" \
  --epochs 3 --batch 32 --lr 4e-4 --warmup 30 --max_length 160 --evaluate_every 80 --threads "$THREADS" --out "$RUNS/dpr"

stage "$RUNS/data/picked.jsonl" "$PYTHON" -m training.pick_clauses --tokenizer "$RUNS/teacher" \
  --teacher_cache "$RUNS/teacher_cache" --questions "$RUNS/data/train.jsonl" --passages "$RUNS/data/passages.jsonl" \
  --out "$RUNS/data/picked.jsonl"
stage "$RUNS/generator/done.json" "$PYTHON" -m training.train_generator --init "$RUNS/init/generator" \
  --questions "$RUNS/data/picked.jsonl" "$ASKED/train.jsonl" --passages "$RUNS/data/passages.jsonl" "$CORPUS" \
  --dev "$ASKED/dev.jsonl" --epochs 3 --batch_tokens 1200 --crop 0.85 --lr 5e-4 --warmup 150 --evaluate_every 100 \
  --threads "$THREADS" --out "$RUNS/generator"
stage "$RUNS/generator_corpus/done.json" "$PYTHON" -m training.train_generator --init "$RUNS/generator/generator" \
  --questions "$ASKED/train.jsonl" --passages "$CORPUS" --dev "$ASKED/dev.jsonl" --epochs 2 --batch_tokens 1800 \
  --crop 0.5 --lr 4e-4 --warmup 40 --first_weight 6 --evaluate_every 100 --threads "$THREADS" --out "$RUNS/generator_corpus"
stage "$RUNS/rag/done.json" "$PYTHON" -m training.train_rag --towers "$RUNS/dpr" \
  --generator "$RUNS/generator_corpus/generator" --questions "$ASKED/train.jsonl" --passages "$CORPUS" \
  --dev "$ASKED/dev.jsonl" --steps 300 --lr 5e-5 --threads "$THREADS" --out "$RUNS/rag"

"$PYTHON" -m training.export --preset "$PRESET" --question_encoder "$RUNS/rag/question_encoder" \
  --context_encoder "$RUNS/dpr/context_encoder" --generator "$RUNS/rag/generator" --out "$OUT" \
  --commands "bash training/recipe.sh $PRESET" --data "$CORPUS" "$ASKED/train.jsonl"
"$PYTHON" -m training.build_index --checkpoint "$OUT" --passages "$CORPUS"
"$PYTHON" -m training.evaluate --checkpoint "$OUT" --questions "$ASKED/test.jsonl" --train "$ASKED/train.jsonl" \
  --zero_shot "$PRETRAINED" --answers 200 --card True --out assets/results/$PRESET.json
"$PYTHON" -m training.calibrate --checkpoint "$OUT" --dev "$ASKED/dev.jsonl" --test "$ASKED/test.jsonl" \
  --unanswerable "$ASKED/out_of_scope.jsonl"
"$PYTHON" -m training.model_card --checkpoint "$OUT"
