/** The status page: one HTML text with its script and style inside, and the policy that lets nothing else run. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Scripts in an order in which nothing is used before it is there: joined, they are one module. */
const STYLES = ['style.css', 'tiles.css', 'panels.css', 'table.css', 'connections.css', 'fleet.css'];
const SCRIPTS = ['format.js', 'dom.js', 'sparkline.js', 'connections.js', 'fleet.js', 'panels.js', 'main.js'];

export interface StatusPage {
  readonly html: string;
  /** The value of the header Content-Security-Policy. */
  readonly contentSecurityPolicy: string;
}

/** Reads the files in page/ and puts them into one; throws when one is missing. */
export function readStatusPage(): StatusPage {
  const style = STYLES.map(read).join('\n');
  const script = SCRIPTS.map(read).map(withoutModuleWords).join('\n');
  // Functions, since in a text to put in `$` would mean something.
  const html = read('index.html')
    .replace('<style></style>', () => `<style>${style}</style>`)
    .replace('<script type="module"></script>', () => `<script type="module">${script}</script>`);
  const contentSecurityPolicy = [
    `default-src 'none'`,
    `script-src '${sha256(script)}'`,
    `style-src '${sha256(style)}'`,
    `connect-src 'self'`,
    'img-src data:',
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
    // Whatever would make HTML of a text throws.
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
  ].join('; ');
  return { html, contentSecurityPolicy };
}

function read(name: string): string {
  return readFileSync(new URL(`./page/${name}`, import.meta.url), 'utf8');
}

function withoutModuleWords(script: string): string {
  return script.replace(/^import .*\n/gm, '').replace(/^export /gm, '');
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
