/** The process of the attackers: its pace in its first argument; told what to do to whom, and to stop, by messages. */

import { constants, setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Address } from '../connection.ts';
import { ATTACKS, type Turn } from './attacks.ts';

export interface AttackPlan {
  /** Between two turns of a lane. */
  readonly pauseMs: number;
}

/** `stop`: and tell what became of all turns. */
export type AttackOrder = { readonly attack: string; readonly address: Address } | 'stop';

export type AttackReport = Readonly<Record<string, number>>;

function main({ pauseMs }: AttackPlan): void {
  // Attackers have machines of their own. Here they get what the adapter, Kafka and the good sender leave.
  setPriority(constants.priority.PRIORITY_LOW);
  let outcomes: Record<string, number> = {};
  let isOver = true;
  const lane = async (turn: Turn, address: Address): Promise<void> => {
    const own = outcomes;
    while (!isOver && own === outcomes) {
      const outcome = await turn(address);
      own[outcome] = (own[outcome] ?? 0) + 1;
      if (pauseMs > 0) await pause(pauseMs);
    }
  };
  process.on('message', (order: AttackOrder) => {
    if (order === 'stop') {
      isOver = true;
      process.send?.(outcomes);
      return;
    }
    isOver = false;
    outcomes = {};
    const { lanes, turn } = ATTACKS[order.attack]!;
    for (let i = 0; i < lanes; i++) void lane(turn, order.address);
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

main(JSON.parse(process.argv[2]!) as AttackPlan);
