"""What each key of pipeline.yaml means, for editors and for the reference."""

from __future__ import annotations

__all__ = ["DESCRIPTIONS"]

#: Class of the model -> key -> one or two sentences.
DESCRIPTIONS: dict[str, dict[str, str]] = {
    "Pipeline": {
        "name": "Names the pipeline in the history; two pipelines may load into one database.",
        "source": "Where the files are: a folder (a relative one lies beside this file), or "
        "s3://bucket/prefix.",
        "destination": "The database: postgresql://user@host/name (with ?iam=true for a token of IAM), "
        "secretsmanager://NAME, often ${DATABASE_URL}. Left out, the "
        "embedded database. --to, LOADSTONE_DATABASE_URL and DATABASE_URL go before it.",
        "limits": "How many loads at once, and how long things may take.",
        "retention": "After which age rejected rows and notifications go: 90d, or by kind. `loadstone run`, "
        "the Lambda's schedule and `loadstone forget` see to it. Left out: never.",
        "notify": "Who is told of what: a list of targets.",
        "datasets": "By name: the files of one pattern, and what becomes of them.",
    },
    "Limits": {
        "max_concurrent_loads": "How many loading transactions all workers together may have, kept in "
        "PostgreSQL.",
        "lock_timeout": "Seconds to wait for a lock of the database.",
        "stall_timeout": "Seconds without any progress after which a load is given up and tried again.",
        "wait_for_slot": "Seconds to wait, holding nothing, while others load.",
        "attempts": "How often a load is tried while faults are transient.",
    },
    "Retention": {
        "raw_texts": "The text of rejected rows, which may hold personal data; where they stand and of what "
        "kind their faults are stays. Hours, days or weeks: 12h, 90d, 4w.",
        "rejects": "Rejected rows altogether.",
        "notifications": "The record of what was sent to whom; what is younger than 9 days stays, lest it be "
        "sent again.",
    },
    "Dataset": {
        "files": "Glob patterns over the keys below the source: * and ? stay within a folder, ** crosses "
        "folders.",
        "table": "Where the rows go, with or without a schema. Left out: the dataset's name.",
        "mode": "append adds rows, merge updates those whose key is there, replace empties the table "
        "first, all in the load's transaction.",
        "key": "The columns, by their names in the table, that tell one row from another.",
        "order_by": "With merge: the column by which the newer row wins, instead of the age of the files.",
        "deduplicate": "last: of rows with one key within a file, the last wins. merge does so anyway.",
        "on_overwrite": "What a changed file does: replace_rows (its old rows go), append, ignore, upsert "
        "(merge only). The default is replace_rows, for merge upsert.",
        "on_delete": "What the deletion of a file does: keep its rows, or remove_rows.",
        "method": "How replace empties the table: truncate, or delete, which readers with an older "
        "snapshot survive.",
        "allow_empty": "Let replace leave an empty table where a file has no accepted row.",
        "partition_by": "Partitions of a table that loadstone creates.",
        "indexes": "Further indexes of a table that loadstone creates: a column, or a list of columns, each.",
        "reject_limit": "How many rejected rows a load may have: a share (10%, once 100 rows are read) or "
        "a count. More fail it; null sets no limit.",
        "columns": "By their names in the file: what is expected of the cells.",
        "children": "JSON: by their keys, the lists whose elements become rows of tables of their own.",
        "contract": "What a column does that is not listed: evolve adds it to the table, freeze fails the "
        "load, discard_row leaves out rows that have it, discard_value leaves out the value. With evolve, "
        "a column without a type of its own also gets a wider one where values need it.",
        "types": "Types of columns without one: infer them from the file, or text.",
        "lineage": "Write _load_id and _row to every row, so that it tells which load it came from.",
        "format": "How the files are written, where that is not to be found out.",
        "notify": "The dataset's own targets instead of the pipeline's; an empty list: none.",
    },
    "ColumnConfig": {
        "type": "A PostgreSQL type, which stays as it is. Left out: the table's, else what the file shows.",
        "rename": "The column's name in the table.",
        "required": "A missing value rejects the row, unless default fills it.",
        "null_values": "Texts that mean NULL, besides an unquoted empty cell.",
        "trim": "Remove white space around the cell. Default: for every type but text.",
        "decimal": "The decimal separator.",
        "thousands": "The thousands separator.",
        "format": "A strptime format of dates and times, instead of ISO 8601.",
        "formats": "Several of these, tried in order.",
        "timezone": "The time zone of a timestamptz that names none. Default: UTC.",
        "round": "Round digits beyond a numeric's scale instead of rejecting them.",
        "range": "[lowest, highest], both allowed; null leaves an end open.",
        "max_length": "In characters.",
        "values": "The only values allowed.",
        "pattern": "A regular expression that the whole text must match.",
        "otherwise": "What happens to a value that range, values, pattern or max_length refuse: reject "
        "the row, null, or {set: VALUE}. A value that does not parse is always a reject.",
        "default": "Stands in for a missing value.",
        "constant": "The same value in every row, not read from the file.",
        "metadata": "A fact about the object in every row, not read from the file.",
        "split": "The columns that the cell's parts become. The cell is a JSON list, a list or tuple as "
        "Python prints it, or has a sep between its parts.",
        "sep": "What separates the parts of a split cell.",
    },
    "ChildConfig": {
        "table": "Where the elements go. Left out: the dataset's table, an underscore, and the key.",
        "key": "What the parent's key columns are called in the child's table, where rows have a key. Left "
        "out: the parent's table, an underscore, and the column's name.",
        "columns": "By their names in an element: what is expected of the cells. A list of plain values has "
        "the one column `value`.",
    },
    "NotifyTarget": {
        "on": "What the target is told of: a list of words, and of `kind: value`.",
        "sns": "The ARN of an SNS topic. Needs `pip install 'loadstone[aws]'`.",
        "webhook": "A URL that takes a JSON object with a text by POST, as Slack's do. It is a secret: write "
        "${VARIABLE}.",
        "template": "The message, as a format string: {dataset}, {uri}, {rows_loaded:,}; the guide on "
        "notifications has all fields. Left out: a sentence for each kind.",
    },
    "NotifyOn": {
        "landed": "An object was taken up for the first time, whatever became of it.",
        "loaded": "An object's rows were committed.",
        "failed": "A load failed.",
        "rejects_over": "More rows of a load were rejected: a count, or a share (1%) once 100 rows are read.",
        "nothing_by": "Nothing was loaded between that time of day and the one before: 06:00 (UTC), or "
        "06:00 Europe/Berlin.",
        "volume_off": "A load brought so many times more rows, or less, than the median of the 20 before; "
        "where many files come, a day did, by the days before.",
    },
    "NothingBy": {
        "time": "Hours and minutes: 06:00.",
        "timezone": "Its time zone: Europe/Berlin.",
        "days": "The days on which something is expected: mon, tue, wed, thu, fri, sat, sun.",
    },
    "PartitionBy": {
        "hash": "Columns; with partitions, a number.",
        "range": "Columns; with partitions, names with [from, to].",
        "list": "One column; with partitions, names with lists of values.",
        "partitions": "hash: how many. range: name: [from, to]. list: name: [values]. A name may be "
        "`default`.",
    },
    "RejectLimit": {
        "count": "More rejected rows than that fail the load.",
        "share": "A larger share of rejected rows fails the load.",
        "minimum_rows": "The share counts once so many rows are read.",
    },
    "Format": {
        "type": "csv (any delimited text), jsonl (one object per line), json (any other layout), parquet, "
        "avro, orc or xlsx (any workbook). Left out: by the file's name and its beginning.",
        "preset": "How a program writes its exports: a name that stands for other keys of `format`; keys "
        "written beside it go before it.",
        "delimiter": "Between cells: one character or several, or `whitespace` for runs of blanks and tabs. "
        "Left out: decided from the file.",
        "quote": "Around cells; empty: none. Left out: decided from the file.",
        "escape": "Before a character that is meant as it is; empty: none. Left out: decided from the file.",
        "comment": "Lines that begin with it are left out; empty: none are. Left out: # where such lines fit "
        "no record.",
        "encoding": "Left out: what a byte order mark says, else decided from the file.",
        "header": "Whether the first record has the names; or the names, for files without it. Left out: "
        "decided from the file.",
        "header_rows": "How many records the header takes; their words are joined. Left out: decided from "
        "the file.",
        "skip_lines": "Lines before the header; in a workbook, rows of the sheet. Left out: decided from "
        "the file.",
        "ragged": "What becomes of records with too few or too many cells: reject, pad the short ones with "
        "NULL, truncate the long ones, or pad_and_truncate.",
        "decimal": "Before the fraction, in columns whose type is inferred. Left out: decided from the file.",
        "thousands": "Between thousands, in columns whose type is inferred. Left out: decided from the file.",
        "sheet": "Of a workbook, the sheet by name, or by number from 1. Left out: the first visible one.",
        "max_record_bytes": "A record longer than this is rejected.",
        "max_compression_ratio": "A file that unpacks to more than so many times its size is refused.",
        "records": "JSON: the way to the records within the document, as in $.data.items.",
        "nested": "JSON: what becomes of an object within a record: one jsonb column, or a column for each "
        "member (flatten).",
        "separator": "JSON: between the names of flattened objects.",
    },
}
