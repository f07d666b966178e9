// SPDX-License-Identifier: Apache-2.0
// Where the open part of the tree is drawn: tidy, from left to right, a column for each depth.
import { hierarchy, tree as tidyTree } from 'd3-hierarchy';
import type { Item } from './model';

export const rowHeight = 40;
export const columnWidth = 268;
export const nodeWidth = 212;
export const nodeHeight = 30;

/** A node, or the place where more children of `of` are asked for. */
export interface Drawn {
  key: string;
  item: Item | null;
  moreOf: Item | null;
  parent: Drawn | null;
  x: number;
  y: number;
}

export interface Layout {
  nodes: Drawn[];
  width: number;
  height: number;
}

interface Entry {
  item: Item | null;
  moreOf: Item | null;
}

function entriesBelow(entry: Entry): Entry[] {
  const item = entry.item;
  if (!item || !item.open) return [];
  const shown: Entry[] = item.children.slice(0, item.shown).map((child) => ({ item: child, moreOf: null }));
  const known = Math.max(item.node.children_count, item.children.length);
  if (known > shown.length) shown.push({ item: null, moreOf: item });
  return shown;
}

export function layOut(roots: Item[]): Layout {
  const nodes: Drawn[] = [];
  let height = 0;
  let width = 0;
  for (const root of roots) {
    const top = hierarchy<Entry>({ item: root, moreOf: null }, entriesBelow);
    const placed = tidyTree<Entry>()
      .nodeSize([rowHeight, columnWidth])
      .separation((a, b) => (a.parent === b.parent ? 1 : 1.25))(top);
    let first = Infinity;
    let last = -Infinity;
    placed.each((each) => {
      first = Math.min(first, each.x);
      last = Math.max(last, each.x);
    });
    const drawn = new Map<unknown, Drawn>();
    placed.each((each) => {
      const { item, moreOf } = each.data;
      const made: Drawn = {
        key: item ? item.path : `${moreOf!.path}/…`,
        item,
        moreOf,
        parent: each.parent ? (drawn.get(each.parent) ?? null) : null,
        x: each.y,
        y: height + each.x - first,
      };
      drawn.set(each, made);
      nodes.push(made);
      width = Math.max(width, made.x + nodeWidth);
    });
    height += last - first + rowHeight * 1.6;
  }
  return { nodes, width, height: Math.max(0, height - rowHeight * 1.6) };
}
