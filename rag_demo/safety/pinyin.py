"""Words typed wholly or partly in pinyin ("xin生儿 fashao"), for the words that the rules look for."""

import re
from itertools import product

_WORDS = """
新生儿 xin sheng er|发烧 fa shao|高烧 gao shao|果酱 guo jiang|卡住 ka zhu|噎住 ye zhu|不想活 bu xiang huo|误吃 wu chi
误食 wu shi|误服 wu fu|误吞 wu tun|中风 zhong feng|孕 yun|怀孕 huai yun|孕晚期 yun wan qi|溺水 ni shui|宝宝 bao bao
孩子 hai zi|老人 lao ren|抽搐 chou chu|抽风 chou feng|抽筋 chou jin|惊厥 jing jue|癫痫 dian xian|昏迷 hun mi
晕倒 yun dao|昏倒 hun dao|休克 xiu ke|呼吸 hu xi|喘不上气 chuan bu shang qi|喘气 chuan qi|窒息 zhi xi|胸痛 xiong tong
胸口 xiong kou|胸闷 xiong men|胸疼 xiong teng|心口 xin kou|心脏 xin zang|心梗 xin geng|心慌 xin huang|头痛 tou tong
头疼 tou teng|肚子 du zi|剧痛 ju tong|剧烈 ju lie|呕吐 ou tu|吐血 tu xue|咳血 ke xue|便血 bian xue|流血 liu xue
出血 chu xue|大出血 da chu xue|止不住 zhi bu zhu|血 xue|见红 jian hong|破水 po shui|羊水 yang shui|胎动 tai dong
脐带 qi dai|产后 chan hou|宫外孕 gong wai yun|流产 liu chan|黄疸 huang dan|过敏 guo min|青霉素 qing mei su
喉咙 hou long|嗓子 sang zi|嘴唇 zui chun|发紫 fa zi|青紫 qing zi|中毒 zhong du|农药 nong yao|百草枯 bai cao ku
敌敌畏 di di wei|老鼠药 lao shu yao|安眠药 an mian yao|洁厕灵 jie ce ling|消毒液 xiao du ye|电池 dian chi|纽扣 niu kou
煤气 mei qi|一氧化碳 yi yang hua tan|烧炭 shao tan|烫伤 tang shang|烧伤 shao shang|开水 kai shui|触电 chu dian
车祸 che huo|骨折 gu zhe|摔 shuai|蛇咬 she yao|狗咬 gou yao|中暑 zhong shu|低血糖 di xue tang|胰岛素 yi dao su
睾丸 gao wan|自杀 zi sha|自残 zi can|割腕 ge wan|跳楼 tiao lou|想死 xiang si|遗书 yi shu|上吊 shang diao|救命 jiu ming
怎么办 zen me ban|叫不醒 jiao bu xing|没反应 mei fan ying|没呼吸 mei hu xi|不醒 bu xing|意识 yi shi|脸歪 lian wai
嘴歪 zui wai|说不出 shuo bu chu|突然 tu ran|现在 xian zai|囟门 xin men|脱水 tuo shui|吞了 tun le|喝了 he le|吃了 chi le
不吃奶 bu chi nai|紫癜 zi dian|手足口 shou zu kou|哮喘 xiao chuan|憋 bie|抽 chou|晕 yun|吐 tu|血压 xue ya
"""
_SHORT = 4  # letters: a lone "tu" or "yun" inside a word of another language is no Chinese


def _variants() -> dict[str, str]:
    """Every mixture of characters and syllables of each word -> the word."""
    found: dict[str, str] = {}
    for entry in re.split(r"[|\n]", _WORDS.strip()):
        word, *syllables = entry.split()
        for choice in product(*zip(word, syllables, strict=True)):
            mixed = "".join(choice)
            if mixed != word and (len(mixed) >= _SHORT or not mixed.isascii()):
                found.setdefault(mixed, word)
    found["yun"] = "孕"
    return found


_VARIANTS = _variants()
_PATTERN = re.compile(
    r"(?<![a-z])(?:" + "|".join(sorted(map(re.escape, _VARIANTS), key=len, reverse=True)) + r")(?![a-z])"
)
_LATIN = re.compile("[a-z]")


def without_pinyin(text: str) -> str:
    """`text`, in lower case, with those words in characters."""
    if not _LATIN.search(text):
        return text
    return _PATTERN.sub(lambda found: _VARIANTS[found.group()], text)
