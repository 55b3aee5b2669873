/** What stands in front of each Avro record, by which a consumer finds the schema. */

import { Buffer } from 'node:buffer';
import { canonicalForm, fingerprint, readSampleSchema } from './avro-schema.ts';
import { type RegistrySettings, SchemaRegistry } from './schema-registry.ts';

/** Single-object encoding, version 1 (Avro 1.12, "Single-object encoding"). */
const SINGLE_OBJECT = Buffer.from([0xc3, 0x01]);
/** Confluent wire format: a zero byte, then the id of the schema, big-endian. */
const CONFLUENT_BYTES = 5;

export interface AvroFraming {
  /** Complete once `prepare` has resolved. */
  readonly prefix: Uint8Array;
  prepare?(): Promise<void>;
}

/** By a schema registry when there is one, else by the fingerprint of the schema. */
export function avroFraming(registry: RegistrySettings | undefined): AvroFraming {
  const schema = readSampleSchema();
  if (!registry) return { prefix: Buffer.concat([SINGLE_OBJECT, fingerprint(canonicalForm(schema))]) };
  const client = new SchemaRegistry(registry, JSON.stringify(schema));
  const prefix = Buffer.alloc(CONFLUENT_BYTES);
  return {
    prefix,
    prepare: async () => {
      prefix.writeInt32BE(await client.schemaId(), 1);
    },
  };
}
