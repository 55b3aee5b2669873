/** Looks at Kafka as the adapter will use it, writes nothing, and says in plain words what is wrong. */

import type { Logger } from '../lib/logger.ts';
import { wrap } from '../lib/wrap.ts';
import { createClient } from './client.ts';
import type { ClientOptions } from './client-options.ts';
import { advertisedRefusal } from './refusals.ts';
import { describeTopic, type TopicDescription } from './topic-description.ts';
import { type Finding, type TopicPlans, topicFindings } from './topic-findings.ts';
import { type BrokerAddress, type BrokerLink, Transport } from './transport.ts';

const ATTEMPT_TIMEOUT_MS = 5000;
const LABELS = { ok: 'ok', note: 'note', problem: 'PROBLEM' } as const;
const LABEL_WIDTH = 9;
const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;

export interface CheckParts {
  readonly options: ClientOptions & TopicPlans;
  /** '' when topics depend on labels. */
  readonly topic: string;
  readonly logger: Logger;
  readonly print: (text: string) => void;
}

/** Prints what it finds; resolves to false when something would keep records from being written. */
export async function checkKafka(parts: CheckParts): Promise<boolean> {
  const { options, topic, logger, print } = parts;
  const transport = new Transport(options, ATTEMPT_TIMEOUT_MS, logger);
  const links: BrokerLink[] = [];
  let isWell = true;
  const tell = (level: Finding['level'], text: string): void => {
    isWell &&= level !== 'problem';
    const indent = ' '.repeat(2 + LABEL_WIDTH);
    print(`  ${LABELS[level].padEnd(LABEL_WIDTH)}${wrap(text, indent).trimStart()}\n`);
  };
  const open = (address: BrokerAddress): BrokerLink => {
    const link = transport.link(address);
    links.push(link);
    return link;
  };
  print(`Kafka at ${options.brokers.join(',')}${topic === '' ? '' : `, topic ${topic}`}\n\n`);
  try {
    const found = await askSeeds({ transport, open, topic, tell });
    if (found) await tryAdvertised(found, { open, tell });
    if (topic === '') tell('note', 'kafka.topic depends on labels, so no topic is looked at');
    else if (found) {
      const { description } = found;
      const settings = await readSettings(parts, description, tell);
      const facts = { topic, user: transport.user, description, settings, options };
      for (const { level, text } of topicFindings(facts)) tell(level, text);
    }
  } finally {
    await Promise.all(links.map((link) => link.cut(new Error('the check is over'))));
  }
  print(
    isWell ? '\nrecords can be written\n' : '\nrecords cannot be written until the problems are solved\n',
  );
  return isWell;
}

type Tell = (level: Finding['level'], text: string) => void;

interface Found {
  readonly asked: BrokerAddress;
  readonly description: TopicDescription;
}

/** Every broker of the list; what the first one says that answers. */
async function askSeeds(about: {
  transport: Transport;
  open: (address: BrokerAddress) => BrokerLink;
  topic: string;
  tell: Tell;
}): Promise<Found | undefined> {
  const { transport, open, topic, tell } = about;
  const answers = await Promise.all(
    transport.seeds.map(async (address) => {
      try {
        return { asked: address, description: await describeTopic(open(address), topic) };
      } catch (error) {
        return { asked: address, problem: (error as Error).message };
      }
    }),
  );
  const found = answers.find((answer): answer is Found => 'description' in answer);
  for (const answer of answers) {
    const { host, port } = answer.asked;
    if ('description' in answer) tell('ok', `${host}:${port} answers ${transport.user}`);
    // The others are enough, until they are not.
    else tell(found ? 'note' : 'problem', answer.problem);
  }
  return found;
}

/** Records go to the addresses by which the brokers name themselves. */
async function tryAdvertised(
  { asked, description }: Found,
  { open, tell }: { open: (address: BrokerAddress) => BrokerLink; tell: Tell },
): Promise<void> {
  await Promise.all(
    description.brokers.map(async ({ nodeId, host, port }) => {
      try {
        await open({ host, port }).connect();
        tell('ok', `broker ${nodeId} is reached by the address that it gives, ${host}:${port}`);
      } catch (error) {
        tell('problem', advertisedRefusal(asked, nodeId, error));
      }
    }),
  );
}

/** Of the topic, of a broker where there is no topic; by name. Empty when this client must not read them. */
async function readSettings(
  { options, topic, logger }: CheckParts,
  { errorCode, brokers }: TopicDescription,
  tell: Tell,
): Promise<ReadonlyMap<string, string>> {
  const admin = createClient(options, logger).admin();
  const ofTopic = { type: TOPIC_RESOURCE, name: topic };
  const ofBroker = { type: BROKER_RESOURCE, name: String(brokers[0]?.nodeId) };
  const resource = errorCode === 0 ? ofTopic : ofBroker;
  try {
    await admin.connect();
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    const entries = resources[0]?.configEntries ?? [];
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  } catch (error) {
    const { message } = error as Error;
    if (errorCode === 0)
      tell('note', `its settings cannot be read, which is not needed for writing: ${message}`);
    return new Map();
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
