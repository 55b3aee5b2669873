/** Whether every acknowledged sample of a soak is in the topic: read once from end to end, kept as a count a sample. */

import { randomUUID } from 'node:crypto';
import { kafkaClient, whenSettled, withAdmin } from '../../support/kafka.ts';
import { SERIES, type Senders } from './senders.ts';

export interface Presence {
  readonly records: number;
  readonly samples: number;
  readonly missing: number;
  /** There more than once: of requests that were sent again. */
  readonly repeated: number;
}

interface Place {
  readonly brokers: string;
  readonly topic: string;
}

/** Once brokers that were restarted have groups and leaders again. */
export function presenceOf(senders: Senders, place: Place): Promise<Presence> {
  return whenSettled(() => count(senders, place));
}

async function count(senders: Senders, place: Place): Promise<Presence> {
  // One more round may have arrived without its answer.
  const counts = senders.acknowledged.map((rounds) => new Uint8Array((rounds + 1) * SERIES));
  let records = 0;
  await eachValue(place, (value) => {
    records++;
    const { name, labels, timestamp } = JSON.parse(value) as Sample;
    if (name !== 'soak') return;
    const round = Date.parse(timestamp) - senders.firstMs;
    const own = counts[Number(labels.sender)];
    const place = round * SERIES + Number(labels.part);
    if (!own || own[place] === undefined) throw new Error(`nobody has sent ${value}`);
    own[place]++;
  });
  let missing = 0;
  let repeated = 0;
  senders.acknowledged.forEach((rounds, sender) => {
    for (const count of counts[sender]!.subarray(0, rounds * SERIES)) {
      if (count === 0) missing++;
      if (count > 1) repeated++;
    }
  });
  return { records, samples: senders.total * SERIES, missing, repeated };
}

interface Sample {
  readonly name: string;
  readonly labels: { readonly sender?: string; readonly part?: string };
  readonly timestamp: string;
}

/** All that the topic holds now. */
async function eachValue({ brokers, topic }: Place, onValue: (value: string) => void): Promise<void> {
  const ends = await withAdmin(brokers, (admin) => admin.fetchTopicOffsets(topic));
  const pending = new Map(
    ends.filter(({ high }) => Number(high) > 0).map(({ partition, high }) => [partition, Number(high)]),
  );
  if (pending.size === 0) return;
  const groupId = `soak-${randomUUID()}`;
  const consumer = kafkaClient(brokers).consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
      const eachBatch: Parameters<typeof consumer.run>[0] = {
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          for (const { value } of batch.messages) if (value) onValue(String(value));
          if (Number(batch.lastOffset()) + 1 >= (pending.get(batch.partition) ?? 0))
            pending.delete(batch.partition);
          if (pending.size === 0) resolve();
        },
      };
      consumer.run(eachBatch).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}
