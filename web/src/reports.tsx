// SPDX-License-Identifier: Apache-2.0
// The reports since the page was opened, the newest first.
import { useState } from 'preact/hooks';
import { clock } from './format';
import { PidLink } from './panel';
import { reports } from './program';
import type { Report } from './protocol';
import { useStore } from './store';
import { go } from './tabs';

const levels = ['debug', 'info', 'notice', 'warning', 'error'];
const shownMax = 300;

function ReportView({ report }: { report: Report }) {
  const [firstLine, ...others] = report.text.split('\n');
  const stack = report.stack ?? [];
  return (
    <details class={`report ${report.level}`}>
      <summary>
        <span class="time">{clock(report.time)}</span>
        <span class={`level ${report.level}`}>{report.level}</span>
        <span class="text">{firstLine}</span>
        {report.reason && <span class="code faint">{report.reason}</span>}
      </summary>
      {report.pid && (
        <p onClick={() => go('tree')}>
          <PidLink pid={report.pid} text={`Show ${report.pid} in the tree`} />
        </p>
      )}
      {others.length > 0 && <pre>{others.join('\n')}</pre>}
      {stack.length > 0 && (
        <ol class="stack code">
          {stack.map((line, index) => (
            <li key={index}>{line}</li>
          ))}
        </ol>
      )}
    </details>
  );
}

export function ReportsView() {
  const all = useStore(reports);
  const [level, setLevel] = useState('notice');
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const shown: Report[] = [];
  for (let i = all.length - 1; i >= 0 && shown.length < shownMax; i--) {
    const each = all[i]!;
    const fits = levels.indexOf(each.level) >= levels.indexOf(level);
    if (fits && (!wanted || `${each.text} ${each.reason ?? ''} ${each.pid ?? ''} ${each.kind}`.toLowerCase().includes(wanted))) {
      shown.push(each);
    }
  }
  return (
    <div class="page reports">
      <div class="bar-of-controls">
        <label>
          From
          <select value={level} onChange={(event) => setLevel(event.currentTarget.value)}>
            {levels.slice(1).map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <input placeholder="filter" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        <span class="faint">
          {shown.length} of {all.length}
        </span>
      </div>
      <div class="list">
        {shown.map((each) => (
          <ReportView key={`${each.time} ${each.pid} ${each.text.slice(0, 40)}`} report={each} />
        ))}
      </div>
      {shown.length === 0 && <p class="empty">No reports since this page was opened.</p>}
    </div>
  );
}
