"""Words of the speed table (make bench) in the Evaluate tab."""

WORDS: dict[str, tuple[str, str]] = {
    "speed": ("与同类工具相比有多快", "How fast, beside what you would take instead"),
    "speed_means": (
        "同一台机器、同一次运行中交替测得的中位数：{machine}。倍数越大，我们越快；没有同类工具的行，目标是一个上限。"
        "重新测量：make bench。",
        "Medians of alternating runs on one machine: {machine}. The larger the ratio, the faster ours is; a row without a peer "
        "has an upper bound to keep. Measure again: make bench.",
    ),
    "speed_what": ("做什么", "What"),
    "speed_ours": ("我们", "Ours"),
    "speed_peer": ("同类", "Peer"),
    "speed_ratio": ("倍数", "Ratio"),
    "speed_reach": ("目标", "To reach"),
    "speed_yes": ("达到", "reached"),
    "speed_no": ("未达到", "not reached"),
    "speed_threads": ("{n} 个线程", "{n} threads"),
    "speed_build": ("建 FAISS 索引：{detail}", "FAISS build: {detail}"),
    "speed_growth": ("建索引耗时的增长指数：{detail}", "Growth exponent of the build: {detail}"),
    "speed_search": ("检索一个问题，{detail} 个段落", "Search for one question in {detail} passages"),
    "speed_encode": ("编码段落：{detail}", "Passages encoded: {detail}"),
    "speed_projected": ("编码段落，推算：{detail}", "Passages encoded, projected: {detail}"),
    "speed_first_token": ("到第一个词元：{detail}", "Time to the first token: {detail}"),
    "speed_answer": ("整个回答，贪心 RAG-Token：{detail}", "Whole answer, greedy RAG-Token: {detail}"),
    "speed_step": ("一个解码步，含编码：{detail}", "A decoding step, encoding included: {detail}"),
    "speed_grounded": ("有据解码一个回答：{detail}", "Grounded decoding of an answer: {detail}"),
    "speed_bm25_index": ("BM25 建索引，{detail} 个段落", "BM25 index of {detail} passages"),
    "speed_bm25_search": ("BM25 检索，{detail} 个段落", "BM25 search in {detail} passages"),
    "speed_start": ("从启动到第一个回答：{detail}", "Process start to first answer: {detail}"),
    "speed_memory": ("此后的常驻内存：{detail}", "Resident memory after it: {detail}"),
    "speed_page": ("页面给一次调用增加的时间：{detail}", "What the page adds to a call: {detail}"),
    "speed_dpr_step": ("DPR 训练一步，批大小 {detail}", "DPR training step, batch {detail}"),
    "speed_rag_step": ("RAG 训练一步，批大小 {detail}", "RAG training step, batch {detail}"),
    "speed_grad_cache": ("GradCache 每题耗时之比，批大小 {detail}", "Time a question with GradCache, batch {detail}"),
}
