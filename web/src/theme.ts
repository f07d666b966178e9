// SPDX-License-Identifier: Apache-2.0
// Dark or light: as the system has it, until the reader says otherwise.
import { Store } from './store';

export type Theme = 'dark' | 'light';

const system = matchMedia('(prefers-color-scheme: dark)');

function chosen(): Theme | null {
  const kept = localStorage.getItem('theme');
  return kept === 'dark' || kept === 'light' ? kept : null;
}

function current(): Theme {
  return chosen() ?? (system.matches ? 'dark' : 'light');
}

export const theme = new Store<Theme>(current());

function apply(): void {
  document.documentElement.dataset['theme'] = current();
  theme.value = current();
}

export function switchTheme(): void {
  const next: Theme = current() === 'dark' ? 'light' : 'dark';
  if (next === (system.matches ? 'dark' : 'light')) localStorage.removeItem('theme');
  else localStorage.setItem('theme', next);
  apply();
}

system.addEventListener('change', apply);
apply();
