"""Words of the evidence status: the emergency banner, no answer, an answer replaced."""

WORDS: dict[str, tuple[str, str]] = {
    "emergency_lines": ("zh", "en"),  # which lines of types.Emergency
    "emergency_title": (
        "这可能是急症，不要等，现在就打 {number}",
        "This may be an emergency. Do not wait: call {number} now",
    ),
    "emergency_crisis_title": (
        "你很重要。现在就打 {number} 心理援助热线",
        "You matter. Call {number}, the mental-health crisis line, now",
    ),
    "emergency_call": ("拨打 {number}", "Call {number}"),
    "emergency_do": ("等待时可以做的事", "What to do until help comes"),
    "emergency_why": ("触发提示的词：", "Words that triggered this: "),
    "emergency_rules": (
        "由公开的规则判断，没有经过模型，也可能判断错；拿不准就打电话问。",
        "Decided by published rules, not by a model, and they can be wrong; if in doubt, call and ask.",
    ),
    "number_120": ("120 急救", "120 ambulance"),
    "number_110": ("110 报警", "110 police"),
    "number_119": ("119 火警", "119 fire and rescue"),
    "number_12356": ("12356 心理援助热线", "12356 mental-health crisis line"),
    "status_insufficient": (
        "资料里没有足够的依据回答这个问题，所以没有生成回答。下面是检索到的最接近的几篇，具体情况请问医生。",
        "The passages do not hold enough evidence for this question, so no answer was generated. Below are the nearest "
        "passages; please ask a doctor about your own case.",
    ),
    "status_out_of_scope": (
        "这个问题不在这份医学和母婴资料的范围内，所以没有生成回答。下面是检索到的最接近的几篇。",
        "This question lies outside these medical and maternal-infant passages, so no answer was generated. Below are "
        "the nearest passages.",
    ),
    "fallback_dose": (
        "自由生成的回答里有婴幼儿、孕期或哺乳期的用药剂量，资料里找不到，已改为只引用原文句子。",
        "The free answer held a dose for an infant, pregnancy or breastfeeding that no passage holds; it was replaced by "
        "quotes from the passages.",
    ),
}
