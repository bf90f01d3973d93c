"""Advice that must never be given: patterns, and the negations that turn a sentence into a warning against it."""

import re

_NEGATION = re.compile(
    r"不[要能可得应宜该许准用必需再往捂让]|不建议|不推荐|不主张|勿|禁|避免|拒绝|杜绝|误区|谣言|错误|危险|有害|[没无][^，]*依据|"
    r"(?<![特分性级个识差区类鉴辨告])别(?![人名])"
)
_FOLK_REMEDY = "(?:牙膏|酱油|香油|獾油|猪油|紫药水|草木灰|香灰|面粉|白酒)"
_INFANT = "(?:[1一]岁以?[内下]|[未不]满[1一]岁|婴儿|新生儿|个月(?!以上)|月龄)"
_NIFEDIPINE = "(?:硝苯地平|心痛定)"
_UNDER_TONGUE = "(?:含服|含化|舌下)"
BANNED_ADVICE = {
    "alcohol rubs against fever": r"酒精(?:擦拭?(?:身|浴|全身)|[^，]{0,8}(?:降温|退热|退烧|擦身))",
    "making someone vomit": r"催吐|引吐|抠[^，]{0,5}吐",
    "folk remedies on burns": rf"[涂抹敷撒搽][^，]{{0,6}}{_FOLK_REMEDY}|{_FOLK_REMEDY}[^，]{{0,4}}[涂抹敷搽]",
    "honey under one year": rf"{_INFANT}[^，]*[吃喝喂加抹](?![过了])[^，]*蜂蜜",
    "sweating a fever out": r"捂[厚被棉子]*[发出]?一?身?汗",
    "nifedipine under the tongue": rf"{_UNDER_TONGUE}[^，]{{0,6}}{_NIFEDIPINE}|{_NIFEDIPINE}[^，]{{0,8}}{_UNDER_TONGUE}",
    "piercing blisters": r"[刺挑戳挤扎剪]破[^，]*水[疱泡]|水[疱泡][^，]*[刺挑戳挤扎剪]破",
    "things in the mouth": r"(?=.*(?:抽搐|抽风|惊厥|癫痫|发作)).*[嘴口牙][里中间缝]+[^，、]{0,4}[塞垫撬放]",
    "aspirin for a child's fever": r"(?=.*(?:儿童|孩子|宝宝|小儿|婴|青少年))(?=.*(?:发热|发烧|退热|退烧)).*阿司匹林",
    "pinching the philtrum": r"[掐按]人中",
    "sucking or cutting a bite": r"嘴巴?吸[^，]{0,4}[毒伤]|切开[^，]{0,2}(?:放血|排毒)",
    "holding a child upside down": r"倒[提吊]",
    "babies asleep on their front": r"(?:宝宝|婴儿|新生儿)[^，]*(?:趴睡|趴着睡|俯卧睡)",
    "pricking a newborn's gums": r"挑马牙|割螳螂嘴",
}
_BANNED = {name: re.compile(pattern) for name, pattern in BANNED_ADVICE.items()}


def banned_in(sentence: str) -> list[str]:
    """Names of the banned advice that a sentence gives: it has the pattern and no negation."""
    if _NEGATION.search(sentence):
        return []
    return [name for name, pattern in _BANNED.items() if pattern.search(sentence)]
