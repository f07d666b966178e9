// SPDX-License-Identifier: Apache-2.0
// All processes: the program sorts and filters, and only the rows in sight are asked for.
import { useEffect, useRef, useState } from 'preact/hooks';
import { bytes, count, duration, short } from './format';
import { ask } from './link';
import { Panel } from './panel';
import type { ProcessItem } from './protocol';
import { useStore } from './store';
import { tree } from './tree/model';

const rowHeight = 30;
const refresh = 2000;
/** A browser does not lay out what is higher. */
const heightMax = 15_000_000;

type Sort = 'pid' | 'name' | 'queue' | 'reductions' | 'memory' | 'age';

interface Answer {
  total: number;
  matching: number;
  items: ProcessItem[];
}

const columns: [Sort | null, string, string][] = [
  ['pid', 'Process', ''],
  ['name', 'Name', ''],
  [null, 'Initial call', ''],
  ['queue', 'Messages', 'number'],
  ['reductions', 'Reductions', 'number'],
  ['memory', 'Memory', 'number'],
  ['age', 'Age', 'number'],
];

export function ProcessesView() {
  const selected = useStore(tree.selected);
  const [sort, setSort] = useState<Sort>('queue');
  const [descending, setDescending] = useState(true);
  const [filter, setFilter] = useState('');
  const [first, setFirst] = useState(0);
  const [rows, setRows] = useState(40);
  const [told, setTold] = useState<{ offset: number; answer: Answer } | null>(null);
  const [error, setError] = useState('');
  const scroller = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let stopped = false;
    let timer = 0;
    const look = async (): Promise<void> => {
      const offset = Math.max(0, first - 20);
      try {
        const answer = await ask<Answer>('processes', { sort, descending, filter, offset, limit: Math.min(1000, rows + 60) });
        if (!stopped) {
          setTold({ offset, answer });
          setError('');
        }
      } catch (failed) {
        if (!stopped) setError((failed as Error).message);
      }
      if (!stopped) timer = window.setTimeout(() => void look(), refresh);
    };
    timer = window.setTimeout(() => void look(), told ? 60 : 0); // while it is scrolled, nothing is asked
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [sort, descending, filter, first, rows]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const look = (): void => {
      const height = Math.max(1, element.scrollHeight - element.clientHeight);
      const all = Math.max(0, Number(element.dataset['rows']) - Math.floor(element.clientHeight / rowHeight));
      setFirst(Math.round((element.scrollTop / height) * all));
      setRows(Math.ceil(element.clientHeight / rowHeight));
    };
    element.addEventListener('scroll', look, { passive: true });
    const watcher = new ResizeObserver(look);
    watcher.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      watcher.disconnect();
    };
  }, []);

  const matching = told?.answer.matching ?? 0;
  const height = Math.min(heightMax, (matching + 1) * rowHeight);
  const from = told?.offset ?? 0;
  const visible = (told?.answer.items ?? []).slice(Math.max(0, first - from), Math.max(0, first - from) + rows + 1);
  const order = (column: Sort): void => {
    if (column === sort) setDescending(!descending);
    else {
      setSort(column);
      setDescending(column !== 'name' && column !== 'pid');
    }
  };
  return (
    <div class="with-panel">
      <div class="page processes">
        <div class="bar-of-controls">
          <input
            placeholder="filter by name, pid or initial call"
            value={filter}
            onInput={(event) => {
              setFilter(event.currentTarget.value);
              if (scroller.current) scroller.current.scrollTop = 0;
            }}
          />
          <span class="faint">
            {told ? `${count(matching)} of ${count(told.answer.total)} processes` : 'asking …'} {error}
          </span>
        </div>
        <div class="head row" role="row">
          {columns.map(([column, text, kind]) => (
            <span class={kind} role="columnheader" aria-sort={column === sort ? (descending ? 'descending' : 'ascending') : 'none'}>
              {column ? (
                <button onClick={() => order(column)}>
                  {text} {column === sort ? (descending ? '↓' : '↑') : ''}
                </button>
              ) : (
                text
              )}
            </span>
          ))}
        </div>
        <div class="scroller" ref={scroller} data-rows={matching} tabIndex={0}>
          <div style={{ height: `${height}px` }}>
            <div class="visible" role="table">
              {visible.map((each) => (
                <div
                  key={each.pid}
                  class={`row ${selected === `pid:${each.pid}` ? 'selected' : ''} ${each.status}`}
                  role="row"
                  onClick={() => tree.select(tree.findPid(each.pid)?.path ?? `pid:${each.pid}`)}
                >
                  <span class="code">{each.pid}</span>
                  <span>{each.name}</span>
                  <span class="code faint" title={each.initial_call}>
                    {each.initial_call}
                  </span>
                  <span class="number">{count(each.queue)}</span>
                  <span class="number">{short(each.reductions)}</span>
                  <span class="number">{bytes(each.memory)}</span>
                  <span class="number">{duration(each.age)}</span>
                </div>
              ))}
            </div>
          </div>
        </div>
      </div>
      {selected && <Panel path={selected} />}
    </div>
  );
}
