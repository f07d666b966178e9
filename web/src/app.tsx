// SPDX-License-Identifier: Apache-2.0
// The frame: what runs, what is looked at, and what crashed last.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ago, count, short } from './format';
import { ask, link } from './link';
import { Panel } from './panel';
import { ProcessesView } from './processes';
import { events, lastCrash, rate, samples } from './program';
import type { LifeEvent } from './protocol';
import { ReportsView } from './reports';
import { Questions } from './steer';
import { useStore, useTick } from './store';
import { SystemView } from './system';
import { go, tab, tabs, type Tab } from './tabs';
import { switchTheme, theme } from './theme';
import { TimelineView } from './timeline';
import { TraceView } from './trace';
import { tree, type Item } from './tree/model';
import { TreeView } from './tree/view';

const titles: Record<Tab, string> = {
  tree: 'Tree',
  timeline: 'Timeline',
  processes: 'Processes',
  reports: 'Reports',
  system: 'System',
  trace: 'Trace',
};

function Numbers() {
  const all = useStore(samples);
  const last = all[all.length - 1]?.statistics;
  if (!last) return null;
  return (
    <div class="numbers">
      <span>
        <strong>{count(last.processes)}</strong> processes
      </span>
      <span>
        <strong>{short(rate('messages'))}</strong> messages/s
      </span>
      <span>
        <strong>{count(last.restarts)}</strong> restarts
      </span>
      {last.stuck > 0 && (
        <span class="bad">
          <strong>{count(last.stuck)}</strong> stuck
        </span>
      )}
    </div>
  );
}

function Connection() {
  const { served, reached, program, readOnly } = useStore(link);
  const text = reached ? 'live' : served ? 'waiting for the program' : 'waiting for the dashboard';
  return (
    <div class={`connection ${reached ? 'live' : 'away'}`} role="status">
      <strong>{program.program ?? 'Coppice'}</strong>
      <span>{text}</span>
      {readOnly && <span class="badge">read-only</span>}
    </div>
  );
}

function Away() {
  const { reached, why, generation } = useStore(link);
  if (reached || generation === 0) return null;
  return (
    <p class="banner away" role="alert">
      {why}. What is shown is how it was; the page goes on when it is back.
    </p>
  );
}

/** The node of a child that crashed: its process may be another one by now. */
function itemOf(crash: LifeEvent): Item | null {
  const byPid = tree.find(tree.ownerOf(crash.pid)?.path ?? null);
  if (byPid) return byPid;
  const byName = tree.findName(crash.name);
  if (byName) return byName;
  const above = crash.supervisor && tree.findPid(crash.supervisor);
  return (above && above.children.find((each) => each.node.id === crash.id)) || null;
}

const newsShown = 60_000;

function LastCrash() {
  useStore(events);
  useStore(tree.roots);
  useTick(1000);
  const [hidden, setHidden] = useState(-1);
  const crash = lastCrash();
  if (!crash || crash.seq === hidden || Date.now() - crash.time > newsShown) return null;
  const item = itemOf(crash);
  return (
    <p class="banner crash" role="status">
      <strong>{crash.name ?? crash.id ?? crash.pid}</strong> {crash.reason === 'killed' || crash.reason === 'kill' ? 'was killed' : 'crashed'} {ago(crash.time)}
      {!/^kill/.test(crash.reason ?? '') && <span class="code">{crash.reason}</span>}
      {item && (
        <button
          onClick={() => {
            go('tree');
            tree.select(item.path);
          }}
        >
          Show
        </button>
      )}
      <button class="close" title="Dismiss" onClick={() => setHidden(crash.seq)}>
        ×
      </button>
    </p>
  );
}

/** The page opens on what crashed last. */
function useOpeningOnCrash(): void {
  const done = useRef(false);
  const roots = useStore(tree.roots);
  useStore(events);
  useEffect(() => {
    if (done.current || roots.length === 0) return;
    const crash = lastCrash();
    const item = crash && itemOf(crash);
    if (item) {
      done.current = true;
      if (tree.selected.value === null) tree.select(item.path);
    }
  });
  useEffect(() => {
    const timer = setTimeout(() => (done.current = true), 5000);
    return () => clearTimeout(timer);
  }, []);
}

function TreeTab({ search }: { search: string }) {
  const selected = useStore(tree.selected);
  return (
    <div class="with-panel">
      <TreeView search={search} />
      {selected && <Panel path={selected} />}
    </div>
  );
}

export function App() {
  const current = useStore(tab);
  const dark = useStore(theme) === 'dark';
  const [search, setSearch] = useState('');
  const searchField = useRef<HTMLInputElement>(null);
  useOpeningOnCrash();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '/') {
        event.preventDefault();
        go('tree');
        searchField.current?.focus();
      } else if (event.key >= '1' && event.key <= String(tabs.length)) go(tabs[Number(event.key) - 1]!);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <header class="top">
        <Connection />
        <nav>
          {tabs.map((each) => (
            <button key={each} class={each === current ? 'chosen' : ''} aria-current={each === current ? 'page' : undefined} onClick={() => go(each)}>
              {titles[each]}
            </button>
          ))}
        </nav>
        <Numbers />
        <input
          ref={searchField}
          type="search"
          class="search"
          placeholder="Search   /"
          aria-label="Search the tree"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') void findProcess(search);
            if (event.key === 'Escape') {
              setSearch('');
              event.currentTarget.blur();
            }
          }}
        />
        <button class="theme" title={dark ? 'Light' : 'Dark'} aria-label={dark ? 'Light' : 'Dark'} onClick={switchTheme}>
          {dark ? '☀' : '☾'}
        </button>
      </header>
      <main>
        <div class="banners">
          <Away />
          {current === 'tree' && <LastCrash />}
        </div>
        {current === 'tree' && <TreeTab search={search} />}
        {current === 'timeline' && <TimelineView />}
        {current === 'processes' && <ProcessesView />}
        {current === 'reports' && <ReportsView />}
        {current === 'system' && <SystemView />}
        {current === 'trace' && <TraceView />}
      </main>
      <Questions />
    </>
  );
}

/** Opens the first process that fits, wherever it is in the tree. */
async function findProcess(text: string): Promise<void> {
  try {
    const told = await ask<{ items: { pid: string }[] }>('processes', { filter: text.trim(), limit: 1, sort: 'name' });
    const first = told.items[0];
    if (first) {
      go('tree');
      await tree.reveal(first.pid);
      document.querySelector<SVGSVGElement>('.tree svg')?.focus();
    }
  } catch {
    // The banner says why nothing answers.
  }
}
