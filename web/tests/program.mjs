// SPDX-License-Identifier: Apache-2.0
// Starts print_shop and a dashboard for it, in a folder of their own.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const patience = 30_000;

function folderOfPrograms() {
  const named = process.env.COPPICE_BIN;
  const folders = named ? [named] : ['dev', 'release', 'fast'].map((each) => `../build/${each}/bin`);
  const found = folders.map((each) => resolve(each)).find((each) => existsSync(join(each, 'print_shop')));
  if (!found) throw new Error(`print_shop is in none of ${folders.join(', ')}: build it, or name its folder in COPPICE_BIN`);
  return found;
}

/** Waits for a line of what a process prints. */
function lineOf(child, pattern) {
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`no line that fits ${pattern}`)), patience);
    const look = (line) => {
      const found = pattern.exec(line);
      if (!found) return;
      clearTimeout(timer);
      done(found);
    };
    createInterface({ input: child.stdout }).on('line', look);
    createInterface({ input: child.stderr }).on('line', look);
    child.on('exit', (status) => failed(new Error(`it ended with status ${status}`)));
  });
}

export class Shop {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'coppice_browser_'));
    this.programs = folderOfPrograms();
    this.children = new Set();
  }

  run(name, words) {
    const child = spawn(join(this.programs, name), words, { env: { ...process.env, XDG_RUNTIME_DIR: this.folder } });
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    child.stdout.resume();
    child.stderr.resume();
    return child;
  }

  /** The program; resolves with the link of the dashboard in it. */
  async open(orders = 20) {
    this.program = this.run('print_shop', ['--orders', String(orders)]);
    const found = await lineOf(this.program, /the dashboard of this program is at (\S+)/);
    this.ownLink = found[1];
    return found[1];
  }

  /** `coppice dashboard`; resolves with its link. */
  async dashboard(...words) {
    const server = this.run('coppice', ['dashboard', 'print_shop', ...words]);
    return (await lineOf(server, /is at (\S+)/))[1];
  }

  /** Ends the program as a crash of the machine would. */
  async kill() {
    const ended = new Promise((done) => this.program.once('exit', done));
    this.program.kill('SIGKILL');
    await ended;
  }

  async close() {
    const all = [...this.children].map((each) => new Promise((done) => each.once('exit', done)));
    for (const each of this.children) each.kill('SIGKILL');
    await Promise.all(all);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
