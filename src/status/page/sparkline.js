/** The line of samples a second since the page was opened, drawn by hand into an SVG. */

import { byId, setText } from './dom.js';
import { FORMATS } from './format.js';

const WIDTH = 600;
const HEIGHT = 80;
/** The line is as long as the first of these that holds all; older points are forgotten. */
const SPANS_SECONDS = [60, 300, 900, 1800];
/** A longer pause between two answers is a gap: the page was hidden, or nobody answered. */
const GAP_MS = 10_000;

/** Points side by side as one path; `close` gives what follows a piece without a gap, such as the way to the floor. */
function pathOf(points, close = () => '') {
  let path = '';
  let begun;
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before === undefined || point.timeMs - before.timeMs > GAP_MS) {
      if (begun) path += close(begun, before);
      begun = point;
      path += `M${point.x} ${point.y}`;
    } else path += `L${point.x} ${point.y}`;
  }
  return begun ? path + close(begun, points.at(-1)) : path;
}

const toFloor = (first, last) => `L${last.x} ${HEIGHT}L${first.x} ${HEIGHT}Z`;

/** Gives `add(timeMs, received, written)` in samples a second, and `clear()`. */
export function sparkline() {
  let points = [];

  function draw() {
    const nowMs = points.at(-1)?.timeMs ?? 0;
    const ageSeconds = (nowMs - (points[0]?.timeMs ?? 0)) / 1000;
    const spanSeconds = SPANS_SECONDS.find((seconds) => seconds >= ageSeconds) ?? SPANS_SECONDS.at(-1);
    points = points.filter(({ timeMs }) => nowMs - timeMs <= spanSeconds * 1000);
    const peak = Math.max(...points.map(({ received, written }) => Math.max(received, written)), 0);
    const at = (key) =>
      points.map((point) => ({
        timeMs: point.timeMs,
        x: (WIDTH * (1 - (nowMs - point.timeMs) / 1000 / spanSeconds)).toFixed(1),
        // A little air above the peak, and a line at 0 that is seen.
        y: (HEIGHT - 1 - (peak > 0 ? (point[key] / peak) * (HEIGHT - 6) : 0)).toFixed(1),
      }));
    byId('spark-area').setAttribute('d', pathOf(at('received'), toFloor));
    byId('spark-line').setAttribute('d', pathOf(at('received')));
    byId('spark-written').setAttribute('d', pathOf(at('written')));
    setText(byId('spark-span'), `last ${FORMATS.setting(spanSeconds)}`);
    setText(byId('spark-peak'), `peak ${FORMATS.rate(peak)}`);
  }

  return {
    add(timeMs, received, written) {
      points.push({ timeMs, received: received ?? 0, written: written ?? 0 });
      draw();
    },
    clear() {
      points = [];
    },
  };
}
