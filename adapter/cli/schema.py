"""Print the JSON Schema of a kind of file, so that editors complete and check it."""

import argparse

import msgspec

from adapter.core.handbook.file_schemas import FILE_SCHEMAS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", choices=list(FILE_SCHEMAS), help="mapping: a dialect's; tenants: ADAPTER_TENANTS")


def run(options: argparse.Namespace) -> int:
    print(msgspec.json.format(msgspec.json.encode(FILE_SCHEMAS[options.subject]())).decode())
    return 0
