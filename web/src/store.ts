// SPDX-License-Identifier: Apache-2.0
// A value that tells when it changed, and a hook that draws a component again then.
import { useEffect, useReducer } from 'preact/hooks';

export class Store<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set value(next: T) {
    this.current = next;
    this.changed();
  }

  /** After a change inside of the value. */
  changed(): void {
    for (const listener of [...this.listeners]) listener();
  }

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => store.listen(() => redraw(0)), [store]);
  return store.value;
}

/** Draws the component again each `milliseconds`: for what shows ages. */
export function useTick(milliseconds: number): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const timer = setInterval(() => redraw(0), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
