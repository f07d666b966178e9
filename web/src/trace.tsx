// SPDX-License-Identifier: Apache-2.0
// The system events of one process, as they happen.
import { useEffect, useState } from 'preact/hooks';
import { clock } from './format';
import { watch } from './link';
import type { TraceEvent } from './protocol';
import { Store, useStore } from './store';
import { go } from './tabs';

const keptMax = 1000;

interface Line extends TraceEvent {
  time: number;
  number: number;
}

const traced = new Store<{ who: string; lines: Line[] }>({ who: '', lines: [] });
let close: (() => void) | null = null;

function follow(who: string): void {
  close?.();
  close = null;
  traced.value = { who, lines: [] };
  if (!who) return;
  let number = 0;
  close = watch<TraceEvent>('trace', { who }, (event) => {
    if (!event.text && !event.kind) return; // how many were dropped
    const lines = traced.value.lines;
    lines.push({ ...event, time: Date.now(), number: number++ });
    if (lines.length > keptMax) lines.shift();
    traced.changed();
  });
}

export function openTrace(who: string): void {
  follow(who);
  go('trace');
}

export function TraceView() {
  const { who, lines } = useStore(traced);
  const [text, setText] = useState(who);
  useEffect(() => setText(who), [who]);
  return (
    <div class="page">
      <form
        class="bar-of-controls"
        onSubmit={(event) => {
          event.preventDefault();
          follow(text.trim());
        }}
      >
        <label>
          Process
          <input value={text} placeholder="name or <0.12.1>" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit">Trace</button>
        {who && (
          <button type="button" onClick={() => follow('')}>
            Stop
          </button>
        )}
        <span class="faint">{who ? `${lines.length} events of ${who}` : 'what a gen_server or supervisor is sent, and its state after it'}</span>
      </form>
      <table class="rows trace">
        <thead>
          <tr>
            <th>Time</th>
            <th>Event</th>
            <th>State</th>
          </tr>
        </thead>
        <tbody>
          {[...lines].reverse().map((line) => (
            <tr key={line.number}>
              <td class="time">{clock(line.time)}</td>
              <td class="code">{line.text || `${line.kind} ${line.message ?? ''}`}</td>
              <td class="code faint">{line.state}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {who && lines.length === 0 && <p class="empty">Nothing has happened to {who} yet.</p>}
    </div>
  );
}
