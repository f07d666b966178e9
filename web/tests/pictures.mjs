// SPDX-License-Identifier: Apache-2.0
// Makes the pictures of the documentation: script/web --pictures.
import { statSync } from 'node:fs';
import { launch, Page } from './page.mjs';
import { Shop } from './program.mjs';

const folder = '../docs/pictures';
const sizeMax = 200_000;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function take(page, name) {
  const path = `${folder}/dashboard-${name}.png`;
  await page.page.screenshot({ path });
  const { size } = statSync(path);
  if (size > sizeMax) throw new Error(`${path} has ${size} bytes; it may have ${sizeMax}`);
  console.log(`${path}: ${size} bytes`);
}

const shop = new Shop();
const browser = await launch();
try {
  const link = await shop.open(12);
  const page = await Page.open(browser, link, { viewport: { width: 1280, height: 760 }, colorScheme: 'light' });
  const dark = await Page.open(browser, link, { viewport: { width: 1280, height: 760 }, colorScheme: 'dark' });
  const old = await page.pidOf('printer');
  await page.record('printer', 'cutter');
  await dark.node('mail').waitFor();
  await pause(8000);
  await page.kill('magenta');
  await pause(6500);
  await page.kill('mail');
  await pause(6000);
  await page.kill('printer');
  await page.newPid('printer', old);
  await pause(450);
  await take(page, 'killed');
  await page.until(() => window.seen.printer.includes('restarted') && window.seen.cutter.includes('restarted'));
  await pause(600);
  await take(page, 'tree');
  await dark.node('printer').click();
  await pause(700);
  await take(dark, 'dark');
  for (const [tab, wait] of [
    ['Timeline', 800],
    ['System', 1500],
    ['Processes', 800],
  ]) {
    await page.page.locator('nav button', { hasText: tab }).click();
    await pause(wait);
    await take(page, tab.toLowerCase());
  }
} finally {
  await browser.close();
  await shop.close();
}
