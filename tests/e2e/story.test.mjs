// The main job as a person walks it, from signing up to a proof that access has ended. The steps build on each other.

import assert from 'node:assert/strict';
import { after, before, describe, it as test } from 'node:test';

import {
  ACCOUNT, barriers, cents, control, launch, linkIn, mailTo, newPage, overhang, picture, until, url, watch,
} from './support.mjs';

const EMAIL = 'dana.story@example.com';
const PASSWORD = 'seven anvils on a roof';
const NEW_PASSWORD = 'nine lanterns by the canal';

describe('the main job', () => {
  let browser;
  let page;
  let workspace;
  let stack;

  // The steps build on each other: after one that failed, the rest would only wait.
  let broken = false;
  const it = (name, walk) => test(name, async (context) => {
    if (broken) return context.skip('an earlier step failed');
    try {
      await walk();
    } catch (error) {
      broken = true;
      await picture(page, 'failed');
      throw error;
    }
  });
  const found = [];
  const inspect = async (who, name) => {
    await picture(who, name);
    found.push(...(await barriers(who)).map((barrier) => `${name}: ${barrier}`));
  };
  const open = async (place) => {
    await page.goto(`${url}${workspace}/${place}`);
    await page.locator('h1').waitFor();
  };
  const step = (name) => page.locator(`li[data-step="${name}"]`);
  const done = (name) => page.locator(`li[data-step="${name}"].is-done`).waitFor();
  const press = (name) => page.getByRole('button', { name, exact: true }).click();

  before(async () => {
    browser = await launch();
    page = await newPage(browser);
  });
  after(async () => {
    await browser?.close();
  });

  it('signs up, with rules said before and errors beside the field', async () => {
    await page.goto(`${url}/sign-up`);
    await page.getByText('At least 15 characters').waitFor();
    await inspect(page, 'sign-up');
    await page.fill('#email', EMAIL);
    await page.fill('#password', 'short');
    await page.fill('#workspace_name', 'Acme');
    await press('Sign up');
    await page.locator('#password[aria-invalid="true"]').waitFor();
    await page.fill('#password', PASSWORD);
    await press('Sign up');
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
    assert.equal((await page.textContent('main')).includes(EMAIL), false, 'the address is masked');
    await picture(page, 'check-your-mail');
  });

  it('answers a known address alike', async () => {
    const answers = [];
    const other = await browser.newContext();
    for (const email of [EMAIL, 'nobody.yet@example.com']) {
      const answer = await other.request.post(`${url}/api/sign-up`, {
        headers: { 'x-cloudthread': '1', origin: url, 'sec-fetch-site': 'same-origin' },
        data: { email, password: PASSWORD, workspace_name: 'Acme' },
      });
      answers.push([answer.status(), Object.keys(await answer.json()).sort()]);
    }
    await other.close();
    assert.deepEqual(answers[0], answers[1]);
  });

  it('confirms by the button behind the link, and by nothing less', async () => {
    const link = linkIn(await mailTo(EMAIL, 'onfirm'));
    const scanner = await newPage(browser);
    await scanner.goto(link);
    await scanner.getByRole('button', { name: 'Confirm this address' }).waitFor();
    await scanner.context().close();

    await page.goto(link.slice(0, -4) + 'AAAA');
    await press('Confirm this address');
    const refusal = page.getByText('This link is incomplete or was changed on its way.');
    await refusal.waitFor();

    // In the same tab, where only the address's fragment changes.
    await page.goto(link);
    await refusal.waitFor({ state: 'detached' });
    await press('Confirm this address');
    await page.waitForURL('**/w/**');
    workspace = /\/w\/[^/]+/.exec(page.url())[0];

    // Used links have their own words.
    const again = await newPage(browser);
    await again.goto(link);
    await again.getByRole('button', { name: 'Confirm this address' }).click();
    await again.getByText('This link was used already').waitFor();
    await again.context().close();
  });

  it('says before the button what the stack creates and what to watch for', async () => {
    await open('connect');
    for (const words of [
      'Report bucket', 'Organization roots', 'CloudWatch metrics', 'Cost Explorer', 'Report definition',
      'signed in to the right AWS account', 'I acknowledge that AWS CloudFormation might create IAM resources.',
      'us-east-1', 'Management account (recommended)', 'consolidated billing',
    ]) {
      await page.getByText(words).first().waitFor();
    }
    await page.getByRole('link', { name: 'Connect Cloudthread via CF Stack' }).waitFor();
    await inspect(page, 'connect');
  });

  it('opens a prefilled stack, which AWS refuses unless acknowledged', async () => {
    const button = page.getByRole('link', { name: 'Connect Cloudthread via CF Stack' });
    const address = new URL(await button.getAttribute('href'));
    assert.equal(address.searchParams.get('region'), 'us-east-1');
    const asked = new URLSearchParams(address.hash.split('?')[1]);
    assert.match(asked.get('templateURL'), /^https?:.*\.yaml$/);
    assert.equal(asked.get('stackName'), 'cloudthread-access');
    assert.match(asked.get('param_ExternalId'), /^[0-9a-f-]{36}$/);

    const [popup] = await Promise.all([page.context().waitForEvent('page'), button.click()]);
    stack = watch(popup);
    await stack.getByRole('heading', { name: 'Quick create stack' }).waitFor();
    await stack.selectOption('#account', ACCOUNT);
    await stack.getByTestId('create-stack').click();
    await stack.getByText('Requires capabilities').first().waitFor();
    await page.bringToFront();
    await step('Stack').waitFor();
  });

  it('fails in another region as AWS would', async () => {
    await stack.check('input[name=capability]');
    await stack.selectOption('#region', 'eu-central-1');
    await stack.getByTestId('create-stack').click();
    await stack.getByText('Unrecognized resource types: [AWS::CUR::ReportDefinition]').waitFor();
    await stack.close();
  });

  it('connects: each step is seen, also after a reload', async () => {
    await page.bringToFront();
    await open('connect');
    const link = page.getByRole('link', { name: 'Connect Cloudthread via CF Stack' });
    const again = page.getByRole('button', { name: 'Make a new link' });
    await link.or(again).first().waitFor();
    if (await again.isVisible()) await again.click();
    await link.waitFor();
    const [popup] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    stack = watch(popup);
    await stack.selectOption('#account', ACCOUNT);
    await stack.check('input[name=capability]');
    await stack.getByTestId('create-stack').click();
    await until('the stack', async () =>
      (await stack.getByTestId('stack-status').textContent().catch(() => '')).includes('CREATE_COMPLETE'));

    await page.bringToFront();
    await done('Stack');
    await page.reload();
    await done('Role');
    await done('Access');
    for (const words of ['Refused without an external id', 'Refused with a wrong external id', 'Report bucket']) {
      await step('Access').getByText(words).waitFor();
    }
    await done('Insights');
    await inspect(page, 'timeline');
  });

  it('shows first insights with source, reach and status', async () => {
    await page.getByRole('link', { name: 'See first insights' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    for (const name of ['Month to date', 'Last 30 days', 'By service', 'By sub-account', 'By region', 'What moved']) {
      await page.getByText(name, { exact: true }).filter({ visible: true }).first().waitFor();
    }
    await page.getByText(/Cost Explorer · through .* UTC · estimated/).first().waitFor();
    await page.getByText(/Cost Explorer · through .* UTC · final/).first().waitFor();
    await inspect(page, 'overview-first');
  });

  it('takes the report in when AWS delivers it, and says so in the app and by mail', async () => {
    await open('connect');
    await done('ReportDefined');
    const state = await control('state');
    const report = state.reports.find((one) => one.account === ACCOUNT && one.name.startsWith('cloudthread'));
    await control('deliver', { name: report.name });
    await press('Check now');
    await done('FirstFiles');
    await picture(page, 'timeline-report');
    const mail = await mailTo(EMAIL, 'eport');
    assert.match(mail.text, /esource/);
    await open('notifications');
    await page.locator('.inbox li').first().waitFor();
    await picture(page, 'notifications');
  });

  it('stands on the report, to the cent of what Cost Explorer said', async () => {
    await open('overview');
    await page.getByText(/Report · through .* UTC · estimated/).first().waitFor();
    await page.getByTestId('costs-total').first().waitFor();
    await inspect(page, 'overview-report');
  });

  it('agrees in chart and table, and keeps what is asked in the address', async () => {
    await page.goto(`${url}${workspace}/costs?r=mtd&cmp=off`);
    const total = page.getByTestId('costs-total');
    await total.waitFor();
    assert.equal(cents(await total.textContent()), cents(await page.getByTestId('table-total').textContent()));
    const rows = await page.locator('main table').last().locator('tbody tr:not(.total)').allTextContents();
    assert.ok(rows.length > 3, `${rows.length} rows`);
    await inspect(page, 'costs');

    await page.goto(`${url}${workspace}/costs?r=mtd&cmp=off&g=sub_account`);
    await page.getByTestId('table-total').waitFor();
    const accounts = page.locator('main table').last().locator('tbody tr:not(.total)');
    await accounts.first().waitFor();
    const before = page.url();
    await accounts.first().getByRole('link').or(accounts.first().getByRole('button')).first().click();
    await page.waitForURL((address) => address.href !== before);
    await page.getByTestId('table-total').waitFor();
    await page.goBack();
    await page.waitForURL(before);

    const [download] = await Promise.all([page.waitForEvent('download'), press('CSV')]);
    assert.match(download.suggestedFilename(), /\.csv$/);
  });

  it('finds a resource, with its tags', async () => {
    await open('resources?r=mtd');
    await page.getByRole('heading', { name: /\d resources/ }).waitFor();
    await inspect(page, 'resources');
    const search = page.getByRole('searchbox');
    await search.fill('export-worker-3');
    await search.press('Enter');
    await page.waitForURL(/q=export-worker-3/);
    const row = page.locator('tbody tr:not(.total)').first();
    await row.getByText('export-worker-3').first().waitFor();
    await row.getByRole('button').first().click();
    await page.getByRole('dialog').getByText('Usage type').waitFor();
    await picture(page, 'resource');
    await page.keyboard.press('Escape');
  });

  it('shows the connection, every permission and the report in Settings', async () => {
    await open('settings/connection');
    await page.getByText('Refused without an external id').waitFor();
    await page.getByText('sts:AssumeRole').first().waitFor();
    await inspect(page, 'connection');
    await open('settings/policies');
    await page.getByText('ce:Get*').first().waitFor();
    await page.getByText('AWSTemplateFormatVersion').waitFor();
    await inspect(page, 'policies');
    await open('settings/report');
    await page.getByText(/cloudthread-access-reportbucket/).first().waitFor();
    const reconciled = page.locator('section', { has: page.locator('#reconcile') });
    await reconciled.getByText('AWS still changes this month: for information only.').waitFor();
    // The same figure by both ways, and it is not nothing.
    assert.match(await reconciled.locator('tbody tr').first().innerText(), /\$([\d,]*[1-9][\d,]*\.\d\d)\s+\$\1\s+\$0\.00/);
    await inspect(page, 'report');
    await open('settings/profile');
    await page.getByText(EMAIL).first().waitFor();
    await inspect(page, 'profile');
  });

  it('fits a telephone and the dark', async () => {
    const saved = await page.context().storageState();
    for (const [name, options] of [
      ['narrow', { viewport: { width: 360, height: 740 } }],
      ['dark', { colorScheme: 'dark' }],
    ]) {
      const other = await newPage(browser, { storageState: saved, ...options });
      for (const [place, content] of [
        ['overview', '[aria-labelledby="moved"] tbody tr'], ['costs', '[data-testid="table-total"]'], ['resources', 'tbody tr.total'],
        ['connect', 'li[data-step]'], ['settings/policies', '.table--ledger tbody tr'], ['notifications', '.inbox li'],
      ]) {
        await other.goto(`${url}${workspace}/${place}`);
        await other.locator(content).first().waitFor();
        // What a table is for stays in sight; only the rest may need to be scrolled to.
        const total = other.locator('tr.total td.n').first();
        if (await total.count()) {
          const box = await total.boundingBox();
          assert.ok(box.x + box.width <= other.viewportSize().width, `${place}, ${name}: the cost is out of sight`);
        }
        for (const wide of await overhang(other)) found.push(`${place}, ${name}: wider than its window: ${wide}`);
        await inspect(other, `${name}-${place.replace('/', '-')}`);
      }
      if (name === 'narrow') {
        // A telephone gets everywhere by its menu.
        const menu = other.getByRole('button', { name: 'Menu', exact: true });
        await menu.click();
        await other.getByRole('link', { name: 'Costs', exact: true }).waitFor();
        await inspect(other, 'narrow-menu');
        await other.getByRole('link', { name: 'Costs', exact: true }).click();
        await other.locator('[data-testid="table-total"]').waitFor();
        assert.equal(await menu.getAttribute('aria-expanded'), 'false', 'the menu closes behind whom it brought');
      }
      assert.deepEqual(other.faults, []);
      await other.context().close();
    }
  });

  it('signs out, refuses a wrong password, and mends a forgotten one', async () => {
    await open('overview');
    await press('Sign out');
    await page.waitForURL('**/sign-in');
    await page.fill('#email', EMAIL);
    await page.fill('#password', 'not the password at all');
    await press('Sign in');
    await page.getByRole('alert').first().waitFor();
    await picture(page, 'sign-in-refused');

    await page.goto(`${url}/forgot`);
    await page.fill('#email', EMAIL);
    await press('Send the link');
    await page.getByText('If an account exists').waitFor();
    await page.goto(linkIn(await mailTo(EMAIL, 'assword')));
    await page.fill('#password', NEW_PASSWORD);
    await press('Set the password');
    await page.getByText('The password is set').waitFor();
    await page.locator('main').getByRole('link', { name: 'Sign in' }).click();
    await page.fill('#email', EMAIL);
    await page.fill('#password', NEW_PASSWORD);
    await press('Sign in');
    await page.waitForURL(`**${workspace}/**`);
  });

  it('disconnects, and proves that access has ended', async () => {
    await open('settings/danger');
    await press('Disconnect');
    await press('Disconnect now');
    await page.getByText('All calls have stopped').waitFor();
    await picture(page, 'disconnecting');
    const [popup] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Delete the stack in AWS' }).click(),
    ]);
    watch(popup);
    await popup.getByTestId('delete-stack').click();
    await until('the deletion', async () =>
      (await popup.getByTestId('stack-status').textContent().catch(() => '')).includes('DELETE_COMPLETE'));
    await popup.close();
    await page.bringToFront();
    await press('Check now');
    await page.getByTestId('proof').waitFor();
    await until('both refusals', async () => {
      if (await page.getByText('No call reaches AWS any more').isVisible()) return true;
      const check = page.getByRole('button', { name: 'Check now' });
      if (await check.isEnabled()) await check.click().catch(() => {});
      return false;
    }, 120_000);
    await inspect(page, 'disconnected');
    // Kept figures stay readable.
    await open('overview');
    await page.getByText('Month to date', { exact: true }).filter({ visible: true }).first().waitFor();
  });

  it('connects again', async () => {
    await open('connect');
    const link = page.getByRole('link', { name: 'Connect Cloudthread via CF Stack' });
    const again = page.getByRole('button', { name: 'Make a new link' });
    await link.or(again).first().waitFor();
    if (await again.isVisible()) await again.click();
    const [popup] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
    await popup.selectOption('#account', ACCOUNT);
    await popup.check('input[name=capability]');
    await popup.getByTestId('create-stack').click();
    await page.bringToFront();
    await done('Insights');
  });

  it('takes the deletion of a workspace back', async () => {
    await open('settings/danger');
    await page.fill('#workspace', 'Acme');
    await press('Delete workspace');
    const notice = page.getByText('This workspace is being deleted.');
    await notice.waitFor();
    await inspect(page, 'leaving');
    await press('Keep the workspace');
    await notice.waitFor({ state: 'detached' });
  });

  test('bars nobody from any page, in either theme', () => {
    assert.deepEqual(found, []);
  });

  test('raised no fault in the browser', () => {
    assert.deepEqual(page.faults, []);
  });
});
