// SPDX-License-Identifier: Apache-2.0
// A page of Chromium that remembers what it complained of.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export const crashed = 'rgb(254, 136, 136)'; // #fe8888
export const terminated = 'rgb(251, 171, 4)'; // #fbab04
export const restarted = 'rgb(12, 172, 8)'; // #0cac08

export async function launch() {
  const executablePath = places.find((each) => each && existsSync(each));
  assert.ok(executablePath, 'Chromium is not here: install chromium, or name it in CHROMIUM');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

export class Page {
  static async open(browser, link, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1360, height: 820 }, ...options });
    const made = new Page();
    made.page = await context.newPage();
    made.page.setDefaultTimeout(20_000);
    made.complaints = [];
    made.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) made.complaints.push(message.text());
    });
    made.page.on('pageerror', (error) => made.complaints.push(String(error)));
    await made.page.goto(link);
    await made.page.locator('.connection.live').waitFor();
    return made;
  }

  node(id) {
    return this.page.locator(`.node[data-id="${id}"]`);
  }

  async pidOf(id) {
    await this.node(id).waitFor();
    return this.node(id).getAttribute('data-pid');
  }

  fill(id) {
    return this.node(id)
      .locator('.box')
      .evaluate((box) => getComputedStyle(box).fill);
  }

  /** Writes down the states of nodes as they change, from now on. */
  async record(...ids) {
    await this.page.evaluate((wanted) => {
      const seen = (window.seen = Object.fromEntries(wanted.map((id) => [id, []])));
      const look = () => {
        for (const id of wanted) {
          const node = document.querySelector(`.node[data-id="${id}"]`);
          const state = ['crashed', 'terminated', 'restarted', 'running'].find((each) => node?.classList.contains(each));
          if (state && seen[id].at(-1) !== state) seen[id].push(state);
        }
        requestAnimationFrame(look);
      };
      look();
    }, ids);
  }

  recorded() {
    return this.page.evaluate(() => window.seen);
  }

  /** Waits until a function holds in the page. Playwright's own way is refused by the Content-Security-Policy. */
  async until(holds, given) {
    const end = Date.now() + 20_000;
    while (!(await this.page.evaluate(holds, given))) {
      assert.ok(Date.now() < end, `never: ${holds}`);
      await new Promise((done) => setTimeout(done, 30));
    }
  }

  /** Waits until the node has another process. */
  async newPid(id, before) {
    await this.until(
      ([wanted, old]) => {
        const pid = document.querySelector(`.node[data-id="${wanted}"]`)?.getAttribute('data-pid');
        return pid && pid !== old;
      },
      [id, before],
    );
    return this.pidOf(id);
  }

  async kill(id) {
    await this.node(id).click();
    await this.page.locator('.panel .danger', { hasText: 'Kill' }).click();
    await this.page.locator('dialog .danger').click();
  }

  async close() {
    await this.page.context().close();
    assert.deepEqual(this.complaints, []);
  }
}
