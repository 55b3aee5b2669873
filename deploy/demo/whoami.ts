/** Asks through the balancer which replica answers. */

import { Agent, get } from 'node:http';

/** The id of the replica that answers; without an agent over a new connection, as curl does it. */
function askOnce(balancerUrl: string, options: { signal: AbortSignal; agent?: Agent }): Promise<string> {
  const { signal, agent = false } = options;
  const headers = { accept: 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = get(`${balancerUrl}/-/whoami`, { headers, agent, signal }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve((JSON.parse(text) as { id: string }).id));
    });
    asked.on('error', reject);
  });
}

/** How many of `count` answers came from which replica, when each question has a connection of its own. */
export function askAfresh(
  balancerUrl: string,
  count: number,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  return countAnswers(count, () => askOnce(balancerUrl, { signal }));
}

/** The same when all questions go over one kept-alive connection. */
export async function askOnOneConnection(
  balancerUrl: string,
  count: number,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    return await countAnswers(count, () => askOnce(balancerUrl, { signal, agent }));
  } finally {
    agent.destroy();
  }
}

async function countAnswers(count: number, ask: () => Promise<string>): Promise<Map<string, number>> {
  const answers = new Map<string, number>();
  for (let left = count; left > 0; left -= 1) {
    const id = await ask();
    answers.set(id, (answers.get(id) ?? 0) + 1);
  }
  return new Map([...answers].sort());
}
