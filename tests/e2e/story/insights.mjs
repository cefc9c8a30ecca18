// First insights from Cost Explorer, and the report that takes their place.

import assert from 'node:assert/strict';

import { cents, control, facts, mailTo, picture, url } from '../support.mjs';

/** The month to date as the Overview shows it: which days, how many cents. */
async function monthToDate(page) {
  const card = page.locator('section', { has: page.locator('#mtd') });
  const [days] = (await card.locator('.note').last().innerText()).split(' against ');
  return { days, cents: cents(await card.getByTestId('figure-mtd').innerText()) };
}

/** Cents of each day of the month, as the chart's table has them. */
export async function costsByDay(page) {
  const table = page.locator('details', { has: page.locator('#costs-days') });
  await table.locator('summary').click();
  const rows = await table.locator('tbody tr').evaluateAll((rows) =>
    rows.map((row) => [row.cells[0].innerText, row.cells[row.cells.length - 1].innerText]));
  return new Map(rows.filter(([, cost]) => cost.includes('$')).map(([day, cost]) => [day, cents(cost)]));
}

/** What is held of the month: its figure, and each day's. */
async function held(story) {
  await story.open('overview');
  const total = await monthToDate(story.page);
  await story.page.goto(`${url}${story.workspace}/costs?r=mtd&cmp=off`);
  await story.page.getByTestId('costs-total').waitFor();
  return { ...total, byDay: await costsByDay(story.page), on: new Date().getUTCDate() };
}

/** Cards of figures that do not say where these come from, and whether they are estimated or final. */
async function cardsWithoutSource(page) {
  const cards = page.locator('main section.card').filter({ hasText: '$' });
  const bare = cards.filter({ hasNot: page.locator('.source', { hasText: /(estimated|final)/ }) });
  return bare.locator('h2').allInnerTexts();
}

export function insights(story) {
  let first;
  const noteBareCards = async (name) => {
    const titles = await cardsWithoutSource(story.page);
    story.found.push(...titles.map((title) => `${name}: "${title}" does not say where its figures come from`));
  };

  story.it('shows first insights with source, reach and status', async () => {
    const { page } = story;
    await page.getByRole('link', { name: 'See first insights' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    for (const name of [
      'Month to date', /forecast/, 'Last 30 days', 'Daily cost by service', 'What moved',
      'By service', 'By sub-account', 'By region',
    ]) {
      await page.getByRole('heading', { name, exact: true }).filter({ visible: true }).first().waitFor();
    }
    await page.getByText('These figures come from Cost Explorer.').waitFor();
    await page.getByText(/Cost Explorer · through .* UTC · estimated/).first().waitFor();
    await page.getByText(/Cost Explorer · through .* UTC · final/).first().waitFor();
    for (const id of ['mtd', 'last-month', 'last-30']) {
      const card = page.locator(`section[aria-labelledby="${id}"]`);
      await card.locator('.change').waitFor();
      await card.getByText(/ against /).waitFor();
    }
    await page.getByText(/^Previous, /).first().waitFor();
    for (const id of ['by-service', 'by-sub-account', 'by-region', 'moved']) {
      await page.locator(`[aria-labelledby="${id}"] tbody tr`).nth(2).waitFor();
    }
    await noteBareCards('overview-first');
    await story.inspect('overview-first');
    await page.goto(`${url}${story.workspace}/resources`);
    await page.getByText('The report is on its way').waitFor();
    await story.inspect('resources-first');
    first = await held(story);
    assert.ok(first.cents > 100_000, `${first.cents} cents`);
  });

  story.it('takes the report in when AWS delivers it, and says so in the app and by mail', async () => {
    const { page } = story;
    const aws = await page.context().newPage();
    await aws.goto(facts.console_url);
    const report = aws.getByRole('row').filter({ hasText: /^cloudthread/ }).filter({ has: aws.getByTestId('deliver') });
    assert.match(await report.innerText(), /never/);
    await report.getByRole('button', { name: 'Deliver now' }).click();
    await report.filter({ hasNotText: 'never' }).waitFor();
    await picture(aws, 'console');
    await aws.close();

    await story.open('connect');
    await story.press('Check now');
    await story.done('FirstFiles');
    await story.inspect('timeline-report');
    const mail = await mailTo(story.email, 'eport');
    assert.match(mail.text, /esource/);
    await story.open('notifications');
    await page.locator('.inbox li').first().waitFor();
    await story.inspect('notifications');
    await story.press('Mark all as read');
    await page.locator('.inbox li.is-new').first().waitFor({ state: 'detached' });
  });

  story.it('stands on the report, to the cent of what Cost Explorer said', async () => {
    const { page } = story;
    const now = await held(story);
    const days = [...now.byDay.keys()].filter((day) => first.byDay.has(day));
    // The last two days may have filled up in between.
    const told = days.slice(0, -2);
    assert.ok(told.length > 5, `${told.length} days`);
    assert.deepEqual(told.map((day) => [day, now.byDay.get(day)]), told.map((day) => [day, first.byDay.get(day)]));
    // Only at midnight another day becomes complete.
    if (now.on === first.on) assert.deepEqual([now.days, now.cents], [first.days, first.cents]);
    await story.open('overview');
    await page.getByText(/Report · through .* UTC · estimated/).first().waitFor();
    await page.getByTestId('costs-total').first().waitFor();
    await noteBareCards('overview-report');
    await story.inspect('overview-report');
    const calls = (await control('calls')).filter((call) => call.service === 's3' && call.operation === 'GetObject');
    assert.ok(calls.length > 0, 'the decoder read the files');
  });
}
