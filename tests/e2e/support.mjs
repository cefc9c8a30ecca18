// What the browser tests share: a browser whose pages are watched, the simulated AWS account, its mail box, and the clocks.

import { mkdir } from 'node:fs/promises';

import { chromium } from 'playwright-core';

export const url = process.env.CLOUDTHREAD_URL;
export const facts = JSON.parse(process.env.CLOUDTHREAD_SANDBOX ?? '{}');
const key = process.env.CLOUDTHREAD_TEST_KEY;
const shots = process.env.CLOUDTHREAD_SCREENSHOTS;

/** By how many milliseconds the clocks of the product and of the simulated AWS run ahead of this machine's. */
let ahead = Number(process.env.CLOUDTHREAD_AHEAD ?? 0);

/** How long a person would wait at most for a step that AWS or a Worker takes. */
export const PATIENCE = 60_000;

/** The management account of the simulated organization. */
export const ACCOUNT = '447120569018';

/** What a developer would see in red, and requests that went elsewhere, of all pages of all people. */
export const faults = [];

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

/** A page of a new person. All they open is watched. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE);
  if (ahead > 0) await context.addInitScript(runAhead, ahead);
  watch(context);
  return context.newPage();
}

function watch(context) {
  context.on('weberror', (error) => faults.push(`${error.page()?.url()}: ${error.error()}`));
  context.on('console', (message) => {
    // A refused request is the product's answer, not its fault; the test looks at what it shows.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) faults.push(`${message.page()?.url()}: ${message.text()}`);
  });
  context.on('request', (request) => {
    if (isForeign(request)) faults.push(`a foreign host is asked: ${request.url()}`);
  });
}

/** Nothing is asked of any host but the product's and the simulated AWS's. */
function isForeign(request) {
  const { origin, protocol } = new URL(request.url());
  return protocol.startsWith('http') && ![url, facts.url].some((own) => new URL(own).origin === origin);
}

/** Asks the simulated AWS to do something. */
export async function control(what, body) {
  return (await send(`${facts.url}/_control/${what}`, {}, body)).json();
}

async function send(address, headers, body) {
  const answer = await fetch(address, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** Lets seconds pass at AWS and for the product; what then became due in a workspace runs. */
export async function pass(seconds, workspace) {
  ahead += seconds * 1_000;
  await control('clock', { advance: seconds });
  const guards = { 'x-test-key': key, 'x-cloudthread': '1', origin: url, 'sec-fetch-site': 'same-origin' };
  const now = new Date(Date.now() + ahead).toISOString();
  await send(`${url}/api/test/clock`, guards, { now, run: workspace });
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

/** Opens the page of the mail box in a tab beside; answers the link in the newest letter of this kind. */
export async function openMailbox(page, address, subject) {
  await mailTo(address, subject);
  const tab = await page.context().newPage();
  await tab.goto(facts.mailbox_url);
  const letters = tab.locator('article').filter({ hasText: `To ${address}` });
  const link = letters.filter({ has: tab.getByRole('heading', { name: subject }) }).first().getByRole('link').first();
  return { tab, link };
}

/** Keeps a picture when pictures are wanted: of the whole page, or of the window where a dialog covers it. */
export async function picture(page, name) {
  if (!shots) return;
  await mkdir(shots, { recursive: true });
  const isCovered = (await page.locator('dialog[open]').count()) > 0;
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage: !isCovered });
}

/** A figure's text as cents; what is less than one is none. */
export function cents(text) {
  if (/[<>]/.test(text)) return 0;
  return Math.round(Number(text.replaceAll('−', '-').replace(/[^0-9.-]/g, '')) * 100);
}
