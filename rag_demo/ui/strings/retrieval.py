"""Words of the Retrieval tab."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_retrieval": ("检索", "Retrieval"),
    "retrieval_intro": (
        "同一个问题，三种找法并排：每一篇凭什么排在这里，分数怎么加出来，在另外两列排第几。",
        "One question, three ways to search, side by side: why each passage stands where it does, what its score adds up "
        "from, and its rank in the other two lists.",
    ),
    "retrieval_run": ("检索", "Search"),
    "retrieval_empty": (
        "按下“检索”，三列结果出现在这里。",
        "Press Search; the three lists appear here.",
    ),
    "retrieval_searched": ("检索的问题：", "Searched for: "),
    "retrieval_corpus": ("语料", "corpus"),
    "retrieval_hues": (
        "同色是同一篇；灰色的只有这一列找到。",
        "One colour is one passage; grey ones are in a single list.",
    ),
    "dense_how": (
        "按内积 q·d 排序；先验 p(z|x) 是这一列内积的 softmax。向量比较整句话的意思，没有哪个词单独得分，所以不标词。",
        "Sorted by the inner product q·d; the prior p(z|x) is its softmax over this list. Vectors compare whole meanings: no "
        "single word has a score, so nothing is highlighted.",
    ),
    "bm25_how": (
        "按 BM25 排序：问题里的每个词（jieba 词和二字组）越少见，出现得越多，加的分越多。标出的是对上的词。",
        "Sorted by BM25: each word of the question (jieba words and character pairs) adds more the rarer it is and the more "
        "often it occurs. Matched words are highlighted.",
    ),
    "hybrid_how": (
        "按两列名次的倒数之和 1/(60+名次) 排序，先稠密后 BM25；只看名次，不看分数。标出的是 BM25 对上的词。",
        "Sorted by the sum of 1/(60+rank) in the dense, then the BM25 list; only ranks count, not scores. Highlighted: the "
        "words that BM25 matched.",
    ),
    "rank_in": ("{list} 第 {rank}", "{list} #{rank}"),
    "rank_beyond": ("{list} 前 100 之外", "{list} beyond 100"),
    "words_more": ("另 {count} 个词 {score}", "{count} more {score}"),
    "no_word": ("没有词对上", "no word matches"),
    "word": ("词", "Word"),
    "word_adds": ("加的分", "Adds"),
    "words_table": ("对上的词", "Matched words"),
    "lab_title": ("索引实验室", "Index lab"),
    "lab_intro": (
        "把同样的向量装进几种 FAISS 索引，与逐篇扫描的 Flat 比：少找到多少，快多少，小多少。问题用上面那一个，再加全部 dev 问题。",
        "The same vectors in several kinds of FAISS index, against Flat, which scans every passage: how much is missed, how "
        "much faster, how much smaller. On the question above, and on every dev question.",
    ),
    "lab_grow": ("扩充到多少篇（0：只用真实的资料）", "Grow to how many passages (0: the real ones only)"),
    "lab_grow_info": (
        "多出来的是真实向量加随机扰动的副本（余弦约 0.9），只为看规模，不是新资料。五万篇时建 HNSW 要几分钟。",
        "The rest are copies of real vectors with random noise (cosine about 0.9): for scale, not new passages. At 50,000, "
        "HNSW takes minutes to build.",
    ),
    "lab_run": ("开始实验", "Run the lab"),
    "lab_cancel": ("取消", "Cancel"),
    "lab_cancelled": ("已取消。", "Cancelled."),
    "lab_progress": ("进度", "Progress"),
    "lab_encode": ("编码 dev 问题（只需一次）", "Encoding the dev questions (once)"),
    "lab_build": ("建索引", "Building"),
    "lab_search": ("检索 dev 问题", "Searching the dev questions with"),
    "lab_time": ("逐题计时，各索引轮流", "Timing question by question, in turns"),
    "lab_question": ("这个问题", "This question"),
    "lab_question_how": (
        "左边是 Flat 的前 10 篇，数字是这一篇在各种索引里的名次，— 表示没进前 10。末行是顶替进来的。",
        "On the left Flat's first 10; the numbers are a passage's rank in each index, — where it is not among the first "
        "10. The last row is what came in instead.",
    ),
    "lab_flat_best": ("Flat 的前 10", "Flat's first 10"),
    "lab_instead": ("顶替进来的", "Ranked instead"),
    "lab_found": ("找回", "Found"),
    "lab_copy": ("副本", "copy"),
    "lab_dev": ("全部 {count} 个 dev 问题", "All {count} dev questions"),
    "lab_recall": ("对 Flat 的 recall@k", "Recall@k against Flat"),
    "lab_k": ("篇数 k", "Passages k"),
    "lab_share": ("recall@k（Flat 前 k 篇中找回的份额）", "Recall@k (share of Flat's first k found)"),
    "lab_index": ("索引", "Index"),
    "lab_milliseconds": ("每题中位数 毫秒", "Median ms a question"),
    "lab_size": ("大小 MB", "Size MB"),
    "lab_seconds": ("建成 秒", "Build s"),
    "lab_one_thread": (
        "单线程；计时取 {timed} 题，各索引轮流；大小是序列化后的字节数，1 MB = 10⁶ 字节。机器忙时各行一同变慢。IVF 只看八分之一的桶，HNSW 的 efSearch 是 64，精排重算 16k 篇候选。",
        "One thread; timed on {timed} questions, in turns; size is the serialised index, 1 MB = 10⁶ bytes. A busy machine "
        "slows all rows alike. IVF visits one list in eight, HNSW has efSearch 64, refining rescores 16k candidates.",
    ),
    "lab_too_few": ("至少要 {count} 篇才能训练", "needs at least {count} passages to train"),
    "lab_honest_real": (
        "只有 {count} 篇时 Flat 就是最好的选择：精确，建得最快，一题不到几毫秒。其余几种在这里，是为了看规模大了会怎样。",
        "At {count} passages Flat wins: exact, quickest to build, a few milliseconds a question at most. The others are "
        "here to see what changes at scale.",
    ),
    "lab_honest_many": (
        "{count} 篇真实资料。recall 是对同一批向量上的 Flat 而言。",
        "{count} real passages. Recall is against Flat over this same set.",
    ),
    "lab_honest_copies": (
        "{real} 篇真实资料，加 {copies} 篇扰动副本，共 {count} 篇。recall 是对同一批向量上的 Flat 而言，不是对真实资料。",
        "{real} real passages and {copies} perturbed copies, {count} in all. Recall is against Flat over this same set, "
        "not over the real passages.",
    ),
    "lab_kind_flat": ("Flat：逐篇精确扫描", "Flat: exact scan"),
    "lab_kind_sq8": ("SQ8：每维 8 位", "SQ8: 8 bits a dimension"),
    "lab_kind_hnsw": ("HNSW32：近邻图", "HNSW32: a graph of neighbours"),
    "lab_kind_ivf_pq": ("IVF-PQ：分桶，4 位码快扫", "IVF-PQ: lists, 4-bit fast scan"),
    "lab_kind_pq_refine": ("PQ 快扫 + 精排", "PQ fast scan + exact refine"),
    "lab_kind_rabitq": ("RaBitQ：每维 1 位", "RaBitQ: 1 bit a dimension"),
    "lab_kind_rabitq_refine": ("RaBitQ + 精排", "RaBitQ + exact refine"),
    "lab_short_flat": ("Flat", "Flat"),
    "lab_short_sq8": ("SQ8", "SQ8"),
    "lab_short_hnsw": ("HNSW32", "HNSW32"),
    "lab_short_ivf_pq": ("IVF-PQ", "IVF-PQ"),
    "lab_short_pq_refine": ("PQ+精排", "PQ + refine"),
    "lab_short_rabitq": ("RaBitQ", "RaBitQ"),
    "lab_short_rabitq_refine": ("RaBitQ+精排", "RaBitQ + refine"),
}
