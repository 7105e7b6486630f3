"""Sheets that are well-formed, so that every one of them is held against what expat reads."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.workbook import WorkbookTarget

_PIECES = (
    r"a|ä|😀| |{cr}|{cr}{lf}|{lf}|&amp;|&#13;|&#x41;|&lt;|<![CDATA[<a>{cr}]]>|_x000D_|_x005F_|_xD800_|_x0041"
    r'|<!--b-->|<?c d?>|<e>f</e>|<g/>|>|"|0|1'
)
_texts = st.lists(st.sampled_from(_PIECES.format(cr="\r", lf="\n").split("|")), max_size=5).map("".join)
_numbers = st.one_of(
    st.integers(0, 3_000_000).map(str),
    st.integers(-(10**22), 10**22).map(str),
    st.floats(0, 3_000_000).map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(0, 100_000).map(lambda value: f"{value:.17g}"),
    st.decimals(-1000, 1000, places=2).map(str),
    st.sampled_from(
        ["00", "1.", ".5", "-0", "+1", "1e5", "1E400", "1e-400", "59", "60", "61", "0.99999999999"]
    ),
)
_strings = st.builds(
    lambda runs, plain: "<si>" + (f"<t>{plain}</t>" if not runs else "") + "".join(runs) + "</si>",
    st.lists(
        st.one_of(
            _texts.map(lambda text: f"<r><rPr/><t>{text}</t></r>"),
            _texts.map(lambda text: f'<rPh sb="0" eb="1"><t>{text}</t></rPh>'),
        ),
        max_size=3,
    ),
    _texts,
)
_contents = st.one_of(
    st.builds(lambda number: f"><v>{number}</v></c>", _numbers),
    st.builds(lambda number: f' t="n"><v>{number}</v></c>', _numbers),
    st.builds(lambda number: f' t="s"><v>{number}</v></c>', st.integers(0, 4)),
    st.builds(lambda number: f" t='s' ><f>1</f><v>{number}</v></c >", st.integers(0, 4)),
    st.builds(lambda text: f' t="str"><v>{text}</v></c>', _texts),
    st.builds(lambda text: f' t="e"><v>{text}</v></c>', _texts),
    st.builds(lambda text: f' t="b"><v>{text}</v></c>', _texts),
    st.builds(lambda text: f' t="inlineStr"><is><t>{text}</t></is></c>', _texts),
    st.builds(lambda text: f"><v>{text}</v></c>", _texts),
    st.sampled_from(["/>", "></c>", " ></c>", "><v/></c>", "><is/></c>", "><extLst><c/></extLst></c>"]),
)
_cells = st.tuples(
    st.sampled_from(["A", "B", "C", "D", "E", "XFD", "", "", "a"]),
    st.sampled_from(["", *(f' s="{style}"' for style in range(8))]),
    _contents,
)


def _row(number: int | None, cells: list[tuple[str, str, str]]) -> str:
    reference = "" if number is None else f' r="{number}"'
    inner = "".join(
        "<c" + (f' r="{column}{number or 1}"' if column else "") + style + content
        for column, style, content in cells
    )
    return f'<row{reference} spans="1:4">{inner}</row>'


_rows = st.builds(_row, st.one_of(st.none(), st.integers(0, 1_048_576)), st.lists(_cells, max_size=6))
_formats = st.sampled_from(["", "General", "0.00", "yyyy", "d/m", "hh:mm", "[h]:mm", '"d"0', "[Red]0;dd"])


@settings(max_examples=300)
@given(
    st.binary(min_size=4, max_size=4),
    st.lists(st.one_of(_rows, st.sampled_from(["<!--a-->", "\n", "<b/>", "<row/>"])), max_size=5),
    st.lists(_strings, max_size=5),
    _formats,
)
def test_what_is_well_formed_is_read_as_expat_reads_it(
    options: bytes, rows: list[str], strings: list[str], code: str
) -> None:
    # Prefixed names are for what is written without: the frame only has them where the body does.
    options = options[:1] + bytes([options[1] & 254]) + options[2:]
    WorkbookTarget().run(options + "\0".join(["".join(rows), "".join(strings), code]).encode())
