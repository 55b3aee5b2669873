/** Asks the replica for its status every two seconds, draws the answer, and says so when there is none. */

import { connectionsTable } from './connections.js';
import { byId, setText, setTone, show } from './dom.js';
import { fleetTable } from './fleet.js';
import { FORMATS } from './format.js';
import { drawClosed, drawHints, drawReturns, drawTiles } from './panels.js';
import { sparkline } from './sparkline.js';

const ASK_EVERY_MS = 2000;
const ANSWER_WITHIN_MS = 5000;
/** So many characters of a commit tell it from all others. */
const SHOWN_REVISION = 10;
const ICON_COLOURS = { ready: '#2e9d6a', starting: '#c98a14', draining: '#7a6cd6', lost: '#c8443c' };
/** In case the replica itself says no more. */
const STATE_DETAILS = { draining: 'finishes what is under way and asks every connection to close' };

// The page is `/` of the replica, so its own path is the prefix it is behind, with or without the last slash.
const base = new URL(location.pathname.replace(/\/?$/, '/'), location.origin);
const drawConnections = connectionsTable(byId('connections'));
const drawFleet = fleetTable(byId('fleet'));
const line = sparkline();

/** The first answer of the process that is watched and when it came, and the latest. */
let first;
let firstMs = 0;
let latest;
let latestMs = 0;
let isAsking = false;
let timer;

const clock = (timeMs) => new Date(timeMs).toTimeString().slice(0, 8);
const valueAt = (status, path) => path.split('.').reduce((value, key) => value?.[key], status);

/** The status, or an error that says in words why there is none. */
async function fetchStatus() {
  let answer;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    answer = await fetch(new URL('api/v1/status', base), { cache: 'no-store', signal });
    if (answer.ok) return await answer.json();
  } catch (error) {
    if (error.name === 'TimeoutError')
      throw new Error(`nothing within ${FORMATS.duration(ANSWER_WITHIN_MS / 1000)}`);
    throw new Error(
      error.name === 'SyntaxError' ? 'the answer is no status' : 'the replica cannot be reached',
    );
  }
  throw new Error(`HTTP ${answer.status} ${answer.statusText}`.trim());
}

function draw(status) {
  if (first?.replica.instance !== status.replica.instance) watchAnother(status);
  [latest, latestMs] = [status, Date.now()];
  for (const element of document.querySelectorAll('[data-text]'))
    show(element, valueAt(status, element.dataset.text), element.dataset.as);
  drawHeader(status);
  drawHints(status.hints);
  drawTiles(status, first, (latestMs - firstMs) / 1000);
  line.add(latestMs, status.traffic.samplesPerSecond, status.traffic.writtenSamplesPerSecond);
  drawFleet(status.fleet);
  drawConnections(status.connections);
  drawClosed(status.connections, status.limits);
  drawReturns(status.returns);
  byId('empty').hidden = !isIdle(status);
}

/** Nobody writes, and nobody is being sent away. */
function isIdle({ replica, traffic }) {
  const writes = traffic.samplesPerSecond > 0 || traffic.requestsPerSecond > 0;
  return !writes && replica.state !== 'draining';
}

/** A page stays open for long: the replica restarts, or a balancer leads the next connection to another one. */
function watchAnother(status) {
  const { id, version } = status.replica;
  const before = first?.replica;
  [first, firstMs] = [status, Date.now()];
  line.clear();
  byId('moved').hidden = before === undefined;
  if (before === undefined) return;
  const what =
    before.id === id
      ? `${id} has started anew; its counts begin at 0.`
      : `This is ${id} now, before it was ${before.id}: the page is open through a balancer.`;
  const reload = before.version === version ? '' : ` Its version is ${version}: reload the page.`;
  setText(byId('moved'), `${clock(firstMs)} ${what}${reload}`);
}

function drawHeader({ replica, traffic }) {
  const { id, state, detail, version, revision, instance, startedAt } = replica;
  setText(byId('detail'), detail || (STATE_DETAILS[state] ?? ''));
  setText(
    byId('version'),
    revision === 'unknown' ? version : `${version} ${revision.slice(0, SHOWN_REVISION)}`,
  );
  byId('version').title = `instance ${instance}, started ${startedAt}, revision ${revision}`;
  setText(byId('answered'), clock(latestMs));
  const activity = state === 'ready' ? FORMATS.rate(traffic.samplesPerSecond) : state;
  setState(state, `${activity} · ${id}`);
}

/** The badge, the title and the icon, for a wall, a tab and a bookmark. */
function setState(state, title) {
  setText(byId('state'), state === 'lost' ? 'no answer' : state);
  setTone(byId('state'), state);
  document.title = title;
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="${ICON_COLOURS[state]}"/></svg>`;
  const address = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
  const icon = document.querySelector('link[rel=icon]');
  if (icon.href !== address) icon.href = address;
}

function drawLost(reason) {
  const since = latest ? `No answer since ${clock(latestMs)}` : 'No answer yet';
  setText(byId('lost').querySelector('b'), `${since}: ${reason}.`);
  setText(
    byId('lost-for'),
    latest ? `What you see is ${FORMATS.duration((Date.now() - latestMs) / 1000)} old.` : '',
  );
  setState('lost', `no answer · ${latest?.replica.id ?? location.host}`);
}

async function ask() {
  if (isAsking) return;
  isAsking = true;
  clearTimeout(timer);
  try {
    const status = await fetchStatus().catch(({ message }) => drawLost(message));
    byId('lost').hidden = status !== undefined;
    document.documentElement.classList.toggle('is-lost', status === undefined);
    if (status !== undefined) draw(status);
  } finally {
    isAsking = false;
    if (!document.hidden) timer = setTimeout(ask, ASK_EVERY_MS);
  }
}

setText(byId('snippet'), `remote_write:\n  - url: ${new URL('api/v1/write', base)}`);
for (const link of document.querySelectorAll('nav a')) link.href = new URL(link.getAttribute('href'), base);
document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : ask()));
ask();
