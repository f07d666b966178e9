// SPDX-License-Identifier: Apache-2.0

/** For what an older program does not tell. */
const unknown = '–';

type Told = number | null | undefined;

export function count(value: Told): string {
  if (value == null) return unknown;
  return Math.round(value).toLocaleString('en-US');
}

/** 1.2k, 3.4M: for what changes too fast to be read. */
export function short(value: Told): string {
  if (value == null) return unknown;
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toFixed(1)}G`;
  if (size >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (size >= 1e4) return `${(value / 1e3).toFixed(1)}k`;
  return size >= 10 || Number.isInteger(value) ? count(value) : value.toFixed(1);
}

export function bytes(value: Told): string {
  if (value == null) return unknown;
  if (value < 1024) return `${Math.round(value)} B`;
  if (value < 1024 ** 2) return `${(value / 1024).toFixed(1)} KiB`;
  if (value < 1024 ** 3) return `${(value / 1024 ** 2).toFixed(1)} MiB`;
  return `${(value / 1024 ** 3).toFixed(2)} GiB`;
}

export function duration(milliseconds: Told): string {
  if (milliseconds == null) return unknown;
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
}

export function ago(time: number): string {
  const passed = Date.now() - time;
  return passed < 1500 ? 'just now' : `${passed < 60_000 ? `${Math.round(passed / 1000)} s` : duration(passed)} ago`;
}

export function clock(time: number): string {
  const at = new Date(time);
  return `${at.toLocaleTimeString('en-GB')}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}

export function plural(value: number, one: string, many: string): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
