/** The table of replicas that this one knows, itself included: a row each that stays the same element for its life. */

import { byId, setPart, setText, setTone } from './dom.js';
import { FORMATS } from './format.js';

const STATES = { ready: 'good', starting: 'warn', draining: 'draining' };

/** The cells of a row in the order of the columns. */
function replicaTexts(replica, nowMs) {
  const {
    id,
    state,
    share,
    samplesPerSecond,
    connections,
    cpu,
    version,
    startedAt,
    heardSecondsAgo,
    isThis,
    hasNamesake,
  } = replica;
  return [
    FORMATS.text(id),
    FORMATS.text(hasNamesake === true ? `${state}, id twice` : state),
    FORMATS.share(share),
    FORMATS.rate(samplesPerSecond),
    FORMATS.count(connections),
    FORMATS.share(cpu),
    FORMATS.duration(Math.max(0, (nowMs - Date.parse(startedAt)) / 1000)),
    isThis ? FORMATS.text(null) : FORMATS.ago(heardSecondsAgo),
    FORMATS.text(version),
    FORMATS.text(replica.address),
  ];
}

/** Draws the fleet of a status into the section; gives the function that does it. */
export function fleetTable(section) {
  const body = section.querySelector('tbody');
  const rowTemplate = section.querySelector('template').content.firstElementChild;
  const rows = new Map();

  function rowOf(replica, ready, nowMs) {
    const row = rows.get(replica.id) ?? rowTemplate.cloneNode(true);
    rows.set(replica.id, row);
    const texts = replicaTexts(replica, nowMs);
    for (const [index, cell] of [...row.cells].entries()) {
      setText(cell.lastElementChild ?? cell, texts[index]);
      cell.title = texts[index];
    }
    row.classList.toggle('this', replica.isThis === true);
    setTone(row.querySelector('.state'), STATES[replica.state] ?? '');
    // Half of it is the mean, so that in a large fleet differences can be seen too.
    setPart(row.querySelector('.bar'), (replica.share * ready) / 2);
    return row;
  }

  return (fleet) => {
    section.hidden = !fleet;
    if (!fleet) return;
    const list = fleet.list ?? [];
    const ids = new Set(list.map(({ id }) => id));
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
    const nowMs = Date.now();
    for (const [index, replica] of list.entries()) {
      const row = rowOf(replica, fleet.ready, nowMs);
      if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
    }
    while (body.rows.length > list.length) body.lastElementChild.remove();
    setText(byId('fleet-state'), fleet.isUsable ? 'in use' : 'not usable');
    setTone(byId('fleet-state'), fleet.isUsable ? 'good' : 'warn');
    setText(byId('fleet-problem'), fleet.isUsable ? '' : fleet.problem);
    setText(
      byId('fleet-shown'),
      fleet.known > list.length ? `the ${list.length} busiest of ${fleet.known}` : '',
    );
  };
}
