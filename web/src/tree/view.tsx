// SPDX-License-Identifier: Apache-2.0
// The tree: drawn, live, moved by mouse or by keys.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { killWithQuestion } from '../steer';
import { useStore } from '../store';
import { useCamera, useSize, zoomed, type Camera, type Size } from './camera';
import { layOut, nodeHeight, nodeWidth, type Drawn, type Layout } from './layout';
import { pageOfChildren, tree, type Item } from './model';
import { labelOf, MoreView, NodeView } from './node';

function edge(from: Drawn, to: Drawn): string {
  const x1 = from.x + nodeWidth;
  const middle = x1 + (to.x - x1) / 2;
  return `M${x1} ${from.y}C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
}

/** What can be seen, and a little more: ten thousand children are not drawn at once. */
function inSight(all: Drawn[], camera: Camera, size: Size): Drawn[] {
  const margin = 200 / camera.scale;
  const left = -camera.x / camera.scale - margin;
  const top = -camera.y / camera.scale - margin;
  const right = left + size.width / camera.scale + 2 * margin;
  const bottom = top + size.height / camera.scale + 2 * margin;
  return all.filter((each) => each.x + nodeWidth > left && each.x < right && each.y > top && each.y < bottom);
}

function fit(layout: Layout, size: Size): Camera {
  const room = 40;
  const scale = Math.min(
    1.1,
    Math.max(0.3, Math.min((size.width - 2 * room) / layout.width, (size.height - 2 * room) / (layout.height + nodeHeight))),
  );
  const y = Math.max(room + nodeHeight, (size.height - layout.height * scale) / 2);
  return { scale, x: room, y };
}

/** Moves the camera just so far that a node is seen. */
function follow(camera: Camera, at: Drawn, size: Size): Camera {
  const x = at.x * camera.scale + camera.x;
  const y = at.y * camera.scale + camera.y;
  const right = x + nodeWidth * camera.scale;
  let { x: cx, y: cy } = camera;
  if (x < 20) cx += 20 - x;
  else if (right > size.width - 20) cx -= right - size.width + 20;
  if (y < 30) cy += 30 - y;
  else if (y > size.height - 30) cy -= y - size.height + 30;
  return { ...camera, x: cx, y: cy };
}

function neighbour(item: Item, key: string): Item | null {
  const siblings = item.parent ? item.parent.children.slice(0, item.parent.shown) : tree.roots.value;
  const at = siblings.indexOf(item);
  switch (key) {
    case 'ArrowUp':
      return siblings[at - 1] ?? null;
    case 'ArrowDown':
      return siblings[at + 1] ?? null;
    case 'ArrowLeft':
      return item.parent;
    default:
      return item.open ? (item.children[0] ?? null) : null;
  }
}

export function TreeView({ search }: { search: string }) {
  const roots = useStore(tree.roots);
  const selected = useStore(tree.selected);
  const trouble = useStore(tree.trouble);
  const svg = useRef<SVGSVGElement>(null);
  const size = useSize(svg);
  const [camera, setCamera] = useCamera(svg);
  const [touched, setTouched] = useState(false);
  const layout = layOut(roots);

  // Until the reader moves it, the whole tree is kept in sight.
  const shape = `${layout.width}|${layout.height}|${size.width}|${size.height}`;
  useEffect(() => {
    if (!touched && layout.nodes.length > 0) setCamera(() => fit(layout, size));
  }, [shape, touched]);
  useEffect(() => {
    const element = svg.current;
    if (!element) return;
    const touch = (): void => setTouched(true);
    element.addEventListener('wheel', touch, { passive: true });
    element.addEventListener('pointermove', (event) => event.buttons === 1 && touch());
    return () => element.removeEventListener('wheel', touch);
  }, []);
  useEffect(() => {
    const at = layout.nodes.find((each) => each.item?.path === selected);
    if (at) setCamera((now) => follow(now, at, size));
  }, [selected, size.width]);

  // What is opened or closed stays where it is, and the rest moves.
  const anchor = useRef<{ key: string; x: number; y: number } | null>(null);
  const hold = (key: string | undefined): void => {
    const at = layout.nodes.find((each) => each.key === key);
    if (!at) return;
    anchor.current = { key: at.key, x: at.x, y: at.y };
    setTouched(true);
  };
  const toggle = (item: Item): void => {
    hold(item.path);
    tree.toggle(item);
  };
  const showMore = (item: Item): void => {
    hold(item.children[Math.min(item.shown, item.children.length) - 1]?.path);
    void tree.showMore(item);
  };
  useLayoutEffect(() => {
    const held = anchor.current;
    const at = held && layout.nodes.find((each) => each.key === held.key);
    if (!held || !at || (at.x === held.x && at.y === held.y)) return;
    anchor.current = null;
    setCamera((now) => ({ ...now, x: now.x - (at.x - held.x) * now.scale, y: now.y - (at.y - held.y) * now.scale }));
  });

  const wanted = search.trim().toLowerCase();
  const found = useMemo(() => {
    const paths = new Set<string>();
    if (wanted) {
      for (const { item } of layout.nodes) {
        if (item && `${labelOf(item)} ${item.node.id} ${item.node.pid ?? ''}`.toLowerCase().includes(wanted)) paths.add(item.path);
      }
    }
    return paths;
  }, [wanted, shape]);

  const zoom = (factor: number): void => {
    setTouched(true);
    setCamera((now) => zoomed(now, factor, size.width / 2, size.height / 2));
  };

  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = tree.find(selected) ?? roots[0] ?? null;
    if (!item) return;
    if (event.key.startsWith('Arrow')) {
      event.preventDefault();
      if (event.key === 'ArrowRight' && !item.open) toggle(item);
      else tree.select((selected ? neighbour(item, event.key) : item)?.path ?? item.path);
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      toggle(item);
    } else if (event.key === 'k' && item.node.pid) {
      void killWithQuestion(labelOf(item), item.node.pid);
    } else if (event.key === 'm' && item.open && item.node.children_count > pageOfChildren) {
      showMore(item);
    } else if (event.key === '+' || event.key === '=') zoom(1.25);
    else if (event.key === '-') zoom(0.8);
    else if (event.key === '0') setTouched(false);
    else if (event.key === 'Escape') tree.select(null);
  };

  const seen = inSight(layout.nodes, camera, size);
  const edges = layout.nodes.filter((each) => each.parent && (seen.includes(each) || seen.includes(each.parent)));
  const drawnEdges = edges.length > 600 ? edges.filter((each) => seen.includes(each)) : edges;
  return (
    <div class="tree">
      <svg
        ref={svg}
        tabindex={0}
        role="tree"
        aria-label="Supervision tree"
        aria-activedescendant={selected ? `node-${selected}` : undefined}
        onKeyDown={onKey}
        onClick={() => tree.select(null)}
      >
        <g style={{ transform: `translate(${camera.x}px, ${camera.y}px) scale(${camera.scale})` }}>
          {drawnEdges.map((each) => (
            <path key={`edge ${each.key}`} class={`edge ${each.item?.flash ?? ''}`} d={edge(each.parent!, each)} />
          ))}
          {seen.map((each) =>
            each.item ? (
              <NodeView
                key={each.key}
                drawn={each}
                selected={each.item.path === selected}
                found={found.has(each.item.path)}
                onSelect={(item) => {
                  svg.current?.focus({ preventScroll: true });
                  tree.select(item.path);
                }}
                onToggle={toggle}
              />
            ) : (
              <MoreView key={each.key} drawn={each} onMore={showMore} />
            ),
          )}
        </g>
      </svg>
      {trouble && <p class="notice">{trouble}</p>}
      <div class="legend">
        <span class="crashed">crashed</span>
        <span class="terminated">terminated</span>
        <span class="restarted">restarted</span>
      </div>
      <div class="zoom">
        <button title="Zoom in (+)" onClick={() => zoom(1.25)}>
          +
        </button>
        <button title="Zoom out (-)" onClick={() => zoom(0.8)}>
          −
        </button>
        <button title="Show everything (0)" onClick={() => setTouched(false)}>
          fit
        </button>
      </div>
    </div>
  );
}

