// SPDX-License-Identifier: Apache-2.0
// The last ten minutes of the runtime as charts.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { bytes, count, duration, short } from './format';
import { samples, type Sample } from './program';
import { useStore } from './store';
import { theme } from './theme';

interface Line {
  label: string;
  color: string;
  value: (now: Sample, before: Sample | null) => number | null;
}

interface Chart {
  title: string;
  format: (value: number) => string;
  top?: number;
  lines: Line[];
}

type Counter = 'messages' | 'spawns' | 'exits' | 'crashes' | 'restarts';

function perSecond(field: Counter): Line['value'] {
  return (now, before) => {
    if (!before || now.time <= before.time) return null;
    return Math.max(0, ((now.statistics[field] - before.statistics[field]) * 1000) / (now.time - before.time));
  };
}

function working(sample: Sample): number {
  const threads = sample.statistics.schedulers.filter((each) => !each.spare);
  return threads.length ? threads.reduce((sum, each) => sum + each.utilisation, 0) / threads.length : 0;
}

const charts: Chart[] = [
  { title: 'Messages a second', format: short, lines: [{ label: 'messages', color: '--blue', value: perSecond('messages') }] },
  {
    title: 'Schedulers at work',
    format: (value) => `${Math.round(value * 100)} %`,
    top: 1,
    lines: [
      { label: 'all', color: '--blue', value: working },
      {
        label: 'busiest',
        color: '--faint',
        value: (now) => Math.max(0, ...now.statistics.schedulers.map((each) => each.utilisation)),
      },
    ],
  },
  {
    title: 'Spawns and exits a second',
    format: short,
    lines: [
      { label: 'spawns', color: '--green', value: perSecond('spawns') },
      { label: 'exits', color: '--orange', value: perSecond('exits') },
    ],
  },
  {
    title: 'Crashes and restarts a second',
    format: short,
    lines: [
      { label: 'crashes', color: '--red', value: perSecond('crashes') },
      { label: 'restarts', color: '--green', value: perSecond('restarts') },
    ],
  },
  {
    title: 'Memory',
    format: bytes,
    lines: [
      { label: 'processes', color: '--blue', value: (now) => now.statistics.memory.processes },
      { label: 'messages', color: '--orange', value: (now) => now.statistics.memory.messages },
    ],
  },
  {
    title: 'Processes, and those that wait to run',
    format: short,
    lines: [
      { label: 'processes', color: '--blue', value: (now) => now.statistics.processes },
      { label: 'run queues', color: '--orange', value: (now) => now.statistics.schedulers.reduce((sum, each) => sum + each.queue, 0) },
    ],
  },
];

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function dataOf(chart: Chart, all: Sample[]): uPlot.AlignedData {
  const times = all.map((each) => each.time / 1000);
  const lines = chart.lines.map((line) => all.map((each, index) => line.value(each, all[index - 1] ?? null)));
  return [times, ...lines];
}

function make(chart: Chart, where: HTMLElement): uPlot {
  const axis = { stroke: color('--faint'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
  return new uPlot(
    {
      width: where.clientWidth,
      height: 170,
      cursor: { y: false, points: { size: 6 } },
      legend: { live: true },
      scales: { y: { range: (_, __, max) => [0, chart.top ?? Math.max(1, (max ?? 0) * 1.15)] } },
      axes: [
        { ...axis, space: 70, values: (_, values) => values.map((each) => new Date(each * 1000).toLocaleTimeString('en-GB')) },
         { ...axis, size: 62, values: (_, values) => values.map((each) => chart.format(each)) },
      ],
      series: [
        { label: 'time', value: (_, value) => (value === null ? '' : new Date(value * 1000).toLocaleTimeString('en-GB')) },
        ...chart.lines.map((line) => ({
          label: line.label,
          stroke: color(line.color),
          width: 1.75,
          points: { show: false },
          value: (_: uPlot, value: number | null) => (value === null ? '' : chart.format(value)),
        })),
      ],
    },
    [[]],
    where,
  );
}

function ChartView({ chart }: { chart: Chart }) {
  const all = useStore(samples);
  const dark = useStore(theme);
  const where = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  useEffect(() => {
    const element = where.current;
    if (!element) return;
    plot.current = make(chart, element);
    plot.current.setData(dataOf(chart, samples.value));
    const watcher = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: 170 }));
    watcher.observe(element);
    return () => {
      watcher.disconnect();
      plot.current?.destroy();
    };
  }, [chart, dark]);
  useEffect(() => plot.current?.setData(dataOf(chart, all)), [all.length, all[all.length - 1]?.time]);
  return (
    <section class="chart">
      <h3>{chart.title}</h3>
      <div ref={where} />
    </section>
  );
}

function Schedulers({ sample }: { sample: Sample }) {
  return (
    <section class="chart">
      <h3>Scheduler threads</h3>
      <table class="rows">
        <thead>
          <tr>
            <th>Thread</th>
            <th>At work</th>
            <th class="number">Waiting</th>
            <th class="number">Turns</th>
            <th class="number">Steals</th>
          </tr>
        </thead>
        <tbody>
          {sample.statistics.schedulers.map((each) => (
            <tr key={`${each.index} ${each.spare}`}>
              <td>
                {each.index} {each.spare && <span class="faint">spare</span>}
              </td>
              <td>
                <span class="meter wide">
                  <span style={{ width: `${Math.min(100, each.utilisation * 100)}%` }} />
                </span>
                {Math.round(each.utilisation * 100)} %
              </td>
              <td class="number">{count(each.queue)}</td>
              <td class="number">{short(each.turns)}</td>
              <td class="number">{short(each.steals)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function SystemView() {
  const all = useStore(samples);
  const last = all[all.length - 1];
  if (!last) return <p class="empty">The program has told no statistics yet.</p>;
  const { statistics } = last;
  const facts: [string, string, boolean?][] = [
    ['Processes', count(statistics.processes)],
    ['Messages', short(statistics.messages)],
    ['Spawns', short(statistics.spawns)],
    ['Crashes', count(statistics.crashes), statistics.crashes > 0],
    ['Restarts', count(statistics.restarts)],
    ['Timers', count(statistics.timers)],
    ['Stuck', count(statistics.stuck), statistics.stuck > 0],
    ['Reports lost', count(statistics.reports_lost), statistics.reports_lost > 0],
    ['Up for', duration(statistics.uptime)],
  ];
  return (
    <div class="page system">
      <ul class="facts">
        {facts.map(([label, value, bad]) => (
          <li key={label} class={bad ? 'bad' : ''}>
            <strong>{value}</strong>
            <span>{label}</span>
          </li>
        ))}
      </ul>
      <div class="charts">
        {charts.map((chart) => (
          <ChartView key={chart.title} chart={chart} />
        ))}
        <Schedulers sample={last} />
      </div>
    </div>
  );
}
