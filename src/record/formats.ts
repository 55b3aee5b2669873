/** The list of record formats by the name of `record.format`. */

import type { RecordFormat } from '../contracts.ts';
import { AvroFormat } from './avro.ts';
import { avroFraming } from './avro-framing.ts';
import { JsonFormat, type JsonSettings } from './json.ts';
import { ProtobufFormat } from './protobuf.ts';
import { RemoteWriteFormat } from './remote-write.ts';
import type { RegistrySettings } from './schema-registry.ts';
import { TelefonicaAvroJsonFormat } from './telefonica-avro-json.ts';
import { TelefonicaJsonFormat } from './telefonica-json.ts';

/** What the formats need of the configuration. */
export interface FormatSettings {
  readonly json: JsonSettings;
  /** Of `avro`; undefined for none. */
  readonly registry: RegistrySettings | undefined;
  /** What a record may take, so that it fits a batch with key, headers and framing. */
  readonly maxRecordBytes: number;
}

export const FORMATS: Readonly<Record<string, (settings: FormatSettings) => RecordFormat>> = {
  json: ({ json }) => new JsonFormat(json),
  'telefonica-json': () => new TelefonicaJsonFormat(),
  'telefonica-avro-json': () => new TelefonicaAvroJsonFormat(),
  avro: ({ registry }) => new AvroFormat(avroFraming(registry)),
  protobuf: ({ maxRecordBytes }) => new ProtobufFormat(maxRecordBytes),
  'remote-write': ({ maxRecordBytes }) => new RemoteWriteFormat(maxRecordBytes),
};

/** A new instance of the format `name`; an unknown name is a fault of the caller, options are checked before. */
export function createFormat(name: string, settings: FormatSettings): RecordFormat {
  const create = FORMATS[name];
  if (!create) throw new Error(`no record format ${name}`);
  return create(settings);
}
