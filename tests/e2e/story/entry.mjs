// Signing up, and confirming the address by link and by code.

import assert from 'node:assert/strict';

import { linkIn, mailTo, openMailbox, pass, picture, url } from '../support.mjs';

/** Somebody who signs up and never confirms. */
export const LATE = 'lee.late@example.com';

/** Somebody who confirms by the code, and connects nothing. */
const SECOND = 'sam.second@example.com';

const NEW_PASSWORD = 'nine lanterns by the canal';

/** Signs up by the form; answers what the page says then, without what differs for everyone. */
async function signUp(story, page, email) {
  await page.goto(`${url}/sign-up`);
  await page.fill('#email', email);
  await page.fill('#password', story.password);
  await page.fill('#workspace_name', 'Acme');
  await story.press('Sign up', page);
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
  await page.locator('#code').waitFor();
  const words = await page.locator('main').innerText();
  assert.equal(words.includes(email), false, 'the address is masked');
  return words.replace(/\S+@\S+/, 'ADDRESS').replace(/Possible from .*/, 'LATER');
}

/** Opens a link as somebody who holds nothing else, and presses its button. */
async function pressElsewhere(story, link) {
  const page = await story.arrive();
  await page.goto(link);
  await story.press('Confirm this address', page);
  return page;
}

export function entry(story) {
  story.it('signs up, with rules said before and errors beside the field', async () => {
    const { page } = story;
    await page.goto(`${url}/sign-up`);
    await page.getByText('At least 15 characters').waitFor();
    await page.getByText('Your firm or team.').waitFor();
    await page.fill('#email', story.email);
    await page.fill('#password', 'short');
    await page.fill('#workspace_name', 'Acme');
    await story.press('Sign up');
    await page.locator('#password[aria-invalid="true"]').waitFor();
    await page.locator('#password-fault').getByText(/15 characters/).waitFor();
    await picture(page, 'sign-up-refused');
    await signUp(story, page, story.email);
    await story.inspect('check-your-mail');
  });

  story.it('confirms by the button behind the link in the letter, and by nothing less', async () => {
    const { tab, link } = await openMailbox(story.page, story.email, 'Confirm your address');
    await picture(tab, 'mailbox');
    const address = await link.getAttribute('href');

    // A mail scanner opens the link, and that is all it does.
    const scanner = await story.arrive();
    await scanner.goto(address);
    await scanner.getByRole('button', { name: 'Confirm this address' }).waitFor();
    await scanner.context().close();

    await tab.goto(address.slice(0, -4) + 'AAAA');
    await story.press('Confirm this address', tab);
    const refusal = tab.getByText('This link is incomplete or was changed on its way.');
    await refusal.waitFor();
    await picture(tab, 'confirm-tampered');

    // In the same tab, where only the address's fragment changes.
    await tab.goto(address);
    await refusal.waitFor({ state: 'detached' });
    await story.press('Confirm this address', tab);
    await tab.waitForURL('**/w/**');
    await tab.close();

    // The tab that waited goes on by itself.
    await story.page.waitForURL('**/w/**');
    [story.workspace] = /\/w\/[^/]+/.exec(story.page.url());

    const again = await pressElsewhere(story, address);
    await again.getByText('This link was used already').waitFor();
    await picture(again, 'confirm-used');
    await again.context().close();
  });

  story.it('answers a known address alike, and tells its owner by letter', async () => {
    // Letters to one address keep a minute between them.
    await pass(61);
    const words = [];
    for (const email of [story.email, LATE]) {
      const page = await story.arrive();
      words.push(await signUp(story, page, email));
      await page.context().close();
    }
    assert.equal(words[0], words[1]);
    const letter = await mailTo(story.email, 'already have');
    assert.match(letter.text, /nothing was changed/);
  });

  story.it('confirms by the code of the letter as well', async () => {
    const page = await story.arrive();
    await signUp(story, page, SECOND);
    const [code] = /^\d{8}$/m.exec((await mailTo(SECOND, 'Confirm')).text);
    await page.fill('#code', code === '12345678' ? '87654321' : '12345678');
    await story.press('Confirm', page);
    await page.locator('#code-fault').getByText('This code is wrong.').waitFor();
    await picture(page, 'code-wrong');
    await page.fill('#code', `${code.slice(0, 4)} ${code.slice(4)}`);
    await story.press('Confirm', page);
    await page.waitForURL('**/w/**');
    story.second = page;
  });
}

/** The pages for those who are not signed in. */
export async function lookAtEntry(story) {
  const page = await story.arrive();
  for (const [name, place, content] of [
    ['start', '', 'Five permission sets'],
    ['sign-up', 'sign-up', 'At least 15 characters'],
    ['confirm', 'confirm', 'There is no sign-up waiting in this browser.'],
    ['confirm-link', 'confirm#token=none', 'One press, and your workspace opens.'],
    ['sign-in', 'sign-in', 'Forgot your password?'],
    ['forgot', 'forgot', 'We send a link'],
    ['reset', 'reset#token=none', 'At least 15 characters'],
    ['not-found', 'nowhere', 'There is no such page'],
  ]) {
    await page.goto(`${url}/${place}`);
    await page.getByText(content).first().waitFor();
    await story.inspect(name, page);
  }
  await page.context().close();
}

/** A link that was left lying for a day. */
export async function pressLateLink(story) {
  const page = await pressElsewhere(story, linkIn(await mailTo(LATE, 'Confirm')));
  await page.getByText('This link has expired. It was valid for 24 hours.').waitFor();
  await picture(page, 'confirm-expired');
  await page.context().close();
}

export function comeBack(story) {
  story.it('signs out, refuses a wrong password, and mends a forgotten one', async () => {
    const { page } = story;
    await story.open('overview');
    await story.press('Sign out');
    await page.waitForURL('**/sign-in');
    await story.signIn(page, 'not the password at all');
    await page.getByRole('alert').getByText('E-mail or password is wrong.').waitFor();
    await story.inspect('sign-in-refused');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.waitForURL('**/forgot');
    await page.fill('#email', story.email);
    await story.press('Send the link');
    await page.getByText('If an account exists').waitFor();
    await story.inspect('forgot-sent');

    const { tab, link } = await openMailbox(page, story.email, 'Set a new password');
    const address = await link.getAttribute('href');
    await link.click();
    await tab.fill('#password', NEW_PASSWORD);
    await story.press('Set the password', tab);
    await tab.getByText('The password is set').waitFor();
    await story.inspect('reset-done', tab);
    await tab.locator('main').getByRole('link', { name: 'Sign in' }).click();
    await tab.waitForURL('**/sign-in');
    await story.signIn(tab);
    await tab.getByText('E-mail or password is wrong.').waitFor();
    story.password = NEW_PASSWORD;
    await story.signIn(tab);
    await tab.waitForURL(`**${story.workspace}/**`);

    // It sets a password once.
    await tab.goto(address);
    await tab.fill('#password', 'a third one that nobody gets');
    await story.press('Set the password', tab);
    await tab.getByText('This link no longer works.').waitFor();
    await tab.close();
  });
}
