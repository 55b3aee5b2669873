/** One run of the demo from its first line to its end, whatever ends it. */

import { access, constants as fileModes, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { askReplica, Meter } from './meter.ts';
import { drawMoment } from './moment.ts';
import type { DemoOptions } from './options.ts';
import { drawPicture } from './picture.ts';
import { Screen } from './screen.ts';
import { Stage } from './stage.ts';
import { AGE_OFF, playActs, REPLICAS } from './story.ts';
import { until } from './until.ts';
import * as words from './words.ts';

export interface DemoParts {
  readonly options: DemoOptions;
  readonly environment: NodeJS.ProcessEnv;
  readonly out: NodeJS.WritableStream;
  /** Aborted with the name of a signal, or with the error when something is lost. */
  readonly interrupted: AbortController;
}

/** Gives the exit status; nothing runs any more when it resolves. */
export async function runDemo(parts: DemoParts): Promise<number> {
  const { environment, out, interrupted } = parts;
  const { signal } = interrupted;
  const screen = new Screen(out, environment);
  const onLost = (error: Error): void => interrupted.abort(error);
  const stage = await Stage.create(REPLICAS, { environment, out, signal, onLost });
  try {
    await tell(parts, { stage, screen });
    return 0;
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    const isSignal = typeof reason === 'string';
    screen.title(isSignal ? words.INTERRUPTED : words.FAILED);
    if (!isSignal) screen.say(reason instanceof Error ? reason.message : String(reason));
    return isSignal ? 128 + constants.signals[reason as NodeJS.Signals] : 1;
  } finally {
    await stage.close();
  }
}

interface Scene {
  readonly stage: Stage;
  readonly screen: Screen;
}

async function tell({ options, interrupted }: DemoParts, { stage, screen }: Scene): Promise<void> {
  const { signal } = interrupted;
  // A minute later would be late to find out.
  await access(dirname(options.output), fileModes.W_OK).catch((error: Error) => {
    throw new Error(`The picture cannot be written to ${options.output}: ${error.message}`);
  });
  screen.title(words.TITLE);
  screen.say(`${words.PREFACE}\n`);
  const refusals = await stage.startKafka();
  if (refusals.length > 0) screen.say(words.noKafka(refusals));
  await stage.startBalancer();
  await stage.scaleTo(1, AGE_OFF);
  const sender = await stage.startSender();
  screen.say(words.cast(stage, sender));
  const hasBegun = async (): Promise<boolean> =>
    ((await askReplica(stage.replicaUrls[0]!))?.samples ?? 0) > 0;
  await until('samples arrive', hasBegun, signal);
  const meter = await Meter.begin(stage.replicaUrls);
  const ended = new AbortController();
  const reading = meter
    .run(ended.signal, () => screen.show(drawMoment(meter.latest, screen.width)))
    .catch((error: unknown) => {
      if (!ended.signal.aborted) interrupted.abort(error);
    });
  try {
    const outcome = await playActs({ plan: options.plan, stage, screen, meter, sender, signal });
    const subtitle = `Sender: ${sender.name}. Balancer: ${stage.balancer.name}, round robin. Age: the option connection.max_age.`;
    const { history } = meter;
    await writeFile(
      options.output,
      drawPicture({ history, marks: outcome.marks, replicas: REPLICAS, subtitle }),
    );
    screen.title(words.ENDING);
    screen.say(words.results(outcome, options.plan));
    screen.say(words.goOn(options.output));
  } finally {
    ended.abort();
    await reading;
  }
}
