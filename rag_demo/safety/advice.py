"""What to do now, by group: whom to call and two to four lines of first aid, in Chinese and English.

Lines follow the public first-aid guidance of the Red Cross, ILCOR and poison centres; they are what a bystander does
until help comes, no treatment. 120: ambulance; 119: fire and rescue; 110: police; 12356: mental-health crisis line."""

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    HEART = "heart"
    STROKE = "stroke"
    BREATHING = "breathing"
    CHOKING = "choking"
    ANAPHYLAXIS = "anaphylaxis"
    UNCONSCIOUS = "unconscious"
    SEIZURE = "seizure"
    BLEEDING = "bleeding"
    INJURY = "injury"
    BURN = "burn"
    CHEMICAL = "chemical"
    ELECTRIC = "electric"
    DROWNING = "drowning"
    POISON = "poison"
    GAS = "gas"
    PREGNANCY = "pregnancy"
    NEWBORN = "newborn"
    CHILD = "child"
    BELLY = "belly"
    SUGAR = "sugar"
    HEAT = "heat"
    COLD = "cold"
    BITE = "bite"
    SUDDEN = "sudden"
    CRISIS = "crisis"
    VIOLENCE = "violence"


@dataclass(frozen=True, slots=True)
class Advice:
    """numbers: to call, the first one first. zh, en: the same lines."""

    numbers: tuple[str, ...]
    zh: tuple[str, ...]
    en: tuple[str, ...]


def _advice(*lines: tuple[str, str], numbers: tuple[str, ...] = ("120",)) -> Advice:
    return Advice(numbers, tuple(zh for zh, _ in lines), tuple(en for _, en in lines))


_NO_FOOD = ("不要喂水、喂饭、喂药。", "Give nothing to eat or drink, and no medicine.")
_CPR = (
    "叫不醒又没有正常呼吸：马上胸外按压，两乳头连线中点，每分钟 100–120 次，深 5–6 厘米；有 AED 就用。",
    "No response and no normal breathing: press hard and fast on the centre of the chest, 100-120 a minute, 5-6 cm deep; use an AED.",
)
_STAY = (
    "不要离开他，看着呼吸，等救护车来。",
    "Stay with the person and watch the breathing until the ambulance comes.",
)

ADVICE: dict[Group, Advice] = {
    Group.HEART: _advice(
        ("立刻停下来，坐着或半躺，不要走动，不要自己开车去医院。", "Stop, sit or half lie down; do not walk about, do not drive yourself."),
        ("松开衣领，让人陪着；医生以前开过的急救药按医嘱用。", "Loosen the collar, have someone stay; use rescue medicine only as a doctor prescribed it."),
        _CPR,
    ),
    Group.STROKE: _advice(
        ("记下开始的时间：溶栓、取栓都抢时间，不要等它自己好。", "Note the time it began: treatment depends on minutes; do not wait for it to pass."),
        ("平躺侧头，防止呕吐物呛住。", "Lay the person down with the head to the side, so that vomit cannot choke."),
        ("不要喂水、喂饭、喂药，也不要放血、掐人中。", "No food, drink or medicine, no pricking of fingers."),
    ),
    Group.BREATHING: _advice(
        ("让他坐起来，身体前倾，松开衣领，开窗通风。", "Sit up leaning forward, loosen the collar, open a window."),
        ("哮喘患者立刻用自己的急救喷雾。", "A person with asthma uses their own rescue inhaler now."),
        _CPR,
    ),
    Group.CHOKING: _advice(
        ("还能咳：让他用力咳。咳不出声：站到身后，双手在肚脐上方快速向内向上冲击（海姆立克），直到吐出。", "Can cough: let them cough. Cannot: stand behind, thrust inward and upward above the navel (Heimlich) until it comes out."),
        ("不满 1 岁：头低脚高趴在前臂，拍背 5 次，翻过来按压胸部 5 次，轮流做；不要用手去抠。", "Under 1 year: face down on your forearm, 5 back blows, then 5 chest thrusts, in turn; no blind finger sweeps."),
        _CPR,
    ),
    Group.ANAPHYLAXIS: _advice(
        ("停掉可疑的药、食物；有肾上腺素笔立刻打在大腿外侧。", "Stop the suspected drug or food; use an adrenaline pen in the outer thigh at once if there is one."),
        ("平躺垫高双腿；喘得厉害就坐着，不要站起来走。", "Lie down with raised legs; sit if breathing is hard; do not stand or walk."),
        _CPR,
    ),
    Group.UNCONSCIOUS: _advice(
        ("拍双肩大声喊，看胸口有没有起伏，不超过 10 秒。", "Tap the shoulders, shout, look for breathing for no more than 10 seconds."),
        _CPR,
        ("有呼吸：侧躺，清掉口中的东西；" + _NO_FOOD[0], "Breathing: lay on the side, clear the mouth. " + _NO_FOOD[1]),
    ),
    Group.SEIZURE: _advice(
        ("侧躺，移开硬物，头下垫软的东西，看表记时间。", "Lay on the side, move hard things away, something soft under the head, time it."),
        ("不要按住、不要掐人中、不要往嘴里塞任何东西。", "Do not hold down, put nothing into the mouth."),
        ("抽完还没醒，看着呼吸。" + _CPR[0], "Not awake afterwards: watch the breathing. " + _CPR[1]),
    ),
    Group.BLEEDING: _advice(
        ("干净的布直接用力压住出血处，不要反复揭开看；断下的指头用干净布包好装袋，袋外放冰，一起带去。", "Press hard with clean cloth and do not lift it; a severed part goes wrapped into a bag, the bag on ice, along with you."),
        ("躺下，垫高双腿，保暖。", "Lie down, legs raised, keep warm."),
        ("吐血、咳血：侧躺；" + _NO_FOOD[0], "Vomiting or coughing blood: lie on the side. " + _NO_FOOD[1]),
    ),
    Group.INJURY: _advice(
        ("不要搬动，尤其头、颈、背；先确认周围安全。", "Do not move the person, above all head, neck and back; make sure the place is safe."),
        ("有出血用干净布压住；插在身上的东西不要拔。", "Press on bleeding with clean cloth; leave in place what is stuck in the body."),
        ("断骨处保持原样固定；" + _NO_FOOD[0], "Keep a broken limb as it lies. " + _NO_FOOD[1]),
    ),
    Group.BURN: _advice(
        ("马上用流动的凉自来水冲 20 分钟；不要用冰、牙膏、酱油。", "Cool under running tap water for 20 minutes; no ice, toothpaste or sauce."),
        ("脱掉没粘住的衣物和首饰，粘住的不要撕，水泡不要挑。", "Take off clothes and rings that do not stick; do not tear, do not open blisters."),
        ("用干净布或保鲜膜盖住，保暖。火还在：先逃出来，打 119。", "Cover with clean cloth or cling film, keep warm. Still burning: get out first, call 119."),
        numbers=("120", "119"),
    ),
    Group.CHEMICAL: _advice(
        ("立刻用大量流动清水冲至少 20 分钟，边冲边脱掉沾到的衣服；干石灰等粉末先拂掉再冲。", "Rinse at once with plenty of running water for at least 20 minutes, taking off soaked clothes; brush dry powder off first."),
        ("眼睛：撑开眼皮冲，不要揉。", "Eyes: hold the lids open while rinsing, do not rub."),
        ("不要用酸碱去“中和”，带上包装。", "Do not try to neutralise; take the packaging along."),
    ),
    Group.ELECTRIC: _advice(
        ("先断电；断不了就用干木棍、塑料拨开，不要直接用手碰人。", "Switch the power off first; else push the wire away with dry wood or plastic; do not touch the person."),
        _CPR,
        ("看上去没事也要查心电图。", "Even if all seems well, the heart must be checked."),
    ),
    Group.DROWNING: _advice(
        ("没有呼吸：先吹 2–5 口气，再胸外按压和人工呼吸；不要控水倒背。", "Not breathing: 2-5 rescue breaths first, then CPR with breaths; do not try to drain water."),
        ("有呼吸：侧躺，脱湿衣服，保暖。", "Breathing: lay on the side, take off wet clothes, keep warm."),
        ("醒了也要去医院，几小时内可能加重。", "Go to hospital even if awake: it can worsen within hours."),
    ),
    Group.POISON: _advice(
        ("不要催吐，不要灌水灌奶；嘴里剩下的吐出来、擦掉。", "Do not make them vomit, no water or milk by force; take what is left out of the mouth."),
        ("带上药瓶、包装或呕吐物，告诉医生吃了什么、多少、几点。", "Take bottle, packaging or vomit along; tell what, how much, when."),
        ("误吞纽扣电池、磁力珠、农药，没有症状也要马上去。", "Button batteries, magnets, pesticides: go at once, even without symptoms."),
        ("叫不醒：侧躺，看着呼吸。", "No response: lay on the side, watch the breathing."),
    ),
    Group.GAS: _advice(
        ("先开窗或把人移到户外，关掉气源；不要开关电灯，不要用明火，到外面再打电话。", "Open windows or get outside, shut the gas; no switches, no flame; phone from outside."),
        ("自己觉得头晕就先出去，不要硬救。", "If you feel dizzy yourself, get out first."),
        _CPR,
    ),
    Group.PREGNANCY: _advice(
        ("左侧躺，不要走动；破水或脐带脱出：屁股垫高，不要把脐带塞回去。", "Lie on the left side; waters broken or cord out: hips up, do not push the cord back."),
        ("记下出血量、胎动和宫缩，带上产检本。", "Note bleeding, movements, contractions; take the records along."),
        ("抽搐：侧躺，不要往嘴里塞东西。产后大出血：平躺，垫高腿，保暖。", "Fits: on the side, nothing into the mouth. Heavy bleeding after birth: lie flat, legs up, keep warm."),
    ),
    Group.NEWBORN: _advice(
        ("三个月以内发烧、体温低、不吃奶、叫不醒，都要马上去医院，不要在家等。", "Under three months, fever, low temperature, refusing milk or not waking means hospital now."),
        ("不要自己喂退烧药，不要捂汗，不要灌奶。", "No fever medicine of your own, no bundling, no forced feeding."),
        ("脸色发紫、不呼吸：拍足底没反应就做婴儿心肺复苏。", "Blue or not breathing: if tapping the soles brings no response, start infant CPR."),
    ),
    Group.CHILD: _advice(
        ("抱着或侧躺，看着呼吸和脸色，现在就去急诊。", "Hold the child or lay on the side, watch breathing and colour, go to emergency now."),
        ("不要喂饭喂药；吐得厉害不要硬灌水。", "No food or medicine; no forced drinking while vomiting."),
        ("记下开始的时间、体温、尿量，留一张大便或皮疹的照片。", "Note the time, temperature and urine; keep a photo of stool or rash."),
    ),
    Group.BELLY: _advice(
        ("不要吃喝，不要吃止痛药，不要热敷、揉肚子。", "Nothing to eat or drink, no painkillers, no heat, no rubbing."),
        ("躺着，膝盖弯起来；疝不要硬推回去。", "Lie with bent knees; do not force a hernia back."),
        ("睾丸突然剧痛要在 6 小时内处理。", "Sudden testicle pain must be treated within 6 hours."),
    ),
    Group.SUGAR: _advice(
        ("清醒、能咽：马上吃 15 克糖（糖水、果汁），15 分钟后再测。", "Awake and able to swallow: 15 g of sugar (juice, sugar water), test again after 15 minutes."),
        ("迷糊或叫不醒：什么也不要喂，侧躺。", "Drowsy or not waking: feed nothing, lay on the side."),
        ("血糖很高又喘、吐、迷糊：不要等，不要自己加胰岛素。", "Very high sugar with deep breathing, vomiting or drowsiness: do not wait, no extra insulin on your own."),
    ),
    Group.HEAT: _advice(
        ("马上搬到阴凉处，脱衣服，泼凉水、扇风，脖子腋下大腿根放冰袋。", "Into the shade, clothes off, cold water and fanning, ice to neck, armpits and groin."),
        ("不清醒不要喂水，侧躺。", "Not clear in the head: no drinks, lay on the side."),
        _CPR,
    ),
    Group.COLD: _advice(
        ("移到暖和处，脱湿衣服，裹干被子，先暖躯干。", "Somewhere warm, wet clothes off, dry blankets, warm the trunk first."),
        ("不要搓雪、不要用火烤、不要喝酒。", "No snow rubbing, no fire, no alcohol."),
        _CPR,
    ),
    Group.BITE: _advice(
        ("蛇咬：坐下别动，伤肢放低，摘掉戒指，记住蛇的样子；不要割、吸、紧扎。", "Snake: keep still, limb low, rings off, remember the snake; do not cut, suck or tie tightly."),
        ("狗猫咬：肥皂和流水冲 15 分钟，压住出血，当天打狂犬疫苗。", "Dog or cat: soap and running water for 15 minutes, press on bleeding, rabies vaccine the same day."),
        ("蜂、水母：离开那里，取下刺；胸闷、头晕马上说。", "Stings, jellyfish: get away, take the sting out; report tightness or dizziness at once."),
    ),
    Group.SUDDEN: _advice(
        ("突然看不见、肢体发凉发白、高烧糊涂：都要抢时间，现在就去急诊。", "Sudden loss of sight, a cold white limb, fever with confusion: minutes count, go to emergency now."),
        ("不要热敷、按摩、自己吃药。", "No heat, no massage, no medicine of your own."),
        _STAY,
    ),
    Group.CRISIS: _advice(
        ("你不是一个人。现在就打 12356 心理援助热线，全国可打，有人会听你说。", "You are not alone. Call 12356, the national mental-health line; someone will listen."),
        ("已经吃了药、受了伤，或者马上要做：打 120 或 110。", "If pills are taken, there is an injury, or it is about to happen: call 120 or 110."),
        ("离开高处，把药和刀放到够不着的地方，叫一个信任的人来陪着，别一个人待着。", "Get away from heights, put pills and blades out of reach, ask someone you trust to stay with you."),
        ("如果是身边的人：陪着他，认真听，不评判，不让他独处。", "If it is someone near you: stay, listen without judging, do not leave them alone."),
        numbers=("12356", "120", "110"),
    ),
    Group.VIOLENCE: _advice(
        ("先到安全的地方，锁上门，打 110；受了伤打 120。", "Get somewhere safe, lock the door, call 110; if hurt, 120."),
        ("性侵后先不要洗澡、换衣服，尽快去医院，72 小时内可做紧急避孕和阻断。", "After an assault do not wash or change yet; go to hospital: emergency contraception and HIV prevention work within 72 hours."),
        ("12338 妇女维权热线、12355 青少年热线也能帮忙。", "12338 (women) and 12355 (young people) help too."),
        numbers=("110", "120"),
    ),
}  # fmt: skip
