// What the browser tests share: a browser, the simulated AWS account, and an inspection of pages.

import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

export const url = process.env.CLOUDTHREAD_URL;
export const facts = JSON.parse(process.env.CLOUDTHREAD_SANDBOX ?? '{}');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ahead = Number(process.env.CLOUDTHREAD_AHEAD ?? 0);
const shots = process.env.CLOUDTHREAD_SCREENSHOTS;

/** How long a person would wait at most for a step that AWS or a Worker takes. */
export const PATIENCE = 60_000;

/** The management account of the simulated organization. */
export const ACCOUNT = '447120569018';

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
}

/** Lets a page's clock run ahead as the product's does. */
function runAhead(ahead) {
  const Now = Date;
  globalThis.Date = class extends Now {
    constructor(...given) {
      super(...(given.length > 0 ? given : [Now.now() + ahead]));
    }

    static now() {
      return Now.now() + ahead;
    }
  };
}

/** A page of a new person, whose faults are collected in `page.faults`. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  if (ahead > 0) await context.addInitScript(runAhead, ahead);
  return watch(await context.newPage());
}

/** Collects what a developer would see in red. */
export function watch(page) {
  page.setDefaultTimeout(PATIENCE);
  page.faults = [];
  page.on('pageerror', (error) => page.faults.push(String(error)));
  page.on('console', (message) => {
    // A refused request is the product's answer, not its fault; the test looks at what it shows.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) page.faults.push(message.text());
  });
  return page;
}

/** Asks the simulated AWS to do something. */
export async function control(what, body) {
  const answer = await fetch(`${facts.url}/_control/${what}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** Waits until `look` finds something. */
export async function until(what, look, patience = PATIENCE) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${patience / 1000} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The newest mail to an address whose subject holds these words. */
export async function mailTo(address, subject) {
  return until(`a mail to ${address} about ${subject}`, async () => {
    const mails = await (await fetch(`${facts.url}/_mailbox.json`)).json();
    return mails.find((mail) => mail.to.some((to) => to.includes(address)) && mail.subject.includes(subject));
  });
}

/** The link in a mail. */
export function linkIn(mail) {
  return /https?:\/\/\S+/.exec(mail.text)[0];
}

/** What axe finds against WCAG 2.2 AA, as lines to read. */
export async function barriers(page) {
  // The page's own policy forbids foreign scripts; the debugger's door is not part of the page.
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
  return result.violations.map((one) =>
    `${one.id}: ${one.help} (${one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join('; ')})`);
}

/** What makes the page wider than its window, so that a person scrolls sideways; empty when nothing does. */
export async function overhang(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > width + 1);
    return wide.slice(0, 4).map((one) => `${one.tagName}.${one.className}`.slice(0, 80));
  });
}

/** Keeps a picture when pictures are wanted. */
export async function picture(page, name) {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

/** A figure's text as cents. */
export function cents(text) {
  const digits = text.replace(/[^0-9.-]/g, '');
  return Math.round(Number(digits) * 100);
}
