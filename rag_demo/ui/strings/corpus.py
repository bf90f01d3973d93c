"""Words of the Corpus tab, and a sentence for each fault of an upload."""

WORDS: dict[str, tuple[str, str]] = {
    "tab_corpus": ("资料库", "Corpus"),
    "corpus_title": ("资料库里有什么", "What the corpus holds"),
    "corpus_line": (
        "回答只会引用这里的资料。按科室浏览，或搜索原文中的词，点标题看全文。",
        "Answers quote these passages and nothing else. Browse by department, or search for words as they stand in the text; "
        "a title opens its passage.",
    ),
    "corpus_own_title": ("换成你自己的资料", "Bring your own passages"),
    "corpus_own_line": (
        "CSV、JSONL 或 Parquet，20 MB、50,000 篇以内。文件读完即删；资料只留在本次会话的内存里，别人看不到，关闭页面后清除。",
        "CSV, JSONL or Parquet, up to 20 MB and 50,000 passages. The file is deleted once read; the passages stay in memory for "
        "this session only, nobody else sees them, and they go when the page is closed.",
    ),
    "corpus_upload": ("选择文件", "Choose a file"),
    "corpus_upload_other": ("换一个文件", "Choose another file"),
    "corpus_query": ("搜索资料", "Search the passages"),
    "corpus_query_hint": ("例如：叶酸 孕前", "For example: 叶酸 孕前"),
    "corpus_search": ("搜索", "Search"),
    "corpus_departments": ("科室", "Department"),
    "corpus_all": ("全部", "All"),
    "corpus_passages": ("资料", "Passages"),
    "corpus_previous": ("上一页", "Previous"),
    "corpus_next": ("下一页", "Next"),
    "corpus_none": ("没有找到。换一个词，或选择“全部”科室。", "Nothing found. Try another word, or all departments."),
    "corpus_unavailable": ("{why}", "{why}"),
    "corpus_span": ("第 {first}–{last} 篇，共 {n} 篇。", "Passages {first}–{last} of {n}."),
    "corpus_alike": (
        "没有一篇原样包含你输入的词，下面按相同的词多少排列。",
        "No passage holds your words as they stand; these share the most words with them.",
    ),
    "corpus_preview": ("{name}：{n} 行，前 {shown} 行如下", "{name}: {n} rows, the first {shown} of them"),
    "corpus_column": ("第 {n} 列", "column {n}"),
    "corpus_unused": ("不用", "not used"),
    "corpus_mapping": (
        "每一列是什么？按列名猜的，可以改。",
        "Which column is which? Guessed from the header; change it freely.",
    ),
    "role_text": ("正文", "Text"),
    "role_title": ("标题", "Title"),
    "role_id": ("编号", "Id"),
    "role_department": ("科室", "Department"),
    "role_source": ("出处", "Source"),
    "corpus_no_column": ("（无）", "(none)"),
    "corpus_build": ("建立索引", "Build the index"),
    "corpus_cancel": ("取消", "Cancel"),
    "corpus_starting": ("开始编码 {n} 篇…", "Encoding {n} passages…"),
    "corpus_encoding": (
        "已编码 {done} / {n} 篇，每秒 {rate} 篇，还需约 {left}",
        "{done} of {n} passages encoded, {rate} a second, about {left} left",
    ),
    "corpus_indexing": ("{n} 篇已编码，正在建索引…", "{n} passages encoded, building the index…"),
    "corpus_waiting": (
        "前面还有 {n} 位访客在建索引，轮到你时自动开始…",
        "{n} other visitors are ahead of you; this starts by itself when it is your turn…",
    ),
    "corpus_minutes": ("分钟", "min"),
    "corpus_ready": ("索引已建好，去“提问”页试试。", "The index stands. Go to the Ask tab and ask it something."),
    "corpus_cancelled": ("已取消，什么都没有改变。", "Cancelled; nothing has changed."),
    "corpus_failed": ("建索引时出了意外，请再试一次。", "Building the index failed unexpectedly. Please try again."),
    "corpus_in_use": (
        "正在使用你的资料“{name}”，{n} 篇，模型 {presets}。",
        "Answering from your own passages “{name}”: {n}, model {presets}.",
    ),
    "corpus_back": ("换回自带资料库", "Back to the demo’s corpus"),
    "upload_too_large": ("文件超过 {megabytes} MB，请分成几份。", "The file is larger than {megabytes} MB; split it."),
    "upload_too_many": ("文件超过 {limit} 行，请分成几份。", "The file has more than {limit} rows; split it."),
    "upload_unpacked": (
        "这个 Parquet 文件解开后的文字超过 {megabytes} MB，请分成几份。",
        "The text in this Parquet file is larger than {megabytes} MB once unpacked; split it.",
    ),
    "upload_empty": ("文件里没有一行资料。", "There is no row of text in the file."),
    "upload_archive": (
        "这是压缩包（Excel 的 .xlsx 也是）；请解压，或另存为 CSV 再上传。",
        "This is an archive (Excel’s .xlsx is one too); unpack it, or save it as CSV.",
    ),
    "upload_kind": (
        "只认 .csv、.jsonl 和 .parquet 文件，请另存为其中一种。",
        "Only .csv, .jsonl and .parquet files are read; save it as one of them.",
    ),
    "upload_encoding": (
        "认不出文件的编码，请另存为 UTF-8（GB18030 也可以）。",
        "The file’s encoding is not known; save it as UTF-8 (GB18030 works too).",
    ),
    "upload_broken_line": (
        "第 {line} 行不是合法的 {kind}，请改好再上传。",
        "Line {line} is not valid {kind}; mend it and upload again.",
    ),
    "upload_broken_parquet": (
        "这个 Parquet 文件读不出来，可能已损坏。",
        "This Parquet file cannot be read; it may be damaged.",
    ),
    "upload_columns": (
        "文件超过 {limit} 列，只保留要用的几列。",
        "The file has more than {limit} columns; keep those you need.",
    ),
    "upload_line": (
        "第 {line} 行超过 {limit} 个字符，请拆开。",
        "Line {line} has more than {limit} characters; break it up.",
    ),
    "upload_no_text": ("请先选出哪一列是正文。", "Choose which column is the text first."),
    "upload_empty_cell": (
        "第 {line} 行的“{column}”是空的，请补上或删掉这一行。",
        "“{column}” is empty on line {line}; fill it in or delete the line.",
    ),
    "upload_long_cell": (
        "第 {line} 行的“{column}”有 {count} 个字符，最多 {limit} 个。",
        "“{column}” on line {line} has {count} characters, at most {limit} are allowed.",
    ),
    "upload_duplicate_id": (
        "第 {line} 行的编号“{id}”和第 {first} 行重复；请改掉，或把编号设为“（无）”，由本页依次编号。",
        "The id “{id}” on line {line} stands on line {first} already; change it, or set the id to “(none)” to have the rows "
        "numbered.",
    ),
    "upload_gone": ("文件没有收全，请再选一次。", "The file did not arrive whole; choose it again."),
    "upload_full": (
        "现在访客自带的资料太多，请过一会儿再建，或减少篇数。",
        "Visitors hold too many passages of their own at the moment; try later or bring fewer.",
    ),
}
