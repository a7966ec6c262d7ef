"""The vocabulary of a large company: names, phones, and subjects as front desks write them."""

from random import Random

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白"
    "孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲建国志文辉力斌宇浩凯健俊帆雪梅兰婷佳琪欣怡晨阳子轩梓涵雨泽思"
    "远嘉懿若曦一诺安然"
)
ESTATES = (
    *("翠湖花园", "云栖府", "金桂苑", "滨江一号", "东方名邸", "枫林雅居", "山语城", "海棠湾", "星河国际", "锦绣天成"),
    *("御景半岛", "梧桐里", "和悦华庭", "望江楼台", "青禾小区", "龙泉别苑", "朗庭", "丹桂坊", "晴川阁", "新都汇"),
)
# Each with how often it comes: a few words stand in many subjects, most in few.
OBJECTS = {
    **dict.fromkeys(("电梯", "楼道灯", "门禁", "地下车库", "卫生间", "厨房水管"), 12),
    **dict.fromkeys(("阳台", "入户门", "单元门", "道闸", "路灯", "绿化带", "垃圾桶", "天花板", "外墙", "地漏"), 6),
    **dict.fromkeys(("车位", "对讲机", "快递柜", "消防栓", "配电箱", "水泵房", "窗户", "马桶", "空调外机", "电表"), 4),
    **dict.fromkeys(
        ("水表", "燃气管", "楼梯间", "儿童乐园", "健身房", "游泳池", "草坪", "喷泉", "监控探头", "岗亭"), 2
    ),
    **dict.fromkeys(("充电桩", "雨水井", "化粪池", "烟感", "避雷针", "信报箱", "天台", "围墙", "凉亭", "宠物"), 1),
}
FAULTS = {
    **dict.fromkeys(("漏水", "损坏", "不亮", "堵塞"), 10),
    **dict.fromkeys(("异响", "松动", "跳闸", "有异味", "渗水", "失灵", "需要清理"), 6),
    **dict.fromkeys(("积水", "脱落", "卡住", "噪音扰民", "被占用", "无法使用", "温度过高", "需要更换"), 3),
    **dict.fromkeys(("收费有疑问", "发现白蚁", "有安全隐患", "反复报修未好", "咨询使用办法", "建议改造"), 1),
}
PLACES = ("", "", "", "一楼", "二楼", "顶楼", "负一层", "东门", "西门", "南侧", "北侧", "大堂", "中庭", "架空层")
TAILS = ("", "", "", "，请尽快处理", "，已多次反映", "，业主在家等候", "，影响出行", "，有老人小孩", "，希望回电")


def name(random: Random) -> str:
    """A person's name of two or three characters."""
    return random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice((1, 2, 2))))


def phone(number: int) -> str:
    """A mobile number that no other `number` has."""
    return f"1{3 + number % 7}{number * 7919 % 1_000_000_000:09}"


def subjects(random: Random, number: int) -> list[str]:
    """As many subjects, such as 东门道闸失灵，影响出行."""
    things = random.choices(list(OBJECTS), list(OBJECTS.values()), k=number)
    faults = random.choices(list(FAULTS), list(FAULTS.values()), k=number)
    return [
        f"{random.choice(PLACES)}{thing}{fault}{random.choice(TAILS)}"
        for thing, fault in zip(things, faults, strict=True)
    ]
