/** The command `fleet`: listens to the topic of the fleet for some seconds and prints who is there. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '../config/options.ts';
import { type Member, Members } from '../fleet/members.ts';
import { FleetTopic } from '../kafka/fleet-topic.ts';
import type { Logger } from '../lib/logger.ts';
import { fleetTable } from './fleet-table.ts';
import { clientOptions } from './settings.ts';

/** Whoever is there speaks every five seconds. */
const LISTEN_MS = 6500;
const READ_EVERY_MS = 500;

export interface FleetCommandParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly print: (text: string) => void;
}

interface Heard {
  /** With the time each was heard last; what the first read brings was said up to 15 s before it. */
  readonly members: readonly Member[];
  readonly listenedFromMs: number;
  /** Records of another `fleet.name`. */
  readonly ofOthers: number;
}

/** Rejects with a sentence when the topic cannot be read. */
export async function showFleet({ config, logger, print }: FleetCommandParts): Promise<void> {
  const name = config['fleet.name'];
  const topic = config['fleet.topic'];
  const log = new FleetTopic({ options: clientOptions(config), topic, creates: false, logger });
  try {
    const { members, listenedFromMs, ofOthers } = await listen(log, name);
    if (members.length > 0) print(fleetTable(members, listenedFromMs));
    else logger.warn({ topic, fleet: name }, 'no replica of this fleet speaks');
    if (ofOthers > 0)
      logger.info({ topic, records: ofOthers }, 'records of another fleet.name were heard, too');
  } finally {
    await log.stop();
  }
}

async function listen(log: FleetTopic, fleet: string): Promise<Heard> {
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
  return { members: members.others, listenedFromMs, ofOthers };
}
