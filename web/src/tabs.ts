// SPDX-License-Identifier: Apache-2.0
// Which view is open; the address' fragment says it, so that a reload comes back to it.
import { Store } from './store';

export const tabs = ['tree', 'timeline', 'processes', 'reports', 'system', 'trace'] as const;
export type Tab = (typeof tabs)[number];

function fromAddress(): Tab {
  const named = location.hash.replace(/^#\/?/, '');
  return (tabs as readonly string[]).includes(named) ? (named as Tab) : 'tree';
}

export const tab = new Store<Tab>(fromAddress());

window.addEventListener('hashchange', () => (tab.value = fromAddress()));

export function go(to: Tab): void {
  location.hash = `#/${to}`;
}
