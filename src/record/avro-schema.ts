/** The Avro schema of proto/kafka_adapter/sample.avsc: its canonical form and fingerprint. */

import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';

/** CRC-64-AVRO of nothing (Avro 1.12, "Schema Fingerprints"). */
const EMPTY = 0xc15d213aa4d7a795n;

/** The attributes that the Parsing Canonical Form keeps, in its order. */
const KEPT = ['name', 'type', 'fields', 'symbols', 'items', 'values', 'size'] as const;
const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];

type Schema = string | readonly Schema[] | { readonly [attribute: string]: unknown };

export function readSampleSchema(): Schema {
  const file = new URL('../../proto/kafka_adapter/sample.avsc', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Schema;
}

/**
 * The Parsing Canonical Form (Avro 1.12, "Transforming into Parsing Canonical Form"), for schemas whose names are of
 * one namespace and whose primitives with attributes are logical types.
 */
export function canonicalForm(schema: Schema): string {
  const namespace = (schema as { namespace?: string }).namespace ?? '';
  const full = (name: string): string =>
    name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
  const typeText = (type: Schema): string => {
    if (typeof type === 'string') return JSON.stringify(PRIMITIVES.includes(type) ? type : full(type));
    if (Array.isArray(type)) return `[${type.map(typeText).join(',')}]`;
    const entry = type as Record<string, unknown>;
    if (PRIMITIVES.includes(entry['type'] as string)) return JSON.stringify(entry['type']);
    return objectText(entry);
  };
  const objectText = (entry: Readonly<Record<string, unknown>>): string => {
    const attributes = KEPT.filter((key) => entry[key] !== undefined).map((key) => {
      const value = entry[key];
      return `"${key}":${attributeText(key, value)}`;
    });
    return `{${attributes.join(',')}}`;
  };
  const attributeText = (key: (typeof KEPT)[number], value: unknown): string => {
    if (key === 'name') return JSON.stringify(full(value as string));
    if (key === 'type') return JSON.stringify(value);
    if (key === 'fields') return `[${(value as Record<string, unknown>[]).map(fieldText).join(',')}]`;
    return key === 'items' || key === 'values' ? typeText(value as Schema) : JSON.stringify(value);
  };
  const fieldText = ({ name, type }: Record<string, unknown>): string =>
    `{"name":${JSON.stringify(name)},"type":${typeText(type as Schema)}}`;
  return typeText(schema);
}

/** CRC-64-AVRO of the canonical form, eight bytes, little-endian. */
export function fingerprint(canonical: string): Buffer {
  let crc = EMPTY;
  for (const byte of Buffer.from(canonical)) {
    let entry = (crc ^ BigInt(byte)) & 0xffn;
    for (let bit = 0; bit < 8; bit++) entry = (entry >> 1n) ^ (EMPTY & -(entry & 1n));
    crc = (crc >> 8n) ^ BigInt.asUintN(64, entry);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(crc);
  return bytes;
}
