using System.Globalization;

namespace SparseDsl.Examples.Ocr.Evaluation;

/// <summary>Lines of text put together from words, as invoices, notices and books have them.</summary>
internal sealed class Texts(Random random)
{
    private static readonly string[] Words =
    [
        "about", "above", "account", "across", "after", "again", "against", "almost", "already", "also", "amount", "another", "answer", "around", "article", "asked", "balance",
        "because", "become", "before", "behind", "below", "better", "between", "black", "board", "bottom", "bridge", "brought", "build", "business", "buyer", "called", "cannot",
        "captain", "carry", "centre", "century", "certain", "change", "charge", "children", "choose", "church", "circle", "clear", "coast", "common", "company", "compare", "complete",
        "contain", "copper", "corner", "count", "country", "course", "cover", "create", "crowd", "current", "customer", "daily", "dance", "danger", "decide", "delivery", "design",
        "develop", "different", "direct", "discount", "distance", "doctor", "double", "during", "early", "earth", "east", "effect", "eight", "either", "electric", "engine", "enough",
        "equal", "evening", "every", "example", "except", "exercise", "experience", "expert", "family", "famous", "farmer", "father", "field", "figure", "final", "finger", "first",
        "follow", "force", "forest", "forward", "found", "fresh", "friend", "front", "garden", "general", "gentle", "glass", "govern", "grand", "great", "green", "ground", "group",
        "guess", "happen", "harbour", "heavy", "history", "hotel", "house", "hundred", "idea", "include", "industry", "insect", "instead", "interest", "invoice", "island", "itself",
        "journey", "judge", "kitchen", "knowledge", "language", "large", "later", "learn", "length", "letter", "level", "library", "light", "little", "locate", "machine", "major",
        "market", "matter", "measure", "melody", "method", "middle", "million", "minute", "modern", "moment", "money", "month", "morning", "mother", "motion", "mountain", "music",
        "nation", "nature", "nothing", "notice", "number", "object", "observe", "ocean", "offer", "office", "often", "order", "original", "oxygen", "paint", "paper", "paragraph",
        "parcel", "party", "pattern", "people", "perhaps", "period", "phrase", "picture", "planet", "plural", "point", "position", "possible", "pound", "practice", "prepare", "present",
        "press", "pretty", "print", "probable", "problem", "process", "produce", "property", "protect", "prove", "provide", "quality", "question", "quick", "quiet", "quite", "radio",
        "raise", "rather", "reach", "ready", "reason", "receive", "record", "region", "remember", "repeat", "require", "result", "return", "river", "round", "sail", "science", "season",
        "second", "section", "segment", "select", "sentence", "separate", "serve", "settle", "seven", "several", "shape", "share", "shelter", "shop", "should", "shoulder", "shout",
        "silver", "similar", "simple", "single", "sister", "small", "smell", "solution", "special", "spell", "spend", "spring", "square", "stand", "station", "steel", "still", "stone",
        "straight", "strange", "stream", "street", "string", "student", "subject", "sudden", "sugar", "summer", "supply", "surface", "surprise", "system", "table", "teacher",
        "temperature", "their", "thing", "think", "though", "thousand", "through", "together", "tomorrow", "total", "toward", "track", "trade", "train", "travel", "triangle", "trouble",
        "twenty", "under", "unit", "until", "usual", "valley", "value", "village", "visit", "voice", "vowel", "wagon", "water", "weather", "weight", "whether", "window", "winter",
        "without", "women", "wonder", "world", "would", "write", "yellow", "young",
    ];

    private static readonly string[] Characters =
    [
        "中国", "北京", "上海", "学生", "老师", "朋友", "时间", "工作", "公司", "电话", "天气", "今天", "明天", "昨天", "早上", "晚上", "商店", "医院", "学校", "图书", "城市", "道路",
        "火车", "飞机", "汽车", "自行车", "银行", "市场", "价格", "产品", "质量", "服务", "客户", "经理", "会议", "计划", "项目", "报告", "文件", "数据", "系统", "程序", "网络",
        "计算机", "软件", "技术", "科学", "研究", "发展", "经济", "社会", "文化", "历史", "地理", "语言", "音乐", "电影", "体育", "足球", "健康", "生活", "家庭", "父母", "孩子", "教育",
        "大学", "问题", "方法", "结果", "原因", "影响", "作用", "条件", "情况", "世界", "国家", "人民", "政府", "法律", "安全", "环境", "水果", "蔬菜", "米饭", "面条", "茶叶", "咖啡",
        "春天", "夏天", "秋天", "冬天", "太阳", "月亮", "星星", "山川", "河流", "海洋", "森林", "动物", "植物", "红色", "绿色", "蓝色", "白色", "黑色", "喜欢", "需要", "可以", "应该",
        "开始", "结束", "继续", "完成", "提高", "增加", "减少", "改变", "选择", "决定", "认为", "知道", "理解", "记得", "希望", "帮助", "参加", "访问", "介绍", "说明", "使用", "设计",
        "生产", "管理", "检查", "测试", "运行", "打开", "关闭", "输入", "输出", "保存", "删除", "命令", "目录", "用户", "密码", "选项", "参数", "返回", "错误", "信息", "显示", "设置",
    ];

    /// <summary>An English line of about <paramref name="length"/> characters.</summary>
    public string English(int length)
    {
        var line = "";
        while (line.Length < length)
        {
            line += (line.Length > 0 ? " " : "") + EnglishPart();
        }

        return line;
    }

    /// <summary>A Chinese line of about <paramref name="length"/> characters.</summary>
    public string Chinese(int length)
    {
        var line = "";
        while (line.Length < length)
        {
            line += random.Next(8) switch
            {
                0 => Number(1, 1000),
                1 when line.Length > 0 => "，" + Of(Characters),
                _ => Of(Characters),
            };
        }

        return line;
    }

    private string EnglishPart() => random.Next(12) switch
    {
        0 => string.Create(CultureInfo.InvariantCulture, $"${random.Next(1, 2000)}.{random.Next(100):00}"),
        1 => string.Create(CultureInfo.InvariantCulture, $"No. {random.Next(10, 9999)}"),
        2 => string.Create(CultureInfo.InvariantCulture, $"{random.Next(1990, 2030)}-{random.Next(1, 13):00}-{random.Next(1, 29):00}"),
        3 => Of(Words) + ",",
        4 => Of(Words) + ":",
        5 => Capital(Of(Words)),
        6 => Of(Words).ToUpperInvariant(),
        _ => Of(Words),
    };

    private string Number(int least, int most) => random.Next(least, most).ToString(CultureInfo.InvariantCulture);

    private string Of(string[] list) => list[random.Next(list.Length)];

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
