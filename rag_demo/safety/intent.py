"""Does a question tell of something that is happening, or does it want to know, prevent, look back or prepare?"""

import re

# Before a sign: it is denied or supposed.
_DENIED = re.compile(
    r"(?:没有?|没再|没怎么|没啥|并?无|(?<!要)不(?!停|断|住)|不是|未|从不|不再|没出现过?|没发生过?|不要|别)$"
    r"|没有?(?:拉|吐|出现|再)$|(?:如果|万一|假如|要是|怕|担心|以防|避免|防止|预防|防|减少|会不会|以为是)[^，。！？]{0,8}$"
)
# In the clause of a sign, or just after it: it is of the past.
_PAST_BEFORE = re.compile(
    r"(?:以前|曾经?|小时候|年前|月前|去年|前年|那年|那时候?|岁(?:的?时候?|那年|时)|上个?月|上上|上周|有一次|有一回|有次|那次|有过|得过|生老大时?|头胎|上一?胎|"
    r"上次怀孕|病史|史)[^，。！？]{0,16}$"
)
_PAST_AFTER = re.compile(
    r"^(?:过(?!去|敏|来|了?头|不|量|一?会|程|期|的老人|的人)|史|后遗症|以后(?:怎么|如何|多久|能|要|吃什么|还能|会|需)|之后怎么|后怎么(?:护理|锻炼|恢复|保养|补))"
)

# It is happening: nothing lets the question through.
_NOW = re.compile(
    r"突然|忽然|一下子|正在|还在|刚(?!需|好|性|出生|满|开始(?:学|备))|现在(?!想|要|怕|没(?!醒|气|意|反|呼|有?知)|都?已?经?好|能|可以|还?能|打算|准备|开始准备|孩子|多大|"
    r"[一二三四五六七八九十\d]+岁|不(?:抽|疼|痛|流|喘)了)|此刻|救命|快来|到现在|越来越|叫不醒|喊不醒|不行了|(?:分钟|小时|钟头)(?:了|还|没|到)|停不下来|止不住|快死"
)
_TODAY = re.compile(
    r"今[天早晚日夜]|今儿|昨[天晚夜]|[早晚]上[^，。]{0,8}(?:突|又|就)|这会儿?|眼下|又(?:开始)?(?:抽|吐血|晕|流|疼|犯)|第[二三四五]回"
)
_HELP = re.compile(r"怎么办|咋办|咋整|咋弄|怎么救|咋救|怎么急救|怎么弄|如何是好|急{2,}|快！|快$|救|120|急诊")

# It wants to learn, prevent or prepare, whatever else it says.
_LEARN = re.compile(
    r"预防|怎么防|咋防|如何防|防止|怎样避免|怎么避免|如何避免|以防|科普|宣传|黑板报|展板|手抄报|讲座|培训|急救[班课]|想学|想报|学习|学一下|怎么学|"
    r"怎么教|教孩子|提前(?!破|发动|早产)|先?了解一?下?|先问问|先查|备着|家里[要该]?备|常备|自学|考[试证研]|论文|作业|实习|电影|电视剧|小说|新闻|视频里|朋友圈看|"
    r"要不要钱|收费|价格|多少钱|报销|保险|商业险|驾照|驾驶证|好奇|问问以后|以后[^，。]{0,4}(?:还能|要|看病|能)|下次|遗传吗|会遗传|会不会遗传|平时(?:能|要|吃什么|"
    r"怎么|注意|如何|放|应该|该)|"
    r"保护盖|保护套|哪个牌子|什么牌子|怎么选|哪种好|哪个好|哪个安全|为什么叫|历史|发明|名字|统计|概率多大|几率多大"
)
# It looks back: the event is over.
_OVER = re.compile(
    r"已经(?:好|没事|退|恢复|出院|不)|早就?好了|后来好了|治好了|恢复(?:期|得|后|要|训练)|康复|出院(?:了|后|回)|术后(?:多久|恢复|复查|护理|能|怎么|吃|"
    r"[一二三\d]+个?[月年])|手术后多久|复查|钢板|疤|后遗症|"
    r"好了以后|没事了|现在(?:都|已经)?(?:好了|没事|正常|不抽了|不疼了)|多久能好|多久(?:能|可以)(?!到)"
)
# It only asks.
_ASK = re.compile(
    r"正常(?:吗|么|不|嘛|吧|是吗)|正不正常|是不是正常|算不算|算[^，。]{0,6}(?:吗|不$|么)|是什么(?!情况|东西)|什么是|啥是|什么意思|啥感觉|什么感觉|有哪些|"
    r"有啥|有什么(?:症状|表现|区别|危害|征兆|影响|办法|用)|"
    r"哪些|区别|区分|怎么判断|如何判断|怎么看出|怎么知道|怎么识别|怎样识别|怎么分辨|辨别|鉴别|能不能|可不可以|多久|多长时间|(?<![好十过这前头])(?:几天|几针|几岁)|几个月(?:能|会|可以|开始)|"
    r"什么时候|啥时候|为什么|为啥|为何|原因|会引起|会导致|能引起|原理|会复发|能活|存活|死亡率|严重吗|危险吗|要紧吗|有影响吗|有没有影响|会影响|影响[^，。]{0,6}吗|"
    r"可以吃|能吃|吃什么|吃啥|忌口|护理|保养|注意什么|注意啥|注意事项|该注意|挂什么科|挂哪个科|看什么科|做什么检查|查什么|要准备|准备(?:啥|什么|哪些)|有用吗|管用吗|好使吗|"
    r"疫苗|后天|下周|下个月|会[^，。]{0,8}吗|会不会|能[^，。]{1,8}(?:吗|不$)|怎么(?:用|放|存|兑|洗|量|测|选|讲|跟)|多少(?:正常|合适|度)"
)


def denied(text: str, start: int, end: int) -> bool:
    """Whether the sign at text[start:end] is denied, supposed or of the past."""
    before, after = text[max(0, start - 24) : start], text[end : end + 8]
    return bool(_DENIED.search(before) or _PAST_BEFORE.search(before) or _PAST_AFTER.search(after))


def lets_through(text: str, sure: bool) -> bool:
    """Whether a question with an emergency's words is no emergency. sure: see rule.Rule."""
    if _NOW.search(text):
        return False
    if _LEARN.search(text):
        return True
    if _TODAY.search(text):
        return False
    if _OVER.search(text):
        return True
    return not sure and bool(_ASK.search(text)) and not _HELP.search(text)
