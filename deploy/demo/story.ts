/** The story: one replica, then three; and the same again with a connection age. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Meter, Share } from './meter.ts';
import type { Plan } from './options.ts';
import type { Mark } from './picture.ts';
import type { Screen } from './screen.ts';
import type { Sender } from './sender.ts';
import type { Stage } from './stage.ts';
import { askAfresh, askOnOneConnection } from './whoami.ts';
import { type ActWords, acts, curlAnswers, tooLittleLoad } from './words.ts';

export const REPLICAS = 3;
export const AGE_OFF = '0s';
const questions = 30;
/** Below it connections are idle most of the time, and shares a matter of luck. */
const enoughRequestsPerSecond = 20;

export interface StoryParts {
  readonly plan: Plan;
  readonly stage: Stage;
  readonly screen: Screen;
  readonly meter: Meter;
  readonly sender: Sender;
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Outcome {
  readonly marks: readonly Mark[];
  readonly alone: Share;
  readonly scaled: Share;
  readonly fresh: Share;
  /** Of the end of the act only. */
  readonly aged: Share;
  /** Connections asked to leave for their age in the last act, and samples sent again in it. */
  readonly ageCloses: number;
  readonly repeats: number;
}

/** Plays all acts; the first replica and the sender run already. */
export async function playActs(parts: StoryParts): Promise<Outcome> {
  const { plan, stage, meter, signal } = parts;
  const age = `${plan.maxAgeSeconds}s`;
  const act = acts(parts.sender.name, plan);
  const marks: Mark[] = [];
  const begin = (words: ActWords): number => {
    parts.screen.title(words.title);
    parts.screen.say(words.text);
    marks.push({ atMs: meter.nowMs, lines: words.mark });
    return meter.nowMs;
  };
  const passed = (milliseconds: number): Promise<void> => delay(milliseconds, undefined, { signal });

  const aloneMs = begin(act.alone);
  await passed(plan.aloneMs);
  const alone = meter.between(aloneMs, meter.nowMs);
  addLoad(parts, alone.requestsPerSecond);

  await stage.scaleTo(REPLICAS, AGE_OFF);
  const scaledMs = begin(act.scaled);
  await passed(plan.scaledMs / 2);
  await askAround(parts);
  await passed(plan.scaledMs / 2);
  const scaled = meter.between(scaledMs, meter.nowMs);

  const freshMs = begin(act.fresh);
  await stage.removeReplicas();
  await stage.scaleTo(1, age);
  await passed(plan.aloneMs);
  const fresh = meter.between(freshMs, meter.nowMs);

  await stage.scaleTo(REPLICAS, age);
  const repeatsBefore = await stage.repeats();
  const agedMs = begin(act.aged);
  await passed(plan.agedMs);
  const { nowMs } = meter;
  return {
    marks,
    alone,
    scaled,
    fresh,
    aged: meter.between(nowMs - plan.settledMs, nowMs),
    ageCloses: meter.between(agedMs, nowMs).ageCloses,
    repeats: (await stage.repeats()) - repeatsBefore,
  };
}

/** A Prometheus on a slow machine, or with little to scrape, may need help. */
function addLoad({ stage, screen }: StoryParts, requestsPerSecond: number): void {
  if (requestsPerSecond >= enoughRequestsPerSecond) return;
  stage.addGenerator();
  screen.say(tooLittleLoad(requestsPerSecond));
}

/** What curl would show. */
async function askAround({ stage, screen, sender, signal }: StoryParts): Promise<void> {
  const { url } = stage.balancer;
  const afresh = await askAfresh(url, questions, signal);
  const kept = await askOnOneConnection(url, questions, signal);
  screen.say(curlAnswers({ url, count: questions, afresh, kept }, sender.name));
}
