// SPDX-License-Identifier: Apache-2.0
// The way to the program: requests by POST /api, and subscriptions whose notifications come by /events. When the
// program, or the dashboard, ends and comes back, the subscriptions are made anew.
import type { Greeting } from './protocol';
import { Store } from './store';

export interface LinkState {
  /** Whether the dashboard answers, then whether the program does. */
  served: boolean;
  reached: boolean;
  why: string;
  readOnly: boolean;
  program: Greeting;
  /** Counts the times that the program was reached. */
  generation: number;
}

export class RequestError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

interface Subscription {
  topic: string;
  params: object;
  take: (data: unknown) => void;
  id: number | null;
  closed: boolean;
}

interface Notification {
  subscription: number;
  topic: string;
  data: unknown;
}

export const link = new Store<LinkState>({
  served: true,
  reached: false,
  why: 'connecting',
  readOnly: false,
  program: {},
  generation: 0,
});

const subscriptions = new Set<Subscription>();
/** A notification may overtake the answer that tells its subscription's id. */
let early: Notification[] = [];
const earlyMax = 200;
let stream: string | null = null;
let nextId = 1;

async function post(method: string, params: object, onStream: string | null): Promise<unknown> {
  const body = { jsonrpc: '2.0', id: nextId++, method, params, ...(onStream ? { stream: onStream } : {}) };
  let response: Response;
  try {
    response = await fetch('/api', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    throw new RequestError(0, 'the dashboard does not answer');
  }
  if (!response.ok) throw new RequestError(0, (await response.text()).trim() || `HTTP ${response.status}`);
  const answer = (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
  if (answer.error) throw new RequestError(answer.error.code, answer.error.message);
  return answer.result;
}

/** Asks the program. Throws a RequestError. */
export async function ask<T>(method: string, params: object = {}): Promise<T> {
  return (await post(method, params, null)) as T;
}

async function subscribe(wanted: Subscription): Promise<void> {
  const on = stream;
  if (!on || wanted.closed) return;
  wanted.id = null;
  try {
    const answer = (await post('subscribe', { topic: wanted.topic, ...wanted.params }, on)) as {
      subscription: number;
    };
    if (on !== stream) return; // the program was lost meanwhile, and this with it
    if (wanted.closed) {
      void unsubscribe(answer.subscription);
      return;
    }
    wanted.id = answer.subscription;
    const waited = early.filter((each) => each.subscription === wanted.id);
    early = early.filter((each) => each.subscription !== wanted.id);
    for (const each of waited) wanted.take(each.data);
  } catch (error) {
    console.debug(`no ${wanted.topic}: ${String(error)}`);
    // It had no time, or has too many requests now.
    const passes = error instanceof RequestError && [0, 2, 5].includes(error.code);
    if (passes && on === stream && !wanted.closed) {
      const generation = link.value.generation;
      setTimeout(() => {
        if (link.value.generation === generation && wanted.id === null) void subscribe(wanted);
      }, 2000);
    }
  }
}

async function unsubscribe(id: number): Promise<void> {
  try {
    await post('unsubscribe', { subscription: id }, stream);
  } catch {
    // The connection is gone, and the subscription with it.
  }
}

/** Subscribes until the function that it gives is called. */
export function watch<T>(topic: string, params: object, take: (data: T) => void): () => void {
  const wanted: Subscription = { topic, params, take: (data) => take(data as T), id: null, closed: false };
  subscriptions.add(wanted);
  void subscribe(wanted);
  return () => {
    wanted.closed = true;
    subscriptions.delete(wanted);
    if (wanted.id !== null) void unsubscribe(wanted.id);
  };
}

function dispatch(news: Notification): void {
  for (const each of subscriptions) {
    if (each.id === news.subscription) {
      each.take(news.data);
      return;
    }
  }
  early.push(news);
  if (early.length > earlyMax) early.shift();
}

function takeProgram(news: {
  reached: boolean;
  stream?: string;
  read_only?: boolean;
  program?: Greeting;
  why?: string;
}): void {
  early = [];
  stream = news.reached ? (news.stream ?? null) : null;
  const before = link.value;
  link.value = {
    served: true,
    reached: news.reached,
    why: news.why ?? '',
    readOnly: news.reached ? Boolean(news.read_only || news.program?.read_only) : before.readOnly,
    program: news.program ?? before.program,
    generation: before.generation + (news.reached ? 1 : 0),
  };
  for (const each of subscriptions) each.id = null;
  if (news.reached) for (const each of subscriptions) void subscribe(each);
}

export function connect(): void {
  const events = new EventSource('/events');
  events.addEventListener('program', (event) => takeProgram(JSON.parse((event as MessageEvent<string>).data)));
  events.addEventListener('notify', (event) => dispatch(JSON.parse((event as MessageEvent<string>).data)));
  events.onerror = () => {
    stream = null;
    link.value = { ...link.value, served: false, reached: false, why: 'the dashboard does not answer' };
    // A browser gives up when the answer is an error, as when too many watch.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}
