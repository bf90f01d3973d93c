"""Words of the Ask tab."""

WORDS: dict[str, tuple[str, str]] = {
    "question": ("你的问题", "Your question"),
    "placeholder": ("例如：孕妇血糖高怎么办？", "In Chinese, for example: 孕妇血糖高怎么办？"),
    "ask": ("提问", "Ask"),
    "stop": ("停止", "Stop"),
    "clear": ("清空", "Clear"),
    "examples": ("试试这些问题", "Try one of these"),
    "settings": ("设置", "Settings"),
    "top_k": ("检索篇数 k", "Passages k"),
    "retriever": ("检索方式", "Retriever"),
    "dense": ("稠密向量", "Dense"),
    "bm25": ("BM25", "BM25"),
    "hybrid": ("混合", "Hybrid"),
    "rag_mode": ("边缘化方式", "Marginalisation"),
    "mode_token": ("RAG-Token", "RAG-Token"),
    "mode_sequence": ("RAG-Sequence", "RAG-Sequence"),
    "answer_mode": ("作答方式", "Answer"),
    "grounded": ("有据：只引用原文句子", "Grounded: quotes passages only"),
    "free": ("自由：模型自己写", "Free: the model writes"),
    "grounded_label": ("有据作答", "grounded"),
    "free_label": (
        "自由生成，可能有误，划线处在资料中找不到",
        "free generation, may be wrong; underlined words stand in no passage",
    ),
    "passages": ("检索到的资料", "Retrieved passages"),
    "inner_product": ("内积", "inner product"),
    "prior": ("先验", "prior"),
    "posterior": ("后验", "posterior"),
    "posterior_token": (
        "先验 p(z|x)：只看问题，这一篇有多可能。后验：写出这个回答的每个字时，这一篇平均出了多少力。",
        "Prior p(z|x): how likely the passage is, from the question alone. Posterior: how much it was responsible for, "
        "averaged over the tokens of the answer.",
    ),
    "posterior_sequence": (
        "先验 p(z|x)：只看问题，这一篇有多可能。后验 p(z|x,y)：读完已写出的回答，整个回答出自这一篇的概率。",
        "Prior p(z|x): how likely the passage is, from the question alone. Posterior p(z|x,y): how likely the whole answer "
        "so far comes from it.",
    ),
    "source": ("依据：", "Source: "),
    "read": ("原文", "Passage"),
    "thinking": ("正在读资料…", "reading the passages…"),
    "stopped": ("已停止", "stopped"),
    "welcome": (
        "问一个问题，回答会一个字一个字地出现在这里。",
        "Ask a question; the answer appears here token by token.",
    ),
    "how_title": ("你会看到什么", "What you will see"),
    "step1_title": ("检索", "Retrieve"),
    "step1_text": (
        "问题变成一个向量，与每篇资料的向量求内积，取最大的 k 篇；内积的 softmax 就是先验。",
        "The question becomes a vector; the k passages with the largest inner product are kept. Their softmax is the prior.",
    ),
    "step2_title": ("生成", "Generate"),
    "step2_text": (
        "k 篇资料同时各自预测下一个字，按概率混合，所以每个字都知道自己出自哪一篇。",
        "All k passages predict the next token at once and are mixed by probability, so every token knows where it is from.",
    ),
    "step3_title": ("看见", "See"),
    "step3_text": (
        "后验条随回答移动；回答里的每一句和它在原文中的那一句同色。",
        "The posterior bars move as the answer grows; each clause shares its colour with the passage clause it quotes.",
    ),
}
