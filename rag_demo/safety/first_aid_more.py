"""First aid: poison and gas, mother and child, belly, sugar, heat and cold, bites, crisis, violence."""

from rag_demo.safety.first_aid import CPR, STAY
from rag_demo.safety.group import Advice, Group, advice

MORE_FIRST_AID: dict[Group, Advice] = {
    Group.POISON: advice(
        (
            "不要催吐，不要灌水灌奶；嘴里剩下的吐出来、擦掉。",
            "Do not make them vomit, no water or milk by force; take what is left out of the mouth.",
        ),
        (
            "带上药瓶、包装或呕吐物，告诉医生吃了什么、多少、几点。",
            "Take bottle, packaging or vomit along; tell what, how much, when.",
        ),
        (
            "误吞纽扣电池、磁力珠、农药，没有症状也要马上去。",
            "Button batteries, magnets, pesticides: go at once, even without symptoms.",
        ),
        ("叫不醒：侧躺，看着呼吸。", "No response: lay on the side, watch the breathing."),
    ),
    Group.GAS: advice(
        (
            "先开窗或把人移到户外，关掉气源；不要开关电灯，不要用明火，到外面再打电话。",
            "Open windows or get outside, shut the gas; no switches, no flame; phone from outside.",
        ),
        ("自己觉得头晕就先出去，不要硬救。", "If you feel dizzy yourself, get out first."),
        CPR,
    ),
    Group.PREGNANCY: advice(
        (
            "左侧躺，不要走动；破水或脐带脱出：屁股垫高，不要把脐带塞回去。",
            "Lie on the left side; waters broken or cord out: hips up, do not push the cord back.",
        ),
        ("记下出血量、胎动和宫缩，带上产检本。", "Note bleeding, movements, contractions; take the records along."),
        (
            "抽搐：侧躺，不要往嘴里塞东西。产后大出血：平躺，垫高腿，保暖。",
            "Fits: on the side, nothing into the mouth. Heavy bleeding after birth: lie flat, legs up, keep warm.",
        ),
    ),
    Group.NEWBORN: advice(
        (
            "三个月以内发烧、体温低、不吃奶、叫不醒，都要马上去医院，不要在家等。",
            "Under three months, fever, low temperature, refusing milk or not waking means hospital now.",
        ),
        ("不要自己喂退烧药，不要捂汗，不要灌奶。", "No fever medicine of your own, no bundling, no forced feeding."),
        (
            "脸色发紫、不呼吸：拍足底没反应就做婴儿心肺复苏。",
            "Blue or not breathing: if tapping the soles brings no response, start infant CPR.",
        ),
    ),
    Group.CHILD: advice(
        (
            "抱着或侧躺，看着呼吸和脸色，现在就去急诊。",
            "Hold the child or lay on the side, watch breathing and colour, go to emergency now.",
        ),
        ("不要喂饭喂药；吐得厉害不要硬灌水。", "No food or medicine; no forced drinking while vomiting."),
        (
            "记下开始的时间、体温、尿量，留一张大便或皮疹的照片。",
            "Note the time, temperature and urine; keep a photo of stool or rash.",
        ),
    ),
    Group.BELLY: advice(
        ("不要吃喝，不要吃止痛药，不要热敷、揉肚子。", "Nothing to eat or drink, no painkillers, no heat, no rubbing."),
        ("躺着，膝盖弯起来；疝不要硬推回去。", "Lie with bent knees; do not force a hernia back."),
        ("睾丸突然剧痛要在 6 小时内处理。", "Sudden testicle pain must be treated within 6 hours."),
    ),
    Group.SUGAR: advice(
        (
            "清醒、能咽：马上吃 15 克糖（糖水、果汁），15 分钟后再测。",
            "Awake and able to swallow: 15 g of sugar (juice, sugar water), test again after 15 minutes.",
        ),
        ("迷糊或叫不醒：什么也不要喂，侧躺。", "Drowsy or not waking: feed nothing, lay on the side."),
        (
            "血糖很高又喘、吐、迷糊：不要等，不要自己加胰岛素。",
            "Very high sugar with deep breathing, vomiting or drowsiness: do not wait, no extra insulin on your own.",
        ),
    ),
    Group.HEAT: advice(
        (
            "马上搬到阴凉处，脱衣服，泼凉水、扇风，脖子腋下大腿根放冰袋。",
            "Into the shade, clothes off, cold water and fanning, ice to neck, armpits and groin.",
        ),
        ("不清醒不要喂水，侧躺。", "Not clear in the head: no drinks, lay on the side."),
        CPR,
    ),
    Group.COLD: advice(
        (
            "移到暖和处，脱湿衣服，裹干被子，先暖躯干。",
            "Somewhere warm, wet clothes off, dry blankets, warm the trunk first.",
        ),
        ("不要搓雪、不要用火烤、不要喝酒。", "No snow rubbing, no fire, no alcohol."),
        CPR,
    ),
    Group.BITE: advice(
        (
            "蛇咬：坐下别动，伤肢放低，摘掉戒指，记住蛇的样子；不要割、吸、紧扎。",
            "Snake: keep still, limb low, rings off, remember the snake; do not cut, suck or tie tightly.",
        ),
        (
            "狗猫咬：肥皂和流水冲 15 分钟，压住出血，当天打狂犬疫苗。",
            "Dog or cat: soap and running water for 15 minutes, press on bleeding, rabies vaccine the same day.",
        ),
        (
            "蜂、水母：离开那里，取下刺；胸闷、头晕马上说。",
            "Stings, jellyfish: get away, take the sting out; report tightness or dizziness at once.",
        ),
    ),
    Group.SUDDEN: advice(
        (
            "突然看不见、肢体发凉发白、高烧糊涂：都要抢时间，现在就去急诊。",
            "Sudden loss of sight, a cold white limb, fever with confusion: minutes count, go to emergency now.",
        ),
        ("不要热敷、按摩、自己吃药。", "No heat, no massage, no medicine of your own."),
        STAY,
    ),
    Group.CRISIS: advice(
        (
            "你不是一个人。现在就打 12356 心理援助热线，全国可打，有人会听你说。",
            "You are not alone. Call 12356, the national mental-health line; someone will listen.",
        ),
        (
            "已经吃了药、受了伤，或者马上要做：打 120 或 110。",
            "If pills are taken, there is an injury, or it is about to happen: call 120 or 110.",
        ),
        (
            "离开高处，把药和刀放到够不着的地方，叫一个信任的人来陪着，别一个人待着。",
            "Get away from heights, put pills and blades out of reach, ask someone you trust to stay with you.",
        ),
        (
            "如果是身边的人：陪着他，认真听，不评判，不让他独处。",
            "If it is someone near you: stay, listen without judging, do not leave them alone.",
        ),
        numbers=("12356", "120", "110"),
    ),
    Group.VIOLENCE: advice(
        (
            "先到安全的地方，锁上门，打 110；受了伤打 120。",
            "Get somewhere safe, lock the door, call 110; if hurt, 120.",
        ),
        (
            "性侵后先不要洗澡、换衣服，尽快去医院，72 小时内可做紧急避孕和阻断。",
            (
                "After an assault do not wash or change yet; go to hospital: emergency contraception and "
                "HIV prevention work within 72 hours."
            ),
        ),
        ("12338 妇女维权热线、12355 青少年热线也能帮忙。", "12338 (women) and 12355 (young people) help too."),
        numbers=("110", "120"),
    ),
}
