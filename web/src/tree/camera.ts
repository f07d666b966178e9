// SPDX-License-Identifier: Apache-2.0
// Zoom and pan: wheel, drag, and pinch (which a browser tells as a wheel with ctrl).
import { useEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

export interface Camera {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const scaleMin = 0.15;
const scaleMax = 2.5;
/** A press that moves less is a click. */
const dragMin = 4;

export function zoomed(camera: Camera, factor: number, x: number, y: number): Camera {
  const scale = Math.min(scaleMax, Math.max(scaleMin, camera.scale * factor));
  const ratio = scale / camera.scale;
  return { scale, x: x - (x - camera.x) * ratio, y: y - (y - camera.y) * ratio };
}

export function useSize(where: RefObject<Element>): Size {
  const [size, setSize] = useState<Size>({ width: 800, height: 600 });
  useEffect(() => {
    const element = where.current;
    if (!element) return;
    const watcher = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [where]);
  return size;
}

export function useCamera(where: RefObject<SVGSVGElement>): [Camera, (change: (now: Camera) => Camera) => void] {
  const [camera, setCamera] = useState<Camera>({ x: 28, y: 60, scale: 1 });
  const pressed = useRef<{ x: number; y: number; moves: boolean } | null>(null);
  useEffect(() => {
    const svg = where.current;
    if (!svg) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey) {
        const factor = Math.exp(-event.deltaY * 0.0022);
        setCamera((now) => zoomed(now, factor, event.clientX - box.left, event.clientY - box.top));
      } else {
        const sideways = event.shiftKey ? event.deltaY : event.deltaX;
        const down = event.shiftKey ? 0 : event.deltaY;
        setCamera((now) => ({ ...now, x: now.x - sideways, y: now.y - down }));
      }
    };
    const onDown = (event: PointerEvent): void => {
      if (event.button === 0) pressed.current = { x: event.clientX, y: event.clientY, moves: false };
    };
    const onMove = (event: PointerEvent): void => {
      const from = pressed.current;
      if (!from) return;
      const dx = event.clientX - from.x;
      const dy = event.clientY - from.y;
      if (!from.moves && Math.hypot(dx, dy) < dragMin) return;
      if (!from.moves) svg.setPointerCapture(event.pointerId);
      pressed.current = { x: event.clientX, y: event.clientY, moves: true };
      setCamera((now) => ({ ...now, x: now.x + dx, y: now.y + dy }));
    };
    const onUp = (): void => {
      if (pressed.current?.moves) {
        // A drag ends with a click, which nobody meant.
        svg.addEventListener('click', (event) => event.stopImmediatePropagation(), { capture: true, once: true });
        setTimeout(() => svg.dispatchEvent(new MouseEvent('click')), 0);
      }
      pressed.current = null;
    };
    svg.addEventListener('wheel', onWheel, { passive: false });
    svg.addEventListener('pointerdown', onDown);
    svg.addEventListener('pointermove', onMove);
    svg.addEventListener('pointerup', onUp);
    svg.addEventListener('pointercancel', onUp);
    return () => {
      svg.removeEventListener('wheel', onWheel);
      svg.removeEventListener('pointerdown', onDown);
      svg.removeEventListener('pointermove', onMove);
      svg.removeEventListener('pointerup', onUp);
      svg.removeEventListener('pointercancel', onUp);
    };
  }, [where]);
  return [camera, (change) => setCamera(change)];
}
