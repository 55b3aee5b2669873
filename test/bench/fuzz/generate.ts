/** Random write requests of both versions, rich in what is legal and seldom, and in what is not. */

import { Buffer } from 'node:buffer';
import { HistogramGenerator } from './generate-histogram.ts';
import type { Random } from './random.ts';
import { anyDouble, anyLabels, anyStart, anyText, anyTime, goodLabels, goodValue } from './values.ts';
import { type Field, Writer } from './writer.ts';

/** Where the versions put what they share. */
const V1 = { series: 1, exemplars: 3, histograms: 4, metadata: 3 };
const V2 = { symbols: 4, series: 5, histograms: 3, exemplars: 4, metadata: 5 };
/** Deeper than any decoder follows. */
const TOO_DEEP = 200;
const START_GROUP_99 = Buffer.from([0x9b, 0x06]);

/** Protobuf bytes of a request; valid until `memory` is used again. */
export function generate(random: Random, memory: Buffer): { bytes: Buffer; version: 'v1' | 'v2' } {
  const writer = new Writer(random, memory, random.pick([0, 0, 0.01, 0.1]));
  const version = random.chance(0.5) ? 'v1' : 'v2';
  const generator = new RequestGenerator(random, writer);
  if (version === 'v1') generator.writeV1();
  else generator.writeV2();
  if (random.chance(0.001)) for (let i = 0; i < TOO_DEEP; i++) writer.raw(START_GROUP_99);
  return { bytes: writer.written, version };
}

class RequestGenerator {
  readonly #random: Random;
  readonly #writer: Writer;
  readonly #histograms: HistogramGenerator;
  readonly #symbols: Buffer[] = [];

  constructor(random: Random, writer: Writer) {
    this.#random = random;
    this.#writer = writer;
    this.#histograms = new HistogramGenerator(random, writer);
  }

  writeV1(): void {
    const random = this.#random;
    const fields: Field[] = [];
    for (let left = manySeries(random); left > 0; left--) fields.push(() => this.#seriesV1());
    if (random.chance(0.2))
      for (let left = 1 + random.few(4); left > 0; left--) fields.push(() => this.#familyV1());
    if (random.chance(0.1)) random.shuffle(fields);
    this.#writer.fields(fields);
  }

  #seriesV1(): void {
    const writer = this.#writer;
    const labels = this.#labels();
    writer.block(V1.series, () =>
      writer.fields([
        ...labels.map(
          (label): Field =>
            () =>
              this.#labelV1(label),
        ),
        ...this.#contents({
          exemplars: V1.exemplars,
          histograms: V1.histograms,
          exemplarLabels: () => this.#exemplarLabels().map((label) => () => this.#labelV1(label)),
        }),
      ]),
    );
  }

  #labels(): [Buffer, Buffer][] {
    return this.#random.chance(0.85) ? goodLabels(this.#random) : anyLabels(this.#random);
  }

  #exemplarLabels(): [Buffer, Buffer][] {
    const random = this.#random;
    const labels: [Buffer, Buffer][] = [];
    if (random.chance(0.7)) labels.push([Buffer.from('trace_id'), goodValue(random)]);
    if (random.chance(0.2)) labels.push([anyText(random), anyText(random)]);
    return random.chance(0.02) ? anyLabels(random) : labels;
  }

  #labelV1([name, value]: [Buffer, Buffer]): void {
    const writer = this.#writer;
    const isTwice = writer.isOdd();
    writer.block(1, () =>
      writer.fields([
        ...(isTwice ? [() => writer.bytesField(1, Buffer.from('earlier'))] : []),
        ...(name.length > 0 ? [() => writer.bytesField(1, name)] : []),
        ...(value.length > 0 || isTwice ? [() => writer.bytesField(2, value)] : []),
      ]),
    );
  }

  #familyV1(): void {
    const writer = this.#writer;
    const random = this.#random;
    const name = anyText(random);
    const help = anyText(random);
    const unit = anyText(random);
    writer.block(V1.metadata, () =>
      writer.fields([
        () => writer.varintField(1, random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, -1, 2 ** 31])),
        () => writer.bytesField(2, name),
        () => writer.bytesField(4, help),
        ...(unit.length > 0 ? [() => writer.bytesField(5, unit)] : []),
      ]),
    );
  }

  /** Samples, histograms, exemplars: mostly one sample, as Prometheus sends. */
  #contents(of: { exemplars: number; histograms: number; exemplarLabels: () => Field[] }): Field[] {
    const random = this.#random;
    const writer = this.#writer;
    const kind = random.below(10);
    const samples = kind < 7 ? 1 + random.few(30) : kind < 8 ? random.few(4) : 0;
    const histograms = kind >= 7 ? random.few(3) : 0;
    const exemplars = random.chance(0.2) ? 1 + random.few(4) : 0;
    const fields: Field[] = [];
    for (let i = 0; i < samples; i++) fields.push(() => this.#sample(2));
    for (let i = 0; i < histograms; i++)
      fields.push(() => writer.block(of.histograms, () => writer.fields(this.#histograms.fields())));
    for (let i = 0; i < exemplars; i++)
      fields.push(() =>
        writer.block(of.exemplars, () =>
          writer.fields([
            ...of.exemplarLabels(),
            () => writer.doubleField(2, anyDouble(random)),
            () => writer.varintField(3, anyTime(random)),
          ]),
        ),
      );
    return fields;
  }

  #sample(number: number): void {
    const writer = this.#writer;
    const random = this.#random;
    writer.block(number, () => {
      const start = anyStart(random);
      writer.fields([
        ...(writer.isOdd() ? [() => writer.doubleField(1, anyDouble(random))] : []),
        () => writer.doubleField(1, anyDouble(random)),
        () => writer.varintField(2, anyTime(random)),
        ...(start === 0n ? [] : [() => writer.varintField(3, start)]),
      ]);
    });
  }

  writeV2(): void {
    const random = this.#random;
    const writer = this.#writer;
    this.#symbols.push(random.chance(0.97) ? Buffer.alloc(0) : anyText(random));
    const series = Array.from({ length: manySeries(random) }, () => this.#seriesV2());
    if (random.chance(0.02)) for (let i = 0; i < 400; i++) this.#symbols.push(Buffer.alloc(0));
    if (random.chance(0.02)) this.#symbols.length = random.below(this.#symbols.length + 1);
    const symbols = this.#symbols.map(
      (symbol): Field =>
        () =>
          writer.bytesField(V2.symbols, symbol),
    );
    const order = random.below(20);
    if (order === 0) writer.fields([...series, ...symbols]);
    else if (order === 1) writer.fields(interleave(symbols, series));
    else writer.fields([...symbols, ...series]);
  }

  /** Made before it is written, so that the symbols are known. */
  #seriesV2(): Field {
    const writer = this.#writer;
    const random = this.#random;
    const refs = this.#refs(this.#labels());
    const metadata = this.#metadataV2();
    // Their references are made when they are written, mostly to symbols that are there by then.
    const contents = this.#contents({
      exemplars: V2.exemplars,
      histograms: V2.histograms,
      exemplarLabels: () => this.#refFields(this.#knownRefs()),
    });
    const reserved: Field[] = random.chance(0.05) ? [() => writer.varintField(6, anyTime(random))] : [];
    return () =>
      writer.block(V2.series, () =>
        writer.fields([...this.#refFields(refs), ...contents, ...metadata, ...reserved]),
      );
  }

  /** The labels as references, each text in the table once, or sometimes again. */
  #refs(labels: [Buffer, Buffer][]): number[] {
    const random = this.#random;
    const refs = labels.flatMap((label) => label.map((text) => this.#ref(text)));
    if (random.chance(0.02)) refs.pop();
    if (random.chance(0.02) && refs.length > 0) refs[random.below(refs.length)] = this.#wrongRef();
    return refs;
  }

  #ref(text: Buffer): number {
    const known = this.#symbols.findIndex((symbol) => symbol.equals(text));
    return known >= 0 && this.#random.chance(0.98) ? known : this.#symbols.push(text) - 1;
  }

  #wrongRef(): number {
    return this.#random.pick([this.#symbols.length, 999, 2 ** 31, 2 ** 32 - 1]);
  }

  #knownRefs(): number[] {
    const random = this.#random;
    const count = random.chance(0.02) ? random.below(60) : 2 * random.few(3);
    return Array.from({ length: count }, () =>
      random.chance(0.99) ? random.below(this.#symbols.length) : this.#wrongRef(),
    );
  }

  #refFields(refs: readonly number[]): Field[] {
    const writer = this.#writer;
    const write = (ref: number): void => {
      // Bits above the 32 that count are dropped.
      writer.varint(writer.isOdd() ? BigInt(ref) + (BigInt(this.#random.below(1000)) << 32n) : ref);
    };
    if (!writer.isOdd()) return [() => writer.block(1, () => refs.forEach(write))];
    const cut = this.#random.below(refs.length + 1);
    return [
      () => {
        for (const ref of refs.slice(0, cut)) writer.varintField(1, ref);
      },
      () => writer.block(1, () => refs.slice(cut).forEach(write)),
    ];
  }

  #metadataV2(): Field[] {
    const random = this.#random;
    const writer = this.#writer;
    if (random.chance(0.6)) return [];
    const ref = (): number => (random.chance(0.02) ? this.#wrongRef() : this.#ref(anyText(random)));
    const parts: Field[] = [
      ...(random.chance(0.7)
        ? [() => writer.varintField(1, random.pick([0, 1, 2, 3, 4, 5, 6, 7, 8, -1]))]
        : []),
      ...(random.chance(0.5) ? [varintOf(writer, 3, ref())] : []),
      ...(random.chance(0.5) ? [varintOf(writer, 4, ref())] : []),
    ];
    const message =
      (fields: Field[]): Field =>
      () =>
        writer.block(V2.metadata, () => writer.fields(fields));
    // A message that comes twice is merged.
    const cut = random.chance(0.1) ? random.below(parts.length + 1) : parts.length;
    return cut < parts.length ? [message(parts.slice(0, cut)), message(parts.slice(cut))] : [message(parts)];
  }
}

function manySeries(random: Random): number {
  return random.below(4) + random.few(6);
}

function varintOf(writer: Writer, number: number, value: number): Field {
  return () => writer.varintField(number, value);
}

function interleave<Item>(first: readonly Item[], second: readonly Item[]): Item[] {
  const longer = Math.max(first.length, second.length);
  return Array.from({ length: longer }, (_, i) => [
    ...first.slice(i, i + 1),
    ...second.slice(i, i + 1),
  ]).flat();
}
