/** Keeps the pinned Kafka, jar by jar, in the user's cache folder. */

import { mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fetchFile } from './download.ts';
import { Progress } from './progress.ts';

const mavenCentral = 'https://repo.maven.apache.org/maven2';
const parallelDownloads = 6;

/** One file of Maven Central. */
export interface Jar {
  group: string;
  artifact: string;
  version: string;
  sha256: string;
  bytes: number;
}

/** A version of Kafka and everything it needs to run. */
export interface JarList {
  version: string;
  jars: Jar[];
}

/** Where to fetch from, where to, and who may stop it. */
export interface FetchOptions {
  environment: NodeJS.ProcessEnv;
  list: JarList;
  out: NodeJS.WritableStream;
  signal: AbortSignal;
}

/** The list that this repository pins. */
export async function readJarList(): Promise<JarList> {
  return JSON.parse(await readFile(new URL('kafka-jars.json', import.meta.url), 'utf8')) as JarList;
}

/** The folder of the user where downloads of this Kafka version are kept. */
export function cacheFolder(environment: NodeJS.ProcessEnv, version: string): string {
  const usual = process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache'];
  const base = environment['XDG_CACHE_HOME'] || join(environment['HOME'] || homedir(), ...usual);
  return join(base, 'kafka-adapter', `kafka-${version}`);
}

function fileName(jar: Jar): string {
  return `${jar.artifact}-${jar.version}.jar`;
}

function urlOf(jar: Jar, baseUrl: string): string {
  const folder = [...jar.group.split('.'), jar.artifact, jar.version].join('/');
  return `${baseUrl.replace(/\/+$/, '')}/${folder}/${fileName(jar)}`;
}

/** The size is enough to ask: a file got its name only after its SHA-256 was checked. */
async function isPresent(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.size === bytes;
}

async function fetchAll(missing: Jar[], folder: string, options: FetchOptions): Promise<void> {
  const baseUrl = options.environment['MAVEN_CENTRAL_URL'] || mavenCentral;
  const bytes = missing.reduce((sum, jar) => sum + jar.bytes, 0);
  const megabytes = (bytes / 1_000_000).toFixed(0);
  options.out.write(
    `Downloading Kafka ${options.list.version}, once: ${megabytes} MB from ${baseUrl} to ${folder}\n`,
  );
  const counter = new Progress(options.out, { label: 'Kafka', files: missing.length, bytes });
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  // The largest first, so that none of them is left to the end alone.
  const queue = missing.toSorted((a, b) => b.bytes - a.bytes);
  const work = async (): Promise<void> => {
    for (let jar = queue.shift(); jar; jar = queue.shift()) {
      const download = { url: urlOf(jar, baseUrl), path: join(folder, fileName(jar)), ...jar };
      await fetchFile(download, { signal, counter });
    }
  };
  const workers = Array.from({ length: parallelDownloads }, work);
  try {
    await Promise.all(workers);
  } catch (error) {
    failed.abort();
    await Promise.allSettled(workers);
    throw error;
  }
}

/** Fetches what the cache folder lacks and gives the class path of the whole. */
export async function fetchJars(options: FetchOptions): Promise<string> {
  const folder = cacheFolder(options.environment, options.list.version);
  await mkdir(folder, { recursive: true });
  const missing: Jar[] = [];
  for (const jar of options.list.jars) {
    if (!(await isPresent(join(folder, fileName(jar)), jar.bytes))) missing.push(jar);
  }
  if (missing.length > 0) await fetchAll(missing, folder, options);
  return options.list.jars.map((jar) => join(folder, fileName(jar))).join(delimiter);
}
