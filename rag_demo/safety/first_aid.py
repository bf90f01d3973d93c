"""First aid: heart, brain, breath, wounds, burns, water, current; and the lines that several groups share."""

from rag_demo.safety.group import Advice, Group, advice

NO_FOOD = ("不要喂水、喂饭、喂药。", "Give nothing to eat or drink, and no medicine.")
CPR = (
    "叫不醒又没有正常呼吸：马上胸外按压，两乳头连线中点，每分钟 100–120 次，深 5–6 厘米；有 AED 就用。",
    (
        "No response and no normal breathing: press hard and fast on the centre of the chest, 100-120 a "
        "minute, 5-6 cm deep; use an AED."
    ),
)
STAY = (
    "不要离开他，看着呼吸，等救护车来。",
    "Stay with the person and watch the breathing until the ambulance comes.",
)

FIRST_AID: dict[Group, Advice] = {
    Group.HEART: advice(
        (
            "立刻停下来，坐着或半躺，不要走动，不要自己开车去医院。",
            "Stop, sit or half lie down; do not walk about, do not drive yourself.",
        ),
        (
            "松开衣领，让人陪着；医生以前开过的急救药按医嘱用。",
            "Loosen the collar, have someone stay; use rescue medicine only as a doctor prescribed it.",
        ),
        CPR,
    ),
    Group.STROKE: advice(
        (
            "记下开始的时间：溶栓、取栓都抢时间，不要等它自己好。",
            "Note the time it began: treatment depends on minutes; do not wait for it to pass.",
        ),
        ("平躺侧头，防止呕吐物呛住。", "Lay the person down with the head to the side, so that vomit cannot choke."),
        ("不要喂水、喂饭、喂药，也不要放血、掐人中。", "No food, drink or medicine, no pricking of fingers."),
    ),
    Group.BREATHING: advice(
        ("让他坐起来，身体前倾，松开衣领，开窗通风。", "Sit up leaning forward, loosen the collar, open a window."),
        ("哮喘患者立刻用自己的急救喷雾。", "A person with asthma uses their own rescue inhaler now."),
        CPR,
    ),
    Group.CHOKING: advice(
        (
            "还能咳：让他用力咳。咳不出声：站到身后，双手在肚脐上方快速向内向上冲击（海姆立克），直到吐出。",
            (
                "Can cough: let them cough. Cannot: stand behind, thrust inward and upward above the "
                "navel (Heimlich) until it comes out."
            ),
        ),
        (
            "不满 1 岁：头低脚高趴在前臂，拍背 5 次，翻过来按压胸部 5 次，轮流做；不要用手去抠。",
            (
                "Under 1 year: face down on your forearm, 5 back blows, then 5 chest thrusts, in turn; no "
                "blind finger sweeps."
            ),
        ),
        CPR,
    ),
    Group.ANAPHYLAXIS: advice(
        (
            "停掉可疑的药、食物；有肾上腺素笔立刻打在大腿外侧。",
            "Stop the suspected drug or food; use an adrenaline pen in the outer thigh at once if there is one.",
        ),
        (
            "平躺垫高双腿；喘得厉害就坐着，不要站起来走。",
            "Lie down with raised legs; sit if breathing is hard; do not stand or walk.",
        ),
        CPR,
    ),
    Group.UNCONSCIOUS: advice(
        (
            "拍双肩大声喊，看胸口有没有起伏，不超过 10 秒。",
            "Tap the shoulders, shout, look for breathing for no more than 10 seconds.",
        ),
        CPR,
        ("有呼吸：侧躺，清掉口中的东西；" + NO_FOOD[0], "Breathing: lay on the side, clear the mouth. " + NO_FOOD[1]),
    ),
    Group.SEIZURE: advice(
        (
            "侧躺，移开硬物，头下垫软的东西，看表记时间。",
            "Lay on the side, move hard things away, something soft under the head, time it.",
        ),
        ("不要按住、不要掐人中、不要往嘴里塞任何东西。", "Do not hold down, put nothing into the mouth."),
        ("抽完还没醒，看着呼吸。" + CPR[0], "Not awake afterwards: watch the breathing. " + CPR[1]),
    ),
    Group.BLEEDING: advice(
        (
            "干净的布直接用力压住出血处，不要反复揭开看；断下的指头用干净布包好装袋，袋外放冰，一起带去。",
            (
                "Press hard with clean cloth and do not lift it; a severed part goes wrapped into a bag, "
                "the bag on ice, along with you."
            ),
        ),
        ("躺下，垫高双腿，保暖。", "Lie down, legs raised, keep warm."),
        ("吐血、咳血：侧躺；" + NO_FOOD[0], "Vomiting or coughing blood: lie on the side. " + NO_FOOD[1]),
    ),
    Group.INJURY: advice(
        (
            "不要搬动，尤其头、颈、背；先确认周围安全。",
            "Do not move the person, above all head, neck and back; make sure the place is safe.",
        ),
        (
            "有出血用干净布压住；插在身上的东西不要拔。",
            "Press on bleeding with clean cloth; leave in place what is stuck in the body.",
        ),
        ("断骨处保持原样固定；" + NO_FOOD[0], "Keep a broken limb as it lies. " + NO_FOOD[1]),
    ),
    Group.BURN: advice(
        (
            "马上用流动的凉自来水冲 20 分钟；不要用冰、牙膏、酱油。",
            "Cool under running tap water for 20 minutes; no ice, toothpaste or sauce.",
        ),
        (
            "脱掉没粘住的衣物和首饰，粘住的不要撕，水泡不要挑。",
            "Take off clothes and rings that do not stick; do not tear, do not open blisters.",
        ),
        (
            "用干净布或保鲜膜盖住，保暖。火还在：先逃出来，打 119。",
            "Cover with clean cloth or cling film, keep warm. Still burning: get out first, call 119.",
        ),
        numbers=("120", "119"),
    ),
    Group.CHEMICAL: advice(
        (
            "立刻用大量流动清水冲至少 20 分钟，边冲边脱掉沾到的衣服；干石灰等粉末先拂掉再冲。",
            (
                "Rinse at once with plenty of running water for at least 20 minutes, taking off soaked "
                "clothes; brush dry powder off first."
            ),
        ),
        ("眼睛：撑开眼皮冲，不要揉。", "Eyes: hold the lids open while rinsing, do not rub."),
        ("不要用酸碱去“中和”，带上包装。", "Do not try to neutralise; take the packaging along."),
    ),
    Group.ELECTRIC: advice(
        (
            "先断电；断不了就用干木棍、塑料拨开，不要直接用手碰人。",
            "Switch the power off first; else push the wire away with dry wood or plastic; do not touch the person.",
        ),
        CPR,
        ("看上去没事也要查心电图。", "Even if all seems well, the heart must be checked."),
    ),
    Group.DROWNING: advice(
        (
            "没有呼吸：先吹 2–5 口气，再胸外按压和人工呼吸；不要控水倒背。",
            "Not breathing: 2-5 rescue breaths first, then CPR with breaths; do not try to drain water.",
        ),
        ("有呼吸：侧躺，脱湿衣服，保暖。", "Breathing: lay on the side, take off wet clothes, keep warm."),
        ("醒了也要去医院，几小时内可能加重。", "Go to hospital even if awake: it can worsen within hours."),
    ),
}
