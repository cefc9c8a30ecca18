// Connecting: what is said before the press, AWS's aws, and the timeline until first insights.

import assert from 'node:assert/strict';

import { askedWhileHidden } from '../looks.mjs';
import { control, picture } from '../support.mjs';
import { lookAtEntry } from './entry.mjs';

const SETS = ['Report bucket', 'Organization roots', 'CloudWatch metrics', 'Cost Explorer', 'Report definition'];

export function connect(story) {
  story.it('says before the button what the stack creates and what to watch for', async () => {
    const { page } = story;
    await page.goto(page.url());
    await page.waitForURL('**/connect');
    for (const words of [
      ...SETS, 'signed in to the right AWS account', 'I acknowledge that AWS CloudFormation might create IAM resources.',
      'us-east-1', 'Management account (recommended)', 'AWS Organizations with consolidated billing',
    ]) {
      await page.getByText(words).first().waitFor();
    }
    await page.getByText('Every action').first().click();
    await page.getByText('Without it: ').first().waitFor();
    await page.getByRole('link', { name: 'Connect Cloudthread via CF Stack' }).waitFor();
    await story.inspect('connect');
    await page.getByRole('button', { name: 'Read the template' }).click();
    await page.getByRole('dialog').getByText('AWSTemplateFormatVersion').waitFor();
    await story.inspect('template-dialog');
    await page.keyboard.press('Escape');
  });

  story.it('shows whoever has not connected where figures will be', async () => {
    const page = story.second;
    const [own] = /\/w\/[^/]+/.exec(page.url());
    for (const [place, words] of [
      ['overview', 'Nothing is connected yet'], ['settings/connection', 'Nothing is connected'],
      ['settings/report', 'No report is known'], ['notifications', 'Nothing has happened yet'],
    ]) {
      await page.goto(new URL(`${own}/${place}`, page.url()).href);
      await page.getByText(words).first().waitFor();
      await story.inspect(`unconnected-${place.replace('/', '-')}`, page);
    }
    // A workspace of others is one that is not there.
    await page.goto(new URL(`${story.workspace}/overview`, page.url()).href);
    await page.getByText('There is no such page').waitFor();
    await page.context().close();
  });

  story.it('opens a prefilled stack, which AWS refuses unless acknowledged', async () => {
    const { page } = story;
    // The report comes when the console's button is pressed, not before.
    await control('settings', { first_delivery: 86_400 });
    const button = page.getByRole('link', { name: 'Connect Cloudthread via CF Stack' });
    await button.waitFor();
    const address = new URL(await button.getAttribute('href'));
    assert.equal(address.searchParams.get('region'), 'us-east-1');
    const asked = new URLSearchParams(address.hash.split('?')[1]);
    assert.match(asked.get('templateURL'), /^https?:.*\.yaml$/);
    assert.equal(asked.get('stackName'), 'cloudthread-access');
    assert.match(asked.get('param_ExternalId'), /^[0-9a-f-]{36}$/);

    story.aws = await story.openConsole();
    await story.aws.getByRole('heading', { name: 'Quick create stack' }).waitFor();
    assert.equal(await story.aws.inputValue('#stackName'), 'cloudthread-access');
    const names = [...asked.keys()].filter((name) => name.startsWith('param_'));
    assert.ok(names.length > 3, `${names.length} parameters`);
    for (const name of names) assert.notEqual(await story.aws.inputValue(`#${name}`), '', name);
    await story.aws.getByTestId('create-stack').click();
    await story.aws.getByText('Requires capabilities').first().waitFor();
    await picture(story.aws, 'console-refused');
    await story.step('Stack').getByText(/since .*\d\d:\d\d .* usually 2 minutes, at most an hour/).waitFor();
    await story.step('Stack').getByText('If it does not').click();
    await story.step('Stack').getByText('Unrecognized resource types').waitFor();
    // What was unfolded stays so when the page has looked again.
    const looked = page.waitForResponse((answer) => answer.url().endsWith('/connection'));
    await Promise.all([looked, story.inspect('timeline-waiting')]);
    await story.step('Stack').locator('details[open]').waitFor();
  });

  story.it('fails in another region as AWS would', async () => {
    const { aws } = story;
    await aws.check('input[name=capability]');
    await aws.selectOption('#region', 'eu-central-1');
    await aws.getByTestId('create-stack').click();
    await aws.getByText('Unrecognized resource types: [AWS::CUR::ReportDefinition]').waitFor();
    await aws.close();
  });

  story.it('makes the stack, and AWS shows what happens', async () => {
    story.aws = await story.createStack();
    const { aws } = story;
    const event = (name) => aws.locator('tr', { hasText: name }).filter({ hasText: 'CREATE_IN_PROGRESS' });
    await event('Role').first().waitFor();
    // Meanwhile somebody else looks around.
    await lookAtEntry(story);
    await story.stackIs(aws, 'CREATE_COMPLETE');
    for (const name of ['Role', 'ReportBucket', 'Report', 'Connection']) {
      const row = aws.getByRole('row').filter({ has: aws.getByRole('cell', { name, exact: true }) });
      await row.filter({ hasText: 'CREATE_COMPLETE' }).first().waitFor();
    }
    await picture(aws, 'console-stack');
    await aws.close();
  });

  story.it('connects: each step is seen, also after a reload and a sign-out', async () => {
    const { page } = story;
    await page.bringToFront();
    await story.done('Stack');
    await page.reload();
    await story.done('Stack');
    await story.press('Sign out');
    await page.waitForURL('**/sign-in');
    await story.signIn();
    await page.waitForURL('**/w/**');
    await story.open('connect');
    for (const name of ['Stack', 'Role', 'Access']) await story.done(name);
    for (const words of ['Refused without an external id', 'Refused with a wrong external id', ...SETS]) {
      await story.step('Access').getByText(words).waitFor();
    }
    await story.done('Insights');
    await story.done('ReportDefined');
    await story.step('FirstFiles').getByText(/since .*\d\d:\d\d .* AWS takes up to 48 hours/).waitFor();
    await story.step('History').waitFor();
  });

  story.it('asks politely, and not at all while nobody looks', async () => {
    const asked = await askedWhileHidden(story.page, '/connection', 7, () => story.inspect('timeline'));
    assert.deepEqual(asked, []);
  });
}
