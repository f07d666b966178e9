// SPDX-License-Identifier: Apache-2.0
// All of one process or child: what it is, what it does, how it ended last, what would happen if it ended now,
// and what can be done with it.
import { useEffect, useState } from 'preact/hooks';
import { ago, bytes, count, duration } from './format';
import { ask, link, type RequestError } from './link';
import { lastCrash, reports } from './program';
import type { Explanation, LifeEvent, ProcessInfo, Report } from './protocol';
import * as steer from './steer';
import { useStore } from './store';
import { hasOwnId, tree, type Item } from './tree/model';
import { labelOf } from './tree/node';
import { openTrace } from './trace';

const refresh = 1000;

/** Asks again each second while it is shown; `key` changes what is asked. */
function useAsked<T>(method: string, params: object | null): { value: T | null; error: string } {
  const [told, setTold] = useState<{ value: T | null; error: string }>({ value: null, error: '' });
  const key = params && JSON.stringify(params);
  useEffect(() => {
    setTold({ value: null, error: '' });
    if (!params) return;
    let stopped = false;
    let timer = 0;
    const look = async (): Promise<void> => {
      try {
        const value = await ask<T>(method, params);
        if (!stopped) setTold({ value, error: '' });
      } catch (error) {
        if (!stopped) setTold((before) => ({ ...before, error: (error as RequestError).message }));
      }
      if (!stopped) timer = window.setTimeout(() => void look(), refresh);
    };
    void look();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [method, key]);
  return told;
}

export function PidLink({ pid, text }: { pid: string; text?: string }) {
  return (
    <button class="pid" onClick={() => void tree.reveal(pid)} title={`Show ${pid}`}>
      {text ?? pid}
    </button>
  );
}

function Pids({ label, pids }: { label: string; pids: string[] }) {
  const shownMax = 12;
  if (pids.length === 0) return null;
  return (
    <>
      <dt>{label}</dt>
      <dd class="pids">
        {pids.slice(0, shownMax).map((each) => (each.startsWith('<') ? <PidLink key={each} pid={each} /> : <span key={each}>{each}</span>))}
        {pids.length > shownMax && <span class="faint">and {pids.length - shownMax} more</span>}
      </dd>
    </>
  );
}

function Buttons({ item, info, who }: { item: Item | null; info: ProcessInfo | null; who: string | null }) {
  const { readOnly } = useStore(link);
  if (readOnly) return <p class="faint">This dashboard is read-only.</p>;
  const label = item ? labelOf(item) : (info?.name ?? who ?? '');
  const supervisor = item?.parent?.node.pid ?? null;
  const isStatic = item !== null && hasOwnId(item.node, item.parent);
  const id = item ? (isStatic ? item.node.id : item.node.pid) : null;
  const runs = item ? item.node.status === 'running' : who !== null;
  return (
    <div class="buttons">
      {who && (
        <>
          <button class="danger" onClick={() => void steer.killWithQuestion(label, who)} title="k">
            Kill
          </button>
          <button onClick={() => void steer.exitWithQuestion(label, who)}>Exit …</button>
        </>
      )}
      {supervisor && id && isStatic && (
        <button onClick={() => void steer.restartWithQuestion(label, supervisor, id, runs)}>{runs ? 'Restart' : 'Start'}</button>
      )}
      {supervisor && id && runs && (
        <button onClick={() => void steer.terminateWithQuestion(label, supervisor, id)}>Terminate</button>
      )}
      {supervisor && id && !runs && isStatic && (
        <button onClick={() => void steer.deleteWithQuestion(label, supervisor, id)}>Delete</button>
      )}
      {who && info && (
        <button onClick={() => void (info.suspended ? steer.resume(label, who) : steer.suspend(label, who))}>
          {info.suspended ? 'Resume' : 'Suspend'}
        </button>
      )}
      {who && <button onClick={() => openTrace(who)}>Trace</button>}
    </div>
  );
}

function Facts({ info }: { info: ProcessInfo }) {
  return (
    <dl>
      <dt>Initial call</dt>
      <dd class="code">{info.initial_call}</dd>
      <dt>Age</dt>
      <dd>{duration(info.age)}</dd>
      <dt>Memory</dt>
      <dd>{bytes(info.memory)}</dd>
      <dt>Reductions</dt>
      <dd>{count(info.reductions)}</dd>
      <dt>Handling</dt>
      <dd>{info.handling ? `${info.handling.message}, for ${duration(info.handling.for)}` : 'waits'}</dd>
      {info.trap_exit && (
        <>
          <dt>Exits</dt>
          <dd>are trapped</dd>
        </>
      )}
      {info.priority && info.priority !== 'normal' && (
        <>
          <dt>Priority</dt>
          <dd>{info.priority}</dd>
        </>
      )}
      <Pids label="Ancestors" pids={info.ancestors ?? []} />
      <Pids label="Links" pids={info.links ?? []} />
      <Pids label="Monitors" pids={info.monitors ?? []} />
      <Pids label="Monitored by" pids={info.monitored_by ?? []} />
    </dl>
  );
}

function Mailbox({ info }: { info: ProcessInfo }) {
  const types = info.mailbox ?? [];
  if (info.queue === 0) return null;
  const most = Math.max(1, ...types.map((each) => each.count));
  return (
    <section>
      <h3>
        Mailbox <span class="badge">{count(info.queue)}</span>
      </h3>
      <ul class="bars">
        {types.slice(0, 12).map((each) => (
          <li key={each.type}>
            <span class="bar" style={{ width: `${(each.count / most) * 100}%` }} />
            <span class="code">{each.type}</span>
            <span>{count(each.count)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The report of the last crash of this child, which has its stack. */
function reportOf(pids: (string | null)[], name: string | null): Report | null {
  for (let i = reports.value.length - 1; i >= 0; i--) {
    const each = reports.value[i]!;
    const isAbout = (each.pid !== null && pids.includes(each.pid)) || (name !== null && each.text.includes(name));
    if (isAbout && (each.stack?.length > 0 || /crash|server/.test(each.kind)) && each.reason) return each;
  }
  return null;
}

function LastExit({ reason, crash, item }: { reason: string | null; crash: LifeEvent | null; item: Item | null }) {
  useStore(reports);
  if (!reason && !crash) return null;
  const report = reportOf([crash?.pid ?? null, item?.node.pid ?? null], item?.node.name ?? null);
  return (
    <section class="exit">
      <h3>Last exit {crash && <span class="faint">{ago(crash.time)}</span>}</h3>
      <p class="reason code">{reason ?? crash?.reason}</p>
      {report && report.stack.length > 0 && (
        <details open>
          <summary>Stack</summary>
          <ol class="stack code">
            {report.stack.slice(0, 40).map((line, index) => (
              <li key={index}>{line}</li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

function Explain({ who }: { who: string }) {
  const told = useAsked<Explanation>('explain', { who, reason: 'kill' });
  return (
    <section>
      <h3>If it were killed now</h3>
      {told.value ? (
        <pre class="explain">{told.value.text.trim()}</pre>
      ) : (
        <p class="faint">{told.error || 'asking …'}</p>
      )}
    </section>
  );
}

function crashOf(item: Item | null): LifeEvent | null {
  const crash = lastCrash();
  if (!item || !crash) return null;
  const fits = tree.ownerOf(crash.pid)?.path === item.path || (crash.name !== null && crash.name === item.node.name);
  return fits ? crash : null;
}

function SupervisorFacts({ item }: { item: Item }) {
  const { strategy, window: budget, children_count } = item.node;
  if (!strategy || !budget) return null;
  return (
    <dl>
      <dt>Strategy</dt>
      <dd class="code">{strategy}</dd>
      <dt>Budget</dt>
      <dd>
        {budget.used} of {budget.max} restarts in {budget.seconds} s
        <span class="meter">
          <span style={{ width: `${budget.max ? Math.min(100, (budget.used / budget.max) * 100) : 0}%` }} />
        </span>
      </dd>
      <dt>Children</dt>
      <dd>
        {count(children_count)}
        {item.open && item.shown < children_count && <span class="faint">, {count(Math.min(item.shown, item.children.length))} shown (m for more)</span>}
      </dd>
    </dl>
  );
}

export function Panel({ path }: { path: string }) {
  useStore(tree.roots);
  const item = tree.find(path);
  const who = path.startsWith('pid:') ? path.slice(4) : (item?.node.pid ?? null);
  const info = useAsked<ProcessInfo>('info', who ? { who } : null);
  const title = item ? labelOf(item) : (info.value?.name ?? who ?? path);
  const status = item ? (item.node.stuck ? 'stuck' : item.node.status) : info.error ? 'gone' : 'running';
  return (
    <aside class="panel" aria-label={`About ${title}`}>
      <header>
        <h2>{title}</h2>
        <button class="close" title="Close (Esc)" onClick={() => tree.select(null)}>
          ×
        </button>
        <p>
          <span class={`state ${item?.flash ?? status}`}>{item?.flash ?? status}</span>
          <span class="code" data-testid="pid">
            {who ?? 'no process'}
          </span>
          <span class="faint">{item?.node.kind ?? info.value?.kind}</span>
          {item && item.node.restarts > 0 && <span class="faint">restarted {count(item.node.restarts)}×</span>}
          {item?.node.busy && <span class="faint">busy</span>}
        </p>
      </header>
      <Buttons item={item} info={info.value} who={who} />
      {info.error && <p class="notice">{info.error}</p>}
      <LastExit reason={item?.node.last_exit ?? info.value?.last_exit ?? null} crash={crashOf(item)} item={item} />
      {item && <SupervisorFacts item={item} />}
      {info.value && <Mailbox info={info.value} />}
      {info.value?.state && (
        <section>
          <h3>State {info.value.suspended && <span class="badge">suspended</span>}</h3>
          <pre class="state-text">{info.value.state}</pre>
        </section>
      )}
      {info.value && <Facts info={info.value} />}
      {who && <Explain who={who} />}
    </aside>
  );
}
