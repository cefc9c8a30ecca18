// Leaving: signing out and in, disconnecting with a proof, keeping or erasing figures, and a sign-in that ends by itself.

import assert from 'node:assert/strict';

import { control, pass, picture } from '../support.mjs';
import { comeBack, pressLateLink } from './entry.mjs';

export function leave(story) {
  const dialog = (name) => story.page.getByRole('dialog', { name });
  const enterPassword = async (button) => {
    await story.page.fill('#reauthenticate-password', story.password);
    await story.press(button);
  };

  comeBack(story);

  story.it('disconnects once the password is entered, and proves that access has ended', async () => {
    const { page } = story;
    await story.open('settings/danger');
    // An entered password counts for five minutes.
    await pass(301);
    await story.press('Disconnect');
    await dialog('Disconnect from AWS').getByText('Keep stored figures').waitFor();
    await story.inspect('disconnect-dialog');
    await story.press('Disconnect now');
    await dialog('Enter your password').waitFor();
    await story.inspect('password-dialog');
    const before = (await control('calls')).length;
    await enterPassword('Go on');
    await page.getByText('All calls have stopped').waitFor();
    await story.inspect('disconnecting');

    const [aws] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('link', { name: 'Delete the stack in AWS' }).click(),
    ]);
    await aws.getByTestId('delete-stack').click();
    await story.stackIs(aws, 'DELETE_COMPLETE');
    await picture(aws, 'console-deleted');
    await aws.close();
    await story.press('Check now');
    await page.getByTestId('proof').getByText('A second refusal, a minute later').waitFor();
    await pass(61, story.workspace.split('/').pop());
    await story.press('Check now');
    await page.getByText('No call reaches AWS any more').waitFor();
    await page.getByTestId('proof').getByText(/\d\d:\d\d.* and .*\d\d:\d\d.*: AWS refused Cloudthread\./).waitFor();
    await story.inspect('disconnected');

    const later = (await control('calls')).slice(before).filter((call) => call.service !== 'ses');
    assert.deepEqual([...new Set(later.map((call) => call.operation))], ['AssumeRole'], 'nothing else is asked of AWS');
    // Kept figures stay readable.
    await story.open('overview');
    await page.getByTestId('figure-mtd').waitFor();
  });

  story.it('connects again', async () => {
    const aws = await story.createStack();
    await story.page.bringToFront();
    await story.done('Insights');
    await aws.close();
  });

  story.it('erases the figures when that is wished', async () => {
    const { page } = story;
    await story.open('settings/danger');
    await story.press('Disconnect');
    await dialog('Disconnect from AWS').getByText('Delete stored figures').click();
    await story.press('Disconnect now');
    await page.getByText('All calls have stopped').waitFor();
    await page.getByText('Erased: all figures, report months and notes of AWS answers.').waitFor();
    await story.open('overview');
    await page.getByText('Month to date').waitFor({ state: 'detached' });
    await page.getByText('The connection is ending').waitFor();
    await story.inspect('overview-erased');
  });

  story.it('takes the deletion of a workspace back', async () => {
    const { page } = story;
    await story.open('settings/danger');
    await page.fill('#workspace', 'Acme');
    await story.press('Delete workspace');
    const notice = page.getByText('This workspace is being deleted.');
    await notice.waitFor();
    await story.inspect('leaving');
    await story.press('Keep the workspace');
    await notice.waitFor({ state: 'detached' });
  });

  story.it('asks for the password when a sign-in has ended, and keeps what was typed', async () => {
    const { page } = story;
    await story.open('settings/profile');
    await page.fill('#name', 'Dana of Acme');
    // The last step, since so much time passes.
    await pass(25 * 3_600);
    await story.press('Save');
    await dialog('Sign-in ended').waitFor();
    await story.inspect('sign-in-ended');
    await enterPassword('Sign in');
    await dialog('Sign-in ended').waitFor({ state: 'hidden' });
    assert.equal(await page.inputValue('#name'), 'Dana of Acme');
    await story.press('Save');
    await page.getByRole('status').getByText('Saved', { exact: true }).waitFor();
  });

  story.it('says that a link has expired', () => pressLateLink(story));
}
