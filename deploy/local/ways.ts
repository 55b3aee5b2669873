/** The ways to a throw-away Kafka, in the order they are tried. */

import { checkDocker, DockerKafka } from './docker.ts';
import { freeAddress, KafkaNode } from './kafka.ts';
import { type RuntimeOptions, runtimeOfJars, runtimeOfKafkaHome } from './runtime.ts';

const usualKafkaPort = 9092;

/** A running Kafka, whoever runs it. */
export interface LocalKafka {
  /** `host:port` for clients. */
  readonly brokers: string;
  /** Resolves with a readable exit status when it is gone. */
  readonly ended: Promise<string>;
  /** Ends it and removes all it wrote. */
  close(): Promise<void>;
}

/** One way; rejects with the reason when it does not lead to a Kafka here. */
export interface Way {
  name: string;
  start(signal: AbortSignal): Promise<LocalKafka>;
}

/** What came out of trying: a Kafka, or why each way failed. */
export interface Outcome {
  kafka: LocalKafka | undefined;
  refusals: string[];
}

/** Starts it unless it is too late, and ends it when the wish to stop comes in the middle. */
async function started<Kafka extends LocalKafka & { start(): Promise<void> }>(
  kafka: Kafka,
  signal: AbortSignal,
): Promise<Kafka> {
  signal.throwIfAborted();
  const stop = (): void => void kafka.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await kafka.start();
  } catch (error) {
    await kafka.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
  return kafka;
}

function javaWay(name: string, find: (options: RuntimeOptions) => ReturnType<typeof runtimeOfJars>) {
  return (options: Omit<RuntimeOptions, 'signal'>): Way => ({
    name,
    async start(signal) {
      const runtime = await find({ ...options, signal });
      options.out.write(`Starting Kafka (${name})...\n`);
      return started(new KafkaNode({ runtime, address: await freeAddress(1, usualKafkaPort) }), signal);
    },
  });
}

function dockerWay({ out }: Omit<RuntimeOptions, 'signal'>): Way {
  return {
    name: 'Docker',
    async start(signal) {
      await checkDocker();
      out.write('Starting Kafka (Docker)...\n');
      return started(new DockerKafka(usualKafkaPort), signal);
    },
  };
}

/** All ways of this machine; KAFKA_HOME is one only when it is set. */
export function waysToKafka(options: Omit<RuntimeOptions, 'signal'>): Way[] {
  const jars = javaWay('Java and the jars of Maven Central', runtimeOfJars);
  const ways = [jars(options), dockerWay(options)];
  if (options.environment['KAFKA_HOME']) ways.unshift(javaWay('KAFKA_HOME', runtimeOfKafkaHome)(options));
  return ways;
}

/** Tries one way after the other; rejects only when `signal` is aborted. */
export async function firstThatWorks(ways: Way[], signal: AbortSignal): Promise<Outcome> {
  const refusals: string[] = [];
  for (const way of ways) {
    try {
      return { kafka: await way.start(signal), refusals };
    } catch (error) {
      signal.throwIfAborted();
      refusals.push(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { kafka: undefined, refusals };
}
