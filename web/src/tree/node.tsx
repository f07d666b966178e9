// SPDX-License-Identifier: Apache-2.0
// One node of the tree, as a part of the drawing.
import { count, duration } from '../format';
import { nodeHeight, nodeWidth, type Drawn } from './layout';
import type { Item } from './model';

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

export function labelOf(item: Item): string {
  const { id, name, pid } = item.node;
  if (name) return name;
  return id && id !== 'undefined' ? id : (pid ?? '?');
}

/** The colour of a node is a class: what happened a moment ago, else what it is now. */
function classOf(item: Item, selected: boolean, found: boolean): string {
  const state =
    item.flash ?? (item.node.status === 'running' ? 'running' : item.node.status === 'restarting' ? 'crashed' : 'terminated');
  const parts = ['node', item.node.kind, state];
  if (item.node.stuck) parts.push('stuck');
  if (item.node.busy) parts.push('busy');
  if (item.gone) parts.push('gone');
  if (selected) parts.push('selected');
  if (found) parts.push('found');
  return parts.join(' ');
}

function Budget({ used, max }: { used: number; max: number }) {
  const width = 46;
  const share = max === 0 ? (used > 0 ? 1 : 0) : Math.min(1, used / max);
  const level = share >= 1 ? 'full' : share >= 0.6 ? 'high' : 'low';
  return (
    <g class={`budget ${level}`} transform={`translate(${nodeWidth - width - 26}, ${nodeHeight - 7})`}>
      <rect class="track" width={width} height={3} rx={1.5} />
      <rect class="fill" width={width * share} height={3} rx={1.5} />
    </g>
  );
}

/** What is told at the right: restarts, then messages that wait. */
function notes(item: Item): string {
  const parts: string[] = [];
  if (item.node.restarts_in !== undefined) parts.push(`restarting in ${duration(item.node.restarts_in)}`);
  if (item.node.queue > 0) parts.push(`✉ ${count(item.node.queue)}`);
  if (item.node.restarts > 0) parts.push(`↻ ${count(item.node.restarts)}`);
  return parts.join('  ');
}

function describe(item: Item): string {
  const { kind, status, restarts, strategy, window, children_count } = item.node;
  const words = [`${kind} ${labelOf(item)}`, status, item.node.pid ?? 'no process'];
  if (item.node.restarts_in !== undefined) words.push(`restarting in ${duration(item.node.restarts_in)}`);
  if (strategy) words.push(strategy);
  if (window) words.push(`${window.used} of ${window.max} restarts in ${window.seconds} s`);
  if (restarts) words.push(`restarted ${restarts} times`);
  if (children_count) words.push(`${children_count} children`);
  return words.join(', ');
}

export function NodeView(props: {
  drawn: Drawn;
  selected: boolean;
  found: boolean;
  onSelect: (item: Item) => void;
  onToggle: (item: Item) => void;
}) {
  const item = props.drawn.item!;
  const { node } = item;
  const isBranch = node.kind !== 'worker' || node.children_count > 0;
  const told = notes(item);
  const room = 27 - (told ? told.length + 1 : 0) - (isBranch ? 3 : 0);
  return (
    <g
      id={`node-${item.path}`}
      class={classOf(item, props.selected, props.found)}
      style={{ transform: `translate(${props.drawn.x}px, ${props.drawn.y}px)` }}
      role="treeitem"
      aria-label={describe(item)}
      aria-selected={props.selected}
      {...(isBranch ? { 'aria-expanded': item.open } : {})}
      data-pid={node.pid ?? ''}
      data-id={node.id}
      onClick={(event: MouseEvent) => {
        event.stopPropagation();
        props.onSelect(item);
      }}
      onDblClick={() => props.onToggle(item)}
    >
      <title>{describe(item)}</title>
      <rect class="box" y={-nodeHeight / 2} width={nodeWidth} height={nodeHeight} rx={node.kind === 'worker' ? 15 : 6} />
      <g transform={`translate(0, ${-nodeHeight / 2})`}>
        {node.kind === 'worker' ? (
          <circle class="sign" cx={15} cy={15} r={4.5} />
        ) : (
          <rect class="sign" x={10} y={10} width={10} height={10} rx={2} />
        )}
        <text class="label" x={28} y={node.window ? 18 : 19.5}>
          {shorten(labelOf(item), room)}
        </text>
        {told && (
          <text class="notes" x={nodeWidth - (isBranch ? 28 : 12)} y={node.window ? 18 : 19.5} text-anchor="end">
            {told}
          </text>
        )}
        {node.window && <Budget used={node.window.used} max={node.window.max} />}
        {isBranch && (
          <g
            class="toggle"
            onClick={(event: MouseEvent) => {
              event.stopPropagation();
              props.onToggle(item);
            }}
          >
            <rect class="area" x={nodeWidth - 26} width={26} height={nodeHeight} />
            <path
              d={
                item.open
                  ? `M${nodeWidth - 17} 13.500l4 4l4 -4`
                  : `M${nodeWidth - 15} 11l4 4l-4 4`
              }
            />
          </g>
        )}
      </g>
    </g>
  );
}

export function MoreView(props: { drawn: Drawn; onMore: (item: Item) => void }) {
  const item = props.drawn.moreOf!;
  const hidden = Math.max(item.node.children_count, item.children.length) - Math.min(item.shown, item.children.length);
  return (
    <g
      class="more"
      style={{ transform: `translate(${props.drawn.x}px, ${props.drawn.y}px)` }}
      role="button"
      onClick={(event: MouseEvent) => {
        event.stopPropagation();
        props.onMore(item);
      }}
    >
      <rect class="box" y={-12} width={120} height={24} rx={12} />
      <text class="label" x={60} y={4.5} text-anchor="middle">
        {count(hidden)} more …
      </text>
    </g>
  );
}
