/** The table of connections: a row each that stays the same element for its life, sorted and filtered. */

import { setPart, setText } from './dom.js';
import { FORMATS } from './format.js';

/** What a click on a column sorts by first; text sorts from A, figures from the largest. */
const TEXT_COLUMNS = ['client', 'agent'];
/** Differences that nobody sees must not make rows change places at each refresh. */
const SEEN = { share: 1000, ageSeconds: 1, idleSeconds: 1, closesInSeconds: 1 };

/** The cells of a row in the order of the columns. */
function textsOf(connection) {
  const { client, agent, ageSeconds, closesInSeconds, idleSeconds, requests, samples, share, inFlight } =
    connection;
  return [
    FORMATS.text(client),
    agent || (requests === 0 ? 'no request yet' : 'no user agent'),
    FORMATS.duration(ageSeconds),
    closesInSeconds <= 0 && closesInSeconds !== null ? 'due' : FORMATS.duration(closesInSeconds),
    inFlight > 0 ? 'busy' : FORMATS.duration(idleSeconds),
    FORMATS.count(requests),
    FORMATS.count(samples),
    FORMATS.share(share),
  ];
}

/** Negative when `a` comes first; ties by age, the oldest first, so that new rows come last. */
function compare(a, b, { column, descending }) {
  const order = byColumn(a, b, column) * (descending ? -1 : 1);
  return order || b.ageSeconds - a.ageSeconds;
}

function byColumn(a, b, column) {
  if (TEXT_COLUMNS.includes(column))
    return String(a[column]).localeCompare(String(b[column]), 'en', { numeric: true });
  const seen = (value) =>
    typeof value === 'number' ? Math.round(value * (SEEN[column] ?? 1)) : Number.NEGATIVE_INFINITY;
  const [first, second] = [seen(a[column]), seen(b[column])];
  return first === second ? 0 : first - second;
}

function matches({ client, agent }, wanted) {
  return `${client} ${agent}`.toLowerCase().includes(wanted);
}

/** Draws the connections of a status into the section; gives the function that does it. */
export function connectionsTable(section) {
  const find = (selector) => section.querySelector(selector);
  const [table, body, filter] = [find('table'), find('tbody'), find('#filter')];
  const rowTemplate = find('#row').content.firstElementChild;
  const rows = new Map();
  let sorting = {};
  let connections = { list: [], shown: 0, open: 0 };

  function rowOf(connection) {
    const row = rows.get(connection.id) ?? rowTemplate.cloneNode(true);
    rows.set(connection.id, row);
    const texts = textsOf(connection);
    for (const [index, cell] of [...row.cells].entries())
      setText(cell.lastElementChild ?? cell, texts[index]);
    row.cells[0].title = texts[0];
    row.cells[1].title = texts[1];
    row.classList.toggle('busy', connection.inFlight > 0);
    const { ageSeconds, closesInSeconds, share } = connection;
    setPart(
      row.querySelector('.life .bar'),
      closesInSeconds === null ? 0 : ageSeconds / (ageSeconds + closesInSeconds),
    );
    setPart(row.querySelector('.share .bar'), share);
    return row;
  }

  function draw() {
    const wanted = filter.value.trim().toLowerCase();
    const all = connections.list;
    const chosen = all
      .filter((connection) => matches(connection, wanted))
      .sort((a, b) => compare(a, b, sorting));
    const ids = new Set(all.map(({ id }) => id));
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
    for (const [index, connection] of chosen.entries()) {
      const row = rowOf(connection);
      // A row that is in its place is not touched: focus and selection stay.
      if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
    }
    while (body.rows.length > chosen.length) body.lastElementChild.remove();
    table.hidden = all.length === 0;
    filter.hidden = all.length < 2 && wanted === '';
    const busiest = connections.open > all.length ? `the ${all.length} busiest` : '';
    setText(find('#matching'), wanted === '' ? busiest : `${chosen.length} of ${busiest || all.length}`);
  }

  function sortBy(column) {
    const descending = column === sorting.column ? !sorting.descending : !TEXT_COLUMNS.includes(column);
    sorting = { column, descending };
    for (const button of table.querySelectorAll('button')) {
      const heading = button.parentElement;
      if (button.dataset.sort !== column) heading.removeAttribute('aria-sort');
      else heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    }
  }

  for (const button of table.querySelectorAll('button'))
    button.addEventListener('click', () => {
      sortBy(button.dataset.sort);
      draw();
    });
  filter.addEventListener('input', draw);
  sortBy('share');
  return (latest) => {
    connections = latest;
    draw();
  };
}
