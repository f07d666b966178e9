// SPDX-License-Identifier: Apache-2.0
// The part of the tree that is open. A node is known by its path of ids, so that it stays the same node when its
// process is another one after a restart; a child without an id of its own is known by its pid.
import { ask, link, watch } from '../link';
import { onEvent } from '../program';
import { isOrderly, type TreeNode } from '../protocol';
import { Store } from '../store';

/** What happened to a node a moment ago, in the colours of the articles. */
export type Flash = 'crashed' | 'terminated' | 'restarted';

export interface Item {
  path: string;
  node: TreeNode;
  parent: Item | null;
  /** Those that were told; the node's children_count may be larger. */
  children: Item[];
  open: boolean;
  /** How many of the children are shown. */
  shown: number;
  flash: Flash | null;
  /** It ended and will not come back; drawn for a moment. */
  gone: boolean;
}

export const pageOfChildren = 30;
const nextPage = 200;
const crashShown = 1100;
const restartShown = 4500;
const goneShown = 1600;
const interval = 250;
const depthAtFirst = 3;

export interface Owner {
  path: string;
  label: string;
  supervisor: string;
}

const remembered = 20_000;

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  if (map.size > remembered) map.delete(map.keys().next().value!);
}

const staticStrategies = ['one_for_one', 'one_for_all', 'rest_for_one'];

/** Children of a dynamic supervisor may all have one id: they are told apart by name, else by pid. */
export function hasOwnId(node: TreeNode, parent: Item | null): boolean {
  if (!node.id || node.id === 'undefined' || node.id === node.pid) return false;
  return parent === null || parent.node.strategy === null || staticStrategies.includes(parent.node.strategy);
}

export class TreeModel {
  readonly roots = new Store<Item[]>([]);
  readonly selected = new Store<string | null>(null);
  /** What went wrong with asking, to be shown. */
  readonly trouble = new Store<string>('');
  private readonly byPath = new Map<string, Item>();
  /** Why a process ended, and, by the new process, why the one before it did. */
  private readonly exits = new Map<string, string>();
  private readonly endsBefore = new Map<string, string>();
  /** Whose process a pid is or was. */
  private readonly owners = new Map<string, Owner>();
  private close: (() => void) | null = null;
  private watched = '';
  private firstLook = true;

  start(): void {
    let generation = 0;
    const reached = (): void => {
      if (link.value.reached && link.value.generation !== generation) {
        generation = link.value.generation;
        void this.load();
      }
    };
    link.listen(reached);
    reached();
    onEvent((event) => {
      if (!event.pid) return;
      if (event.kind === 'exit') remember(this.exits, event.pid, event.reason ?? 'normal');
      if (event.kind === 'restart' && event.reason) {
        remember(this.endsBefore, event.pid, event.reason);
        const item = this.findPid(event.pid);
        if (item?.flash === 'crashed' && isOrderly(event.reason)) {
          item.flash = 'terminated'; // the tree was told before the reason was
          this.roots.changed();
        }
      }
    });
  }

  /** Who has or had a process, as far as the page has seen it. */
  ownerOf(pid: string | null): Owner | null {
    return pid === null ? null : (this.owners.get(pid) ?? null);
  }

  findName(name: string | null): Item | null {
    if (!name) return null;
    for (const item of this.byPath.values()) if (item.node.name === name) return item;
    return null;
  }

  find(path: string | null): Item | null {
    return path === null ? null : (this.byPath.get(path) ?? null);
  }

  findPid(pid: string): Item | null {
    for (const item of this.byPath.values()) if (item.node.pid === pid) return item;
    return null;
  }

  select(path: string | null): void {
    this.selected.value = path;
  }

  toggle(item: Item): void {
    if (item.node.kind === 'worker' && item.children.length === 0) return;
    item.open = !item.open;
    if (item.open) item.shown = Math.max(item.shown, pageOfChildren);
    this.roots.changed();
    this.follow();
  }

  /** Shows more of the children, and asks for those that were not told. */
  async showMore(item: Item): Promise<void> {
    item.shown += nextPage;
    this.roots.changed();
    const missing = Math.min(item.shown, item.node.children_count) - item.children.length;
    if (missing <= 0 || !item.node.pid) return;
    const answer = await this.tryAsk<{ roots: TreeNode[] }>('tree', {
      root: item.node.pid,
      depth: 1,
      offset: item.children.filter((child) => !child.gone).length,
      limit: Math.min(1000, missing),
    });
    const more = answer?.roots[0]?.children ?? [];
    for (const node of more) {
      const path = this.pathOf(item, node);
      if (!this.byPath.has(path)) item.children.push(this.make(node, item));
    }
    this.roots.changed();
  }

  /** Opens what leads to a process, and selects it. */
  async reveal(pid: string): Promise<void> {
    const there = this.findPid(pid);
    if (there) {
      for (let up = there.parent; up; up = up.parent) {
        up.open = true;
        const index = up.children.indexOf(there);
        if (index >= up.shown) up.shown = index + 1;
      }
      this.selected.value = there.path;
      this.roots.changed();
      this.follow();
      return;
    }
    const info = await this.tryAsk<{ ancestors: string[] }>('info', { who: pid });
    if (!info) return;
    for (const ancestor of [...info.ancestors].reverse()) {
      const item = [...this.byPath.values()].find((each) => each.node.pid === ancestor || each.node.name === ancestor);
      if (!item?.node.pid) continue;
      item.open = true;
      if (item.children.length < item.node.children_count) await this.loadChildren(item);
    }
    this.follow();
    const found = this.findPid(pid);
    if (found) await this.reveal(pid);
    else this.select(`pid:${pid}`);
  }

  private async loadChildren(item: Item): Promise<void> {
    const answer = await this.tryAsk<{ roots: TreeNode[] }>('tree', { root: item.node.pid, depth: 1, limit: 1000 });
    const told = answer?.roots[0];
    if (told?.children) this.mergeChildren(item, told.children, false);
    this.roots.changed();
  }

  private async tryAsk<T>(method: string, params: object): Promise<T | null> {
    try {
      const answer = await ask<T>(method, params);
      this.trouble.value = '';
      return answer;
    } catch (error) {
      this.trouble.value = String((error as Error).message);
      return null;
    }
  }

  private async load(): Promise<void> {
    const { generation } = link.value;
    const answer = await this.tryAsk<{ roots: TreeNode[] }>('tree', { depth: depthAtFirst, limit: 100 });
    if (link.value.generation !== generation) return; // it was lost meanwhile, and is loaded anew
    if (!answer) {
      if (link.value.reached) setTimeout(() => link.value.generation === generation && void this.load(), 2000);
      return;
    }
    this.mergeRoots(answer.roots);
    this.watched = '';
    this.follow();
  }

  private mergeRoots(told: TreeNode[]): void {
    const before = new Map(this.roots.value.map((item) => [item.path, item]));
    const now = told.map((node) => {
      const path = node.id || node.pid || '?';
      const item = before.get(path);
      if (item) {
        this.update(item, node, true);
        if (node.children) this.mergeChildren(item, node.children, !this.firstLook);
        return item;
      }
      const made = this.make(node, null);
      made.open = true;
      return made;
    });
    for (const item of this.roots.value) if (!now.includes(item)) this.forget(item);
    this.firstLook = false;
    this.roots.value = now;
  }

  private pathOf(parent: Item | null, node: TreeNode): string {
    const lasting = hasOwnId(node, parent) ? node.id : (node.name ?? node.pid ?? '?');
    return parent ? `${parent.path}/${lasting}` : lasting;
  }

  private make(node: TreeNode, parent: Item | null): Item {
    const item: Item = {
      path: this.pathOf(parent, node),
      node,
      parent,
      children: [],
      open: false,
      shown: pageOfChildren,
      flash: null,
      gone: false,
    };
    this.byPath.set(item.path, item);
    this.own(item);
    // What was told with its children at first is open, if that is not too much to look at.
    item.children = (node.children ?? []).map((child) => this.make(child, item));
    item.open = item.children.length > 0 && item.children.length <= pageOfChildren;
    return item;
  }

  private own(item: Item): void {
    const { pid, id, name } = item.node;
    if (!pid) return;
    const above = item.parent?.node;
    const owner = { path: item.path, label: name ?? (id || pid), supervisor: above ? (above.name ?? above.id) : '' };
    remember(this.owners, pid, owner);
  }

  private forget(item: Item): void {
    for (const child of item.children) this.forget(child);
    if (this.byPath.get(item.path) === item) this.byPath.delete(item.path);
  }

  /** `whole`: told by its parent, which knows its id, its restarts and its last exit. */
  private update(item: Item, node: TreeNode, whole: boolean): void {
    const before = item.node;
    item.node = whole
      ? { ...node, children_count: node.children_count || 0 }
      : {
          ...before,
          strategy: node.strategy ?? before.strategy,
          window: node.window ?? before.window,
          queue: node.queue,
          busy: node.busy,
          children_count: node.children_count,
        };
    delete item.node.children;
    if (!whole) return;
    this.own(item);
    if (node.status === 'running' && node.pid && before.pid !== node.pid) {
      // The new process may be there before the old one was seen to end.
      this.flashThrough(item, this.causeOf(before, node));
    } else if (node.status !== 'running' && before.status === 'running') {
      item.flash = this.causeOf(before, node);
      if (node.status === 'terminated') item.flash = this.endOf(before, node);
    }
  }

  private causeOf(before: TreeNode, now: TreeNode): Flash {
    return before.status === 'running' ? this.endOf(before, now) : before.status === 'restarting' ? 'crashed' : 'terminated';
  }

  private endOf(before: TreeNode, now: TreeNode): Flash {
    const reason =
      (now.pid && this.endsBefore.get(now.pid)) || (before.pid && this.exits.get(before.pid)) || now.last_exit;
    return reason && isOrderly(reason) ? 'terminated' : 'crashed';
  }

  private flashThrough(item: Item, first: Flash): void {
    item.flash = first;
    const pid = item.node.pid;
    setTimeout(() => {
      if (item.node.pid !== pid) return;
      item.flash = 'restarted';
      this.roots.changed();
      setTimeout(() => {
        if (item.node.pid !== pid || item.flash !== 'restarted') return;
        item.flash = null;
        this.roots.changed();
      }, restartShown);
    }, crashShown);
  }

  private mergeChildren(item: Item, told: TreeNode[], live: boolean): void {
    const before = new Map(item.children.map((child) => [child.path, child]));
    const now: Item[] = [];
    for (const node of told) {
      const path = this.pathOf(item, node);
      const child = before.get(path);
      if (child) {
        before.delete(path);
        child.gone = false;
        this.update(child, node, true);
        if (node.children) this.mergeChildren(child, node.children, live);
        now.push(child);
      } else {
        const made = this.make(node, item);
        if (live) {
          made.open = false;
          this.appear(made);
        }
        now.push(made);
      }
    }
    // Those beyond what was told may be alive still; those within have gone.
    const beyond = [...before.values()].slice(0);
    const keepsTail = item.node.children_count > told.length;
    for (const child of beyond) {
      if (keepsTail && !this.exits.has(child.node.pid ?? '')) now.push(child);
      else this.leave(child, now, live);
    }
    item.children = now;
  }

  private appear(item: Item): void {
    item.flash = 'restarted';
    const pid = item.node.pid;
    setTimeout(() => {
      if (item.flash === 'restarted' && item.node.pid === pid) {
        item.flash = null;
        this.roots.changed();
      }
    }, restartShown);
  }

  private leave(child: Item, siblings: Item[], live: boolean): void {
    const drop = (): void => {
      if (!child.gone || !child.parent) return;
      child.parent.children = child.parent.children.filter((each) => each !== child);
      this.forget(child);
      if (this.selected.value === child.path) this.selected.value = child.parent.path;
      this.roots.changed();
    };
    if (!live) {
      this.forget(child);
      return;
    }
    if (!child.gone) {
      child.gone = true;
      child.flash = isOrderly(this.exits.get(child.node.pid ?? '')) ? 'terminated' : 'crashed';
      setTimeout(drop, goneShown);
    }
    siblings.push(child);
  }

  /** Subscribes to what is open, if that has changed. */
  private follow(): void {
    const open: string[] = [];
    for (const item of this.byPath.values()) {
      if (item.open && item.node.pid && this.isVisible(item)) open.push(item.node.pid);
    }
    open.sort();
    const wanted = open.slice(0, 1000).join(' ');
    if (wanted === this.watched && this.close) return;
    this.watched = wanted;
    this.close?.();
    this.close = watch<{ nodes: TreeNode[]; gone?: string[] }>(
      'tree',
      { open: open.slice(0, 1000), interval },
      (data) => this.take(data.nodes),
    );
  }

  private isVisible(item: Item): boolean {
    for (let up = item.parent; up; up = up.parent) if (!up.open) return false;
    return true;
  }

  private take(nodes: TreeNode[]): void {
    for (const node of nodes) {
      const item = node.pid ? this.findPid(node.pid) : null;
      if (item) {
        this.update(item, node, false);
        if (node.children && item.open) this.mergeChildren(item, node.children, true);
      } else if (node.kind === 'application' || this.roots.value.some((root) => root.path === node.id)) {
        this.takeRoot(node);
      }
    }
    this.roots.changed();
    this.follow();
  }

  private takeRoot(node: TreeNode): void {
    const root = this.roots.value.find((each) => each.path === node.id);
    if (root) {
      this.update(root, node, true);
      if (node.children) this.mergeChildren(root, node.children, true);
    } else {
      const made = this.make(node, null);
      made.open = true;
      this.appear(made);
      this.roots.value.push(made);
    }
  }
}

export const tree = new TreeModel();
