// Costs and Resources: asking, drilling down, and what is kept in the address.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { cents, url } from '../support.mjs';
import { costsByDay } from './insights.mjs';

export function costs(story) {
  const rows = () => story.page.locator('main table').last().locator('tbody tr:not(.total)');
  const total = () => story.page.getByTestId('table-total');
  const pick = (name) => story.page.locator('label.select', { has: story.page.getByText(name, { exact: true }) }).locator('select');
  const ask = async (query) => {
    await story.page.goto(`${url}${story.workspace}/costs?${query}`);
    await total().waitFor();
  };

  story.it('agrees in chart and table', async () => {
    const { page } = story;
    await ask('r=mtd&cmp=off');
    const whole = cents(await total().textContent());
    assert.equal(cents(await page.getByTestId('costs-total').textContent()), whole);
    const label = await page.locator('#costs-chart').getAttribute('aria-label');
    assert.equal(cents(/\$[\d,.]+/.exec(label)[0]), whole, label);
    // Each day is rounded by itself.
    const days = [...(await costsByDay(page)).values()];
    const sum = days.reduce((sum, day) => sum + day, 0);
    assert.ok(Math.abs(sum - whole) <= days.length / 2, `the days' ${sum} against the table's ${whole}`);
    const lines = await rows().evaluateAll((rows) => rows.map((row) => row.querySelector('td.n').innerText));
    assert.ok(lines.length > 3, `${lines.length} rows`);
    assert.equal(lines.reduce((sum, line) => sum + cents(line), 0), whole, 'rows add up to the total');
    await story.inspect('costs');
  });

  story.it('asks by range, group and filter, and keeps what is asked in the address', async () => {
    const { page } = story;
    await pick('Range').selectOption({ label: 'Last 7 days' });
    await page.waitForURL(/r=last-7d/);
    await pick('Group').selectOption({ label: 'Region' });
    await page.waitForURL(/g=region/);
    await page.getByRole('heading', { name: 'Cost by region' }).waitFor();
    await pick('Filter by').selectOption({ label: 'Sub-account' });
    await pick('is').selectOption({ label: 'production' });
    await page.waitForURL(/f=/);
    await page.getByText('Sub-account is').first().waitFor();
    const shown = await total().textContent();
    const address = page.url();
    await page.reload();
    await total().waitFor();
    assert.equal(await total().textContent(), shown);

    const [download] = await Promise.all([page.waitForEvent('download'), story.press('CSV')]);
    assert.match(download.suggestedFilename(), /^cloudthread-costs-.*\.csv$/);
    const [, ...lines] = (await readFile(await download.path(), 'utf8')).trim().split('\r\n');
    const sum = lines.reduce((sum, line) => sum + Number(line.split(',')[1]), 0);
    assert.equal(Math.round(sum * 100), cents(shown), 'the file adds up to the total');

    await story.press('Clear filters');
    await page.waitForURL((now) => now.href !== address);
    await page.goBack();
    await page.waitForURL(address);
  });

  story.it('drills from an account down to a resource', async () => {
    const { page } = story;
    await ask('r=mtd&cmp=off&g=sub_account');
    const title = page.locator('#over-time');
    const seen = [];
    while (!new URL(page.url()).pathname.endsWith('/resources')) {
      const here = await title.innerText();
      assert.equal(seen.includes(here), false, `${seen.join(', ')}: twice`);
      seen.push(here);
      const link = rows().first().getByRole('link').first();
      await link.waitFor();
      await link.click();
      await title.filter({ hasText: here }).waitFor({ state: 'detached' });
    }
    assert.ok(seen.length >= 4, seen.join(', '));
    await rows().first().getByRole('button').first().waitFor();
    await page.getByRole('heading', { name: /\d resources/ }).waitFor();
    await page.getByText('Not told apart by operation: that filter was left out.').waitFor();
    await story.inspect('resources-drilled');
    await page.goBack();
    await page.getByRole('navigation', { name: 'Drill-down' }).getByRole('link', { name: 'All costs' }).click();
    await page.waitForURL((now) => !now.search.includes('f='));
    await total().waitFor();
  });

  story.it('finds a resource, with its tags', async () => {
    const { page } = story;
    await story.open('resources?r=mtd');
    await page.getByRole('heading', { name: /\d resources/ }).waitFor();
    await story.inspect('resources');
    const search = page.getByRole('searchbox');
    const find = async (words) => {
      await search.fill(words);
      await search.press('Enter');
      await page.waitForURL((now) => now.searchParams.get('q') === words);
    };
    // The rows found before stay until the new ones are there.
    const found = (words) => rows().first().filter({ hasText: words }).waitFor();
    await find('export-worker-3');
    await found('export-worker-3');

    await find('orders-api');
    await found('orders-api');
    const row = rows().filter({ hasText: 'team' }).first();
    await row.getByRole('button').first().click();
    const panel = page.getByRole('dialog');
    await panel.getByText('Usage type').waitFor();
    const tags = panel.locator('dt');
    for (const key of ['team', 'env']) await tags.getByText(key, { exact: true }).waitFor();
    await page.waitForURL(/id=/);
    await story.inspect('resource');
    await page.keyboard.press('Escape');
    await page.waitForURL((now) => !now.searchParams.has('id'));

    await find('no such thing anywhere');
    await page.getByText('No resource matches').waitFor();
    await story.press('Clear search and filters');
    await rows().first().waitFor();
  });
}
