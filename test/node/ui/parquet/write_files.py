"""Writes Parquet files as people have them into a folder, and what pyarrow reads of some as JSON."""

import datetime
import decimal
import json
import sys

import numpy
import pandas
import pyarrow
import pyarrow.parquet

folder = sys.argv[1]
Decimal = decimal.Decimal


def write(name, table, **options):
    pyarrow.parquet.write_table(table, f"{folder}/{name}.parquet", **options)


kinds = pyarrow.table(
    {
        "int64": pyarrow.array([9007199254740993, -9223372036854775808, None], pyarrow.int64()),
        "uint64": pyarrow.array([18446744073709551615, 0, None], pyarrow.uint64()),
        "int8": pyarrow.array([-128, 127, None], pyarrow.int8()),
        "float": pyarrow.array([0.1, float("nan"), float("-inf")], pyarrow.float32()),
        "double": pyarrow.array([0.1, -0.0, 1e300]),
        "half": pyarrow.array(numpy.array([1.5, -2, 65504], dtype=numpy.float16)),
        "truth": pyarrow.array([True, False, None]),
        "text": pyarrow.array(["<img src=x onerror=alert(1)>", "", None]),
        "bytes": pyarrow.array([b"\x00\xff", b"", None], pyarrow.binary()),
        "fixed": pyarrow.array([b"\x01\x02", b"\xff\xff", None], pyarrow.binary(2)),
        "date": pyarrow.array([datetime.date(2026, 11, 28), datetime.date(1, 1, 1), None]),
        "large": pyarrow.array(
            [Decimal("1234567890123456789012345678.90"), Decimal("-0.05"), None],
            pyarrow.decimal128(38, 2),
        ),
        "small": pyarrow.array([Decimal("1.234"), Decimal("-0.001"), None], pyarrow.decimal128(9, 3)),
        "nanos": pyarrow.array([1700000000123456789, -1, None], pyarrow.timestamp("ns")),
        "micros": pyarrow.array([1700000000123456, -1, None], pyarrow.timestamp("us", "UTC")),
        "time": pyarrow.array([datetime.time(1, 2, 3, 456), datetime.time(0, 0), None]),
        "category": pyarrow.array(["a", "b", None]).dictionary_encode(),
        "list": pyarrow.array([[1, None, 3], [], None], pyarrow.list_(pyarrow.int64())),
        "struct": pyarrow.array(
            [{"a": 1, "b": 'x"y'}, {"a": None, "b": None}, None],
            pyarrow.struct([("a", pyarrow.int32()), ("b", pyarrow.string())]),
        ),
        "map": pyarrow.array(
            [[("k", 1), ("k", 2)], [], None], pyarrow.map_(pyarrow.string(), pyarrow.int64())
        ),
        "deep": pyarrow.array(
            [[[{"a": [1, 2]}, None], []], [None], None],
            pyarrow.list_(pyarrow.list_(pyarrow.struct([("a", pyarrow.list_(pyarrow.int8()))]))),
        ),
        "nothing": pyarrow.nulls(3),
    }
)
for codec in ["none", "snappy", "gzip", "lz4", "zstd", "brotli"]:
    for version in ["1.0", "2.0"]:
        write(f"{codec}-{version}", kinds, compression=codec, data_page_version=version)
write("int96", kinds.select(["nanos"]), use_deprecated_int96_timestamps=True)

count = 1000
numbers = pyarrow.table(
    {
        "i": pyarrow.array(range(count), pyarrow.int32()),
        "l": pyarrow.array([(x - 500) ** 5 for x in range(count)], pyarrow.int64()),
        "s": [f"text {x}" for x in range(count)],
        "d": [x / 7 for x in range(count)],
        "f": pyarrow.array([x / 8 for x in range(count)], pyarrow.float32()),
        "b": [x % 3 == 0 for x in range(count)],
        "n": [None if x % 5 else x for x in range(count)],
        "y": [[z for z in range(x % 50)] for x in range(count)],
    }
)
whole = {"use_dictionary": False}
deltas = {"i": "DELTA_BINARY_PACKED", "l": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY"}
splits = {"d": "BYTE_STREAM_SPLIT", "f": "BYTE_STREAM_SPLIT", "b": "RLE"}
ways = {
    "plain": whole,
    "dictionary": {},
    "delta": {**whole, "column_encoding": {**deltas, **splits}},
    "lengths": {**whole, "column_encoding": {"s": "DELTA_LENGTH_BYTE_ARRAY", "i": "BYTE_STREAM_SPLIT"}},
    "groups": {"row_group_size": 7},
    "pages": {"data_page_size": 64, "write_batch_size": 5},
    "second": {"data_page_size": 64, "write_batch_size": 5, "data_page_version": "2.0"},
}
for name, options in ways.items():
    write(name, numbers, **options)
with open(f"{folder}/numbers.json", "w") as file:
    json.dump(numbers.slice(0, 200).to_pydict(), file)

write("empty", pyarrow.table({"a": pyarrow.array([], pyarrow.int64()), "b": pyarrow.array([], pyarrow.string())}))
write("wide", pyarrow.table({f"c{i}": [i] for i in range(10_000)}), compression="none")
write(
    "long",
    pyarrow.table({"id": numpy.arange(10_000_000, dtype=numpy.int32), "one": numpy.ones(10_000_000, dtype=numpy.int8)}),
    row_group_size=10_000_000,
)
write("vectors", pyarrow.table({"id": list(range(300)), "vector": [list(range(2000))] * 300}))
pandas.DataFrame({"x": [1, 2], "y": ["a", None]}).to_parquet(f"{folder}/pandas.parquet")
