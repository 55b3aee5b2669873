/** The process of the attackers: where to in its first argument; told whom to be, and to stop, by messages. */

import { constants, setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Address } from '../connection.ts';
import { ATTACKS } from './attacks.ts';

export interface AttackPlan extends Address {
  /** Between two turns of a lane. */
  readonly pauseMs: number;
}

export interface AttackOrder {
  /** Undefined: stop, and tell what became of all turns. */
  readonly attack: string | undefined;
}

export type AttackReport = Readonly<Record<string, number>>;

function main({ pauseMs, ...address }: AttackPlan): void {
  // Attackers have machines of their own. Here they get what the adapter, Kafka and the good sender leave.
  setPriority(constants.priority.PRIORITY_LOW);
  let outcomes: Record<string, number> = {};
  let isOver = true;
  const lane = async (turn: (address: Address) => Promise<string>): Promise<void> => {
    const own = outcomes;
    while (!isOver && own === outcomes) {
      const outcome = await turn(address);
      own[outcome] = (own[outcome] ?? 0) + 1;
      if (pauseMs > 0) await pause(pauseMs);
    }
  };
  process.on('message', ({ attack }: AttackOrder) => {
    if (attack === undefined) {
      isOver = true;
      process.send?.(outcomes);
      return;
    }
    isOver = false;
    outcomes = {};
    const { lanes, turn } = ATTACKS[attack]!;
    for (let i = 0; i < lanes; i++) void lane(turn);
  });
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
}

main(JSON.parse(process.argv[2]!) as AttackPlan);
