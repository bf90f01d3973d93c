"""What stands between the page and the public internet: plain ASGI and the standard library, no gradio.

visitors.py   who asks, and how often they may
doors.py      which of gradio's routes are open, and what may come in through them
guard.py      the two as one ASGI application around gradio's
asgi.py       what is common to both
policy.py     Content-Security-Policy and the other headers
streams.py    a time limit for every answer, and a look at how it went
metrics.py    /metrics; journal.py: one JSON line an answer; never a question's text
folder.py     where uploads and temporary files go
zero_gpu.py   what a ZeroGPU Space wants to see
"""
