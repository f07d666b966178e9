// SPDX-License-Identifier: Apache-2.0
// The dashboard in a browser, with a real program behind it.
//
// Goal    What a reader does first works: look, kill, see what comes back, with mouse or keys; and what is drawn has
//         the colours that it should have.
// Method  Chromium without a window, print_shop with a dashboard in it, and `coppice dashboard` beside it. Every test
//         fails, too, if the console has an error in it, as a breach of the Content-Security-Policy would be.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { crashed, launch, Page, restarted, terminated } from './page.mjs';
import { Shop } from './program.mjs';

let browser;
let shop;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());
beforeEach(() => {
  shop = new Shop();
});
afterEach(() => shop.close());

test('a click kills a process, and its next life is shown with another pid', async () => {
  const page = await Page.open(browser, await shop.open());
  const old = await page.pidOf('mail');
  await page.record('mail', 'front_desk');
  await page.kill('mail');
  const now = await page.newPid('mail', old);

  assert.notEqual(now, old);
  await page.until(() => window.seen.mail.includes('restarted'));
  await page.until(([wanted]) => getComputedStyle(document.querySelector('.node[data-id="mail"] .box')).fill === wanted, [restarted]);
  await page.until(() => window.seen.mail.at(-1) === 'running');
  const seen = await page.recorded();
  assert.deepEqual(seen.mail, ['running', 'crashed', 'restarted', 'running']);
  assert.deepEqual(seen.front_desk, ['running']);
  assert.equal(await page.page.locator('[data-testid=pid]').innerText(), now);
  assert.match(await page.node('mail').locator('.notes').textContent(), /↻ 1/);
  await page.close();
});

test('one_for_all shows which one crashed, and that the others were stopped', async () => {
  const page = await Page.open(browser, await shop.open());
  const old = await page.pidOf('cyan');
  await page.pidOf('magenta');
  await page.record('cyan', 'magenta', 'yellow');
  await page.kill('magenta');
  await page.newPid('cyan', old);
  await page.until(() => Object.values(window.seen).every((each) => each.includes('restarted')));

  const seen = await page.recorded();
  assert.deepEqual(seen.magenta.slice(0, 3), ['running', 'crashed', 'restarted']);
  assert.deepEqual(seen.cyan.slice(0, 3), ['running', 'terminated', 'restarted']);
  assert.deepEqual(seen.yellow.slice(0, 3), ['running', 'terminated', 'restarted']);
  await page.close();
});

test('rest_for_one leaves those alone that were started before', async () => {
  const page = await Page.open(browser, await shop.open());
  const [feeder, printer, cutter] = [await page.pidOf('feeder'), await page.pidOf('printer'), await page.pidOf('cutter')];
  await page.record('feeder', 'printer', 'cutter');
  await page.kill('printer');
  await page.newPid('printer', printer);
  await page.newPid('cutter', cutter);
  await page.until(() => window.seen.printer.includes('restarted') && window.seen.cutter.includes('restarted'));

  assert.equal(await page.pidOf('feeder'), feeder);
  const seen = await page.recorded();
  assert.deepEqual(seen.feeder, ['running']);
  assert.deepEqual(seen.printer.slice(0, 3), ['running', 'crashed', 'restarted']);
  assert.deepEqual(seen.cutter.slice(0, 3), ['running', 'terminated', 'restarted']);
  await page.close();
});

test('the colours are those of the articles', async () => {
  const page = await Page.open(browser, await shop.open());
  await page.pidOf('mail');
  const fills = await page.page.evaluate(() => {
    const node = document.querySelector('.node[data-id="mail"]');
    return ['crashed', 'terminated', 'restarted'].map((state) => {
      const copy = node.cloneNode(true);
      copy.setAttribute('class', `node worker ${state}`);
      node.parentNode.append(copy);
      const { fill } = getComputedStyle(copy.querySelector('.box'));
      copy.remove();
      return fill;
    });
  });
  assert.deepEqual(fills, [crashed, terminated, restarted]);
  await page.close();
});

test('keys alone are enough', async () => {
  const page = await Page.open(browser, await shop.open());
  const old = await page.pidOf('mail');
  const { keyboard } = page.page;
  await page.page.locator('.tree svg').focus();
  await keyboard.press('ArrowDown'); // selects the top
  await keyboard.press('ArrowRight');
  await page.page.locator('.node.selected[data-id="desk"]').waitFor();
  await keyboard.press('ArrowRight');
  await keyboard.press('ArrowDown');
  await page.page.locator('.node.selected[data-id="mail"]').waitFor();
  await keyboard.press('k');
  await page.page.locator('dialog').waitFor();
  await keyboard.press('Escape');
  await page.page.locator('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.pidOf('mail'), old);
  await keyboard.press('k');
  await page.page.locator('dialog').waitFor();
  await keyboard.press('Enter');
  await page.newPid('mail', old);

  await keyboard.press('ArrowLeft');
  await keyboard.press('Enter');
  await page.node('mail').waitFor({ state: 'detached' });
  await keyboard.press('/');
  await keyboard.type('cutter');
  await page.page.locator('.node.found[data-id="cutter"]').waitFor();
  await keyboard.press('Enter');
  await page.page.locator('.node.selected[data-id="cutter"]').waitFor();
  await page.close();
});

test('ten thousand children are shown a page at a time', async () => {
  const page = await Page.open(browser, await shop.open(10_000));
  await page.node('orders').waitFor();
  const drawn = () => page.page.locator('.node').count();
  await page.node('orders').locator('.toggle').click();
  await page.node('orders').click();
  const children = page.page.locator('.panel dd', { hasText: 'shown' });
  await children.filter({ hasText: '10,000, 30 shown' }).waitFor();
  assert.ok((await drawn()) < 80);
  for (const shown of ['230', '430', '630', '830', '1,030', '1,230']) {
    await page.page.keyboard.press('m');
    await children.filter({ hasText: `, ${shown} shown` }).waitFor();
  }
  assert.ok((await drawn()) < 100, 'only what is in sight is drawn');

  await page.page.keyboard.press('Enter'); // closes it again
  await page.page.keyboard.press('0');
  const old = await page.pidOf('mail');
  await page.kill('mail');
  await page.newPid('mail', old);
  await page.close();
});

test('a program that ends and comes back is shown as that', async () => {
  await shop.open();
  const page = await Page.open(browser, await shop.dashboard());
  await page.pidOf('mail');
  await shop.kill();
  await page.page.locator('.connection.away').waitFor();
  await page.page.locator('.banner.away').waitFor();
  assert.ok(await page.node('mail').isVisible(), 'what was shown is still there');
  await shop.open();
  await page.page.locator('.connection.live').waitFor();
  const old = await page.pidOf('mail');
  await page.kill('mail');
  await page.newPid('mail', old);
  await page.close();
});

test('it is dark or light as the system is, until the reader says otherwise', async () => {
  const link = await shop.open();
  const ground = (page) => page.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await Page.open(browser, link, { colorScheme: 'light' });
  const dark = await Page.open(browser, link, { colorScheme: 'dark' });
  assert.equal(await ground(light), 'rgb(246, 247, 246)');
  assert.equal(await ground(dark), 'rgb(20, 24, 22)');
  await light.page.locator('.theme').click();
  assert.equal(await ground(light), 'rgb(20, 24, 22)');
  await light.page.reload();
  assert.equal(await ground(light), 'rgb(20, 24, 22)');
  await light.close();
  await dark.close();
});

test('markup in a name is text', async () => {
  const page = await Page.open(browser, await shop.open());
  await page.node('<b>web</b>').waitFor();
  await page.node('<b>web</b>').click();
  assert.equal(await page.page.locator('.panel h2').innerText(), '<b>web</b>');
  assert.equal(await page.page.locator('.panel h2 b').count(), 0);
  await page.close();
});

test('every view opens', async () => {
  const page = await Page.open(browser, await shop.open());
  await page.pidOf('mail');
  for (const [name, holds] of [
    ['Timeline', '.lanes'],
    ['Processes', '.processes .visible .row'],
    ['Reports', '.reports'],
    ['System', 'main'],
    ['Trace', '.trace'],
    ['Tree', '.node[data-id="mail"]'],
  ]) {
    await page.page.locator('nav button', { hasText: name }).click();
    await page.page.locator(holds).first().waitFor();
  }
  await page.close();
});

test('a read-only dashboard has nothing that steers', async () => {
  await shop.open();
  const page = await Page.open(browser, await shop.dashboard('--read-only'));
  await page.node('mail').click();
  await page.page.getByText('This dashboard is read-only.').waitFor();
  assert.equal(await page.page.locator('.panel .danger').count(), 0);
  await page.close();
});

test('without the link there is no page', async () => {
  const link = new URL(await shop.open());
  const context = await browser.newContext();
  const page = await context.newPage();
  const answer = await page.goto(link.origin);
  assert.equal(answer.status(), 401);
  assert.match(await page.locator('body').innerText(), /open the link/);
  await context.close();
});
