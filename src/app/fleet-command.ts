/** The command `fleet`: listens to the topic of the fleet for some seconds and prints who is there. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/options.ts';
import { Members } from '../fleet/members.ts';
import { FleetTopic } from '../kafka/fleet-topic.ts';
import type { Logger } from '../lib/logger.ts';
import { fleetJson, fleetTable, type Heard } from './fleet-table.ts';
import { clientOptions } from './settings.ts';

/** Whoever is there speaks every five seconds. */
const LISTEN_MS = 6500;
const READ_EVERY_MS = 500;

export interface FleetCommandParts {
  readonly config: Config;
  /** An array for scripts instead of a table. */
  readonly isJson: boolean;
  readonly logger: Logger;
  readonly print: (text: string) => void;
}

/** What the first read brings was said up to 15 s before it. */
interface Listened extends Heard {
  /** Records of another `fleet.name`. */
  readonly ofOthers: number;
}

/** Rejects with a sentence when the topic cannot be read. */
export async function showFleet({ config, isJson, logger, print }: FleetCommandParts): Promise<void> {
  const name = config['fleet.name'];
  const topic = config['fleet.topic'];
  const log = new FleetTopic({ options: clientOptions(config), topic, creates: false, logger });
  try {
    const { ofOthers, ...heard } = await listen(log, name);
    const isAnyone = heard.replicas.length > 0;
    if (isJson) print(fleetJson(heard));
    else if (isAnyone) print(fleetTable(heard));
    for (const id of heard.sharedIds)
      logger.warn(
        { id },
        'more than one replica has this id, one is shown: set replica.id of each to its own',
      );
    if (!isAnyone) logger.warn({ topic, fleet: name }, 'no replica of this fleet speaks');
    if (ofOthers > 0)
      logger.info({ topic, records: ofOthers }, 'records of another fleet.name were heard, too');
  } finally {
    await log.stop();
  }
}

async function listen(log: FleetTopic, fleet: string): Promise<Listened> {
  const members = new Members({ fleet, id: '', instance: '' });
  const startedMs = performance.now();
  let listenedFromMs = 0;
  let ofOthers = 0;
  for (;;) {
    const values = await log.read();
    const nowMs = performance.now();
    for (const value of values) if (members.hear(value, nowMs) === 'other_fleet') ofOthers++;
    if (nowMs - startedMs > LISTEN_MS) break;
    listenedFromMs ||= nowMs;
    await pause(READ_EVERY_MS);
  }
  const { others, sharedIds } = members;
  return { replicas: others, silentSinceMs: listenedFromMs, sharedIds, ofOthers };
}
