/** Finds a Kafka that Java can run here: the one of KAFKA_HOME, or the pinned jars of Maven Central. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchJars, readJarList } from './jars.ts';
import { findJava } from './java.ts';
import type { KafkaRuntime } from './kafka.ts';

/** What the search may look at and report to. */
export interface RuntimeOptions {
  environment: NodeJS.ProcessEnv;
  /** Where the progress of a download is shown. */
  out: NodeJS.WritableStream;
  signal: AbortSignal;
}

/** The Kafka unpacked in KAFKA_HOME; Kafka 3 is content with Java 11. */
export async function runtimeOfKafkaHome(options: RuntimeOptions): Promise<KafkaRuntime> {
  const libraries = join(options.environment['KAFKA_HOME'] ?? '', 'libs');
  const files = await readdir(libraries).catch(() => []);
  if (!files.some((name) => name.startsWith('kafka_') && name.endsWith('.jar'))) {
    throw new Error(`KAFKA_HOME is ${options.environment['KAFKA_HOME']}, but ${libraries} holds no Kafka`);
  }
  const java = await findJava(options.environment, 11);
  return { java: java.command, classPath: join(libraries, '*') };
}

/** The pinned Kafka, downloaded into the cache folder of the user at the first use. */
export async function runtimeOfJars(options: RuntimeOptions): Promise<KafkaRuntime> {
  const java = await findJava(options.environment, 17);
  const classPath = await fetchJars({ ...options, list: await readJarList() });
  return { java: java.command, classPath };
}

/** The one of KAFKA_HOME when that is set, else the pinned one. */
export function findRuntime(options: RuntimeOptions): Promise<KafkaRuntime> {
  return options.environment['KAFKA_HOME'] ? runtimeOfKafkaHome(options) : runtimeOfJars(options);
}
