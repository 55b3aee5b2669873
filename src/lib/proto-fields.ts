/** Field numbers of the messages in proto/, read from there by protobufjs, so that they stand in one place. */

import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

const PROTO_FOLDER = new URL('../../proto/', import.meta.url);

/** The definitions of one file under proto/. */
export function loadProto(file: string): protobuf.Root {
  return protobuf.parse(readFileSync(new URL(file, PROTO_FOLDER), 'utf8'), { keepCase: true }).root;
}

/** Field name -> field number of one message; asking for a field it lacks throws. */
export function fieldNumbers(root: protobuf.Root, message: string): Readonly<Record<string, number>> {
  const fields = root.lookupType(message).fields;
  return new Proxy(Object.fromEntries(Object.values(fields).map((field) => [field.name, field.id])), {
    get(numbers: Record<string, number>, name: string): number {
      const number = numbers[name];
      if (number === undefined) throw new Error(`proto: ${message} has no field ${name}`);
      return number;
    },
  });
}
