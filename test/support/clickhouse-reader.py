"""A ClickHouse within this process (chDB) that reads topics by its own Kafka engine.

Standard input: {"before", "select", "rows", "seconds", "after"}. Runs the statements of before, selects until so many
rows have come, and runs those of after. Standard output: the rows as one list of JSON objects.
"""

import json
import sys
import tempfile
import time

from chdb import session


def create(clickhouse, statement):
    """Within another program nothing reads in the background, and that is said; the table is there and reads when asked."""
    try:
        clickhouse.query(statement)
    except RuntimeError as error:
        if "Shutdown was called" not in str(error):
            raise


def main():
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        clickhouse = session.Session(folder)
        # The usual database of chDB has no tables that read by themselves.
        clickhouse.query("CREATE DATABASE reader ENGINE = Atomic")
        clickhouse.query("USE reader")
        for statement in request["before"]:
            create(clickhouse, statement)
        rows = []
        end = time.monotonic() + request["seconds"]
        while len(rows) < request["rows"] and time.monotonic() < end:
            text = str(clickhouse.query(request["select"], "JSONEachRow"))
            rows += [json.loads(line) for line in text.splitlines() if line.strip()]
        for statement in request["after"]:
            clickhouse.query(statement)
        json.dump(rows, sys.stdout)
        clickhouse.close()


main()
