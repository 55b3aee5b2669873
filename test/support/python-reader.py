"""Reads records by libraries that nobody here wrote: fastavro, protobuf (with protoc's own code), cramjam.

Standard input: {"format", "schema", "proto", "values": [base64]}. Standard output: one list, an item for each sample or
histogram. Doubles are given as "f:" and their bits, since JSON has no word for most of them.
"""

import base64
import importlib
import io
import json
import struct
import sys
import tempfile

METRIC = {
    "type": "record",
    "name": "io.prometheus.Metric",
    "fields": [
        {"name": "timestamp", "type": "string"},
        {"name": "value", "type": "string"},
        {"name": "name", "type": "string"},
        {"name": "labels", "type": {"type": "map", "values": "string"}},
    ],
}
TYPES = ["unknown", "counter", "gauge", "histogram", "gaugehistogram", "summary", "info", "stateset"]
HINTS = ["unknown", "yes", "no", "gauge"]


def bits(value):
    return "f:" + struct.pack(">d", value).hex()


def number(value):
    """A double by its bits, an integer by its digits."""
    return bits(value) if isinstance(value, float) else str(value)


def avro_reader(schema_text, framing):
    import fastavro
    import fastavro.schema

    # As datetime, times end in the year 9999.
    fastavro.read.LOGICAL_READERS["long-timestamp-millis"] = lambda data, *_: data
    schema = fastavro.parse_schema(json.loads(schema_text))
    canonical = fastavro.schema.to_parsing_canonical_form(json.loads(schema_text))
    mark = bytes.fromhex("c301" + fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))

    def read(value):
        header = 10 if framing == "avro" else 5
        if framing == "avro" and value[:header] != mark:
            raise ValueError(f"the header is {value[:header].hex()}, not {mark.hex()}")
        stream = io.BytesIO(value[header:])
        record = fastavro.schemaless_reader(stream, schema)
        if stream.read(1) != b"":
            raise ValueError("there are bytes behind the record")
        return [of_avro(record)]

    return read


def of_avro(record):
    histogram = record["histogram"]
    exemplars = [{**one, "value": bits(one["value"])} for one in record["exemplars"]]
    value = record["value"]
    item = {**record, "value": value if value is None else bits(value), "exemplars": exemplars}
    if histogram is not None:
        item["histogram"] = of_avro_histogram(histogram)
    return item


def of_avro_histogram(histogram):
    kind = "int" if histogram["count_int"] is not None else "float"
    shown = {
        "count": number(histogram[f"count_{kind}"]),
        "zero_count": number(histogram[f"zero_count_{kind}"]),
        "sum": bits(histogram["sum"]),
        "schema": histogram["schema"],
        "zero_threshold": bits(histogram["zero_threshold"]),
        "custom_values": [bits(bound) for bound in histogram["custom_values"]],
        "reset_hint": histogram["reset_hint"],
        "float": kind == "float",
    }
    for side in ("positive", "negative"):
        shown[f"{side}_spans"] = [[span["offset"], span["length"]] for span in histogram[f"{side}_spans"]]
        shown[f"{side}_counts"] = [number(count) for count in histogram[f"{side}_counts_{kind}"]]
    return shown


def avro_json_reader():
    import fastavro

    schema = fastavro.parse_schema(METRIC)
    return lambda value: list(fastavro.json_reader(io.StringIO(value.decode()), schema))


def generated(proto, module):
    """The code that protoc makes of a file of proto/."""
    from grpc_tools import protoc

    folder = tempfile.TemporaryDirectory()
    if protoc.main(["protoc", f"-I{proto}", f"--python_out={folder.name}", f"{module}.proto"]) != 0:
        raise ValueError(f"protoc refuses {module}.proto")
    sys.path.insert(0, folder.name)
    with folder:
        return importlib.import_module(module.replace("/", ".") + "_pb2")


def protobuf_reader(proto):
    message = generated(proto, "kafka_adapter/record").Series
    return lambda value: of_entry(message.FromString(value), lambda labels: dict(labels))


def remote_write_reader(proto):
    import cramjam

    message = generated(proto, "prometheus/remote_write_v1").WriteRequest

    def read(value):
        request = message.FromString(bytes(cramjam.snappy.decompress_raw(value)))
        named = lambda labels: {label.name: label.value for label in labels}
        return [item for entry in request.timeseries for item in of_entry(entry, named)]

    return read


def of_entry(entry, named):
    """Each sample and histogram, the exemplars with the last of them, or alone."""
    labels = named(entry.labels)
    about = {
        "labels": labels,
        "name": labels["__name__"],
        "type": TYPES[getattr(entry, "type", 0)],
        "unit": getattr(entry, "unit", ""),
        "help": getattr(entry, "help", ""),
    }
    items = [
        {**about, "timestamp": one.timestamp, "value": bits(one.value), "start_timestamp": start_of(one)}
        for one in entry.samples
    ] + [
        {
            **about,
            "timestamp": one.timestamp,
            "histogram": of_histogram(one),
            "start_timestamp": start_of(one),
        }
        for one in entry.histograms
    ]
    exemplars = [
        {"labels": named(one.labels), "value": bits(one.value), "timestamp": one.timestamp}
        for one in entry.exemplars
    ]
    if not items:
        items = [{**about, "timestamp": exemplars[-1]["timestamp"]}]
    items[-1]["exemplars"] = exemplars
    return items


def start_of(one):
    return getattr(one, "start_timestamp", 0) or None


def of_histogram(histogram):
    kind = "float" if histogram.WhichOneof("count") == "count_float" else "int"
    shown = {
        "count": number(getattr(histogram, f"count_{kind}")),
        "zero_count": number(getattr(histogram, f"zero_count_{kind}")),
        "sum": bits(histogram.sum),
        "schema": histogram.schema,
        "zero_threshold": bits(histogram.zero_threshold),
        "custom_values": [bits(bound) for bound in histogram.custom_values],
        "reset_hint": HINTS[histogram.reset_hint],
        "float": kind == "float",
    }
    for side in ("positive", "negative"):
        counts = list(getattr(histogram, f"{side}_counts"))
        if kind == "int":
            total = 0
            for delta in getattr(histogram, f"{side}_deltas"):
                total += delta
                counts.append(total)
        shown[f"{side}_counts"] = [number(count) for count in counts]
        shown[f"{side}_spans"] = [
            [span.offset, span.length] for span in getattr(histogram, f"{side}_spans")
        ]
    return shown


def main():
    request = json.load(sys.stdin)
    read = {
        "avro": lambda: avro_reader(request["schema"], "avro"),
        "avro-confluent": lambda: avro_reader(request["schema"], "confluent"),
        "telefonica-avro-json": avro_json_reader,
        "protobuf": lambda: protobuf_reader(request["proto"]),
        "remote-write": lambda: remote_write_reader(request["proto"]),
    }[request["format"]]()
    values = [base64.b64decode(value) for value in request["values"]]
    json.dump([item for value in values for item in read(value)], sys.stdout)


main()
