"""Words of the inspector under the conversation: attribution, counterfactual, both decodings."""

WORDS: dict[str, tuple[str, str]] = {
    # attribution
    "inspect_title": ("每个词元出自哪一篇", "Which passage each token comes from"),
    "inspect_token": (
        "底色是写下这个词元时出力最多的资料，越深概率越大。RAG-Token 每写一个词元都重新选资料，所以这里显示的是各篇对这个词元的责任"
        " r_i(z) = p(z_i = z | x, y_≤i)。",
        "The shade is the passage that did most to write a token, stronger where its probability is larger. "
        "RAG-Token draws a passage anew for each token, so this is each passage's responsibility for "
        "it, r_i(z) = p(z_i = z | x, y_≤i).",
    ),
    "inspect_sequence": (
        "底色是写到这里时最可能的资料，越深概率越大。RAG-Sequence 整个回答只用一篇，所以这里显示的是逐词元更新的后验 p(z | x, y_≤i)。",
        "The shade is the likeliest passage so far, stronger where its probability is larger. RAG-Sequence keeps one "
        "passage for the whole answer, so this is the running posterior p(z | x, y_≤i) after each token.",
    ),
    "inspect_tokens": ("回答的词元", "Tokens of the answer"),
    "inspect_hint": (
        "把光标放在一个词元上，或用 Tab 键走到它，这里会写出它的 k 个概率。",
        "Point at a token, tap it or reach it with the Tab key: its k probabilities are written here.",
    ),
    "inspect_nth": ("第 {} 个词元", "Token {}"),
    "inspect_axis_passage": ("资料 z", "Passage z"),
    "inspect_axis_token": ("词元 y_i，颜色深浅为 p(z | x, y_≤i)", "Token y_i; strength of colour is p(z | x, y_≤i)"),
    "inspect_heatmap": (
        "热图：{} 篇资料 × {} 个词元，每格是 p(z | x, y_≤i)；数值见下面的表格",
        "Heatmap: {} passages by {} tokens, each cell p(z | x, y_≤i); its numbers are in the table below",
    ),
    "inspect_legend_hue": ("颜色和编号 = 资料", "Colour and number = passage"),
    "inspect_legend_strength": ("深浅 = 概率", "Strength = probability"),
    "inspect_legend_change": ("从这个词元起换了领先的资料", "the lead changes at this token"),
    "inspect_no_change": ("第 {} 篇从头领先到尾。", "Passage {} leads from the first token to the last."),
    "inspect_changes": ("领先的资料换了 {} 次：", "The lead changes {} times: "),
    "inspect_change": ("第 {} 个词元“{}”由 {} 换到 {}", "at token {} “{}” from {} to {}"),
    "inspect_list_comma": ("，", ", "),
    "inspect_full_stop": ("。", "."),
    "inspect_table": ("以表格查看每个词元的概率", "Every token's probabilities as a table"),
    "inspect_nth_token": ("词元", "Token"),
    "inspect_leads": ("领先", "Leads"),
    # counterfactual
    "counter_title": ("如果没有这一篇", "What if a passage were missing"),
    "counter_meaning": (
        "去掉一篇资料，其余各篇的先验重新归一，同一个回答的概率就变了：变得越小，回答越离不开这一篇。"
        "关掉几篇，或按编号加入一篇，再答一次。",
        "Leave a passage out and the prior of the others renormalises, so the same answer has another probability: the "
        "smaller it gets, the more the answer rests on that passage. "
        "Switch some off, or add one by its id, and answer again.",
    ),
    "counter_measuring": ("正在计算每一篇的影响…", "measuring what each passage is worth…"),
    "influence_axis": (
        "去掉这一篇后 log p(y|x) 的变化 Δ（奈特）",
        "Change Δ of log p(y|x) without the passage (nats)",
    ),
    "influence_said": ("没有它，回答的概率是原来的 {} 倍", "without it the answer is {} times as likely"),
    "influence_none": ("没有它几乎没有变化", "without it almost nothing changes"),
    "influence_only": ("它是唯一的资料", "it is the only passage"),
    "counter_chosen": ("使用的资料", "Passages in use"),
    "counter_add": (
        "加入一篇（写资料编号，可写多个，用逗号隔开）",
        "Add a passage by its id (several: separate by commas)",
    ),
    "counter_again": ("用这组资料再答一次", "Answer again with these"),
    "counter_before": ("原来的回答", "The answer as it was"),
    "counter_after": ("换了资料的回答", "The answer with the new set"),
    "counter_verdict": (
        "用这组资料，原来那个回答的概率是原来的 {} 倍（log p(y|x) 由 {} 变为 {}）。",
        "With these passages the first answer is {} times as likely (log p(y|x) from {} to {}).",
    ),
    "counter_same": ("两次的回答一字不差。", "Both answers are the same, word for word."),
    "counter_no_answer": ("这组资料不足以作答。", "These passages give no answer."),
    "counter_sets": ("两组资料的先验与后验", "Prior and posterior under both sets"),
    "counter_passage": ("资料", "Passage"),
    "counter_state": ("变化", "Change"),
    "counter_was": ("原来", "before"),
    "counter_now": ("现在", "now"),
    "counter_kept": ("保留", "kept"),
    "counter_off": ("关掉", "off"),
    "counter_added": ("加入", "added"),
    "counter_unknown": (
        "没有编号为“{}”的资料；编号的样子是“{}”，在语料里可以查到。",
        "No passage has the id “{}”; ids look like “{}” and are listed with the corpus.",
    ),
    "counter_none_left": (
        "所有资料都关掉了，请至少留下一篇或加入一篇。",
        "Every passage is switched off; keep one or add one.",
    ),
    "counter_too_many": ("一次最多用 {} 篇资料，请关掉几篇。", "At most {} passages at once; switch some off."),
    "counter_gone": (
        "这个回答所用的资料已经不在了，请重新提问。",
        "The passages of this answer are no longer at hand; please ask again.",
    ),
    "inspect_failed": ("模型出了意外，请重试。", "The model failed unexpectedly. Please try again."),
    # both decodings
    "modes_title": ("RAG-Token 与 RAG-Sequence", "RAG-Token beside RAG-Sequence"),
    "modes_meaning": (
        "同一个问题、同一组资料，用两种边缘化各解码一次，再看每个回答的概率由哪几篇组成。",
        "The same question and passages, decoded with both marginals; then how each probability divides among them.",
    ),
    "modes_go": ("两种都解码", "Decode both ways"),
    "modes_token": (
        "每个词元各自对资料求和，p(y|x) = Π_i Σ_z p(z|x) p(y_i|x,z,y_<i)：一个回答可以取自好几篇。",
        "Sums over passages at each token, p(y|x) = Π_i Σ_z p(z|x) p(y_i|x,z,y_<i): one answer may draw on several.",
    ),
    "modes_sequence": (
        "整个回答对资料求和，p(y|x) = Σ_z p(z|x) Π_i p(y_i|x,z,y_<i)：一个回答从头到尾出自一篇。",
        "Sums over passages once, p(y|x) = Σ_z p(z|x) Π_i p(y_i|x,z,y_<i): one answer comes from one passage.",
    ),
    "modes_parts_token": ("RAG-Token 下各篇的平均责任，", "Mean responsibilities under RAG-Token;"),
    "modes_parts_sequence": (
        "RAG-Sequence 下各篇占的份额 p(z|x) p(y|x,z)，",
        "Shares p(z|x) p(y|x,z) under RAG-Sequence;",
    ),
    "modes_same": (
        "两种解码写出了同一个回答，但它在两个模型下的概率和来源不同。",
        "Both decodings write the same answer; its probability and its sources differ between the two models.",
    ),
    "modes_differ": (
        "两个回答不同。RAG-Token 认为更可能的是 {} 写的那个，RAG-Sequence 认为更可能的是 {} 写的那个。",
        "The answers differ. RAG-Token holds the one by {} likelier, RAG-Sequence the one by {}.",
    ),
    "modes_greedy": (
        "解码是逐词元贪心的，一个模型写出的未必是它自己认为最可能的整句。",
        " Decoding is greedy token by token, so what a model writes need not be the whole answer it holds likeliest.",
    ),
    "modes_text": ("回答出自", "Answer by"),
    "modes_under": ("在此模型下", "Under"),
    "modes_table": (
        "两个回答在两个模型下的 log p(y|x) 与各篇份额",
        "log p(y|x) of both answers under both models, and shares by passage",
    ),
}
