// Settings, and every page that is for those who are signed in, in every look.

import assert from 'node:assert/strict';

import { control, url } from '../support.mjs';

/** Pages of a connected workspace that no other step looks at: place and what must be there. */
const PAGES = [
  ['documentation', 'Billed cost'],
  ['settings/policies', 'ce:Get*'],
  ['settings/report', 'Months held'],
  ['settings/danger', 'Stops every AWS call within a minute'],
  ['nowhere', 'There is no such page'],
];

/** A telephone of the same person: it gets everywhere by its menu. */
async function walkByMenu(story, phone) {
  await phone.goto(`${url}/sign-in`);
  await story.signIn(phone);
  await phone.getByTestId('figure-mtd').waitFor();
  const menu = phone.getByRole('button', { name: 'Menu', exact: true });
  await menu.click();
  const costs = phone.getByRole('link', { name: 'Costs', exact: true });
  await costs.waitFor();
  await story.inspect('menu', phone);
  await phone.setViewportSize({ width: 360, height: 740 });
  await costs.click();
  await phone.getByTestId('table-total').waitFor();
  assert.equal(await menu.getAttribute('aria-expanded'), 'false', 'the menu closes behind whom it brought');
}

export function settings(story) {
  const told = (words) => story.page.getByRole('status').getByText(words, { exact: true }).waitFor();

  story.it('shows how the connection stands, looks again when asked, and what each call costs', async () => {
    const { page } = story;
    await story.open('settings/connection');
    await page.getByText('Refused without an external id').waitFor();
    await page.getByText('sts:AssumeRole').first().waitFor();
    await story.inspect('settings-connection');
    const count = async () => (await control('calls')).length;
    const before = await count();
    const [checked] = await Promise.all([page.waitForResponse((answer) => answer.url().endsWith('/check')), story.press('Check now')]);
    assert.equal(checked.status(), 200);
    await page.fill('#cap', '4.00');
    await story.press('Save');
    await told('Cap saved');
    await page.getByRole('button', { name: /^Refresh for \$0.04/ }).click();
    await told('Cost Explorer answered');
    assert.ok((await count()) > before, 'AWS was asked');
  });

  story.it('explains every permission and how the report stands', async () => {
    const { page } = story;
    await story.open('settings/policies');
    await page.getByText('The installed template is the published one.').waitFor();
    await page.getByText('AWSTemplateFormatVersion').waitFor();
    for (const name of ['Report bucket', 'Organization roots', 'CloudWatch metrics', 'Cost Explorer', 'Report definition']) {
      await page.getByRole('rowheader', { name }).first().waitFor();
    }
    await story.open('settings/report');
    await page.getByText(/cloudthread-access-reportbucket/).first().waitFor();
    await page.getByText('Prefix', { exact: true }).first().waitFor();
    await page.locator('[aria-labelledby="months"] tbody tr').first().waitFor();
    const reconciled = page.locator('section', { has: page.locator('#reconcile') });
    await reconciled.getByText('AWS still changes this month: for information only.').waitFor();
    // The same figure by both ways, and it is not nothing.
    assert.match(await reconciled.locator('tbody tr').first().innerText(), /\$([\d,]*[1-9][\d,]*\.\d\d)\s+\$\1\s+\$0\.00/);
    for (const [place, words] of PAGES) {
      await page.goto(`${url}${story.workspace}/${place}`);
      await page.getByText(words).first().waitFor();
      await story.inspect(place.replace('/', '-'));
    }
  });

  story.it('changes name and theme, and ends a sign-in elsewhere', async () => {
    const { page } = story;
    const phone = await story.arrive({ viewport: { width: 360, height: 740 } });
    await walkByMenu(story, phone);

    await story.open('settings/profile');
    await page.getByText(story.email).first().waitFor();
    await story.inspect('settings-profile');
    await page.fill('#name', 'Dana');
    await story.press('Save');
    await told('Saved');
    const theme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    await page.getByRole('radio', { name: 'Dark' }).check();
    assert.equal(await theme(), 'dark');
    await page.reload();
    await page.locator('#name').waitFor();
    assert.equal(await theme(), 'dark');
    assert.equal(await page.inputValue('#name'), 'Dana');
    await page.getByRole('radio', { name: 'System' }).check();
    await told('Saved');

    await story.press('End');
    await page.getByRole('button', { name: 'End', exact: true }).waitFor({ state: 'detached' });
    await page.getByText('this one').waitFor();
    await phone.reload();
    await phone.waitForURL('**/sign-in?next=**');
    await phone.context().close();
  });
}
