// Dana, who walks the story, and what its parts share.

import { test } from 'node:test';

import { inspect } from '../looks.mjs';
import { ACCOUNT, launch, newPage, picture, until, url } from '../support.mjs';

export class Story {
  email = 'dana.story@example.com';
  password = 'seven anvils on a roof';

  /** What bars somebody from a page, in lines. */
  found = [];

  // The steps build on each other: after one that failed, the rest would only wait.
  #broken = false;
  #browser;

  async begin() {
    this.#browser = await launch();
    this.page = await this.arrive();
  }

  async end() {
    await this.#browser?.close();
  }

  /** A step of the story. */
  it(name, walk) {
    test(name, async (context) => {
      if (this.#broken) return context.skip('an earlier step failed');
      try {
        await walk();
      } catch (error) {
        this.#broken = true;
        await picture(this.page, 'failed');
        throw error;
      }
    });
  }

  /** Somebody else's page, in a browser that knows nothing. */
  arrive(options) {
    return newPage(this.#browser, options);
  }

  /** Looks at a page in every look. */
  async inspect(name, page = this.page) {
    this.found.push(...(await inspect(page, name)));
  }

  /** Opens a page of the workspace. */
  async open(place, page = this.page) {
    await page.goto(`${url}${this.workspace}/${place}`);
    await page.locator('h1').waitFor();
  }

  press(name, page = this.page) {
    return page.getByRole('button', { name, exact: true }).click();
  }

  /** Signs in by the form, which `page` shows. */
  async signIn(page = this.page, password = this.password) {
    await page.fill('#email', this.email);
    await page.fill('#password', password);
    await this.press('Sign in', page);
  }

  /** A step of the timeline. */
  step(name) {
    return this.page.locator(`li[data-step="${name}"]`);
  }

  /** Waits until a step of the timeline is done. */
  done(name) {
    return this.page.locator(`li[data-step="${name}"].is-done`).waitFor();
  }

  /** Presses the one button, which opens AWS's console with everything filled in; answers the console's page. */
  async openConsole() {
    await this.open('connect');
    const link = this.page.getByRole('link', { name: 'Connect Cloudthread via CF Stack' });
    const again = this.page.getByRole('button', { name: 'Make a new link' });
    await link.or(again).first().waitFor();
    if (await again.isVisible()) await again.click();
    const [aws] = await Promise.all([this.page.context().waitForEvent('page'), link.click()]);
    await aws.selectOption('#account', ACCOUNT);
    return aws;
  }

  /** Has AWS make the stack. */
  async createStack() {
    const aws = await this.openConsole();
    await aws.check('input[name=capability]');
    await aws.getByTestId('create-stack').click();
    return aws;
  }

  /** Waits for a stack's status on AWS's aws. */
  stackIs(aws, status) {
    const shown = aws.getByTestId('stack-status');
    return until(`the stack to be ${status}`, async () => (await shown.textContent().catch(() => '')).includes(status));
  }
}
