// SPDX-License-Identifier: Apache-2.0
// A lane for each child: its lives, and where one ended and the next began.
import { useEffect, useRef, useState } from 'preact/hooks';
import { clock, duration } from './format';
import { events } from './program';
import { isOrderly, type LifeEvent } from './protocol';
import { useStore, useTick } from './store';
import { tree, type Owner } from './tree/model';
import { go } from './tabs';

interface Life {
  from: number | null;
  to: number | null;
  reason: string | null;
  pid: string | null;
  restarted: boolean;
}

interface Lane {
  key: string;
  path: string;
  label: string;
  supervisor: string;
  lives: Life[];
  gaveUp: number[];
  lastTrouble: number;
  first: number;
}

const lanesMax = 400;
const laneHeight = 34;

/** A child that the tree has shown, or that has a name or was restarted. The rest are no children of supervisors, and
 *  too many. */
function ownerOf(event: LifeEvent): Owner | null {
  const known = tree.ownerOf(event.pid);
  if (known) return known;
  const item = tree.findName(event.name);
  if (item) return { path: item.path, label: event.name!, supervisor: item.parent?.node.name ?? item.parent?.node.id ?? '' };
  const label = event.name ?? event.id;
  const supervisor = tree.ownerOf(event.supervisor)?.label ?? event.supervisor ?? '';
  return label && (event.name || event.kind === 'restart') ? { path: `${supervisor}/${label}`, label, supervisor } : null;
}

function laneOf(lanes: Map<string, Lane>, owner: Owner, time: number): Lane {
  let lane = lanes.get(owner.path);
  if (!lane) {
    lane = { key: owner.path, ...owner, lives: [], gaveUp: [], lastTrouble: 0, first: time };
    lanes.set(owner.path, lane);
  }
  return lane;
}

function takeStart(lane: Lane, event: LifeEvent): void {
  const current = lane.lives.find((life) => life.pid === event.pid);
  const again = event.kind === 'restart';
  if (again && lane.lives.every((life) => life === current)) {
    // Of the life before nothing is known but its end.
    lane.lives.unshift({ from: null, to: event.time, reason: event.reason, pid: null, restarted: false });
    if (event.reason && !isOrderly(event.reason)) lane.lastTrouble = event.time;
  }
  if (current) current.restarted ||= again;
  else lane.lives.push({ from: event.time, to: null, reason: null, pid: event.pid, restarted: again || lane.lives.length > 0 });
}

function takeExit(lane: Lane, event: LifeEvent): void {
  const current = lane.lives.find((life) => life.pid === event.pid);
  if (current) {
    current.to = event.time;
    current.reason = event.reason;
  } else {
    lane.lives.push({ from: null, to: event.time, reason: event.reason, pid: event.pid, restarted: false });
  }
  if (!isOrderly(event.reason)) lane.lastTrouble = event.time;
}

/** The lanes of what happened, those with crashes first. */
export function lanesOf(all: LifeEvent[], since: number): Lane[] {
  const lanes = new Map<string, Lane>();
  const byPid = new Map<string, Lane>();
  for (const event of all) {
    if (event.kind === 'report' || event.kind === 'stuck' || !event.pid) continue;
    const owner = byPid.has(event.pid) ? null : ownerOf(event);
    const lane = byPid.get(event.pid) ?? (owner && laneOf(lanes, owner, event.time));
    if (!lane) continue;
    byPid.set(event.pid, lane);
    if (event.kind === 'exit') takeExit(lane, event);
    else if (event.kind === 'give_up') lane.gaveUp.push(event.time);
    else takeStart(lane, event);
  }
  const shown = [...lanes.values()].filter((lane) => lane.lives.some((life) => life.to === null || life.to >= since));
  shown.sort((a, b) => Number(b.lastTrouble >= since) - Number(a.lastTrouble >= since) || a.first - b.first);
  return shown.slice(0, lanesMax);
}

function LaneView({ lane, from, to }: { lane: Lane; from: number; to: number }) {
  const place = (time: number): number => Math.min(100, Math.max(0, ((time - from) / (to - from)) * 100));
  return (
    <li class={lane.lastTrouble >= from ? 'lane troubled' : 'lane'}>
      <div class="title">
        <button
          onClick={() => {
            const living = [...lane.lives].reverse().find((life) => life.to === null && life.pid);
            if (!living?.pid) return;
            go('tree');
            void tree.reveal(living.pid);
          }}
        >
          {lane.label}
        </button>
        <span class="faint">{lane.supervisor}</span>
      </div>
      <div class="lives">
        {lane.lives.map((life) => {
          const end = life.to ?? to;
          if (end < from) return null;
          const left = place(life.from ?? from);
          const lived = life.from === null ? '' : `, lived ${duration(end - life.from)}`;
          const how = life.to === null ? 'alive' : isOrderly(life.reason) ? 'terminated' : 'crashed';
          return (
            <>
              <span
                class={`life ${how}`}
                style={{ left: `${left}%`, width: `${Math.max(0.15, place(end) - left)}%` }}
                title={`${life.pid ?? ''}${lived}${life.reason ? `\n${life.reason}` : ''}`}
              />
              {life.restarted && life.from !== null && life.from >= from && <span class="mark restarted" style={{ left: `${left}%` }} title={`restarted at ${clock(life.from)}`} />}
              {life.to !== null && life.to >= from && (
                <span class={`mark ${how}`} style={{ left: `${place(end)}%` }} title={`${clock(life.to)} ${life.reason ?? ''}`} />
              )}
            </>
          );
        })}
        {lane.gaveUp
          .filter((time) => time >= from)
          .map((time) => (
            <span class="mark gave-up" style={{ left: `${place(time)}%` }} title={`gave up at ${clock(time)}`} />
          ))}
      </div>
    </li>
  );
}

function ticks(span: number): number[] {
  const step = span <= 30_000 ? 5_000 : span <= 60_000 ? 10_000 : span <= 300_000 ? 60_000 : 180_000;
  return Array.from({ length: Math.floor(span / step) + 1 }, (_, index) => index * step);
}

export function TimelineView() {
  const all = useStore(events);
  useTick(500);
  const [span, setSpan] = useState(60_000);
  const [only, setOnly] = useState(false);
  const [filter, setFilter] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => {
    const element = list.current;
    const onScroll = (): void => setTop(element?.scrollTop ?? 0);
    element?.addEventListener('scroll', onScroll);
    return () => element?.removeEventListener('scroll', onScroll);
  }, []);
  const to = Date.now();
  const from = to - span;
  const wanted = filter.trim().toLowerCase();
  const lanes = lanesOf(all, from).filter(
    (lane) => (!only || lane.lastTrouble >= from) && (!wanted || lane.key.toLowerCase().includes(wanted)),
  );
  const first = Math.max(0, Math.floor(top / laneHeight) - 5);
  const shown = lanes.slice(first, first + 60);
  return (
    <div class="page timeline">
      <div class="bar-of-controls">
        {[
          [30_000, '30 s'],
          [60_000, '1 min'],
          [300_000, '5 min'],
          [900_000, '15 min'],
        ].map(([each, text]) => (
          <button key={each} class={span === each ? 'chosen' : ''} onClick={() => setSpan(each as number)}>
            {text}
          </button>
        ))}
        <label>
          <input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} /> only what crashed
        </label>
        <input placeholder="filter" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
      </div>
      <div class="axis">
        {ticks(span).map((each) => (
          <span key={each} style={{ right: `${(each / span) * 100}%` }}>
            {each === 0 ? 'now' : `−${each < 60_000 ? `${each / 1000} s` : `${each / 60_000} min`}`}
          </span>
        ))}
      </div>
      <ul class="lanes" ref={list}>
        <li class="spacer" style={{ height: `${first * laneHeight}px` }} />
        {shown.map((lane) => (
          <LaneView key={lane.key} lane={lane} from={from} to={to} />
        ))}
        <li class="spacer" style={{ height: `${Math.max(0, lanes.length - first - shown.length) * laneHeight}px` }} />
      </ul>
      {lanes.length === 0 && <p class="empty">Nothing started, ended or crashed in this time.</p>}
    </div>
  );
}
