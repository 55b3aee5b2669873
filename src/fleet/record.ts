/** What a replica tells the others about itself: one small JSON record, read back with suspicion. */

/** `gone` is the last word of a replica that ends. */
const STATES = ['starting', 'ready', 'draining', 'gone'] as const;

export type ReplicaState = (typeof STATES)[number];

/** Texts are for people; numbers are finite and at least 0. */
export interface FleetRecord {
  /** The option `fleet.name`: services that share a Kafka are kept apart by it. */
  readonly fleet: string;
  /** Of the replica, unique in the fleet. */
  readonly id: string;
  /** Drawn anew at each start. */
  readonly instance: string;
  /** When it started, in milliseconds since 1970: of two instances with one id the later one counts. */
  readonly epoch: number;
  readonly version: string;
  /** Where its status page is, `host:port`. */
  readonly address: string;
  readonly state: ReplicaState;
  /** Of senders. */
  readonly connections: number;
  readonly samplesPerSecond: number;
  /** Of the busiest connection, which can move only as a whole. */
  readonly largestSamplesPerSecond: number;
  /** Of one core, 0 to 1 and above. */
  readonly cpu: number;
  /** Of the last minute or so; 0 while that cannot be told. */
  readonly samplesPerCpuSecond: number;
}

/** Longer ones are not looked at. */
export const MAX_RECORD_BYTES = 2048;
const MAX_TEXT_CHARACTERS = 256;
/** Beyond what any machine can do; keeps sums finite. */
const MAX_NUMBER = 1e15;

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The value of the Kafka record. */
export function encodeFleetRecord(record: FleetRecord): string {
  const { samplesPerSecond, largestSamplesPerSecond, cpu, samplesPerCpuSecond, ...rest } = record;
  return JSON.stringify({
    ...rest,
    samples_per_second: rounded(samplesPerSecond),
    largest_samples_per_second: rounded(largestSamplesPerSecond),
    cpu: rounded(cpu),
    samples_per_cpu_second: Math.round(samplesPerCpuSecond),
  });
}

/** Undefined for what is no record of this form, whoever wrote it. */
export function decodeFleetRecord(value: Uint8Array): FleetRecord | undefined {
  if (value.length > MAX_RECORD_BYTES) return undefined;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value));
  } catch {
    return undefined;
  }
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { fleet, id, instance, version, address, state } = fields;
  const { epoch, connections, samples_per_second: samplesPerSecond, cpu } = fields;
  const { samples_per_cpu_second: samplesPerCpuSecond } = fields;
  const { largest_samples_per_second: largestSamplesPerSecond } = fields;
  const texts = [fleet, id, instance, version, address];
  const rates = [samplesPerSecond, largestSamplesPerSecond, samplesPerCpuSecond];
  const numbers = [epoch, connections, cpu, ...rates];
  if (!texts.every(isText) || !numbers.every(isNumber) || !isState(state)) return undefined;
  return {
    fleet,
    id,
    instance,
    epoch,
    version,
    address,
    state,
    connections,
    samplesPerSecond,
    largestSamplesPerSecond,
    cpu,
    samplesPerCpuSecond,
  } as FleetRecord;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_NUMBER;
}

function isState(value: unknown): value is ReplicaState {
  return STATES.includes(value as ReplicaState);
}
