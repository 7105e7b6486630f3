"""`loadstone validate` needs no database and tells everything at once."""

from __future__ import annotations

from fixtures.commandline import CommandLine

PIPELINE = """
source: data
destination: ${NOT_SET_HERE}
datasets:
  orders:
    files: "orders/*.csv"
    table: shop.orders
    mode: merge
    key: id
    columns:
      id: {type: bigint, required: true}
      amount: {type: "numeric(12,2)", range: [0, null], otherwise: {set: 0}}
      place: {split: [city, country]}
"""


def test_it_says_what_each_dataset_will_do_and_which_files_match(alone: CommandLine) -> None:
    alone.write("pipeline.yaml", PIPELINE)
    alone.write("data/orders/a.csv", "id\n1\n")
    alone.write("data/other/a.csv", "id\n1\n")
    result = alone("validate")
    assert result.out.splitlines() == [
        "pipeline default: from data",
        "",
        "orders: orders/*.csv -> shop.orders",
        "  mode merge, by id, a changed file: upsert; reject limit 10 %; unknown columns: evolve",
        "  1 file (5 B) matches now: orders/a.csv",
        "  column   type           from                rules",
        "  id       bigint                             required",
        "  amount   numeric(12,2)                      0 to ...; otherwise 0",
        "  city     text           place, part 1 of 2",
        "  country  text           place, part 2 of 2",
        "pipeline.yaml is valid: 1 dataset",
    ]
    document = alone("validate", "--json").document
    assert document["valid"]
    assert document["datasets"][0]["matching"] == [{"key": "orders/a.csv", "bytes": 5}]


def test_mistakes_come_with_file_line_and_column(alone: CommandLine) -> None:
    alone.write("pipeline.yaml", PIPELINE.replace("mode: merge", "mood: merge").replace("bigint", "'('"))
    result = alone("validate", code=2)
    assert result.err.splitlines() == [
        "error: pipeline.yaml:8:5: datasets.orders.mood: unknown key",
        "hint: did you mean mode?",
        "error: pipeline.yaml:11:7: datasets.orders.columns.id: '(' is not the name of a PostgreSQL type",
    ]
    assert len(alone("validate", "--json", code=2).document["errors"]) == 2


def test_a_file_that_two_datasets_match_is_an_error(alone: CommandLine) -> None:
    alone.write("pipeline.yaml", PIPELINE + '  all:\n    files: "**/*.csv"\n')
    alone.write("data/orders/a.csv", "id\n1\n")
    result = alone("validate", code=1)
    assert "1 file matches another dataset, too, such as orders/a.csv" in result.err


def test_a_source_that_is_not_there_is_told_unless_offline(alone: CommandLine) -> None:
    alone.write("pipeline.yaml", PIPELINE)
    assert "error: " in alone("validate", code=1).err
    assert alone("validate", "--offline").err == ""
    assert "there is no such file" in alone("validate", "-f", "none.yaml", code=2).err


def test_without_a_pipeline_file_it_says_so(alone: CommandLine) -> None:
    assert alone("validate", code=2).err.startswith("error: pipeline.yaml: there is no such file\nhint: ")
