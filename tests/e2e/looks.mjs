// How a page looks to everyone: in both themes, on a desk and on a telephone, with axe and with a picture of each.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { picture } from './support.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Theme and width of each look; the last one leads back to how people sit. */
const LOOKS = [['light', 360], ['dark', 360], ['dark', 1280], ['light', 1280]];

/** What bars anybody from a page, in every look. Keeps pictures named `name-theme-width`. */
export async function inspect(page, name) {
  const found = [];
  for (const [theme, width] of LOOKS) {
    await page.setViewportSize({ width, height: width < 500 ? 740 : 900 });
    await page.emulateMedia({ colorScheme: theme });
    const look = `${name}-${theme}-${width}`;
    await picture(page, look);
    const all = [...(await barriers(page)), ...(await overhang(page)), ...(await emptyBelow(page)), ...(await costsOutOfSight(page))];
    found.push(...all.map((words) => `${look}: ${words}`));
  }
  return found;
}

/** What axe finds against WCAG 2.2 AA, as lines to read. */
async function barriers(page) {
  // The page's own policy forbids foreign scripts; the debugger's door is not part of the page.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const violations = await page.evaluate(async (standards) => {
    const result = await window.axe.run(document, { runOnly: standards, resultTypes: ['violations'], preload: false });
    return result.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3).map(({ target }) => target.join(' ')) }));
  }, STANDARDS);
  return violations.map(({ id, help, nodes }) => `${id}: ${help} (${nodes.join('; ')})`);
}

/** What makes the page wider than its window, so that a person scrolls sideways. */
async function overhang(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > width + 1);
    return wide.slice(0, 4).map((one) => `wider than its window: ${one.tagName}.${one.className}`.slice(0, 100));
  });
}

/** A short page ends with its window: nobody scrolls to see nothing. */
async function emptyBelow(page) {
  return page.evaluate(() => {
    const { scrollHeight, clientHeight } = document.documentElement;
    const end = document.querySelector('main')?.getBoundingClientRect().bottom + window.scrollY;
    return scrollHeight > clientHeight && scrollHeight > end + 1 ? ['taller than its window by nothing'] : [];
  });
}

/** What a table is for stays in sight; only the rest may need to be scrolled to. */
async function costsOutOfSight(page) {
  const total = page.locator('main tr.total td.n').first();
  if (!(await total.count())) return [];
  const box = await total.boundingBox();
  return box.x + box.width <= page.viewportSize().width ? [] : ['the cost is out of sight'];
}

/** What a page asks of these addresses while nobody can see it, for some seconds at least. */
export async function askedWhileHidden(page, address, seconds, meanwhile) {
  const asked = [];
  const note = (request) => request.url().includes(address) && asked.push(request.url());
  const show = (state) => page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, state);
  await show('hidden');
  page.on('request', note);
  await Promise.all([meanwhile(), page.waitForTimeout(seconds * 1_000)]);
  page.off('request', note);
  const back = page.waitForRequest((request) => request.url().includes(address));
  await show('visible');
  assert.ok(await back, 'it asks again once it is seen');
  return asked;
}
