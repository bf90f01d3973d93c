# docker build -t rag-demo .
# docker run --read-only --tmpfs /tmp -v rag-data:/data -p 127.0.0.1:7860:7860 rag-demo
# Settings are environment variables (README, "Settings"): -e RAG_LOGIN=… -e RAG_PROXIES=1 …
FROM python:3.12-slim

# Everything is in the image: no hub is asked. HOME is the tmpfs, since the rest may be read-only.
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    HOME=/tmp \
    RAG_HOST=0.0.0.0 \
    RAG_PORT=7860 \
    RAG_DATA=/data

RUN groupadd --system --gid 10001 rag \
    && useradd --system --uid 10001 --gid rag --no-create-home --shell /usr/sbin/nologin rag \
    && install --directory --owner=rag --group=rag /data

WORKDIR /app

# Before the code, so that a change of it does not install anew. The CPU's torch: without CUDA it is ten times smaller.
COPY requirements.txt ./
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt

COPY LICENSE README.md app.py ./
COPY rag_demo ./rag_demo
COPY assets ./assets
RUN python -m compileall -q app.py rag_demo

USER 10001:10001
VOLUME ["/data"]
EXPOSE 7860

HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['RAG_PORT']}/healthz\", timeout=4)"]

CMD ["python", "app.py"]
