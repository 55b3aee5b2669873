/** The picture at the end: the share of each replica over time as stacked areas, an SVG with a background of its own. */

import type { Share } from './meter.ts';
import { replicaName } from './replica.ts';

/** Something that happened. */
export interface Mark {
  readonly atMs: number;
  readonly lines: readonly [string, string];
}

export interface PictureFacts {
  readonly history: readonly Share[];
  /** In order; the picture begins with the first one. */
  readonly marks: readonly Mark[];
  readonly replicas: number;
  /** Who took part, below the title. */
  readonly subtitle: string;
}

const size = { width: 960, height: 470 };
const plot = { left: 78, right: 932, top: 132, bottom: 406 };
const colours = ['#2f6fde', '#f0883a', '#1f9e89'];
const ink = { text: '#1f2430', faint: '#57606a', edge: '#d0d7de', card: '#ffffff' };
const font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const title = 'Share of the samples that each replica receives';

/** In pixels. */
type Point = readonly [x: number, y: number];

/** Where times and shares are in the picture. */
interface Scale {
  readonly seconds: number;
  x(atMs: number): number;
  y(share: number): number;
}

export function drawPicture({ history, marks, replicas, subtitle }: PictureFacts): string {
  const fromMs = marks[0]?.atMs ?? 0;
  const shown = history.filter(({ atMs }) => atMs >= fromMs);
  const scale = makeScale(fromMs, Math.max(shown.at(-1)?.atMs ?? 0, fromMs + 1000));
  const middle: Point = [(plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2];
  const turned = `transform="rotate(-90 28 ${middle[1]})"`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" viewBox="0 0 ${size.width} ${size.height}" role="img" font-family="${font}" font-size="13" fill="${ink.text}">`,
    `<title>${title}, over time</title>`,
    `<rect x="0.5" y="0.5" width="${size.width - 1}" height="${size.height - 1}" rx="10" fill="${ink.card}" stroke="${ink.edge}"/>`,
    text([24, 36], title, 'font-size="18" font-weight="600"'),
    text([24, 58], subtitle, `fill="${ink.faint}"`),
    ...Array.from({ length: replicas }, (_, replica) => legend(replica)),
    ...Array.from({ length: replicas }, (_, replica) => area(replica, shown, scale)),
    ...shareAxis(scale),
    ...timeAxis(scale, fromMs),
    ...marks.flatMap((mark) => drawMark(mark, scale)),
    text([middle[0], plot.bottom + 46], 'time (seconds)', 'text-anchor="middle"'),
    text([28, middle[1]], 'share of the samples (%)', `text-anchor="middle" ${turned}`),
    '</svg>',
  ].join('\n')}\n`;
}

function makeScale(fromMs: number, toMs: number): Scale {
  return {
    seconds: (toMs - fromMs) / 1000,
    x: (atMs) => plot.left + ((atMs - fromMs) / (toMs - fromMs)) * (plot.right - plot.left),
    y: (share) => plot.bottom - share * (plot.bottom - plot.top),
  };
}

/** Above the areas of the replicas before it. Where no sample came there is a gap. */
function area(replica: number, history: readonly Share[], { x, y }: Scale): string {
  const runs: { lower: Point[]; upper: Point[] }[] = [];
  let isGap = true;
  for (const { atMs, shares, samplesPerSecond } of history) {
    const hasSamples = samplesPerSecond > 0;
    if (hasSamples) {
      if (isGap) runs.push({ lower: [], upper: [] });
      const below = shares.slice(0, replica).reduce((sum, share) => sum + share, 0);
      runs.at(-1)!.lower.push([x(atMs), y(below)]);
      runs.at(-1)!.upper.push([x(atMs), y(below + shares[replica]!)]);
    }
    isGap = !hasSamples;
  }
  const corner = ([left, top]: Point): string => `${left.toFixed(1)} ${top.toFixed(1)}`;
  const path = runs.map(({ lower, upper }) => `M${[...upper, ...lower.toReversed()].map(corner).join('L')}Z`);
  const name = replicaName(replica + 1);
  return `<path id="${name}" d="${path.join('')}" fill="${colourOf(replica)}"><title>${name}</title></path>`;
}

function legend(replica: number): string {
  const left = plot.right - 330 + replica * 115;
  const square = `<rect x="${left}" y="25" width="13" height="13" rx="2" fill="${colourOf(replica)}"/>`;
  return square + text([left + 20, 36], replicaName(replica + 1));
}

/** The lines lie on the areas, which would hide them otherwise. */
function shareAxis({ y }: Scale): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    line([plot.left, y(share)], [plot.right, y(share)], `stroke="${ink.card}" stroke-opacity="0.4"`),
    text([plot.left - 10, y(share) + 4], String(share * 100), 'text-anchor="end"'),
  ]);
}

function timeAxis({ x, seconds }: Scale, fromMs: number): string[] {
  const step = seconds > 40 ? 10 : 5;
  const base = line([plot.left, plot.bottom], [plot.right, plot.bottom], `stroke="${ink.faint}"`);
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => {
    const at = x(fromMs + index * step * 1000);
    const tick = line([at, plot.bottom], [at, plot.bottom + 5], `stroke="${ink.faint}"`);
    return tick + text([at, plot.bottom + 22], String(index * step), 'text-anchor="middle"');
  });
  return [base, ...ticks];
}

function drawMark({ atMs, lines }: Mark, { x }: Scale): string[] {
  const at = x(atMs);
  return [
    line([at, plot.top - 44], [at, plot.bottom], `stroke="${ink.text}" stroke-dasharray="4 3"`),
    text([at + 7, plot.top - 32], lines[0], 'font-weight="600"'),
    text([at + 7, plot.top - 14], lines[1]),
  ];
}

function colourOf(replica: number): string {
  return colours[replica % colours.length]!;
}

function line(from: Point, to: Point, attributes: string): string {
  const ends = `x1="${from[0].toFixed(1)}" y1="${from[1].toFixed(1)}" x2="${to[0].toFixed(1)}" y2="${to[1].toFixed(1)}"`;
  return `<line ${ends} ${attributes}/>`;
}

function text([left, top]: Point, content: string, attributes = ''): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${attributes}>${safe}</text>`;
}
