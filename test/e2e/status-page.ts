/** The status page in the browser of a test: opened, sped up, and read as a person reads it. */

import type { Status } from '../../src/status/status.ts';
import type { Browser, Page } from '../support/chromium.ts';
import type { TestHooks } from '../support/process.ts';
import { type FakeReplica, startFakeReplica } from './fake-replica.ts';

/** The page asks every two seconds; here its timers run this much faster. */
const HASTE = 20;
export const HASTY_INTERVAL_MS = 2000 / HASTE;
const HASTEN = `{
  const { setTimeout } = window;
  window.setTimeout = (act, ms) => setTimeout(act, ms / ${HASTE});
}`;

export const STATE = `document.querySelector('#state').textContent`;

export interface Setting {
  readonly test: TestHooks;
  readonly browser: Browser;
}

export interface Shown {
  readonly page: Page;
  readonly replica: FakeReplica;
}

/** Opens the page; resolves when it has drawn its first answer. */
export async function openPage({ test, browser }: Setting, url: string): Promise<Page> {
  const page = await browser.newPage(test);
  await page.runBefore(HASTEN);
  await page.setSize(1400, 900);
  await page.open(url);
  await page.waitFor(`${STATE} !== 'connecting'`);
  return page;
}

export async function showStatus(setting: Setting, status: Status, path = '/'): Promise<Shown> {
  const replica = await startFakeReplica(setting.test, status);
  return { replica, page: await openPage(setting, replica.url + path) };
}

/** Resolves when the page has drawn this status; only its host name is another. */
export async function redraw({ page, replica }: Shown, status: Status): Promise<void> {
  const hostname = `host-${replica.asked}`;
  replica.status = { ...status, replica: { ...status.replica, hostname } };
  const shown = `document.querySelector('[data-text="replica.hostname"]').textContent`;
  await page.waitFor(`${shown} === '${hostname}'`);
}

/** What is written in the elements, every space a plain one; '' for what is hidden. */
export function texts(page: Page, selector: string): Promise<string[]> {
  return page.evaluate(`Array.from(
    document.querySelectorAll(${JSON.stringify(selector)}),
    (element) => element.checkVisibility() ? element.innerText.replaceAll(/\\s+/g, ' ').trim() : '',
  )`);
}

/** That of the first of the elements. */
export async function text(page: Page, selector: string): Promise<string | undefined> {
  return (await texts(page, selector))[0];
}

/** What is written where the page shows that field of the status. */
export function field(page: Page, path: string): Promise<string | undefined> {
  return text(page, `[data-text="${path}"]`);
}

/** Whether nothing sticks out of the window to the right. */
export function isWithin(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth <= innerWidth');
}
