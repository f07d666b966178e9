// SPDX-License-Identifier: Apache-2.0
// What is always watched, whatever is looked at: the events of life, the reports, and the statistics of the last
// minutes. Everything here is bounded.
import { ask, link, watch } from './link';
import { isOrderly, type LifeEvent, type Report, type Statistics } from './protocol';
import { Store } from './store';

const eventsMax = 20_000;
const reportsMax = 2_000;
const samplesMax = 600;

export interface Sample {
  time: number;
  statistics: Statistics;
}

export const events = new Store<LifeEvent[]>([]);
export const reports = new Store<Report[]>([]);
export const samples = new Store<Sample[]>([]);

type Listener = (event: LifeEvent) => void;
const eventListeners = new Set<Listener>();

/** Called for each event that is new, not for those that were there before. */
export function onEvent(listener: Listener): () => void {
  eventListeners.add(listener);
  return () => eventListeners.delete(listener);
}

function keepLast<T>(list: T[], max: number): void {
  if (list.length > max) list.splice(0, list.length - max);
}

/** Of the events so far; a program that began anew begins anew here. */
let lastSeq = 0;
let program: number | undefined;

function takeEvents(items: LifeEvent[], areNew: boolean): void {
  const fresh = items.filter((each) => each.seq >= lastSeq);
  if (fresh.length === 0) return;
  lastSeq = fresh[fresh.length - 1]!.seq + 1;
  events.value.push(...fresh);
  keepLast(events.value, eventsMax);
  events.changed();
  if (areNew) for (const each of fresh) for (const listener of eventListeners) listener(each);
}

let closeEvents: (() => void) | null = null;

async function followEvents(): Promise<void> {
  if (program !== link.value.program.os_pid) {
    program = link.value.program.os_pid;
    lastSeq = 0;
    samples.value = [];
  }
  closeEvents?.();
  closeEvents = null;
  const { generation } = link.value;
  try {
    for (let pages = 0; pages < 20; pages++) {
      const past = await ask<{ next: number; items: LifeEvent[] }>('events', { since: lastSeq, limit: 1000 });
      takeEvents(past.items, false);
      lastSeq = Math.max(lastSeq, past.next);
      if (past.items.length === 0) break;
    }
  } catch {
    setTimeout(() => {
      if (link.value.reached && link.value.generation === generation) void followEvents();
    }, 2000);
    return; // the next program that is reached is asked again
  }
  if (link.value.generation !== generation) return; // that one follows them
  closeEvents = watch<{ items: LifeEvent[] }>('events', { since: lastSeq }, (data) => takeEvents(data.items, true));
}

export function follow(): void {
  let generation = 0;
  link.listen(() => {
    if (link.value.reached && link.value.generation !== generation) {
      generation = link.value.generation;
      void followEvents();
    }
  });
  watch<Report>('reports', { level: 'info' }, (report) => {
    if (typeof report.text !== 'string') return; // how many were dropped
    reports.value.push(report);
    keepLast(reports.value, reportsMax);
    reports.changed();
  });
  watch<Statistics>('statistics', { interval: 1000 }, (statistics) => {
    samples.value.push({ time: Date.now(), statistics });
    keepLast(samples.value, samplesMax);
    samples.changed();
  });
}

/** The last end that was no orderly one, of a process that somebody would know: one that was started again, or has a
 *  name. */
export function lastCrash(): LifeEvent | null {
  for (let i = events.value.length - 1; i >= 0; i--) {
    const each = events.value[i]!;
    const isEnd = each.kind === 'restart' || (each.kind === 'exit' && each.name !== null);
    if (isEnd && each.reason && !isOrderly(each.reason)) return each;
  }
  return null;
}

/** How much a number that only grows grew in a second, between the last two samples. */
export function rate(field: 'messages' | 'spawns' | 'exits' | 'crashes' | 'restarts'): number {
  const [before, now] = samples.value.slice(-2);
  if (!before || !now || now.time <= before.time) return 0;
  return Math.max(0, ((now.statistics[field] - before.statistics[field]) * 1000) / (now.time - before.time));
}
