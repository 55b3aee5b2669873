/** What the drawing files share: text into elements, never as HTML, and lengths and tones of them. */

import { FORMATS } from './format.js';

export const byId = (id) => document.getElementById(id);

/** An element that is right already is left alone: selection stays, and nothing is announced again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The number large, its unit small. */
function setFigure(element, text) {
  if (element.textContent === text) return;
  const at = text.search(/[\u202f%]/);
  const unit = document.createElement('small');
  unit.textContent = at < 0 ? '' : text.slice(at);
  element.replaceChildren(at < 0 ? text : text.slice(0, at), unit);
}

/** Writes `value` as the format of that name into the element. */
export function show(element, value, format = 'text') {
  const text = FORMATS[format](value);
  if (element.classList.contains('figure')) setFigure(element, text);
  else setText(element, text);
}

/** A part of 1 as a length; through the object model, since the policy allows no style attribute. */
export function setPart(element, part, name = '--part') {
  const shown = Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : 0;
  element.style.setProperty(name, shown.toFixed(3));
}

/** The tone gives the colour: good, warn, bad, or one of a state. */
export function setTone(element, tone) {
  element.dataset.tone = tone;
}

export function create(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
