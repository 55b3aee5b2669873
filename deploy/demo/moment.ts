/** The share of each replica as bars. */

import type { Share } from './meter.ts';
import { replicaName } from './replica.ts';
import type { Moment } from './screen.ts';

/** Readable on dark and on light terminals, and the same as in the picture, as far as 256 colours go. */
const colours = [33, 208, 36];
const nameWidth = 12;
const percentWidth = 7;

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `width` is that of the terminal; no line is longer, since a broken one would spoil the refreshing. */
export function drawMoment(share: Share, width: number): Moment {
  const { shares, samplesPerSecond, requestsPerSecond } = share;
  const barWidth = Math.max(width - nameWidth - percentWidth - 4, 0);
  const bars = shares.map((value, replica) => {
    const bar = '█'.repeat(Math.round(value * barWidth));
    const coloured = `\x1b[38;5;${colours[replica % colours.length]}m${bar}\x1b[0m${' '.repeat(barWidth - bar.length)}`;
    return `  ${replicaName(replica + 1).padEnd(nameWidth)}${coloured}${percent(value).padStart(percentWidth)}`;
  });
  const time = clock(share.atMs);
  const rate =
    samplesPerSecond > 0
      ? `${Math.round(samplesPerSecond)} samples/s, ${Math.round(requestsPerSecond)} requests/s`
      : 'no samples arrive at the moment';
  const names = shares.map((value, replica) => `${replicaName(replica + 1)} ${percent(value).padStart(5)}`);
  return {
    block: ['', ...bars, `  ${time}  share of the samples; ${rate}`.slice(0, width - 1)],
    line: `  ${time}  ${names.join('   ')}   (${rate})`,
  };
}
