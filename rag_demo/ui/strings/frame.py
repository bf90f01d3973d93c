"""Words around the tabs, and those that several tabs share."""

WORDS: dict[str, tuple[str, str]] = {
    "title": ("看得见的检索增强生成", "Retrieval-augmented generation you can see think"),
    "tagline": (
        "问一个医学或母婴问题：看它检索到哪几篇，每一句又出自哪一篇。",
        "Ask a medical or maternal-infant question: see which passages it retrieves, and which one each sentence is from.",
    ),
    "notice": (
        "本页演示检索增强生成的原理，不是医疗建议。身体不适请就医，紧急情况请拨打 120。",
        "This page demonstrates how retrieval-augmented generation works. It is not medical advice. In an emergency call 120.",
    ),
    "tab_ask": ("提问", "Ask"),
    "preset": ("模型", "Model"),
    "model": ("模型", "model"),
    "language": ("语言", "Language"),
    "seconds": ("秒", "s"),
    "footer": (
        "代码 Apache-2.0，语料 CC BY 4.0。这是教学演示，不能代替医生。",
        "Code Apache-2.0, corpus CC BY 4.0. A demonstration for teaching; it does not replace a doctor.",
    ),
    "busy": (
        "模型出了意外，请重试；问题仍在输入框里。",
        "The model failed unexpectedly. Please try again; your question is still in the box.",
    ),
}
