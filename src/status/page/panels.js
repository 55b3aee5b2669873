/** Tiles and panels that need more than a figure in its place: bars, counts since the page was opened, reasons. */

import { byId, create, setPart, setText, setTone, show } from './dom.js';
import { FORMATS } from './format.js';

/** Parts of a limit from which a bar warns, and from which it is bad. */
const QUEUE_TONES = [0.5, 0.8];
const EVENT_LOOP_TONES = [0.75, 0.85];

const CLOSE_REASONS = {
  max_age: 'reached its age',
  max_requests: 'used up its requests',
  overload: 'this replica was too busy',
  balance: 'this replica carried more than the others',
  rebalance: 'an operator asked for it',
  drain: 'this replica leaves',
  idle_timeout: 'idle for too long',
  headers_timeout: 'headers came too slowly',
  request_timeout: 'request came too slowly',
  client: 'closed by the sender',
  unread_answer: 'answers not taken',
  forced: 'cut off at the end',
  protocol_error: 'no valid HTTP',
  pipelined: 'too many requests at once',
  unread_body: 'refused before its end',
};
const HINT_TONES = { error: 'bad', warning: 'warn', info: 'info' };
const VERDICTS = {
  unknown: { text: 'not known yet', tone: '' },
  spreads: { text: 'spreads', tone: 'good' },
  sticky: { text: 'sticky', tone: 'bad' },
};

function drawBar(tile, part, [warnFrom, badFrom]) {
  setPart(tile.querySelector('.bar'), part);
  setTone(tile, part >= badFrom ? 'bad' : part >= warnFrom ? 'warn' : '');
}

/** How far a counter has come since the page was opened; `tone` is that of a counter that has moved. */
function drawGain(tile, gained, { forSeconds, tone }) {
  const since = FORMATS.duration(forSeconds);
  setText(
    tile.querySelector('.aside'),
    gained > 0 ? `+${FORMATS.count(gained)} in ${since}` : `none in ${since}`,
  );
  setTone(tile, gained > 0 ? tone : '');
}

/** `first` is the status that the page began with. */
export function drawTiles(status, first, forSeconds) {
  const { traffic, kafka } = status;
  drawBar(byId('event-loop'), traffic.eventLoopUtilization, EVENT_LOOP_TONES);
  const fill = kafka.queueLimitBytes > 0 ? kafka.queueBytes / kafka.queueLimitBytes : 0;
  drawBar(byId('queue'), fill, QUEUE_TONES);
  show(byId('queue').querySelector('.figure'), fill, 'share');
  setText(byId('queue-of'), `${FORMATS.bytes(kafka.queueBytes)} of ${FORMATS.bytes(kafka.queueLimitBytes)}`);
  const tones = { refused: 'warn', dropped: 'bad', retried: 'warn' };
  for (const [key, tone] of Object.entries(tones))
    drawGain(byId(key), traffic[key] - first.traffic[key], { forSeconds, tone });
  setTone(byId('kafka-failures'), kafka.failures > first.kafka.failures ? 'bad' : '');
}

/** Reasons with a count, the most frequent first, each with a bar to compare them by. */
export function drawClosed({ closed = {}, skipped = {} }, limits) {
  const seen = (counts) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .sort(([, a], [, b]) => b - a);
  const reasons = seen(closed);
  const most = reasons[0]?.[1];
  const items = reasons.map(([reason, count]) => {
    const item = create('li', '');
    item.append(
      create('code', '', reason),
      create('span', 'aside', CLOSE_REASONS[reason] ?? ''),
      create('b', '', FORMATS.count(count)),
    );
    setPart(item, count / most);
    return item;
  });
  byId('closed').replaceChildren(...(items.length > 0 ? items : [create('li', 'aside', 'none so far')]));
  const put = seen(skipped).map(([reason, count]) => `${reason}\u00a0${FORMATS.count(count)}`);
  setText(byId('skipped'), put.length > 0 ? `closes put off: ${put.join(', ')}` : 'no close was put off');
  setText(byId('max-age'), maxAgeText(limits));
}

function maxAgeText({ maxAgeSeconds, effectiveMaxAgeSeconds, maxAgeJitter }) {
  if (maxAgeSeconds === 0) return 'off';
  const text = `${FORMATS.setting(maxAgeSeconds)} ± ${FORMATS.share(maxAgeJitter)}`;
  // The rate of closes stretches it when there are very many connections.
  if (!(effectiveMaxAgeSeconds > maxAgeSeconds * 1.01)) return text;
  return `${text}, now ${FORMATS.duration(effectiveMaxAgeSeconds)}`;
}

/** The share of closed clients that came back here, with how sure it is. */
export function drawReturns({ ratio, error, verdict }) {
  const { text, tone } = VERDICTS[verdict] ?? VERDICTS.unknown;
  setText(byId('verdict'), text);
  setTone(byId('verdict'), tone);
  const scale = byId('returns-scale');
  scale.hidden = typeof ratio !== 'number';
  setPart(scale, ratio);
  setPart(scale, ratio - error, '--from');
  setPart(scale, ratio + error, '--to');
  setTone(scale, tone);
  setText(byId('returns-error'), typeof error === 'number' ? `± ${FORMATS.share(error)}` : '');
}

export function drawHints(hints = []) {
  const items = hints.map(({ level, text }) => {
    const item = create('li', 'banner', text);
    setTone(item, HINT_TONES[level] ?? 'info');
    item.prepend(create('b', '', level), ' ');
    return item;
  });
  const list = byId('hints');
  // The same hints again are not announced again.
  const told = items.map(({ textContent }) => textContent).join('\n');
  if (list.dataset.told === told) return;
  list.dataset.told = told;
  list.replaceChildren(...items);
}
